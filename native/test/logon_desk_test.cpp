// What the screen asks and what the answers are worth.
#include <functional>

#include "core/emergency.h"
#include "core/human_code.h"
#include "test/logon_pc.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

std::string text(const SecretBytes& bytes) {
  return std::string(text_of(bytes));
}

/// What the administrator's console answers to a challenge.
std::string response_to(const LogonPc& pc, const std::string& challenge) {
  const std::string normal = normalised_human_code(challenge, EmergencyAccess::code_characters).value();
  return emergency_response(pc.server.device_secret, tanaka, normal).value();
}

}  // namespace

TEST_CASE_FIXTURE(LogonPc, "before the first policy the screen is Windows' own") {
  CHECK(asked().action == Action::stand_aside);
  CHECK(with_password().refusal == "not-asked");
  CHECK(desk->policy_version().empty());
  CHECK_FALSE(desk->standing(tanaka).has_value());
  CHECK(desk->report() == R"({"accounts":[]})");
}

TEST_CASE_FIXTURE(LogonPc, "an account comes from enrolled over rehearsed to enforced, by codes and nothing else") {
  hear_policy();
  CHECK(enrolment() == Enrolment::none);
  CHECK(with_password().method == "password");
  accept();
  REQUIRE(desk->secrets_due().size() == 1);
  CHECK(desk->secrets_due().front().sid == tanaka);
  CHECK(desk->secrets_due().front().enrolled_here);
  fetch_secrets();
  CHECK(desk->secrets_due().empty());
  CHECK(enrolment() == Enrolment::rehearsal_due);
  CHECK(with_password().granted);
  accept();
  CHECK(enrolment() == Enrolment::rehearsal_due);

  CHECK(desk->answer(rehearsal(), machine, {.has_password = true}).refusal == "code-missing");
  CHECK(desk->answer(rehearsal(), machine, {.has_password = true, .recovery_code = recovery_codes[0]}).granted);
  accept();
  CHECK(enrolment() == Enrolment::rehearsal_due);
  rehearse();
  CHECK(enrolment() == Enrolment::probation);

  CHECK(asked().code_optional);
  CHECK(with_password().method == "password");
  accept();
  CHECK(with_recovery(recovery_codes[1]).granted);
  accept();
  CHECK(enrolment() == Enrolment::probation);
  next_step();
  const SignIn prompt{.scenario = Scenario::credential_prompt, .attempt = attempt};
  CHECK(desk->answer(prompt, machine, {.has_password = true, .code = code()}).refusal == "not-asked");
  sign_in_with_code();
  CHECK(enrolment() == Enrolment::enforced);
  CHECK(with_password().refusal == "code-missing");
}

TEST_CASE_FIXTURE(LogonPc, "a code at a prompt within the session is no sign-in") {
  server.prompts = true;
  hear();
  rehearse();
  next_step();
  const SignIn prompt{.scenario = Scenario::credential_prompt, .attempt = attempt};
  CHECK(desk->answer(prompt, machine, {.has_password = true, .code = code()}).granted);
  accept();
  CHECK(enrolment() == Enrolment::probation);
}

TEST_CASE_FIXTURE(LogonPc, "an enforced account stays enforced over restarts") {
  enforce();
  reopen();
  CHECK(enrolment() == Enrolment::enforced);
  CHECK(desk->policy_version() == server.version());
  CHECK(with_password().refusal == "code-missing");
  CHECK(with_code(code()).method == "otp+password");
}

TEST_CASE_FIXTURE(LogonPc, "only what LSA took counts, and only for the attempt it was granted to") {
  hear();
  next_step();
  REQUIRE(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).granted);
  AttemptId other = attempt;
  SUBCASE("another process") {
    other.process_id = 101;
    REQUIRE(desk->password_accepted(other, machine, {}).ok());
  }
  SUBCASE("another session") {
    other.session_id = 2;
    REQUIRE(desk->password_accepted(other, machine, {}).ok());
  }
  SUBCASE("a refused password") {
    reject();
    accept();
  }
  SUBCASE("a refused answer that came after") {
    CHECK_FALSE(desk->answer(rehearsal(), machine, {.has_password = true}).granted);
    accept();
  }
  SUBCASE("a restart between") {
    reopen();
    accept();
  }
  CHECK(enrolment() == Enrolment::rehearsal_due);
}

TEST_CASE_FIXTURE(LogonPc, "the granted attempt of one session is not voided by a refused one of another") {
  hear();
  next_step();
  REQUIRE(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).granted);
  AttemptId other = attempt;
  other.session_id = 2;
  CHECK_FALSE(desk->answer({.attempt = other, .rehearsal = true}, machine, {.has_password = true}).granted);
  accept();
  CHECK(enrolment() == Enrolment::probation);
}

