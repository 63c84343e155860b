#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "core/code_verifier.h"
#include "core/journal.h"
#include "core/vault.h"
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
