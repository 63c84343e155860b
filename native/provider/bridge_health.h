// Whether the bridge answers, as all tiles of one logon screen see it together: changing tiles begins no new wait.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/error.h"

namespace systemlog::provider {

enum class BridgeSilence : std::uint8_t {
  /// Not there, not ready, or saying nothing that makes sense: worth waiting for.
  silent,
  /// There, but its own data are damaged or rolled back; waiting mends nothing.
  broken,
  /// Of another version than this DLL: we stand down.
  incompatible,
};

/// What a failed question says about the bridge.
constexpr BridgeSilence silence_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::damaged:
    case ErrorCode::rolled_back:
    case ErrorCode::authentication_failed:
      return BridgeSilence::broken;
    case ErrorCode::unsupported_version:
      return BridgeSilence::incompatible;
    default:
      return BridgeSilence::silent;
  }
}

/// The 60 seconds a tile waits.
class BridgeHealth {
 public:
  explicit BridgeHealth(std::uint64_t wait_ms) noexcept : wait_ms_(wait_ms) {}

  void answered() noexcept { silent_since_ms_.reset(); }
  /// @param tick_ms any monotonic clock
  void silent(std::uint64_t tick_ms) noexcept {
    if (!silent_since_ms_) silent_since_ms_ = tick_ms;
  }

  std::uint64_t left_ms(std::uint64_t tick_ms) const noexcept {
    if (!silent_since_ms_) return wait_ms_;
    const std::uint64_t waited = tick_ms - *silent_since_ms_;
    return waited >= wait_ms_ ? 0 : wait_ms_ - waited;
  }
  bool waited(std::uint64_t tick_ms) const noexcept { return silent_since_ms_ && left_ms(tick_ms) == 0; }

 private:
  std::uint64_t wait_ms_;
  std::optional<std::uint64_t> silent_since_ms_;
};

}  // namespace systemlog::provider
