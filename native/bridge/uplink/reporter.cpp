#include "bridge/uplink/reporter.h"

#include <algorithm>

#include "bridge/uplink/batch.h"

namespace systemlog::bridge {

Reporter::Reporter(Journal& journal, Random& random, TrayIsThere tray_is_there, const ReportingDelays& delays)
    : journal_(&journal),
      journal_id_(journal.id()),
      tray_is_there_(std::move(tray_is_there)),
      delays_(delays),
      backoff_(random, delays.retry_first, delays.retry_longest) {}

void Reporter::recorded(std::uint64_t sequence, Recorded what, Moment now) {
  follow_journal();
  // What is overdue counts as what a process before this one recorded: however long no server is reached, nothing
  // piles up here.
  while (!recorded_at_.empty() && now - recorded_at_.begin()->second >= delays_.overdue) {
    recorded_at_.erase(recorded_at_.begin());
  }
  recorded_at_.emplace(sequence, now);
  switch (what) {
    case Recorded::in_session:
      return soon(delays_.overdue, now);
    case Recorded::session_end:
      return soon(delays_.session_end, now);
    case Recorded::machine:
      return soon(delays_.machine, now);
  }
}

void Reporter::soon(Moment delay, Moment now) {
  paused_ = false;
  due_ = std::min(due_, now + delay);
}

std::uint64_t Reporter::ask(Moment now) {
  quiet_until_ = Moment{0};
  soon(Moment{0}, now);
  return ++asks_;
}

void Reporter::network_up(Moment now) {
  backoff_.succeeded();
  quiet_until_ = Moment{0};
  soon(Moment{0}, now);
}

void Reporter::pause() noexcept {
  paused_ = true;
  due_ = never;
}

void Reporter::add_set_aside(Journal journal, std::function<void()> told) {
  set_aside_.push_back({std::move(journal), std::move(told), 0, true});
}

Moment Reporter::due() const noexcept {
  if (paused_) return never;
  return run_ ? Moment{0} : std::max(due_, quiet_until_);
}

std::optional<Reporter::Batch> Reporter::next(Moment now) {
  if (now < due()) return std::nullopt;
  follow_journal();
  if (!run_) {
    run_ = Run{asks_ > answered_asks_, asks_};
    due_ = never;
  }
  if (std::optional<Batch> batch = set_aside_batch()) return batch;
  Result<Batch> batch = journal_batch(run_->all, now);
  if (!batch) {
    failed(local_problem(batch.error()), now);
    return std::nullopt;
  }
  if (!batch.value().records.empty() || !run_->anchored) {
    run_->anchored = true;
    return std::move(batch).value();
  }
  const bool waiting = answered_through() < journal_->head_sequence();
  soon(waiting ? delays_.overdue : delays_.anchor, now);
  backoff_.succeeded();
  end(SyncOutcome(run_->outcome), run_->covers);
  return std::nullopt;
}

void Reporter::answered(const Batch& batch, const Answer<UploadAnswer>& answer, Moment now) {
  if (!answer) return failed(answer.error(), now);
  take_verdicts(batch, answer.value().verdicts);
  take_receipts(answer.value().receipts);
}

void Reporter::failed(const ServerProblem& problem, Moment now) {
  const Moment wait = backoff_.failed(problem.retry_after);
  // A wish made meanwhile may be sooner, but not sooner than the server asks.
  if (problem.retry_after) quiet_until_ = now + std::min(*problem.retry_after, delays_.retry_longest);
  if (!run_) due_ = never;
  due_ = std::min(due_, now + wait);
  end({problem.reached(), problem.code, 0, {}}, run_ ? run_->covers : asks_);
}

void Reporter::end(const SyncOutcome& outcome, std::uint64_t covers) {
  outcome_ = outcome;
  answered_asks_ = covers;
  ++runs_;
  run_.reset();
  // Asked for while the run was under way: the next one begins at once.
  if (asks_ > answered_asks_) due_ = Moment{0};
}

std::optional<Reporter::Batch> Reporter::set_aside_batch() {
  while (!set_aside_.empty()) {
    SetAside& from = set_aside_.front();
    Result<JournalPage> page = from.more ? from.journal.read(from.after, most_batch_events)
                                         : Result<JournalPage>(JournalPage{{}, from.after, false});
    // Where the damage is, what can be proved ends.
    if (!page || (page.value().records.empty() && !page.value().more)) {
      const std::function<void()> told = std::move(from.told);
      set_aside_.pop_front();
      if (told) told();
      continue;
    }
    from.more = page.value().more;
    from.after = page.value().through;
    Batch batch{from.journal.id(), {}, {}, true};
    std::size_t bytes = 0;
    for (SealedRecord& record : page.value().records) {
      const Result<RecordHead> head = read_record_head(record.record);
      if (!head) continue;
      bytes += write_sealed_event(record).size() + 1;
      if (bytes > most_batch_bytes) {
        // The rest comes with the next one.
        from.after = batch.sequences.back();
        from.more = true;
        break;
      }
      batch.records.push_back(std::move(record));
      batch.sequences.push_back(head.value().sequence);
    }
    if (!batch.records.empty()) return batch;
  }
  return std::nullopt;
}

Result<Reporter::Batch> Reporter::journal_batch(bool all, Moment now) {
  Batch batch{journal_id_, {}, {}, false};
  std::uint64_t after = answered_through();
  const RecordFilter wanted = [&](std::string_view record) {
    const Result<RecordHead> head = read_record_head(record);
    return head && !was_answered(head.value().sequence) && (all || !left_to_tray(head.value(), now));
  };
  JournalPage page;
  do {
    Result<JournalPage> read = journal_->read(after, most_batch_events, wanted);
    if (!read) return read.error();
    page = std::move(read).value();
    after = page.through;
  } while (page.records.empty() && page.more);
  std::size_t bytes = 0;
  for (SealedRecord& record : page.records) {
    bytes += write_sealed_event(record).size() + 1;
    if (bytes > most_batch_bytes) break;  // the rest comes with the next one
    batch.sequences.push_back(read_record_head(record.record).value().sequence);
    batch.records.push_back(std::move(record));
  }
  return batch;
}

bool Reporter::left_to_tray(const RecordHead& head, Moment now) const {
  if (!head.sid || !tray_is_there_) return false;
  const auto recorded = recorded_at_.find(head.sequence);
  return recorded != recorded_at_.end() && now - recorded->second < delays_.overdue && tray_is_there_(head);
}

void Reporter::follow_journal() {
  if (journal_->id() != journal_id_) {
    journal_id_ = journal_->id();
    verdicts_.clear();
    recorded_at_.clear();
    return;
  }
  const std::uint64_t received = journal_->received_through();
  recorded_at_.erase(recorded_at_.begin(), recorded_at_.upper_bound(received));
  while (!verdicts_.empty() && verdicts_.begin()->second <= received) verdicts_.erase(verdicts_.begin());
}

bool Reporter::was_answered(std::uint64_t sequence) const {
  auto interval = verdicts_.upper_bound(sequence);
  return interval != verdicts_.begin() && (--interval)->second >= sequence;
}

void Reporter::mark_answered(std::uint64_t sequence) {
  if (was_answered(sequence)) return;
  std::uint64_t last = sequence;
  const auto after = verdicts_.upper_bound(sequence);
  if (after != verdicts_.end() && after->first == sequence + 1) {
    last = after->second;
    verdicts_.erase(after);
  }
  auto before = verdicts_.upper_bound(sequence);
  if (before != verdicts_.begin() && (--before)->second + 1 == sequence) {
    before->second = last;
  } else {
    verdicts_.emplace(sequence, last);
  }
}

std::uint64_t Reporter::answered_through() const {
  const std::uint64_t received = journal_->received_through();
  auto interval = verdicts_.upper_bound(received + 1);
  if (interval == verdicts_.begin() || (--interval)->second <= received) return received;
  return interval->second;
}

void Reporter::take_verdicts(const Batch& batch, const std::vector<EventVerdict>& verdicts) {
  for (std::size_t i = 0; i < std::min(batch.sequences.size(), verdicts.size()); ++i) {
    if (!batch.set_aside && batch.journal == journal_->id()) mark_answered(batch.sequences[i]);
    if (verdicts[i].status != EventVerdict::Status::refused || !run_) continue;
    if (run_->outcome.refused++ == 0) run_->outcome.refusal = verdicts[i].code;
  }
}

void Reporter::take_receipts(const std::vector<ServerReceipt>& receipts) {
  for (const ServerReceipt& receipt : receipts) {
    if (receipt.journal != journal_->id()) continue;
    Result<void> taken = journal_->take_receipt(receipt);
    if (taken) {
      // What could not be removed now is removed after the next receipt.
      static_cast<void>(journal_->compact());
    } else if (run_) {
      run_->outcome.problem = name(taken.error().code);
    }
  }
}

}  // namespace systemlog::bridge
