// What the service manager says, through the service's own handler into its journal: docs/windows-events.md, with the
// structures of Windows where test/session_signals_test.cpp has our own.
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include "test/service/client.h"
#include "test/service/left.h"
#include "test/service/wine_service.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

/// One under the other, as doctest shows them.
std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& line : all) text += line + "\n";
  return text;
}

/// What the service records when it starts for the first time and finds somebody, and then these.
std::string first_start_and(const std::vector<std::string>& all) {
  return lines({"logon system seen-at-start"}) + lines(all);
}

constexpr int session_change = SERVICE_CONTROL_SESSIONCHANGE;
constexpr int power_event = SERVICE_CONTROL_POWEREVENT;

/// A service whose PC has one session, that of this process.
struct ToldPc {
  Json facts;

  ToldPc() {
    clean_pc();
    sign_on();
    tell_facts(facts);
    REQUIRE(setup(seam_program(), "install")["ok"] == true);
    REQUIRE(wait_until_open());
  }
  ToldPc(const ToldPc&) = delete;
  ToldPc& operator=(const ToldPc&) = delete;
  ToldPc(ToldPc&&) = delete;
  ToldPc& operator=(ToldPc&&) = delete;
  ~ToldPc() { clean_pc(); }

  Json& session() { return facts["sessions"][std::to_string(own_session())]; }
  void sign_on() { session() = {{"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}}; }
  void sign_off() { facts["sessions"] = Json::object(); }

  void told_session(int type) const {
    tell_facts(facts);
    tell_control({{"control", session_change}, {"type", type}, {"session", own_session()}});
  }
  void told_power(int type) const { tell_control({{"control", power_event}, {"type", type}}); }
  void told_display(int state) const {
    tell_control({{"control", power_event}, {"type", PBT_POWERSETTINGCHANGE}, {"display", state}});
  }
  static void told_time(std::int64_t moved_ms) {
    tell_control({{"control", SERVICE_CONTROL_TIMECHANGE}, {"movedMs", moved_ms}});
  }

  /// Stops the service.
  std::string recorded() const {
    if (service::state() == SERVICE_RUNNING) REQUIRE(service::stop());
    return lines(lines_of(left().events));
  }
};

}  // namespace

TEST_CASE("session changes of Windows become events of the session they are about") {
  ToldPc pc;
  pc.told_session(WTS_SESSION_LOCK);
  pc.told_session(WTS_SESSION_LOCK);
  pc.told_session(WTS_SESSION_UNLOCK);
  pc.session()["idleMs"] = 70'000;
  pc.told_session(WTS_SESSION_LOCK);
  pc.session().erase("idleMs");
  pc.told_session(WTS_SESSION_UNLOCK);
  pc.told_session(WTS_REMOTE_DISCONNECT);
  pc.told_session(WTS_REMOTE_CONNECT);
  pc.told_session(WTS_CONSOLE_DISCONNECT);
  pc.told_session(WTS_CONSOLE_CONNECT);
  // Of no meaning for us: remote control, a session created and ended, one that nobody is in.
  pc.told_session(WTS_SESSION_REMOTE_CONTROL);
  pc.told_session(0xA);
  pc.told_session(0xB);
  tell_control({{"control", session_change}, {"type", WTS_SESSION_LOCK}, {"session", 77}});
  pc.facts["shutdown"] = {{"byUser", true}, {"restart", true}};
  pc.told_session(WTS_SESSION_LOGOFF);
  pc.facts.erase("shutdown");
  pc.told_session(WTS_SESSION_LOGON);
  CHECK(pc.recorded() ==
        first_start_and({"lock user", "unlock user", "lock user idle", "unlock user", "remote-disconnect user",
                         "remote-connect user", "remote-disconnect user user-switch",
                         "remote-connect user user-switch", "logoff user restart", "logon user"}));
}

TEST_CASE("power events of Windows: sleep, late lock, waking alone, and somebody there") {
  ToldPc pc;
  pc.told_power(PBT_APMSUSPEND);
  pc.told_session(WTS_SESSION_LOCK);
  pc.told_power(PBT_APMRESUMEAUTOMATIC);
  pc.told_power(PBT_APMSUSPEND);
  pc.told_power(PBT_APMRESUMEAUTOMATIC);
  pc.told_session(WTS_SESSION_UNLOCK);
  // Battery levels and the like.
  pc.told_power(PBT_APMPOWERSTATUSCHANGE);
  pc.told_power(PBT_POWERSETTINGCHANGE);
  pc.told_display(0);
  CHECK(pc.recorded() == first_start_and({"suspend user", "lock system suspend", "resume system", "suspend system",
                                          "resume system", "unlock user"}));
}

TEST_CASE("a screen that goes on after a sleep without a lock brings its user back") {
  ToldPc pc;
  pc.told_power(PBT_APMSUSPEND);
  pc.told_power(PBT_APMRESUMEAUTOMATIC);
  pc.told_display(1);
  Client client;
  REQUIRE(client.hello().contains("result"));
  // After five seconds in which a lock would have come.
  CHECK(wait_until([&client] { return client.events().size() >= 3; }));
  CHECK(pc.recorded() == first_start_and({"suspend user", "resume system", "resume user"}));
}

TEST_CASE("fast startup: the kernel is laid to sleep when everybody is signed off") {
  ToldPc pc;
  pc.facts["shutdown"] = {{"byUser", true}, {"restart", false}};
  pc.told_session(WTS_SESSION_LOGOFF);
  pc.sign_off();
  tell_facts(pc.facts);
  pc.told_power(PBT_APMSUSPEND);
  pc.told_power(PBT_APMRESUMEAUTOMATIC);
  CHECK(pc.recorded() ==
        first_start_and({"logoff user shutdown", "shutdown system fast-startup", "startup system fast-startup"}));
}

TEST_CASE("a clock that was set is told with its direction; what a time service does is not") {
  ToldPc pc;
  ToldPc::told_time(5'000);
  ToldPc::told_time(-7'200'000);
  ToldPc::told_time(1'999);
  CHECK(pc.recorded() == first_start_and({"clock-change system forward", "clock-change system back"}));
}

TEST_CASE("the end of the system is recorded, and the service ends by itself in time") {
  ToldPc pc;
  SUBCASE("announced by a user") {
    pc.facts["shutdown"] = {{"byUser", true}, {"restart", true}};
    pc.told_session(WTS_SESSION_LOGOFF);
    tell_control({{"control", SERVICE_CONTROL_PRESHUTDOWN}});
    REQUIRE(wait_until([] { return service::state() == SERVICE_STOPPED; }));
    CHECK(pc.recorded() == first_start_and({"logoff user restart", "shutdown user restart"}));
  }
  SUBCASE("by an update, over a session") {
    pc.facts["shutdown"] = {{"byUser", false}, {"restart", true}};
    pc.told_session(WTS_SESSION_LOGOFF);
    tell_control({{"control", SERVICE_CONTROL_PRESHUTDOWN}});
    REQUIRE(wait_until([] { return service::state() == SERVICE_STOPPED; }));
    CHECK(pc.recorded() == first_start_and({"logoff system planned-restart", "shutdown system planned-restart"}));
  }
  SUBCASE("unannounced") {
    tell_control({{"control", SERVICE_CONTROL_PRESHUTDOWN}});
    REQUIRE(wait_until([] { return service::state() == SERVICE_STOPPED; }));
    CHECK(pc.recorded() == first_start_and({"shutdown system"}));
  }
  CHECK(service::exit_code() == NO_ERROR);
}

TEST_CASE("killed inside a session and started again: nobody signed on by that") {
  ToldPc pc;
  pc.told_session(WTS_SESSION_LOCK);
  pc.told_session(WTS_SESSION_UNLOCK);
  Client client;
  REQUIRE(client.hello().contains("result"));
  REQUIRE(wait_until([&client] { return client.events().size() >= 3; }));
  service::kill();
  REQUIRE(service::start() == NO_ERROR);
  REQUIRE(wait_until_open());
  CHECK(pc.recorded() == first_start_and({"lock user", "unlock user"}));
}

TEST_CASE("a session that ended while the service was dead gets its logoff") {
  ToldPc pc;
  service::kill();
  pc.sign_off();
  SUBCASE("in the same boot") {
    tell_facts(pc.facts);
    REQUIRE(service::start() == NO_ERROR);
    REQUIRE(wait_until_open());
    CHECK(pc.recorded() == first_start_and({"logoff system missed reconciled"}));
  }
  SUBCASE("by a power cut") {
    pc.facts["bootId"] = "boot-2";
    tell_facts(pc.facts);
    REQUIRE(service::start() == NO_ERROR);
    REQUIRE(wait_until_open());
    CHECK(pc.recorded() == first_start_and({"logoff system unexpected-shutdown reconciled", "startup system"}));
  }
}

TEST_CASE("controls that are nobody's business change nothing") {
  ToldPc pc;
  static_cast<void>(service::control(SERVICE_CONTROL_PAUSE));
  static_cast<void>(service::control(201));
  CHECK(service::control(SERVICE_CONTROL_INTERROGATE));
  CHECK(service::state() == SERVICE_RUNNING);
  CHECK(pc.recorded() == first_start_and({}));
}

TEST_CASE("the service that ships believes nobody but Windows") {
  clean_pc();
  tell_facts({{"sessions", {{"1", {{"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}}}}}});
  REQUIRE(setup(bridge_program(), "install")["ok"] == true);
  REQUIRE(wait_until_open());
  tell_control({{"control", session_change}, {"type", WTS_SESSION_LOCK}, {"session", 1}});
  tell_control({{"control", SERVICE_CONTROL_TIMECHANGE}, {"movedMs", 60'000}});
  REQUIRE(service::stop());
  CHECK(lines(lines_of(left().events)).empty());
  clean_pc();
}
