// clang-format off
#include <windows.h>
#include <bcrypt.h>
// clang-format on

#include <algorithm>

#include "platform/crypto.h"

namespace systemlog::crypto {
namespace {

const wchar_t* name_of(Hash hash) noexcept {
  switch (hash) {
    case Hash::sha1:
      return BCRYPT_SHA1_ALGORITHM;
    case Hash::sha256:
      return BCRYPT_SHA256_ALGORITHM;
    case Hash::sha512:
      return BCRYPT_SHA512_ALGORITHM;
  }
  return L"";
}

std::size_t size_of(Hash hash) noexcept {
  switch (hash) {
    case Hash::sha1:
      return 20;
    case Hash::sha256:
      return 32;
    case Hash::sha512:
      return 64;
  }
  return 0;
}

Error failed(const char* step) {
  return {ErrorCode::crypto_failed, step};
}

/// BCrypt takes inputs through pointers to what is not const, and does not write to them.
PUCHAR input(ByteView bytes) noexcept {
  return const_cast<PUCHAR>(bytes.data());
}

class Provider {
 public:
  Provider(const wchar_t* algorithm, ULONG flags) noexcept {
    if (BCryptOpenAlgorithmProvider(&handle_, algorithm, nullptr, flags) < 0) handle_ = nullptr;
  }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  Provider(Provider&&) = delete;
  Provider& operator=(Provider&&) = delete;
  ~Provider() {
    if (handle_ != nullptr) BCryptCloseAlgorithmProvider(handle_, 0);
  }
  BCRYPT_ALG_HANDLE get() const noexcept { return handle_; }

 private:
  BCRYPT_ALG_HANDLE handle_ = nullptr;
};

class HashObject {
 public:
  HashObject(const Provider& provider, ByteView key, ULONG flags) noexcept {
    if (provider.get() == nullptr || BCryptCreateHash(provider.get(), &handle_, nullptr, 0, input(key),
                                                      static_cast<ULONG>(key.size()), flags) < 0) {
      handle_ = nullptr;
    }
  }
  HashObject(const HashObject&) = delete;
  HashObject& operator=(const HashObject&) = delete;
  HashObject(HashObject&&) = delete;
  HashObject& operator=(HashObject&&) = delete;
  ~HashObject() {
    if (handle_ != nullptr) BCryptDestroyHash(handle_);
  }

  /// Hashes the parts; a reusable object is ready for the next message afterwards.
  Result<Digest> run(Hash hash, std::initializer_list<ByteView> parts) const noexcept {
    if (handle_ == nullptr) return failed("hash object");
    for (const ByteView part : parts) {
      if (part.empty()) continue;
      if (BCryptHashData(handle_, input(part), static_cast<ULONG>(part.size()), 0) < 0) return failed("hash data");
    }
    Digest made;
    made.size = size_of(hash);
    if (BCryptFinishHash(handle_, made.bytes.data(), static_cast<ULONG>(made.size), 0) < 0) {
      return failed("hash finish");
    }
    return made;
  }
  bool ok() const noexcept { return handle_ != nullptr; }

 private:
  BCRYPT_HASH_HANDLE handle_ = nullptr;
};

class AesKey {
 public:
  explicit AesKey(ByteView key) noexcept {
    if (provider_.get() == nullptr) return;
    if (BCryptSetProperty(provider_.get(), BCRYPT_CHAINING_MODE,
                          reinterpret_cast<PUCHAR>(const_cast<wchar_t*>(BCRYPT_CHAIN_MODE_GCM)),
                          sizeof BCRYPT_CHAIN_MODE_GCM, 0) < 0) {
      return;
    }
    if (BCryptGenerateSymmetricKey(provider_.get(), &handle_, nullptr, 0, input(key), static_cast<ULONG>(key.size()),
                                   0) < 0) {
      handle_ = nullptr;
    }
  }
  AesKey(const AesKey&) = delete;
  AesKey& operator=(const AesKey&) = delete;
  AesKey(AesKey&&) = delete;
  AesKey& operator=(AesKey&&) = delete;
  ~AesKey() {
    if (handle_ != nullptr) BCryptDestroyKey(handle_);
  }
  BCRYPT_KEY_HANDLE get() const noexcept { return handle_; }

