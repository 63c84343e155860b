// A P-256 key in the process's own memory, by libcrypto.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "platform/key_keepers.h"

namespace systemlog {
namespace {

struct Release {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

constexpr std::size_t number_bytes = 32;

Error failed(const char* step) {
  return {ErrorCode::crypto_failed, step};
}

/// @param secret empty for a public key
Result<Owned<EVP_PKEY>> key_of(const PublicKey& point, ByteView secret) {
  std::array<std::uint8_t, 1 + 2 * number_bytes> encoded{4};
  std::copy(point.x.begin(), point.x.end(), encoded.begin() + 1);
  std::copy(point.y.begin(), point.y.end(), encoded.begin() + 1 + number_bytes);
  const Owned<BIGNUM> number(secret.empty() ? nullptr
                                            : BN_bin2bn(secret.data(), static_cast<int>(secret.size()), nullptr));
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (!builder || (!secret.empty() && !number) ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()) != 1 ||
      (number && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()) != 1)) {
    return failed("key parameters");
  }
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, secret.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                        parameters.get()) != 1) {
    return failed("key import");
  }
  return Owned<EVP_PKEY>(key);
}

Result<void> number_of(EVP_PKEY* key, const char* name, std::span<std::uint8_t> into) {
  BIGNUM* number = nullptr;
  const bool got = EVP_PKEY_get_bn_param(key, name, &number) == 1;
  const Owned<BIGNUM> owned(number);
  if (!got || BN_bn2binpad(number, into.data(), static_cast<int>(into.size())) < 0) return failed(name);
  return {};
}

class MemoryKey final : public DeviceKey {
 public:
  MemoryKey(std::string id, const PublicKey& public_key, Owned<EVP_PKEY> key) noexcept
      : DeviceKey(std::move(id), public_key, Keeper::sealed_file), key_(std::move(key)) {}

  Result<Signature> sign(ByteView message) noexcept override {
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    std::array<std::uint8_t, 80> encoded{};
    std::size_t size = encoded.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), encoded.data(), &size, message.data(), message.size()) != 1) {
      return failed("sign");
    }
    const unsigned char* at = encoded.data();
    const Owned<ECDSA_SIG> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    Signature signature{};
    if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), signature.data(), number_bytes) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), signature.data() + number_bytes, number_bytes) < 0) {
      return failed("signature form");
    }
    return signature;
  }

 private:
  Owned<EVP_PKEY> key_;
};

class SealedFileKeeper final : public KeyKeeper {
 public:
  DeviceKey::Keeper kind() const noexcept override { return DeviceKey::Keeper::sealed_file; }

  Result<SecretBytes> make() noexcept override {
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    if (!key) return failed("key generation");
    SecretBytes whole(private_key_bytes);
    const std::span<std::uint8_t> into(whole);
    const std::array<const char*, 3> names = {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y,
                                              OSSL_PKEY_PARAM_PRIV_KEY};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (Result<void> got = number_of(key.get(), names[i], into.subspan(i * number_bytes, number_bytes)); !got) {
        return got.error();
      }
    }
    return whole;
  }

  Result<std::unique_ptr<DeviceKey>> open(ByteView reference) noexcept override {
    if (reference.size() != private_key_bytes) return Error{ErrorCode::damaged, "device key"};
    PublicKey point;
    std::copy_n(reference.begin(), number_bytes, point.x.begin());
    std::copy_n(reference.begin() + number_bytes, number_bytes, point.y.begin());
    Result<Owned<EVP_PKEY>> key = key_of(point, reference.last(number_bytes));
    if (!key) return key.error();
    Result<std::string> id = device_id_of(point);
    if (!id) return id.error();
    return std::unique_ptr<DeviceKey>(
        std::make_unique<MemoryKey>(std::move(id).value(), point, std::move(key).value()));
  }

  void discard(ByteView /*reference*/) noexcept override {}
};

}  // namespace

Result<bool> verify_signature(const PublicKey& key, ByteView message, const Signature& signature) noexcept {
  const Result<Owned<EVP_PKEY>> imported = key_of(key, {});
  if (!imported) return false;  // not a point of the curve
  const Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  Owned<BIGNUM> r(BN_bin2bn(signature.data(), number_bytes, nullptr));
  Owned<BIGNUM> s(BN_bin2bn(signature.data() + number_bytes, number_bytes, nullptr));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return failed("signature form");
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  std::array<std::uint8_t, 80> encoded{};
  unsigned char* at = encoded.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &at);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (size <= 0 || !context ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, imported.value().get()) != 1) {
    return failed("verify");
  }
  return EVP_DigestVerify(context.get(), encoded.data(), static_cast<std::size_t>(size), message.data(),
                          message.size()) == 1;
}

KeyKeepers system_key_keepers() {
  KeyKeepers keepers;
  keepers.push_back(std::make_unique<SealedFileKeeper>());
  return keepers;
}

}  // namespace systemlog
