#include "bridge/session_signals.h"

#include <algorithm>

namespace systemlog::bridge {
namespace {

Happening happening(std::string kind, bool by_user, std::optional<std::string> reason) {
  return {std::move(kind), std::nullopt, std::nullopt, by_user, std::move(reason), std::nullopt, 0};
}

Happening happening(std::string kind, std::uint32_t id, const KnownSession& session, bool by_user,
                    std::optional<std::string> reason = std::nullopt) {
  return {std::move(kind), session.name, session.account, by_user, std::move(reason), id, 0};
}

KnownSession known(std::string name, const SessionFacts& facts) {
  KnownSession session;
  session.name = std::move(name);
  session.account = facts.account;
  session.logon_wall_ms = facts.logon_wall_ms;
  session.remote = facts.remote;
  session.connected = facts.connected;
  session.locked = facts.locked.value_or(false);
  return session;
}

bool same_session(const KnownSession& session, const SessionFacts& facts) {
  const bool same_person = !session.account || !facts.account || session.account->sid == facts.account->sid;
  const bool same_logon =
      session.logon_wall_ms == 0 || facts.logon_wall_ms == 0 || session.logon_wall_ms == facts.logon_wall_ms;
  return same_person && same_logon;
}

bool is_idle(const std::optional<std::uint64_t>& idle_ms) {
  return idle_ms && *idle_ms >= SessionSignals::idle_from_ms;
}

}  // namespace

// --- the start of the service --------------------------------------------------------------------------------------

SessionSignals::Began SessionSignals::begin(const Beginning& beginning) {
  Began began;
  // At the first start of all nothing says when this PC was started.
  if (beginning.new_boot && beginning.last_alive_wall_ms) {
    began.happenings.push_back(happening(
        "startup", false, beginning.fast_startup ? std::optional<std::string>("fast-startup") : std::nullopt));
  }
  const bool short_absence = beginning.last_alive_wall_ms && !beginning.new_boot &&
                             beginning.now_wall_ms - *beginning.last_alive_wall_ms <= short_absence_ms;
  Sessions left = std::move(sessions_);
  sessions_.clear();
  for (const auto& [id, facts] : beginning.present) {
    if (!facts.account) continue;
    const auto was = left.find(id);
    if (!beginning.new_boot && was != left.end() && same_session(was->second, facts)) {
      KnownSession session = std::move(was->second);
      left.erase(was);
      if (const bool locked = facts.locked.value_or(session.locked); locked != session.locked) {
        session.locked = locked;
        if (!locked) session.suspended = session.automatic = false;
        began.happenings.push_back(
            happening(locked ? "lock" : "unlock", id, session, short_absence, "seen-at-start"));
      }
      session.connected = facts.connected;
      session.remote = facts.remote;
      sessions_.emplace(id, std::move(session));
      continue;
    }
    KnownSession session = known(new_name_(id), facts);
    // Signed on since the service ran last, with nobody there to hear of it; before it ran at all, it is only seen.
    const bool since =
        beginning.last_alive_wall_ms &&
        (facts.logon_wall_ms == 0 ? beginning.new_boot : facts.logon_wall_ms > *beginning.last_alive_wall_ms);
    // Nobody locks right after signing on, but Windows does.
    session.automatic = facts.sign_on == SignOn::automatic || (beginning.new_boot && facts.locked.value_or(false));
    Happening logon = happening("logon", id, session, since && !session.automatic,
                                session.automatic ? "automatic-sign-on" : "seen-at-start");
    if (since && facts.logon_wall_ms != 0 && beginning.now_wall_ms > facts.logon_wall_ms) {
      logon.ago_ms = static_cast<std::uint64_t>(beginning.now_wall_ms - facts.logon_wall_ms);
    }
    began.happenings.push_back(std::move(logon));
    sessions_.emplace(id, std::move(session));
  }
  for (auto& [id, session] : left) began.lost.push_back(std::move(session));
  return began;
}

// --- signals
// ---------------------------------------------------------------------------------------------------------

std::vector<Happening> SessionSignals::on(const Signal& signal, Moment now) {
  std::vector<Happening> settled = settle(now);
  std::vector<Happening> more;
  if (const auto* session = std::get_if<SessionSignal>(&signal)) {
    more = on_session(*session, now);
  } else if (const auto* power = std::get_if<PowerSignal>(&signal)) {
    more = on_power(*power, now);
  } else if (const auto* shutdown = std::get_if<ShutdownSignal>(&signal)) {
    more = on_shutdown(*shutdown);
  } else if (const auto* clock = std::get_if<ClockSignal>(&signal)) {
    if (std::max(clock->moved_ms, -clock->moved_ms) >= clock_change_from_ms) {
      more.push_back(happening("clock-change", false, clock->moved_ms > 0 ? "forward" : "back"));
    }
  }
  std::move(more.begin(), more.end(), std::back_inserter(settled));
  return settled;
}

Moment SessionSignals::due() const noexcept {
  Moment due = presence_due_;
  for (const auto& [id, pending] : pending_) due = std::min(due, pending.until);
  return due;
}

std::vector<Happening> SessionSignals::settle(Moment now) {
  std::vector<Happening> happenings;
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    const auto [id, sign_on] = *pending++;
    if (sign_on.until <= now) happenings.push_back(pending_logon(id, true, now));
  }
  if (presence_due_ > now) return happenings;
  presence_due_ = never;
  for (auto& [id, session] : sessions_) {
    if (!session.suspended || session.locked || session.remote || !session.connected) continue;
    session.suspended = false;
    Happening resume = happening("resume", id, session, true);
    resume.ago_ms = static_cast<std::uint64_t>(settles_within.count());
    happenings.push_back(std::move(resume));
  }
  return happenings;
}

