// What the server says, what is kept of it, and in which order it reaches the disk.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "test/logon_pc.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

const std::string other_credential = "0190a6f0-7c00-7000-8000-00000000000b";

bool contains(const Bytes& bytes, const Bytes& part) {
  return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end();
}

/// The tanaka of the report.
nlohmann::json reported(const LogonPc& pc) {
  return nlohmann::json::parse(pc.desk->report()).at("accounts").at(0);
}

}  // namespace

TEST_CASE_FIXTURE(LogonPc, "a policy is taken once; hearing it again changes nothing and writes nothing") {
  CHECK(hear_policy());
  CHECK(desk->policy_version() == server.version());
  const int steps = files.steps();
  clock.pass(60'000);
  CHECK_FALSE(hear_policy());
  CHECK_FALSE(desk->take_policy(server.unchanged(clock.read().wall_ms)).value());
  CHECK(files.steps() == steps);
  reopen();
  CHECK(desk->policy_version() == server.version());
  CHECK_FALSE(hear_policy());
}

TEST_CASE_FIXTURE(LogonPc, "the vouched time is written about once an hour, and the vault not at all") {
  hear();
  const int steps = files.steps();
  for (int minute = 0; minute < 120; ++minute) {
    clock.pass(60'000);
    CHECK_FALSE(desk->take_policy(server.unchanged(clock.read().wall_ms)).value());
  }
  CHECK(files.steps() - steps == 4);  // two writes, each flushed
}

TEST_CASE_FIXTURE(LogonPc, "what is not a policy is malformed, and nothing has changed") {
  enforce();
  const std::string report = desk->report();
  std::string twice = server.policy(clock.read().wall_ms);
  twice.replace(twice.find("otp+password"), 12, "nothing");
  for (const std::string& bad : {std::string("{}"), std::string("[]"), std::string(), twice}) {
    CHECK(desk->take_policy(bad).error().code == ErrorCode::malformed);
  }
  CHECK(desk->report() == report);
  CHECK(desk->policy_version() == server.version());
}

TEST_CASE_FIXTURE(LogonPc, "an account that is unlinked goes with all that is held of it, except its failures") {
  server.accounts[tanaka].methods = "otp";
  enforce("Secret-Password-1");
  for (int i = 0; i < 5; ++i) static_cast<void>(with_code(wrong_code()));
  REQUIRE(desk->standing(tanaka)->wait_ms == 30'000);

  const ServerAccount account = server.accounts[tanaka];
  server.accounts.clear();
  CHECK(hear_policy());
  CHECK_FALSE(desk->standing(tanaka).has_value());
  CHECK(with_password().method == "password");
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "logon" / "vault"), {}) == 1);

  server.accounts[tanaka] = account;
  CHECK(hear_policy());
  CHECK(enrolment() == Enrolment::none);
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
  CHECK(desk->standing(tanaka)->wait_ms == 30'000);
  fetch_secrets();
  CHECK(enrolment() == Enrolment::rehearsal_due);
  CHECK(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).refusal == "throttled");
}

TEST_CASE_FIXTURE(LogonPc,
                  "an enrolment that was deleted, or is another one now, takes the secret and its progress with it") {
  server.accounts[tanaka].methods = "otp";
  enforce("password");
  SUBCASE("deleted") {
    server.accounts[tanaka].credential = "";
    CHECK(hear_policy());
    CHECK(desk->secrets_due().empty());
    CHECK(reported(*this).count("otp") == 0);
  }
  SUBCASE("another one") {
    server.accounts[tanaka].credential = other_credential;
    CHECK(hear_policy());
    REQUIRE(desk->secrets_due().size() == 1);
    CHECK(desk->secrets_due().front().credential == other_credential);
  }
  CHECK(enrolment() == Enrolment::none);
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
  CHECK(with_password().method == "password");
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "logon" / "vault"), {}) == 1);
  reopen();
  CHECK(enrolment() == Enrolment::none);
}

TEST_CASE_FIXTURE(LogonPc, "a new secret begins with its own steps") {
  enforce();
  clock.pass(3 * period_ms);
  REQUIRE(with_code(code()).granted);
  accept();
  const TimeStep used = step();
  server.accounts[tanaka].credential = other_credential;
  server.accounts[tanaka].secret = Bytes(20, 0x43);
  server.accounts[tanaka].last_accepted_step = used - 2;
  hear();
  CHECK(reported(*this).at("otp").at("lastAcceptedStep") == used - 2);
  CHECK(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).granted);
  CHECK(reported(*this).at("otp").at("lastAcceptedStep") == used);
}

