// Random numbers and clocks of a POSIX system.
#include <sys/random.h>

#include <cerrno>
#include <ctime>

#include "platform/clock.h"
#include "platform/random.h"

namespace systemlog {
namespace {

class PosixRandom final : public Random {
 public:
  Result<void> fill(std::span<std::uint8_t> into) noexcept override {
    std::size_t filled = 0;
    while (filled < into.size()) {
      const ssize_t got = getrandom(into.data() + filled, into.size() - filled, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Error{ErrorCode::crypto_failed, "getrandom"};
      filled += static_cast<std::size_t>(got);
    }
    return {};
  }
};

std::int64_t read_ms(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

class PosixClock final : public SystemClock {
 public:
  explicit PosixClock(const ClockRun& run) noexcept : run_(run) {}

  ClockReading read() noexcept override {
    return {read_ms(CLOCK_REALTIME), run_, static_cast<std::uint64_t>(read_ms(CLOCK_MONOTONIC) - begun_ms_)};
  }
  void begin_run(const ClockRun& run) noexcept override {
    run_ = run;
    begun_ms_ = read_ms(CLOCK_MONOTONIC);
  }

 private:
  ClockRun run_;
  std::int64_t begun_ms_ = 0;
};

}  // namespace

std::unique_ptr<Random> system_random() {
  return std::make_unique<PosixRandom>();
}

std::unique_ptr<SystemClock> system_clock(const ClockRun& run) {
  return std::make_unique<PosixClock>(run);
}

}  // namespace systemlog