std::vector<Happening> SessionSignals::on_session(const SessionSignal& signal, Moment now) {
  switch (signal.change) {
    case SessionChange::logon:
      return sign_on(signal, now);
    case SessionChange::logoff:
      return sign_off(signal, now);
    case SessionChange::lock:
      return lock(signal, now);
    case SessionChange::unlock:
      return unlock(signal, now);
    case SessionChange::console_connect:
    case SessionChange::remote_connect:
      return connect(signal);
    case SessionChange::console_disconnect:
    case SessionChange::remote_disconnect:
      return disconnect(signal, now);
  }
  return {};
}

KnownSession* SessionSignals::session_of(const SessionSignal& signal, std::vector<Happening>& happenings) {
  const auto found = sessions_.find(signal.id);
  if (found != sessions_.end()) {
    if (!found->second.account) found->second.account = signal.facts.account;
    return &found->second;
  }
  // The lock screen with nobody behind it sends signals as well.
  if (!signal.facts.account) return nullptr;
  KnownSession& session = sessions_.emplace(signal.id, known(new_name_(signal.id), signal.facts)).first->second;
  session.locked = signal.change == SessionChange::unlock;
  session.connected = true;
  happenings.push_back(happening("logon", signal.id, session, false, "seen-late"));
  return &session;
}

std::vector<Happening> SessionSignals::sign_on(const SessionSignal& signal, Moment now) {
  std::vector<Happening> happenings;
  if (const auto before = sessions_.find(signal.id); before != sessions_.end()) {
    // Seen at the start already, and told now.
    if (same_session(before->second, signal.facts)) return happenings;
    happenings.push_back(happening("logoff", signal.id, before->second, false, "missed"));
    sessions_.erase(before);
  }
  KnownSession session = known(new_name_(signal.id), signal.facts);
  session.locked = false;
  session.connected = true;
  session.automatic = signal.facts.sign_on == SignOn::automatic;
  const KnownSession& begun = sessions_.insert_or_assign(signal.id, std::move(session)).first->second;
  if (signal.facts.sign_on == SignOn::perhaps_automatic) {
    pending_[signal.id] = {now, now + locked_within};
    return happenings;
  }
  happenings.push_back(happening("logon", signal.id, begun, !begun.automatic,
                                 begun.automatic ? std::optional<std::string>("automatic-sign-on") : std::nullopt));
  return happenings;
}

Happening SessionSignals::pending_logon(std::uint32_t id, bool by_user, Moment now) {
  KnownSession& session = sessions_.at(id);
  session.automatic = !by_user;
  Happening logon = happening("logon", id, session, by_user,
                              by_user ? std::nullopt : std::optional<std::string>("automatic-sign-on"));
  logon.ago_ms = static_cast<std::uint64_t>((now - pending_.at(id).began).count());
  pending_.erase(id);
  return logon;
}

std::vector<Happening> SessionSignals::sign_off(const SessionSignal& signal, Moment now) {
  std::vector<Happening> happenings;
  const auto found = sessions_.find(signal.id);
  if (found == sessions_.end()) return happenings;
  if (pending_.contains(signal.id)) happenings.push_back(pending_logon(signal.id, true, now));
  const KnownSession& session = found->second;
  bool by_user = session.in_use();
  std::optional<std::string> reason;
  if (signal.shutdown) {
    by_user = by_user && signal.shutdown->by_user;
    reason = signal.shutdown->restart ? "restart" : "shutdown";
    if (!signal.shutdown->by_user) reason = "planned-" + *reason;
  } else if (!by_user) {
    reason = "forced";
  }
  happenings.push_back(happening("logoff", signal.id, session, by_user, std::move(reason)));
  locked_at_.erase(signal.id);
  sessions_.erase(found);
  return happenings;
}

