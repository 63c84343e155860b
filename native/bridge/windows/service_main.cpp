#include "bridge/windows/service_main.h"

// clang-format off
#include <windows.h>
// clang-format on

#include <atomic>
#include <cstdio>
#include <iterator>
#include <mutex>

#include "bridge/service_names.h"
#include "bridge/windows/network_watch.h"
#include "bridge/windows/service_controls.h"
#include "bridge/windows/standby_watch.h"
#include "platform/windows/handle.h"

struct SERVICE_TIMECHANGE_INFO {
  LARGE_INTEGER liNewTime;
  LARGE_INTEGER liOldTime;
};
namespace systemlog::bridge::windows {
namespace {

using std::chrono::milliseconds;

/// How long the PC may be held up at its end: the last events are sent by then, or by the next start.
constexpr milliseconds last_report{8'000};
/// Windows gives about two seconds before it sleeps.
constexpr milliseconds before_sleep{1'500};
/// For what was told before the end to be recorded.
constexpr milliseconds before_end{3'000};
constexpr DWORD stop_hint_ms = 12'000;
/// Before another try to follow the event log, which may start after us.
constexpr DWORD watch_retry_ms = 10'000;

/// GUID_CONSOLE_DISPLAY_STATE
constexpr GUID console_display{0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};

// A process is one service, and Windows calls plain functions of it.
ServiceProgram service_program;
SERVICE_STATUS_HANDLE status_handle = nullptr;
HANDLE stop_event = nullptr;
std::atomic<bool> system_goes_down = false;
/// Guards `running`: a control may come while the host is being taken down.
std::mutex running_mutex;
Host* running = nullptr;

void say(DWORD state, DWORD exit_code = NO_ERROR) {
  SERVICE_STATUS status{};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwWin32ExitCode = exit_code;
  if (state == SERVICE_RUNNING) {
    status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SESSIONCHANGE |
                                SERVICE_ACCEPT_POWEREVENT | SERVICE_ACCEPT_TIMECHANGE;
  } else if (state != SERVICE_STOPPED) {
    status.dwWaitHint = stop_hint_ms;
  }
  SetServiceStatus(status_handle, &status);
}

void tell(DWORD control, DWORD type, const void* data) {
  const std::lock_guard lock(running_mutex);
  if (running == nullptr) return;
  std::optional<Host::Describe> told = signal_of(control, type, data);
  if (!told) return;
  running->tell(std::move(*told));
  if (is_last_word_before_sleep(control, type)) running->settle(before_sleep);
}

DWORD deliver(DWORD control, DWORD type, void* data) {
  switch (control) {
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
      say(SERVICE_STOP_PENDING);
      tell(control, type, data);
      if (control == SERVICE_CONTROL_PRESHUTDOWN) system_goes_down = true;
      SetEvent(stop_event);
      return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
    case SERVICE_CONTROL_POWEREVENT:
    case SERVICE_CONTROL_TIMECHANGE:
      tell(control, type, data);
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

DWORD WINAPI on_control(DWORD control, DWORD type, void* data, void* /*context*/) {
  constexpr DWORD first_own_control = 128;
  if (control >= first_own_control && service_program.own_control) {
    const DWORD answer = service_program.own_control(control, deliver);
    const std::lock_guard lock(running_mutex);
    if (running != nullptr) running->settle(before_end);
    return answer;
  }
  return deliver(control, type, data);
}

void set_running(Host* host) {
  const std::lock_guard lock(running_mutex);
  running = host;
}

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

/// Until the service is told to stop.
void follow_the_machine(Host& host) {
  const NetworkWatch network([&host] { host.network_up(); });
  const HPOWERNOTIFY display =
      RegisterPowerSettingNotification(status_handle, &console_display, DEVICE_NOTIFY_SERVICE_HANDLE);
  const auto standby = [&host](bool entered) { host.tell(standby_signal(entered)); };
  auto watch = std::make_unique<StandbyWatch>(standby);
  while (WaitForSingleObject(stop_event, watch->follows() ? INFINITE : watch_retry_ms) == WAIT_TIMEOUT) {
    watch = std::make_unique<StandbyWatch>(standby);
  }
  if (display != nullptr) UnregisterPowerSettingNotification(display);
}

/// @returns the exit code of the service; everything it held is given back by then
DWORD serve() {
  const Surroundings surroundings = service_program.surroundings();
  HostParts parts = surroundings.host_parts();
  // Whoever holds that name first must not keep us from recording.
  parts.starts_without_auth_pipe = true;
  Result<std::unique_ptr<Host>> started = Host::start(std::move(parts));
  if (!started) return ERROR_PIPE_BUSY;
  Host& host = *started.value();
  const unsigned long long ready_ms = ms_since_process_start();
  set_running(&host);
  say(SERVICE_RUNNING);
  if (host.auth_pipe_is_open()) {
    surroundings.events->report(Severity::information, event_ids::started,
                                "The pipe for the logon screen was open after " + std::to_string(ready_ms) + " ms.");
  }
  // Begins to look, so that the first sign-in is told.
  static_cast<void>(surroundings.tpm_and_bitlocker());
  follow_the_machine(host);
  if (system_goes_down) host.settle(before_end);
  set_running(nullptr);
  host.stop(system_goes_down ? last_report : milliseconds(0));
  return NO_ERROR;
}

void WINAPI service_main(DWORD /*count*/, wchar_t** /*arguments*/) {
  stop_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  status_handle = RegisterServiceCtrlHandlerExW(std::wstring(service_name).c_str(), on_control, nullptr);
  if (status_handle == nullptr || stop_event == nullptr) return;
  say(SERVICE_START_PENDING);
  const DWORD exit_code = serve();
  // The last word: the next one may be started now, and finds the pipes' names free.
  say(SERVICE_STOPPED, exit_code);
}

BOOL WINAPI on_console(DWORD /*event*/) {
  SetEvent(stop_event);
  return TRUE;
}

}  // namespace

int run_service(ServiceProgram program) {
  service_program = std::move(program);
  std::wstring name(service_name);
  const SERVICE_TABLE_ENTRYW table[] = {{name.data(), service_main}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherW(std::data(table)) == 0) {
    std::fprintf(stderr, "This is started by the service manager; see `bridge.exe console`.\n");
    return 1;
  }
  return 0;
}

int run_console(const ServiceProgram& program) {
  stop_event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  if (stop_event == nullptr) return 1;
  // Before anything is open: whoever is impatient finds an orderly end, too.
  SetConsoleCtrlHandler(on_console, TRUE);
  const Surroundings surroundings = program.surroundings();
  Result<std::unique_ptr<Host>> host = Host::start(surroundings.host_parts());
  if (!host) {
    std::fprintf(stderr, "The pipe for the logon screen cannot be opened: %s\n", host.error().detail.c_str());
    return 1;
  }
  std::printf("auth pipe open after %llu ms\n", ms_since_process_start());
  std::fflush(stdout);
  WaitForSingleObject(stop_event, INFINITE);
  host.value()->stop(milliseconds(0));
  return 0;
}

}  // namespace systemlog::bridge::windows
