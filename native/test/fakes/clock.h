#pragma once

#include "platform/clock.h"

namespace systemlog::test {

/// A clock that stands still until told. Wall time and uptime move apart only when somebody sets the clock.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t wall_ms = 1'700'000'000'000) noexcept { now_.wall_ms = wall_ms, now_.run[0] = 1; }

  ClockReading read() noexcept override { return now_; }
  void pass(std::int64_t ms) noexcept {
    now_.wall_ms += ms;
    now_.uptime_ms += static_cast<std::uint64_t>(ms);
  }
  void set_wall(std::int64_t wall_ms) noexcept { now_.wall_ms = wall_ms; }
  void shift_wall(std::int64_t by_ms) noexcept { now_.wall_ms += by_ms; }
  /// Power off for a while and on again: a new run.
  void reboot(std::int64_t off_ms = 0) noexcept {
    now_.wall_ms += off_ms;
    now_.uptime_ms = 0;
    ++now_.run[0];
    if (now_.run[0] == 0) ++now_.run[1];
  }

 private:
  ClockReading now_;
};

}  // namespace systemlog::test
