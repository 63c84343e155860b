#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/policy.h"

using namespace systemlog;

namespace {

/// A decision in words: `ask otp,password`, `ask password or otp`, `deny`, with what comes along and why.
std::string words(const Decision& decision) {
  const auto list = [](const Factors& factors) {
    std::string text;
    for (const Factor factor : factors.view()) {
      if (!text.empty()) text += ',';
      text += factor == Factor::otp ? "otp" : "password";
    }
    return text;
  };
  std::string text;
  switch (decision.action) {
    case Action::ask:
      text = "ask " + list(decision.factors);
      break;
    case Action::stand_aside:
      text = "stand-aside";
      break;
    case Action::wait:
      text = "wait";
      break;
    case Action::deny:
      text = "deny";
      break;
  }
  if (!decision.alternative.empty()) text += " or " + list(decision.alternative);
  if (decision.code_optional) text += " code-optional";
  if (decision.substitutes_only) text += " substitutes-only";
  if (decision.alarm) text += " alarm";
  return text + ": " + std::string(name(decision.reason));
}

struct Case {
  const char* sentence;
  std::function<void(Scenario&, MachineFacts&, AccountFacts&)> given;
  const char* expected;
};

/// An enforced account of a group with both factors at the logon screen of a healthy PC; each case changes that.
std::string decided(const Case& row) {
  Scenario scenario = Scenario::logon;
  MachineFacts machine;
  AccountFacts account;
  account.methods = Methods::otp_then_password;
  account.enrolment = Enrolment::enforced;
  row.given(scenario, machine, account);
  return words(decide(scenario, machine, account));
}

// Short names for the rows below.
using S = Scenario;
using M = MachineFacts;
using A = AccountFacts;

}  // namespace

