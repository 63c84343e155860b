#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace systemlog {

/// Names one clock run: made at random at every boot and every resume (contract: `bootId`).
using ClockRun = std::array<std::uint8_t, 16>;

struct ClockReading {
  /// Unix time in UTC, milliseconds. Whoever may set the clock sets this.
  std::int64_t wall_ms = 0;
  ClockRun run{};
  /// Milliseconds since the run began, without sleep; nobody sets it.
  std::uint64_t uptime_ms = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual ClockReading read() noexcept = 0;
};

/// The system's clocks. `begin_run` is to be called at every resume.
class SystemClock : public Clock {
 public:
  virtual void begin_run(const ClockRun& run) noexcept = 0;
};

/// @param run the run that began at boot. Whoever starts later than the boot takes it from where the boot's first
/// starter left it, so that a restarted service does not begin a run of its own.
std::unique_ptr<SystemClock> system_clock(const ClockRun& run);

}  // namespace systemlog
