#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "bridge/bridge.h"
#include "core/code_verifier.h"
#include "core/journal.h"
#include "core/logon_desk.h"
#include "core/vault.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/logon_server.h"
#include "test/fakes/mirror.h"
#include "test/fakes/windows_seams.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

const std::string sid = "S-1-5-21-1-2-3-1001";
const std::string journal_id = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";

/// The disk that full_disk.sh mounts.
std::optional<std::filesystem::path> small_disk() {
  const char* path = std::getenv("SYSTEMLOG_SMALL_DISK");
  if (path == nullptr) return std::nullopt;
  return std::filesystem::path(path);
}

/// Writes until nothing more goes in.
void fill(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string block(4096, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

}  // namespace

TEST_CASE("on a disk that is really full people sign in and out, and nothing is lost") {
  const std::optional<std::filesystem::path> disk = small_disk();
  if (!disk) {
    MESSAGE("skipped: no small disk is mounted (full_disk.sh does that)");
    return;
  }
  const Folder folder(*disk / "systemlog");
  const auto files = system_files();
  SeededRandom random;
  FakeClock clock;
  const auto box = std::move(file_secret_box(*files, random, folder / "key")).value();
  AttemptStore store = std::move(AttemptStore::open(*files, *box, random, folder / "attempts", clock.read())).value();
  clock.pass(300'000);
  Vault vault = std::move(Vault::open(*files, *box, random, folder.path(), 0)).value();
  VaultContent content;
  content.rules.enforcement = true;
  REQUIRE(vault.save(content).ok());
  Journal journal =
      std::move(Journal::create(*files, folder / "journal", journal_id, "device", Bytes(32, 1))).value();

  fill(*disk / "filler");

  CodeVerifier verifier(store, clock);
  const Bytes secret(20, 1);
  OtpGenerator generator = std::move(OtpGenerator::create(secret, {})).value();
  for (int i = 0; i < 20; ++i) {
    clock.pass(30'000);
    const std::string code = text_of(generator.code(step_at(clock.read().wall_ms, 30)).value());
    CHECK(verifier.check({1, 1, 1, sid}, secret, {}, code).verdict == CodeVerdict::accepted);
    CHECK(verifier.check({1, 1, 1, sid}, secret, {}, code).verdict == CodeVerdict::used);
  }

  CHECK(vault.save(VaultContent{}).error().code == ErrorCode::disk_full);
  CHECK(std::move(Vault::open(*files, *box, random, folder.path(), 1)).value().content().rules.enforcement);

  const std::string record = R"({"padding":")" + std::string(8000, 'x') + R"("})";
  std::size_t appended_bytes = 0;
  while (true) {
    const Result<SealedRecord> appended = journal.append(record);
    if (!appended) {
      CHECK(appended.error().code == ErrorCode::disk_full);
      break;
    }
    appended_bytes += record.size();
  }
  CHECK(appended_bytes >= 4'000'000);
  const std::uint64_t head = journal.head_sequence();

  std::filesystem::remove(*disk / "filler");
  REQUIRE(journal.append(record).ok());
  CHECK(journal.verify().value() == head + 1);
  REQUIRE(vault.save(VaultContent{}).ok());
}

TEST_CASE(
    "on a disk that is really full the bridge lets people in and records, and writes what waited once there is "
    "room") {
  const std::optional<std::filesystem::path> disk = small_disk();
  if (!disk) {
    MESSAGE("skipped: no small disk is mounted (full_disk.sh does that)");
    return;
  }
  const Folder folder(*disk / "bridge");
  const auto files = system_files();
  SeededRandom random;
  FakeClock clock;
  const auto box = std::move(file_secret_box(*files, random, folder / "key")).value();
  LogonServer server;
  server.accounts[sid] = {};
  {
    const bridge::DeviceIdentity identity =
        std::move(bridge::DeviceIdentity::open(*files, *box, random, folder.path())).value();
    server.device = identity.key->id();
    server.device_secret.assign(identity.secret.begin(), identity.secret.end());
    REQUIRE(files->make_folder(folder / "logon").ok());
    LogonDesk desk =
        std::move(LogonDesk::open(*files, *box, random, clock, folder / "logon", server.device, server.device_secret))
            .value();
    REQUIRE(desk.take_policy(server.policy(clock.read().wall_ms)).ok());
    REQUIRE(desk.take_secret(sid, server.released(sid, clock.read().wall_ms)).ok());
  }
  ToldMachine machine;
  RecordingEventSink events;
  FakeAccountLookup accounts;
  FakeMirror mirror;
  bridge::Settings settings;
  settings.auth_feature = true;
  bridge::BridgeDelays delays;
  delays.retry = std::chrono::milliseconds(20);
  std::unique_ptr<bridge::Bridge> bridge =
      std::move(bridge::Bridge::start({*files, random, clock, *box, machine, events, folder.path(), settings, delays,
                                       bridge::LogonParts{accounts, mirror, {}}}))
          .value();
  REQUIRE(bridge->auth_desk() != nullptr);
  clock.pass(300'000);

  fill(*disk / "filler");

  OtpGenerator generator = std::move(OtpGenerator::create(server.accounts.at(sid).secret, {})).value();
  for (int i = 0; i < 20; ++i) {
    clock.pass(30'000);
    const std::string code = text_of(generator.code(step_at(clock.read().wall_ms, 30)).value());
    const auth::TileAnswers typed{{Scenario::logon, sid, true}, {.has_password = true, .code = code}};
    const auto verdict = std::get<auth::TileVerdict>(bridge->auth_desk()->answer(typed, {4, 5, 1}));
    CHECK(verdict.answered.granted);
  }

  // Sessions come and go until the reserve is used up, and on.
  bridge::SessionFacts facts;
  facts.account = EventAccount{sid, "PC-01", std::string(2'000, 'n')};
  std::uint64_t told = 0;
  const auto tell = [&](SessionChange change) {
    bridge->signal(bridge::SessionSignal{change, 1, facts, {}});
    ++told;
  };
  tell(SessionChange::logon);
  bridge->drain();
  const std::uint64_t before = bridge->status().head.sequence;
  while (bridge->status().head.sequence == told) {
    for (int i = 0; i < 50; ++i) {
      tell(SessionChange::lock);
      tell(SessionChange::unlock);
    }
    bridge->drain();
  }
  CHECK((bridge->status().head.sequence - before) * 2'000 >= 4'000'000);
  CHECK(std::any_of(events.events.begin(), events.events.end(),
                    [](const auto& event) { return event.id == bridge::event_ids::disk_full; }));

  std::filesystem::remove(*disk / "filler");
  tell(SessionChange::lock);
  bridge->drain();
  for (int i = 0; i < 1'000 && bridge->status().head.sequence < told; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(bridge->status().head.sequence == told);
}
