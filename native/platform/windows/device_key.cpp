// P-256 keys in the TPM, in Windows' own key store, or in the process's memory.
// clang-format off
#include <windows.h>
#include <bcrypt.h>
#include <ncrypt.h>
// clang-format on

#include <algorithm>
#include <utility>

#include "platform/crypto.h"
#include "platform/key_keepers.h"
#include "platform/random.h"
#include "platform/windows/text.h"

namespace systemlog {
namespace {

constexpr std::size_t number_bytes = 32;

Error failed(const char* step, long status) {
  return {ErrorCode::crypto_failed, std::string(step) + ": status " + std::to_string(status)};
}

/// How Windows writes a key: this head, then x, y and for a private key the secret number.
SecretBytes ecc_blob(ULONG magic, ByteView numbers) {
  BCRYPT_ECCKEY_BLOB head{};
  head.dwMagic = magic;
  head.cbKey = number_bytes;
  SecretBytes blob(sizeof head + numbers.size());
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&head), sizeof head, blob.begin());
  std::copy(numbers.begin(), numbers.end(), blob.begin() + sizeof head);
  return blob;
}

/// The numbers of such a blob; none when it is not of P-256 or not as long as said.
std::optional<ByteView> numbers_of(ByteView blob, std::size_t count) {
  BCRYPT_ECCKEY_BLOB head{};
  if (blob.size() != sizeof head + count * number_bytes) return std::nullopt;
  std::copy_n(blob.begin(), sizeof head, reinterpret_cast<std::uint8_t*>(&head));
  if (head.cbKey != number_bytes) return std::nullopt;
  return blob.subspan(sizeof head);
}

PublicKey point_of(ByteView numbers) {
  PublicKey point;
  std::copy_n(numbers.begin(), number_bytes, point.x.begin());
  std::copy_n(numbers.begin() + number_bytes, number_bytes, point.y.begin());
  return point;
}

class Ecdsa {
 public:
  Ecdsa() noexcept {
    if (BCryptOpenAlgorithmProvider(&handle_, BCRYPT_ECDSA_P256_ALGORITHM, nullptr, 0) < 0) handle_ = nullptr;
  }
  Ecdsa(const Ecdsa&) = delete;
  Ecdsa& operator=(const Ecdsa&) = delete;
  Ecdsa(Ecdsa&&) = delete;
  Ecdsa& operator=(Ecdsa&&) = delete;
  ~Ecdsa() {
    if (handle_ != nullptr) BCryptCloseAlgorithmProvider(handle_, 0);
  }
  BCRYPT_ALG_HANDLE get() const noexcept { return handle_; }

 private:
  BCRYPT_ALG_HANDLE handle_ = nullptr;
};

class BcryptKey {
 public:
  explicit BcryptKey(BCRYPT_KEY_HANDLE handle) noexcept : handle_(handle) {}
  BcryptKey(BcryptKey&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  BcryptKey(const BcryptKey&) = delete;
  BcryptKey& operator=(const BcryptKey&) = delete;
  BcryptKey& operator=(BcryptKey&&) = delete;
  ~BcryptKey() {
    if (handle_ != nullptr) BCryptDestroyKey(handle_);
  }
  BCRYPT_KEY_HANDLE get() const noexcept { return handle_; }

 private:
  BCRYPT_KEY_HANDLE handle_;
};

/// A handle of NCrypt: provider or key.
class NcryptHandle {
 public:
  explicit NcryptHandle(NCRYPT_HANDLE handle = 0) noexcept : handle_(handle) {}
  NcryptHandle(NcryptHandle&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  NcryptHandle(const NcryptHandle&) = delete;
  NcryptHandle& operator=(const NcryptHandle&) = delete;
  NcryptHandle& operator=(NcryptHandle&&) = delete;
  ~NcryptHandle() {
    if (handle_ != 0) NCryptFreeObject(handle_);
  }
  NCRYPT_HANDLE get() const noexcept { return handle_; }
  NCRYPT_HANDLE release() noexcept { return std::exchange(handle_, 0); }

 private:
  NCRYPT_HANDLE handle_;
};

class MemoryKey final : public DeviceKey {
 public:
  MemoryKey(std::string id, const PublicKey& public_key, BcryptKey key) noexcept
      : DeviceKey(std::move(id), public_key, Keeper::sealed_file), key_(std::move(key)) {}

  Result<Signature> sign(ByteView message) noexcept override {
    Result<crypto::Digest> digest = crypto::digest(crypto::Hash::sha256, {message});
    if (!digest) return digest.error();
    Signature signature{};
    ULONG size = 0;
    const NTSTATUS status =
        BCryptSignHash(key_.get(), nullptr, digest.value().bytes.data(), static_cast<ULONG>(digest.value().size),
                       signature.data(), static_cast<ULONG>(signature.size()), &size, 0);
    if (status < 0 || size != signature.size()) return failed("BCryptSignHash", status);
    return signature;
  }

