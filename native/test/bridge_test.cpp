// The bridge as a whole, without a server, and as the program that hosts it.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

#include "bridge/bridge.h"
#include "bridge/host.h"
#include "bridge/recorded_event.h"
#include "bridge/setup_options.h"
#include "bridge/utf16.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/mirror.h"
#include "test/fakes/processes.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

using std::chrono::milliseconds;

const EventAccount taro{"S-1-5-21-1-2-3-1001", "PC-01", "太郎"};

struct Pc : Bench {
  ToldMachine machine;
  RecordingEventSink events;
  std::unique_ptr<bridge::Bridge> bridge;

  Pc() { start(); }
  void start() {
    bridge =
        std::move(bridge::Bridge::start({files, random, clock, *box, machine, events, folder.path(), {}, {}, {}}))
            .value();
  }
  void tell(const Signal& signal) {
    bridge->signal(signal);
    bridge->drain();
  }
  void session(SessionChange change, const EventAccount& who = taro, std::uint32_t id = 1) {
    SessionFacts facts;
    facts.account = who;
    tell(SessionSignal{change, id, facts, {}});
  }
  std::vector<RecordedEvent> everything() {
    std::vector<RecordedEvent> read;
    const ClientDesk::Head head = bridge->status().head;
    for (const char* sid : {"S-1-5-21-1-2-3-1001"}) {
      const ClientDesk::Page page = std::move(bridge->read(sid, head.journal, 0, 500)).value();
      for (const SealedRecord& sealed : page.records) {
        read.push_back(std::move(read_recorded_event(sealed.record)).value());
      }
    }
    return read;
  }
};

}  // namespace

TEST_CASE("a client that acknowledges everything moves its own position and drops nothing") {
  Pc pc;
  pc.session(SessionChange::logon);
  pc.session(SessionChange::lock);
  const ClientDesk::Status status = pc.bridge->status();
  CHECK(pc.bridge->acknowledge(taro.sid, status.head.journal, status.head.sequence).value() == status.head.sequence);
  CHECK(pc.bridge->read(taro.sid, std::nullopt, 0, 500).value().records.empty());
  CHECK(pc.everything().size() == 2);
  CHECK(pc.bridge->status().received_through == 0);
  const Granted<std::uint64_t> beyond = pc.bridge->acknowledge(taro.sid, status.head.journal, 99);
  CHECK(beyond.error().code == "beyond-head");
  ServerReceipt forged;
  forged.device = pc.bridge->device();
  forged.journal = status.head.journal;
  forged.through_sequence = status.head.sequence;
  CHECK(pc.bridge->take_receipt(forged).error().code == "receipt-invalid");
}

