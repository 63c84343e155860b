// DPAPI.
// clang-format off
#include <windows.h>
#include <wincrypt.h>
#include <dpapi.h>
// clang-format on

#include "platform/windows/handle.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::windows {
namespace {

DATA_BLOB blob_of(ByteView bytes) noexcept {
  return {static_cast<DWORD>(bytes.size()), const_cast<BYTE*>(bytes.data())};
}

class MachineSecretBox final : public SecretBox {
 public:
  Result<Bytes> seal(ByteView plain, std::string_view purpose) noexcept override {
    DATA_BLOB in = blob_of(plain);
    DATA_BLOB entropy = blob_of(bytes_of(purpose));
    DATA_BLOB out{};
    if (CryptProtectData(&in, nullptr, &entropy, nullptr, nullptr,
                         CRYPTPROTECT_LOCAL_MACHINE | CRYPTPROTECT_UI_FORBIDDEN, &out) == 0) {
      return Error{ErrorCode::crypto_failed, "CryptProtectData"};
    }
    const LocalMemory owned(out.pbData);
    return Bytes(out.pbData, out.pbData + out.cbData);
  }

  Result<SecretBytes> open(ByteView sealed, std::string_view purpose) noexcept override {
    DATA_BLOB in = blob_of(sealed);
    DATA_BLOB entropy = blob_of(bytes_of(purpose));
    DATA_BLOB out{};
    if (CryptUnprotectData(&in, nullptr, &entropy, nullptr, nullptr, CRYPTPROTECT_UI_FORBIDDEN, &out) == 0) {
      return Error{ErrorCode::authentication_failed, "CryptUnprotectData"};
    }
    const LocalMemory owned(out.pbData);
    SecretBytes plain(out.pbData, out.pbData + out.cbData);
    SecureZeroMemory(out.pbData, out.cbData);
    return plain;
  }
};

}  // namespace

std::unique_ptr<SecretBox> machine_secret_box() {
  return std::make_unique<MachineSecretBox>();
}

}  // namespace systemlog::windows
