#include "platform/crypto.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <string>

namespace systemlog::crypto {
namespace {

struct Release {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

const char* name_of(Hash hash) noexcept {
  switch (hash) {
    case Hash::sha1:
      return "SHA1";
    case Hash::sha256:
      return "SHA256";
    case Hash::sha512:
      return "SHA512";
  }
  return "";
}

Error failed(const char* step) {
  return {ErrorCode::crypto_failed, step};
}

/// OpenSSL takes null for "no buffer", so an empty view must still point somewhere.
const unsigned char* pointer(ByteView bytes) noexcept {
  static constexpr unsigned char nothing = 0;
  return bytes.empty() ? &nothing : bytes.data();
}

bool fits_int(ByteView bytes) noexcept {
  return bytes.size() <= 0x7fffffffU - gcm_tag_bytes;
}

}  // namespace

Result<Digest> digest(Hash hash, std::initializer_list<ByteView> parts) noexcept {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const EVP_MD* algorithm = EVP_get_digestbyname(name_of(hash));
  if (!context || algorithm == nullptr || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) {
    return failed("digest init");
  }
  for (const ByteView part : parts) {
    if (EVP_DigestUpdate(context.get(), pointer(part), part.size()) != 1) return failed("digest update");
  }
  Digest made;
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context.get(), made.bytes.data(), &size) != 1) return failed("digest final");
  made.size = size;
  return made;
}

struct Hmac::Keyed {
  Owned<EVP_MAC_CTX> context;
};

Hmac::Hmac(std::unique_ptr<Keyed> keyed) noexcept : keyed_(std::move(keyed)) {}
Hmac::Hmac(Hmac&& other) noexcept = default;
Hmac& Hmac::operator=(Hmac&& other) noexcept = default;
Hmac::~Hmac() = default;

Result<Hmac> Hmac::create(Hash hash, ByteView key) noexcept {
  const Owned<EVP_MAC> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (!mac) return failed("hmac fetch");
  auto keyed = std::make_unique<Keyed>();
  keyed->context.reset(EVP_MAC_CTX_new(mac.get()));
  std::string algorithm = name_of(hash);
  const std::array<OSSL_PARAM, 2> parameters = {OSSL_PARAM_construct_utf8_string("digest", algorithm.data(), 0),
                                                OSSL_PARAM_construct_end()};
  if (!keyed->context || EVP_MAC_init(keyed->context.get(), pointer(key), key.size(), parameters.data()) != 1) {
    return failed("hmac key");
  }
  return Hmac(std::move(keyed));
}

Result<Digest> Hmac::of(std::initializer_list<ByteView> parts) noexcept {
  EVP_MAC_CTX* context = keyed_->context.get();
  // Without a key this starts anew under the key it has.
  if (EVP_MAC_init(context, nullptr, 0, nullptr) != 1) return failed("hmac start");
  for (const ByteView part : parts) {
    if (EVP_MAC_update(context, pointer(part), part.size()) != 1) return failed("hmac update");
  }
  Digest made;
  if (EVP_MAC_final(context, made.bytes.data(), &made.size, made.bytes.size()) != 1) return failed("hmac final");
  return made;
}

Result<Bytes> aes_gcm_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plain) noexcept {
  if (key.size() != aes_key_bytes || nonce.size() != gcm_nonce_bytes || !fits_int(plain) || !fits_int(associated)) {
    return Error{ErrorCode::invalid_argument, "aes-gcm seal"};
  }
  const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  Bytes sealed(plain.size() + gcm_tag_bytes);
  int written = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &written, pointer(associated), static_cast<int>(associated.size())) !=
          1 ||
      EVP_EncryptUpdate(context.get(), sealed.data(), &written, pointer(plain), static_cast<int>(plain.size())) !=
          1 ||
      EVP_EncryptFinal_ex(context.get(), sealed.data() + plain.size(), &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, gcm_tag_bytes, sealed.data() + plain.size()) != 1) {
    return failed("aes-gcm seal");
  }
  return sealed;
}

Result<SecretBytes> aes_gcm_open(ByteView key, ByteView nonce, ByteView associated, ByteView sealed) noexcept {
  if (key.size() != aes_key_bytes || nonce.size() != gcm_nonce_bytes || sealed.size() < gcm_tag_bytes ||
      !fits_int(sealed) || !fits_int(associated)) {
    return Error{ErrorCode::invalid_argument, "aes-gcm open"};
  }
  const ByteView secret = sealed.first(sealed.size() - gcm_tag_bytes);
  std::array<std::uint8_t, gcm_tag_bytes> tag{};
  std::copy(sealed.end() - gcm_tag_bytes, sealed.end(), tag.begin());
  const Owned<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  SecretBytes plain(secret.size() + 1);  // one more, so that data() is never null
  int written = 0;
  if (!context || EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &written, pointer(associated), static_cast<int>(associated.size())) !=
          1 ||
      EVP_DecryptUpdate(context.get(), plain.data(), &written, pointer(secret), static_cast<int>(secret.size())) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, gcm_tag_bytes, tag.data()) != 1) {
    return failed("aes-gcm open");
  }
  if (EVP_DecryptFinal_ex(context.get(), plain.data() + secret.size(), &written) != 1) {
    return Error{ErrorCode::authentication_failed, "aes-gcm tag"};
  }
  plain.resize(secret.size());
  return plain;
}

}  // namespace systemlog::crypto
