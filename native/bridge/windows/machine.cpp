// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <algorithm>
#include <array>
#include <cstddef>

#include "bridge/windows/event_log.h"
#include "bridge/windows/windows_bridge.h"
#include "core/contract_json.h"
#include "platform/random.h"
#include "platform/windows/handle.h"
#include "platform/windows/sids.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::Handle;
using systemlog::windows::narrow;

constexpr wchar_t boot_key[] = L"SOFTWARE\\SystemLog\\Boot";
/// An announcement older than this belongs to an end that did not come.
constexpr std::int64_t announced_within_ms = 10 * 60'000;
/// How long after a boot a sign-on may be Windows' own.
constexpr ULONGLONG may_sign_on_ms = 10 * 60'000;

/// WTSSessionInfoEx and its level 1, which this SDK's header may not have.
constexpr auto session_info_ex = static_cast<WTS_INFO_CLASS>(25);
struct SessionInfoLevel1 {
  ULONG session_id;
  WTS_CONNECTSTATE_CLASS state;
  LONG flags;
};
struct SessionInfoEx {
  DWORD level;
  /// What follows is aligned as its 64-bit times further on make it.
  DWORD unused;
  SessionInfoLevel1 data;
};
static_assert(offsetof(SessionInfoEx, data) == 8);
constexpr LONG flags_locked = 0;
constexpr LONG flags_unlocked = 1;

class WtsMemory {
 public:
  explicit WtsMemory(void* memory) noexcept : memory_(memory) {}
  WtsMemory(const WtsMemory&) = delete;
  WtsMemory& operator=(const WtsMemory&) = delete;
  WtsMemory(WtsMemory&&) = delete;
  WtsMemory& operator=(WtsMemory&&) = delete;
  ~WtsMemory() { WTSFreeMemory(memory_); }

 private:
  void* memory_;
};

std::int64_t wall_ms_of(const LARGE_INTEGER& file_time) {
  constexpr std::int64_t unix_epoch = 116'444'736'000'000'000;
  return file_time.QuadPart <= unix_epoch ? 0 : (file_time.QuadPart - unix_epoch) / 10'000;
}

std::optional<std::string> sid_of_session(std::uint32_t id) {
  HANDLE token = nullptr;
  if (WTSQueryUserToken(id, &token) == 0 || token == nullptr) return std::nullopt;
  const Handle owned(token);
  Result<std::string> sid = systemlog::windows::token_sid(token);
  if (!sid) return std::nullopt;
  return std::move(sid).value();
}

