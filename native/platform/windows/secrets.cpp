// CredProtect, CredPack and the number of LSA's package.
// clang-format off
#include <windows.h>
#include <wincred.h>
#include <ntsecapi.h>
// clang-format on

#include "platform/windows/handle.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::windows {
namespace {

/// The characters with a closing zero, as Windows wants them.
SecretUtf16 zero_ended(const SecretUtf16& text) {
  SecretUtf16 ended = text;
  ended.push_back(u'\0');
  return ended;
}

wchar_t* characters(SecretUtf16& text) noexcept {
  static_assert(sizeof(wchar_t) == sizeof(char16_t));
  return reinterpret_cast<wchar_t*>(text.data());
}

class CredProtector final : public PasswordProtector {
 public:
  Result<SecretUtf16> protect(const SecretUtf16& password) noexcept override {
    if (password.empty()) return SecretUtf16(password);
    SecretUtf16 plain = zero_ended(password);
    CRED_PROTECTION_TYPE protection = CredUnprotected;
    if (CredIsProtectedW(characters(plain), &protection) == 0) return failure("CredIsProtected");
    if (protection != CredUnprotected) return SecretUtf16(password);
    DWORD size = 0;
    if (CredProtectW(FALSE, characters(plain), static_cast<DWORD>(plain.size()), nullptr, &size, nullptr) != 0 ||
        GetLastError() != ERROR_INSUFFICIENT_BUFFER || size == 0) {
      return failure("CredProtect size");
    }
    SecretUtf16 hidden(size);
    if (CredProtectW(FALSE, characters(plain), static_cast<DWORD>(plain.size()), characters(hidden), &size,
                     nullptr) == 0) {
      return failure("CredProtect");
    }
    while (!hidden.empty() && hidden.back() == u'\0') hidden.pop_back();
    return hidden;
  }
};

class LsaPackage final : public AuthPackage {
 public:
  Result<std::uint32_t> negotiate_id() noexcept override {
    HANDLE lsa = nullptr;
    if (LsaConnectUntrusted(&lsa) < 0) return Error{ErrorCode::io_failed, "LsaConnectUntrusted"};
    std::string package_name = "Negotiate";
    LSA_STRING name{};
    name.Buffer = package_name.data();
    name.Length = static_cast<USHORT>(package_name.size());
    name.MaximumLength = static_cast<USHORT>(package_name.size() + 1);
    ULONG package = 0;
    const NTSTATUS status = LsaLookupAuthenticationPackage(lsa, &name, &package);
    LsaDeregisterLogonProcess(lsa);
    if (status < 0) return Error{ErrorCode::io_failed, "LsaLookupAuthenticationPackage"};
    return std::uint32_t{package};
  }
};

// Missing in mingw's wincred.h.
constexpr DWORD pack_protected_credentials = 0x1;
constexpr DWORD pack_id_provider_credentials = 0x8;

class CredPacker final : public ConnectedBlobPacker {
 public:
  Result<SecretBytes> pack(std::u16string_view user, const SecretUtf16& password) noexcept override {
    SecretUtf16 user_name(user.begin(), user.end());
    user_name.push_back(u'\0');
    SecretUtf16 plain = zero_ended(password);
    constexpr DWORD flags = pack_protected_credentials | pack_id_provider_credentials;
    DWORD size = 0;
    if (CredPackAuthenticationBufferW(flags, characters(user_name), characters(plain), nullptr, &size) != 0 ||
        GetLastError() != ERROR_INSUFFICIENT_BUFFER || size == 0) {
      return failure("CredPack size");
    }
    SecretBytes packed(size);
    if (CredPackAuthenticationBufferW(flags, characters(user_name), characters(plain), packed.data(), &size) == 0) {
      return failure("CredPack");
    }
    packed.resize(size);
    return packed;
  }
};

}  // namespace

std::unique_ptr<PasswordProtector> password_protector() {
  return std::make_unique<CredProtector>();
}
std::unique_ptr<AuthPackage> auth_package() {
  return std::make_unique<LsaPackage>();
}
std::unique_ptr<ConnectedBlobPacker> connected_blob_packer() {
  return std::make_unique<CredPacker>();
}

}  // namespace systemlog::windows
