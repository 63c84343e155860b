// Keys derived from the device secret (contract/event.ts, `derivedKeyInfo`).
#pragma once

#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog {

/// 32 random bytes that the device and the server share.
inline constexpr std::size_t device_secret_bytes = 32;

/// HKDF-SHA-256 (RFC 5869) with an empty salt.
/// @param size at most 255 × 32 bytes
Result<SecretBytes> hkdf_sha256(ByteView key_material, std::string_view info, std::size_t size);

/// The key of one purpose: 32 bytes for `systemlog/v1/<purpose>`, e.g. `journal/<id>`, `receipt`, `emergency`.
Result<SecretBytes> derived_key(ByteView device_secret, std::string_view purpose);

}  // namespace systemlog
