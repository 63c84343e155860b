// Who may rehearse, how many at once, and what is left of it: with a host that starts nothing.
#include "bridge/rehearsals.h"

#include <doctest/doctest.h>

#include "bridge/bridge.h"
#include "bridge/uplink/device_identity.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/logon_server.h"
#include "test/fakes/mirror.h"
#include "test/fakes/rehearsals.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

using std::chrono::milliseconds;
using Opened = std::vector<std::pair<std::uint32_t, std::string>>;

const EventAccount taro{"S-1-5-21-1-2-3-1001", "PC-01", "太郎"};
const EventAccount hanako{"S-1-5-21-1-2-3-1002", "PC-01", "hanako"};

/// "started" or the problem.
std::string said(const std::optional<std::string_view>& problem) {
  return problem ? std::string(*problem) : "started";
}

struct Theatre {
  FakeRehearsalHost host;
  RecordingEventSink events;
  milliseconds now{0};
  Rehearsals rehearsals{&host, events, [this] { return now; }};

  std::string start(std::uint32_t session, const EventAccount& who = taro) {
    return said(rehearsals.start(session, who.sid));
  }
  /// Once the end of one has been noticed.
  std::string start_when_free(std::uint32_t session) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string answer = start(session);
    while (answer == "rehearsal-running" && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(1));
      answer = start(session);
    }
    return answer;
  }
};

/// A PC with the auth feature whose server has linked taro, and enrolled him there.
struct LinkedPc : Bench {
  ToldMachine machine;
  RecordingEventSink events;
  FakeAccountLookup accounts;
  FakeMirror mirror;
  FakeRehearsalHost host;
  LogonServer server;
  Settings settings;
  std::unique_ptr<bridge::Bridge> bridge;

  LinkedPc() { settings.auth_feature = true; }
  void start() {
    {
      const DeviceIdentity identity = DeviceIdentity::open(files, *box, random, folder.path()).value();
      server.device = identity.key->id();
      server.device_secret.assign(identity.secret.begin(), identity.secret.end());
      REQUIRE(files.make_folder(folder / "logon").ok());
      LogonDesk desk = std::move(LogonDesk::open(files, *box, random, clock, folder / "logon", server.device,
                                                 server.device_secret))
                           .value();
      REQUIRE(desk.take_policy(server.policy(clock.read().wall_ms)).ok());
      for (const SecretDue& due : desk.secrets_due()) {
        if (!due.enrolled_here) continue;
        REQUIRE(desk.take_secret(due.sid, server.released(due.sid, clock.read().wall_ms)).ok());
      }
    }
    bridge = std::move(bridge::Bridge::start({files,
                                              random,
                                              clock,
                                              *box,
                                              machine,
                                              events,
                                              folder.path(),
                                              settings,
                                              {},
                                              LogonParts{accounts, mirror, [] { return false; }, &host}}))
                 .value();
  }
  void tell(SessionChange change, const EventAccount& who, std::uint32_t id) {
    SessionFacts facts;
    facts.account = who;
    bridge->signal(SessionSignal{change, id, facts, {}});
    bridge->drain();
  }
  std::string rehearse(const EventAccount& who, std::uint32_t id) {
    const std::optional<ClientCaller> caller = bridge->caller(id, who.sid);
    REQUIRE(caller);
    return said(bridge->rehearse(*caller));
  }
};

}  // namespace

TEST_CASE("a session has one rehearsal at a time, and another when the first is over, however it ended") {
  Theatre theatre;
  for (const std::uint32_t code : {0U, 1U, 2U}) {
    CHECK(theatre.start_when_free(1) == "started");
    CHECK(theatre.start(1) == "rehearsal-running");
    CHECK(theatre.start(1, hanako) == "rehearsal-running");
    theatre.host.end(1, code);
  }
  CHECK(theatre.start_when_free(1) == "started");
  CHECK(theatre.start(2, hanako) == "started");
  CHECK(theatre.host.opened().size() == 5);
  CHECK(theatre.host.opened().back() == std::pair(2U, hanako.sid));
  theatre.rehearsals.stop();
  CHECK(theatre.host.running() == 0);
}

TEST_CASE("what could not begin is told to administrators, what a user did is not") {
  Theatre theatre;
  for (const std::uint32_t code : {0U, 1U}) {
    REQUIRE(theatre.start_when_free(1) == "started");
    theatre.host.end(1, code);
  }
  REQUIRE(theatre.start_when_free(1) == "started");
  theatre.rehearsals.close(1);
  CHECK(theatre.start_when_free(1) == "started");
  CHECK(theatre.events.events.empty());
  theatre.host.end(1, 2);
  CHECK(theatre.start_when_free(1) == "started");
  REQUIRE(theatre.events.events.size() == 1);
  CHECK(theatre.events.events[0].id == event_ids::rehearsal_ended);
}

