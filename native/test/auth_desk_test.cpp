// The logon screen's questions over the real desk, and the pipe they come through.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "bridge/auth_pipe.h"
#include "bridge/recorded_event.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/mirror.h"
#include "test/fakes/processes.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

const std::string sid = "S-1-5-21-1-2-3-1001";
const std::string device = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";

/// Of a policy that enforces nothing, and of one that does.
const std::array<std::string, 2> versions{"Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M",
                                          "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"};

/// contract/logon.ts, `devicePolicy`, for one account without an OTP secret.
std::string policy(bool enforcement, const std::string& version = versions[1]) {
  return R"({"status":"current","version":")" + version +
         R"(","serverTime":"2023-11-14T22:13:20.000Z","rules":{"enforcement":)" +
         std::string(enforcement ? "true" : "false") +
         R"(,"probationDays":14,"whenBridgeDown":"deny","prompts":false,"smartCards":false,"sealedPassword":"allowed","breakGlassSids":["S-1-5-21-1-2-3-500"]},"accounts":[]})";
}

struct Screen : Bench {
  ToldMachine machine;
  RecordingEventSink events;
  FakeAccountLookup accounts;
  FakeMirror mirror;
  SecretBytes secret = SecretBytes(32, 7);
  std::mutex core;
  std::unique_ptr<Recorder> recorder;
  std::vector<std::pair<std::string, std::string>> proved;
  int changes = 0;
  Moment now{0};
  std::unique_ptr<AuthDesk> desk;

  Screen() {
    accounts.accounts = {{sid, "PC-01", "taro", false}};
    open();
  }
  /// As a start of the service does.
  void open() {
    desk.reset();
    recorder.reset();
    recorder =
        std::move(Recorder::open({files, random, clock, machine, events, folder.path(), device, secret})).value();
    LogonDesk logon =
        std::move(LogonDesk::open(files, *box, random, clock, folder / "logon", device, secret)).value();
    CrashBreaker breaker = std::move(CrashBreaker::open(files, folder / "crash-breaker")).value();
    PolicyNote note = std::move(PolicyNote::open(files, folder / "policy-change")).value();
    AuthDeskParts parts{core,
                        *recorder,
                        events,
                        accounts,
                        mirror,
                        {},
                        [this] { return now; },
                        [this](const std::string& who, std::optional<std::string> method) {
                          proved.emplace_back(who, method.value_or("nothing"));
                        },
                        [this] { ++changes; }};
    desk = std::make_unique<AuthDesk>(std::move(parts), std::move(logon), std::move(breaker), std::move(note));
  }