 private:
  BcryptKey key_;
};

class SealedFileKeeper final : public KeyKeeper {
 public:
  DeviceKey::Keeper kind() const noexcept override { return DeviceKey::Keeper::sealed_file; }

  Result<SecretBytes> make() noexcept override {
    const Ecdsa algorithm;
    BCRYPT_KEY_HANDLE made = nullptr;
    if (const NTSTATUS status = BCryptGenerateKeyPair(algorithm.get(), &made, 256, 0); status < 0) {
      return failed("BCryptGenerateKeyPair", status);
    }
    const BcryptKey key(made);
    if (const NTSTATUS status = BCryptFinalizeKeyPair(made, 0); status < 0) {
      return failed("BCryptFinalizeKeyPair", status);
    }
    SecretBytes blob(sizeof(BCRYPT_ECCKEY_BLOB) + private_key_bytes);
    ULONG size = 0;
    const NTSTATUS status = BCryptExportKey(made, nullptr, BCRYPT_ECCPRIVATE_BLOB, blob.data(),
                                            static_cast<ULONG>(blob.size()), &size, 0);
    const std::optional<ByteView> numbers =
        numbers_of(ByteView(blob).first(std::min<std::size_t>(size, blob.size())), private_key_bytes / number_bytes);
    if (status < 0 || !numbers) return failed("BCryptExportKey", status);
    return SecretBytes(numbers->begin(), numbers->end());
  }

  Result<std::unique_ptr<DeviceKey>> open(ByteView reference) noexcept override {
    if (reference.size() != private_key_bytes) return Error{ErrorCode::damaged, "device key"};
    const Ecdsa algorithm;
    SecretBytes blob = ecc_blob(BCRYPT_ECDSA_PRIVATE_P256_MAGIC, reference);
    BCRYPT_KEY_HANDLE imported = nullptr;
    const NTSTATUS status = BCryptImportKeyPair(algorithm.get(), nullptr, BCRYPT_ECCPRIVATE_BLOB, &imported,
                                                blob.data(), static_cast<ULONG>(blob.size()), 0);
    if (status < 0) return failed("BCryptImportKeyPair", status);
    BcryptKey key(imported);
    const PublicKey point = point_of(reference);
    Result<std::string> id = device_id_of(point);
    if (!id) return id.error();
    return std::unique_ptr<DeviceKey>(std::make_unique<MemoryKey>(std::move(id).value(), point, std::move(key)));
  }

  void discard(ByteView /*reference*/) noexcept override {}
};

class StoredKey final : public DeviceKey {
 public:
  StoredKey(std::string id, const PublicKey& public_key, Keeper keeper, NcryptHandle key) noexcept
      : DeviceKey(std::move(id), public_key, keeper), key_(std::move(key)) {}

  Result<Signature> sign(ByteView message) noexcept override {
    Result<crypto::Digest> digest = crypto::digest(crypto::Hash::sha256, {message});
    if (!digest) return digest.error();
    Signature signature{};
    DWORD size = 0;
    const SECURITY_STATUS status =
        NCryptSignHash(key_.get(), nullptr, digest.value().bytes.data(), static_cast<DWORD>(digest.value().size),
                       signature.data(), static_cast<DWORD>(signature.size()), &size, NCRYPT_SILENT_FLAG);
    if (status != ERROR_SUCCESS || size != signature.size()) return failed("NCryptSignHash", status);
    return signature;
  }

 private:
  NcryptHandle key_;
};

/// A key of the machine under a name of its own; it cannot be exported.
class StoreKeeper final : public KeyKeeper {
 public:
  StoreKeeper(DeviceKey::Keeper kind, const wchar_t* provider) noexcept : kind_(kind), provider_(provider) {}

  DeviceKey::Keeper kind() const noexcept override { return kind_; }

  Result<SecretBytes> make() noexcept override {
    const NcryptHandle provider = open_provider();
    if (provider.get() == 0) return Error{ErrorCode::unsupported, "key store"};
    std::array<std::uint8_t, 10> random{};
    if (Result<void> filled = system_random()->fill(random); !filled) return filled.error();
    const std::string name = "SystemLog device key " + base32(random);
    NCRYPT_KEY_HANDLE made = 0;
    SECURITY_STATUS status = NCryptCreatePersistedKey(provider.get(), &made, NCRYPT_ECDSA_P256_ALGORITHM,
                                                      windows::wide(name).c_str(), 0, NCRYPT_MACHINE_KEY_FLAG);
    if (status != ERROR_SUCCESS) return failed("NCryptCreatePersistedKey", status);
    const NcryptHandle key(made);
    status = NCryptFinalizeKey(made, NCRYPT_SILENT_FLAG);
    if (status != ERROR_SUCCESS) return failed("NCryptFinalizeKey", status);
    const ByteView reference = bytes_of(name);
    return SecretBytes(reference.begin(), reference.end());
  }

