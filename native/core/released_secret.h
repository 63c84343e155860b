// An OTP secret as the server releases it to this PC (contract/logon.ts, `releasedSecret`).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/otp.h"

namespace systemlog {

struct ReleasedSecret {
  std::string credential;
  OtpParameters parameters;
  Bytes iv;
  /// With the tag behind it.
  Bytes sealed;
  /// Of the code that was typed for it, or the last accepted before.
  std::optional<TimeStep> last_accepted_step;
  std::int64_t server_time_ms = 0;
};

/// Takes hostile text: `malformed`, or `unsupported` for another algorithm than `device-secret+hkdf-sha256+a256gcm`.
Result<ReleasedSecret> parse_released_secret(std::string_view json);

/// The secret itself, with the key derived from the device secret (`derivedKeyInfo.vault`) and bound to device,
/// account and credential (`secretContext`). `authentication-failed` when it is another's, or changed.
Result<SecretBytes> open_released_secret(const ReleasedSecret& released, ByteView device_secret,
                                         std::string_view device, std::string_view sid);

}  // namespace systemlog