class WindowsMachine final : public Machine {
 public:
  std::map<std::uint32_t, SessionFacts> sessions() override {
    std::map<std::uint32_t, SessionFacts> found;
    WTS_SESSION_INFOW* listed = nullptr;
    DWORD count = 0;
    if (WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &listed, &count) == 0) return found;
    const WtsMemory memory(listed);
    for (DWORD i = 0; i < count; ++i) {
      SessionFacts facts = session(listed[i].SessionId);
      if (facts.account) found.emplace(listed[i].SessionId, std::move(facts));
    }
    return found;
  }

  SessionFacts session(std::uint32_t id) override {
    SessionFacts facts;
    wchar_t* buffer = nullptr;
    DWORD size = 0;
    if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, id, WTSSessionInfo, &buffer, &size) != 0 &&
        buffer != nullptr && size >= sizeof(WTSINFOW)) {
      const WtsMemory memory(buffer);
      const auto* info = reinterpret_cast<const WTSINFOW*>(buffer);
      facts.connected = info->State == WTSActive || info->State == WTSConnected;
      facts.logon_wall_ms = wall_ms_of(info->LogonTime);
      // Windows does not count it for every kind of session; 0 is "not known".
      if (info->LastInputTime.QuadPart > 0 && info->CurrentTime.QuadPart >= info->LastInputTime.QuadPart) {
        facts.idle_ms =
            static_cast<std::uint64_t>((info->CurrentTime.QuadPart - info->LastInputTime.QuadPart) / 10'000);
      }
      facts.account = account(id, narrow(static_cast<const wchar_t*>(info->Domain)),
                              narrow(static_cast<const wchar_t*>(info->UserName)));
    }
    facts.remote = is_remote(id);
    facts.locked = is_locked(id);
    if (GetTickCount64() < may_sign_on_ms && !facts.remote && restarted_by_system()) {
      facts.sign_on = SignOn::perhaps_automatic;
    }
    return facts;
  }

  std::optional<std::uint64_t> idle_ms() override {
    const DWORD console = WTSGetActiveConsoleSessionId();
    return console == 0xFFFFFFFF ? std::nullopt : session(console).idle_ms;
  }

  std::string time_zone() override { return windows::time_zone(); }

  std::optional<ShutdownNotice> shutdown_notice() override {
    const std::vector<std::string> newest = system_log_events(
        L"*[System[Provider[@Name='User32'] and EventID=1074 and TimeCreated[timediff(@SystemTime) <= " +
            std::to_wstring(announced_within_ms) + L"]]]",
        1);
    if (newest.empty()) return std::nullopt;
    return notice_in(newest.front());
  }

  SystemLogFacts system_log(std::int64_t from_wall_ms, std::int64_t to_wall_ms) override {
    const std::wstring span = L"TimeCreated[@SystemTime >= '" + query_time(from_wall_ms) + L"' and @SystemTime <= '" +
                              query_time(to_wall_ms) + L"']";
    SystemLogFacts facts;
    for (const std::string& xml : system_log_events(
             L"*[System[Provider[@Name='Microsoft-Windows-Winlogon'] and EventID=7002 and " + span + L"]]", 200)) {
      const std::optional<std::string> sid = between(xml, "<Data Name='UserSid'>", "</Data>");
      const std::optional<std::int64_t> at = event_wall_ms(xml);
      if (sid && at) facts.sign_offs.push_back({*sid, *at});
    }
    const auto any = [&span](const wchar_t* what) {
      return !system_log_events(L"*[System[" + std::wstring(what) + L" and " + span + L"]]", 1).empty();
    };
    if (any(L"(Provider[@Name='EventLog'] and EventID=6008 or "
            L"Provider[@Name='Microsoft-Windows-Kernel-Power'] and EventID=41)")) {
      facts.orderly_shutdown = false;
    } else if (any(L"Provider[@Name='EventLog'] and EventID=6006")) {
      facts.orderly_shutdown = true;
    }
    return facts;
  }

  /// A volatile key goes with the boot, and only administrators write below it.
  std::string boot_id() override {
    HKEY key = nullptr;
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, static_cast<const wchar_t*>(boot_key), 0, nullptr, REG_OPTION_VOLATILE,
                        KEY_READ | KEY_WRITE | KEY_WOW64_64KEY, nullptr, &key, nullptr) != ERROR_SUCCESS) {
      return fresh_id();
    }
    std::array<wchar_t, 64> held{};
    auto size = static_cast<DWORD>(sizeof held - sizeof(wchar_t));
    std::string id;
    if (RegQueryValueExW(key, L"Id", nullptr, nullptr, reinterpret_cast<BYTE*>(held.data()), &size) ==
        ERROR_SUCCESS) {
      id = narrow(held.data());
    } else {
      id = fresh_id();
      const std::wstring wide = systemlog::windows::wide(id);
      RegSetValueExW(key, L"Id", 0, REG_SZ, reinterpret_cast<const BYTE*>(wide.c_str()),
                     static_cast<DWORD>((wide.size() + 1) * sizeof(wchar_t)));
    }
    RegCloseKey(key);
    return id;
  }

 private:
  static std::string fresh_id() {
    const auto random = system_random();
    const Result<std::array<std::uint8_t, 16>> id = make_random_uuid(*random);
    return id ? uuid_text(id.value()) : std::to_string(GetTickCount64());
  }

  static std::optional<EventAccount> account(std::uint32_t id, const std::string& domain, const std::string& name) {
    if (name.empty()) return std::nullopt;
    if (std::optional<std::string> sid = sid_of_session(id)) return EventAccount{std::move(*sid), domain, name};
    const auto lookup = systemlog::windows::account_lookup();
    const Result<SystemAccount> found = lookup->by_name(domain.empty() ? name : domain + "\\" + name);
    if (!found) return std::nullopt;
    return EventAccount{found.value().sid, domain, name};
  }

  static bool is_remote(std::uint32_t id) {
    wchar_t* buffer = nullptr;
    DWORD size = 0;
    if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, id, WTSClientProtocolType, &buffer, &size) == 0) {
      return false;
    }
    const WtsMemory memory(buffer);
    constexpr USHORT console = 0;
    return size >= sizeof(USHORT) && *reinterpret_cast<const USHORT*>(buffer) != console;
  }

  static std::optional<bool> is_locked(std::uint32_t id) {
    wchar_t* buffer = nullptr;
    DWORD size = 0;
    if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, id, session_info_ex, &buffer, &size) == 0) {
      return std::nullopt;
    }
    const WtsMemory memory(buffer);
    const auto* info = reinterpret_cast<const SessionInfoEx*>(buffer);
    if (size < sizeof(SessionInfoEx) || info->level != 1) return std::nullopt;
    if (info->data.flags != flags_locked && info->data.flags != flags_unlocked) return std::nullopt;
    return info->data.flags == flags_locked;
  }

  /// User32 1074: who asked for it stands in the event itself. The kind of end is in the language of the system.
  static ShutdownNotice notice_in(const std::string& xml) {
    ShutdownNotice notice;
    const std::string by = between(xml, "UserID='", "'").value_or("");
    notice.by_user = by != "S-1-5-18" && by != "S-1-5-19" && by != "S-1-5-20";
    const std::string kind = between(xml, "<Data Name='param5'>", "</Data>").value_or("");
    notice.restart = kind.find("estart") != std::string::npos || kind.find("再起動") != std::string::npos;
    return notice;
  }

  /// The restart before this boot was asked for by the system.
  static bool restarted_by_system() {
    const std::vector<std::string> newest =
        system_log_events(L"*[System[Provider[@Name='User32'] and EventID=1074]]", 1);
    if (newest.empty()) return false;
    const ShutdownNotice notice = notice_in(newest.front());
    return notice.restart && !notice.by_user;
  }
};

