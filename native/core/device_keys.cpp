#include "core/device_keys.h"

#include <algorithm>

#include "platform/crypto.h"

namespace systemlog {

Result<SecretBytes> hkdf_sha256(ByteView key_material, std::string_view info, std::size_t size) {
  constexpr std::size_t block_bytes = 32;
  if (size > 255 * block_bytes) return Error{ErrorCode::invalid_argument, "hkdf size"};
  const std::array<std::uint8_t, block_bytes> empty_salt{};
  Result<crypto::Hmac> extractor = crypto::Hmac::create(crypto::Hash::sha256, empty_salt);
  if (!extractor) return extractor.error();
  Result<crypto::Digest> extracted = extractor.value().of({key_material});
  if (!extracted) return extracted.error();
  Result<crypto::Hmac> expander = crypto::Hmac::create(crypto::Hash::sha256, extracted.value().view());
  secure_zero(extracted.value().bytes.data(), extracted.value().bytes.size());
  if (!expander) return expander.error();

  SecretBytes key;
  crypto::Digest block;
  for (std::uint8_t counter = 1; key.size() < size; ++counter) {
    const Result<crypto::Digest> next = expander.value().of({block.view(), bytes_of(info), ByteView(&counter, 1)});
    if (!next) return next.error();
    block = next.value();
    const std::size_t wanted = std::min(block_bytes, size - key.size());
    key.insert(key.end(), block.bytes.begin(), block.bytes.begin() + static_cast<std::ptrdiff_t>(wanted));
  }
  secure_zero(block.bytes.data(), block.bytes.size());
  return key;
}

Result<SecretBytes> derived_key(ByteView device_secret, std::string_view purpose) {
  if (device_secret.size() != device_secret_bytes) return Error{ErrorCode::invalid_argument, "device secret"};
  return hkdf_sha256(device_secret, "systemlog/v1/" + std::string(purpose), 32);
}

}  // namespace systemlog
