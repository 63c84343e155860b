// docs/windows-events.md, row by row: each test case names its row.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bridge/session_signals.h"

using namespace systemlog;
using namespace systemlog::bridge;

namespace {

const EventAccount taro{"S-1-5-21-1-2-3-1001", "PC-01", "taro"};
const EventAccount hanako{"S-1-5-21-1-2-3-1002", "PC-01", "hanako"};

SessionFacts facts_of(const EventAccount& account) {
  SessionFacts facts;
  facts.account = account;
  return facts;
}

/// A PC that is told one thing after another.
struct Pc {
  int names = 0;
  SessionSignals signals{{}, [this](std::uint32_t id) { return std::to_string(id) + "-" + std::to_string(++names); }};
  Moment now{1'000'000};

  static std::string line(const Happening& one) {
    std::string text = one.kind + (one.by_user ? " user" : " system");
    if (one.reason) text += " " + *one.reason;
    if (one.session) text += " @" + *one.session;
    return text;
  }
  static std::vector<std::string> lines(const std::vector<Happening>& happenings) {
    std::vector<std::string> said;
    for (const Happening& one : happenings) said.push_back(line(one));
    return said;
  }
  std::vector<std::string> tell(const Signal& signal) {
    now += Moment{60'000};
    return lines(signals.on(signal, now));
  }
  /// So soon after the signal before that both are one deed.
  std::vector<std::string> tell_at_once(const Signal& signal) {
    now += Moment{500};
    return lines(signals.on(signal, now));
  }
  std::vector<std::string> wait(Moment time) {
    now += time;
    return lines(signals.settle(now));
  }
  std::vector<std::string> session(SessionChange change, std::uint32_t id = 1, SessionFacts facts = facts_of(taro),
                                   std::optional<ShutdownNotice> notice = {}) {
    return tell(SessionSignal{change, id, std::move(facts), notice});
  }
  std::vector<std::string> power(PowerSignal::Kind kind, std::optional<std::uint64_t> idle_ms = {},
                                 bool fast_startup = false) {
    return tell(PowerSignal{kind, idle_ms, fast_startup});
  }
};

using Lines = std::vector<std::string>;

SessionFacts idle_for(std::uint64_t ms) {
  SessionFacts facts = facts_of(taro);
  facts.idle_ms = ms;
  return facts;
}

}  // namespace

TEST_CASE("windows-events sign-on: a person signs on and off") {
  Pc pc;
  CHECK(pc.session(SessionChange::logon) == Lines{"logon user @1-1"});
  CHECK(pc.session(SessionChange::logoff) == Lines{"logoff user @1-1"});
  CHECK(pc.session(SessionChange::logon) == Lines{"logon user @1-2"});
}

TEST_CASE("windows-events lock: a person locks and unlocks; a repeated signal is one event") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::lock) == Lines{"lock user @1-1"});
  CHECK(pc.session(SessionChange::lock).empty());
  CHECK(pc.session(SessionChange::unlock) == Lines{"unlock user @1-1"});
}

