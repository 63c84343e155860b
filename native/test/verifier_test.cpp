#include <doctest/doctest.h>

#include <map>
#include <random>

#include "core/code_verifier.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

constexpr std::int64_t period_ms = 30'000;
/// In the middle of a step, so that passing a few seconds stays within it.
constexpr std::int64_t begin_ms = 1'700'000'000'000 / period_ms * period_ms + 15'000;
const std::string sid = "S-1-5-21-1-2-3-1001";

/// An account with its authenticator, and the PC it signs in at.
struct Desk : Bench {
  Desk() {
    clock.set_wall(begin_ms);
    reopen();
    // The very first moments after the file was made are closed to codes; see the test about it.
    clock.pass(period_ms * 3);
  }

  /// The service starts anew.
  void reopen() {
    verifier.reset();
    store.reset();
    store.emplace(std::move(AttemptStore::open(files, *box, random, folder / "attempts", clock.read())).value());
    verifier.emplace(*store, clock);
  }

  std::string code_of(TimeStep step) { return text_of(generator.code(step).value()); }
  TimeStep step() { return step_at(clock.read().wall_ms, 30); }
  /// What the authenticator shows now, `steps` ahead.
  std::string code(std::int64_t steps = 0) { return code_of(step() + static_cast<TimeStep>(steps)); }
  /// A code that fits nowhere near.
  std::string wrong_code() {
    for (std::uint32_t value = 0;; ++value) {
      const OtpCode guess{value * 7919 % 1'000'000, 6};
      if (!generator.find(guess, step() - 2000, step() + 2000).value()) return text_of(guess);
    }
  }
  CodeResult check(const std::string& typed) { return verifier->check(attempt, secret, {}, typed); }
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      clock.pass(static_cast<std::int64_t>(verifier->wait_ms(sid)));
      REQUIRE(check(wrong_code()).verdict == CodeVerdict::wrong);
    }
  }
  void vouch(std::int64_t true_ms) {
    AttemptBook book = store->book();
    book.vouched = VouchedTime{true_ms, clock.read()};
    REQUIRE(store->save(std::move(book)).ok());
  }

  const Bytes secret = Bytes(20, 0x42);
  OtpGenerator generator = std::move(OtpGenerator::create(secret, {})).value();
  AttemptId attempt{100, 7, 1, sid};
  std::optional<AttemptStore> store;
  std::optional<CodeVerifier> verifier;
};

}  // namespace

TEST_CASE_FIXTURE(Desk, "the code of this step and of its neighbours is accepted") {
  for (const int steps : {-1, 0, 1}) {
    clock.pass(period_ms * 10);
    reopen();
    AttemptBook fresh = store->book();
    fresh.accounts.clear();
    REQUIRE(store->save(fresh).ok());
    CHECK(check(code(steps)).verdict == CodeVerdict::accepted);
  }
}

TEST_CASE_FIXTURE(Desk, "a code is accepted once, also after a restart of the service") {
  const std::string now = code();
  CHECK(check(now).verdict == CodeVerdict::accepted);
  CHECK(check(now).verdict == CodeVerdict::used);
  reopen();
  CHECK(check(now).verdict == CodeVerdict::used);
}

