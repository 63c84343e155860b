#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/result.h"

namespace systemlog {

/// Where random bytes come from. Tests give known ones.
class Random {
 public:
  virtual ~Random() = default;
  virtual Result<void> fill(std::span<std::uint8_t> into) noexcept = 0;
};

/// The system's generator, fit for keys.
std::unique_ptr<Random> system_random();

}  // namespace systemlog
