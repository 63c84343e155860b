// What the system tells about sessions, power and time, and what of it is an event: who did it, and why. Pure: the
// same signals always give the same happenings. docs/windows-events.md is its table, row by row tested.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bridge/uplink/schedule.h"
#include "core/contract_json.h"
#include "platform/session_events.h"

namespace systemlog::bridge {

/// Who let somebody sign on.
enum class SignOn : std::uint8_t {
  by_person,
  /// Windows restarted by itself before: it may have signed its last user on. A lock that follows at once says so.
  perhaps_automatic,
  automatic,
};

/// A session as the system describes it at the moment of a signal.
struct SessionFacts {
  /// None when nobody is signed on, or the system does not say who.
  std::optional<EventAccount> account;
  /// Unix time; 0 when not known. Tells two sessions of one number apart.
  std::int64_t logon_wall_ms = 0;
  bool remote = false;
  bool connected = true;
  /// None when not known.
  std::optional<bool> locked;
  SignOn sign_on = SignOn::by_person;
  /// How long nobody has touched keyboard or mouse; none when not known.
  std::optional<std::uint64_t> idle_ms;
};

/// That the system is going down, and on whose word.
struct ShutdownNotice {
  bool by_user = true;
  bool restart = false;
};

struct SessionSignal {
  SessionChange change = SessionChange::lock;
  std::uint32_t id = 0;
  SessionFacts facts;
  std::optional<ShutdownNotice> shutdown;
};

struct PowerSignal {
  enum class Kind : std::uint8_t {
    suspend,
    /// Awake again, whoever woke it.
    resumed,
    /// After `resumed`: somebody is there.
    user_present,
    /// Modern Standby.
    standby,
    standby_ended,
  };
  Kind kind = Kind::suspend;
  std::optional<std::uint64_t> idle_ms;
  /// The sleep is that of a shutdown with fast startup.
  bool fast_startup = false;
};

struct ShutdownSignal {
  std::optional<ShutdownNotice> notice;
};

struct ClockSignal {
  std::int64_t moved_ms = 0;
};

using Signal = std::variant<SessionSignal, PowerSignal, ShutdownSignal, ClockSignal>;

/// A session that is there.
struct KnownSession {
  /// Names it in events; never used again.
  std::string name;
  std::optional<EventAccount> account;
  std::int64_t logon_wall_ms = 0;
  bool remote = false;
  bool connected = true;
  bool locked = false;
  /// The PC went to sleep while it was in use, and nobody has come back to it.
  bool suspended = false;
  /// Windows signed it on; nobody has unlocked it yet.
  bool automatic = false;

  bool in_use() const noexcept { return connected && !locked && !suspended && !automatic; }
};
/// By the system's number.
using Sessions = std::map<std::uint32_t, KnownSession>;

/// An event to be recorded.
struct Happening {
  std::string kind;
  std::optional<std::string> session;
  std::optional<EventAccount> account;
  bool by_user = true;
  std::optional<std::string> reason;
  /// The system's number of the session.
  std::optional<std::uint32_t> session_id;
  /// How long before now it happened.
  std::uint64_t ago_ms = 0;
};

/// What the service finds when it starts.
struct Beginning {
  /// The system was started since the service ran last.
  bool new_boot = true;
  bool fast_startup = false;
  /// Who is signed on now.
  std::map<std::uint32_t, SessionFacts> present;
  std::int64_t now_wall_ms = 0;
  /// When the service was last known to run, by the wall clock; none at the first start.
  std::optional<std::int64_t> last_alive_wall_ms;
};

class SessionSignals {
 public:
  /// An untouched keyboard for this long makes a lock or a sleep one for idleness.
  static constexpr std::uint64_t idle_from_ms = 60'000;
  /// A lock this soon after a resume belongs to the sleep, and a disconnect this soon after a lock is one with it.
  static constexpr Moment settles_within{5'000};
  /// A sign-on by Windows itself is locked this soon.
  static constexpr Moment locked_within{20'000};
  /// Clock adjustments below this are those of an ordinary time service.
  static constexpr std::int64_t clock_change_from_ms = 2'000;
  /// A service that was away for no longer than this takes what changed meanwhile for the user's doing.
  static constexpr std::int64_t short_absence_ms = 120'000;

  /// Makes a name for a session of this number that is never used again.
  using NewName = std::function<std::string(std::uint32_t id)>;

  /// @param sessions as they were left
  SessionSignals(Sessions sessions, NewName new_name)
      : sessions_(std::move(sessions)), new_name_(std::move(new_name)) {}

  struct Began {
    /// Sessions that ended unseen.
    std::vector<KnownSession> lost;
    std::vector<Happening> happenings;
  };
  /// The service has started.
  Began begin(const Beginning& beginning);

  std::vector<Happening> on(const Signal& signal, Moment now);
  /// What has become clear by waiting. To be called at `due`.
  std::vector<Happening> settle(Moment now);
  Moment due() const noexcept;

  const Sessions& sessions() const noexcept { return sessions_; }

 private:
  /// A sign-on of which it is not known yet whose it was.
  struct PendingSignOn {
    Moment began{0};
    Moment until{0};
  };

  std::vector<Happening> on_session(const SessionSignal& signal, Moment now);
  std::vector<Happening> on_power(const PowerSignal& signal, Moment now);
  std::vector<Happening> on_shutdown(const ShutdownSignal& signal) const;
  std::vector<Happening> sign_on(const SessionSignal& signal, Moment now);
  std::vector<Happening> sign_off(const SessionSignal& signal, Moment now);
  std::vector<Happening> lock(const SessionSignal& signal, Moment now);
  std::vector<Happening> unlock(const SessionSignal& signal, Moment now);
  std::vector<Happening> connect(const SessionSignal& signal);
  std::vector<Happening> disconnect(const SessionSignal& signal, Moment now);
  std::vector<Happening> sleep(const PowerSignal& signal);
  Happening pending_logon(std::uint32_t id, bool by_user, Moment now);
  /// The session of a signal; made known when the system says who is in it.
  KnownSession* session_of(const SessionSignal& signal, std::vector<Happening>& happenings);

  Sessions sessions_;
  NewName new_name_;
  bool asleep_ = false;
  /// The last sleep was a shutdown with fast startup.
  bool shut_down_ = false;
  std::map<std::uint32_t, PendingSignOn> pending_;
  std::map<std::uint32_t, Moment> locked_at_;
  Moment presence_due_ = never;
};

}  // namespace systemlog::bridge