class WindowsProcess final : public WatchedProcess {
 public:
  explicit WindowsProcess(Handle process) noexcept : process_(std::move(process)) {}

  std::uint64_t started() override {
    FILETIME started{};
    FILETIME unused{};
    GetProcessTimes(process_.get(), &started, &unused, &unused, &unused);
    return (static_cast<std::uint64_t>(started.dwHighDateTime) << 32U) | started.dwLowDateTime;
  }

  std::optional<std::uint32_t> exit_code(std::chrono::milliseconds wait) override {
    DWORD code = 0;
    if (WaitForSingleObject(process_.get(), static_cast<DWORD>(wait.count())) != WAIT_OBJECT_0 ||
        GetExitCodeProcess(process_.get(), &code) == 0) {
      return std::nullopt;
    }
    return code;
  }

 private:
  Handle process_;
};

class WindowsProcesses final : public Processes {
 public:
  Result<std::unique_ptr<WatchedProcess>> watch(std::uint32_t process_id) override {
    Handle process(OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id));
    if (!process) return systemlog::windows::failure("process");
    return std::unique_ptr<WatchedProcess>(std::make_unique<WindowsProcess>(std::move(process)));
  }
};

}  // namespace

std::unique_ptr<Machine> machine() {
  return std::make_unique<WindowsMachine>();
}

std::unique_ptr<Processes> processes() {
  return std::make_unique<WindowsProcesses>();
}

}  // namespace systemlog::bridge::windows
