#include "provider/windows/registry.h"

// clang-format off
#include <windows.h>
// clang-format on

#include <array>
#include <string>

#include "provider/utf.h"
#include "provider/windows/com_object.h"

namespace systemlog::provider {
namespace {

const wchar_t* c_str(std::u16string_view text) noexcept {
  // Every name below is a literal, closed by a zero.
  return reinterpret_cast<const wchar_t*>(text.data());
}

DWORD read_number(std::u16string_view value, DWORD otherwise) noexcept {
  DWORD number = 0;
  DWORD size = sizeof number;
  const LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, c_str(logon_mirror_key::path), c_str(value),
                                      RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY, nullptr, &number, &size);
  return status == ERROR_SUCCESS ? number : otherwise;
}

std::vector<std::string> read_texts(std::u16string_view value) {
  constexpr DWORD flags = RRF_RT_REG_MULTI_SZ | RRF_SUBKEY_WOW6464KEY;
  constexpr DWORD longest_bytes = 64 * 1024;
  DWORD size = 0;
  const LSTATUS sized =
      RegGetValueW(HKEY_LOCAL_MACHINE, c_str(logon_mirror_key::path), c_str(value), flags, nullptr, nullptr, &size);
  if (sized != ERROR_SUCCESS || size > longest_bytes) return {};
  std::u16string held(size / sizeof(char16_t) + 1, u'\0');
  if (RegGetValueW(HKEY_LOCAL_MACHINE, c_str(logon_mirror_key::path), c_str(value), flags, nullptr, held.data(),
                   &size) != ERROR_SUCCESS) {
    return {};
  }
  std::vector<std::string> texts;
  std::u16string_view rest = held;
  while (!rest.empty() && rest.front() != u'\0') {
    const std::u16string_view text = rest.substr(0, rest.find(u'\0'));
    texts.push_back(utf8(text));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
  }
  return texts;
}

constexpr std::wstring_view classes = L"SOFTWARE\\Classes\\CLSID\\";
constexpr std::wstring_view providers =
    L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers\\";
constexpr std::wstring_view filters =
    L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider Filters\\";
constexpr const wchar_t* product = L"SystemLog";

std::wstring class_name() {
  std::array<wchar_t, 40> text{};
  StringFromGUID2(guid(our_class_id), text.data(), static_cast<int>(text.size()));
  return text.data();
}

bool write(const std::wstring& key, const wchar_t* value, std::wstring_view text) {
  HKEY opened = nullptr;
  if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, key.c_str(), 0, nullptr, 0, KEY_WRITE | KEY_WOW64_64KEY, nullptr, &opened,
                      nullptr) != ERROR_SUCCESS) {
    return false;
  }
  const std::wstring closed(text);
  const LSTATUS status = RegSetValueExW(opened, value, 0, REG_SZ, reinterpret_cast<const BYTE*>(closed.c_str()),
                                        static_cast<DWORD>((closed.size() + 1) * sizeof(wchar_t)));
  RegCloseKey(opened);
  return status == ERROR_SUCCESS;
}

bool remove(std::wstring_view parent, const std::wstring& name) {
  HKEY opened = nullptr;
  const LSTATUS found =
      RegOpenKeyExW(HKEY_LOCAL_MACHINE, std::wstring(parent).c_str(), 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &opened);
  if (found == ERROR_FILE_NOT_FOUND) return true;
  if (found != ERROR_SUCCESS) return false;
  const LSTATUS status = RegDeleteTreeW(opened, name.c_str());
  RegCloseKey(opened);
  return status == ERROR_SUCCESS || status == ERROR_FILE_NOT_FOUND;
}

}  // namespace

LogonMirror read_logon_mirror() {
  LogonMirror mirror;
  mirror.enforcement = read_number(logon_mirror_key::enforcement, 0) != 0;
  mirror.recovery_flag = read_number(logon_mirror_key::recovery_flag, 0) != 0;
  mirror.crash_breaker = read_number(logon_mirror_key::crash_breaker, 0) != 0;
  mirror.smart_cards = read_number(logon_mirror_key::smart_cards, 1) != 0;
  mirror.prompts = read_number(logon_mirror_key::prompts, 0) != 0;
  mirror.when_bridge_down =
      read_number(logon_mirror_key::when_bridge_down, 0) == 1 ? WhenBridgeDown::deny : WhenBridgeDown::password_only;
  mirror.break_glass_sids = read_texts(logon_mirror_key::break_glass_sids);
  return mirror;
}

bool register_provider(const wchar_t* dll_path) {
  const std::wstring name = class_name();
  const std::wstring own_class = std::wstring(classes) + name;
  const std::wstring server = own_class + L"\\InprocServer32";
  const bool entered = write(own_class, nullptr, product) && write(server, nullptr, dll_path) &&
                       write(server, L"ThreadingModel", L"Apartment") &&
                       write(std::wstring(providers) + name, nullptr, product) &&
                       write(std::wstring(filters) + name, nullptr, product);
  if (!entered) unregister_provider();
  return entered;
}

bool unregister_provider() {
  const std::wstring name = class_name();
  const bool filter_gone = remove(filters, name);
  const bool provider_gone = remove(providers, name);
  const bool class_gone = remove(classes, name);
  return filter_gone && provider_gone && class_gone;
}

}  // namespace systemlog::provider