std::vector<Happening> SessionSignals::lock(const SessionSignal& signal, Moment now) {
  std::vector<Happening> happenings;
  KnownSession* session = session_of(signal, happenings);
  if (session == nullptr || session->locked) return happenings;
  if (pending_.contains(signal.id)) happenings.push_back(pending_logon(signal.id, false, now));
  session->locked = true;
  locked_at_[signal.id] = now;
  if (session->automatic) {
    happenings.push_back(happening("lock", signal.id, *session, false, "automatic-sign-on"));
  } else if (session->suspended) {
    happenings.push_back(happening("lock", signal.id, *session, false, "suspend"));
  } else if (!session->connected) {
    happenings.push_back(happening("lock", signal.id, *session, false, "disconnected"));
  } else {
    happenings.push_back(
        happening("lock", signal.id, *session, true,
                  is_idle(signal.facts.idle_ms) ? std::optional<std::string>("idle") : std::nullopt));
  }
  return happenings;
}

std::vector<Happening> SessionSignals::unlock(const SessionSignal& signal, Moment now) {
  std::vector<Happening> happenings;
  KnownSession* session = session_of(signal, happenings);
  if (session == nullptr) return happenings;
  if (pending_.contains(signal.id)) happenings.push_back(pending_logon(signal.id, false, now));
  session->locked = session->suspended = session->automatic = false;
  session->connected = true;
  locked_at_.erase(signal.id);
  happenings.push_back(happening("unlock", signal.id, *session, true));
  return happenings;
}

std::vector<Happening> SessionSignals::connect(const SessionSignal& signal) {
  std::vector<Happening> happenings;
  // Before somebody signs on, the session is connected too; that is nobody's yet.
  const auto found = sessions_.find(signal.id);
  if (found == sessions_.end()) return happenings;
  KnownSession& session = found->second;
  const bool remote = signal.change == SessionChange::remote_connect;
  if (session.connected && session.remote == remote) return happenings;
  session.connected = true;
  session.remote = remote;
  // A locked session comes back to the monitor by "cancel" as well; whoever it belongs to unlocks it then.
  const bool by_user = remote || !session.locked;
  happenings.push_back(happening("remote-connect", signal.id, session, by_user,
                                 remote ? std::nullopt : std::optional<std::string>("user-switch")));
  return happenings;
}

std::vector<Happening> SessionSignals::disconnect(const SessionSignal& signal, Moment now) {
  std::vector<Happening> happenings;
  const auto found = sessions_.find(signal.id);
  if (found == sessions_.end() || !found->second.connected) return happenings;
  KnownSession& session = found->second;
  const auto locked = locked_at_.find(signal.id);
  const bool just_locked = session.locked && !session.automatic && !session.suspended && locked != locked_at_.end() &&
                           now - locked->second <= settles_within;
  const bool by_user = session.in_use() || just_locked;
  session.connected = false;
  const bool console = signal.change == SessionChange::console_disconnect;
  happenings.push_back(happening("remote-disconnect", signal.id, session, by_user,
                                 console ? std::optional<std::string>("user-switch") : std::nullopt));
  return happenings;
}

// --- power ---------------------------------------------------------------------------------------------------------

std::vector<Happening> SessionSignals::on_power(const PowerSignal& signal, Moment now) {
  switch (signal.kind) {
    case PowerSignal::Kind::suspend:
    case PowerSignal::Kind::standby:
      return sleep(signal);
    case PowerSignal::Kind::standby_ended:
      if (!asleep_) return {};
      [[fallthrough]];
    case PowerSignal::Kind::resumed: {
      asleep_ = false;
      if (shut_down_ || signal.fast_startup) {
        shut_down_ = false;
        return {happening("startup", false, "fast-startup")};
      }
      return {happening("resume", false, std::nullopt)};
    }
    case PowerSignal::Kind::user_present:
      if (std::any_of(sessions_.begin(), sessions_.end(), [](const auto& one) { return one.second.suspended; })) {
        presence_due_ = std::min(presence_due_, now + settles_within);
      }
      return {};
  }
  return {};
}

std::vector<Happening> SessionSignals::sleep(const PowerSignal& signal) {
  if (asleep_) return {};
  asleep_ = true;
  presence_due_ = never;
  if (signal.fast_startup) {
    shut_down_ = true;
    return {happening("shutdown", false, "fast-startup")};
  }
  std::optional<std::string> reason;
  if (signal.kind == PowerSignal::Kind::standby) reason = "standby";
  if (is_idle(signal.idle_ms)) reason = "idle";
  std::vector<Happening> happenings;
  for (auto& [id, session] : sessions_) {
    if (!session.in_use()) continue;
    session.suspended = true;
    happenings.push_back(happening("suspend", id, session, true, reason));
  }
  if (happenings.empty()) happenings.push_back(happening("suspend", false, std::move(reason)));
  return happenings;
}

std::vector<Happening> SessionSignals::on_shutdown(const ShutdownSignal& signal) const {
  if (!signal.notice) return {happening("shutdown", false, std::nullopt)};
  const std::string how = signal.notice->restart ? "restart" : "shutdown";
  const bool by_user = signal.notice->by_user;
  return {happening("shutdown", by_user, by_user ? how : "planned-" + how)};
}

}  // namespace systemlog::bridge
