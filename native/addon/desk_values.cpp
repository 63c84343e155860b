#include "addon/desk_values.h"

#include <limits>

#include "addon/job.h"

namespace systemlog::addon {
namespace {

const char* word_of(Action action) noexcept {
  switch (action) {
    case Action::ask:
      return "ask";
    case Action::stand_aside:
      return "stand-aside";
    case Action::wait:
      return "wait";
    case Action::deny:
      return "deny";
  }
  return "deny";
}

const char* word_of(Factor factor) noexcept {
  return factor == Factor::password ? "password" : "otp";
}

Napi::Array show_factors(Napi::Env env, const Factors& factors) {
  Napi::Array shown = Napi::Array::New(env);
  std::uint32_t i = 0;
  for (const Factor factor : factors.view()) shown.Set(i++, word_of(factor));
  return shown;
}

/// A text that may be left out; empty then.
std::string read_typed(ValueReader& reader, const Napi::Object& object, const char* field) {
  const Napi::Value value = reader.field(object, field);
  return value.IsUndefined() ? std::string() : reader.text(value, field);
}

double number(std::uint64_t value) noexcept {
  return static_cast<double>(value);
}

}  // namespace

AttemptId read_attempt(ValueReader& reader, Napi::Value value) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  const Napi::Object given = reader.object(value, "attempt");
  AttemptId attempt;
  attempt.process_id =
      static_cast<std::uint32_t>(reader.whole(reader.field(given, "processId"), "attempt.processId", most));
  attempt.process_started = reader.whole(reader.field(given, "processStarted"), "attempt.processStarted");
  attempt.session_id =
      static_cast<std::uint32_t>(reader.whole(reader.field(given, "sessionId"), "attempt.sessionId", most));
  attempt.sid = reader.text(reader.field(given, "sid"), "attempt.sid");
  return attempt;
}

SignIn read_sign_in(ValueReader& reader, Napi::Value value) {
  const Napi::Object given = reader.object(value, "signIn");
  SignIn sign_in;
  sign_in.scenario = reader.word<Scenario>(reader.field(given, "scenario"), "signIn.scenario",
                                           {{"logon", Scenario::logon},
                                            {"unlock", Scenario::unlock},
                                            {"remote-logon", Scenario::remote_logon},
                                            {"remote-reconnect", Scenario::remote_reconnect},
                                            {"credential-prompt", Scenario::credential_prompt},
                                            {"change-password", Scenario::change_password},
                                            {"pre-logon-access", Scenario::pre_logon_access},
                                            {"safe-mode", Scenario::safe_mode}});
  sign_in.attempt = read_attempt(reader, reader.field(given, "attempt"));
  sign_in.administrator = reader.flag(reader.field(given, "administrator"), "signIn.administrator");
  sign_in.rehearsal = reader.flag(reader.field(given, "rehearsal"), "signIn.rehearsal");
  return sign_in;
}

DeskMachine read_machine(ValueReader& reader, Napi::Value value) {
  const Napi::Object given = reader.object(value, "machine");
  DeskMachine machine;
  machine.feature_installed = reader.flag(reader.field(given, "featureInstalled"), "machine.featureInstalled");
  machine.recovery_flag = reader.flag(reader.field(given, "recoveryFlag"), "machine.recoveryFlag");
  machine.crash_breaker = reader.flag(reader.field(given, "crashBreaker"), "machine.crashBreaker");
  machine.protocol_compatible = reader.flag(reader.field(given, "protocolCompatible"), "machine.protocolCompatible");
  machine.tpm_and_bitlocker = reader.flag(reader.field(given, "tpmAndBitlocker"), "machine.tpmAndBitlocker");
  return machine;
}

Answers read_answers(ValueReader& reader, Napi::Value value) {
  const Napi::Object given = reader.object(value, "answers");
  Answers answers;
  answers.has_password = reader.flag(reader.field(given, "hasPassword"), "answers.hasPassword");
  answers.code = read_typed(reader, given, "code");
  answers.recovery_code = read_typed(reader, given, "recoveryCode");
  answers.emergency_response = read_typed(reader, given, "emergencyResponse");
  return answers;
}

Napi::Value show_secrets_due(Napi::Env env, const std::vector<SecretDue>& due) {
  Napi::Array shown = Napi::Array::New(env, due.size());
  for (std::uint32_t i = 0; i < due.size(); ++i) {
    Napi::Object secret = Napi::Object::New(env);
    secret.Set("sid", due[i].sid);
    secret.Set("credential", due[i].credential);
    secret.Set("enrolledHere", due[i].enrolled_here);
    shown.Set(i, secret);
  }
  return shown;
}

Napi::Value show_question(Napi::Env env, const Question& question) {
  const Decision& decision = question.decision;
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("action", word_of(decision.action));
  shown.Set("reason", std::string(name(decision.reason)));
  shown.Set("factors", show_factors(env, decision.factors));
  shown.Set("alternative", show_factors(env, decision.alternative));
  shown.Set("codeOptional", decision.code_optional);
  shown.Set("substitutesOnly", decision.substitutes_only);
  shown.Set("alarm", decision.alarm);
  shown.Set("waitMs", number(question.wait_ms));
  shown.Set("recoveryCodesLeft", number(question.recovery_codes_left));
  shown.Set("maySealPassword", question.may_seal_password);
  return shown;
}

Napi::Value show_answered(Napi::Env env, const Answered& answered) {
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("granted", answered.granted);
  shown.Set("codeVerdict", answered.code_verdict);
  shown.Set("waitMs", number(answered.wait_ms));
  shown.Set("clockOffsetMs", static_cast<double>(answered.clock_offset_ms));
  shown.Set("resynchronised", answered.resynchronised);
  shown.Set("recoveryCodesLeft", number(answered.recovery_codes_left));
  if (!answered.granted) {
    shown.Set("refusal", answered.refusal);
    return shown;
  }
  shown.Set("method", answered.method);
  shown.Set("password", answered.password.empty() ? env.Null() : show_secret_text(env, answered.password));
  return shown;
}

Napi::Value show_standing(Napi::Env env, const std::optional<LogonDesk::Standing>& standing) {
  if (!standing) return env.Null();
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("methods", std::string(name(standing->methods)));
  shown.Set("enrolment", std::string(name(standing->enrolment)));
  shown.Set("secretHeld", standing->secret_held);
  shown.Set("codesDisabled", standing->codes_disabled);
  shown.Set("waitMs", number(standing->wait_ms));
  shown.Set("recoveryCodesLeft", number(standing->recovery_codes_left));
  shown.Set("passwordSealed", standing->password_sealed);
  return shown;
}

}  // namespace systemlog::addon
