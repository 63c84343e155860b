// The bridge's side of the logon screen: what to ask whom, whether the answers do, and what follows from a sign-in.
// Vault, attempts, recovery codes and emergency answers under one roof, so that every screen meets the same rules.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt_store.h"
#include "core/code_verifier.h"
#include "core/emergency.h"
#include "core/policy.h"
#include "core/vault.h"

namespace systemlog {

/// What the machine knows and the vault does not. The bridge is up: it is the one that asks.
struct DeskMachine {
  bool feature_installed = true;
  bool recovery_flag = false;
  bool crash_breaker = false;
  bool protocol_compatible = true;
  /// A TPM and BitLocker are there, so that a company that requires them may have passwords sealed here.
  bool tpm_and_bitlocker = false;
};

/// One try to sign in, as the system describes it, never as a client does.
struct SignIn {
  Scenario scenario = Scenario::logon;
  AttemptId attempt;
  bool administrator = false;
  /// A rehearsal from within the session: password and code are asked for as if the account were enforced.
  bool rehearsal = false;
};

/// What the screen is to show.
struct Question {
  Decision decision;
  /// How long codes are not looked at; 0 for none.
  std::uint64_t wait_ms = 0;
  std::size_t recovery_codes_left = 0;
  /// Offer to seal the password with this sign-in, so that later the code alone will do.
  bool may_seal_password = false;
};

/// What was typed. The desk never sees the password here, only whether there is one; LSA judges it.
struct Answers {
  bool has_password = false;
  /// At most one of the three; empty for none.
  std::string code;
  std::string recovery_code;
  std::string emergency_response;
};

struct Answered {
  /// All that is ours to check is proven; now LSA must take the password.
  bool granted = false;
  /// When not granted, a stable name, each with its own text on the tile: `password-missing`, `code-missing`,
  /// `one-answer-only`; the names of `CodeVerdict` for a code; `recovery-` or `emergency-` and the name of the
  /// verdict for those (`recovery-wrong`, `emergency-no-challenge`); `sealed-password-lost` when OTP alone cannot be
  /// given its password (the next try asks for it); `not-asked` when the screen is Windows' own, `waiting`, `denied`.
  std::string refusal;
  /// For codes: `accepted` or `accepted-again` when granted by one. Empty when no code was looked at.
  std::string code_verdict;
  std::uint64_t wait_ms = 0;
  std::int64_t clock_offset_ms = 0;
  bool resynchronised = false;
  std::size_t recovery_codes_left = 0;
  /// What is recorded with the event: `password`, `otp`, `password+otp`, `otp+password`, `recovery-code+password`,
  /// `emergency+password`. Empty when not granted.
  std::string method;
  /// For OTP alone: the password to give to LSA, UTF-8. Empty: the typed one.
  SecretBytes password;
};

/// An account whose OTP secret this PC should have and has not.
struct SecretDue {
  std::string sid;
  std::string credential;
  /// Enrolled here: the server gives it without a code. Else it takes a fresh code typed by its owner.
  bool enrolled_here = false;
};

/// Not to be used from two threads at once.
class LogonDesk {
 public:
  /// Opens `attempts` and `vault/` in a folder, or begins them. A damaged or rolled-back vault is an error with which
  /// nobody is asked for a code by mistake: the caller decides, the files are left as they are.
  static Result<LogonDesk> open(Files& files, SecretBox& box, Random& random, Clock& clock,
                                const std::filesystem::path& folder, const std::string& device,
                                ByteView device_secret);

  /// Takes the answer to GET /v1/device/policy (contract/logon.ts, `devicePolicy`): rules, accounts, what is used up
  /// elsewhere, what is forgiven, and the server's time. What is held of accounts that are not in it is deleted. True
  /// when it changed anything. `malformed` for anything else; nothing has changed then.
  /// @param about_to_change called when it is going to, before anything is written
  Result<bool> take_policy(std::string_view json, const std::function<void()>& about_to_change = {});
  /// Of the policy in force, for `?version=`; empty for none.
  const std::string& policy_version() const noexcept;
  /// What the policy in force asks of whom, without secrets: two equal texts ask the same. Used codes change the
  /// policy with every sign-in and are no part of it.
  std::string asked() const;
  /// It names nobody and enforces nothing, as before the first policy.
  bool asks_nothing() const noexcept;
  /// Of the policy in force.
  const DeviceRules& rules() const noexcept { return vault_.content().rules; }

  std::vector<SecretDue> secrets_due() const;
  /// Takes the answer to POST /v1/device/otp-secret (`releasedSecret`, algorithm
  /// `device-secret+hkdf-sha256+a256gcm`). `not-found` when the policy knows no such account or another credential,
  /// `authentication-failed` when it does not open.
  Result<void> take_secret(const std::string& sid, std::string_view json);

  Question question(const SignIn& sign_in, const DeskMachine& machine) const;

