#include "bridge/windows/service_main.h"

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "bridge/host.h"
#include "bridge/service_names.h"
#include "bridge/windows/standby_watch.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/file_event_sink.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

struct SERVICE_TIMECHANGE_INFO { LARGE_INTEGER liNewTime; LARGE_INTEGER liOldTime; };
namespace systemlog::bridge::windows {
namespace {

using std::chrono::milliseconds;
using systemlog::windows::Handle;
using systemlog::windows::narrow;
using systemlog::windows::wide;

/// How long the PC may be held up at its end: the last events are sent by then, or by the next start.
constexpr milliseconds last_report{8'000};
/// Windows gives about two seconds before it sleeps.
constexpr milliseconds before_sleep{1'500};
constexpr DWORD stop_hint_ms = 12'000;

/// GUID_CONSOLE_DISPLAY_STATE: off, on, dimmed.
constexpr GUID console_display{0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};

std::filesystem::path folder() {
  const wchar_t* program_data = _wgetenv(L"ProgramData");
  const std::wstring base = program_data != nullptr ? program_data : L"C:\\ProgramData";
  return std::filesystem::path(base) / wide(std::string(data_folder));
}

/// Everything the host borrows.
struct Surroundings {
  std::unique_ptr<Files> files = system_files();
  std::unique_ptr<Random> random = system_random();
  std::unique_ptr<SystemClock> clock = system_clock({});
  std::unique_ptr<SecretBox> box = systemlog::windows::machine_secret_box();
  std::unique_ptr<Machine> machine = windows::machine();
  std::unique_ptr<Processes> processes = windows::processes();
  std::unique_ptr<AccountLookup> accounts = systemlog::windows::account_lookup();
  std::unique_ptr<MirrorStore> mirror = windows::mirror_store();
  std::unique_ptr<EventSink> events;

  Surroundings() {
    Result<std::unique_ptr<EventSink>> log = systemlog::windows::event_log_sink(std::string(event_source));
    if (log) {
      events = std::move(log).value();
      return;
    }
    if (Result<std::unique_ptr<EventSink>> file = file_event_sink(folder() / "events.log")) {
      events = std::move(file).value();
    }
  }

  HostParts parts() const {
    return {*files,
            *random,
            *clock,
            *box,
            *machine,
            *processes,
            *events,
            *accounts,
            *mirror,
            tpm_and_bitlocker(),
            folder(),
            {std::string(auth::pipe_name), std::string(auth_pipe_sddl)},
            {std::string(client_pipe_name), std::string(client_pipe_sddl)},
            {},
            {},
            {},
            milliseconds(10'000)};
  }
};

SERVICE_STATUS_HANDLE status_handle = nullptr;
HANDLE stop_event = nullptr;
std::atomic<bool> system_goes_down = false;
std::atomic<Host*> running = nullptr;

void say(DWORD state, DWORD exit_code = NO_ERROR) {
  SERVICE_STATUS status{};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwWin32ExitCode = exit_code;
  if (state == SERVICE_RUNNING) {
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SESSIONCHANGE |
                                SERVICE_ACCEPT_POWEREVENT | SERVICE_ACCEPT_TIMECHANGE;
  } else {
    status.dwWaitHint = stop_hint_ms;
  }
  SetServiceStatus(status_handle, &status);
}

void on_session(Host& host, DWORD code, std::uint32_t id) {
  const std::optional<SessionChange> change = session_change_of(code);
  if (!change) return;
  host.tell([change = *change, id](Machine& machine) -> Signal {
    SessionSignal signal{change, id, machine.session(id), std::nullopt};
    if (change == SessionChange::logoff) signal.shutdown = machine.shutdown_notice();
    return signal;
  });
}

void tell_power(Host& host, PowerSignal::Kind kind) {
  host.tell([kind](Machine& machine) -> Signal {
    PowerSignal signal{kind, machine.idle_ms(), false};
    if (kind == PowerSignal::Kind::suspend && machine.sessions().empty()) {
      // Everybody was signed off for a shutdown, and now the kernel is laid to sleep: fast startup.
      const std::optional<ShutdownNotice> notice = machine.shutdown_notice();
      signal.fast_startup = notice && !notice->restart;
    }
    return signal;
  });
}

void on_power(Host& host, DWORD code, const void* data) {
  switch (code) {
    case PBT_APMSUSPEND:
      tell_power(host, PowerSignal::Kind::suspend);
      host.settle(before_sleep);
      return;
    case PBT_APMRESUMEAUTOMATIC:
      return tell_power(host, PowerSignal::Kind::resumed);
    case PBT_APMRESUMESUSPEND:
      return tell_power(host, PowerSignal::Kind::user_present);
    case PBT_POWERSETTINGCHANGE: {
      const auto* setting = static_cast<const POWERBROADCAST_SETTING*>(data);
      // A system that wakes for itself leaves its screen dark.
      if (setting != nullptr && setting->PowerSetting == console_display && setting->DataLength >= sizeof(DWORD) &&
          *reinterpret_cast<const DWORD*>(static_cast<const BYTE*>(setting->Data)) == 1) {
        tell_power(host, PowerSignal::Kind::user_present);
      }
      return;
    }
    default:
      return;
  }
}

std::int64_t wall_ms(const LARGE_INTEGER& file_time) {
  return file_time.QuadPart / 10'000;
}

DWORD WINAPI on_control(DWORD control, DWORD type, void* data, void* /*context*/) {
  Host* host = running.load();
  switch (control) {
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    case SERVICE_CONTROL_PRESHUTDOWN:
      system_goes_down = true;
      [[fallthrough]];
    case SERVICE_CONTROL_STOP:
      say(SERVICE_STOP_PENDING);
      SetEvent(stop_event);
      return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
      if (host != nullptr && data != nullptr) {
        on_session(*host, type, static_cast<const WTSSESSION_NOTIFICATION*>(data)->dwSessionId);
      }
      return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
      if (host != nullptr) on_power(*host, type, data);
      return NO_ERROR;
    case SERVICE_CONTROL_TIMECHANGE:
      if (host != nullptr && data != nullptr) {
        const auto* change = static_cast<const SERVICE_TIMECHANGE_INFO*>(data);
        const std::int64_t moved = wall_ms(change->liNewTime) - wall_ms(change->liOldTime);
        host->tell([moved](Machine&) -> Signal { return ClockSignal{moved}; });
      }
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

void WINAPI service_main(DWORD /*count*/, wchar_t** /*arguments*/) {
  stop_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  status_handle = RegisterServiceCtrlHandlerExW(std::wstring(service_name).c_str(), on_control, nullptr);
  if (status_handle == nullptr) return;
  say(SERVICE_START_PENDING);
  const Surroundings surroundings;
  Result<std::unique_ptr<Host>> host = Host::start(surroundings.parts());
  if (!host) {
    surroundings.events->report(Severity::error, event_ids::journal_unavailable,
                                "The pipe for the logon screen cannot be opened: " + host.error().detail);
    return say(SERVICE_STOPPED, ERROR_PIPE_BUSY);
  }
  surroundings.events->report(
      Severity::information, event_ids::started,
      "The pipe for the logon screen was open after " + std::to_string(ms_since_process_start()) + " ms.");
  running = host.value().get();
  const HPOWERNOTIFY display =
      RegisterPowerSettingNotification(status_handle, &console_display, DEVICE_NOTIFY_SERVICE_HANDLE);
  {
    const StandbyWatch standby([&host](bool entered) {
      tell_power(*host.value(), entered ? PowerSignal::Kind::standby : PowerSignal::Kind::standby_ended);
    });
    say(SERVICE_RUNNING);
    WaitForSingleObject(stop_event, INFINITE);
  }

  if (display != nullptr) UnregisterPowerSettingNotification(display);
  if (system_goes_down) {
    host.value()->tell([](Machine& machine) -> Signal { return ShutdownSignal{machine.shutdown_notice()}; });
    host.value()->settle(milliseconds(3'000));
  }
  running = nullptr;
  host.value()->stop(system_goes_down ? last_report : milliseconds(0));
  say(SERVICE_STOPPED);
}

BOOL WINAPI on_console(DWORD /*event*/) {
  SetEvent(stop_event);
  return TRUE;
}

}  // namespace

unsigned long long ms_since_process_start() {
  FILETIME started{};
  FILETIME unused{};
  FILETIME now{};
  GetProcessTimes(GetCurrentProcess(), &started, &unused, &unused, &unused);
  GetSystemTimeAsFileTime(&now);
  const auto ticks = [](const FILETIME& time) {
    return (static_cast<unsigned long long>(time.dwHighDateTime) << 32U) | time.dwLowDateTime;
  };
  return (ticks(now) - ticks(started)) / 10'000;
}

int run_service() {
  std::wstring name(service_name);
  const SERVICE_TABLE_ENTRYW table[] = {{name.data(), service_main}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(static_cast<const SERVICE_TABLE_ENTRYW*>(table)) == 0) {
    std::fprintf(stderr, "This is started by the service manager; see `bridge.exe console`.\n");
    return 1;
  }
  return 0;
}

int run_console() {
  stop_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const Surroundings surroundings;
  Result<std::unique_ptr<Host>> host = Host::start(surroundings.parts());
  if (!host) {
    std::fprintf(stderr, "The pipe for the logon screen cannot be opened: %s\n", host.error().detail.c_str());
    return 1;
  }
  std::printf("auth pipe open after %llu ms\n", ms_since_process_start());
  std::fflush(stdout);
  SetConsoleCtrlHandler(on_console, TRUE);
  WaitForSingleObject(stop_event, INFINITE);
  host.value()->stop(milliseconds(0));
  return 0;
}

}  // namespace systemlog::bridge::windows
