#include "bridge/rehearsals.h"

namespace systemlog::bridge {
namespace {

/// A program that ends at once would be started as fast as a client asks for it, and told in the event log each time.
constexpr double starts_at_once = 6;
constexpr double starts_per_second = 0.1;

/// Exit codes of provider-test.exe.
constexpr std::uint32_t succeeded = 0;
constexpr std::uint32_t closed_by_user = 1;

std::string in_session(std::uint32_t session_id) {
  return " in session " + std::to_string(session_id);
}

}  // namespace

std::optional<std::string_view> Rehearsals::start(std::uint32_t session_id, const std::string& sid) {
  if (const std::optional<std::string_view> problem = take_place(session_id)) return problem;
  // Without the lock: the system may take its time, and other sessions go on.
  Result<std::unique_ptr<OpenRehearsal>> program = host_->open(session_id, sid);
  const std::lock_guard lock(mutex_);
  const auto place = running_.find(session_id);
  if (!program) {
    running_.erase(place);
    events_->report(Severity::warning, event_ids::rehearsal_not_started,
                    "The sign-in test of " + sid + in_session(session_id) + " was not started (" +
                        std::string(name(program.error().code)) + ", " + program.error().detail + ").");
    return rehearsal_problems::cannot_start;
  }
  Running& running = *place->second;
  running.program = std::move(program).value();
  if (running.closed) running.program->close();
  running.watch = std::thread([this, session_id, &running] { watch(session_id, running); });
  return std::nullopt;
}

/// Keeps others of the session out from now on.
std::optional<std::string_view> Rehearsals::take_place(std::uint32_t session_id) {
  const std::lock_guard lock(mutex_);
  reap();
  if (running_.contains(session_id)) return rehearsal_problems::running;
  if (host_ == nullptr) return rehearsal_problems::cannot_start;
  if (!host_->keeps_windows_apart()) return rehearsal_problems::unsafe_desktop;
  const std::chrono::milliseconds now = now_();
  RateLimit& starts = starts_.try_emplace(session_id, starts_at_once, starts_per_second, now).first->second;
  if (!starts.take(now)) return rehearsal_problems::cannot_start;
  running_.emplace(session_id, std::make_unique<Running>());
  return std::nullopt;
}

void Rehearsals::watch(std::uint32_t session_id, Running& running) {
  const std::uint32_t code = running.program->wait();
  const std::lock_guard lock(mutex_);
  running.over = true;
  // What came of it the desk heard from the tile, and tells by itself.
  if (running.closed || code == succeeded || code == closed_by_user) return;
  events_->report(Severity::warning, event_ids::rehearsal_ended,
                  "The sign-in test" + in_session(session_id) + " ended by itself (" + std::to_string(code) + ").");
}

/// Those that are over. The lock is held; their threads do nothing any more but end.
void Rehearsals::reap() {
  for (auto one = running_.begin(); one != running_.end();) {
    if (!one->second->over) {
      ++one;
      continue;
    }
    one->second->watch.join();
    one = running_.erase(one);
  }
}

void Rehearsals::close(std::uint32_t session_id) {
  const std::lock_guard lock(mutex_);
  starts_.erase(session_id);
  const auto running = running_.find(session_id);
  if (running == running_.end()) return;
  running->second->closed = true;
  if (running->second->program && !running->second->over) running->second->program->close();
}

void Rehearsals::stop() {
  std::map<std::uint32_t, std::unique_ptr<Running>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(running_);
    for (const auto& [session_id, running] : left) {
      running->closed = true;
      running->program->close();
    }
  }
  for (const auto& [session_id, running] : left) running->watch.join();
}

}  // namespace systemlog::bridge
