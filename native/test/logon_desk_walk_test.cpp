// Everything that can happen at a PC in any order, with crashes between, against what must never happen.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "test/logon_pc.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

struct Walk : LogonPc {
  explicit Walk(std::uint32_t seed) : engine(seed) { server.accounts[tanaka].methods = "otp+password"; }

  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(engine() % bound); }
  bool one_in(std::uint32_t count) { return below(count) == 0; }

  void server_changes() {
    ServerAccount& account = server.accounts[tanaka];
    switch (below(6)) {
      case 0:
        account.methods = std::vector<std::string>{"otp", "otp+password", "password+otp"}[below(3)];
        break;
      case 1:
        ++account.forgiven_epoch;
        break;
      case 2:
        ++account.sealed_password_epoch;
        break;
      case 3:
        account.last_accepted_step = std::max(account.last_accepted_step.value_or(0), step() - below(3));
        break;
      case 4:
        account.credential = "0190a6f0-7c00-7000-8000-" + std::to_string(100'000'000'000 + ++enrolments);
        account.secret = Bytes(20, static_cast<std::uint8_t>(enrolments));
        account.last_accepted_step = step();
        break;
      default:
        account.used_recovery_codes = {below(3)};
    }
  }

  void hears() {
    if (!desk->take_policy(server.policy(clock.read().wall_ms))) return;
    for (const SecretDue& due : desk->secrets_due()) {
      static_cast<void>(desk->take_secret(due.sid, server.released(due.sid, clock.read().wall_ms)));
    }
  }

  /// Somebody tries, and LSA takes the password or does not.
  void tries() {
    SignIn sign_in{.attempt = attempt, .rehearsal = one_in(4)};
    sign_in.attempt.process_id = below(2);
    const Enrolment before = desk->standing(tanaka) ? enrolment() : Enrolment::none;
    Answers answers{.has_password = !one_in(4)};
    const TimeStep tried = step() + below(5) - 2;
    if (one_in(6)) {
      answers.recovery_code = recovery_codes[below(3)];
    } else if (!one_in(5)) {
      answers.code = code_of(tried);
    }
    const Answered answered = desk->answer(sign_in, machine, answers);
    CHECK(answered.granted == answered.refusal.empty());
    CHECK(answered.granted != answered.method.empty());
    if (!answered.granted) {
      CHECK(answered.password.empty());
      return;
    }
    CHECK((answers.has_password || !answered.password.empty()));
    const bool by_substitute = answered.method.starts_with("recovery");
    if (before == Enrolment::enforced) CHECK((!answered.code_verdict.empty() || by_substitute));
    if (answered.code_verdict == "accepted") {
      // Whichever attempt it was: never twice.
      CHECK(accepted.insert({server.accounts[tanaka].credential, tried}).second);
    }
    if (by_substitute) {
      std::set<std::uint32_t>& by = recovery_users[answers.recovery_code];
      by.insert(sign_in.attempt.process_id);
      CHECK(by.size() == 1);
    }
    if (one_in(3)) {
      static_cast<void>(desk->password_rejected(sign_in.attempt));
    } else {
      static_cast<void>(desk->password_accepted(sign_in.attempt, machine, bytes_of(one_in(2) ? "secret" : "")));
    }
  }

  std::mt19937 engine;
  int enrolments = 0;
  /// By credential and step.
  std::set<std::pair<std::string, TimeStep>> accepted;
  std::map<std::string, std::set<std::uint32_t>> recovery_users;
};

}  // namespace

TEST_CASE("whatever happens in whatever order, no code lets in twice and nobody enforced gets in without one") {
  std::size_t accepted = 0;
  std::size_t enforced = 0;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Walk walk(seed);
    for (int i = 0; i < 250; ++i) {
      walk.clock.pass(walk.below(20'000));
      // Cut off at some write, and started anew.
      const bool crashes = walk.one_in(8);
      if (crashes) walk.files.stop_after(static_cast<int>(walk.below(6)));
      if (walk.one_in(12)) walk.server_changes();
      if (walk.one_in(4)) walk.hears();
      for (int tries = 0; tries < 3; ++tries) walk.tries();
      walk.files.heal();
      if (crashes) walk.reopen();
      if (walk.desk->standing(tanaka) && walk.enrolment() == Enrolment::enforced) ++enforced;
    }
    accepted += walk.accepted.size();
  }
  // The walk goes where it matters.
  CHECK(accepted > 100);
  CHECK(enforced > 100);
}
