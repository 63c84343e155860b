// When to talk to the server. Nothing here sleeps; whoever runs it asks.
#pragma once

#include <chrono>
#include <optional>

#include "core/base/result.h"
#include "platform/random.h"

namespace systemlog::bridge {

/// Milliseconds since any fixed moment, on a clock that never goes back.
using Moment = std::chrono::milliseconds;
inline constexpr Moment never = Moment::max();

/// Doubles from the first delay to the longest, spread over the upper half so that many PCs do not come at once;
/// never sooner than the server asks.
class Backoff {
 public:
  Backoff(Random& random, Moment first, Moment longest) noexcept
      : random_(&random), first_(first), longest_(longest) {}

  /// How long to wait after one more failure.
  Moment failed(std::optional<Moment> retry_after);
  void succeeded() noexcept { failures_ = 0; }

 private:
  Random* random_;
  Moment first_;
  Moment longest_;
  unsigned failures_ = 0;
};

}  // namespace systemlog::bridge
