// What to ask at the logon screen, in which order, or why not. Pure: the same facts always give the same decision.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace systemlog {

enum class Scenario : std::uint8_t {
  logon,
  unlock,
  remote_logon,
  /// Taking a disconnected session back: a code is asked for as at an unlock.
  remote_reconnect,
  /// UAC and other prompts inside a session.
  credential_prompt,
  change_password,
  /// Network logon before sign-in.
  pre_logon_access,
  safe_mode,
};

enum class Factor : std::uint8_t { password, otp };

/// At most two factors in order.
class Factors {
 public:
  constexpr Factors() noexcept = default;
  constexpr Factors(Factor only) noexcept : held_{only, only}, size_(1) {}  // NOLINT(google-explicit-constructor)
  constexpr Factors(Factor first, Factor second) noexcept : held_{first, second}, size_(2) {}

  constexpr std::span<const Factor> view() const noexcept { return std::span(held_).first(size_); }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr bool contains(Factor factor) const noexcept {
    for (const Factor held : view()) {
      if (held == factor) return true;
    }
    return false;
  }

  friend constexpr bool operator==(const Factors& left, const Factors& right) noexcept {
    if (left.size_ != right.size_) return false;
    for (std::size_t i = 0; i < left.size_; ++i) {
      if (left.held_[i] != right.held_[i]) return false;
    }
    return true;
  }

 private:
  std::array<Factor, 2> held_{};
  std::size_t size_ = 0;
};

/// グループ設定: the group's methods. `either` is an employee in no group.
enum class Methods : std::uint8_t { password, otp, password_then_otp, otp_then_password, either };

/// `password`, `otp`, `password+otp`, `otp+password`, `either` (contract/logon.ts, `logonMethods`).
std::string_view name(Methods methods) noexcept;

/// How far an account has come on this PC.
enum class Enrolment : std::uint8_t {
  /// No OTP secret for it here.
  none,
  /// Enrolled, but the rehearsal has not succeeded yet.
  rehearsal_due,
  /// Rehearsed; one real sign-in through our tile is still to come.
  probation,
  enforced,
  /// No success within the days of probation: enforcement stays off until somebody acts.
  lapsed,
};

/// `none`, `rehearsal-due`, `probation`, `enforced`, `lapsed` (contract/logon.ts, `accountEnforcement`).
std::string_view name(Enrolment enrolment) noexcept;

enum class Bridge : std::uint8_t { up, starting, down };
enum class WhenBridgeDown : std::uint8_t { password_only, deny };
/// Where a password may be sealed for OTP alone.
enum class SealedPasswords : std::uint8_t { allowed, tpm_and_bitlocker, off };

/// A company's rules for its PCs (contract/logon.ts, `deviceRules`). Before there are any, nobody is asked anything.
struct DeviceRules {
  bool enforcement = false;
  /// Days after which an account that never succeeded lapses.
  std::uint32_t probation_days = 14;
  WhenBridgeDown when_bridge_down = WhenBridgeDown::password_only;
  /// The administrator enabled our tile for UAC.
  bool prompts = false;
  /// Smart cards stay visible beside our tile.
  bool smart_cards = true;
  SealedPasswords sealed_passwords = SealedPasswords::allowed;
  std::vector<std::string> break_glass_sids;
};

struct MachineFacts {
  /// 認証機能をインストールする was ticked.
  bool feature_installed = true;
  bool enforcement_on = true;
  /// Set by the documented command, the .reg file or the WinRE recipe.
  bool recovery_flag = false;
  /// Three LogonUI processes that loaded us ended abnormally within 10 minutes.
  bool crash_breaker = false;
  /// Provider and bridge speak the same protocol.
  bool protocol_compatible = true;
  Bridge bridge = Bridge::up;
  /// The tile has waited its 60 s for the bridge.
  bool waited_for_bridge = false;
  WhenBridgeDown when_bridge_down = WhenBridgeDown::password_only;
  /// The administrator enabled our tile for UAC.
  bool prompts_enabled = false;
};

struct AccountFacts {
  /// Its SID is on the break-glass list.
  bool break_glass = false;
  bool administrator = false;
  Methods methods = Methods::password;
  Enrolment enrolment = Enrolment::none;
  /// A password sealed here by an earlier sign-in, with consent, that may be used.
  bool sealed_password = false;
  /// 50 wrong codes in a row.
  bool codes_disabled = false;
};

enum class Action : std::uint8_t {
  /// Ask for `factors`.
  ask,
  /// Leave the screen to Windows: our provider offers nothing, our filter hides nothing.
  stand_aside,
  /// Show 「認証サービスを待っています」 and ask again.
  wait,
  deny,
};

/// Why; each has its own text and event id. Names are stable.
enum class Reason : std::uint8_t {
  by_methods,
  feature_not_installed,
  scenario_not_covered,
  safe_mode,
  recovery_flag,
  enforcement_off,
  crash_breaker,
  protocol_incompatible,
  bridge_starting,
  bridge_down_password_only,
  bridge_down_denied,
  break_glass,
  not_enrolled,
  rehearsal_due,
  probation,
  lapsed,
  otp_alone_not_for_administrators,
  no_sealed_password,
  codes_disabled,
};

std::string_view name(Reason reason) noexcept;

struct Decision {
  Action action = Action::deny;
  Reason reason = Reason::by_methods;
  /// What to ask, in order.
  Factors factors;
  /// Another way that suffices as well, for an employee in no group; empty when there is none.
  Factors alternative;
  /// The code may be left empty: the account is not enforced yet, and nobody is locked out before it is.
  bool code_optional = false;
  /// Instead of the code only a recovery code or an emergency response is taken.
  bool substitutes_only = false;
  /// To be recorded and alarmed.
  bool alarm = false;
};

/// What to ask this account now.
Decision decide(Scenario scenario, const MachineFacts& machine, const AccountFacts& account) noexcept;

/// What to ask for a rehearsal, from within the session: password and code in the methods' order, as if the account
/// were enforced, whether enforcement is on or not. Stands aside when there is nothing to rehearse.
Decision decide_rehearsal(const MachineFacts& machine, const AccountFacts& account) noexcept;

/// Why our filter would leave all providers visible; `by_methods` when it hides them (but for ours and the
/// allow-list). A bridge that is down does not open it.
Reason filter_stands_down(Scenario scenario, const MachineFacts& machine) noexcept;
inline bool filter_hides_others(Scenario scenario, const MachineFacts& machine) noexcept {
  return filter_stands_down(scenario, machine) == Reason::by_methods;
}

/// What Windows knows about an account's ways in, before enforcement is considered.
struct PreflightFacts {
  bool has_password = true;
  bool password_blank = false;
  /// "For improved security, only allow Windows Hello sign-in" or a passwordless Microsoft account.
  bool passwordless = false;
  bool smart_card_required = false;
  bool account_disabled = false;
};

enum class Preflight : std::uint8_t {
  ready,
  account_disabled,
  smart_card_required,
  passwordless,
  no_password,
  blank_password,
};

std::string_view name(Preflight preflight) noexcept;

/// Whether enforcement could work for the account at all; without a usable password our tile would shut it out.
Preflight preflight(const PreflightFacts& facts) noexcept;

/// How far an account has come, from what is on record.
/// @param trial_ms true time since its days of probation began
Enrolment enrolment_state(bool has_secret, bool rehearsed, bool signed_in_through_tile, std::int64_t trial_ms,
                          std::uint32_t probation_days) noexcept;

}  // namespace systemlog
