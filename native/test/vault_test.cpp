#include <doctest/doctest.h>

#include <algorithm>

#include "core/vault.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

struct Desk : Bench {
  Result<Vault> open(std::uint64_t known = 0) { return Vault::open(files, *box, random, folder.path(), known); }
  Result<Vault> open_previous(std::uint64_t known = 0) {
    return Vault::open_previous(files, *box, random, folder.path(), known);
  }
  /// Content that can be told apart by its break-glass list.
  VaultContent content(const std::string& mark) {
    VaultContent content;
    content.policy_version = std::string(43, 'v');
    content.rules.enforcement = true;
    content.rules.probation_days = 90;
    content.rules.when_bridge_down = WhenBridgeDown::deny;
    content.rules.prompts = true;
    content.rules.smart_cards = false;
    content.rules.sealed_passwords = SealedPasswords::tpm_and_bitlocker;
    content.rules.break_glass_sids = {mark};
    VaultAccount account;
    account.methods = Methods::otp_then_password;
    account.credential = "0190a6f0-7c00-7000-8000-000000000001";
    account.enrolled_here = true;
    account.otp_secret.assign(20, 0x5A);
    account.otp = {crypto::Hash::sha512, 8, 60};
    account.recovery = make_recovery_codes(random, 10).value().set;
    account.sealed_password = Bytes(300, 0x77);
    account.sealed_password_epoch = 4;
    account.sealed_under_epoch = 3;
    account.rehearsed = true;
    account.trial_since_ms = 1'700'000'000'000;
    content.accounts["S-1-5-21-1-2-3-1001"] = account;
    return content;
  }
  void save(const std::string& mark) {
    Result<Vault> vault = open();
    REQUIRE(vault.ok());
    REQUIRE(vault.value().save(content(mark)).ok());
  }
};

std::string mark_of(const Result<Vault>& vault) {
  if (!vault) return std::string(name(vault.error().code));
  const auto& sids = vault.value().content().rules.break_glass_sids;
  return sids.empty() ? "empty" : sids.front();
}

}  // namespace

TEST_CASE_FIXTURE(Desk, "a vault is read back as it was saved") {
  CHECK(mark_of(open()) == "empty");
  const VaultContent saved = content("one");
  {
    Result<Vault> vault = open();
    REQUIRE(vault.value().save(saved).ok());
    CHECK(vault.value().generation() == 1);
  }
  const Result<Vault> vault = open();
  REQUIRE(vault.ok());
  CHECK(write_vault_content(vault.value().content()) == write_vault_content(saved));
}

TEST_CASE_FIXTURE(Desk, "no secret lies in the file as it is, and no two files use one key") {
  save("one");
  const Bytes first = slurp(folder / "vault-1");
  const Bytes secret(20, 0x5A);
  CHECK(std::search(first.begin(), first.end(), secret.begin(), secret.end()) == first.end());
  save("one");
  CHECK(slurp(folder / "vault-2") != first);
}

TEST_CASE_FIXTURE(Desk, "a vault torn or changed at any byte is noticed, and the one before is offered, not taken") {
  save("one");
  save("two");
  const Bytes whole = slurp(folder / "vault-2");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const bool torn : {true, false}) {
      Bytes bad = whole;
      if (torn)
        bad.resize(i);
      else
        bad[i] ^= 1;
      spit(folder / "vault-2", bad);
      REQUIRE_FALSE(open(2).ok());
      if (i % 64 == 0) CHECK(mark_of(open_previous(2)) == "one");
    }
  }
  Result<Vault> previous = open_previous(2);
  CHECK(previous.value().generation() == 2);
  REQUIRE(previous.value().save(content("three")).ok());
  CHECK(mark_of(open(2)) == "three");
  CHECK(open().value().generation() == 3);
}

