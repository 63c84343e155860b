// Which events the bridge sends by itself, and when: what no tray app has reported in time, what concerns nobody's
// session, and an anchor now and then.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/uplink/answers.h"
#include "bridge/uplink/schedule.h"
#include "core/contract_json.h"
#include "core/journal.h"
#include "platform/random.h"

namespace systemlog::bridge {

/// After how long the bridge does by itself what a tray app would have done sooner.
struct ReportingDelays {
  /// What concerns the machine: no tray app reports it.
  Moment machine{2'000};
  /// After a session ended: its tray app is gone.
  Moment session_end{1'500};
  /// Everything else, if no receipt has covered it by then.
  Moment overdue{3 * 60'000};
  /// The longest silence: an anchor is sent even when there is nothing to report.
  Moment anchor{60 * 60'000};
  Moment retry_first{2'000};
  Moment retry_longest{5 * 60'000};
};

/// What a recorded event means for reporting.
enum class Recorded : std::uint8_t {
  /// In somebody's session: its tray app comes first.
  in_session,
  /// A logoff or shutdown.
  session_end,
  /// Of the machine, or a resume.
  machine,
};

struct SyncOutcome {
  /// Whether the server answered.
  bool reached = false;
  /// Code of what stood in the way; empty when nothing did. `receipt-invalid` and `beyond-head` when all was sent and
  /// the server's receipt does not fit this journal: nothing is compacted by it.
  std::string problem;
  /// How many events of the run the server refused, and why the first of them was. It keeps their evidence itself.
  std::size_t refused = 0;
  std::string refusal;
};

/// Decides; the network is somebody else's (`Uplink`). Not to be used from two threads at once: whoever holds the
/// journal holds this.
class Reporter {
 public:
  /// Whether the tray app of a record's session is there to report it.
  using TrayIsThere = std::function<bool(const RecordHead& record)>;

  /// One upload.
  struct Batch {
    /// The journal the records are from.
    std::string journal;
    std::vector<SealedRecord> records;
    std::vector<std::uint64_t> sequences;
    /// From a journal that was set aside.
    bool set_aside = false;
  };

  /// @param journal may be another one later: the new one is to be assigned to this very object
  Reporter(Journal& journal, Random& random, TrayIsThere tray_is_there, const ReportingDelays& delays = {});

  /// An event was recorded.
  void recorded(std::uint64_t sequence, Recorded what, Moment now);
  /// Asks for a run in at most `delay`. The earliest wish counts.
  void soon(Moment delay, Moment now);
  /// Everything, also what a tray app may still report, in a run that begins from now on.
  /// @returns a number for `done`
  std::uint64_t ask(Moment now);
  bool done(std::uint64_t asked) const noexcept { return answered_asks_ >= asked; }
  /// The network came back: no reason to wait for the next retry.
  void network_up(Moment now);
  /// The PC goes to sleep, and that is recorded: nothing is sent until the next event, `soon`, `ask` or `network_up`.
  void pause() noexcept;

  /// A journal set aside as damaged (`Journal::open_read_only`): what reads is sent first. The server flags what is
  /// missing.
  /// @param told called when the server has been told all of it, so that it is not told again after a restart
  void add_set_aside(Journal journal, std::function<void()> told);

  /// When `next` should be asked; `never` while paused.
  Moment due() const noexcept;
  /// The next upload of the run that is due or under way; none when there is nothing to do yet. `answered` must
  /// follow before it is asked again. A batch without records is an anchor alone.
  std::optional<Batch> next(Moment now);

  /// Takes what came of an upload: receipts go to the journal, which is compacted by them.
  void answered(const Batch& batch, const Answer<UploadAnswer>& answer, Moment now);
  /// The run cannot go on, as when the device could not be registered.
  void failed(const ServerProblem& problem, Moment now);

  /// Of the last run that ended.
  const SyncOutcome& outcome() const noexcept { return outcome_; }
  /// Runs ended so far, for those who wait for one.
  std::uint64_t runs() const noexcept { return runs_; }

 private:
  struct SetAside {
    Journal journal;
    std::function<void()> told;
    std::uint64_t after = 0;
    /// Whether there is more behind the batch under way.
    bool more = true;
  };
  /// A run under way.
  struct Run {
    bool all = false;
    std::uint64_t covers = 0;
    /// An upload with the current journal's anchor was made.
    bool anchored = false;
    SyncOutcome outcome{true, {}, 0, {}};
  };

  std::optional<Batch> set_aside_batch();
  Result<Batch> journal_batch(bool all, Moment now);
  bool left_to_tray(const RecordHead& head, Moment now) const;
  void follow_journal();
  bool was_answered(std::uint64_t sequence) const;
  void mark_answered(std::uint64_t sequence);
  /// Up to where every record was answered, beginning after what the receipts cover.
  std::uint64_t answered_through() const;
  void take_verdicts(const Batch& batch, const std::vector<EventVerdict>& verdicts);
  void take_receipts(const std::vector<ServerReceipt>& receipts);
  void end(const SyncOutcome& outcome, std::uint64_t covers);

  Journal* journal_;
  std::string journal_id_;
  TrayIsThere tray_is_there_;
  ReportingDelays delays_;
  Backoff backoff_;
  Moment due_ = never;
  /// The server asked to be left alone until then.
  Moment quiet_until_{0};
  bool paused_ = false;
  std::optional<Run> run_;
  std::uint64_t asks_ = 0;
  std::uint64_t answered_asks_ = 0;
  std::uint64_t runs_ = 0;
  SyncOutcome outcome_;
  std::deque<SetAside> set_aside_;
  /// When the records of this process that are not overdue yet were made.
  std::map<std::uint64_t, Moment> recorded_at_;
  /// Sequences the server has given any verdict on, in this process, as first → last. A refusal is final and not
  /// asked for again.
  std::map<std::uint64_t, std::uint64_t> verdicts_;
};

}  // namespace systemlog::bridge
