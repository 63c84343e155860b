#include "core/logon_desk.h"

#include <algorithm>

#include "core/device_keys.h"
#include "core/device_policy.h"
#include "core/logon_report.h"
#include "core/released_secret.h"

namespace systemlog {

LogonDesk::LogonDesk(std::unique_ptr<AttemptStore> attempts, Vault vault, SecretBox& box, Random& random,
                     Clock& clock, std::string device, ByteView device_secret)
    : attempts_(std::move(attempts)),
      vault_(std::move(vault)),
      verifier_(*attempts_, clock),
      emergency_(*attempts_, clock, random),
      box_(&box),
      clock_(&clock),
      device_(std::move(device)),
      device_secret_(device_secret.begin(), device_secret.end()) {}

Result<LogonDesk> LogonDesk::open(Files& files, SecretBox& box, Random& random, Clock& clock,
                                  const std::filesystem::path& folder, const std::string& device,
                                  ByteView device_secret) {
  if (device_secret.size() != device_secret_bytes) return Error{ErrorCode::invalid_argument, "device secret"};
  const std::filesystem::path vault_folder = folder / "vault";
  for (const std::filesystem::path& needed : {folder, vault_folder}) {
    if (Result<void> made = files.make_folder(needed); !made) return made.error();
  }
  Result<AttemptStore> attempts = AttemptStore::open(files, box, random, folder / "attempts", clock.read());
  if (!attempts) return attempts.error();
  const std::uint64_t known_generation = attempts.value().book().vault_generation;
  Result<Vault> vault = Vault::open(files, box, random, vault_folder, known_generation);
  if (!vault) return vault.error();
  LogonDesk desk(std::make_unique<AttemptStore>(std::move(attempts).value()), std::move(vault).value(), box, random,
                 clock, device, device_secret);
  if (Result<void> bound = desk.bind_lost_attempts(); !bound) return bound.error();
  if (desk.vault_.generation() > known_generation) {
    if (Result<void> finished = desk.finish_vault_save(/*forgets_previous=*/true); !finished) return finished.error();
  }
  desk.settle_policy_version();
  return desk;
}

// --- what is known -----------------------------------------------------------------------------------------------

const VaultAccount* LogonDesk::account_of(const std::string& sid) const {
  const auto found = vault_.content().accounts.find(sid);
  return found == vault_.content().accounts.end() ? nullptr : &found->second;
}

/// A secret of another credential than the one codes are remembered for is an older one, put back: which of its codes
/// were used nobody knows any more.
bool LogonDesk::holds_secret(const std::string& sid, const VaultAccount& account) const {
  return !account.otp_secret.empty() && attempts_->account(sid).credential == account.credential;
}

Enrolment LogonDesk::enrolment_of(const std::string& sid, const VaultAccount& account) const {
  const std::int64_t trial_ms = trusted_now_ms(attempts_->book(), clock_->read()) - account.trial_since_ms;
  return enrolment_state(holds_secret(sid, account), account.rehearsed, account.signed_in_through_tile, trial_ms,
                         vault_.content().rules.probation_days);
}

std::optional<LogonDesk::Standing> LogonDesk::standing(const std::string& sid) const {
  const VaultAccount* account = account_of(sid);
  if (account == nullptr) return std::nullopt;
  const AccountAttempts attempts = attempts_->account(sid);
  Standing standing;
  standing.methods = account->methods;
  standing.enrolment = enrolment_of(sid, *account);
  standing.secret_held = holds_secret(sid, *account);
  standing.codes_disabled = attempts.codes_disabled;
  standing.wait_ms = verifier_.wait_ms(sid);
  standing.recovery_codes_left = recovery_codes_left(attempts, account->recovery);
  standing.password_sealed = !account->sealed_password.empty() && !spoilt_passwords_.contains(sid);
  return standing;
}

std::string LogonDesk::report() const {
  std::vector<ReportedAccount> accounts;
  for (const auto& [sid, account] : vault_.content().accounts) {
    const AccountAttempts attempts = attempts_->account(sid);
    ReportedAccount reported{sid, enrolment_of(sid, account), attempts.codes_disabled, std::nullopt};
    if (!account.credential.empty()) {
      ReportedOtp otp{account.credential, std::nullopt, {}};
      if (attempts.credential == account.credential) otp.last_accepted_step = attempts.last_accepted_step;
      for (const RecoveryHash& hash : account.recovery.hashes) {
        const RecoveryCodeId id = recovery_code_id(hash);
        if (is_burned(attempts, id)) otp.used_recovery_codes.push_back(id);
      }
      reported.otp = std::move(otp);
    }
    accounts.push_back(std::move(reported));
  }
  return write_logon_report(accounts);
}

const std::string& LogonDesk::policy_version() const noexcept {
  return policy_version_;
}

std::string LogonDesk::asked() const {
  const DeviceRules& rules = vault_.content().rules;
  ByteWriter writer;
  for (const bool flag : {rules.enforcement, rules.prompts, rules.smart_cards}) writer.u8(flag ? 1 : 0);
  writer.u32(rules.probation_days);
  writer.u8(static_cast<std::uint8_t>(rules.when_bridge_down));
  writer.u8(static_cast<std::uint8_t>(rules.sealed_passwords));
  writer.u32(static_cast<std::uint32_t>(rules.break_glass_sids.size()));
  for (const std::string& sid : rules.break_glass_sids) writer.text(sid);
  for (const auto& [sid, account] : vault_.content().accounts) {
    writer.text(sid);
    writer.u8(static_cast<std::uint8_t>(account.methods));
    writer.text(account.credential);
    writer.u64(account.sealed_password_epoch);
    writer.u64(attempts_->account(sid).forgiven_epoch);
  }
  return std::string(text_of(writer.view()));
}

bool LogonDesk::asks_nothing() const noexcept {
  return !vault_.content().rules.enforcement && vault_.content().accounts.empty();
}

/// A policy is in force when both files follow it. When one of them was lost or a write was cut off between the two,
/// none is said to be had, so that the server gives it whole again.
void LogonDesk::settle_policy_version() {
  const std::string& version = vault_.content().policy_version;
  policy_version_ = attempts_->book().policy_version == version ? version : std::string();
}

// --- what the server says ----------------------------------------------------------------------------------------

Result<void> LogonDesk::take_server_time(std::int64_t server_time_ms) {
  return attempts_->vouch(vouched_by(attempts_->book(), server_time_ms, clock_->read()));
}

Result<bool> LogonDesk::take_policy(std::string_view json, const std::function<void()>& about_to_change) {
  const Result<DevicePolicy> said = parse_device_policy(json);
  if (!said) return said.error();
  if (Result<void> vouched = take_server_time(said.value().server_time_ms); !vouched) return vouched.error();
  if (!said.value().current || is_overtaken(said.value().server_time_ms)) return false;
  const CurrentPolicy& policy = *said.value().current;

  // What must never be forgotten comes first. Cut off after it, the version of the one file is not that of the other,
  // the policy is asked for again, and following it twice is the same as following it once.
  AttemptBook book = with_policy(attempts_->book(), policy);
  const bool book_changes = write_book(book) != write_book(attempts_->book());
  VaultContent content = with_policy(vault_.content(), policy);
  const bool vault_changes = write_vault_content(content) != write_vault_content(vault_.content());
  if (about_to_change && (book_changes || vault_changes)) about_to_change();
  if (book_changes) {
    if (Result<void> saved = attempts_->save(std::move(book)); !saved) return saved.error();
  }
  settle_policy_version();
  if (vault_changes) {
    if (Result<void> saved = save_vault(std::move(content)); !saved) return saved.error();
  }
  policy_said_at_ms_ = said.value().server_time_ms;
  return book_changes || vault_changes;
}

/// Said before the one in force, by no more than an answer can be late. More is the server's clock put right.
bool LogonDesk::is_overtaken(std::int64_t said_at_ms) const noexcept {
  constexpr std::int64_t longest_delay_ms = 300'000;
  return policy_said_at_ms_ && said_at_ms < *policy_said_at_ms_ &&
         *policy_said_at_ms_ - said_at_ms <= longest_delay_ms;
}

std::vector<SecretDue> LogonDesk::secrets_due() const {
  std::vector<SecretDue> due;
  for (const auto& [sid, account] : vault_.content().accounts) {
    if (account.credential.empty() || holds_secret(sid, account)) continue;
    due.push_back({sid, account.credential, account.enrolled_here});
  }
  return due;
}

Result<void> LogonDesk::take_secret(const std::string& sid, std::string_view json) {
  const Result<ReleasedSecret> released = parse_released_secret(json);
  if (!released) return released.error();
  const VaultAccount* account = account_of(sid);
  if (account == nullptr || account->credential != released.value().credential) {
    return Error{ErrorCode::not_found, "account or credential of a released secret"};
  }
  if (account->otp != released.value().parameters)
    return Error{ErrorCode::malformed, "parameters of a released secret"};
  Result<SecretBytes> secret = open_released_secret(released.value(), device_secret_, device_, sid);
  if (!secret) return secret.error();
  if (Result<void> vouched = take_server_time(released.value().server_time_ms); !vouched) return vouched.error();

  // First which codes are used up, then what they are checked with.
  AttemptBook book = attempts_->book();
  AccountAttempts& attempts = book.accounts[sid];
  if (attempts.credential != account->credential) {
    forget_steps(attempts);
    attempts.credential = account->credential;
  }
  if (released.value().last_accepted_step) raise_accepted_step(attempts, *released.value().last_accepted_step);
  if (write_book(book) != write_book(attempts_->book())) {
    if (Result<void> saved = attempts_->save(std::move(book)); !saved) return saved;
  }
  if (account->otp_secret == secret.value()) return {};
  VaultContent content = vault_.content();
  VaultAccount& next = content.accounts.at(sid);
  next.otp_secret = std::move(secret).value();
  next.trial_since_ms = trusted_now_ms(attempts_->book(), clock_->read());
  return save_vault(std::move(content));
}

// --- writing -----------------------------------------------------------------------------------------------------

Result<void> LogonDesk::save_vault(VaultContent content) {
  for (const std::string& sid : spoilt_passwords_) {
    const auto found = content.accounts.find(sid);
    const VaultAccount* held = account_of(sid);
    // One that was sealed anew since is good.
    const bool is_old =
        found != content.accounts.end() && held != nullptr && found->second.sealed_password == held->sealed_password;
    if (is_old) found->second.sealed_password.clear();
  }
  const bool loses_a_secret = lost_a_secret(vault_.content(), content);
  const VaultContent before = vault_.content();
  if (Result<void> saved = vault_.save(std::move(content)); !saved) return saved;
  spoilt_passwords_.clear();
  settle_policy_version();
  for (const auto& [sid, account] : before.accounts) {
    const VaultAccount* now = account_of(sid);
    if (now == nullptr || now->otp_secret != account.otp_secret) forget_account(sid);
  }
  return finish_vault_save(loses_a_secret);
}

/// Where nothing is remembered of an account that has a secret, the memory was lost, and guards itself
/// (`AttemptBook::forgotten_until_wall_ms`). What is remembered from now on belongs to that secret.
Result<void> LogonDesk::bind_lost_attempts() {
  AttemptBook book = attempts_->book();
  bool changes = false;
  for (const auto& [sid, account] : vault_.content().accounts) {
    if (account.otp_secret.empty() || !attempts_->account(sid).credential.empty()) continue;
    book.accounts[sid].credential = account.credential;
    changes = true;
  }
  return changes ? attempts_->save(std::move(book)) : Result<void>{};
}

/// After this an older vault put in the place of this one is noticed.
/// @param forgets_previous what is no longer in the vault shall not be found in the generation before it either
Result<void> LogonDesk::finish_vault_save(bool forgets_previous) {
  if (forgets_previous) {
    if (Result<void> forgotten = vault_.forget_previous(); !forgotten) return forgotten;
  }
  AttemptBook book = attempts_->book();
  book.vault_generation = vault_.generation();
  return attempts_->save(std::move(book));
}

/// What is in memory belongs to the secret that is gone.
void LogonDesk::forget_account(const std::string& sid) {
  verifier_.forget(sid);
  grants_.erase(sid);
  substitutes_.erase(sid);
}

}  // namespace systemlog
