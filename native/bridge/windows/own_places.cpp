#include "bridge/windows/own_places.h"

// clang-format off
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>
// clang-format on

#include <filesystem>
#include <functional>
#include <system_error>

#include "bridge/service_names.h"
#include "bridge/windows/surroundings.h"
#include "platform/device_key.h"
#include "platform/windows/handle.h"
#include "platform/windows/sids.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::Handle;
using systemlog::windows::LocalMemory;

constexpr std::string_view system_sid = "S-1-5-18";
constexpr std::string_view administrators_sid = "S-1-5-32-544";

constexpr wchar_t product_key[] = L"SOFTWARE\\SystemLog";
/// The service's own keys below it.
constexpr const wchar_t* own_keys[] = {L"SOFTWARE\\SystemLog\\Logon", L"SOFTWARE\\SystemLog\\Boot"};

Error failure(const char* step, DWORD code) {
  if (code == ERROR_ACCESS_DENIED) {
    return {ErrorCode::refused, std::string(step) + ": not allowed; to be run as an administrator"};
  }
  return systemlog::windows::failure(step, code);
}

Error failure(const char* step, const std::error_code& problem) {
  return failure(step, static_cast<DWORD>(problem.value()));
}

/// Sets who may do what with a folder and, by inheritance, with what lies in it.
Result<void> protect(const std::filesystem::path& path, std::wstring_view sddl) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(std::wstring(sddl).c_str(), SDDL_REVISION_1, &descriptor,
                                                           nullptr) == 0) {
    return failure("folder sddl", GetLastError());
  }
  const LocalMemory owned(descriptor);
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL rules = nullptr;
  if (GetSecurityDescriptorDacl(descriptor, &present, &rules, &defaulted) == 0) {
    return failure("folder dacl", GetLastError());
  }
  std::wstring name = path.wstring();
  const DWORD set = SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT,
                                          DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, nullptr,
                                          nullptr, rules, nullptr);
  if (set != ERROR_SUCCESS) return failure("folder security", set);
  return {};
}

Result<std::string> own_sid() {
  HANDLE token = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) == 0) return failure("own token", GetLastError());
  const Handle owned(token);
  return systemlog::windows::token_sid(token);
}

/// Everybody may make folders below %ProgramData%, and whoever owns one may always change who gets in: one that was
/// there before us is taken only from administrators, and never when it leads elsewhere.
Result<void> is_ours(const std::filesystem::path& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return failure("folder", GetLastError());
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) return Error{ErrorCode::refused, "folder: leads elsewhere"};
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  std::wstring name = path.wstring();
  const DWORD read = GetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr,
                                           nullptr, nullptr, &descriptor);
  if (read != ERROR_SUCCESS) return failure("folder owner", read);
  const LocalMemory owned(descriptor);
  const Result<std::string> sid = systemlog::windows::sid_text(owner);
  if (!sid) return sid.error();
  const Result<std::string> own = own_sid();
  if (!own) return own.error();
  if (sid.value() == system_sid || sid.value() == administrators_sid || sid.value() == own.value()) return {};
  return Error{ErrorCode::refused, "folder: was made by " + sid.value() + "; to be deleted first"};
}

/// What a virus scanner or an indexer has open goes a moment later. @param remove says what was in the way
Result<void> remove_patiently(const std::function<std::error_code()>& remove) {
  constexpr DWORD longest_ms = 10'000;
  constexpr DWORD look_again_ms = 50;
  for (DWORD waited = 0;; waited += look_again_ms) {
    const std::error_code problem = remove();
    if (!problem) return {};
    if (waited >= longest_ms) return failure("folder", problem);
    Sleep(look_again_ms);
  }
}

Result<void> erase_folder() {
  const std::filesystem::path folder = data_folder_path();
  std::error_code problem;
  if (!std::filesystem::exists(folder, problem)) return {};
  if (std::filesystem::exists(folder / "logon", problem)) {
    if (Result<void> opened = protect(folder / "logon", folder_sddl); !opened) return opened;
  }
  const auto files = system_files();
  const auto box = systemlog::windows::machine_secret_box();
  if (Result<void> gone = discard_device_key(*files, *box, folder / "device-key"); !gone) return gone;
  if (Result<void> gone = remove_patiently([&folder] {
        std::error_code in_the_way;
        std::filesystem::remove_all(folder, in_the_way);
        return in_the_way;
      });
      !gone) {
    return gone;
  }
  // The product's folder goes with it, unless something else is in it.
  return remove_patiently([parent = folder.parent_path()] {
    std::error_code in_the_way;
    std::error_code unknown;
    std::filesystem::remove(parent, in_the_way);
    const bool keeps_something = in_the_way && !std::filesystem::is_empty(parent, unknown) && !unknown;
    return keeps_something ? std::error_code() : in_the_way;
  });
}

Result<void> erase_registry_keys() {
  for (const wchar_t* path : own_keys) {
    const LSTATUS gone = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
    if (gone != ERROR_SUCCESS && gone != ERROR_FILE_NOT_FOUND)
      return failure("registry key", static_cast<DWORD>(gone));
  }
  // Stays when another part of the product has something in it.
  RegDeleteKeyExW(HKEY_LOCAL_MACHINE, static_cast<const wchar_t*>(product_key), KEY_WOW64_64KEY, 0);
  return {};
}

}  // namespace

Result<void> make_folder() {
  const std::filesystem::path folder = data_folder_path();
  const std::pair<std::filesystem::path, std::wstring_view> wanted[] = {
      {folder.parent_path(), product_folder_sddl}, {folder, folder_sddl}, {folder / "logon", vault_folder_sddl}};
  for (const auto& [path, sddl] : wanted) {
    std::error_code problem;
    std::filesystem::create_directory(path, problem);
    if (problem) return failure("folder", problem);
    if (Result<void> ours = is_ours(path); !ours) return ours;
    if (Result<void> secured = protect(path, sddl); !secured) return secured;
  }
  return {};
}

Result<void> make_registry_key() {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(std::wstring(registry_sddl).c_str(), SDDL_REVISION_1,
                                                           &descriptor, nullptr) == 0) {
    return failure("registry sddl", GetLastError());
  }
  const LocalMemory owned(descriptor);
  HKEY key = nullptr;
  const LSTATUS made = RegCreateKeyExW(HKEY_LOCAL_MACHINE, static_cast<const wchar_t*>(product_key), 0, nullptr, 0,
                                       KEY_ALL_ACCESS | KEY_WOW64_64KEY, nullptr, &key, nullptr);
  if (made != ERROR_SUCCESS) return failure("registry key", static_cast<DWORD>(made));
  const LSTATUS secured = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
  RegCloseKey(key);
  if (secured != ERROR_SUCCESS) return failure("registry security", static_cast<DWORD>(secured));
  return {};
}

Result<void> erase_places() {
  if (Result<void> gone = erase_folder(); !gone) return gone;
  return erase_registry_keys();
}

}  // namespace systemlog::bridge::windows
