#include "bridge/auth_desk.h"

#include <algorithm>
#include <array>

#include "bridge/utf16.h"
#include "core/account_names.h"

namespace systemlog::bridge {
namespace {

/// Of how many accounts something is remembered in memory.
constexpr std::size_t most_accounts = 1000;

/// Nothing was judged: nobody failed to prove anything.
bool is_no_failure(std::string_view refusal) {
  constexpr std::array<std::string_view, 9> known{
      "password-missing", "code-missing", "one-answer-only",    "not-asked",          "waiting",
      "malformed",        "throttled",    "recovery-malformed", "emergency-malformed"};
  return std::find(known.begin(), known.end(), refusal) != known.end();
}

}  // namespace

AuthDesk::AuthDesk(AuthDeskParts parts, LogonDesk desk, CrashBreaker breaker, PolicyNote note,
                   const FailureLimits& limits)
    : parts_(std::move(parts)),
      desk_(std::move(desk)),
      breaker_(std::move(breaker)),
      note_(std::move(note)),
      limits_(limits),
      failures_(limits.burst_of_all, limits.per_second_of_all, parts_.now()) {}

auth::Response AuthDesk::answer(const auth::Request& request, const AuthPeer& peer) {
  if (std::holds_alternative<auth::Presence>(request)) return auth::PresenceNoted{};
  if (const auto* asked = std::get_if<auth::FilterQuestion>(&request)) return filter(*asked);
  if (const auto* asked = std::get_if<auth::AccountQuestion>(&request)) return account(*asked);
  if (const auto* asked = std::get_if<auth::TileQuestion>(&request)) return tile(*asked, peer);
  if (const auto* typed = std::get_if<auth::TileAnswers>(&request)) return answers(*typed, peer);
  if (const auto* result = std::get_if<auth::PasswordResult>(&request)) return password(*result, peer);
  if (const auto* asked = std::get_if<auth::ChallengeQuestion>(&request)) return challenge(*asked);
  return auth::Failure{ErrorCode::unsupported};
}

/// Only our own switches; no lock, so that the filter is answered whatever else goes on.
DeskMachine AuthDesk::machine() {
  const LogonMirror mirror = parts_.mirror.read();
  DeskMachine machine;
  machine.recovery_flag = mirror.recovery_flag;
  machine.tpm_and_bitlocker = parts_.tpm_and_bitlocker && parts_.tpm_and_bitlocker();
  return machine;
}

auth::Response AuthDesk::filter(const auth::FilterQuestion& question) {
  const DeskMachine switches = machine();
  const std::lock_guard lock(parts_.core);
  const DeviceRules& rules = desk_.rules();
  MachineFacts facts;
  facts.feature_installed = switches.feature_installed;
  facts.enforcement_on = rules.enforcement;
  facts.recovery_flag = switches.recovery_flag;
  facts.crash_breaker = breaker_.tripped(parts_.recorder.clock().read().wall_ms);
  facts.when_bridge_down = rules.when_bridge_down;
  facts.prompts_enabled = rules.prompts;
  const Reason reason = filter_stands_down(question.scenario, facts);
  return auth::FilterAnswer{reason == Reason::by_methods, reason, rules.smart_cards};
}

/// Asks the system, which may ask a domain; so it is done without the lock.
auth::Response AuthDesk::account(const auth::AccountQuestion& question) {
  const Result<AccountName> name =
      parse_account_name(utf16_of(question.name), utf16_of(parts_.accounts.computer_name()));
  if (!name) return auth::Failure{ErrorCode::not_found};
  const Result<SystemAccount> found = parts_.accounts.by_name(utf8_of(qualified(name.value())));
  if (!found) return auth::Failure{ErrorCode::not_found};
  remember(found.value());
  return auth::AccountAnswer{found.value().sid, found.value().domain, found.value().name};
}

SignIn AuthDesk::sign_in(const auth::TileQuestion& about, const AuthPeer& peer) {
  const Result<SystemAccount> account = parts_.accounts.by_sid(about.sid);
  if (account) remember(account.value());
  SignIn sign_in;
  sign_in.scenario = about.scenario;
  sign_in.attempt = {peer.process_id, peer.process_started, peer.session_id, about.sid};
  // Whom the system does not know now is taken for one who may do more: nothing is made easier by it.
  sign_in.administrator = !account || account.value().is_administrator;
  sign_in.rehearsal = about.rehearsal;
  return sign_in;
}

auth::Response AuthDesk::tile(const auth::TileQuestion& question, const AuthPeer& peer) {
  const SignIn who = sign_in(question, peer);
  DeskMachine switches = machine();
  const std::lock_guard lock(parts_.core);
  switches.crash_breaker = breaker_.tripped(parts_.recorder.clock().read().wall_ms);
  return auth::TileAnswer{desk_.question(who, switches)};
}

auth::Response AuthDesk::answers(const auth::TileAnswers& typed, const AuthPeer& peer) {
  const SignIn who = sign_in(typed.about, peer);
  DeskMachine switches = machine();
  const std::lock_guard lock(parts_.core);
  switches.crash_breaker = breaker_.tripped(parts_.recorder.clock().read().wall_ms);
  Answered answered = desk_.answer(who, switches, typed.answers);
  if (answered.granted) {
    if (!who.rehearsal) parts_.proved(who.attempt.sid, answered.method);
  } else if (!is_no_failure(answered.refusal)) {
    record_failure(who.attempt.sid, answered.refusal);
  }
  note_change();
  return auth::TileVerdict{std::move(answered)};
}

auth::Response AuthDesk::password(const auth::PasswordResult& result, const AuthPeer& peer) {
  const AttemptId attempt{peer.process_id, peer.process_started, peer.session_id, result.sid};
  const DeskMachine switches = machine();
  const std::lock_guard lock(parts_.core);
  const std::optional<LogonDesk::Standing> before = desk_.standing(result.sid);
  const Result<void> noted = result.accepted ? desk_.password_accepted(attempt, switches, result.password_to_seal)
                                             : desk_.password_rejected(attempt);
  if (!result.accepted) {
    parts_.proved(result.sid, std::nullopt);
    record_failure(result.sid, "wrong-password");
  }
  const std::optional<LogonDesk::Standing> after = desk_.standing(result.sid);
  if (before && after && before->enrolment != after->enrolment) {
    record("enrolment", result.sid, std::string(name(after->enrolment)), true);
  }
  note_change();
  if (!noted) return auth::Failure{noted.error().code};
  return auth::PasswordResultNoted{};
}

auth::Response AuthDesk::challenge(const auth::ChallengeQuestion& question) {
  const std::lock_guard lock(parts_.core);
  Result<std::string> challenge = desk_.emergency_challenge(question.sid);
  if (!challenge) return auth::Failure{challenge.error().code};
  return auth::ChallengeAnswer{std::move(challenge).value()};
}

/// So that no event has to ask a domain for a name.
void AuthDesk::remember(const SystemAccount& account) {
  const std::lock_guard lock(parts_.core);
  if (names_.size() >= most_accounts) names_.clear();
  names_.insert_or_assign(account.sid, EventAccount{account.sid, account.domain, account.name});
}

void AuthDesk::record(std::string kind, const std::string& sid, std::optional<std::string> reason, bool by_user) {
  NewEvent event;
  event.kind = std::move(kind);
  event.by_user = by_user;
  event.reason = std::move(reason);
  if (!sid.empty()) {
    const auto known = names_.find(sid);
    event.account = known != names_.end() ? known->second : EventAccount{sid, "", ""};
  }
  parts_.recorder.record(std::move(event), parts_.recorder.clock().read());
}

/// Codes have waits of their own, which Windows' passwords may not have.
void AuthDesk::record_failure(const std::string& sid, const std::string& reason) {
  const Moment now = parts_.now();
  if (failures_of_.size() >= most_accounts && !failures_of_.contains(sid)) failures_of_.clear();
  RateLimit& of_account = failures_of_.try_emplace(sid, limits_.burst, limits_.per_second, now).first->second;
  if (of_account.take(now) && failures_.take(now)) {
    failures_left_out_ = false;
    return record("auth-failure", sid, reason, true);
  }
  if (std::exchange(failures_left_out_, true)) return;
  parts_.events.report(
      Severity::warning, event_ids::failures_not_recorded,
      "Sign-ins fail so often that not every failure is recorded for now. The last one was of " + sid + ".");
}

void AuthDesk::note_change() {
  if (policy_ != nullptr) policy_->changed(parts_.now());
  parts_.changed();
}

Result<bool> AuthDesk::take_policy(std::string_view json) {
  Result<bool> taken = desk_.take_policy(json, [this] { note_policy_change(); });
  if (taken) record_policy_change();
  if (taken && taken.value()) {
    write_mirror();
    parts_.changed();
  }
  return taken;
}

Result<void> AuthDesk::take_secret(const std::string& sid, std::string_view json) {
  Result<void> taken = desk_.take_secret(sid, json);
  if (taken) {
    record("enrolment", sid, "secret-held", false);
    parts_.changed();
  }
  return taken;
}

void AuthDesk::write_mirror() {
  const DeviceRules& rules = desk_.rules();
  LogonMirror mirror;
  mirror.enforcement = rules.enforcement;
  mirror.crash_breaker = breaker_.tripped(parts_.recorder.clock().read().wall_ms);
  mirror.smart_cards = rules.smart_cards;
  mirror.prompts = rules.prompts;
  mirror.when_bridge_down = rules.when_bridge_down;
  mirror.break_glass_sids = rules.break_glass_sids;
  if (const Result<void> written = parts_.mirror.write(mirror); !written) {
    parts_.events.report(
        Severity::error, event_ids::mirror_not_written,
        "What the logon screen goes by while the bridge is away could not be written: " + written.error().detail);
  }
}

void AuthDesk::provider_ended(std::uint32_t exit_code) {
  if (!ended_abnormally(exit_code)) return;
  const std::lock_guard lock(parts_.core);
  if (!breaker_.crashed(parts_.recorder.clock().read().wall_ms)) return;
  parts_.events.report(Severity::error, event_ids::crash_breaker_tripped,
                       "The logon screen fell over three times within ten minutes. Our part of it stands down for "
                       "24 hours or until an administrator runs `bridge.exe setup repair`.");
  record("policy-change", {}, "crash-breaker", false);
  write_mirror();
  note_change();
}

Result<void> AuthDesk::rearm() {
  const std::lock_guard lock(parts_.core);
  Result<void> rearmed = breaker_.rearm();
  write_mirror();
  return rearmed;
}

auth::Response no_desk(const auth::Request& request, ErrorCode why) {
  if (std::holds_alternative<auth::Presence>(request)) return auth::PresenceNoted{};
  return auth::Failure{why};
}

}  // namespace systemlog::bridge