TEST_CASE_FIXTURE(Desk, "an older file put in the newer one's place is noticed") {
  save("one");
  save("two");
  SUBCASE("the newest removed") {
    std::filesystem::remove(folder / "vault-2");
  }
  SUBCASE("the older under the newer's name") {
    std::filesystem::remove(folder / "vault-2");
    std::filesystem::rename(folder / "vault-1", folder / "vault-2");
  }
  SUBCASE("all removed") {
    std::filesystem::remove(folder / "vault-1");
    std::filesystem::remove(folder / "vault-2");
  }
  CHECK_FALSE(open(2).ok());
}

TEST_CASE_FIXTURE(Desk, "only the newest two generations are kept") {
  for (const char* mark : {"one", "two", "three", "four"}) save(mark);
  CHECK_FALSE(std::filesystem::exists(folder / "vault-2"));
  CHECK(std::filesystem::exists(folder / "vault-3"));
  CHECK(mark_of(open()) == "four");
  CHECK(mark_of(open_previous()) == "three");
}

TEST_CASE_FIXTURE(Desk, "content that could not be read back does not take the place of what can") {
  save("one");
  VaultContent unreadable = content("two");
  unreadable.accounts.begin()->second.otp_secret.assign(longest_otp_secret + 1, 1);
  Result<Vault> vault = open();
  CHECK(vault.value().save(unreadable).error().code == ErrorCode::invalid_argument);
  CHECK(mark_of(vault) == "one");
  CHECK(mark_of(open(1)) == "one");
}

TEST_CASE_FIXTURE(Desk, "the generation before can be made to go, with what it still held") {
  save("one");
  save("two");
  Result<Vault> vault = open();
  REQUIRE(vault.value().forget_previous().ok());
  CHECK_FALSE(std::filesystem::exists(folder / "vault-1"));
  CHECK(open_previous().error().code == ErrorCode::not_found);
  CHECK(mark_of(open(2)) == "two");
}

TEST_CASE_FIXTURE(Desk, "a crash at any step of saving leaves the old content or the new") {
  for (int steps = 0; steps < 8; ++steps) {
    save("old");
    save("old");
    {
      Result<Vault> vault = open();
      files.stop_after(steps);
      const bool saved = vault.value().save(content("new")).ok();
      files.heal();
      CHECK(mark_of(vault) == (saved ? "new" : "old"));
    }
    const std::string mark = mark_of(open());
    CHECK((mark == "old" || mark == "new"));
  }
}

TEST_CASE_FIXTURE(Desk, "a file is flushed before it gets its name") {
  Result<Vault> vault = open();
  std::vector<std::string> steps;
  files.set_fault([&steps](std::string_view step) -> std::optional<ErrorCode> {
    steps.emplace_back(step);
    return std::nullopt;
  });
  REQUIRE(vault.value().save(content("new")).ok());
  CHECK(steps == std::vector<std::string>{"open", "write", "flush", "replace"});
}

TEST_CASE_FIXTURE(Desk, "a full disk keeps the old content, and saving works once there is space") {
  save("old");
  Result<Vault> vault = open();
  files.set_fault([](std::string_view step) -> std::optional<ErrorCode> {
    if (step == "write") return ErrorCode::disk_full;
    return std::nullopt;
  });
  CHECK(vault.value().save(content("new")).error().code == ErrorCode::disk_full);
  CHECK(mark_of(vault) == "old");
  files.heal();
  REQUIRE(vault.value().save(content("new")).ok());
  CHECK(mark_of(open()) == "new");
}

TEST_CASE_FIXTURE(Desk, "a vault of another machine does not open") {
  save("one");
  SeededRandom other_random(99);
  const Folder other_folder;
  const auto other = std::move(file_secret_box(*real, other_random, other_folder / "key")).value();
  CHECK(Vault::open(files, *other, random, folder.path(), 0).error().code == ErrorCode::authentication_failed);
}

TEST_CASE_FIXTURE(Desk, "content cut at any byte is malformed") {
  const SecretBytes bytes = write_vault_content(content("x"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(parse_vault_content(ByteView(bytes).first(size)).ok());
  }
}
