// Writes down what happens, in an order and under names that survive whatever happens to this process.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bridge/clock_runs.h"
#include "bridge/event_ids.h"
#include "bridge/journal_shelf.h"
#include "bridge/machine.h"
#include "bridge/session_signals.h"
#include "core/journal.h"
#include "platform/event_sink.h"

namespace systemlog::bridge {

struct RecorderParts {
  Files& files;
  Random& random;
  Clock& system_clock;
  Machine& machine;
  EventSink& events;
  std::filesystem::path folder;
  std::string device;
  ByteView device_secret;
};

/// An event before it has its place in the journal.
struct NewEvent {
  std::string kind;
  std::optional<EventAccount> account;
  std::optional<std::string> session;
  bool by_user = true;
  std::optional<std::string> reason;
  std::optional<std::string> auth_method;
  std::string source = "bridge";
};

/// Owns the journal, the clock runs, the heartbeat and what is remembered of sessions. Not to be used from two
/// threads at once: whoever calls holds the bridge's lock.
class Recorder {
 public:
  /// Events that wait in memory while nothing can be written; more than these are lost, and said to be.
  static constexpr std::size_t most_waiting = 100'000;

  /// Told of each event that is on the disk.
  using OnRecorded = std::function<void(const SessionEvent& event)>;

  static Result<std::unique_ptr<Recorder>> open(RecorderParts parts);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  Recorder(Recorder&&) = delete;
  Recorder& operator=(Recorder&&) = delete;
  ~Recorder() = default;

  /// Always the same object, whichever journal it is.
  Journal& journal() noexcept { return journal_; }
  JournalShelf& shelf() noexcept { return shelf_; }
  Clock& clock() noexcept { return *runs_; }
  bool new_boot() const noexcept { return runs_->new_boot(); }
  /// The sessions as they were left, and when the bridge was last known to run.
  const Sessions& left_sessions() const noexcept { return left_sessions_; }
  const std::optional<ClockReading>& last_alive() const noexcept { return last_alive_; }

  void on_recorded(OnRecorded told) { told_ = std::move(told); }

  /// Records an event. What the disk refuses waits, in order, until `retry` succeeds; it has its name and time
  /// already.
  void record(NewEvent event, const ClockReading& at);
  /// Tries what waits.
  void retry();
  std::size_t waiting() const noexcept { return waiting_.size(); }
  /// Asked from outside: no event of this process is lost so far.
  std::size_t lost() const noexcept { return lost_; }

  /// The sessions as they are now; to be called after their events were recorded.
  void remember(const Sessions& sessions);
  /// A sign of life.
  void beat();
  void begin_clock_run();
  /// The journal was found damaged while it was read: it is kept and set aside, and another begun.
  Result<void> set_aside_damaged();

 private:
  Recorder(RecorderParts parts, std::unique_ptr<ClockRuns> runs, SlotFile heartbeat, SlotFile sessions,
           JournalShelf::Opened opened);
  Result<void> restore(const std::optional<JournalReach>& reach, const std::optional<ClockReading>& beat);
  Result<void> append(SessionEvent& event);
  Result<void> reopen();
  bool was_appended(const SessionEvent& event);

  RecorderParts parts_;
  SecretBytes device_secret_;
  std::unique_ptr<ClockRuns> runs_;
  SlotFile heartbeat_;
  SlotFile sessions_file_;
  JournalShelf shelf_;
  Journal journal_;
  Sessions left_sessions_;
  std::optional<ClockReading> last_alive_;
  OnRecorded told_;
  std::deque<SessionEvent> waiting_;
  std::size_t lost_ = 0;
  bool full_reported_ = false;
};

}  // namespace systemlog::bridge
