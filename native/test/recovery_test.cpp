#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/code_verifier.h"
#include "core/device_keys.h"
#include "core/emergency.h"
#include "core/human_code.h"
#include "core/recovery.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

const std::string sid = "S-1-5-21-1-2-3-1001";

struct Desk : Bench {
  Desk() { reopen(); }
  void reopen() {
    store.reset();
    store.emplace(std::move(AttemptStore::open(files, *box, random, folder / "attempts", clock.read())).value());
  }
  void lock_out() {
    AccountAttempts account = store->account(sid);
    account.failures_in_row = 50;
    account.codes_disabled = true;
    account.throttle = {clock.read(), longest_wait_ms};
    REQUIRE(store->save(sid, account).ok());
  }
  bool is_forgiven() const {
    const AccountAttempts account = store->account(sid);
    return account.failures_in_row == 0 && !account.codes_disabled && account.throttle.wait_ms == 0;
  }

  std::optional<AttemptStore> store;
};

}  // namespace

TEST_CASE_FIXTURE(Desk, "a set of recovery codes has 80 random bits each, shown in groups") {
  const NewRecoveryCodes made = make_recovery_codes(random, 10).value();
  std::set<std::string> shown;
  for (const SecretBytes& code : made.shown) shown.emplace(text_of(code));
  CHECK(shown.size() == 10);
  for (const std::string& code : shown) {
    CHECK(code.size() == 19);
    CHECK(normalised_human_code(code, recovery_code_characters).has_value());
  }
  CHECK(made.set.hashes.size() == 10);
  CHECK_FALSE(make_recovery_codes(random, 0).ok());
  CHECK_FALSE(make_recovery_codes(random, most_recovery_codes + 1).ok());
}

TEST_CASE_FIXTURE(Desk, "a recovery code lets in once and forgives what was wrong before") {
  const NewRecoveryCodes made = make_recovery_codes(random, 3).value();
  lock_out();
  const std::string code(text_of(made.shown[1]));
  const RecoveryResult first = use_recovery_code(*store, sid, made.set, code);
  CHECK(first.verdict == RecoveryVerdict::accepted);
  CHECK(first.remaining == 2);
  CHECK(first.id == recovery_code_id(made.set.hashes[1]));
  CHECK(is_forgiven());
  CHECK(use_recovery_code(*store, sid, made.set, code).verdict == RecoveryVerdict::used);
  reopen();
  CHECK(use_recovery_code(*store, sid, made.set, code).verdict == RecoveryVerdict::used);
  CHECK(use_recovery_code(*store, sid, made.set, text_of(made.shown[0])).remaining == 1);
}