TEST_CASE_FIXTURE(LogonPc, "a code used on another PC is used here, by the policy and by the released secret") {
  SUBCASE("the released secret") {
    server.accounts[tanaka].last_accepted_step = step() + 1;
    hear();
    CHECK(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).refusal == "used");
  }
  SUBCASE("the policy") {
    enforce();
    server.accounts[tanaka].last_accepted_step = step();
    CHECK(hear_policy());
    CHECK(with_code(code()).refusal == "used");
    server.accounts[tanaka].last_accepted_step = step() - 5;
    CHECK(hear_policy());
    CHECK(with_code(code()).refusal == "used");
  }
}

TEST_CASE_FIXTURE(LogonPc, "a recovery code used on another PC is used here") {
  enforce();
  server.accounts[tanaka].used_recovery_codes = {1};
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->recovery_codes_left == 2);
  CHECK(with_recovery(recovery_codes[1]).refusal == "recovery-used");
}

TEST_CASE_FIXTURE(LogonPc, "a new set of recovery codes voids the old one") {
  enforce();
  const NewRecoveryCodes made = make_recovery_codes(random, 2).value();
  server.accounts[tanaka].recovery = made.set;
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->recovery_codes_left == 2);
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-wrong");
  CHECK(with_recovery(std::string(text_of(made.shown[0]))).granted);
  CHECK(enrolment() == Enrolment::enforced);
}

TEST_CASE_FIXTURE(LogonPc, "a sealed password goes when it is no longer wanted") {
  server.accounts[tanaka].methods = "otp";
  enforce("password");
  REQUIRE(desk->standing(tanaka)->password_sealed);
  bool stays = false;
  SUBCASE("its deletion was ordered") {
    ++server.accounts[tanaka].sealed_password_epoch;
  }
  SUBCASE("the methods changed to some that never need it") {
    server.accounts[tanaka].methods = "otp+password";
  }
  SUBCASE("the company forbids it") {
    server.sealed_password = "off";
  }
  SUBCASE("but not when the methods still may need it") {
    server.accounts[tanaka].methods = "either";
    stays = true;
  }
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->password_sealed == stays);
  reopen();
  CHECK(desk->standing(tanaka)->password_sealed == stays);
  CHECK(enrolment() == Enrolment::enforced);
}

TEST_CASE_FIXTURE(LogonPc, "a password sealed after its deletion was ordered stays") {
  server.accounts[tanaka].methods = "otp";
  server.accounts[tanaka].sealed_password_epoch = 3;
  enforce("password");
  server.probation_days = 15;
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->password_sealed);
}

TEST_CASE_FIXTURE(LogonPc, "no sealed password and no secret lies in a file as it is") {
  server.accounts[tanaka].methods = "otp";
  enforce("Secret-Password-1");
  const std::string_view password = "Secret-Password-1";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "logon")) {
    if (!entry.is_regular_file()) continue;
    CHECK_FALSE(contains(slurp(entry.path()), Bytes(password.begin(), password.end())));
    CHECK_FALSE(contains(slurp(entry.path()), server.accounts[tanaka].secret));
  }
}

TEST_CASE_FIXTURE(LogonPc,
                  "a released secret is taken for the enrolment the policy names, and opened by this PC alone") {
  hear_policy();
  const std::int64_t now_ms = clock.read().wall_ms;
  const std::string good = server.released(tanaka, now_ms);
  CHECK(desk->take_secret(suzuki, good).error().code == ErrorCode::not_found);
  CHECK(desk->take_secret(tanaka, "{}").error().code == ErrorCode::malformed);
  LogonServer other = server;
  other.accounts[tanaka].credential = other_credential;
  CHECK(desk->take_secret(tanaka, other.released(tanaka, now_ms)).error().code == ErrorCode::not_found);
  other = server;
  other.device_secret = Bytes(32, 8);
  CHECK(desk->take_secret(tanaka, other.released(tanaka, now_ms)).error().code == ErrorCode::authentication_failed);
  CHECK(enrolment() == Enrolment::none);
  CHECK(desk->take_secret(tanaka, good).ok());
  CHECK(enrolment() == Enrolment::rehearsal_due);
}

