#include "bridge/uplink/schedule.h"

#include <algorithm>
#include <array>

namespace systemlog::bridge {

Moment Backoff::failed(std::optional<Moment> retry_after) {
  constexpr unsigned most_doublings = 20;
  const Moment full = std::min(first_ * (1 << std::min(failures_, most_doublings)), longest_);
  ++failures_;
  std::array<std::uint8_t, 2> bytes{};
  // Without random bytes all wait the full time: later than could be, never sooner.
  const bool filled = random_->fill(bytes).ok();
  const int share = filled ? bytes[0] * 256 + bytes[1] : 65536;
  const Moment spread = full / 2 + (full - full / 2) * share / 65536;
  return std::max(spread, std::min(retry_after.value_or(Moment{0}), longest_));
}

}  // namespace systemlog::bridge
