#pragma once

#include <random>

#include "platform/random.h"

namespace systemlog::test {

/// The same bytes every time, so that a failing test fails again.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint32_t seed = 1) : engine_(seed) {}

  Result<void> fill(std::span<std::uint8_t> into) noexcept override {
    for (std::uint8_t& byte : into) byte = static_cast<std::uint8_t>(engine_());
    return {};
  }

 private:
  std::mt19937 engine_;
};

}  // namespace systemlog::test