  template <typename Answer>
  Answer ask(const auth::Request& request) {
    const auth::Response response = desk->answer(request, {4, 5, 1});
    const auto* answer = std::get_if<Answer>(&response);
    REQUIRE(answer != nullptr);
    return std::move(const_cast<Answer&>(*answer));
  }
  void take_policy(bool enforcement) {
    const std::lock_guard lock(core);
    const Result<bool> taken = desk->take_policy(policy(enforcement));
    REQUIRE(taken);
  }
  std::vector<std::string> recorded() {
    std::vector<std::string> read;
    const JournalPage page = std::move(recorder->journal().read(0, 500)).value();
    for (const SealedRecord& sealed : page.records) {
      const RecordedEvent event = std::move(read_recorded_event(sealed.record)).value();
      read.push_back(event.kind + " " + event.reason.value_or("-"));
    }
    return read;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the filter opens for every reason there is, and for no other") {
  Screen screen;
  CHECK_FALSE(screen.ask<auth::FilterAnswer>(auth::FilterQuestion{}).hide_others);
  screen.take_policy(true);
  auth::FilterAnswer answer = screen.ask<auth::FilterAnswer>(auth::FilterQuestion{});
  CHECK(answer.hide_others);
  CHECK_FALSE(answer.smart_cards_stay);
  screen.mirror.held.recovery_flag = true;
  answer = screen.ask<auth::FilterAnswer>(auth::FilterQuestion{});
  CHECK_FALSE(answer.hide_others);
  CHECK(answer.reason == Reason::recovery_flag);
  screen.mirror.held.recovery_flag = false;
  CHECK_FALSE(screen.ask<auth::FilterAnswer>(auth::FilterQuestion{Scenario::change_password}).hide_others);
}

TEST_CASE("a policy is recorded once, and left where the logon screen finds it without the bridge") {
  Screen screen;
  screen.take_policy(true);
  screen.take_policy(true);
  CHECK(screen.recorded() == Lines{"policy-change -"});
  CHECK(screen.mirror.held.enforcement);
  CHECK(screen.mirror.held.when_bridge_down == WhenBridgeDown::deny);
  CHECK(screen.mirror.held.break_glass_sids == std::vector<std::string>{"S-1-5-21-1-2-3-500"});
}

TEST_CASE("a policy that asks nothing of anybody, as a new PC gets it first, is no change") {
  Screen screen;
  screen.take_policy(false);
  CHECK(screen.recorded().empty());
  screen.take_policy(true);
  CHECK(screen.recorded() == Lines{"policy-change -"});
}

TEST_CASE("a change of policy is recorded once, wherever the service is cut off") {
  Screen screen;
  const auto settle = [&screen] {
    const std::lock_guard lock(screen.core);
    screen.desk->settle_policy_change();
  };
  const auto change_to = [&screen](bool enforcement) {
    const std::lock_guard lock(screen.core);
    return screen.desk->take_policy(policy(enforcement, versions.at(enforcement ? 1 : 0))).ok();
  };
  bool enforcement = true;
  REQUIRE(change_to(enforcement));
  int settled_at_start = 0;
  bool is_through = false;
  for (int stop = 0; !is_through; ++stop) {
    REQUIRE(stop < 100);
    CAPTURE(stop);
    const std::size_t before = screen.recorded().size();
    enforcement = !enforcement;
    const int steps = screen.files.steps();
    screen.files.stop_after(stop);
    static_cast<void>(change_to(enforcement));
    is_through = screen.files.steps() - steps <= stop;
    screen.files.heal();
    screen.open();
    const bool is_followed = screen.desk->policy_version() == versions.at(enforcement ? 1 : 0);
    if (is_followed && screen.recorded().size() == before) ++settled_at_start;
    if (is_followed) {
      // Cut off once more, while the start puts it right.
      screen.files.stop_after(stop % 5);
      settle();
      screen.files.heal();
      screen.open();
      settle();
    } else {
      settle();
      // The server says it again as long as it is told another version.
      REQUIRE(change_to(enforcement));
    }
    CHECK(screen.recorded().size() == before + 1);
    settle();
    CHECK(screen.recorded().size() == before + 1);
  }
  CHECK(screen.recorded().back() == "policy-change -");
  // The loop came by what it is for.
  CHECK(settled_at_start > 0);
}

TEST_CASE("typed names are nobody's until the system knows them") {
  Screen screen;
  CHECK(screen.ask<auth::AccountAnswer>(auth::AccountQuestion{".\\taro"}).sid == sid);
  CHECK(screen.ask<auth::AccountAnswer>(auth::AccountQuestion{"taro"}).name == "taro");
  CHECK(screen.ask<auth::Failure>(auth::AccountQuestion{"jiro"}).code == ErrorCode::not_found);
  CHECK(screen.ask<auth::Failure>(auth::AccountQuestion{"a\\b\\c"}).code == ErrorCode::not_found);
  CHECK(screen.ask<auth::Failure>(auth::AccountQuestion{"\xff\xfe"}).code == ErrorCode::not_found);
}

TEST_CASE("a password that LSA refused is an auth-failure of the account, and proves nothing") {
  Screen screen;
  screen.ask<auth::TileAnswer>(auth::TileQuestion{Scenario::logon, sid, false});
  screen.desk->answer(auth::PasswordResult{sid, false, {}}, {4, 5, 1});
  CHECK(screen.recorded() == Lines{"auth-failure wrong-password"});
  CHECK(screen.proved == std::vector<std::pair<std::string, std::string>>{{sid, "nothing"}});
}

TEST_CASE("who types wrong passwords without end fills neither journal nor server, and hides nobody else's") {
  Screen screen;
  const auto fail = [&screen](const std::string& who) {
    screen.desk->answer(auth::PasswordResult{who, false, {}}, {4, 5, 1});
  };
  for (int i = 0; i < 1'000; ++i) fail(sid);
  CHECK(screen.recorded().size() == 30);
  REQUIRE(screen.events.events.size() == 1);
  CHECK(screen.events.events.front().id == event_ids::failures_not_recorded);
  fail("S-1-5-21-1-2-3-1002");
  CHECK(screen.recorded().size() == 31);
  screen.now += std::chrono::minutes(1);
  for (int i = 0; i < 5; ++i) fail(sid);
  CHECK(screen.recorded().size() == 32);
  for (int i = 0; i < 1'000; ++i) fail("S-1-5-21-1-2-3-" + std::to_string(2'000 + i));
  CHECK(screen.recorded().size() < 350);
}

TEST_CASE("three LogonUI processes that fell over within ten minutes stand us down, for a day or until re-armed") {
  Screen screen;
  screen.take_policy(true);
  constexpr std::uint32_t access_violation = 0xC0000005U;
  screen.desk->provider_ended(access_violation);
  screen.desk->provider_ended(0);
  screen.desk->provider_ended(1);
  screen.clock.pass(5 * 60'000);
  screen.desk->provider_ended(access_violation);
  CHECK(screen.ask<auth::FilterAnswer>(auth::FilterQuestion{}).hide_others);
  screen.clock.pass(5 * 60'000);
  screen.desk->provider_ended(access_violation);
  const auth::FilterAnswer answer = screen.ask<auth::FilterAnswer>(auth::FilterQuestion{});
  CHECK_FALSE(answer.hide_others);
  CHECK(answer.reason == Reason::crash_breaker);
  CHECK(screen.mirror.held.crash_breaker);
  CHECK(screen.recorded() == Lines{"policy-change -", "policy-change crash-breaker"});
  SUBCASE("a day later") {
    screen.clock.pass(24 * 3'600'000);
    CHECK(screen.ask<auth::FilterAnswer>(auth::FilterQuestion{}).hide_others);
  }
  SUBCASE("re-armed") {
    CHECK(screen.desk->rearm().ok());
    CHECK(screen.ask<auth::FilterAnswer>(auth::FilterQuestion{}).hide_others);
    CHECK_FALSE(screen.mirror.held.crash_breaker);
  }
}

TEST_CASE("locking the screen without touching a tile never counts as a crash") {
  for (const std::uint32_t code : {0U, 1U, 0x40010004U, 0xC000013AU, 0x102U}) CHECK_FALSE(ended_abnormally(code));
  for (const std::uint32_t code : {0xC0000005U, 0xC0000409U, 0xC0000374U, 0x80000003U}) CHECK(ended_abnormally(code));
}

TEST_CASE("the crash breaker remembers over a restart and forgets crashes that lie apart") {
  Bench bench;
  const auto path = bench.folder / "crash-breaker";
  {
    CrashBreaker breaker = std::move(CrashBreaker::open(bench.files, path)).value();
    CHECK_FALSE(breaker.crashed(1'000'000));
    CHECK_FALSE(breaker.crashed(1'000'000 + CrashBreaker::within_ms + 1));
  }
  CrashBreaker breaker = std::move(CrashBreaker::open(bench.files, path)).value();
  CHECK_FALSE(breaker.crashed(1'000'000 + CrashBreaker::within_ms + 2));
  CHECK(breaker.crashed(1'000'000 + CrashBreaker::within_ms + 3));
  CHECK(std::move(CrashBreaker::open(bench.files, path)).value().tripped(2'000'000));
}

// --- the pipe
// --------------------------------------------------------------------------------------------------------

namespace {

using std::chrono::milliseconds;

struct Pipe : Screen {
  FakeProcesses processes;
  std::string path = test_pipe(folder, "auth");
  AuthPipe pipe{std::move(serve_pipe({path, "D:(A;;GA;;;WD)"})).value(), processes, {32, milliseconds(200), false}};

  std::unique_ptr<PipeConnection> connect() {
    return std::move(connect_pipe(path, milliseconds(1'000), false)).value();
  }
  static auth::Response ask(PipeConnection& connection, const auth::Request& request) {
    REQUIRE(connection.write_all(auth::write_frame(request), milliseconds(1'000)));
    return answer(connection);
  }
  static auth::Response answer(PipeConnection& connection) {
    const auto read = [&connection](std::size_t size) {
      SecretBytes bytes(size);
      for (std::size_t got = 0; got < size;) {
        const Result<std::size_t> some = connection.read_some(std::span(bytes).subspan(got), milliseconds(5'000));
        REQUIRE(some);
        REQUIRE(some.value() > 0);
        got += some.value();
      }
      return bytes;
    };
    const SecretBytes head_bytes = read(auth::head_bytes);
    const auth::Head head = std::move(auth::read_head(head_bytes)).value();
    const SecretBytes payload = read(head.length);
    return std::move(auth::read_response(head, payload)).value();
  }
};

}  // namespace

TEST_CASE("the pipe is there before the desk, and says that the desk is not") {
  Pipe pipe;
  const auto early = pipe.connect();
  const auth::Response not_yet = Pipe::ask(*early, auth::FilterQuestion{});
  CHECK(std::get<auth::Failure>(not_yet).code == ErrorCode::timed_out);
  CHECK(std::holds_alternative<auth::PresenceNoted>(Pipe::ask(*early, auth::Presence{})));
  pipe.pipe.open_desk(*pipe.desk);
  CHECK(std::holds_alternative<auth::FilterAnswer>(Pipe::ask(*early, auth::FilterQuestion{})));
}

TEST_CASE("several ask at once, and one that stops in the middle of a frame is left behind") {
  Pipe pipe;
  pipe.pipe.open_desk(*pipe.desk);
  const auto rude = pipe.connect();
  const SecretBytes frame = auth::write_frame(auth::Request(auth::FilterQuestion{}));
  REQUIRE(rude->write_all(ByteView(frame).first(6), milliseconds(1'000)));
  const auto first = pipe.connect();
  const auto second = pipe.connect();
  CHECK(std::holds_alternative<auth::FilterAnswer>(Pipe::ask(*first, auth::FilterQuestion{})));
  CHECK(std::holds_alternative<auth::FilterAnswer>(Pipe::ask(*second, auth::FilterQuestion{})));
  std::array<std::uint8_t, 16> nothing{};
  CHECK(rude->read_some(nothing, milliseconds(5'000)).value() == 0);
}

TEST_CASE("whoever speaks another version is told, garbage is not") {
  Pipe pipe;
  pipe.pipe.open_desk(*pipe.desk);
  SecretBytes frame = auth::write_frame(auth::Request(auth::FilterQuestion{}));
  frame[4] = 99;
  const auto newer = pipe.connect();
  REQUIRE(newer->write_all(frame, milliseconds(1'000)));
  CHECK(std::get<auth::Failure>(Pipe::answer(*newer)).code == ErrorCode::unsupported_version);
  const auto garbage = pipe.connect();
  REQUIRE(garbage->write_all(bytes_of("GET / HTTP/1.1\r\n"), milliseconds(1'000)));
  std::array<std::uint8_t, 16> nothing{};
  CHECK(garbage->read_some(nothing, milliseconds(5'000)).value() == 0);
}

TEST_CASE("how a process that had our provider loaded ends is told to the breaker, others' ends are not") {
  Pipe pipe;
  pipe.take_policy(true);
  pipe.processes.ends_with = 0xC0000005U;
  pipe.processes.each_is_another = true;
  pipe.pipe.open_desk(*pipe.desk);
  const auto reason = [&pipe] { return pipe.Screen::ask<auth::FilterAnswer>(auth::FilterQuestion{}).reason; };
  for (int i = 0; i < 4; ++i) Pipe::ask(*pipe.connect(), auth::FilterQuestion{});
  CHECK(reason() == Reason::by_methods);
  for (int i = 0; i < 3; ++i) Pipe::ask(*pipe.connect(), auth::Presence{});
  for (int i = 0; i < 500 && reason() == Reason::by_methods; ++i) std::this_thread::sleep_for(milliseconds(10));
  CHECK(reason() == Reason::crash_breaker);
}

TEST_CASE("a process falls over once, however many connections it had") {
  Pipe pipe;
  pipe.take_policy(true);
  pipe.pipe.open_desk(*pipe.desk);
  pipe.processes.ends_with = 0xC0000005U;
  std::vector<std::unique_ptr<PipeConnection>> connections;
  for (int i = 0; i < 3; ++i) {
    connections.push_back(pipe.connect());
    Pipe::ask(*connections.back(), auth::Presence{});
  }
  connections.clear();
  // Answered only after the three were seen to be closed: there is no other connection to be had.
  for (std::size_t i = 0; i < AuthLimits{}.connections; ++i) {
    connections.push_back(pipe.connect());
    CHECK(std::get<auth::FilterAnswer>(Pipe::ask(*connections.back(), auth::FilterQuestion{})).reason ==
          Reason::by_methods);
  }
}

TEST_CASE("what a process has closed makes room at once, though its end is still watched for") {
  Pipe pipe;
  pipe.pipe.open_desk(*pipe.desk);
  pipe.processes.each_is_another = true;
  for (int i = 0; i < 100; ++i) {
    CHECK(std::holds_alternative<auth::PresenceNoted>(Pipe::ask(*pipe.connect(), auth::Presence{})));
  }
  CHECK(std::holds_alternative<auth::FilterAnswer>(Pipe::ask(*pipe.connect(), auth::FilterQuestion{})));
}

TEST_CASE("whoever is not the system is turned away without a word") {
  Screen screen;
  FakeProcesses processes;
  const std::string path = test_pipe(screen.folder, "auth");
  AuthPipe pipe{std::move(serve_pipe({path, "D:(A;;GA;;;WD)"})).value(), processes};
  pipe.open_desk(*screen.desk);
  const auto connection = std::move(connect_pipe(path, milliseconds(1'000), false)).value();
  const Result<PipePeer> me = connection->peer();
  if (me && me.value().is_system) return;  // as in a container, where everybody is
  std::array<std::uint8_t, 16> nothing{};
  CHECK(connection->read_some(nothing, milliseconds(5'000)).value() == 0);
}
