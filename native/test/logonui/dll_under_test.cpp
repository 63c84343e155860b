#include "test/logonui/dll_under_test.h"

#include <array>
#include <filesystem>

#include "test/logonui/logon_ui.h"

namespace systemlog::logonui {
namespace {

constexpr const wchar_t* dll_name = L"systemlog-provider-under-test.dll";

FARPROC entrance(const char* name) {
  const HMODULE dll = GetModuleHandleW(dll_name);
  return dll == nullptr ? nullptr : GetProcAddress(dll, name);
}

HKEY mirror_key() {
  HKEY key = nullptr;
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\SystemLog\\Logon", 0, nullptr, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                  nullptr, &key, nullptr);
  return key;
}

}  // namespace

std::wstring dll_path() {
  std::array<wchar_t, 1000> program{};
  GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  return (std::filesystem::path(program.data()).parent_path() / dll_name).wstring();
}

Switches& switches() {
  // Held for good: the switches live in the DLL.
  static const HMODULE dll = LoadLibraryW(dll_path().c_str());
  if (dll == nullptr) std::abort();
  const auto switches_of = reinterpret_cast<SwitchesOf>(reinterpret_cast<void*>(entrance("SwitchesForTest")));
  return *switches_of();
}

bool dll_is_loaded() {
  return GetModuleHandleW(dll_name) != nullptr;
}

bool dll_may_be_unloaded() {
  const auto may_unload =
      reinterpret_cast<HRESULT(STDAPICALLTYPE*)()>(reinterpret_cast<void*>(entrance("DllCanUnloadNow")));
  return happens([may_unload] { return may_unload() == S_OK; });
}

DWORD run_regsvr32(const std::wstring& arguments) {
  std::wstring line = L"regsvr32 " + arguments;
  STARTUPINFOW start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &process) == 0) {
    return 999;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 999;
  GetExitCodeProcess(process.hProcess, &code);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return code;
}

bool key_exists(const std::wstring& path) {
  HKEY key = nullptr;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS) {
    return false;
  }
  RegCloseKey(key);
  return true;
}

void set_mirror(const wchar_t* value, DWORD number) {
  const HKEY key = mirror_key();
  RegSetValueExW(key, value, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
  RegCloseKey(key);
}

void set_break_glass(const std::vector<std::wstring>& sids) {
  std::wstring texts;
  for (const std::wstring& sid : sids) texts += sid + L'\0';
  const HKEY key = mirror_key();
  RegSetValueExW(key, L"BreakGlassSids", 0, REG_MULTI_SZ, reinterpret_cast<const BYTE*>(texts.c_str()),
                 static_cast<DWORD>((texts.size() + 1) * sizeof(wchar_t)));
  RegCloseKey(key);
}

void clear_mirror() {
  HKEY key = nullptr;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE", 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
    return;
  RegDeleteTreeW(key, L"SystemLog");
  RegCloseKey(key);
}

}  // namespace systemlog::logonui