TEST_CASE_FIXTURE(Desk, "a recovery code that cannot be burned lets nobody in") {
  const NewRecoveryCodes made = make_recovery_codes(random, 1).value();
  files.set_fault([](std::string_view) { return ErrorCode::io_failed; });
  CHECK(use_recovery_code(*store, sid, made.set, text_of(made.shown[0])).verdict == RecoveryVerdict::unavailable);
  files.heal();
  CHECK(use_recovery_code(*store, sid, made.set, text_of(made.shown[0])).verdict == RecoveryVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "wrong recovery codes are told from what is no code, and forgive nothing") {
  const NewRecoveryCodes made = make_recovery_codes(random, 1).value();
  lock_out();
  CHECK(use_recovery_code(*store, sid, made.set, "0000-0000-0000-0000").verdict == RecoveryVerdict::wrong);
  CHECK(use_recovery_code(*store, sid, made.set, "123456").verdict == RecoveryVerdict::malformed);
  CHECK_FALSE(is_forgiven());
}

TEST_CASE_FIXTURE(Desk, "a code burned elsewhere is used here too") {
  const NewRecoveryCodes made = make_recovery_codes(random, 2).value();
  AccountAttempts account = store->account(sid);
  burn_recovery_code(account, recovery_code_id(made.set.hashes[0]));
  CHECK(recovery_codes_left(account, made.set) == 1);
  REQUIRE(store->save(sid, account).ok());
  CHECK(use_recovery_code(*store, sid, made.set, text_of(made.shown[0])).verdict == RecoveryVerdict::used);
}

TEST_CASE_FIXTURE(Desk, "an emergency response lets in once, within ten minutes of uptime") {
  const Bytes secret(32, 5);
  EmergencyAccess emergency(*store, clock, random);
  CHECK(emergency.respond(sid, secret, "0000-0000") == EmergencyVerdict::no_challenge);
  const std::string shown = emergency.challenge(sid).value();
  const std::string challenge = normalised_human_code(shown, 8).value();
  const std::string response = emergency_response(secret, sid, challenge).value();
  lock_out();
  SUBCASE("in time, once") {
    clock.pass(600'000);
    clock.shift_wall(86'400'000);
    CHECK(emergency.respond(sid, secret, grouped(response)) == EmergencyVerdict::accepted);
    CHECK(is_forgiven());
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::no_challenge);
  }
  SUBCASE("too late, also with the clock set back") {
    clock.pass(600'001);
    clock.shift_wall(-600'001);
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::no_challenge);
  }
  SUBCASE("in another clock run") {
    clock.reboot();
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::no_challenge);
  }
  SUBCASE("for another account") {
    CHECK(emergency.respond("S-1-5-21-1-2-3-1002", secret, response) == EmergencyVerdict::no_challenge);
    REQUIRE(emergency.challenge("S-1-5-21-1-2-3-1002").ok());
    CHECK(emergency.respond("S-1-5-21-1-2-3-1002", secret, response) == EmergencyVerdict::wrong);
  }
  SUBCASE("after a new challenge") {
    REQUIRE(emergency.challenge(sid).ok());
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::wrong);
  }
  SUBCASE("after five wrong answers") {
    for (int i = 0; i < 5; ++i) CHECK(emergency.respond(sid, secret, "00000000") == EmergencyVerdict::wrong);
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::no_challenge);
  }
  SUBCASE("when it cannot be written down") {
    files.set_fault([](std::string_view) { return ErrorCode::io_failed; });
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::unavailable);
  }
  SUBCASE("what is no response does not count") {
    for (int i = 0; i < 9; ++i) CHECK(emergency.respond(sid, secret, "abc") == EmergencyVerdict::malformed);
    CHECK(emergency.respond(sid, secret, response) == EmergencyVerdict::accepted);
  }
}

TEST_CASE("keys, recovery codes and emergency responses agree with the shared vectors") {
  const auto read = [](const char* name) {
    std::ifstream file(std::string(SYSTEMLOG_VECTORS) + "/" + name);
    REQUIRE(file.good());
    return nlohmann::json::parse(file);
  };
  const nlohmann::json emergency = read("emergency.json");
  for (const nlohmann::json& row : emergency.at("responses")) {
    const Bytes secret = from_base64url(row.at("deviceSecret").get<std::string>()).value();
    CHECK(base64url(derived_key(secret, "emergency").value()) == row.at("key").get<std::string>());
    CHECK(emergency_response(secret, row.at("sid").get<std::string>(), row.at("challenge").get<std::string>())
              .value() == row.at("response").get<std::string>());
  }
  const nlohmann::json recovery = read("recovery.json");
  for (const nlohmann::json& row : recovery.at("codes")) {
    const Bytes salt_bytes = from_base64url(row.at("salt").get<std::string>()).value();
    RecoverySalt salt{};
    std::copy(salt_bytes.begin(), salt_bytes.end(), salt.begin());
    const std::string code = normalised_human_code(row.at("shown").get<std::string>(), 16).value();
    const RecoveryHash hash = recovery_hash(salt, code).value();
    CHECK(base64url(hash) == row.at("hash").get<std::string>());
    CHECK(base64url(recovery_code_id(hash)) == row.at("id").get<std::string>());
  }
}
