#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"

namespace systemlog {

/// Scrambles a password for its way from LogonUI to LSA (CredProtect), so that it does not lie open in memory.
class PasswordProtector {
 public:
  virtual ~PasswordProtector() = default;
  /// @param password without a closing zero. One that is protected already comes back as it is.
  virtual Result<SecretUtf16> protect(const SecretUtf16& password) noexcept = 0;
};

}  // namespace systemlog