TEST_CASE_FIXTURE(LogonPc, "a secret that is released once more changes nothing of the account's progress") {
  enforce();
  clock.pass(day_ms);
  const int steps = files.steps();
  REQUIRE(desk->take_secret(tanaka, server.released(tanaka, clock.read().wall_ms)).ok());
  CHECK(files.steps() - steps == 2);  // the vouched time, a day later
  CHECK(enrolment() == Enrolment::enforced);
}

TEST_CASE_FIXTURE(LogonPc, "an older policy that was overtaken on its way is not followed") {
  hear();
  const std::string older = server.policy(clock.read().wall_ms);
  clock.pass(2000);
  server.accounts[tanaka].methods = "password+otp";
  CHECK(hear_policy());
  CHECK_FALSE(desk->take_policy(older).value());
  CHECK(desk->standing(tanaka)->methods == Methods::password_then_otp);
  // A server whose clock was wrong is believed once it is right.
  server.accounts[tanaka].methods = "otp";
  clock.shift_wall(-day_ms);
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->methods == Methods::otp);
}

TEST_CASE_FIXTURE(LogonPc, "an answer that was held back turns no time back, and a clock set right is believed") {
  enforce();
  const TimeStep then = step();
  CHECK_FALSE(desk->take_policy(server.unchanged(clock.read().wall_ms)).value());
  const std::string held_back = server.unchanged(clock.read().wall_ms);
  clock.pass(4 * period_ms);
  CHECK_FALSE(desk->take_policy(server.unchanged(clock.read().wall_ms)).value());
  CHECK_FALSE(desk->take_policy(held_back).value());
  CHECK(with_code(code_of(then + 1)).refusal == "too-old");
  CHECK(with_code(code_of(then + 4)).granted);
  accept();

  const std::int64_t truth_ms = clock.read().wall_ms;
  CHECK_FALSE(desk->take_policy(server.unchanged(truth_ms + day_ms)).value());
  next_step();
  CHECK_FALSE(with_code(code_of(then + 5)).granted);
  CHECK_FALSE(desk->take_policy(server.unchanged(truth_ms + period_ms)).value());
  CHECK(with_code(code_of(then + 5)).granted);
}

TEST_CASE_FIXTURE(LogonPc, "the report says what happened here, in the same words until something else does") {
  server.accounts[suzuki] = {.methods = "password", .credential = ""};
  enforce();
  const std::string before = desk->report();
  CHECK(before == desk->report());
  reopen();
  CHECK(before == desk->report());
  CHECK(nlohmann::json::parse(before).at("accounts").size() == 2);
  CHECK(reported(*this).at("sid") == tanaka);
  CHECK(reported(*this).at("enforcement") == "enforced");
  CHECK(reported(*this).at("codesOff") == false);
  CHECK(reported(*this).at("otp").at("credential") == server.accounts[tanaka].credential);
  CHECK(reported(*this).at("otp").at("usedRecoveryCodes").empty());
  REQUIRE(with_recovery(recovery_codes[2]).granted);
  REQUIRE(with_code(code()).granted);
  CHECK(reported(*this).at("otp").at("lastAcceptedStep") == step());
  CHECK(reported(*this).at("otp").at("usedRecoveryCodes").at(0) ==
        base64url(recovery_code_id(server.accounts[tanaka].recovery.hashes[2])));
}

TEST_CASE_FIXTURE(LogonPc,
                  "when the memory of attempts is lost the policy is asked for again, and used codes stay used") {
  enforce();
  server.accounts[tanaka].used_recovery_codes = {0};
  hear();
  const std::string now = code();
  REQUIRE(with_code(now).granted);
  accept();
  desk.reset();
  std::filesystem::remove(folder / "logon" / "attempts");
  reopen();
  CHECK(desk->policy_version().empty());
  CHECK(enrolment() == Enrolment::enforced);
  CHECK(with_code(now).refusal == "used");
  clock.pass(3 * period_ms);
  server.accounts[tanaka].last_accepted_step = step();
  CHECK(hear_policy());
  CHECK(desk->policy_version() == server.version());
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
  CHECK(with_code(code()).refusal == "used");
  CHECK(reported(*this).at("otp").at("lastAcceptedStep") == step());
}