TEST_CASE_FIXTURE(LogonPc, "an incomplete form uses nothing up") {
  enforce();
  const std::string now = code();
  CHECK(answer({.code = now}).refusal == "password-missing");
  CHECK(answer({.recovery_code = recovery_codes[0]}).refusal == "password-missing");
  CHECK(answer({}).refusal == "password-missing");
  CHECK(with_password().refusal == "code-missing");
  CHECK(answer({.has_password = true, .code = now, .recovery_code = recovery_codes[0]}).refusal == "one-answer-only");
  CHECK(answer({.has_password = true, .recovery_code = recovery_codes[0], .emergency_response = "x"}).refusal ==
        "one-answer-only");
  CHECK(with_recovery(recovery_codes[0]).recovery_codes_left == 2);
  CHECK(with_code(now).granted);
}

TEST_CASE_FIXTURE(LogonPc, "a wrong code is refused before anybody looks at the password, with its own name") {
  enforce();
  const Answered wrong = with_code(wrong_code());
  CHECK_FALSE(wrong.granted);
  CHECK(wrong.refusal == "wrong");
  CHECK(wrong.code_verdict == "wrong");
  CHECK(wrong.method.empty());
  CHECK(with_code("12").refusal == "malformed");
  const std::string now = code();
  CHECK(with_code(now).code_verdict == "accepted");
  accept();
  CHECK(with_code(now).refusal == "used");
  reopen();
  CHECK(with_code(now).refusal == "used");
}

TEST_CASE_FIXTURE(LogonPc, "after a wrong password the same attempt may bring its code again") {
  enforce();
  const std::string now = code();
  REQUIRE(with_code(now).granted);
  reject();
  const Answered again = with_code(now);
  CHECK(again.granted);
  CHECK(again.code_verdict == "accepted-again");
  reject();
  AttemptId other = attempt;
  other.process_id = 5;
  CHECK(desk->answer(sign_in(other), machine, {.has_password = true, .code = now}).refusal == "used");
}

