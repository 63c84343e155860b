#include "bridge/windows/event_source.h"

// clang-format off
#include <windows.h>
// clang-format on

#include <string>

#include "bridge/service_names.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::bridge::windows {
namespace {

std::wstring source_key() {
  return L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" +
         systemlog::windows::wide(std::string(event_source));
}

Error failure(LSTATUS code) {
  return systemlog::windows::failure("event source", static_cast<DWORD>(code));
}

Result<std::wstring> own_path() {
  std::wstring path(32'768, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0 || length == path.size()) return systemlog::windows::failure("own path");
  path.resize(length);
  return path;
}

}  // namespace

Result<void> register_event_source() {
  const Result<std::wstring> program = own_path();
  if (!program) return program.error();
  const std::wstring& path = program.value();
  HKEY key = nullptr;
  const LSTATUS made = RegCreateKeyExW(HKEY_LOCAL_MACHINE, source_key().c_str(), 0, nullptr, 0,
                                       KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, &key, nullptr);
  if (made != ERROR_SUCCESS) return failure(made);
  const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
  const LSTATUS file =
      RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, reinterpret_cast<const BYTE*>(path.c_str()),
                     static_cast<DWORD>((path.size() + 1) * sizeof(wchar_t)));
  const LSTATUS kinds =
      RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&types), sizeof types);
  RegCloseKey(key);
  if (file != ERROR_SUCCESS) return failure(file);
  if (kinds != ERROR_SUCCESS) return failure(kinds);
  return {};
}

Result<void> remove_event_source() {
  const LSTATUS gone = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, source_key().c_str(), KEY_WOW64_64KEY, 0);
  if (gone != ERROR_SUCCESS && gone != ERROR_FILE_NOT_FOUND) return failure(gone);
  return {};
}

}  // namespace systemlog::bridge::windows
