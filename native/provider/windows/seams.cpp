// The seams of the DLL that ships: Windows itself.
#include "provider/seams.h"

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <array>
#include <string_view>

#include "core/auth_frames.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::provider::seams {
namespace {

/// What the terminal service knows about the session this process runs in.
std::u16string session_text(WTS_INFO_CLASS what) {
  LPWSTR text = nullptr;
  DWORD bytes = 0;
  if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, what, &text, &bytes) == 0)
    return {};
  std::u16string copy(reinterpret_cast<const char16_t*>(text));
  WTSFreeMemory(text);
  return copy;
}

}  // namespace

std::unique_ptr<PasswordProtector> password_protector() {
  return windows::password_protector();
}
std::unique_ptr<AuthPackage> auth_package() {
  return windows::auth_package();
}
std::unique_ptr<ConnectedBlobPacker> connected_blob_packer() {
  return windows::connected_blob_packer();
}
std::unique_ptr<AccountLookup> account_lookup() {
  return windows::account_lookup();
}

Result<std::unique_ptr<PipeConnection>> connect_to_bridge(std::chrono::milliseconds timeout) noexcept {
  constexpr bool require_system = true;
  return connect_pipe(std::string(auth::pipe_name), timeout, require_system);
}

bool is_remote_session() noexcept {
  return GetSystemMetrics(SM_REMOTESESSION) != 0;
}

bool is_consent_prompt() noexcept {
  std::array<wchar_t, MAX_PATH + 1> system{};
  std::array<wchar_t, MAX_PATH + 1> program{};
  const UINT system_length = GetSystemDirectoryW(system.data(), static_cast<UINT>(system.size()));
  const DWORD program_length = GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  if (system_length == 0 || system_length >= system.size() || program_length == 0) return false;
  const std::wstring consent = std::wstring(system.data(), system_length) + L"\\consent.exe";
  return CompareStringOrdinal(consent.c_str(), static_cast<int>(consent.size()), program.data(),
                              static_cast<int>(program_length), TRUE) == CSTR_EQUAL;
}

std::u16string session_user() {
  const std::u16string user = session_text(WTSUserName);
  const std::u16string domain = session_text(WTSDomainName);
  if (user.empty() || domain.empty()) return user;
  return domain + u"\\" + user;
}

Language language() noexcept {
  return language_of(GetThreadUILanguage());
}

Pace pace() noexcept {
  return {};
}

}  // namespace systemlog::provider::seams
