// Random numbers and clocks of Windows.
// clang-format off
#include <windows.h>
#include <bcrypt.h>
// clang-format on

#include "platform/clock.h"
#include "platform/random.h"

namespace systemlog {
namespace {

class WindowsRandom final : public Random {
 public:
  Result<void> fill(std::span<std::uint8_t> into) noexcept override {
    if (BCryptGenRandom(nullptr, into.data(), static_cast<ULONG>(into.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0) {
      return Error{ErrorCode::crypto_failed, "BCryptGenRandom"};
    }
    return {};
  }
};

class WindowsClock final : public SystemClock {
 public:
  explicit WindowsClock(const ClockRun& run) noexcept : run_(run) {}

  ClockReading read() noexcept override {
    FILETIME now{};
    GetSystemTimeAsFileTime(&now);
    constexpr std::int64_t unix_epoch = 116'444'736'000'000'000;  // in 100 ns since 1601
    const auto ticks =
        static_cast<std::int64_t>((static_cast<std::uint64_t>(now.dwHighDateTime) << 32U) | now.dwLowDateTime);
    return {(ticks - unix_epoch) / 10'000, run_, unbiased_ms() - begun_ms_};
  }
  void begin_run(const ClockRun& run) noexcept override {
    run_ = run;
    begun_ms_ = unbiased_ms();
  }

 private:
  /// Without the time the machine slept.
  static std::uint64_t unbiased_ms() noexcept {
    ULONGLONG ticks = 0;
    QueryUnbiasedInterruptTime(&ticks);
    return ticks / 10'000;
  }

  ClockRun run_;
  std::uint64_t begun_ms_ = 0;
};

}  // namespace

std::unique_ptr<Random> system_random() {
  return std::make_unique<WindowsRandom>();
}

std::unique_ptr<SystemClock> system_clock(const ClockRun& run) {
  return std::make_unique<WindowsClock>(run);
}

}  // namespace systemlog