TEST_CASE_FIXTURE(LogonPc, "waits are told before anybody types") {
  enforce();
  for (int i = 0; i < 4; ++i) CHECK(with_code(wrong_code()).wait_ms == 0);
  CHECK(with_code(wrong_code()).wait_ms == 30'000);
  CHECK(desk->question(sign_in(attempt), machine).wait_ms == 30'000);
  CHECK(desk->standing(tanaka)->wait_ms == 30'000);
  CHECK(with_code(code()).refusal == "throttled");
}

TEST_CASE_FIXTURE(LogonPc, "a recovery code takes the code's place, not the password's, once") {
  enforce();
  const Answered first = with_recovery(recovery_codes[0]);
  CHECK(first.granted);
  CHECK(first.method == "recovery-code+password");
  CHECK(first.code_verdict.empty());
  CHECK(first.recovery_codes_left == 2);
  accept();
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
  reopen();
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
  CHECK(with_recovery("0000-0000-0000-0000").refusal == "recovery-wrong");
  CHECK(with_recovery("hello").refusal == "recovery-malformed");
  CHECK(desk->question(sign_in(attempt), machine).recovery_codes_left == 2);
}

TEST_CASE_FIXTURE(LogonPc, "a slip of the fingers in the password costs no second recovery code") {
  enforce();
  REQUIRE(with_recovery(recovery_codes[0]).granted);
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-used");
  for (int repeat = 0; repeat < 3; ++repeat) {
    REQUIRE(with_recovery(recovery_codes[repeat == 0 ? 1 : 1]).granted);
    reject();
  }
  SUBCASE("three times") {
    CHECK(with_recovery(recovery_codes[1]).granted);
    reject();
    CHECK(with_recovery(recovery_codes[1]).refusal == "recovery-used");
  }
  SUBCASE("within a minute") {
    clock.pass(60'001);
    CHECK(with_recovery(recovery_codes[1]).refusal == "recovery-used");
  }
  SUBCASE("for the same attempt") {
    attempt.process_id = 5;
    CHECK(with_recovery(recovery_codes[1]).refusal == "recovery-used");
  }
  SUBCASE("and not after a sign-in") {
    REQUIRE(with_recovery(recovery_codes[1]).granted);
    accept();
    CHECK(with_recovery(recovery_codes[1]).refusal == "recovery-used");
  }
  CHECK(desk->standing(tanaka)->recovery_codes_left == 1);
}

TEST_CASE_FIXTURE(LogonPc, "an emergency answer takes the code's place, not the password's, once") {
  enforce();
  CHECK(with_emergency("0000-0000").refusal == "emergency-no-challenge");
  const std::string response = response_to(*this, desk->emergency_challenge(tanaka).value());
  CHECK(answer({.emergency_response = response}).refusal == "password-missing");
  CHECK(with_emergency("0000-0000").refusal == "emergency-wrong");
  CHECK(with_emergency(grouped(response)).method == "emergency+password");
  reject();
  CHECK(with_emergency(response).method == "emergency+password");
  accept();
  CHECK(with_emergency(response).refusal == "emergency-no-challenge");
  CHECK(desk->emergency_challenge(suzuki).error().code == ErrorCode::not_found);
}

TEST_CASE_FIXTURE(LogonPc, "fifty wrong codes switch codes off; a substitute switches them on again") {
  enforce();
  for (int i = 0; i < 50; ++i) {
    clock.pass(static_cast<std::int64_t>(desk->standing(tanaka)->wait_ms));
    REQUIRE(with_code(wrong_code()).refusal == "wrong");
  }
  CHECK(desk->standing(tanaka)->codes_disabled);
  CHECK(asked().substitutes_only);
  CHECK(with_code(code()).refusal == "disabled");
  CHECK(with_password().refusal == "code-missing");
  SUBCASE("a recovery code") {
    CHECK(with_recovery(recovery_codes[0]).granted);
  }
  SUBCASE("an emergency answer") {
    CHECK(with_emergency(response_to(*this, desk->emergency_challenge(tanaka).value())).granted);
  }
  SUBCASE("the administrator, by the policy") {
    ++server.accounts[tanaka].forgiven_epoch;
    CHECK(hear_policy());
  }
  CHECK_FALSE(desk->standing(tanaka)->codes_disabled);
  CHECK(with_code(code()).granted);
}

TEST_CASE_FIXTURE(LogonPc, "on probation, with codes off, the password is enough and a recovery code still helps") {
  hear();
  rehearse();
  next_step();
  for (int i = 0; i < 50; ++i) {
    clock.pass(static_cast<std::int64_t>(desk->standing(tanaka)->wait_ms));
    REQUIRE(with_code(wrong_code()).refusal == "wrong");
  }
  CHECK(with_password().method == "password");
  CHECK(with_recovery(recovery_codes[0]).granted);
  CHECK_FALSE(desk->standing(tanaka)->codes_disabled);
}

TEST_CASE_FIXTURE(LogonPc, "a break-glass account and one that is not linked sign in with the password") {
  server.break_glass_sids = {"S-1-5-21-1-2-3-500"};
  hear();
  for (const char* sid : {"S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-1999"}) {
    attempt.sid = sid;
    CHECK(with_password().method == "password");
    CHECK(answer({}).refusal == "password-missing");
    CHECK(answer({.code = "123456"}).refusal == "password-missing");
    accept("sealed?");
  }
  CHECK(desk->question({.attempt = attempt, .rehearsal = true}, machine).decision.action == Action::stand_aside);
}

TEST_CASE_FIXTURE(LogonPc, "in a group with the password first both are asked for in that order") {
  server.accounts[tanaka].methods = "password+otp";
  enforce();
  CHECK(asked().factors == Factors(Factor::password, Factor::otp));
  CHECK(with_code(code()).method == "password+otp");
}

TEST_CASE_FIXTURE(LogonPc, "a group of the password alone asks for nothing else, whatever is typed") {
  server.accounts[tanaka].methods = "password";
  hear();
  CHECK(with_password().method == "password");
  CHECK(with_code(code()).method == "password");
  CHECK(with_code(code()).code_verdict.empty());
}

TEST_CASE_FIXTURE(LogonPc, "an account that lapsed begins anew with a rehearsal") {
  server.probation_days = 20;
  hear();
  rehearse();
  clock.pass(20 * day_ms - 10 * period_ms);
  CHECK(enrolment() == Enrolment::probation);
  clock.pass(11 * period_ms);
  CHECK(enrolment() == Enrolment::lapsed);
  CHECK(asked().alarm);
  CHECK(with_password().granted);
  accept();
  CHECK(enrolment() == Enrolment::lapsed);
  rehearse();
  CHECK(enrolment() == Enrolment::probation);
  sign_in_with_code();
  CHECK(enrolment() == Enrolment::enforced);
}

TEST_CASE_FIXTURE(LogonPc,
                  "the days of probation count from the secret's arrival here, however old the enrolment is") {
  server.accounts[tanaka].enrolled_here = false;
  hear_policy();
  clock.pass(40 * day_ms);
  CHECK_FALSE(desk->secrets_due().front().enrolled_here);
  fetch_secrets();
  CHECK(enrolment() == Enrolment::rehearsal_due);
}

TEST_CASE_FIXTURE(LogonPc, "OTP alone: the code opens the sealed password") {
  server.accounts[tanaka].methods = "otp";
  hear();
  rehearse();
  CHECK(desk->question(sign_in(attempt), machine).may_seal_password);
  sign_in_with_code("ひみつ");
  CHECK(desk->standing(tanaka)->password_sealed);
  CHECK_FALSE(desk->question(sign_in(attempt), machine).may_seal_password);
  CHECK(asked().factors == Factors(Factor::otp));
  reopen();
  next_step();

  CHECK(answer({}).refusal == "code-missing");
  CHECK(answer({.recovery_code = recovery_codes[0]}).refusal == "password-missing");
  CHECK(answer({.code = wrong_code()}).password.empty());
  const std::string now = code();
  const Answered answered = answer({.code = now});
  CHECK(answered.granted);
  CHECK(answered.method == "otp");
  CHECK(text(answered.password) == "ひみつ");
  accept();
  CHECK(answer({.code = now}).refusal == "used");
  CHECK(answer({.code = now}).password.empty());

  next_step();
  const Answered both = with_code(code());
  CHECK(both.method == "otp+password");
  CHECK(both.password.empty());
  next_step();
  CHECK(with_recovery(recovery_codes[0]).method == "recovery-code+password");
}

TEST_CASE_FIXTURE(
    LogonPc, "a sealed password that Windows refuses is deleted, and the code serves once more with a typed one") {
  server.accounts[tanaka].methods = "otp";
  enforce("old");
  const std::string now = code();
  REQUIRE(answer({.code = now}).granted);
  SUBCASE("on a disk that takes it") {
    reject();
    reopen();
    CHECK_FALSE(desk->standing(tanaka)->password_sealed);
    CHECK(asked().factors == Factors(Factor::otp, Factor::password));
  }
  SUBCASE("on a disk that is full") {
    files.set_fault([](std::string_view step) -> std::optional<ErrorCode> {
      if (step == "open") return ErrorCode::disk_full;
      return std::nullopt;
    });
    CHECK(desk->password_rejected(attempt).error().code == ErrorCode::disk_full);
    CHECK_FALSE(desk->standing(tanaka)->password_sealed);
    CHECK(answer({.code = now}).refusal == "password-missing");
    CHECK(with_code(now).code_verdict == "accepted-again");
    files.heal();
    accept("new");
    next_step();
    reopen();
    CHECK(text(answer({.code = code()}).password) == "new");
  }
}

TEST_CASE_FIXTURE(LogonPc,
                  "a sealed password that does not open any more is said to be lost, and the code stays good") {
  server.accounts[tanaka].methods = "otp";
  enforce("secret");
  // Another machine's key, as after a TPM was cleared.
  const auto other_box = std::move(file_secret_box(*real, random, folder / "other")).value();
  struct Broken final : SecretBox {
    SecretBox* real = nullptr;
    Result<Bytes> seal(ByteView plain, std::string_view purpose) noexcept override {
      return real->seal(plain, purpose);
    }
    Result<SecretBytes> open(ByteView sealed, std::string_view purpose) noexcept override {
      if (purpose.starts_with("systemlog/v1/sealed-password")) return Error{ErrorCode::authentication_failed, "box"};
      return real->open(sealed, purpose);
    }
  } broken;
  broken.real = box.get();
  desk.emplace(
      std::move(LogonDesk::open(files, broken, random, clock, folder / "logon", server.device, server.device_secret))
          .value());
  const std::string now = code();
  const Answered lost = answer({.code = now});
  CHECK_FALSE(lost.granted);
  CHECK(lost.refusal == "sealed-password-lost");
  CHECK(lost.method.empty());
  CHECK(lost.password.empty());
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
  CHECK(asked().factors == Factors(Factor::otp, Factor::password));
  CHECK(with_code(now).code_verdict == "accepted-again");
}

TEST_CASE_FIXTURE(LogonPc, "a password is sealed only where it may be, and passed over elsewhere") {
  server.accounts[tanaka].methods = "otp";
  SignIn sign_in{.attempt = attempt};
  bool sealed = false;
  bool with_code_typed = true;
  SUBCASE("the company allows it") {
    sealed = true;
  }
  SUBCASE("only with TPM and BitLocker, which are not there") {
    server.sealed_password = "tpm-and-bitlocker";
  }
  SUBCASE("only with TPM and BitLocker, which are there") {
    server.sealed_password = "tpm-and-bitlocker";
    machine.tpm_and_bitlocker = true;
    sealed = true;
  }
  SUBCASE("the company does not allow it") {
    server.sealed_password = "off";
  }
  SUBCASE("never for an administrator") {
    sign_in.administrator = true;
  }
  SUBCASE("not where the methods never need it") {
    server.accounts[tanaka].methods = "otp+password";
  }
  SUBCASE("not by a rehearsal") {
    sign_in.rehearsal = true;
  }
  SUBCASE("not without a code") {
    with_code_typed = false;
  }
  hear();
  rehearse();
  next_step();
  const bool offered = desk->question(sign_in, machine).may_seal_password;
  CHECK(offered == (sealed || !with_code_typed));
  REQUIRE(desk->answer(sign_in, machine, {.has_password = true, .code = with_code_typed ? code() : ""}).granted);
  accept("password");
  CHECK(desk->standing(tanaka)->password_sealed == sealed);
}

TEST_CASE_FIXTURE(LogonPc,
                  "a password longer than Windows takes is not sealed, and the sign-in counts all the same") {
  server.accounts[tanaka].methods = "otp";
  hear();
  rehearse();
  next_step();
  REQUIRE(with_code(code()).granted);
  CHECK(desk->password_accepted(attempt, machine, Bytes(2049, 'x')).error().code == ErrorCode::too_long);
  CHECK(enrolment() == Enrolment::enforced);
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
}

TEST_CASE_FIXTURE(LogonPc, "a sealed password is not used once the PC or the person is not fit for it") {
  server.accounts[tanaka].methods = "otp";
  server.sealed_password = "tpm-and-bitlocker";
  machine.tpm_and_bitlocker = true;
  enforce("secret");
  SignIn by_administrator{.attempt = attempt, .administrator = true};
  CHECK(desk->answer(by_administrator, machine, {.code = code()}).refusal == "password-missing");
  machine.tpm_and_bitlocker = false;
  CHECK(answer({.code = code()}).refusal == "password-missing");
  REQUIRE(with_code(code()).granted);
  accept();
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
}

TEST_CASE_FIXTURE(LogonPc,
                  "an employee in no group may use the password alone, or the code alone once a password is sealed") {
  server.accounts[tanaka].methods = "either";
  hear();
  rehearse();
  CHECK(asked().code_optional);
  sign_in_with_code();
  CHECK(enrolment() == Enrolment::enforced);
  next_step();
  CHECK(answer({.code = code()}).refusal == "password-missing");
  CHECK(desk->question(sign_in(attempt), machine).may_seal_password);
  CHECK(with_password().method == "password");
  accept("secret");
  CHECK(asked().alternative == Factors(Factor::otp));
  CHECK(answer({}).refusal == "password-missing");
  const Answered by_code = answer({.code = code()});
  CHECK(by_code.method == "otp");
  CHECK(text(by_code.password) == "secret");
  reject();
  CHECK_FALSE(desk->standing(tanaka)->password_sealed);
  CHECK(with_code(code()).method == "password");
}

TEST_CASE_FIXTURE(LogonPc, "what the machine says keeps the screen Windows' own") {
  enforce();
  const std::pair<const char*, std::function<void(DeskMachine&)>> causes[] = {
      {"feature", [](DeskMachine& m) { m.feature_installed = false; }},
      {"flag", [](DeskMachine& m) { m.recovery_flag = true; }},
      {"breaker", [](DeskMachine& m) { m.crash_breaker = true; }},
      {"protocol", [](DeskMachine& m) { m.protocol_compatible = false; }},
  };
  for (const auto& [name, cause] : causes) {
    DeskMachine changed;
    cause(changed);
    CHECK_MESSAGE(desk->answer(sign_in(attempt), changed, {.has_password = true}).refusal == "not-asked", name);
  }
}

TEST_CASE_FIXTURE(LogonPc, "nobody is let in on what could not be written down") {
  enforce();
  const std::string now = code();
  files.set_fault([](std::string_view) { return ErrorCode::io_failed; });
  CHECK(with_code(now).refusal == "unavailable");
  CHECK(with_recovery(recovery_codes[0]).refusal == "recovery-unavailable");
  CHECK(with_emergency(response_to(*this, desk->emergency_challenge(tanaka).value())).refusal ==
        "emergency-unavailable");
  files.heal();
  CHECK(with_code(now).granted);
}
