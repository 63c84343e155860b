#include "core/code_verifier.h"

#include <algorithm>
#include <utility>

namespace systemlog {
namespace {

TimeStep shifted(TimeStep step, std::int64_t by) noexcept {
  if (by < 0 && step < static_cast<TimeStep>(-by)) return 0;
  return step + static_cast<TimeStep>(by);
}

std::int64_t difference(TimeStep left, TimeStep right) noexcept {
  return static_cast<std::int64_t>(left - right);
}

Result<std::optional<TimeStep>> find_around(OtpGenerator& generator, const OtpCode& code, TimeStep center) {
  return generator.find(code, shifted(center, -CodeVerifier::window_steps),
                        shifted(center, CodeVerifier::window_steps));
}

/// Every step within the diagnosis range whose code it is, nearest first.
Result<std::vector<TimeStep>> diagnose(OtpGenerator& generator, const OtpCode& code, TimeStep center) {
  const auto range = CodeVerifier::diagnosis_range_ms / (std::int64_t{1000} * generator.parameters().period_seconds);
  std::vector<TimeStep> matches;
  for (std::int64_t distance = CodeVerifier::window_steps + 1; distance <= range; ++distance) {
    for (const TimeStep step : {shifted(center, -distance), shifted(center, distance)}) {
      const Result<OtpCode> candidate = generator.code(step);
      if (!candidate) return candidate.error();
      if (candidate.value() == code) matches.push_back(step);
    }
  }
  return matches;
}

/// The wall clock stands clearly before something that has already happened.
bool is_clock_behind(const AttemptBook& book, const AccountAttempts& account, const OtpParameters& parameters,
                     const ClockReading& now) noexcept {
  const std::int64_t tolerance_ms = std::int64_t{1000} * parameters.period_seconds * 5;
  if (book.vouched && now.wall_ms + tolerance_ms < book.vouched->true_ms) return true;
  return account.last_accepted_step && account.resync_offset_steps == 0 &&
         step_at(now.wall_ms + tolerance_ms, parameters.period_seconds) < *account.last_accepted_step;
}

}  // namespace

std::string_view name(CodeVerdict verdict) noexcept {
  switch (verdict) {
    case CodeVerdict::accepted:
      return "accepted";
    case CodeVerdict::accepted_again:
      return "accepted-again";
    case CodeVerdict::wrong:
      return "wrong";
    case CodeVerdict::used:
      return "used";
    case CodeVerdict::too_old:
      return "too-old";
    case CodeVerdict::throttled:
      return "throttled";
    case CodeVerdict::disabled:
      return "disabled";
    case CodeVerdict::clock_off:
      return "clock-off";
    case CodeVerdict::clock_behind:
      return "clock-behind";
    case CodeVerdict::malformed:
      return "malformed";
    case CodeVerdict::unavailable:
      return "unavailable";
  }
  return "unknown";
}

std::int64_t trusted_now_ms(const AttemptBook& book, const ClockReading& now) noexcept {
  if (!book.vouched) return now.wall_ms;
  if (book.vouched->at.run == now.run && now.uptime_ms >= book.vouched->at.uptime_ms) {
    return book.vouched->true_ms + static_cast<std::int64_t>(now.uptime_ms - book.vouched->at.uptime_ms);
  }
  return std::max(now.wall_ms, book.vouched->true_ms);
}

VouchedTime vouched_by(const AttemptBook& book, std::int64_t server_ms, const ClockReading& now) noexcept {
  constexpr std::int64_t longest_delay_ms = 300'000;
  if (!book.vouched) return {server_ms, now};
  const bool same_run = book.vouched->at.run == now.run && now.uptime_ms >= book.vouched->at.uptime_ms;
  const std::uint64_t since_ms = same_run ? now.uptime_ms - book.vouched->at.uptime_ms : 0;
  const std::int64_t at_least = book.vouched->true_ms + static_cast<std::int64_t>(since_ms);
  const bool is_late = server_ms < at_least && at_least - server_ms <= longest_delay_ms;
  return {is_late ? at_least : server_ms, now};
}

void forgive(AccountAttempts& account) noexcept {
  account.failures_in_row = 0;
  account.codes_disabled = false;
  account.throttle = Throttle{};
}

void forget_steps(AccountAttempts& account) noexcept {
  account.last_accepted_step.reset();
  account.drift_steps = 0;
  account.resync_offset_steps = 0;
}

void raise_accepted_step(AccountAttempts& account, TimeStep step) noexcept {
  account.last_accepted_step = std::max(account.last_accepted_step.value_or(0), step);
}

void CodeVerifier::forget(const std::string& sid) {
  grants_.erase(sid);
  candidates_.erase(sid);
}

std::uint64_t CodeVerifier::wait_ms(const std::string& sid) const noexcept {
  return remaining_wait(store_->account(sid).throttle, clock_->read());
}

void CodeVerifier::password_rejected(const AttemptId& attempt) {
  const auto found = grants_.find(attempt.sid);
  if (found != grants_.end() && found->second.attempt == attempt) found->second.password_rejected = true;
}

CodeResult CodeVerifier::check(const AttemptId& attempt, ByteView secret, const OtpParameters& parameters,
                               std::string_view typed) {
  const ClockReading now = clock_->read();
  AccountAttempts account = store_->account(attempt.sid);
  if (account.codes_disabled) return {CodeVerdict::disabled};
  if (const std::uint64_t wait = remaining_wait(account.throttle, now); wait > 0) {
    return {CodeVerdict::throttled, wait};
  }
  const std::optional<OtpCode> code = parse_code(typed, parameters.digits);
  if (!code) return {CodeVerdict::malformed};
  Result<OtpGenerator> generator = OtpGenerator::create(secret, parameters);
  if (!generator) return {CodeVerdict::unavailable};

  const Result<bool> repeat = is_repeat(attempt, generator.value(), *code, now);
  if (!repeat) return {CodeVerdict::unavailable};
  if (repeat.value()) {
    Grant& grant = grants_[attempt.sid];
    ++grant.repeats;
    grant.password_rejected = false;
    return {CodeVerdict::accepted_again};
  }

  const TimeStep now_step = step_at(trusted_now_ms(store_->book(), now), parameters.period_seconds);
  const TimeStep center = shifted(now_step, account.drift_steps);
  const Result<std::optional<TimeStep>> match = find_around(generator.value(), *code, center);
  if (!match) return {CodeVerdict::unavailable};
  if (const std::optional<TimeStep> step = match.value()) {
    // It fits without the offset of a resynchronisation: the clock is right again.
    account.resync_offset_steps = 0;
    return judge_match(attempt, std::move(account), *step, difference(*step, now_step), parameters, now);
  }
  if (account.resync_offset_steps != 0) {
    const TimeStep resynced = shifted(now_step, account.resync_offset_steps);
    const Result<std::optional<TimeStep>> offset_match = find_around(generator.value(), *code, resynced);
    if (!offset_match) return {CodeVerdict::unavailable};
    if (const std::optional<TimeStep> step = offset_match.value()) {
      const int drift = account.drift_steps;
      return judge_match(attempt, std::move(account), *step, drift, parameters, now);
    }
  }
  return judge_miss(attempt, std::move(account), generator.value(), *code, now);
}

/// @param ahead how many steps the authenticator is seen ahead of the PC; becomes the learned drift
CodeResult CodeVerifier::judge_match(const AttemptId& attempt, AccountAttempts account, TimeStep step,
                                     std::int64_t ahead, const OtpParameters& parameters, const ClockReading& now) {
  if (account.last_accepted_step && step <= *account.last_accepted_step) return {CodeVerdict::used};
  if (may_be_forgotten(step, parameters, now)) return {CodeVerdict::used};
  if (is_too_old(account, step, parameters)) return {CodeVerdict::too_old};
  account.drift_steps = static_cast<int>(std::clamp<std::int64_t>(ahead, -most_drift_steps, most_drift_steps));
  return accept(attempt, std::move(account), step, now);
}

CodeResult CodeVerifier::judge_miss(const AttemptId& attempt, AccountAttempts account, OtpGenerator& generator,
                                    const OtpCode& code, const ClockReading& now) {
  const OtpParameters& parameters = generator.parameters();
  const TimeStep now_step = step_at(trusted_now_ms(store_->book(), now), parameters.period_seconds);
  const Result<std::vector<TimeStep>> diagnosed = diagnose(generator, code, now_step);
  if (!diagnosed) return {CodeVerdict::unavailable};
  std::vector<TimeStep> matches = diagnosed.value();
  const auto is_spent = [&](TimeStep step) {
    return (account.last_accepted_step && step <= *account.last_accepted_step) ||
           is_too_old(account, step, parameters) || may_be_forgotten(step, parameters, now);
  };
  const bool only_spent = !matches.empty() && std::all_of(matches.begin(), matches.end(), is_spent);
  if (only_spent) matches.clear();

  const auto pending = candidates_.find(attempt.sid);
  if (pending != candidates_.end()) {
    const ResyncCandidate candidate = std::move(pending->second);
    candidates_.erase(pending);
    const bool in_time = candidate.at.run == now.run && now.uptime_ms - candidate.at.uptime_ms <= resync_within_ms;
    for (const TimeStep step : matches) {
      const bool in_a_row =
          step > 0 && std::find(candidate.steps.begin(), candidate.steps.end(), step - 1) != candidate.steps.end();
      if (!in_time || !in_a_row || is_spent(step)) continue;
      account.drift_steps = 0;
      account.resync_offset_steps = difference(step, now_step);
      CodeResult result = accept(attempt, std::move(account), step, now);
      result.resynchronised = result.lets_in();
      return result;
    }
  }

  ++account.failures_in_row;
  account.codes_disabled = account.failures_in_row >= failures_before_disabled;
  account.throttle = {now, wait_after(account.failures_in_row)};
  const CodeResult counted{CodeVerdict::wrong, account.throttle.wait_ms};
  const bool behind = is_clock_behind(store_->book(), account, parameters, now);
  if (Result<void> saved = store_->save(attempt.sid, std::move(account)); !saved) return {CodeVerdict::unavailable};

  CodeResult result = counted;
  if (only_spent) {
    result.verdict = CodeVerdict::too_old;
  } else if (!matches.empty()) {
    result.verdict = CodeVerdict::clock_off;
    result.clock_offset_ms = difference(matches.front(), now_step) * 1000 * parameters.period_seconds;
    candidates_[attempt.sid] = {std::move(matches), now};
  } else if (behind) {
    result.verdict = CodeVerdict::clock_behind;
  }
  return result;
}

Result<bool> CodeVerifier::is_repeat(const AttemptId& attempt, OtpGenerator& generator, const OtpCode& code,
                                     const ClockReading& now) const {
  const auto found = grants_.find(attempt.sid);
  if (found == grants_.end()) return false;
  const Grant& grant = found->second;
  const bool may = grant.attempt == attempt && grant.password_rejected && grant.repeats < most_repeats &&
                   grant.at.run == now.run && now.uptime_ms - grant.at.uptime_ms <= repeat_within_ms;
  if (!may) return false;
  const Result<std::optional<TimeStep>> same = generator.find(code, grant.step, grant.step);
  if (!same) return same.error();
  return same.value().has_value();
}

/// A step lies before the vouched time when its whole period does. The authenticator's own drift is allowed for,
/// an offset by resynchronisation is not: the vouched time has passed in truth, whatever a clock says.
bool CodeVerifier::is_too_old(const AccountAttempts& account, TimeStep step, const OtpParameters& parameters) const {
  const std::optional<VouchedTime>& vouched = store_->book().vouched;
  if (!vouched) return false;
  return shifted(step, -account.drift_steps) < step_at(vouched->true_ms, parameters.period_seconds);
}

/// The use of a code of that step may be among what was lost. Without effect once the clock shows an earlier time
/// than the loss: that clock was wrong then or is wrong now, and nobody is to be locked out by it.
bool CodeVerifier::may_be_forgotten(TimeStep step, const OtpParameters& parameters, const ClockReading& now) const {
  const std::optional<std::int64_t>& until = store_->book().forgotten_until_wall_ms;
  return until && now.wall_ms >= *until && step <= step_at(*until, parameters.period_seconds);
}

CodeResult CodeVerifier::accept(const AttemptId& attempt, AccountAttempts account, TimeStep step,
                                const ClockReading& now) {
  account.last_accepted_step = step;
  forgive(account);
  if (Result<void> saved = store_->save(attempt.sid, std::move(account)); !saved) return {CodeVerdict::unavailable};
  candidates_.erase(attempt.sid);
  grants_[attempt.sid] = Grant{attempt, step, now};
  return {CodeVerdict::accepted};
}

}  // namespace systemlog
