// The bridge's own time for waits and delays: it never goes back, whatever happens to the PC's clock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "bridge/uplink/schedule.h"

namespace systemlog::bridge {

inline Moment now() {
  return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now().time_since_epoch());
}

/// A wait that ends at a moment which may be `never`.
template <typename Ready>
void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, Moment moment, Ready ready) {
  if (moment == never) {
    condition.wait(lock, ready);
  } else {
    condition.wait_until(lock, std::chrono::steady_clock::time_point(moment), ready);
  }
}

}  // namespace systemlog::bridge
