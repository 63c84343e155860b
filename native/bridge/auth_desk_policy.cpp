// A change of policy is recorded once, wherever the service is cut off between the policy's files and the journal.
#include "bridge/auth_desk.h"
#include "bridge/recorded_event.h"

namespace systemlog::bridge {
namespace {

constexpr std::string_view policy_change = "policy-change";

}  // namespace

/// Before the first file is written. A change that was cut off and is followed only now began with what was asked
/// before it.
void AuthDesk::note_policy_change() {
  if (note_.pending() && !noted_is_recorded_) return;
  Journal& journal = parts_.recorder.journal();
  noted_is_recorded_ = false;
  policy_note_is(note_.begin(
      {journal.id(), journal.head_sequence(), PolicyNote::digest_of(desk_.asked()), desk_.asks_nothing()}));
}

void AuthDesk::settle_policy_change() {
  noted_is_recorded_ = note_.pending() && policy_change_is_recorded();
  record_policy_change();
}

void AuthDesk::record_policy_change() {
  if (!note_.pending()) return;
  if (!noted_is_recorded_) {
    const PolicyNote::Pending& before = *note_.pending();
    // What a new PC gets first, about nobody and nothing, changes nothing for anybody.
    const bool says_nothing = before.asked_nothing && desk_.asks_nothing();
    if (PolicyNote::digest_of(desk_.asked()) != before.asked && !says_nothing) {
      // One of two files follows the policy, which is asked for again: recorded when both do.
      if (desk_.policy_version().empty()) return;
      record(std::string(policy_change), {}, std::nullopt, false);
    }
    noted_is_recorded_ = true;
  }
  // What waits for the disk is in no journal yet.
  if (parts_.recorder.waiting() == 0) policy_note_is(note_.settle());
}

bool AuthDesk::policy_change_is_recorded() const {
  const PolicyNote::Pending& noted = *note_.pending();
  Journal& journal = parts_.recorder.journal();
  // Another journal was begun behind that end.
  std::uint64_t after = journal.id() == noted.journal ? noted.head : 0;
  while (after < journal.head_sequence()) {
    const Result<JournalPage> page = journal.read(after, 500);
    if (!page || page.value().through <= after) return false;
    for (const SealedRecord& sealed : page.value().records) {
      const Result<RecordedEvent> event = read_recorded_event(sealed.record);
      // With a reason it is the crash breaker's.
      if (event && event.value().kind == policy_change && !event.value().reason) return true;
    }
    after = page.value().through;
  }
  return false;
}

void AuthDesk::policy_note_is(const Result<void>& written) {
  if (written) return;
  parts_.events.report(Severity::warning, event_ids::file_not_written, "policy change: " + written.error().detail);
}

}  // namespace systemlog::bridge
