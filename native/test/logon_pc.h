// A PC with a desk, the server it hears from, and the people at it; for the tests of `LogonDesk`.
#pragma once

#include <doctest/doctest.h>

#include "core/logon_desk.h"
#include "test/fakes/logon_server.h"
#include "test/support.h"

namespace systemlog::test {

inline const std::string tanaka = "S-1-5-21-1-2-3-1001";
inline const std::string suzuki = "S-1-5-21-1-2-3-1002";

struct LogonPc : Bench {
  static constexpr std::int64_t period_ms = 30'000;
  static constexpr std::int64_t day_ms = 86'400'000;

  LogonPc() {
    clock.set_wall(1'700'000'000'000 / period_ms * period_ms + 15'000);
    reopen();
    // The very first moments after the files were made are closed to codes.
    clock.pass(period_ms * 3);
    NewRecoveryCodes made = make_recovery_codes(random, 3).value();
    for (const SecretBytes& shown : made.shown) recovery_codes.emplace_back(text_of(shown));
    server.accounts[tanaka].recovery = made.set;
  }

  Result<LogonDesk> open() {
    return LogonDesk::open(files, *box, random, clock, folder / "logon", server.device, server.device_secret);
  }
  /// The service starts anew.
  void reopen() {
    desk.reset();
    desk.emplace(std::move(open()).value());
  }

  bool hear_policy() {
    const Result<bool> taken = desk->take_policy(server.policy(clock.read().wall_ms));
    REQUIRE(taken.ok());
    return taken.value();
  }
  void fetch_secrets() {
    for (const SecretDue& due : desk->secrets_due()) {
      REQUIRE(desk->take_secret(due.sid, server.released(due.sid, clock.read().wall_ms)).ok());
    }
  }
  void hear() {
    hear_policy();
    fetch_secrets();
  }

  SignIn sign_in(const AttemptId& of) const { return {.attempt = of}; }
  SignIn rehearsal() const { return {.attempt = attempt, .rehearsal = true}; }
  TimeStep step() { return step_at(clock.read().wall_ms, 30); }
  std::string code_of(TimeStep at, const std::string& sid = tanaka) {
    OtpGenerator generator = std::move(OtpGenerator::create(server.accounts.at(sid).secret, {})).value();
    return text_of(generator.code(at).value());
  }
  /// What the authenticator shows now.
  std::string code(const std::string& sid = tanaka) { return code_of(step(), sid); }
  /// A code that fits nowhere near.
  std::string wrong_code() {
    OtpGenerator generator = std::move(OtpGenerator::create(server.accounts.at(tanaka).secret, {})).value();
    for (std::uint32_t value = 0;; ++value) {
      const OtpCode guess{value * 7919 % 1'000'000, 6};
      if (!generator.find(guess, step() - 2000, step() + 2000).value()) return systemlog::text_of(guess);
    }
  }

  Answered answer(const Answers& answers) { return desk->answer(sign_in(attempt), machine, answers); }
  Answered with_code(const std::string& typed) { return answer({.has_password = true, .code = typed}); }
  Answered with_password() { return answer({.has_password = true}); }
  Answered with_recovery(const std::string& typed) { return answer({.has_password = true, .recovery_code = typed}); }
  Answered with_emergency(const std::string& typed) {
    return answer({.has_password = true, .emergency_response = typed});
  }
  Decision asked() const { return desk->question(sign_in(attempt), machine).decision; }
  void accept(std::string_view password_to_seal = "") {
    REQUIRE(desk->password_accepted(attempt, machine, bytes_of(password_to_seal)).ok());
  }
  void reject() { REQUIRE(desk->password_rejected(attempt).ok()); }
  /// The next code is shown.
  void next_step() { clock.pass(period_ms); }

  void rehearse() {
    next_step();
    REQUIRE(desk->answer(rehearsal(), machine, {.has_password = true, .code = code()}).granted);
    accept();
  }
  void sign_in_with_code(std::string_view password_to_seal = "") {
    next_step();
    REQUIRE(with_code(code()).granted);
    accept(password_to_seal);
  }
  /// Linked, enrolled, rehearsed and signed in: from now on a code is needed.
  void enforce(std::string_view password_to_seal = "") {
    hear();
    rehearse();
    sign_in_with_code(password_to_seal);
    next_step();
  }
  Enrolment enrolment() const { return desk->standing(tanaka).value().enrolment; }

  LogonServer server = server_with_tanaka();
  std::vector<std::string> recovery_codes;
  AttemptId attempt{100, 7, 1, tanaka};
  DeskMachine machine;
  std::optional<LogonDesk> desk;

 private:
  static LogonServer server_with_tanaka() {
    LogonServer server;
    server.accounts[tanaka] = {};
    return server;
  }
};

}  // namespace systemlog::test