TEST_CASE("windows-events idle-lock: counts as the user's, with reason idle") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::lock, 1, idle_for(600'000)) == Lines{"lock user idle @1-1"});
  pc.session(SessionChange::unlock);
  CHECK(pc.session(SessionChange::lock, 1, idle_for(59'999)) == Lines{"lock user @1-1"});
}

TEST_CASE("windows-events automatic-sign-on: no punch, its first unlock is the user's") {
  Pc pc;
  SessionFacts automatic = facts_of(taro);
  automatic.sign_on = SignOn::automatic;
  CHECK(pc.session(SessionChange::logon, 1, automatic) == Lines{"logon system automatic-sign-on @1-1"});
  CHECK(pc.session(SessionChange::lock) == Lines{"lock system automatic-sign-on @1-1"});
  CHECK(pc.session(SessionChange::unlock) == Lines{"unlock user @1-1"});
  CHECK(pc.session(SessionChange::lock) == Lines{"lock user @1-1"});
}

TEST_CASE("windows-events perhaps-automatic: the lock that follows at once says whose sign-on it was") {
  SessionFacts perhaps = facts_of(taro);
  perhaps.sign_on = SignOn::perhaps_automatic;
  SUBCASE("locked at once") {
    Pc pc;
    CHECK(pc.session(SessionChange::logon, 1, perhaps).empty());
    CHECK(pc.tell_at_once(SessionSignal{SessionChange::lock, 1, facts_of(taro), {}}) ==
          Lines{"logon system automatic-sign-on @1-1", "lock system automatic-sign-on @1-1"});
  }
  SUBCASE("not locked: a person") {
    Pc pc;
    CHECK(pc.session(SessionChange::logon, 1, perhaps).empty());
    CHECK(pc.signals.due() == pc.now + SessionSignals::locked_within);
    CHECK(pc.wait(Moment{19'000}).empty());
    const std::vector<Happening> settled = pc.signals.settle(pc.now += Moment{1'000});
    REQUIRE(Pc::lines(settled) == Lines{"logon user @1-1"});
    CHECK(settled.front().ago_ms == 20'000);
    CHECK(pc.signals.due() == never);
  }
}

TEST_CASE("windows-events sleep: of a session in use is the user's, and of nobody's the system's") {
  Pc pc;
  CHECK(pc.power(PowerSignal::Kind::suspend) == Lines{"suspend system"});
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  pc.session(SessionChange::logon);
  CHECK(pc.power(PowerSignal::Kind::suspend) == Lines{"suspend user @1-1"});
  CHECK(pc.power(PowerSignal::Kind::suspend).empty());
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  pc.session(SessionChange::unlock);
  CHECK(pc.power(PowerSignal::Kind::suspend, 900'000) == Lines{"suspend user idle @1-1"});
}

TEST_CASE("windows-events late-lock: a lock delivered only at resume belongs to the suspend") {
  Pc pc;
  pc.session(SessionChange::logon);
  pc.power(PowerSignal::Kind::suspend);
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  SUBCASE("before Windows says that somebody is there") {
    CHECK(pc.session(SessionChange::lock) == Lines{"lock system suspend @1-1"});
    CHECK(pc.power(PowerSignal::Kind::user_present).empty());
    CHECK(pc.wait(Moment{10'000}).empty());
  }
  SUBCASE("after it") {
    CHECK(pc.power(PowerSignal::Kind::user_present).empty());
    CHECK(pc.tell_at_once(SessionSignal{SessionChange::lock, 1, facts_of(taro), {}}) ==
          Lines{"lock system suspend @1-1"});
    CHECK(pc.wait(Moment{10'000}).empty());
  }
  CHECK(pc.session(SessionChange::unlock) == Lines{"unlock user @1-1"});
}

TEST_CASE("windows-events resume-without-lock: in use again once somebody is there") {
  Pc pc;
  pc.session(SessionChange::logon);
  pc.power(PowerSignal::Kind::suspend);
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  CHECK(pc.power(PowerSignal::Kind::user_present).empty());
  CHECK(pc.wait(Moment{4'999}).empty());
  const std::vector<Happening> settled = pc.signals.settle(pc.now += Moment{1});
  REQUIRE(Pc::lines(settled) == Lines{"resume user @1-1"});
  CHECK(settled.front().ago_ms == 5'000);
  CHECK(pc.session(SessionChange::lock) == Lines{"lock user @1-1"});
}

TEST_CASE("windows-events night-wake: the system wakes and sleeps again, and nobody was there") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.power(PowerSignal::Kind::suspend) == Lines{"suspend user @1-1"});
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  CHECK(pc.power(PowerSignal::Kind::suspend) == Lines{"suspend system"});
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"resume system"});
  CHECK(pc.wait(Moment{600'000}).empty());
}

TEST_CASE("windows-events modern-standby: as sleep, once, whichever of its signals come") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.power(PowerSignal::Kind::standby) == Lines{"suspend user standby @1-1"});
  CHECK(pc.power(PowerSignal::Kind::suspend).empty());
  CHECK(pc.power(PowerSignal::Kind::standby_ended) == Lines{"resume system"});
  CHECK(pc.power(PowerSignal::Kind::standby_ended).empty());
  SUBCASE("nobody had touched it for a while") {
    pc.session(SessionChange::unlock);
    CHECK(pc.power(PowerSignal::Kind::standby, 600'000) == Lines{"suspend user idle @1-1"});
  }
}

TEST_CASE("windows-events fast-startup: a shutdown and a start, though the service never ended") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::logoff, 1, facts_of(taro), ShutdownNotice{true, false}) ==
        Lines{"logoff user shutdown @1-1"});
  CHECK(pc.power(PowerSignal::Kind::suspend, {}, true) == Lines{"shutdown system fast-startup"});
  CHECK(pc.power(PowerSignal::Kind::resumed) == Lines{"startup system fast-startup"});
}

TEST_CASE("windows-events shutdown: by a user, by the system, unannounced") {
  Pc pc;
  pc.session(SessionChange::logon, 1, facts_of(taro));
  pc.session(SessionChange::logon, 2, facts_of(hanako));
  pc.session(SessionChange::console_disconnect, 2, facts_of(hanako));
  CHECK(pc.session(SessionChange::logoff, 1, facts_of(taro), ShutdownNotice{true, true}) ==
        Lines{"logoff user restart @1-1"});
  CHECK(pc.session(SessionChange::logoff, 2, facts_of(hanako), ShutdownNotice{true, true}) ==
        Lines{"logoff system restart @2-2"});
  CHECK(pc.tell(ShutdownSignal{ShutdownNotice{true, true}}) == Lines{"shutdown user restart"});
  CHECK(pc.tell(ShutdownSignal{std::nullopt}) == Lines{"shutdown system"});
}

TEST_CASE("windows-events shutdown: to switch the PC off") {
  Pc pc;
  pc.session(SessionChange::logon, 1, facts_of(taro));
  pc.session(SessionChange::logon, 2, facts_of(hanako));
  pc.session(SessionChange::lock, 2, facts_of(hanako));
  CHECK(pc.session(SessionChange::logoff, 1, facts_of(taro), ShutdownNotice{true, false}) ==
        Lines{"logoff user shutdown @1-1"});
  CHECK(pc.session(SessionChange::logoff, 2, facts_of(hanako), ShutdownNotice{true, false}) ==
        Lines{"logoff system shutdown @2-2"});
  CHECK(pc.tell(ShutdownSignal{ShutdownNotice{true, false}}) == Lines{"shutdown user shutdown"});
}

TEST_CASE("windows-events planned-restart: the system switches the PC off") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::logoff, 1, facts_of(taro), ShutdownNotice{false, false}) ==
        Lines{"logoff system planned-shutdown @1-1"});
  CHECK(pc.tell(ShutdownSignal{ShutdownNotice{false, false}}) == Lines{"shutdown system planned-shutdown"});
}

TEST_CASE("windows-events planned-restart: an update restarts the PC of somebody signed on") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::logoff, 1, facts_of(taro), ShutdownNotice{false, true}) ==
        Lines{"logoff system planned-restart @1-1"});
  CHECK(pc.tell(ShutdownSignal{ShutdownNotice{false, true}}) == Lines{"shutdown system planned-restart"});
}

TEST_CASE("windows-events forced-logoff: a locked or disconnected session that is ended") {
  Pc pc;
  pc.session(SessionChange::logon);
  pc.session(SessionChange::lock);
  CHECK(pc.session(SessionChange::logoff) == Lines{"logoff system forced @1-1"});
  pc.session(SessionChange::logon);
  pc.session(SessionChange::remote_disconnect);
  CHECK(pc.session(SessionChange::logoff) == Lines{"logoff system forced @1-2"});
}

TEST_CASE("windows-events remote-desktop: lock and disconnect are one deed, and reconnecting is the user's") {
  Pc pc;
  CHECK(pc.session(SessionChange::remote_connect).empty());
  SessionFacts remote = facts_of(taro);
  remote.remote = true;
  CHECK(pc.session(SessionChange::logon, 1, remote) == Lines{"logon user @1-1"});
  CHECK(pc.session(SessionChange::lock, 1, remote) == Lines{"lock user @1-1"});
  CHECK(pc.tell_at_once(SessionSignal{SessionChange::remote_disconnect, 1, remote, {}}) ==
        Lines{"remote-disconnect user @1-1"});
  CHECK(pc.session(SessionChange::remote_connect, 1, remote) == Lines{"remote-connect user @1-1"});
  CHECK(pc.session(SessionChange::unlock, 1, remote) == Lines{"unlock user @1-1"});
  SUBCASE("disconnect first, lock later: the lock is nobody's doing") {
    CHECK(pc.session(SessionChange::remote_disconnect, 1, remote) == Lines{"remote-disconnect user @1-1"});
    CHECK(pc.session(SessionChange::lock, 1, remote) == Lines{"lock system disconnected @1-1"});
  }
  SUBCASE("a session locked long ago is disconnected") {
    pc.session(SessionChange::lock, 1, remote);
    CHECK(pc.session(SessionChange::remote_disconnect, 1, remote) == Lines{"remote-disconnect system @1-1"});
  }
}

TEST_CASE("windows-events user-switch: one leaves, another comes, and back") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.session(SessionChange::lock) == Lines{"lock user @1-1"});
  CHECK(pc.tell_at_once(SessionSignal{SessionChange::console_disconnect, 1, facts_of(taro), {}}) ==
        Lines{"remote-disconnect user user-switch @1-1"});
  CHECK(pc.session(SessionChange::logon, 2, facts_of(hanako)) == Lines{"logon user @2-2"});
  pc.session(SessionChange::lock, 2, facts_of(hanako));
  CHECK(pc.session(SessionChange::console_disconnect, 2, facts_of(hanako)) ==
        Lines{"remote-disconnect system user-switch @2-2"});
  CHECK(pc.session(SessionChange::console_connect) == Lines{"remote-connect system user-switch @1-1"});
  CHECK(pc.session(SessionChange::unlock) == Lines{"unlock user @1-1"});
}

TEST_CASE("windows-events lock-screen: signals of a session nobody is in are no events") {
  Pc pc;
  for (const SessionChange change : {SessionChange::lock, SessionChange::unlock, SessionChange::console_connect,
                                     SessionChange::console_disconnect, SessionChange::logoff}) {
    CHECK(pc.session(change, 3, SessionFacts{}).empty());
  }
}

TEST_CASE("windows-events unseen-sign-on: a session first heard of by its lock is known from then on") {
  Pc pc;
  CHECK(pc.session(SessionChange::lock) == Lines{"logon system seen-late @1-1", "lock user @1-1"});
}

TEST_CASE("windows-events clock: a clock that was set is told, ordinary adjustments are not") {
  Pc pc;
  CHECK(pc.tell(ClockSignal{1'999}).empty());
  CHECK(pc.tell(ClockSignal{2'000}) == Lines{"clock-change system forward"});
  CHECK(pc.tell(ClockSignal{-3'600'000}) == Lines{"clock-change system back"});
}

// --- the start of the service --------------------------------------------------------------------------------------

namespace {

KnownSession left_open(const EventAccount& account, bool locked = false) {
  KnownSession session;
  session.name = "1-old";
  session.account = account;
  session.logon_wall_ms = 500;
  session.locked = locked;
  return session;
}

Beginning restarted(std::map<std::uint32_t, SessionFacts> present, std::int64_t away_ms = 3'000) {
  Beginning beginning;
  beginning.new_boot = false;
  beginning.present = std::move(present);
  beginning.now_wall_ms = 1'000'000;
  beginning.last_alive_wall_ms = 1'000'000 - away_ms;
  return beginning;
}

SessionFacts signed_on(const EventAccount& account, std::int64_t at, bool locked = false) {
  SessionFacts facts = facts_of(account);
  facts.logon_wall_ms = at;
  facts.locked = locked;
  return facts;
}

SessionSignals::Began begin(Sessions left, const Beginning& beginning) {
  SessionSignals signals(std::move(left), [](std::uint32_t id) { return std::to_string(id) + "-new"; });
  return signals.begin(beginning);
}

}  // namespace

TEST_CASE("windows-events service-restart: inside a session there is no logon") {
  const SessionSignals::Began began = begin({{1, left_open(taro)}}, restarted({{1, signed_on(taro, 500)}}));
  CHECK(began.happenings.empty());
  CHECK(began.lost.empty());
}

TEST_CASE(
    "windows-events service-restart: what changed while it was away is taken for the user's only if that was short") {
  const std::map<std::uint32_t, SessionFacts> locked{{1, signed_on(taro, 500, true)}};
  CHECK(Pc::lines(begin({{1, left_open(taro)}}, restarted(locked)).happenings) ==
        Lines{"lock user seen-at-start @1-old"});
  CHECK(Pc::lines(begin({{1, left_open(taro)}}, restarted(locked, 3'600'000)).happenings) ==
        Lines{"lock system seen-at-start @1-old"});
  KnownSession locked_before = left_open(taro);
  locked_before.locked = true;
  const std::map<std::uint32_t, SessionFacts> open{{1, signed_on(taro, 500)}};
  CHECK(Pc::lines(begin({{1, locked_before}}, restarted(open)).happenings) ==
        Lines{"unlock user seen-at-start @1-old"});
  CHECK(Pc::lines(begin({{1, locked_before}}, restarted(open, 3'600'000)).happenings) ==
        Lines{"unlock system seen-at-start @1-old"});
}

TEST_CASE("windows-events service-restart: a session that ended unseen is lost, whoever has its number now") {
  const SessionSignals::Began began = begin({{1, left_open(taro)}}, restarted({{1, signed_on(hanako, 999'000)}}));
  REQUIRE(began.lost.size() == 1);
  CHECK(began.lost.front().name == "1-old");
  CHECK(Pc::lines(began.happenings) == Lines{"logon user seen-at-start @1-new"});
  CHECK(began.happenings.front().ago_ms == 1'000);
}

TEST_CASE("windows-events boot: startup, and who signed on before the service ran") {
  Beginning beginning = restarted({{1, signed_on(taro, 995'000)}}, 50'000'000);
  beginning.new_boot = true;
  const SessionSignals::Began began = begin({{1, left_open(taro)}}, beginning);
  CHECK(Pc::lines(began.happenings) == Lines{"startup system", "logon user seen-at-start @1-new"});
  CHECK(began.lost.size() == 1);
  SUBCASE("locked already: Windows signed its last user on") {
    beginning.present[1].locked = true;
    CHECK(Pc::lines(begin({}, beginning).happenings) ==
          Lines{"startup system", "logon system automatic-sign-on @1-new"});
  }
}

TEST_CASE("windows-events first-start: who is signed on at the installation did not sign on now") {
  Beginning beginning = restarted({{1, signed_on(taro, 500)}});
  beginning.new_boot = true;
  beginning.last_alive_wall_ms.reset();
  CHECK(Pc::lines(begin({}, beginning).happenings) == Lines{"logon system seen-at-start @1-new"});
}