  Result<std::unique_ptr<DeviceKey>> open(ByteView reference) noexcept override {
    Result<NcryptHandle> found = find(reference);
    if (!found) return found.error();
    NcryptHandle key = std::move(found).value();
    SecretBytes blob(sizeof(BCRYPT_ECCKEY_BLOB) + 2 * number_bytes);
    DWORD size = 0;
    const SECURITY_STATUS status = NCryptExportKey(key.get(), 0, BCRYPT_ECCPUBLIC_BLOB, nullptr, blob.data(),
                                                   static_cast<DWORD>(blob.size()), &size, NCRYPT_SILENT_FLAG);
    const std::optional<ByteView> numbers =
        numbers_of(ByteView(blob).first(std::min<std::size_t>(size, blob.size())), 2);
    if (status != ERROR_SUCCESS || !numbers) return failed("NCryptExportKey", status);
    const PublicKey point = point_of(*numbers);
    Result<std::string> id = device_id_of(point);
    if (!id) return id.error();
    return std::unique_ptr<DeviceKey>(
        std::make_unique<StoredKey>(std::move(id).value(), point, kind_, std::move(key)));
  }

  void discard(ByteView reference) noexcept override {
    Result<NcryptHandle> key = find(reference);
    // Deleting frees the handle, if it succeeds.
    if (key && NCryptDeleteKey(key.value().get(), NCRYPT_SILENT_FLAG) == ERROR_SUCCESS) {
      static_cast<void>(key.value().release());
    }
  }

 private:
  NcryptHandle open_provider() const noexcept {
    NCRYPT_PROV_HANDLE provider = 0;
    if (NCryptOpenStorageProvider(&provider, provider_, 0) != ERROR_SUCCESS) provider = 0;
    return NcryptHandle(provider);
  }

  Result<NcryptHandle> find(ByteView reference) const {
    const NcryptHandle provider = open_provider();
    if (provider.get() == 0) return Error{ErrorCode::crypto_failed, "key store"};
    NCRYPT_KEY_HANDLE key = 0;
    const SECURITY_STATUS status = NCryptOpenKey(provider.get(), &key, windows::wide(text_of(reference)).c_str(), 0,
                                                 NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG);
    // The store answers, and has no such key.
    if (status == NTE_BAD_KEYSET) return Error{ErrorCode::not_found, "the device key is not in its key store"};
    if (status != ERROR_SUCCESS || key == 0) return failed("NCryptOpenKey", status);
    return NcryptHandle(key);
  }

  DeviceKey::Keeper kind_;
  const wchar_t* provider_;
};

}  // namespace

Result<bool> verify_signature(const PublicKey& key, ByteView message, const Signature& signature) noexcept {
  const Ecdsa algorithm;
  if (algorithm.get() == nullptr) return Error{ErrorCode::crypto_failed, "ECDSA"};
  Bytes numbers(key.x.begin(), key.x.end());
  numbers.insert(numbers.end(), key.y.begin(), key.y.end());
  SecretBytes blob = ecc_blob(BCRYPT_ECDSA_PUBLIC_P256_MAGIC, numbers);
  BCRYPT_KEY_HANDLE imported = nullptr;
  if (BCryptImportKeyPair(algorithm.get(), nullptr, BCRYPT_ECCPUBLIC_BLOB, &imported, blob.data(),
                          static_cast<ULONG>(blob.size()), 0) < 0) {
    return false;  // not a point of the curve
  }
  const BcryptKey owned(imported);
  Result<crypto::Digest> digest = crypto::digest(crypto::Hash::sha256, {message});
  if (!digest) return digest.error();
  Signature judged = signature;
  return BCryptVerifySignature(imported, nullptr, digest.value().bytes.data(),
                               static_cast<ULONG>(digest.value().size), judged.data(),
                               static_cast<ULONG>(judged.size()), 0) >= 0;
}

KeyKeepers system_key_keepers() {
  KeyKeepers keepers;
  keepers.push_back(std::make_unique<StoreKeeper>(DeviceKey::Keeper::tpm, MS_PLATFORM_CRYPTO_PROVIDER));
  keepers.push_back(std::make_unique<StoreKeeper>(DeviceKey::Keeper::key_store, MS_KEY_STORAGE_PROVIDER));
  keepers.push_back(std::make_unique<SealedFileKeeper>());
  return keepers;
}

}  // namespace systemlog
