#include <doctest/doctest.h>

#include "core/contract_json.h"
#include "core/device_policy.h"
#include "core/logon_report.h"
#include "core/released_secret.h"
#include "test/fakes/logon_server.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

const std::string tanaka = "S-1-5-21-1-2-3-1001";
constexpr std::int64_t now_ms = 1'795'253'400'123;

LogonServer server() {
  LogonServer server;
  server.probation_days = 30;
  server.when_bridge_down = "deny";
  server.prompts = true;
  server.sealed_password = "tpm-and-bitlocker";
  server.break_glass_sids = {"S-1-5-21-1-2-3-500"};
  SeededRandom random;
  ServerAccount& account = server.accounts[tanaka];
  account.recovery = make_recovery_codes(random, 2).value().set;
  account.used_recovery_codes = {1};
  account.last_accepted_step = 59;
  account.sealed_password_epoch = 4;
  account.forgiven_epoch = 5;
  return server;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, std::string(from));
  return text.replace(at, from.size(), to);
}

CurrentPolicy parsed(const LogonServer& of) {
  return *parse_device_policy(of.policy(now_ms)).value().current;
}

}  // namespace

TEST_CASE("a policy is read as the contract writes it, and fields it does not know are passed over") {
  const LogonServer said = server();
  const std::string text = replaced(said.policy(now_ms), R"("rules":{)", R"("news":[{"x":1}],"rules":{"more":null,)");
  const Result<DevicePolicy> policy = parse_device_policy(text);
  REQUIRE(policy.ok());
  CHECK(policy.value().server_time_ms == now_ms);
  REQUIRE(policy.value().current.has_value());
  const CurrentPolicy& current = *policy.value().current;
  CHECK(current.version == said.version());
  CHECK(current.rules.enforcement);
  CHECK(current.rules.probation_days == 30);
  CHECK(current.rules.when_bridge_down == WhenBridgeDown::deny);
  CHECK(current.rules.prompts);
  CHECK(current.rules.smart_cards);
  CHECK(current.rules.sealed_passwords == SealedPasswords::tpm_and_bitlocker);
  CHECK(current.rules.break_glass_sids == said.break_glass_sids);
  const PolicyAccount& account = current.accounts.at(tanaka);
  CHECK(account.methods == Methods::otp_then_password);
  CHECK(account.sealed_password_epoch == 4);
  CHECK(account.forgiven_epoch == 5);
  REQUIRE(account.otp.has_value());
  CHECK(account.otp->credential == said.accounts.at(tanaka).credential);
  CHECK(account.otp->parameters == OtpParameters{});
  CHECK(account.otp->enrolled_here);
  CHECK(account.otp->last_accepted_step == 59);
  CHECK(account.otp->recovery.hashes == said.accounts.at(tanaka).recovery.hashes);
  CHECK(account.otp->used_recovery_codes ==
        std::vector<RecoveryCodeId>{recovery_code_id(said.accounts.at(tanaka).recovery.hashes[1])});
}

TEST_CASE("an unchanged policy says the time and nothing else") {
  const Result<DevicePolicy> policy = parse_device_policy(server().unchanged(now_ms));
  REQUIRE(policy.ok());
  CHECK(policy.value().server_time_ms == now_ms);
  CHECK_FALSE(policy.value().current.has_value());
}