TEST_CASE("what is asked, in which order, or why not") {
  const Case cases[] = {
      {"[password]", [](S&, M&, A& a) { a.methods = Methods::password; }, "ask password: by-methods"},
      {"[password], even when enrolled and with codes off",
       [](S&, M&, A& a) { a.methods = Methods::password, a.codes_disabled = true; }, "ask password: by-methods"},
      {"[otp] with a sealed password", [](S&, M&, A& a) { a.methods = Methods::otp, a.sealed_password = true; },
       "ask otp: by-methods"},
      {"[otp] before a password was sealed here", [](S&, M&, A& a) { a.methods = Methods::otp; },
       "ask otp,password: no-sealed-password"},
      {"[otp] is never alone for an administrator",
       [](S&, M&, A& a) { a.methods = Methods::otp, a.sealed_password = true, a.administrator = true; },
       "ask otp,password: otp-alone-not-for-administrators"},
      {"[password, otp]", [](S&, M&, A& a) { a.methods = Methods::password_then_otp; },
       "ask password,otp: by-methods"},
      {"[otp, password]", [](S&, M&, A&) {}, "ask otp,password: by-methods"},
      {"an employee in no group may use either",
       [](S&, M&, A& a) { a.methods = Methods::either, a.sealed_password = true; },
       "ask password or otp: by-methods"},
      {"in no group, nothing sealed", [](S&, M&, A& a) { a.methods = Methods::either; }, "ask password: by-methods"},
      {"in no group, administrator",
       [](S&, M&, A& a) { a.methods = Methods::either, a.sealed_password = true, a.administrator = true; },
       "ask password: by-methods"},

      {"every unlock asks as a logon does", [](S& s, M&, A&) { s = S::unlock; }, "ask otp,password: by-methods"},
      {"a remote logon too", [](S& s, M&, A&) { s = S::remote_logon; }, "ask otp,password: by-methods"},
      {"and a reconnect", [](S& s, M&, A&) { s = S::remote_reconnect; }, "ask otp,password: by-methods"},
      {"prompts are not ours", [](S& s, M&, A&) { s = S::credential_prompt; }, "stand-aside: scenario-not-covered"},
      {"until the administrator says so", [](S& s, M& m, A&) { s = S::credential_prompt, m.prompts_enabled = true; },
       "ask otp,password: by-methods"},
      {"changing the password is Windows' own", [](S& s, M&, A&) { s = S::change_password; },
       "stand-aside: scenario-not-covered"},
      {"so is access before logon", [](S& s, M&, A&) { s = S::pre_logon_access; },
       "stand-aside: scenario-not-covered"},
      {"not loaded in Safe Mode", [](S& s, M&, A&) { s = S::safe_mode; }, "stand-aside: safe-mode"},

      {"installed without the auth feature", [](S&, M& m, A&) { m.feature_installed = false; },
       "stand-aside: feature-not-installed"},
      {"enforcement off, account enforced: the tile stays as an offer",
       [](S&, M& m, A&) { m.enforcement_on = false; }, "ask otp,password: by-methods"},
      {"enforcement off, nobody enrolled",
       [](S&, M& m, A& a) { m.enforcement_on = false, a.enrolment = Enrolment::none; },
       "stand-aside: enforcement-off"},
      {"enforcement off and the bridge down", [](S&, M& m, A&) { m.enforcement_on = false, m.bridge = Bridge::down; },
       "stand-aside: enforcement-off"},
      {"recovery flag", [](S&, M& m, A&) { m.recovery_flag = true; }, "stand-aside: recovery-flag"},
      {"crash breaker", [](S&, M& m, A&) { m.crash_breaker = true; }, "stand-aside: crash-breaker"},
      {"incompatible protocol", [](S&, M& m, A&) { m.protocol_compatible = false; },
       "stand-aside: protocol-incompatible"},

      {"the bridge is starting", [](S&, M& m, A&) { m.bridge = Bridge::starting; }, "wait: bridge-starting"},
      {"the bridge is down: the tile waits first", [](S&, M& m, A&) { m.bridge = Bridge::down; },
       "wait: bridge-starting"},
      {"after 60 s, password-only", [](S&, M& m, A&) { m.bridge = Bridge::down, m.waited_for_bridge = true; },
       "ask password alarm: bridge-down-password-only"},
      {"after 60 s, deny",
       [](S&, M& m, A&) {
         m.bridge = Bridge::down, m.waited_for_bridge = true, m.when_bridge_down = WhenBridgeDown::deny;
       },
       "deny alarm: bridge-down-denied"},
      {"deny does not shut out break-glass accounts",
       [](S&, M& m, A& a) {
         m.bridge = Bridge::down, m.waited_for_bridge = true, m.when_bridge_down = WhenBridgeDown::deny;
         a.break_glass = true;
       },
       "ask password: break-glass"},
      {"break-glass accounts are never asked for a code", [](S&, M&, A& a) { a.break_glass = true; },
       "ask password: break-glass"},
      {"administrators are not excluded by default", [](S&, M&, A& a) { a.administrator = true; },
       "ask otp,password: by-methods"},

      {"not enrolled: installing before enrolling is harmless", [](S&, M&, A& a) { a.enrolment = Enrolment::none; },
       "ask password: not-enrolled"},
      {"enrolled but not rehearsed", [](S&, M&, A& a) { a.enrolment = Enrolment::rehearsal_due; },
       "ask password: rehearsal-due"},
      {"rehearsed: the code is asked for but nobody is locked out by it",
       [](S&, M&, A& a) { a.enrolment = Enrolment::probation; }, "ask otp,password code-optional: probation"},
      {"rehearsed, [otp]: with an optional code the password is needed",
       [](S&, M&, A& a) { a.enrolment = Enrolment::probation, a.methods = Methods::otp, a.sealed_password = true; },
       "ask otp,password code-optional: probation"},
      {"rehearsed, in no group: a code is taken, or the account could never show that it works",
       [](S&, M&, A& a) {
         a.enrolment = Enrolment::probation, a.methods = Methods::either, a.sealed_password = true;
       },
       "ask password,otp code-optional: probation"},
      {"rehearsed, codes off", [](S&, M&, A& a) { a.enrolment = Enrolment::probation, a.codes_disabled = true; },
       "ask password: codes-disabled"},
      {"no success in 14 days", [](S&, M&, A& a) { a.enrolment = Enrolment::lapsed; }, "ask password alarm: lapsed"},
      {"no success in 14 days, in no group: the password was enough before",
       [](S&, M&, A& a) { a.enrolment = Enrolment::lapsed, a.methods = Methods::either; }, "ask password: lapsed"},

      {"codes off after 50 wrong ones: only recovery or emergency", [](S&, M&, A& a) { a.codes_disabled = true; },
       "ask otp,password substitutes-only: codes-disabled"},
      {"codes off, [otp]: what takes the code's place needs the password beside it",
       [](S&, M&, A& a) { a.codes_disabled = true, a.methods = Methods::otp, a.sealed_password = true; },
       "ask otp,password substitutes-only: codes-disabled"},
      {"codes off, in no group: the password is left",
       [](S&, M&, A& a) { a.codes_disabled = true, a.methods = Methods::either, a.sealed_password = true; },
       "ask password: codes-disabled"},
  };
  for (const Case& row : cases) CHECK_MESSAGE(decided(row) == row.expected, row.sentence);
}

TEST_CASE("the filter hides other providers while enforcement is on, and stands down for four reasons only") {
  MachineFacts machine;
  CHECK(filter_hides_others(Scenario::logon, machine));
  CHECK(filter_hides_others(Scenario::unlock, machine));
  CHECK(filter_hides_others(Scenario::remote_logon, machine));
  CHECK_FALSE(filter_hides_others(Scenario::change_password, machine));
  CHECK_FALSE(filter_hides_others(Scenario::pre_logon_access, machine));
  CHECK_FALSE(filter_hides_others(Scenario::credential_prompt, machine));
  CHECK_FALSE(filter_hides_others(Scenario::safe_mode, machine));
  for (const Bridge bridge : {Bridge::starting, Bridge::down}) {
    machine.bridge = bridge;
    CHECK(filter_hides_others(Scenario::logon, machine));
  }
  const auto why = [](auto change) {
    MachineFacts changed;
    change(changed);
    return name(filter_stands_down(Scenario::logon, changed));
  };
  CHECK(why([](M& m) { m.enforcement_on = false; }) == "enforcement-off");
  CHECK(why([](M& m) { m.recovery_flag = true; }) == "recovery-flag");
  CHECK(why([](M& m) { m.crash_breaker = true; }) == "crash-breaker");
  CHECK(why([](M& m) { m.protocol_compatible = false; }) == "protocol-incompatible");
  CHECK(why([](M& m) { m.feature_installed = false; }) == "feature-not-installed");
}

