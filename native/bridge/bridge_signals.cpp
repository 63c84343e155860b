// What the bridge makes of what its machine tells it.
#include <algorithm>

#include "bridge/bridge.h"
#include "bridge/steady_time.h"

namespace systemlog::bridge {
namespace {

/// A proof is for the sign-in that follows it, not for one much later.
constexpr Moment proof_serves{120'000};
/// What signed somebody on when it was not our tile.
constexpr std::string_view by_windows = "windows";

Recorded what_it_means(const SessionEvent& event) {
  if (event.kind == "logoff" || event.kind == "shutdown") return Recorded::session_end;
  if (!event.session || event.kind == "resume") return Recorded::machine;
  return Recorded::in_session;
}

}  // namespace

void Bridge::signal(Signal signal) {
  {
    const std::lock_guard lock(core_);
    told_.push_back(std::move(signal));
  }
  signalled_.notify_one();
}

void Bridge::drain() {
  std::unique_lock lock(core_);
  drained_.wait(lock, [this] { return (told_.empty() && !following_) || stopping_; });
}

void Bridge::follow_signals() {
  std::unique_lock lock(core_);
  while (true) {
    const Moment due = std::min({signals_.due(), beat_due_, retry_due_});
    wait_until(signalled_, lock, due, [this] { return stopping_ || !told_.empty(); });
    following_ = true;
    while (!told_.empty()) {
      const Signal signal = std::move(told_.front());
      told_.pop_front();
      follow(signal);
    }
    settle_other_chores();
    following_ = false;
    drained_.notify_all();
    if (stopping_) return;
  }
}

void Bridge::follow(const Signal& signal) {
  if (const auto* power = std::get_if<PowerSignal>(&signal)) {
    if (power->kind == PowerSignal::Kind::resumed || power->kind == PowerSignal::Kind::standby_ended) {
      recorder_->begin_clock_run();
    }
  }
  record_all(signals_.on(signal, now()));
  recorder_->beat();
}

void Bridge::settle_other_chores() {
  record_all(signals_.settle(now()));
  if (retry_due_ <= now()) {
    recorder_->retry();
    recorder_->remember(signals_.sessions());
  }
  retry_due_ = recorder_->waiting() > 0 ? now() + parts_.delays.retry : never;
  if (beat_due_ <= now()) {
    recorder_->beat();
    beat_due_ = now() + parts_.delays.heartbeat;
  }
}

void Bridge::record_all(const std::vector<Happening>& happenings) {
  if (happenings.empty()) return;
  for (const Happening& happening : happenings) record(happening);
  recorder_->remember(signals_.sessions());
  add_set_aside();
  report_due_.notify_all();
}

void Bridge::record(const Happening& happening) {
  recorder_->record({happening.kind, happening.account, happening.session, happening.by_user, happening.reason,
                     take_proof(happening), "bridge"},
                    reading(happening.ago_ms));
  if (happening.kind == "suspend") {
    reporter_->pause();
    if (policy_) policy_->pause();
  }
  if (happening.kind == "resume" && policy_) policy_->changed(now());
  if (happening.kind == "logoff" && happening.session) {
    if (rehearsals_ && happening.session_id) rehearsals_->close(*happening.session_id);
    const std::lock_guard lock(clients_mutex_);
    if (clients_ != nullptr) clients_->close_session(*happening.session);
  }
}

ClockReading Bridge::reading(std::uint64_t ago_ms) {
  ClockReading at = recorder_->clock().read();
  const std::uint64_t back = std::min(ago_ms, at.uptime_ms);
  at.uptime_ms -= back;
  at.wall_ms -= static_cast<std::int64_t>(back);
  return at;
}

std::optional<std::string> Bridge::take_proof(const Happening& happening) {
  const bool proves = happening.by_user && (happening.kind == "logon" || happening.kind == "unlock");
  if (!proves || !happening.account) return std::nullopt;
  const auto proof = proofs_.find(happening.account->sid);
  if (proof == proofs_.end()) return std::string(by_windows);
  const bool serves = now() - proof->second.at <= proof_serves;
  std::string method = serves ? std::move(proof->second.method) : std::string(by_windows);
  proofs_.erase(proof);
  return method;
}

/// How somebody is about to sign in, told with the event that follows. The lock is held.
void Bridge::proved(const std::string& sid, std::optional<std::string> method) {
  if (method) {
    proofs_.insert_or_assign(sid, Proof{std::move(*method), now()});
  } else {
    proofs_.erase(sid);
  }
}

/// The recorder's word that an event is on the disk. The lock is held.
void Bridge::recorded(const SessionEvent& event) {
  reporter_->recorded(event.sequence, what_it_means(event), now());
  if (!event.account) return;
  const std::lock_guard lock(clients_mutex_);
  if (clients_ != nullptr) {
    clients_->notify(event.account->sid, journal_notice(recorder_->journal().id(), event.sequence));
  }
}

void Bridge::add_set_aside() {
  if (journal_known_ == recorder_->journal().id()) return;
  journal_known_ = recorder_->journal().id();
  for (Journal& journal : recorder_->shelf().untold()) {
    if (!set_aside_known_.insert(journal.id()).second) continue;
    const std::string id = journal.id();
    reporter_->add_set_aside(std::move(journal), [this, id] { recorder_->shelf().told(id); });
  }
}

void Bridge::journal_is_damaged() {
  // When no other can be begun, the damaged one is found again at the next read.
  static_cast<void>(recorder_->set_aside_damaged());
  add_set_aside();
  recorder_->remember(signals_.sessions());
}

// The way to the server.

void Bridge::report() {
  if (!server_.uplink) return;
  std::unique_lock lock(core_);
  const auto ended = [this] { return reporter_->runs() + (policy_ ? policy_->rounds() : 0); };
  std::uint64_t told = ended();
  std::uint64_t runs = reporter_->runs();
  while (!reporting_stops_) {
    const auto due = [this] { return policy_ ? std::min(reporter_->due(), policy_->due()) : reporter_->due(); };
    if (due() > now()) {
      wait_until(report_due_, lock, due(), [&] { return reporting_stops_ || due() <= now(); });
      continue;
    }
    lock.unlock();
    server_.uplink->step();
    lock.lock();
    if (ended() != told) reported_.notify_all();
    told = ended();
    if (reporter_->runs() == runs) continue;
    runs = reporter_->runs();
    const SyncOutcome& outcome = reporter_->outcome();
    if (outcome.problem.empty()) last_sync_wall_ms_ = recorder_->clock().read().wall_ms;
    if (outcome.problem == name(ErrorCode::damaged)) journal_is_damaged();
  }
}

void Bridge::network_up() {
  const std::lock_guard lock(core_);
  reporter_->network_up(now());
  if (policy_) policy_->network_up(now());
  report_due_.notify_all();
}

}  // namespace systemlog::bridge
