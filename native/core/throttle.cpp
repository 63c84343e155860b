#include "core/throttle.h"

#include <algorithm>

namespace systemlog {

std::uint64_t wait_after(std::uint32_t failures_in_row) noexcept {
  if (failures_in_row < failures_before_wait) return 0;
  const std::uint32_t doublings = std::min(failures_in_row - failures_before_wait, 5U);
  return std::min(first_wait_ms << doublings, longest_wait_ms);
}

std::uint64_t remaining_wait(const Throttle& throttle, const ClockReading& now) noexcept {
  const bool same_run = throttle.started.run == now.run;
  // Uptime does not fall within a run; should it seem to, nothing has passed.
  const std::uint64_t since = same_run ? std::min(throttle.started.uptime_ms, now.uptime_ms) : 0;
  const std::uint64_t elapsed = now.uptime_ms - since;
  return elapsed >= throttle.wait_ms ? 0 : throttle.wait_ms - elapsed;
}

}  // namespace systemlog