TEST_CASE("whatever the facts, an enforced account is never let in on less than its methods by a healthy PC") {
  for (const Scenario scenario : {S::logon, S::unlock, S::remote_logon, S::remote_reconnect}) {
    for (unsigned bits = 0; bits < 8; ++bits) {
      for (const Methods methods : {Methods::password, Methods::otp, Methods::password_then_otp,
                                    Methods::otp_then_password, Methods::either}) {
        const AccountFacts account{false,           (bits & 1U) != 0, methods, Enrolment::enforced, (bits & 2U) != 0,
                                   (bits & 4U) != 0};
        const Decision decision = decide(scenario, {}, account);
        REQUIRE(decision.action == Action::ask);
        CHECK_FALSE(decision.code_optional);
        CHECK_FALSE(decision.factors.empty());
        const bool wants_otp = methods != Methods::password && methods != Methods::either;
        CHECK(decision.factors.contains(Factor::otp) == wants_otp);
        if (account.administrator || !account.sealed_password) CHECK(decision.factors.contains(Factor::password));
      }
    }
  }
}

TEST_CASE("a rehearsal asks for both in the methods' order, whether enforcement is on or not") {
  const auto rehearsed = [](auto change) {
    MachineFacts machine;
    machine.enforcement_on = false;
    AccountFacts account{.methods = Methods::otp_then_password, .enrolment = Enrolment::rehearsal_due};
    change(machine, account);
    return words(decide_rehearsal(machine, account));
  };
  CHECK(rehearsed([](M&, A&) {}) == "ask otp,password: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.methods = Methods::password_then_otp; }) == "ask password,otp: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.methods = Methods::otp, a.sealed_password = true; }) ==
        "ask otp,password: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.methods = Methods::either; }) == "ask password,otp: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.enrolment = Enrolment::lapsed; }) == "ask otp,password: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.enrolment = Enrolment::enforced; }) == "ask otp,password: by-methods");
  CHECK(rehearsed([](M&, A& a) { a.codes_disabled = true; }) == "ask otp,password substitutes-only: codes-disabled");
  CHECK(rehearsed([](M&, A& a) { a.enrolment = Enrolment::none; }) == "stand-aside: not-enrolled");
  CHECK(rehearsed([](M&, A& a) { a.break_glass = true; }) == "stand-aside: break-glass");
  CHECK(rehearsed([](M& m, A&) { m.feature_installed = false; }) == "stand-aside: feature-not-installed");
}

TEST_CASE("an account comes to enforcement by a rehearsal and one sign-in, or lapses") {
  constexpr std::int64_t day = 86'400'000;
  CHECK(enrolment_state(false, true, true, 0, 14) == Enrolment::none);
  CHECK(enrolment_state(true, false, false, 0, 14) == Enrolment::rehearsal_due);
  CHECK(enrolment_state(true, true, false, 14 * day - 1, 14) == Enrolment::probation);
  CHECK(enrolment_state(true, false, true, 0, 14) == Enrolment::rehearsal_due);
  CHECK(enrolment_state(true, true, true, 400 * day, 14) == Enrolment::enforced);
  CHECK(enrolment_state(true, true, false, 14 * day, 14) == Enrolment::lapsed);
  CHECK(enrolment_state(true, true, false, 14 * day, 15) == Enrolment::probation);
  CHECK(enrolment_state(true, false, false, 14 * day, 14) == Enrolment::lapsed);
}

TEST_CASE("accounts without a usable password fail the preflight with a reason") {
  const auto flown = [](auto change) {
    PreflightFacts facts;
    change(facts);
    return name(preflight(facts));
  };
  using P = PreflightFacts;
  CHECK(flown([](P&) {}) == "ready");
  CHECK(flown([](P& p) { p.has_password = false; }) == "no-password");
  CHECK(flown([](P& p) { p.password_blank = true; }) == "blank-password");
  CHECK(flown([](P& p) { p.passwordless = true; }) == "passwordless");
  CHECK(flown([](P& p) { p.smart_card_required = true; }) == "smart-card-required");
  CHECK(flown([](P& p) { p.account_disabled = true; }) == "account-disabled");
}

TEST_CASE("every reason has a name of its own") {
  std::set<std::string_view> names;
  constexpr auto last = static_cast<unsigned>(Reason::codes_disabled);
  for (unsigned reason = 0; reason <= last; ++reason) names.insert(name(static_cast<Reason>(reason)));
  CHECK(names.size() == last + 1);
  CHECK(names.count("unknown") == 0);
}