TEST_CASE("whatever is not a policy is malformed") {
  const std::string good = server().policy(now_ms);
  const std::pair<const char*, const char*> changes[] = {
      {R"("status":"current")", R"("status":"other")"},
      {R"("status":"current")", R"("status":1)"},
      {R"("version":")", R"("version":"x)"},
      {R"("version":")", R"("version":null,"was":")"},
      {R"("enforcement":true)", R"("enforcement":1)"},
      {R"("probationDays":30)", R"("probationDays":0)"},
      {R"("probationDays":30)", R"("probationDays":-1)"},
      {R"("probationDays":30)", R"("probationDays":3651)"},
      {R"("probationDays":30)", R"("probationDays":1.5)"},
      {R"("whenBridgeDown":"deny")", R"("whenBridgeDown":"open")"},
      {R"("prompts":true)", R"("prompts":"yes")"},
      {R"("smartCards":true)", R"("smart":true)"},
      {R"("sealedPassword":"tpm-and-bitlocker")", R"("sealedPassword":"")"},
      {R"("S-1-5-21-1-2-3-500")", R"("Administrator")"},
      {R"("S-1-5-21-1-2-3-500")", "500"},
      {R"("sid":"S-1-5-21-1-2-3-1001")", R"("sid":"S-1-5")"},
      {R"("sid":"S-1-5-21-1-2-3-1001")", R"("sid":null)"},
      {R"("methods":"otp+password")", R"("methods":"nothing")"},
      {R"("credential":"0190)", R"("credential":"01)"},
      {R"("credential":"0190a6f0-)", R"("credential":"0190a6f0x)"},
      {R"("algorithm":"sha1")", R"("algorithm":"md5")"},
      {R"("digits":6)", R"("digits":7)"},
      {R"("digits":6)", R"("digits":4294967302)"},
      {R"("periodSeconds":30)", R"("periodSeconds":1)"},
      {R"("enrolledHere":true)", R"("enrolledHere":null)"},
      {R"("lastAcceptedStep":59)", R"("lastAcceptedStep":-1)"},
      {R"("lastAcceptedStep":59)", R"("lastAcceptedStep":9007199254740992)"},
      {R"("lastAcceptedStep":59)", R"("last":59)"},
      {R"("salt":")", R"("salt":"A)"},
      {R"("id":")", R"("id":"A)"},
      {R"("hash":")", R"("hash":"A)"},
      {R"("used":false)", R"("used":0)"},
      {R"("sealedPasswordEpoch":4)", R"("sealedPasswordEpoch":null)"},
      {R"("forgivenEpoch":5)", R"("forgivenEpoch":"5")"},
      {R"("serverTime":"20)", R"("serverTime":"2)"},
      {R"("serverTime":")", R"("time":")"},
      {".123Z\"", "Z\""},
      {".123Z\"", ".123+00:00\""},
  };
  for (const auto& [from, to] : changes) {
    CHECK_MESSAGE(parse_device_policy(replaced(good, from, to)).error().code == ErrorCode::malformed, to);
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_device_policy(std::string_view(good).substr(0, size)).ok());
  }
  CHECK_FALSE(parse_device_policy(std::string(100'000, '[')).ok());
}

TEST_CASE("a policy is no larger than a vault has room for") {
  LogonServer large;
  large.accounts.clear();
  for (std::size_t i = 0; i < most_vault_accounts; ++i) large.accounts["S-1-5-21-1-2-3-" + std::to_string(i)] = {};
  CHECK(parse_device_policy(large.policy(now_ms)).ok());
  large.accounts["S-1-5-21-1-2-4-0"] = {};
  CHECK_FALSE(parse_device_policy(large.policy(now_ms)).ok());

  LogonServer codes = server();
  codes.accounts.at(tanaka).recovery.hashes.assign(most_recovery_codes, {});
  CHECK(parse_device_policy(codes.policy(now_ms)).ok());
  codes.accounts.at(tanaka).recovery.hashes.push_back({});
  CHECK_FALSE(parse_device_policy(codes.policy(now_ms)).ok());

  LogonServer break_glass = server();
  break_glass.break_glass_sids.assign(most_break_glass_sids, "S-1-5-21-1-2-3-500");
  CHECK(parse_device_policy(break_glass.policy(now_ms)).ok());
  break_glass.break_glass_sids.emplace_back("S-1-5-21-1-2-3-500");
  CHECK_FALSE(parse_device_policy(break_glass.policy(now_ms)).ok());
}

TEST_CASE("an account that is in a policy twice makes it malformed") {
  const std::string text = server().policy(now_ms);
  const std::size_t begin = text.find(R"({"sid")");
  const std::size_t end = text.find("],\"serverTime\"");
  const std::string account = text.substr(begin, end - begin);
  CHECK_FALSE(parse_device_policy(replaced(text, account, account + ',' + account)).ok());
}

TEST_CASE("an instant is read back, and what does not exist is none") {
  for (const std::int64_t moment : {std::int64_t{0}, now_ms, std::int64_t{951'782'400'000}, std::int64_t{-1}}) {
    CHECK(parse_instant(instant_text(moment)) == moment);
  }
  for (const char* text : {"", "2026-11-21", "2026-13-21T00:00:00.000Z", "2026-02-29T00:00:00.000Z",
                           "2026-11-21T24:00:00.000Z", "2026-11-21T23:60:00.000Z", "2026-11-21T23:59:60.000Z",
                           "2026-11-21T23:59:59.00aZ", "2026-11-21 23:59:59.000Z"}) {
    CHECK_FALSE(parse_instant(text).has_value());
  }
}

TEST_CASE("what is used up elsewhere is used up here, and a step is only ever raised") {
  AttemptBook book;
  AccountAttempts& attempts = book.accounts[tanaka];
  attempts.credential = server().accounts.at(tanaka).credential;
  attempts.last_accepted_step = 58;
  book = with_policy(book, parsed(server()));
  CHECK(book.accounts.at(tanaka).last_accepted_step == 59);
  CHECK(book.accounts.at(tanaka).burned_recovery_codes.size() == 1);
  LogonServer earlier = server();
  earlier.accounts.at(tanaka).last_accepted_step = 57;
  earlier.accounts.at(tanaka).used_recovery_codes.clear();
  book = with_policy(book, parsed(earlier));
  CHECK(book.accounts.at(tanaka).last_accepted_step == 59);
  CHECK(book.accounts.at(tanaka).burned_recovery_codes.size() == 1);
  LogonServer other = server();
  other.accounts.at(tanaka).credential = "0190a6f0-7c00-7000-8000-00000000000b";
  other.accounts.at(tanaka).last_accepted_step = 70;
  CHECK(with_policy(book, parsed(other)).accounts.at(tanaka).last_accepted_step == 59);
}

TEST_CASE("a grown epoch forgives once; a smaller one is another employee's to count from") {
  const auto heard = [](AttemptBook book, std::uint64_t epoch) {
    LogonServer said = server();
    said.accounts.at(tanaka).forgiven_epoch = epoch;
    return with_policy(std::move(book), parsed(said));
  };
  const auto failing = [](AttemptBook book) {
    book.accounts[tanaka].failures_in_row = 50;
    book.accounts[tanaka].codes_disabled = true;
    return book;
  };
  AttemptBook book = failing(heard({}, 5));
  book = heard(book, 5);
  CHECK(book.accounts.at(tanaka).codes_disabled);
  book = heard(book, 6);
  CHECK_FALSE(book.accounts.at(tanaka).codes_disabled);
  CHECK(book.accounts.at(tanaka).failures_in_row == 0);
  book = heard(failing(book), 6);
  CHECK(book.accounts.at(tanaka).codes_disabled);
  book = heard(book, 2);
  CHECK(book.accounts.at(tanaka).codes_disabled);
  book = heard(book, 3);
  CHECK_FALSE(book.accounts.at(tanaka).codes_disabled);
}

TEST_CASE("what is remembered of accounts no longer linked stays, until those that are need the room") {
  AttemptBook book;
  for (std::size_t i = 0; i < AttemptStore::most_accounts; ++i) {
    book.accounts["S-1-5-21-9-9-9-" + std::to_string(i)].failures_in_row = i == 500 ? 0 : 1;
  }
  const AttemptBook next = with_policy(book, parsed(server()));
  CHECK(next.accounts.size() == AttemptStore::most_accounts);
  CHECK(next.accounts.contains(tanaka));
  CHECK_FALSE(next.accounts.contains("S-1-5-21-9-9-9-500"));
}

TEST_CASE("an OTP secret opens for the account, credential and device it was released to, and for no other") {
  const LogonServer from = server();
  const std::string text = from.released(tanaka, now_ms);
  const Result<ReleasedSecret> released = parse_released_secret(text);
  REQUIRE(released.ok());
  CHECK(released.value().last_accepted_step == 59);
  CHECK(released.value().server_time_ms == now_ms);
  const Bytes secret = from.accounts.at(tanaka).secret;
  const Result<SecretBytes> opened = open_released_secret(released.value(), from.device_secret, from.device, tanaka);
  REQUIRE(opened.ok());
  CHECK(Bytes(opened.value().begin(), opened.value().end()) == secret);
  CHECK_FALSE(open_released_secret(released.value(), Bytes(32, 8), from.device, tanaka).ok());
  CHECK_FALSE(open_released_secret(released.value(), from.device_secret, "other", tanaka).ok());
  CHECK_FALSE(open_released_secret(released.value(), from.device_secret, from.device, "S-1-5-21-1-2-3-1002").ok());
  ReleasedSecret other = released.value();
  other.credential = "0190a6f0-7c00-7000-8000-00000000000b";
  CHECK_FALSE(open_released_secret(other, from.device_secret, from.device, tanaka).ok());
}

TEST_CASE("whatever is not a released secret is malformed, and another algorithm is unsupported") {
  const std::string good = server().released(tanaka, now_ms);
  const auto code_of = [&good](const char* from, const char* to) {
    return parse_released_secret(replaced(good, from, to)).error().code;
  };
  CHECK(code_of("device-secret+", "ecdh-p256+") == ErrorCode::unsupported);
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"("algorithm":")", R"("algo":")"},
           {R"("credential":")", R"("credential":"x)"},
           {R"("iv":")", R"("iv":"AAAA)"},
           {R"("ciphertext":")", R"("ciphertext":"*)"},
           {R"("ciphertext":")", R"("ciphertext":"","was":")"},
           {R"("digits":6)", R"("digits":9)"},
           {R"("lastAcceptedStep":59)", R"("lastAcceptedStep":"59")"},
           {R"("serverTime":")", R"("time":")"},
       }) {
    CHECK_MESSAGE(code_of(from, to) == ErrorCode::malformed, to);
  }
  const std::string long_secret = std::string(4 * 100, 'A');
  CHECK(code_of(R"("ciphertext":")", (R"("ciphertext":")" + long_secret).c_str()) == ErrorCode::malformed);
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(parse_released_secret(std::string_view(good).substr(0, size)).ok());
  }
}

TEST_CASE("a report says what the contract asks for") {
  CHECK(write_logon_report({}) == R"({"accounts":[]})");
  const ReportedAccount bare{"S-1-5-21-1-2-3-1", Enrolment::none, true, std::nullopt};
  const ReportedAccount whole{"S-1-5-21-1-2-3-2", Enrolment::rehearsal_due, false,
                              ReportedOtp{"credential", 7, {RecoveryCodeId{1}}}};
  CHECK(
      write_logon_report({bare, whole}) ==
      R"({"accounts":[{"sid":"S-1-5-21-1-2-3-1","enforcement":"none","codesOff":true},)"
      R"({"sid":"S-1-5-21-1-2-3-2","enforcement":"rehearsal-due","codesOff":false,)"
      R"("otp":{"credential":"credential","lastAcceptedStep":7,"usedRecoveryCodes":["AQAAAAAAAAAAAAAAAAAAAA"]}}]})");
}
