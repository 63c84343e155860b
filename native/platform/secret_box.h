#pragma once

#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog {

/// Seals small secrets (keys) to this machine: DPAPI with machine scope on Windows, a key file elsewhere.
class SecretBox {
 public:
  virtual ~SecretBox() = default;
  /// @param purpose bound to the seal: what was sealed for one purpose does not open for another.
  virtual Result<Bytes> seal(ByteView plain, std::string_view purpose) noexcept = 0;
  /// `authentication-failed` when it is damaged, from another machine or for another purpose.
  virtual Result<SecretBytes> open(ByteView sealed, std::string_view purpose) noexcept = 0;
};

}  // namespace systemlog