TEST_CASE_FIXTURE(Desk, "after a code no earlier one is accepted either") {
  CHECK(check(code(1)).verdict == CodeVerdict::accepted);
  CHECK(check(code(0)).verdict == CodeVerdict::used);
  clock.pass(period_ms);
  CHECK(check(code(0)).verdict == CodeVerdict::used);
  CHECK(check(code(1)).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "setting the clock back brings no used code back") {
  const std::string now = code();
  CHECK(check(now).verdict == CodeVerdict::accepted);
  clock.pass(period_ms * 100);
  clock.shift_wall(-period_ms * 100);
  CHECK(check(now).verdict == CodeVerdict::used);
}

TEST_CASE_FIXTURE(Desk, "nobody is let in on a code whose use could not be written down") {
  const std::string now = code();
  files.set_fault([](std::string_view) { return ErrorCode::io_failed; });
  CHECK(check(now).verdict == CodeVerdict::unavailable);
  files.heal();
  CHECK(check(now).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "a failure that could not be written down is not a wrong code") {
  files.set_fault([](std::string_view) { return ErrorCode::disk_full; });
  CHECK(check(wrong_code()).verdict == CodeVerdict::unavailable);
  files.heal();
  CHECK(store->account(sid).failures_in_row == 0);
}

TEST_CASE_FIXTURE(Desk, "what is no code is not counted") {
  for (const char* typed : {"", "12345", "1234567", "abcdef"}) {
    CHECK(check(typed).verdict == CodeVerdict::malformed);
  }
  CHECK(store->account(sid).failures_in_row == 0);
}

TEST_CASE_FIXTURE(Desk, "after a wrong password the same attempt may bring its code again, three times") {
  const std::string now = code();
  REQUIRE(check(now).verdict == CodeVerdict::accepted);
  CHECK(check(now).verdict == CodeVerdict::used);  // no wrong password was reported
  for (int repeat = 0; repeat < 3; ++repeat) {
    verifier->password_rejected(attempt);
    CHECK(check(now).verdict == CodeVerdict::accepted_again);
    CHECK(check(now).verdict == CodeVerdict::used);
  }
  verifier->password_rejected(attempt);
  CHECK(check(now).verdict == CodeVerdict::used);
}

TEST_CASE_FIXTURE(Desk, "the repeat is for 60 seconds, whatever the wall clock does") {
  const std::string now = code();
  REQUIRE(check(now).verdict == CodeVerdict::accepted);
  verifier->password_rejected(attempt);
  SUBCASE("within") {
    clock.pass(60'000);
    CHECK(check(now).verdict == CodeVerdict::accepted_again);
  }
  SUBCASE("after") {
    clock.pass(60'001);
    CHECK_FALSE(check(now).lets_in());
  }
  SUBCASE("after, with the clock set back") {
    clock.pass(60'001);
    clock.shift_wall(-60'001);
    CHECK_FALSE(check(now).lets_in());
  }
  SUBCASE("in another clock run") {
    const auto uptime = static_cast<std::int64_t>(clock.read().uptime_ms);
    clock.reboot();
    clock.pass(uptime + 10'000);
    CHECK_FALSE(check(now).lets_in());
  }
}

TEST_CASE_FIXTURE(Desk, "the repeat is for the same process, session and account only") {
  const std::string now = code();
  REQUIRE(check(now).verdict == CodeVerdict::accepted);
  AttemptId other = attempt;
  SUBCASE("another process") {
    other.process_id = 101;
  }
  SUBCASE("a new process with the same id") {
    other.process_started = 8;
  }
  SUBCASE("another session") {
    other.session_id = 2;
  }
  verifier->password_rejected(other);
  CHECK(check(now).verdict == CodeVerdict::used);
  verifier->password_rejected(attempt);
  CHECK(verifier->check(other, secret, {}, now).verdict == CodeVerdict::used);
  CHECK(verifier->check(attempt, secret, {}, now).verdict == CodeVerdict::accepted_again);
}

TEST_CASE_FIXTURE(Desk, "waits begin at the fifth wrong code and double up to 15 minutes") {
  const std::uint64_t expected[] = {0, 0, 0, 0, 30'000, 60'000, 120'000, 240'000, 480'000, 900'000, 900'000};
  for (const std::uint64_t wait : expected) {
    clock.pass(static_cast<std::int64_t>(verifier->wait_ms(sid)));
    const CodeResult result = check(wrong_code());
    CHECK(result.verdict == CodeVerdict::wrong);
    CHECK(result.wait_ms == wait);
  }
}

TEST_CASE_FIXTURE(Desk, "during a wait no code is looked at, not even the right one") {
  fail(5);
  CHECK(check(code()).verdict == CodeVerdict::throttled);
  clock.pass(29'999);
  const CodeResult result = check(code());
  CHECK(result.verdict == CodeVerdict::throttled);
  CHECK(result.wait_ms == 1);
  CHECK(store->account(sid).failures_in_row == 5);
  clock.pass(1);
  CHECK(check(code()).verdict == CodeVerdict::accepted);
  CHECK(store->account(sid).failures_in_row == 0);
}

TEST_CASE_FIXTURE(Desk, "fifty wrong codes in a row switch codes off until somebody forgives") {
  fail(50);
  CHECK(check(code()).verdict == CodeVerdict::disabled);
  clock.pass(86'400'000);
  reopen();
  CHECK(check(code()).verdict == CodeVerdict::disabled);
  AccountAttempts account = store->account(sid);
  forgive(account);
  REQUIRE(store->save(sid, account).ok());
  CHECK(check(code()).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "an accepted code among wrong ones begins the count anew") {
  fail(49);
  clock.pass(longest_wait_ms);
  REQUIRE(check(code()).verdict == CodeVerdict::accepted);
  fail(4);
  CHECK(verifier->wait_ms(sid) == 0);
}

TEST_CASE_FIXTURE(Desk, "a wait survives a restart and any setting of the clock") {
  fail(9);
  REQUIRE(verifier->wait_ms(sid) == 480'000);
  SUBCASE("restart of the service") {
    reopen();
  }
  SUBCASE("clock set forward") {
    clock.shift_wall(365LL * 86'400'000);
  }
  SUBCASE("clock set back") {
    clock.shift_wall(-365LL * 86'400'000);
  }
  SUBCASE("reboot with a clock set forward in the firmware") {
    clock.reboot(365LL * 86'400'000);
    reopen();
  }
  CHECK(verifier->wait_ms(sid) == 480'000);
  clock.pass(479'999);
  CHECK(verifier->wait_ms(sid) == 1);
  clock.pass(1);
  CHECK(verifier->wait_ms(sid) == 0);
}

TEST_CASE(
    "whatever is done to clock and PC, a wait takes its length of uptime and never longer than that in one run") {
  std::mt19937 engine(7);
  const auto below = [&engine](std::int64_t bound) {
    return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(bound));
  };
  for (int round = 0; round < 2000; ++round) {
    FakeClock clock;
    clock.pass(below(10'000'000));
    const Throttle throttle{clock.read(), 30'000 + static_cast<std::uint64_t>(below(870'000))};
    std::uint64_t in_this_run = 0;
    for (int step = 0; step < 20; ++step) {
      switch (below(4)) {
        case 0: {
          const std::int64_t passing = below(300'000);
          clock.pass(passing);
          in_this_run += static_cast<std::uint64_t>(passing);
          break;
        }
        case 1:
          clock.shift_wall(below(1'000'000'000) - 500'000'000);
          break;
        case 2:
          clock.set_wall(below(4'000'000'000'000));
          break;
        default:
          clock.reboot(below(100'000'000)), in_this_run = 0;
      }
      const std::uint64_t remaining = remaining_wait(throttle, clock.read());
      CHECK(remaining == (in_this_run >= throttle.wait_ms ? 0 : throttle.wait_ms - in_this_run));
    }
  }
}

TEST_CASE_FIXTURE(Desk,
                  "drift is learned up to two steps, so that an authenticator that goes wrong slowly keeps working") {
  std::int64_t ahead = 0;
  for (const std::int64_t next : {1, 2, 3}) {
    clock.pass(period_ms * 10);
    ahead = next;
    CHECK(check(code(ahead)).verdict == CodeVerdict::accepted);
  }
  CHECK(store->account(sid).drift_steps == 2);
  clock.pass(period_ms * 10);
  CHECK(check(code(4)).verdict == CodeVerdict::clock_off);
}

TEST_CASE_FIXTURE(Desk,
                  "a code from far away is told as a clock that is off, and the next one in a row sets it right") {
  const std::int64_t offset = std::int64_t{9} * 3'600'000 / period_ms;
  const CodeResult first = check(code(offset));
  CHECK(first.verdict == CodeVerdict::clock_off);
  CHECK(first.clock_offset_ms == offset * period_ms);
  CHECK(store->account(sid).failures_in_row == 1);
  const CodeResult second = check(code(offset + 1));
  CHECK(second.verdict == CodeVerdict::accepted);
  CHECK(second.resynchronised);
  CHECK(store->account(sid).failures_in_row == 0);

  clock.pass(period_ms * 5);
  reopen();
  const CodeResult later = check(code(offset));
  CHECK(later.verdict == CodeVerdict::accepted);
  CHECK_FALSE(later.resynchronised);
  CHECK(check(code(offset)).verdict == CodeVerdict::used);

  // The clock is set right: codes fit as they stand, and the offset is forgotten.
  clock.shift_wall(offset * period_ms + period_ms * 5);
  CHECK(check(code()).verdict == CodeVerdict::accepted);
  CHECK(store->account(sid).resync_offset_steps == 0);
}

TEST_CASE_FIXTURE(Desk, "a clock that is behind is told with its sign") {
  clock.pass(period_ms * 100);
  const CodeResult result = check(code(-20));
  CHECK(result.verdict == CodeVerdict::clock_off);
  CHECK(result.clock_offset_ms == -20 * period_ms);
}

TEST_CASE_FIXTURE(Desk, "two codes that are not in a row do not resynchronise") {
  REQUIRE(check(code(100)).verdict == CodeVerdict::clock_off);
  SUBCASE("the same again") {
    CHECK_FALSE(check(code(100)).lets_in());
  }
  SUBCASE("one between") {
    CHECK_FALSE(check(code(102)).lets_in());
  }
  SUBCASE("the one before") {
    CHECK_FALSE(check(code(99)).lets_in());
  }
  SUBCASE("too late") {
    clock.pass(static_cast<std::int64_t>(CodeVerifier::resync_within_ms) + 1);
    CHECK_FALSE(check(code(101)).lets_in());
  }
  SUBCASE("after a restart") {
    reopen();
    CHECK_FALSE(check(code(101)).lets_in());
  }
}

TEST_CASE_FIXTURE(Desk, "resynchronising is throttled like any wrong code") {
  for (int i = 0; i < 5; ++i) CHECK_FALSE(check(code(100 + 10 * i)).lets_in());
  CHECK(check(code(141)).verdict == CodeVerdict::throttled);
}

TEST_CASE_FIXTURE(Desk, "resynchronising takes no code at or before the last accepted one") {
  REQUIRE(check(code(0)).verdict == CodeVerdict::accepted);
  clock.pass(period_ms * 50);
  CHECK(check(code(-51)).verdict == CodeVerdict::too_old);
  CHECK_FALSE(check(code(-50)).lets_in());
}

TEST_CASE_FIXTURE(Desk, "no code older than the vouched time is accepted") {
  const std::string before = code(-1);
  const std::string now = code(0);
  vouch(clock.read().wall_ms);
  CHECK(check(before).verdict == CodeVerdict::too_old);
  CHECK(check(now).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "in the run it was vouched in, true time decides and not the clock on the wall") {
  vouch(clock.read().wall_ms);
  const TimeStep then = step();
  clock.shift_wall(-std::int64_t{9} * 3'600'000);
  clock.pass(period_ms * 4);
  CHECK(check(code_of(then + 4)).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk,
                  "in a later run the vouched time is only a floor: how long the PC was off nobody vouched for") {
  vouch(clock.read().wall_ms);
  const auto uptime = static_cast<std::int64_t>(clock.read().uptime_ms);
  clock.reboot(600'000);
  clock.pass(uptime + 10'000);
  CHECK(check(code()).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "a clock that fell behind a time already seen is named, not blamed on the code") {
  vouch(clock.read().wall_ms);
  clock.reboot();
  clock.set_wall(1'000'000'000'000);
  reopen();
  CHECK(check(wrong_code()).verdict != CodeVerdict::accepted);
  // The authenticator shows a time the PC cannot know: 3 days after what was vouched.
  CHECK(check(code_of(step_at(begin_ms + std::int64_t{3} * 86'400'000, 30))).verdict == CodeVerdict::clock_behind);
}

TEST_CASE_FIXTURE(Desk,
                  "when the memory is new or may have lost its end, codes that could have been used stay closed") {
  const std::string now = code();
  REQUIRE(check(now).verdict == CodeVerdict::accepted);
  SUBCASE("the file is gone") {
    std::filesystem::remove(folder / "attempts");
  }
  SUBCASE("the newest state does not read") {
    const std::size_t slot = AttemptStore::slot_bytes;
    const Bytes bytes = slurp(folder / "attempts");
    const bool first_is_newer = bytes[4] > bytes[slot + 4];
    overwrite(folder / "attempts", (first_is_newer ? 0 : slot) + 100, Bytes(8, 0xEE));
  }
  reopen();
  CHECK(check(now).verdict == CodeVerdict::used);
  clock.pass(period_ms * 2);
  CHECK(check(code()).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "a loss while the clock stood in the future locks nobody out") {
  clock.shift_wall(365LL * 86'400'000);
  std::filesystem::remove(folder / "attempts");
  reopen();
  clock.shift_wall(-365LL * 86'400'000);
  CHECK(check(code()).verdict == CodeVerdict::accepted);
}

TEST_CASE_FIXTURE(Desk, "of many attempts in any order no code is accepted twice") {
  std::mt19937 engine(11);
  std::map<TimeStep, int> accepted;
  TimeStep highest = 0;
  for (int i = 0; i < 600; ++i) {
    clock.pass(static_cast<std::int64_t>(engine() % 40'000));
    if (engine() % 20 == 0) clock.shift_wall(static_cast<std::int64_t>(engine() % 600'000) - 300'000);
    if (engine() % 50 == 0) reopen();
    if (engine() % 60 == 0) vouch(begin_ms + static_cast<std::int64_t>(clock.read().uptime_ms));
    const TimeStep tried = step() + engine() % 7 - 3;
    const CodeResult result = check(code_of(tried));
    if (result.verdict == CodeVerdict::throttled) {
      AccountAttempts account = store->account(sid);
      forgive(account);
      REQUIRE(store->save(sid, account).ok());
    }
    if (!result.lets_in()) continue;
    const std::optional<TimeStep> last = store->account(sid).last_accepted_step;
    REQUIRE(last.has_value());
    CHECK(++accepted[*last] == 1);
    CHECK(*last > highest);
    highest = *last;
  }
  CHECK(accepted.size() > 20);
}

TEST_CASE_FIXTURE(Desk, "a new secret begins without the old one's steps, and with its failures") {
  REQUIRE(check(code(1)).verdict == CodeVerdict::accepted);
  fail(3);
  AccountAttempts account = store->account(sid);
  forget_steps(account);
  REQUIRE(store->save(sid, account).ok());
  CHECK(store->account(sid).failures_in_row == 3);
  CHECK(check(code(0)).verdict == CodeVerdict::accepted);
}

TEST_CASE("what is remembered is read back as it was written") {
  AttemptBook book;
  book.vouched = VouchedTime{1, {2, {3}, 4}};
  book.vault_generation = 5;
  book.forgotten_until_wall_ms = -6;
  book.policy_version = "version";
  AccountAttempts account;
  account.last_accepted_step = 7;
  account.drift_steps = -2;
  account.resync_offset_steps = -8;
  account.failures_in_row = 9;
  account.codes_disabled = true;
  account.throttle = {{10, {11}, 12}, 13};
  account.burned_recovery_codes = {{14}, {15}};
  account.credential = "credential";
  account.forgiven_epoch = 16;
  book.accounts["S-1-5-1"] = account;
  const SecretBytes bytes = write_book(book);
  const Result<AttemptBook> read = parse_book(bytes);
  REQUIRE(read.ok());
  CHECK(write_book(read.value()) == bytes);
  CHECK(read.value().accounts.at("S-1-5-1").drift_steps == -2);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(parse_book(ByteView(bytes).first(size)).ok());
}
