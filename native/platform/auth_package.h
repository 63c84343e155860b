#pragma once

#include <cstdint>

#include "core/base/result.h"

namespace systemlog {

/// The number LSA gave the package that takes our blob (Negotiate). It differs between machines and boots.
class AuthPackage {
 public:
  virtual ~AuthPackage() = default;
  virtual Result<std::uint32_t> negotiate_id() noexcept = 0;
};

}  // namespace systemlog
