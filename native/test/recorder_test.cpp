#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bridge/reconcile.h"
#include "bridge/recorded_event.h"
#include "bridge/recorder.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

const EventAccount taro{"S-1-5-21-1-2-3-1001", "PC-01", "太郎"};
const std::string device = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";

struct Desk : Bench {
  ToldMachine machine;
  RecordingEventSink events;
  SecretBytes secret = SecretBytes(32, 7);

  std::unique_ptr<Recorder> open() {
    return std::move(Recorder::open({files, random, clock, machine, events, folder.path(), device, secret})).value();
  }
  NewEvent event(std::string kind, std::string session = "1-a") {
    NewEvent made;
    made.kind = std::move(kind);
    made.account = taro;
    made.session = std::move(session);
    return made;
  }
};

std::vector<RecordedEvent> everything(Recorder& recorder) {
  std::vector<RecordedEvent> read;
  std::uint64_t after = 0;
  while (true) {
    const JournalPage page = std::move(recorder.journal().read(after, 500)).value();
    for (const SealedRecord& sealed : page.records) {
      read.push_back(std::move(read_recorded_event(sealed.record)).value());
    }
    if (!page.more) return read;
    after = page.through;
  }
}

std::vector<std::string> kinds(Recorder& recorder) {
  std::vector<std::string> read;
  for (const RecordedEvent& event : everything(recorder)) read.push_back(event.kind);
  return read;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what is recorded is there after a restart, and is read back as it was") {
  Desk desk;
  {
    const auto recorder = desk.open();
    NewEvent logon = desk.event("logon");
    logon.auth_method = "otp+password";
    recorder->record(std::move(logon), recorder->clock().read());
    desk.clock.pass(5'000);
    recorder->record(desk.event("lock"), recorder->clock().read());
  }
  const auto recorder = desk.open();
  const std::vector<RecordedEvent> read = everything(*recorder);
  REQUIRE(read.size() == 2);
  CHECK(read[0].kind == "logon");
  CHECK(read[0].account->name == taro.name);
  CHECK(read[1].sequence == 2);
  CHECK(read[1].at.uptime_ms == read[0].at.uptime_ms + 5'000);
  CHECK(read[1].at.wall_ms == read[0].at.wall_ms + 5'000);
}

TEST_CASE("a restarted service goes on in the clock run of its boot; a boot and a resume begin another") {
  Desk desk;
  ClockReading first;
  {
    const auto recorder = desk.open();
    CHECK(recorder->new_boot());
    first = recorder->clock().read();
  }
  desk.clock.pass(10'000);
  {
    const auto recorder = desk.open();
    CHECK_FALSE(recorder->new_boot());
    const ClockReading now = recorder->clock().read();
    CHECK(now.run == first.run);
    CHECK(now.uptime_ms == first.uptime_ms + 10'000);
    recorder->begin_clock_run();
    CHECK(recorder->clock().read().run != first.run);
    CHECK(recorder->clock().read().uptime_ms == 0);
  }
  ClockRun resumed{};
  desk.clock.pass(1'000);
  {
    const auto recorder = desk.open();
    resumed = recorder->clock().read().run;
    CHECK(recorder->clock().read().uptime_ms == 1'000);
  }
  desk.machine.boot = "boot-2";
  desk.clock.reboot();
  const auto recorder = desk.open();
  CHECK(recorder->new_boot());
  CHECK(recorder->clock().read().run != resumed);
}

TEST_CASE("the sessions left open are known after a restart, whether or not they were written down") {
  Desk desk;
  {
    const auto recorder = desk.open();
    recorder->record(desk.event("logon"), recorder->clock().read());
    SUBCASE("written down") {
      recorder->remember({{1, KnownSession{"1-a", taro, 0, false, true, false, false, false}}});
    }
    SUBCASE("cut off before") {}
    recorder->record(desk.event("lock"), recorder->clock().read());
  }
  const auto recorder = desk.open();
  REQUIRE(recorder->left_sessions().size() == 1);
  const KnownSession& session = recorder->left_sessions().at(1);
  CHECK(session.name == "1-a");
  CHECK(session.locked);
  CHECK(session.account->sid == taro.sid);
}

TEST_CASE("the last sign of life is the heartbeat or a later record, never a reconciled one") {
  Desk desk;
  {
    const auto recorder = desk.open();
    recorder->record(desk.event("logon"), recorder->clock().read());
    desk.clock.pass(60'000);
    recorder->beat();
  }
  const std::int64_t beat_ms = desk.clock.read().wall_ms;
  {
    const auto recorder = desk.open();
    REQUIRE(recorder->last_alive());
    CHECK(recorder->last_alive()->wall_ms == beat_ms);
    desk.clock.pass(1'000);
    recorder->record(desk.event("lock"), recorder->clock().read());
    NewEvent reconciled = desk.event("logoff");
    reconciled.source = "reconciled";
    recorder->record(std::move(reconciled), ClockReading{5, {}, 5});
  }
  CHECK(desk.open()->last_alive()->wall_ms == beat_ms + 1'000);
}

TEST_CASE("what a full disk refuses waits with its name and time, in order, and none is recorded twice") {
  Desk desk;
  const auto recorder = desk.open();
  std::vector<std::string> told;
  recorder->on_recorded([&told](const SessionEvent& event) { told.push_back(event.kind); });
  bool full = true;
  desk.files.set_fault([&full](std::string_view) -> std::optional<ErrorCode> {
    return full ? std::optional(ErrorCode::io_failed) : std::nullopt;
  });
  recorder->record(desk.event("logon"), recorder->clock().read());
  desk.clock.pass(1'000);
  recorder->record(desk.event("lock"), recorder->clock().read());
  CHECK(recorder->waiting() == 2);
  CHECK(told.empty());
  desk.clock.pass(60'000);
  recorder->retry();
  CHECK(recorder->waiting() == 2);
  CHECK(desk.events.events.size() == 1);
  full = false;
  recorder->retry();
  CHECK(recorder->waiting() == 0);
  CHECK(told == Lines{"logon", "lock"});
  CHECK(desk.events.events.size() == 2);
  const std::vector<RecordedEvent> read = everything(*recorder);
  REQUIRE(read.size() == 2);
  CHECK(read[1].at.wall_ms == read[0].at.wall_ms + 1'000);
}

TEST_CASE("wherever writing is cut off, every event is recorded once") {
  for (int steps = 0; steps < 40; ++steps) {
    Desk desk;
    const auto recorder = desk.open();
    for (int i = 0; i < 3; ++i) recorder->record(desk.event("lock"), recorder->clock().read());
    desk.files.stop_after(steps);
    for (int i = 0; i < 3; ++i) recorder->record(desk.event("unlock"), recorder->clock().read());
    desk.files.heal();
    recorder->retry();
    CHECK(recorder->waiting() == 0);
    CHECK(kinds(*recorder) == Lines{"lock", "lock", "lock", "unlock", "unlock", "unlock"});
  }
}

TEST_CASE("a damaged journal is set aside, kept, and a new one begun") {
  Desk desk;
  std::string before;
  {
    const auto recorder = desk.open();
    before = recorder->journal().id();
    for (int i = 0; i < 5; ++i) recorder->record(desk.event("lock"), recorder->clock().read());
  }
  const auto segment = desk.folder.path() / "journals" / before / "segment-1";
  overwrite(segment, 400, bytes_of("rot"));
  {
    const auto recorder = desk.open();
    CHECK(recorder->journal().id() != before);
    CHECK(recorder->journal().head_sequence() == 0);
    CHECK(desk.events.events.size() == 1);
    CHECK(desk.events.events.front().id == event_ids::journal_set_aside);
    CHECK(std::filesystem::exists(segment));
    const std::vector<Journal> untold = recorder->shelf().untold();
    REQUIRE(untold.size() == 1);
    CHECK(untold.front().id() == before);
  }
  {
    const auto recorder = desk.open();
    REQUIRE(recorder->shelf().untold().size() == 1);
    recorder->shelf().told(before);
    CHECK(recorder->shelf().untold().empty());
  }
  CHECK(desk.open()->shelf().untold().empty());
}

TEST_CASE("a journal put back from a copy is not gone on with") {
  Desk desk;
  std::string id;
  {
    const auto recorder = desk.open();
    id = recorder->journal().id();
    recorder->record(desk.event("logon"), recorder->clock().read());
  }
  const auto segment = desk.folder.path() / "journals" / id / "segment-1";
  const Bytes copy = slurp(segment);
  {
    const auto recorder = desk.open();
    recorder->record(desk.event("logoff"), recorder->clock().read());
    recorder->beat();
  }
  spit(segment, copy);
  const auto recorder = desk.open();
  CHECK(recorder->journal().id() != id);
}

TEST_CASE("a journal found damaged while it is written is set aside then") {
  Desk desk;
  const auto recorder = desk.open();
  const std::string before = recorder->journal().id();
  recorder->record(desk.event("logon"), recorder->clock().read());
  CHECK(recorder->set_aside_damaged().ok());
  recorder->record(desk.event("lock"), recorder->clock().read());
  CHECK(recorder->journal().id() != before);
  CHECK(kinds(*recorder) == Lines{"lock"});
}

TEST_CASE("names too long for a record are left out, the event is not") {
  Desk desk;
  const auto recorder = desk.open();
  NewEvent event = desk.event("logon");
  event.account->name = std::string(9'000, 'n');
  recorder->record(std::move(event), recorder->clock().read());
  REQUIRE(everything(*recorder).size() == 1);
  CHECK(everything(*recorder).front().account->sid == taro.sid);
}

TEST_CASE("missed logoffs are placed at the last sign of life, or where the system's log saw them") {
  KnownSession session;
  session.name = "1-a";
  session.account = taro;
  const ClockReading alive{1'000'000, {}, 50'000};
  SUBCASE("a crash") {
    const auto missed = missed_logoffs({session}, alive, true, {});
    REQUIRE(missed.size() == 1);
    CHECK(missed.front().reason == "unexpected-shutdown");
    CHECK(missed.front().at.wall_ms == alive.wall_ms);
  }
  SUBCASE("the system went down in order while the service was not running") {
    CHECK(missed_logoffs({session}, alive, true, {{}, true}).front().reason == "missed");
    CHECK(missed_logoffs({session}, alive, false, {}).front().reason == "missed");
  }
  SUBCASE("Winlogon wrote it down") {
    const auto missed =
        missed_logoffs({session}, alive, true, {{{"S-1-5-21-9", 1'000'500}, {taro.sid, 1'030'000}}, true});
    CHECK(missed.front().reason == "seen-in-system-log");
    CHECK(missed.front().at.wall_ms == 1'030'000);
    CHECK(missed.front().at.uptime_ms == 80'000);
  }
}