 private:
  Provider provider_{BCRYPT_AES_ALGORITHM, 0};
  BCRYPT_KEY_HANDLE handle_ = nullptr;
};

BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO mode_info(ByteView nonce, ByteView associated,
                                                std::array<std::uint8_t, gcm_tag_bytes>& tag) noexcept {
  BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info{};
  BCRYPT_INIT_AUTH_MODE_INFO(info);
  info.pbNonce = input(nonce);
  info.cbNonce = static_cast<ULONG>(nonce.size());
  info.pbAuthData = input(associated);
  info.cbAuthData = static_cast<ULONG>(associated.size());
  info.pbTag = tag.data();
  info.cbTag = static_cast<ULONG>(tag.size());
  return info;
}

bool fits(ByteView bytes) noexcept {
  return bytes.size() <= 0x7fffffffU - gcm_tag_bytes;
}

constexpr NTSTATUS tag_mismatch = static_cast<NTSTATUS>(0xC000A002L);

}  // namespace

Result<Digest> digest(Hash hash, std::initializer_list<ByteView> parts) noexcept {
  const Provider provider(name_of(hash), 0);
  return HashObject(provider, {}, 0).run(hash, parts);
}

struct Hmac::Keyed {
  Keyed(Hash of, ByteView key) noexcept
      : hash(of),
        provider(name_of(of), BCRYPT_ALG_HANDLE_HMAC_FLAG),
        object(provider, key, BCRYPT_HASH_REUSABLE_FLAG) {}

  Hash hash;
  Provider provider;
  HashObject object;
};

Hmac::Hmac(std::unique_ptr<Keyed> keyed) noexcept : keyed_(std::move(keyed)) {}
Hmac::Hmac(Hmac&& other) noexcept = default;
Hmac& Hmac::operator=(Hmac&& other) noexcept = default;
Hmac::~Hmac() = default;

Result<Hmac> Hmac::create(Hash hash, ByteView key) noexcept {
  auto keyed = std::make_unique<Keyed>(hash, key);
  if (!keyed->object.ok()) return failed("hmac key");
  return Hmac(std::move(keyed));
}

Result<Digest> Hmac::of(std::initializer_list<ByteView> parts) noexcept {
  return keyed_->object.run(keyed_->hash, parts);
}

Result<Bytes> aes_gcm_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plain) noexcept {
  if (key.size() != aes_key_bytes || nonce.size() != gcm_nonce_bytes || !fits(plain) || !fits(associated)) {
    return Error{ErrorCode::invalid_argument, "aes-gcm seal"};
  }
  const AesKey aes(key);
  std::array<std::uint8_t, gcm_tag_bytes> tag{};
  BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info = mode_info(nonce, associated, tag);
  Bytes sealed(plain.size() + gcm_tag_bytes);
  ULONG written = 0;
  if (aes.get() == nullptr || BCryptEncrypt(aes.get(), input(plain), static_cast<ULONG>(plain.size()), &info, nullptr,
                                            0, sealed.data(), static_cast<ULONG>(plain.size()), &written, 0) < 0) {
    return failed("aes-gcm seal");
  }
  std::copy(tag.begin(), tag.end(), sealed.begin() + static_cast<std::ptrdiff_t>(plain.size()));
  return sealed;
}

Result<SecretBytes> aes_gcm_open(ByteView key, ByteView nonce, ByteView associated, ByteView sealed) noexcept {
  if (key.size() != aes_key_bytes || nonce.size() != gcm_nonce_bytes || sealed.size() < gcm_tag_bytes ||
      !fits(sealed) || !fits(associated)) {
    return Error{ErrorCode::invalid_argument, "aes-gcm open"};
  }
  const AesKey aes(key);
  const ByteView secret = sealed.first(sealed.size() - gcm_tag_bytes);
  std::array<std::uint8_t, gcm_tag_bytes> tag{};
  std::copy(sealed.end() - gcm_tag_bytes, sealed.end(), tag.begin());
  BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info = mode_info(nonce, associated, tag);
  SecretBytes plain(secret.size() + 1);  // one more, so that data() is never null
  ULONG written = 0;
  if (aes.get() == nullptr) return failed("aes-gcm open");
  const NTSTATUS status = BCryptDecrypt(aes.get(), input(secret), static_cast<ULONG>(secret.size()), &info, nullptr,
                                        0, plain.data(), static_cast<ULONG>(secret.size()), &written, 0);
  if (status == tag_mismatch) return Error{ErrorCode::authentication_failed, "aes-gcm tag"};
  if (status < 0) return failed("aes-gcm open");
  plain.resize(secret.size());
  return plain;
}

}  // namespace systemlog::crypto