TEST_CASE_FIXTURE(LogonPc, "a vault that was put back or damaged is an error, and no file is touched") {
  enforce();
  const std::filesystem::path vault = folder / "logon" / "vault";
  std::vector<std::filesystem::path> generations;
  for (const auto& entry : std::filesystem::directory_iterator(vault)) generations.push_back(entry.path());
  REQUIRE(generations.size() == 2);
  std::sort(generations.begin(), generations.end());
  desk.reset();
  ErrorCode expected = ErrorCode::rolled_back;
  SUBCASE("the newest removed") {
    std::filesystem::remove(generations[1]);
  }
  SUBCASE("all removed") {
    for (const auto& path : generations) std::filesystem::remove(path);
  }
  SUBCASE("the newest damaged") {
    overwrite(generations[1], 200, Bytes(8, 0xEE));
    expected = ErrorCode::authentication_failed;
  }
  const Bytes attempts = slurp(folder / "logon" / "attempts");
  CHECK(open().error().code == expected);
  CHECK(slurp(folder / "logon" / "attempts") == attempts);
}

TEST_CASE_FIXTURE(LogonPc, "a desk needs a whole device secret") {
  CHECK(LogonDesk::open(files, *box, random, clock, folder / "other", "device", Bytes(31, 1)).error().code ==
        ErrorCode::invalid_argument);
}

TEST_CASE_FIXTURE(LogonPc, "on a full disk a policy is refused whole, codes work on, and it is asked for again") {
  enforce();
  files.set_fault([](std::string_view step) -> std::optional<ErrorCode> {
    if (step == "open" || step == "preallocate") return ErrorCode::disk_full;
    return std::nullopt;
  });
  server.accounts[tanaka].methods = "password";
  server.accounts[tanaka].used_recovery_codes = {0};
  CHECK(desk->take_policy(server.policy(clock.read().wall_ms)).error().code == ErrorCode::disk_full);
  CHECK(desk->policy_version().empty());
  CHECK(desk->standing(tanaka)->methods == Methods::otp_then_password);
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
  CHECK(with_code(code()).granted);
  accept();
  files.heal();
  CHECK(hear_policy());
  CHECK(desk->standing(tanaka)->methods == Methods::password);
}

TEST_CASE_FIXTURE(LogonPc,
                  "a crash at any step of following a policy is made good by hearing it again, and forgives once") {
  enforce();
  for (int round = 0; round < 40; ++round) {
    // Codes off; then a policy that forgives, marks a code used, and changes the methods.
    for (int i = 0; i < 50; ++i) {
      clock.pass(static_cast<std::int64_t>(desk->standing(tanaka)->wait_ms));
      static_cast<void>(with_code(wrong_code()));
    }
    REQUIRE(desk->standing(tanaka)->codes_disabled);
    ServerAccount& account = server.accounts[tanaka];
    ++account.forgiven_epoch;
    account.used_recovery_codes = {0};
    account.last_accepted_step = step();
    account.methods = account.methods == "otp" ? "otp+password" : "otp";
    files.stop_after(round % 20);
    static_cast<void>(desk->take_policy(server.policy(clock.read().wall_ms)));
    files.heal();
    reopen();
    if (desk->policy_version() != server.version()) CHECK(hear_policy());
    CHECK_FALSE(hear_policy());
    CHECK_FALSE(desk->standing(tanaka)->codes_disabled);
    CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
    CHECK(with_code(code()).refusal == "used");
    CHECK(desk->standing(tanaka)->methods == (account.methods == "otp" ? Methods::otp : Methods::otp_then_password));
  }
}

TEST_CASE_FIXTURE(LogonPc,
                  "a crash at any step of a new enrolment lets no used code in, and ends in the new secret") {
  for (int stop = 0; stop < 20; ++stop) {
    server.accounts.clear();
    hear_policy();
    server.accounts[tanaka] = {};
    server.accounts[tanaka].credential = other_credential;
    server.accounts[tanaka].credential.back() = static_cast<char>('a' + stop % 6);
    enforce();
    const std::string now = code();
    REQUIRE(with_code(now).granted);
    accept();
    server.accounts[tanaka].credential = "0190a6f0-7c00-7000-8000-0000000000" + std::to_string(10 + stop);
    server.accounts[tanaka].secret[0] = static_cast<std::uint8_t>(stop);
    const auto hear_until_stopped = [this] {
      if (!desk->take_policy(server.policy(clock.read().wall_ms))) return;
      static_cast<void>(desk->take_secret(tanaka, server.released(tanaka, clock.read().wall_ms)));
    };
    files.stop_after(stop);
    hear_until_stopped();
    files.heal();
    reopen();
    CHECK(with_code(now).code_verdict != "accepted");
    hear();
    CHECK(enrolment() == Enrolment::rehearsal_due);
    rehearse();
    sign_in_with_code();
    CHECK(enrolment() == Enrolment::enforced);
  }
}
