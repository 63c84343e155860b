#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

namespace systemlog::bridge {

/// A bucket that refills steadily: bursts are fine, floods are not. May be used from several threads at once.
class RateLimit {
 public:
  RateLimit(double burst, double per_second, std::chrono::milliseconds now) noexcept
      : burst_(burst), per_second_(per_second), tokens_(burst), counted_at_(now) {}

  /// Whether one more is allowed now.
  bool take(std::chrono::milliseconds now) {
    const std::lock_guard lock(mutex_);
    const double seconds = static_cast<double>((now - counted_at_).count()) / 1000.0;
    tokens_ = std::min(burst_, tokens_ + std::max(0.0, seconds) * per_second_);
    counted_at_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  std::mutex mutex_;
  double burst_;
  double per_second_;
  double tokens_;
  std::chrono::milliseconds counted_at_;
};

}  // namespace systemlog::bridge
