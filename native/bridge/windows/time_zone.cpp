// clang-format off
#include <windows.h>
// clang-format on

#include <array>

#include "bridge/windows/windows_bridge.h"
#include "platform/windows/text.h"

namespace systemlog::bridge::windows {
namespace {

/// ICU of Windows (1903 and later) knows which IANA zone a Windows zone is.
std::string by_icu(const wchar_t* key) {
  using Translate =
      std::int32_t(__cdecl*)(const wchar_t*, std::int32_t, const char*, wchar_t*, std::int32_t, std::int32_t*);
  HMODULE icu = LoadLibraryExW(L"icu.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (icu == nullptr) return {};
  std::string name;
  // The detour by void* is how a function pointer of another type is said to be meant.
  const auto translate =
      reinterpret_cast<Translate>(reinterpret_cast<void*>(GetProcAddress(icu, "ucal_getTimeZoneIDForWindowsID")));
  if (translate != nullptr) {
    std::array<wchar_t, 64> id{};
    std::int32_t problem = 0;
    const std::int32_t length =
        translate(key, -1, nullptr, id.data(), static_cast<std::int32_t>(id.size()), &problem);
    if (problem <= 0 && length > 0 && length < static_cast<std::int32_t>(id.size())) {
      name = systemlog::windows::narrow(std::wstring_view(id.data(), static_cast<std::size_t>(length)));
    }
  }
  FreeLibrary(icu);
  return name;
}

/// A zone of whole hours; its sign is the other way round than people write it.
std::string by_bias(LONG bias_minutes) {
  if (bias_minutes == 0 || bias_minutes % 60 != 0) return "Etc/UTC";
  const LONG hours = bias_minutes / 60;
  return "Etc/GMT" + std::string(hours > 0 ? "+" : "-") + std::to_string(hours > 0 ? hours : -hours);
}

}  // namespace

std::string time_zone() {
  DYNAMIC_TIME_ZONE_INFORMATION zone{};
  if (GetDynamicTimeZoneInformation(&zone) == TIME_ZONE_ID_INVALID) return "Etc/UTC";
  std::string name = by_icu(static_cast<const wchar_t*>(zone.TimeZoneKeyName));
  return name.empty() ? by_bias(zone.Bias) : name;
}

}  // namespace systemlog::bridge::windows