TEST_CASE("the end of a session ends its rehearsal and no other's") {
  Theatre theatre;
  REQUIRE(theatre.start(1) == "started");
  REQUIRE(theatre.start(2, hanako) == "started");
  theatre.rehearsals.close(1);
  theatre.rehearsals.close(3);
  CHECK(theatre.host.running() == 1);
  CHECK(theatre.start(2, hanako) == "rehearsal-running");
}

TEST_CASE("a program that cannot be started is tried and told only so often, by each session for itself") {
  Theatre theatre;
  theatre.host.fail_with(ErrorCode::not_found);
  for (int i = 0; i < 100; ++i) CHECK(theatre.start(1) == "cannot-start");
  const std::size_t told = theatre.events.events.size();
  CHECK(told < 10);
  CHECK(theatre.start(2, hanako) == "cannot-start");
  CHECK(theatre.events.events.size() == told + 1);
  theatre.now += milliseconds(60'000);
  CHECK(theatre.start(1) == "cannot-start");
  CHECK(theatre.events.events.size() == told + 2);
}

TEST_CASE("where windows are not kept apart none is opened") {
  Theatre theatre;
  theatre.host.set_apart(false);
  CHECK(theatre.start(1) == "unsafe-desktop");
  CHECK(theatre.host.opened().empty());
}

TEST_CASE("a machine without a rehearsal says so") {
  RecordingEventSink events;
  Rehearsals rehearsals(nullptr, events, [] { return milliseconds(0); });
  CHECK(said(rehearsals.start(1, taro.sid)) == "cannot-start");
}

TEST_CASE("an account rehearses in its own session when it has something to rehearse") {
  LinkedPc pc;
  pc.server.accounts[taro.sid] = {};
  pc.start();
  pc.tell(SessionChange::logon, taro, 1);
  pc.tell(SessionChange::logon, hanako, 2);
  CHECK(pc.rehearse(hanako, 2) == "not-linked");
  CHECK(pc.rehearse(taro, 1) == "started");
  CHECK(pc.rehearse(taro, 1) == "rehearsal-running");
  CHECK(pc.host.opened() == Opened{{1, taro.sid}});
  SUBCASE("which ends with the session") {
    const ClientCaller caller = *pc.bridge->caller(1, taro.sid);
    pc.tell(SessionChange::logoff, taro, 1);
    CHECK(pc.host.running() == 0);
    // A client of his that has not noticed yet, and somebody else in a session of the same number.
    CHECK(said(pc.bridge->rehearse(caller)) == "cannot-start");
    pc.tell(SessionChange::logon, hanako, 1);
    CHECK(said(pc.bridge->rehearse(caller)) == "cannot-start");
    pc.tell(SessionChange::logoff, hanako, 1);
    pc.tell(SessionChange::logon, taro, 1);
    CHECK(said(pc.bridge->rehearse(caller)) == "cannot-start");
  }
  SUBCASE("which ends with the service") {
    pc.bridge->stop(milliseconds(0));
    CHECK(pc.host.running() == 0);
  }
  CHECK(pc.host.opened() == Opened{{1, taro.sid}});
}

TEST_CASE("without the auth feature, or a secret here, there is nothing to rehearse") {
  LinkedPc pc;
  pc.server.accounts[taro.sid].enrolled_here = false;
  std::string expected = "nothing-to-rehearse";
  SUBCASE("no secret here") {}
  SUBCASE("no auth feature") {
    pc.settings.auth_feature = false;
    expected = "no-provider";
  }
  pc.start();
  pc.tell(SessionChange::logon, taro, 1);
  CHECK(pc.rehearse(taro, 1) == expected);
  CHECK(pc.host.opened().empty());
}

TEST_CASE("what a damaged vault keeps shut is not opened for a rehearsal") {
  LinkedPc pc;
  pc.server.accounts[taro.sid] = {};
  pc.start();
  pc.bridge.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pc.folder / "logon" / "vault")) {
    if (entry.is_regular_file()) overwrite(entry.path(), 40, Bytes(64, 0xff));
  }
  pc.bridge = std::move(bridge::Bridge::start({pc.files,
                                               pc.random,
                                               pc.clock,
                                               *pc.box,
                                               pc.machine,
                                               pc.events,
                                               pc.folder.path(),
                                               pc.settings,
                                               {},
                                               LogonParts{pc.accounts, pc.mirror, [] { return false; }, &pc.host}}))
                  .value();
  REQUIRE(pc.bridge->auth_desk() == nullptr);
  pc.tell(SessionChange::logon, taro, 1);
  CHECK(pc.rehearse(taro, 1) == "cannot-start");
}
