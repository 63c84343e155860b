// What is asked, what was answered, and what follows from what LSA says of it.
#include <algorithm>

#include "core/human_code.h"
#include "core/logon_desk.h"

namespace systemlog {
namespace {

constexpr std::string_view by_recovery_code = "recovery-code+password";
constexpr std::string_view by_emergency = "emergency+password";
/// In UTF-8; Windows takes 256 UTF-16 units at most.
constexpr std::size_t longest_password = 2048;

Answered refused(std::string_view why) {
  Answered answered;
  answered.refusal = why;
  return answered;
}

Answered granted(std::string_view method) {
  Answered answered;
  answered.granted = true;
  answered.method = method;
  return answered;
}

/// A sealed password opens for the account and the enrolment it was sealed for and for nothing else.
std::string sealed_password_purpose(const std::string& sid, const std::string& credential) {
  return "systemlog/v1/sealed-password\n" + sid + "\n" + credential;
}

/// A session is opened or taken back; a prompt within one proves nothing about signing in.
bool signs_in(Scenario scenario) noexcept {
  return scenario == Scenario::logon || scenario == Scenario::unlock || scenario == Scenario::remote_logon ||
         scenario == Scenario::remote_reconnect;
}

/// A code may be brought, whether or not it must be.
bool takes_code(const Decision& decision) noexcept {
  return decision.factors.contains(Factor::otp) || decision.alternative.contains(Factor::otp);
}

/// A recovery code or an emergency answer may be brought. Also where the password alone is asked for because codes
/// are off: it switches them on again.
bool takes_substitute(const Decision& decision) noexcept {
  return decision.factors.contains(Factor::otp) || decision.reason == Reason::codes_disabled;
}

bool code_alone_will_do(const Decision& decision) noexcept {
  return decision.factors == Factors(Factor::otp) || decision.alternative == Factors(Factor::otp);
}

}  // namespace

bool LogonDesk::may_hold_sealed(const VaultAccount& account, bool administrator, const DeskMachine& machine) const {
  const SealedPasswords rule = vault_.content().rules.sealed_passwords;
  const bool allowed =
      rule == SealedPasswords::allowed || (rule == SealedPasswords::tpm_and_bitlocker && machine.tpm_and_bitlocker);
  return allowed && !administrator && (account.methods == Methods::otp || account.methods == Methods::either);
}

Decision LogonDesk::decision_of(const SignIn& sign_in, const DeskMachine& machine) const {
  const std::string& sid = sign_in.attempt.sid;
  const DeviceRules& rules = vault_.content().rules;
  MachineFacts facts;
  facts.feature_installed = machine.feature_installed;
  facts.enforcement_on = rules.enforcement;
  facts.recovery_flag = machine.recovery_flag;
  facts.crash_breaker = machine.crash_breaker;
  facts.protocol_compatible = machine.protocol_compatible;
  facts.when_bridge_down = rules.when_bridge_down;
  facts.prompts_enabled = rules.prompts;

  AccountFacts account;
  account.break_glass =
      std::find(rules.break_glass_sids.begin(), rules.break_glass_sids.end(), sid) != rules.break_glass_sids.end();
  account.administrator = sign_in.administrator;
  // Whom the policy does not name has no methods, and nothing to be asked for.
  account.methods = Methods::either;
  if (const VaultAccount* held = account_of(sid)) {
    account.methods = held->methods;
    account.enrolment = enrolment_of(sid, *held);
    account.sealed_password = !held->sealed_password.empty() && !spoilt_passwords_.contains(sid) &&
                              may_hold_sealed(*held, sign_in.administrator, machine);
    account.codes_disabled = attempts_->account(sid).codes_disabled;
  }
  return sign_in.rehearsal ? decide_rehearsal(facts, account) : decide(sign_in.scenario, facts, account);
}

bool LogonDesk::may_seal(const SignIn& sign_in, const Decision& decision, const DeskMachine& machine) const {
  const VaultAccount* account = account_of(sign_in.attempt.sid);
  if (account == nullptr || sign_in.rehearsal || !signs_in(sign_in.scenario)) return false;
  if (decision.action != Action::ask || decision.reason == Reason::break_glass) return false;
  if (decision.reason == Reason::codes_disabled) return false;
  // Where it waits for a code to open it, there must be codes; an account that is yet to rehearse has not shown any.
  const Enrolment enrolment = enrolment_of(sign_in.attempt.sid, *account);
  const bool codes_work = enrolment == Enrolment::probation || enrolment == Enrolment::enforced;
  return codes_work && may_hold_sealed(*account, sign_in.administrator, machine);
}

Question LogonDesk::question(const SignIn& sign_in, const DeskMachine& machine) const {
  const std::string& sid = sign_in.attempt.sid;
  Question question;
  question.decision = decision_of(sign_in, machine);
  const VaultAccount* account = account_of(sid);
  if (account == nullptr || question.decision.action != Action::ask) return question;
  if (takes_code(question.decision)) question.wait_ms = verifier_.wait_ms(sid);
  question.recovery_codes_left = recovery_codes_left(attempts_->account(sid), account->recovery);
  const bool is_sealed = !account->sealed_password.empty() && !spoilt_passwords_.contains(sid);
  question.may_seal_password = !is_sealed && may_seal(sign_in, question.decision, machine);
  return question;
}

Answered LogonDesk::answer(const SignIn& sign_in, const DeskMachine& machine, const Answers& answers) {
  const AttemptId& attempt = sign_in.attempt;
  const auto earlier = grants_.find(attempt.sid);
  if (earlier != grants_.end() && earlier->second.attempt == attempt) grants_.erase(earlier);

  const Decision decision = decision_of(sign_in, machine);
  Answered answered = judge(sign_in, decision, answers);
  const VaultAccount* account = account_of(attempt.sid);
  if (account == nullptr) return answered;
  answered.recovery_codes_left = recovery_codes_left(attempts_->account(attempt.sid), account->recovery);
  if (!answered.granted) return answered;

  Grant grant{attempt, sign_in.rehearsal, sign_in.administrator};
  grant.signs_in = !sign_in.rehearsal && signs_in(sign_in.scenario);
  grant.code_accepted = !answered.code_verdict.empty();
  grant.password_unsealed = !answered.password.empty();
  const bool proven = grant.code_accepted || account->methods == Methods::either;
  grant.may_seal = proven && !grant.password_unsealed && may_seal(sign_in, decision, machine);
  grants_[attempt.sid] = std::move(grant);
  return answered;
}

Answered LogonDesk::judge(const SignIn& sign_in, const Decision& decision, const Answers& answers) {
  if (decision.action == Action::stand_aside) return refused("not-asked");
  if (decision.action == Action::wait) return refused("waiting");
  if (decision.action == Action::deny) return refused("denied");
  const int brought = (answers.code.empty() ? 0 : 1) + (answers.recovery_code.empty() ? 0 : 1) +
                      (answers.emergency_response.empty() ? 0 : 1);
  if (brought > 1) return refused("one-answer-only");

  const VaultAccount* account = account_of(sign_in.attempt.sid);
  const bool has_substitute = brought > 0 && answers.code.empty();
  if (!answers.has_password) {
    // Nothing is used up by a form that is not complete.
    if (!code_alone_will_do(decision) || has_substitute || account == nullptr) return refused("password-missing");
    if (!answers.code.empty()) return judge_code_alone(sign_in.attempt, *account, answers.code);
    return refused(decision.factors.contains(Factor::password) ? "password-missing" : "code-missing");
  }
  if (account != nullptr && has_substitute && takes_substitute(decision)) {
    return answers.recovery_code.empty() ? judge_emergency_response(sign_in.attempt, answers.emergency_response)
                                         : judge_recovery_code(sign_in.attempt, *account, answers.recovery_code);
  }
  // What was not asked for is not looked at, and not used up.
  if (account == nullptr || !decision.factors.contains(Factor::otp)) return granted("password");
  if (answers.code.empty()) return decision.code_optional ? granted("password") : refused("code-missing");
  const bool password_first = decision.factors == Factors(Factor::password, Factor::otp);
  return judge_code(sign_in.attempt, *account, answers.code, password_first ? "password+otp" : "otp+password");
}

Answered LogonDesk::judge_code(const AttemptId& attempt, const VaultAccount& account, std::string_view code,
                               std::string_view method) {
  const CodeResult result = verifier_.check(attempt, account.otp_secret, account.otp, code);
  Answered answered = result.lets_in() ? granted(method) : refused(name(result.verdict));
  answered.code_verdict = name(result.verdict);
  answered.wait_ms = result.wait_ms;
  answered.clock_offset_ms = result.clock_offset_ms;
  answered.resynchronised = result.resynchronised;
  return answered;
}

Answered LogonDesk::judge_code_alone(const AttemptId& attempt, const VaultAccount& account, std::string_view code) {
  Answered answered = judge_code(attempt, account, code, "otp");
  if (!answered.granted) return answered;
  Result<SecretBytes> password =
      box_->open(account.sealed_password, sealed_password_purpose(attempt.sid, account.credential));
  if (password && !password.value().empty()) {
    answered.password = std::move(password).value();
    return answered;
  }
  // The code was right. Whoever types the password as well shall not have to wait for the next one.
  verifier_.password_rejected(attempt);
  static_cast<void>(drop_sealed_password(attempt.sid));
  answered.granted = false;
  answered.method.clear();
  answered.refusal = "sealed-password-lost";
  return answered;
}

Answered LogonDesk::judge_recovery_code(const AttemptId& attempt, const VaultAccount& account,
                                        std::string_view typed) {
  const std::string code = normalised_human_code(typed, recovery_code_characters).value_or("");
  if (is_repeat(attempt, by_recovery_code, code)) return granted(by_recovery_code);
  const RecoveryResult result = use_recovery_code(*attempts_, attempt.sid, account.recovery, typed);
  if (result.verdict != RecoveryVerdict::accepted) return refused("recovery-" + std::string(name(result.verdict)));
  remember_substitute(attempt, by_recovery_code, code);
  return granted(by_recovery_code);
}

Answered LogonDesk::judge_emergency_response(const AttemptId& attempt, std::string_view typed) {
  const std::string response = normalised_human_code(typed, EmergencyAccess::code_characters).value_or("");
  if (is_repeat(attempt, by_emergency, response)) return granted(by_emergency);
  const EmergencyVerdict verdict = emergency_.respond(attempt.sid, device_secret_, typed);
  if (verdict != EmergencyVerdict::accepted) return refused("emergency-" + std::string(name(verdict)));
  remember_substitute(attempt, by_emergency, response);
  return granted(by_emergency);
}

void LogonDesk::remember_substitute(const AttemptId& attempt, std::string_view method, std::string_view text) {
  substitutes_[attempt.sid] = {attempt, std::string(method), SecretBytes(text.begin(), text.end()), clock_->read()};
}

bool LogonDesk::is_repeat(const AttemptId& attempt, std::string_view method, std::string_view text) {
  const auto found = substitutes_.find(attempt.sid);
  if (found == substitutes_.end()) return false;
  Substitute& before = found->second;
  const ClockReading now = clock_->read();
  const bool may = before.attempt == attempt && before.method == method && before.password_rejected &&
                   before.repeats < CodeVerifier::most_repeats && before.at.run == now.run &&
                   now.uptime_ms - before.at.uptime_ms <= CodeVerifier::repeat_within_ms;
  if (!may || !constant_time_equal(before.text, bytes_of(text))) return false;
  ++before.repeats;
  before.password_rejected = false;
  return true;
}

Result<void> LogonDesk::password_accepted(const AttemptId& attempt, const DeskMachine& machine,
                                          ByteView password_to_seal) {
  const std::string& sid = attempt.sid;
  const auto found = grants_.find(sid);
  if (found == grants_.end() || found->second.attempt != attempt) return {};
  const Grant grant = std::move(found->second);
  grants_.erase(found);
  substitutes_.erase(sid);
  const VaultAccount* held = account_of(sid);
  if (held == nullptr) return {};

  VaultContent content = vault_.content();
  VaultAccount& account = content.accounts.at(sid);
  if (grant.code_accepted && grant.rehearsal) {
    account.rehearsed = true;
    const bool begins_anew = enrolment_of(sid, *held) == Enrolment::lapsed;
    if (begins_anew) account.trial_since_ms = trusted_now_ms(attempts_->book(), clock_->read());
  }
  if (grant.code_accepted && grant.signs_in) account.signed_in_through_tile = true;
  const bool may_hold = may_hold_sealed(account, grant.administrator, machine);
  if (!may_hold) account.sealed_password.clear();
  Result<void> sealed;
  if (may_hold && grant.may_seal && !password_to_seal.empty()) {
    sealed = seal_password(attempt, account, password_to_seal);
  }
  if (write_vault_content(content) == write_vault_content(vault_.content())) return sealed;
  if (Result<void> saved = save_vault(std::move(content)); !saved) return saved;
  return sealed;
}

Result<void> LogonDesk::seal_password(const AttemptId& attempt, VaultAccount& account, ByteView password) {
  if (password.size() > longest_password) return Error{ErrorCode::too_long, "password to seal"};
  Result<Bytes> sealed = box_->seal(password, sealed_password_purpose(attempt.sid, account.credential));
  if (!sealed) return sealed.error();
  account.sealed_password = std::move(sealed).value();
  account.sealed_under_epoch = account.sealed_password_epoch;
  return {};
}

Result<void> LogonDesk::password_rejected(const AttemptId& attempt) {
  const auto found = grants_.find(attempt.sid);
  if (found == grants_.end() || found->second.attempt != attempt) return {};
  const Grant grant = std::move(found->second);
  grants_.erase(found);
  if (grant.code_accepted) verifier_.password_rejected(attempt);
  const auto substitute = substitutes_.find(attempt.sid);
  if (substitute != substitutes_.end() && substitute->second.attempt == attempt) {
    substitute->second.password_rejected = true;
  }
  return grant.password_unsealed ? drop_sealed_password(attempt.sid) : Result<void>{};
}

/// Not used any more from here on, whether or not the disk takes it.
Result<void> LogonDesk::drop_sealed_password(const std::string& sid) {
  const VaultAccount* held = account_of(sid);
  if (held == nullptr || held->sealed_password.empty()) return {};
  spoilt_passwords_.insert(sid);
  return save_vault(vault_.content());
}

Result<std::string> LogonDesk::emergency_challenge(const std::string& sid) {
  if (account_of(sid) == nullptr) return Error{ErrorCode::not_found, "account of an emergency challenge"};
  return emergency_.challenge(sid);
}

}  // namespace systemlog
