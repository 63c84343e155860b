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

/// Where a module lies; empty for one that lies too deep.
std::wstring path_of(HMODULE module) {
  std::array<wchar_t, 1024> path{};
  const DWORD length = GetModuleFileNameW(module, path.data(), static_cast<DWORD>(path.size()));
  return length < path.size() ? std::wstring(path.data(), length) : std::wstring();
}

bool is_this_program(const std::wstring& path) {
  const std::wstring program = path_of(nullptr);
  return CompareStringOrdinal(path.c_str(), static_cast<int>(path.size()), program.c_str(),
                              static_cast<int>(program.size()), TRUE) == CSTR_EQUAL;
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
  const UINT length = GetSystemDirectoryW(system.data(), static_cast<UINT>(system.size()));
  if (length == 0 || length >= system.size()) return false;
  return is_this_program(std::wstring(system.data(), length) + L"\\consent.exe");
}

bool is_rehearsal() noexcept {
  HMODULE dll = nullptr;
  constexpr DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  if (GetModuleHandleExW(flags, reinterpret_cast<LPCWSTR>(&is_rehearsal), &dll) == 0) return false;
  const std::wstring path = path_of(dll);
  const std::size_t folder = path.rfind(L'\\');
  return folder != std::wstring::npos && is_this_program(path.substr(0, folder) + L"\\provider-test.exe");
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