  /// Judges what was typed. What follows is on the disk before this returns.
  Answered answer(const SignIn& sign_in, const DeskMachine& machine, const Answers& answers);

  /// LSA took the password of the attempt that was granted last for this account. By it an account goes from
  /// `rehearsal-due` over `probation` to `enforced`, if a code was part of it.
  /// @param password_to_seal UTF-8, when its owner wants the code alone to do from now on; empty: not. Passed over
  /// where it is not allowed.
  Result<void> password_accepted(const AttemptId& attempt, const DeskMachine& machine, ByteView password_to_seal);
  /// LSA refused it: the same code may be tried again by this attempt; a sealed password that was refused is deleted.
  Result<void> password_rejected(const AttemptId& attempt);

  /// A challenge for the emergency answer, as shown.
  Result<std::string> emergency_challenge(const std::string& sid);

  /// How an account stands, for the tray app of its own user.
  struct Standing {
    Methods methods = Methods::password;
    Enrolment enrolment = Enrolment::none;
    bool secret_held = false;
    bool codes_disabled = false;
    std::uint64_t wait_ms = 0;
    std::size_t recovery_codes_left = 0;
    bool password_sealed = false;
  };
  /// None for an account the policy does not name.
  std::optional<Standing> standing(const std::string& sid) const;

  /// What the server is to be told (`logonReport`), as JSON; the same text as long as there is nothing new to say.
  std::string report() const;

 private:
  /// An answer that was granted and waits for what LSA says of the password.
  struct Grant {
    AttemptId attempt;
    bool rehearsal = false;
    bool administrator = false;
    /// A sign-in to a session, not a prompt within one.
    bool signs_in = false;
    /// By a code, not by what takes its place.
    bool code_accepted = false;
    /// The password was the sealed one, not a typed one.
    bool password_unsealed = false;
    /// A typed password may be sealed by it.
    bool may_seal = false;
  };
  /// What took a code's place is used up, yet the same attempt may bring it again after a wrong password, as it may a
  /// code: nobody shall need a second recovery code for a slip of the fingers. In memory only.
  struct Substitute {
    AttemptId attempt;
    std::string method;
    SecretBytes text;
    ClockReading at;
    unsigned repeats = 0;
    bool password_rejected = false;
  };

  LogonDesk(std::unique_ptr<AttemptStore> attempts, Vault vault, SecretBox& box, Random& random, Clock& clock,
            std::string device, ByteView device_secret);

  const VaultAccount* account_of(const std::string& sid) const;
  /// Whether codes can be checked here.
  bool holds_secret(const std::string& sid, const VaultAccount& account) const;
  Enrolment enrolment_of(const std::string& sid, const VaultAccount& account) const;
  Decision decision_of(const SignIn& sign_in, const DeskMachine& machine) const;
  bool may_hold_sealed(const VaultAccount& account, bool administrator, const DeskMachine& machine) const;
  bool may_seal(const SignIn& sign_in, const Decision& decision, const DeskMachine& machine) const;

  Result<void> take_server_time(std::int64_t server_time_ms);
  bool is_overtaken(std::int64_t said_at_ms) const noexcept;
  Result<void> save_vault(VaultContent content);
  Result<void> finish_vault_save(bool forgets_previous);
  Result<void> bind_lost_attempts();
  void settle_policy_version();
  void forget_account(const std::string& sid);
  Result<void> drop_sealed_password(const std::string& sid);

  Answered judge(const SignIn& sign_in, const Decision& decision, const Answers& answers);
  Answered judge_code(const AttemptId& attempt, const VaultAccount& account, std::string_view code,
                      std::string_view method);
  Answered judge_code_alone(const AttemptId& attempt, const VaultAccount& account, std::string_view code);
  Answered judge_recovery_code(const AttemptId& attempt, const VaultAccount& account, std::string_view typed);
  Answered judge_emergency_response(const AttemptId& attempt, std::string_view typed);
  /// Whether this attempt may bring again what it brought before.
  bool is_repeat(const AttemptId& attempt, std::string_view method, std::string_view text);
  void remember_substitute(const AttemptId& attempt, std::string_view method, std::string_view text);
  Result<void> seal_password(const AttemptId& attempt, VaultAccount& account, ByteView password);

  /// Where the verifier and the emergency answers find it, wherever the desk is moved.
  std::unique_ptr<AttemptStore> attempts_;
  Vault vault_;
  CodeVerifier verifier_;
  EmergencyAccess emergency_;
  SecretBox* box_;
  Clock* clock_;
  std::string device_;
  SecretBytes device_secret_;
  std::string policy_version_;
  /// When the server said the policy in force; an older one was overtaken on its way.
  std::optional<std::int64_t> policy_said_at_ms_;
  /// By SID.
  std::map<std::string, Grant> grants_;
  std::map<std::string, Substitute> substitutes_;
  /// Sealed passwords that are no good and may be on the disk still, because it could not be written.
  std::set<std::string> spoilt_passwords_;
};

}  // namespace systemlog
