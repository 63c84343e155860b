#include "core/policy.h"

namespace systemlog {
namespace {

constexpr Decision stand_aside(Reason reason) noexcept {
  return {.action = Action::stand_aside, .reason = reason};
}

constexpr Decision ask(Factors factors, Reason reason) noexcept {
  return {.action = Action::ask, .reason = reason, .factors = factors};
}

constexpr Decision password_alone(Reason reason) noexcept {
  return ask(Factor::password, reason);
}

bool is_covered(Scenario scenario, const MachineFacts& machine) noexcept {
  switch (scenario) {
    case Scenario::logon:
    case Scenario::unlock:
    case Scenario::remote_logon:
    case Scenario::remote_reconnect:
      return true;
    case Scenario::credential_prompt:
      return machine.prompts_enabled;
    case Scenario::change_password:
    case Scenario::pre_logon_access:
    case Scenario::safe_mode:
      return false;
  }
  return false;
}

Decision when_bridge_is_not_up(const MachineFacts& machine, const AccountFacts& account) noexcept {
  if (account.break_glass) return password_alone(Reason::break_glass);
  if (!machine.waited_for_bridge) return {.action = Action::wait, .reason = Reason::bridge_starting};
  Decision decision = machine.when_bridge_down == WhenBridgeDown::deny
                          ? Decision{.action = Action::deny, .reason = Reason::bridge_down_denied}
                          : password_alone(Reason::bridge_down_password_only);
  decision.alarm = true;
  return decision;
}

/// OTP alone, or what takes its place while there is no sealed password or may be none.
Decision otp_alone(const AccountFacts& account) noexcept {
  const Factors both(Factor::otp, Factor::password);
  if (account.administrator) return ask(both, Reason::otp_alone_not_for_administrators);
  if (!account.sealed_password) return ask(both, Reason::no_sealed_password);
  return ask(Factor::otp, Reason::by_methods);
}

Decision by_methods(const AccountFacts& account) noexcept {
  switch (account.methods) {
    case Methods::password:
      return password_alone(Reason::by_methods);
    case Methods::otp:
      return otp_alone(account);
    case Methods::password_then_otp:
      return ask({Factor::password, Factor::otp}, Reason::by_methods);
    case Methods::otp_then_password:
      return ask({Factor::otp, Factor::password}, Reason::by_methods);
    case Methods::either: {
      Decision decision = password_alone(Reason::by_methods);
      if (account.sealed_password && !account.administrator) decision.alternative = Factor::otp;
      return decision;
    }
  }
  return {};
}

/// What takes a code's place is never enough alone, so the password is asked for also where a code would have done.
Decision without_codes(const AccountFacts& account) noexcept {
  if (account.methods == Methods::either) return password_alone(Reason::codes_disabled);
  Decision decision = by_methods(account);
  if (!decision.factors.contains(Factor::password)) decision.factors = {Factor::otp, Factor::password};
  decision.reason = Reason::codes_disabled;
  decision.substitutes_only = true;
  return decision;
}

/// Both, in the order of the methods; those without an order of their own ask as Windows does, password first.
Factors both_factors(Methods methods) noexcept {
  const bool code_first = methods == Methods::otp || methods == Methods::otp_then_password;
  return code_first ? Factors(Factor::otp, Factor::password) : Factors(Factor::password, Factor::otp);
}

/// The password is asked for as well, whatever the methods: without it an empty code would let anybody in.
Decision on_probation(const AccountFacts& account) noexcept {
  if (account.codes_disabled) return password_alone(Reason::codes_disabled);
  Decision decision = ask(both_factors(account.methods), Reason::probation);
  decision.code_optional = true;
  return decision;
}

}  // namespace

Reason filter_stands_down(Scenario scenario, const MachineFacts& machine) noexcept {
  if (!machine.feature_installed) return Reason::feature_not_installed;
  if (scenario == Scenario::safe_mode) return Reason::safe_mode;
  if (!is_covered(scenario, machine)) return Reason::scenario_not_covered;
  if (machine.recovery_flag) return Reason::recovery_flag;
  if (machine.crash_breaker) return Reason::crash_breaker;
  if (!machine.protocol_compatible) return Reason::protocol_incompatible;
  if (!machine.enforcement_on) return Reason::enforcement_off;
  return Reason::by_methods;
}

Decision decide(Scenario scenario, const MachineFacts& machine, const AccountFacts& account) noexcept {
  const Reason stands_down = filter_stands_down(scenario, machine);
  // With enforcement off the tile is offered beside Windows' own, for rehearsed accounts to prove themselves on.
  const bool proving = stands_down == Reason::enforcement_off &&
                       (account.enrolment == Enrolment::probation || account.enrolment == Enrolment::enforced);
  if (stands_down != Reason::by_methods && !proving) return stand_aside(stands_down);
  if (machine.bridge != Bridge::up) {
    return proving ? stand_aside(Reason::enforcement_off) : when_bridge_is_not_up(machine, account);
  }
  if (account.break_glass) return password_alone(Reason::break_glass);
  if (account.methods == Methods::password) return password_alone(Reason::by_methods);

  switch (account.enrolment) {
    case Enrolment::none:
      return password_alone(Reason::not_enrolled);
    case Enrolment::rehearsal_due:
      return password_alone(Reason::rehearsal_due);
    case Enrolment::lapsed: {
      Decision decision = password_alone(Reason::lapsed);
      // Whoever may use the password alone has not got away with anything.
      decision.alarm = account.methods != Methods::either;
      return decision;
    }
    case Enrolment::probation:
      return on_probation(account);
    case Enrolment::enforced:
      return account.codes_disabled ? without_codes(account) : by_methods(account);
  }
  return {};
}

Decision decide_rehearsal(const MachineFacts& machine, const AccountFacts& account) noexcept {
  if (!machine.feature_installed) return stand_aside(Reason::feature_not_installed);
  if (account.break_glass) return stand_aside(Reason::break_glass);
  if (account.enrolment == Enrolment::none) return stand_aside(Reason::not_enrolled);
  Decision decision = ask(both_factors(account.methods), Reason::by_methods);
  decision.substitutes_only = account.codes_disabled;
  if (account.codes_disabled) decision.reason = Reason::codes_disabled;
  return decision;
}

std::string_view name(Methods methods) noexcept {
  switch (methods) {
    case Methods::password:
      return "password";
    case Methods::otp:
      return "otp";
    case Methods::password_then_otp:
      return "password+otp";
    case Methods::otp_then_password:
      return "otp+password";
    case Methods::either:
      return "either";
  }
  return "unknown";
}

std::string_view name(Enrolment enrolment) noexcept {
  switch (enrolment) {
    case Enrolment::none:
      return "none";
    case Enrolment::rehearsal_due:
      return "rehearsal-due";
    case Enrolment::probation:
      return "probation";
    case Enrolment::enforced:
      return "enforced";
    case Enrolment::lapsed:
      return "lapsed";
  }
  return "unknown";
}

std::string_view name(Reason reason) noexcept {
  switch (reason) {
    case Reason::by_methods:
      return "by-methods";
    case Reason::feature_not_installed:
      return "feature-not-installed";
    case Reason::scenario_not_covered:
      return "scenario-not-covered";
    case Reason::safe_mode:
      return "safe-mode";
    case Reason::recovery_flag:
      return "recovery-flag";
    case Reason::enforcement_off:
      return "enforcement-off";
    case Reason::crash_breaker:
      return "crash-breaker";
    case Reason::protocol_incompatible:
      return "protocol-incompatible";
    case Reason::bridge_starting:
      return "bridge-starting";
    case Reason::bridge_down_password_only:
      return "bridge-down-password-only";
    case Reason::bridge_down_denied:
      return "bridge-down-denied";
    case Reason::break_glass:
      return "break-glass";
    case Reason::not_enrolled:
      return "not-enrolled";
    case Reason::rehearsal_due:
      return "rehearsal-due";
    case Reason::probation:
      return "probation";
    case Reason::lapsed:
      return "lapsed";
    case Reason::otp_alone_not_for_administrators:
      return "otp-alone-not-for-administrators";
    case Reason::no_sealed_password:
      return "no-sealed-password";
    case Reason::codes_disabled:
      return "codes-disabled";
  }
  return "unknown";
}

std::string_view name(Preflight preflight) noexcept {
  switch (preflight) {
    case Preflight::ready:
      return "ready";
    case Preflight::account_disabled:
      return "account-disabled";
    case Preflight::smart_card_required:
      return "smart-card-required";
    case Preflight::passwordless:
      return "passwordless";
    case Preflight::no_password:
      return "no-password";
    case Preflight::blank_password:
      return "blank-password";
  }
  return "unknown";
}

Preflight preflight(const PreflightFacts& facts) noexcept {
  if (facts.account_disabled) return Preflight::account_disabled;
  if (facts.smart_card_required) return Preflight::smart_card_required;
  if (facts.passwordless) return Preflight::passwordless;
  if (!facts.has_password) return Preflight::no_password;
  if (facts.password_blank) return Preflight::blank_password;
  return Preflight::ready;
}

Enrolment enrolment_state(bool has_secret, bool rehearsed, bool signed_in_through_tile, std::int64_t trial_ms,
                          std::uint32_t probation_days) noexcept {
  if (!has_secret) return Enrolment::none;
  if (rehearsed && signed_in_through_tile) return Enrolment::enforced;
  constexpr std::int64_t day_ms = 86'400'000;
  if (trial_ms >= std::int64_t{probation_days} * day_ms) return Enrolment::lapsed;
  return rehearsed ? Enrolment::probation : Enrolment::rehearsal_due;
}

}  // namespace systemlog