TEST_CASE("a resume begins a clock run, a restart of the service does not") {
  Pc pc;
  pc.session(SessionChange::logon);
  pc.clock.pass(60'000);
  pc.tell(PowerSignal{PowerSignal::Kind::suspend, {}, false});
  pc.clock.pass(1'000);
  pc.tell(PowerSignal{PowerSignal::Kind::resumed, {}, false});
  pc.clock.pass(5'000);
  pc.session(SessionChange::unlock);
  pc.bridge.reset();
  SessionFacts there;
  there.account = taro;
  pc.machine.present[1] = there;
  pc.start();
  pc.clock.pass(5'000);
  pc.session(SessionChange::lock);
  const std::vector<RecordedEvent> events = pc.everything();
  REQUIRE(events.size() == 4);
  CHECK(events[1].kind == "suspend");
  CHECK(events[1].at.run == events[0].at.run);
  CHECK(events[2].at.run != events[1].at.run);
  CHECK(events[2].at.uptime_ms == 5'000);
  CHECK(events[3].at.run == events[2].at.run);
  CHECK(events[3].at.uptime_ms == 10'000);
  CHECK(events[3].session == events[0].session);
}

TEST_CASE("whose logoff nobody saw is signed off at the next start, at the last sign of life") {
  Pc pc;
  pc.session(SessionChange::logon);
  const std::int64_t alive_ms = pc.clock.read().wall_ms;
  pc.bridge.reset();
  pc.clock.pass(3'600'000);
  pc.machine.boot = "boot-2";
  pc.start();
  const std::vector<RecordedEvent> events = pc.everything();
  REQUIRE(events.size() == 2);
  CHECK(events[1].source == "reconciled");
  CHECK(events[1].reason == "unexpected-shutdown");
  CHECK(events[1].at.wall_ms == alive_ms);
  pc.bridge.reset();
  pc.start();
  CHECK(pc.everything().size() == 2);
}

TEST_CASE("who is at the pipe is the account of that session, and nobody else's") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK(pc.bridge->caller(1, taro.sid)->account.name == taro.name);
  CHECK_FALSE(pc.bridge->caller(1, "S-1-5-18"));
  CHECK_FALSE(pc.bridge->caller(2, taro.sid));
  pc.session(SessionChange::logoff);
  CHECK_FALSE(pc.bridge->caller(1, taro.sid));
}

TEST_CASE("without a server nothing is sent, nothing is lost, and that is said") {
  Pc pc;
  pc.session(SessionChange::logon);
  CHECK_FALSE(pc.bridge->sync().reached);
  CHECK(pc.bridge->status().last_problem == "not-configured");
  CHECK(pc.bridge->ticket(taro.sid, std::string(20, 'n')).error().code == "not-registered");
  CHECK(pc.bridge->fetch_secret(taro.sid, "123456") == "unreachable");
  CHECK_FALSE(pc.bridge->standing(taro.sid));
}

TEST_CASE("settings are sealed, read back, and nothing else is taken for them") {
  Bench bench;
  Settings settings;
  settings.server = "https://systemlog.example";
  settings.company = "abc123";
  settings.access_token = std::string(32, 'T');
  settings.auth_feature = true;
  settings.proxy = ProxySettings{"proxy:8080", "taro", "pässword"};
  CHECK(load_settings(bench.files, *bench.box, bench.folder.path()).error().code == ErrorCode::not_found);
  REQUIRE(save_settings(bench.files, *bench.box, bench.folder.path(), settings));
  const Bytes held = slurp(bench.folder / "settings");
  CHECK(text_of(held).find(settings.access_token) == std::string_view::npos);
  const Settings read = std::move(load_settings(bench.files, *bench.box, bench.folder.path())).value();
  CHECK(write_settings(read) == write_settings(settings));
  for (const char* text :
       {"", "[]", "{\"server\":1}", "{\"auth\":\"yes\"}", "{\"proxy\":7}", "{\"server\":\"\xff\"}",
        R"({"proxy":{"server":""}})", R"({"proxy":{"server":"proxy"}})", R"({"proxy":{"server":":8080"}})",
        R"({"proxy":{"server":"proxy:http"}})", R"({"proxy":{"server":"http://proxy:8080"}})",
        R"({"proxy":{"server":"taro:secret@proxy:8080"}})"}) {
    CHECK_FALSE(parse_settings(text));
  }
}

TEST_CASE("setup understands its words and says as JSON how it went") {
  const SetupOptions options =
      std::move(parse_setup({"install", "--json", "--server", "https://s.example", "--company", "abc", "--auth"}))
          .value();
  CHECK(options.verb == SetupVerb::install);
  CHECK(options.json);
  CHECK(options.says_server);
  CHECK(options.settings.server == "https://s.example");
  CHECK(options.settings.auth_feature);
  CHECK_FALSE(parse_setup({}));
  CHECK_FALSE(parse_setup({"instal"}));
  CHECK_FALSE(parse_setup({"install", "--server"}));
  CHECK_FALSE(parse_setup({"install", "--token", "x"}));
  CHECK(
      setup_result(SetupVerb::repair, {{"stop", ""}, {"start", "timed-out: service"}}, true) ==
      R"({"verb":"repair","ok":false,"steps":[{"step":"stop","ok":true,"problem":null},{"step":"start","ok":false,"problem":"timed-out: service"}]})"
      "\n");
}

TEST_CASE("UTF-8 and UTF-16 say the same, and what is neither is replaced") {
  const std::string text = "aé山𠮷";
  CHECK(utf8_of(utf16_of(text)) == text);
  CHECK(utf16_of(text).size() == 5);
  CHECK(utf16_of("\xc0") == u"\uFFFD");
  CHECK(utf8_of(u"\xd800x") == "\xEF\xBF\xBDx");
}

namespace {

struct Program : Bench {
  ToldMachine machine;
  RecordingEventSink events;
  FakeAccountLookup accounts;
  FakeMirror mirror;
  FakeProcesses processes;

  std::string path(std::string_view name) const { return test_pipe(folder, name); }
  Result<std::unique_ptr<Host>> start() {
    return Host::start({files,
                        random,
                        clock,
                        *box,
                        machine,
                        processes,
                        events,
                        accounts,
                        mirror,
                        {},
                        folder.path(),
                        {path("auth"), "D:(A;;GA;;;WD)"},
                        {path("client"), "D:(A;;GA;;;WD)"},
                        {32, milliseconds(1'000), false},
                        {},
                        {},
                        milliseconds(20)});
  }
};

}  // namespace

TEST_CASE("the program opens the logon screen's pipe at once, whatever keeps its files from being opened") {
  Program program;
  std::atomic<bool> full = true;
  program.files.set_fault([&full](std::string_view) -> std::optional<ErrorCode> {
    return full ? std::optional(ErrorCode::disk_full) : std::nullopt;
  });
  std::unique_ptr<Host> host = std::move(program.start()).value();
  CHECK(connect_pipe(program.path("auth"), milliseconds(0), false).ok());
  CHECK(host->bridge() == nullptr);
  host->tell([](Machine&) -> Signal {
    SessionFacts facts;
    facts.account = taro;
    return SessionSignal{SessionChange::logon, 1, facts, {}};
  });
  CHECK_FALSE(host->settle(milliseconds(50)));
  full = false;
  CHECK(host->settle(milliseconds(20'000)));
  REQUIRE(host->bridge() != nullptr);
  // What was told before anything could be recorded is recorded.
  CHECK(host->bridge()->caller(1, taro.sid));
  CHECK(connect_pipe(program.path("client"), milliseconds(0), false).ok());
#ifndef _WIN32  // Wine does not hold FILE_FLAG_FIRST_PIPE_INSTANCE
  CHECK(program.start().error().code == ErrorCode::locked);
#endif
  host->stop(milliseconds(0));
}
