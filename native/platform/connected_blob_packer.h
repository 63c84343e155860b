#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace systemlog {

/// Packs the credentials of a Microsoft or Entra account, whose blob only Windows itself can make
/// (CredPackAuthenticationBuffer with the protected and identity-provider flags).
class ConnectedBlobPacker {
 public:
  virtual ~ConnectedBlobPacker() = default;
  virtual Result<SecretBytes> pack(std::u16string_view user, const SecretUtf16& password) noexcept = 0;
};

}  // namespace systemlog
