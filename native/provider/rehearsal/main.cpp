// provider-test.exe <sid>: rehearses one account's sign-in with the very DLL, from within its session.
//
// It runs as SYSTEM, for the pipe `auth` answers nobody else: the bridge starts it in the session of whoever asks for
// it, with the SID the bridge knows that caller by. It looks for nothing but the DLL beside it.
// Exit code: 0 LSA took what the tile gave, 1 the window was closed, 2 it could not begin.
// clang-format off
#include <windows.h>
#include <imm.h>
#include <lm.h>
#include <objbase.h>
// clang-format on

#include <atomic>
#include <string>

#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"
#include "provider/rehearsal/rehearsal_screen.h"
#include "provider/rehearsal/rehearsal_window.h"
#include "provider/utf.h"
#include "provider/windows/com_object.h"

namespace systemlog::provider {

std::atomic<long>& live_count() noexcept {
  static constinit std::atomic<long> alive = 0;
  return alive;
}

namespace {

enum ExitCode : int { succeeded = 0, closed = 1, could_not_begin = 2 };

/// The name Windows packs a Microsoft account's password by; empty for every other account.
std::u16string internet_name(const std::wstring& account) {
  BYTE* told = nullptr;
  if (NetUserGetInfo(nullptr, account.c_str(), 24, &told) != NERR_Success || told == nullptr) return {};
  const auto* user = reinterpret_cast<const USER_INFO_24*>(told);
  std::u16string name;
  if (user->usri24_internet_identity != FALSE && user->usri24_internet_principal_name != nullptr) {
    name = u"MicrosoftAccount\\" + std::u16string(units(user->usri24_internet_principal_name));
  }
  NetApiBufferFree(told);
  return name;
}

Result<RehearsedUser> user_of(const std::string& sid) {
  const Result<SystemAccount> found = windows::account_lookup()->by_sid(sid);
  if (!found) return found.error();
  const SystemAccount& account = found.value();
  RehearsedUser user{utf16(sid), utf16(account.domain + "\\" + account.name), account.domain == "AzureAD"};
  if (user.connected) return user;
  if (std::u16string internet = internet_name(windows::wide(account.name)); !internet.empty()) {
    user.qualified_name = std::move(internet);
    user.connected = true;
  }
  return user;
}

/// The DLL beside this program and no other.
HMODULE own_dll() {
  std::wstring path(1024, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  const std::wstring dll = path.substr(0, path.rfind(L'\\') + 1) + L"systemlog-provider.dll";
  return LoadLibraryExW(dll.c_str(), nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

int say(Language language, std::u16string_view code) {
  show_message(language, text(language, Text::rehearsal_not_started, {{u"code", std::u16string(code)}}));
  return could_not_begin;
}

int rehearse(const std::string& sid) {
  const Language language = language_of(GetUserDefaultUILanguage());
  const HMODULE dll = own_dll();
  if (dll == nullptr) return say(language, u"provider");
  const Result<RehearsedUser> user = user_of(sid);
  if (!user) return say(language, utf16(name(user.error().code)));
  const std::unique_ptr<LsaLogon> lsa = system_lsa();
  Result<std::unique_ptr<RehearsalScreen>> screen = RehearsalScreen::open(dll, user.value(), *lsa);
  if (!screen) return say(language, utf16(name(screen.error().code)));
  if (!run_rehearsal(*screen.value(), language)) return closed;
  show_message(language, std::u16string(text(language, Text::rehearsal_done)));
  return succeeded;
}

}  // namespace
}  // namespace systemlog::provider

int WINAPI wWinMain(HINSTANCE /*instance*/, HINSTANCE /*previous*/, PWSTR arguments, int /*show*/) {
  using namespace systemlog;
  // An input method has windows of its own, for settings and dictionaries: here they would be SYSTEM's.
  ImmDisableIME(static_cast<DWORD>(-1));
  if (FAILED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED))) return provider::could_not_begin;
  const int code = provider::rehearse(windows::narrow(arguments));
  CoUninitialize();
  return code;
}
