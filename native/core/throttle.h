// How long one waits after wrong codes. Pure.
#pragma once

#include <cstdint>

#include "platform/clock.h"

namespace systemlog {

inline constexpr std::uint32_t failures_before_wait = 5;
inline constexpr std::uint64_t first_wait_ms = 30'000;
inline constexpr std::uint64_t longest_wait_ms = 900'000;
/// So many wrong codes in a row switch codes off until a recovery code, an emergency response or an administrator.
inline constexpr std::uint32_t failures_before_disabled = 50;

/// A wait as it is kept over restarts. Only `started.run` and `started.uptime_ms` decide; `started.wall_ms` is for
/// people who read the audit, because whoever can set the wall clock must not be able to shorten or lengthen a wait.
struct Throttle {
  ClockReading started;
  std::uint64_t wait_ms = 0;
};

/// The wait after the n-th wrong code in a row: none before the fifth, then 30 s doubling to 15 min.
std::uint64_t wait_after(std::uint32_t failures_in_row) noexcept;

/// What is left of a wait. In the clock run it began in, its uptime tells exactly. In a later run all of that run's
/// uptime has passed since, and nothing more is certain: a restart can make the wait begin again, never end early.
/// Never more than `throttle.wait_ms`.
std::uint64_t remaining_wait(const Throttle& throttle, const ClockReading& now) noexcept;

}  // namespace systemlog
