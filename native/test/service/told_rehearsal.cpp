// provider-test.exe of the tests: says as what it was started and stays until it is told to go. It lies beside the
// tests' bridge, where the service looks for the one that ships.
//
//     C:\SystemLogSeam\rehearsal-<process>.json   {"command":…, "session":…, "sid":…, "desktop":"WinSta0\Default",
//                                                  "folder":…, "marker":…}
// clang-format off
#include <windows.h>
// clang-format on

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "platform/windows/handle.h"
#include "platform/windows/sids.h"
#include "platform/windows/text.h"
#include "test/service/rehearsal_end.h"

namespace {

using namespace systemlog;
using windows::narrow;

std::string name_of(HANDLE object) {
  wchar_t name[256] = L"";
  GetUserObjectInformationW(object, UOI_NAME, static_cast<wchar_t*>(name), sizeof name, nullptr);
  return narrow(static_cast<const wchar_t*>(name));
}

std::string own_sid() {
  HANDLE token = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) == 0) return {};
  const windows::Handle owned(token);
  const Result<std::string> sid = windows::token_sid(token);
  return sid ? sid.value() : std::string();
}

std::string variable(const wchar_t* name) {
  wchar_t value[1024] = L"";
  GetEnvironmentVariableW(name, static_cast<wchar_t*>(value), 1024);
  return narrow(static_cast<const wchar_t*>(value));
}

/// Written beside and moved, so that nobody reads half of it.
void say(const nlohmann::json& all) {
  const std::filesystem::path folder = L"C:\\SystemLogSeam";
  const std::wstring name = L"rehearsal-" + std::to_wstring(GetCurrentProcessId());
  std::ofstream(folder / (name + L".part"), std::ios::binary) << all.dump();
  std::filesystem::rename(folder / (name + L".part"), folder / (name + L".json"));
}

}  // namespace

int WINAPI wWinMain(HINSTANCE /*instance*/, HINSTANCE /*previous*/, PWSTR /*arguments*/, int /*show*/) {
  const windows::Handle end(CreateEventW(nullptr, TRUE, FALSE, test::rehearsal_end));
  DWORD session = 0;
  ProcessIdToSessionId(GetCurrentProcessId(), &session);
  say({{"process", GetCurrentProcessId()},
       {"command", narrow(GetCommandLineW())},
       {"session", session},
       {"sid", own_sid()},
       {"desktop", name_of(GetProcessWindowStation()) + "\\" + name_of(GetThreadDesktop(GetCurrentThreadId()))},
       {"folder", narrow(std::filesystem::current_path().wstring())},
       {"marker", variable(L"SYSTEMLOG_OF_THE_CALLER")}});
  WaitForSingleObject(end.get(), 120'000);
  return 1;
}
