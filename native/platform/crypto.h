// Cryptographic primitives of the platform: BCrypt on Windows, libcrypto on Linux. Chosen when linking.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog::crypto {

enum class Hash : std::uint8_t { sha1, sha256, sha512 };

/// A digest of 20, 32 or 64 bytes.
struct Digest {
  std::array<std::uint8_t, 64> bytes{};
  std::size_t size = 0;

  ByteView view() const noexcept { return ByteView(bytes).first(size); }
};

/// A hash over the parts, one after the other.
Result<Digest> digest(Hash hash, std::initializer_list<ByteView> parts) noexcept;

/// HMAC (RFC 2104) under one key, for many messages. Not to be used from two threads at once.
class Hmac {
 public:
  static Result<Hmac> create(Hash hash, ByteView key) noexcept;

  Hmac(Hmac&& other) noexcept;
  Hmac& operator=(Hmac&& other) noexcept;
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  ~Hmac();

  /// The MAC of the parts, one after the other.
  Result<Digest> of(std::initializer_list<ByteView> parts) noexcept;

 private:
  struct Keyed;
  explicit Hmac(std::unique_ptr<Keyed> keyed) noexcept;

  std::unique_ptr<Keyed> keyed_;
};

inline constexpr std::size_t aes_key_bytes = 32;
inline constexpr std::size_t gcm_nonce_bytes = 12;
inline constexpr std::size_t gcm_tag_bytes = 16;

/// AES-256-GCM. Gives the ciphertext with the 16-byte tag behind it. A nonce may never serve twice under one key.
Result<Bytes> aes_gcm_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plain) noexcept;
/// The plain text, or `authentication-failed` when key, nonce, associated data or a single bit differ.
Result<SecretBytes> aes_gcm_open(ByteView key, ByteView nonce, ByteView associated, ByteView sealed) noexcept;

}  // namespace systemlog::crypto
