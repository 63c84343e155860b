#include "bridge/windows/service_registration.h"

// clang-format off
#include <windows.h>
#include <sddl.h>
// clang-format on

#include <optional>
#include <string>
#include <utility>

#include "bridge/service_names.h"
#include "platform/windows/handle.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::Handle;
using systemlog::windows::LocalMemory;

constexpr DWORD waits_ms = 30'000;
constexpr DWORD look_again_ms = 50;
constexpr DWORD preshutdown_ms = 20'000;

class Service {
 public:
  explicit Service(SC_HANDLE handle = nullptr) noexcept : handle_(handle) {}
  Service(Service&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Service& operator=(Service&&) = delete;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    if (handle_ != nullptr) CloseServiceHandle(handle_);
  }
  SC_HANDLE get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  SC_HANDLE handle_;
};

Error failure(const char* step) {
  const DWORD code = GetLastError();
  if (code == ERROR_ACCESS_DENIED) {
    return {ErrorCode::refused, std::string(step) + ": not allowed; to be run as an administrator"};
  }
  if (code == ERROR_SERVICE_MARKED_FOR_DELETE) {
    return {ErrorCode::locked,
            std::string(step) + ": the old service goes only when every program that looks at it is closed"};
  }
  return systemlog::windows::failure(step, code);
}

Result<Service> open_manager() {
  Service manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS));
  if (!manager) return failure("service manager");
  return manager;
}

/// None when there is no such service.
Result<std::optional<Service>> open_service() {
  const Result<Service> manager = open_manager();
  if (!manager) return manager.error();
  Service service(OpenServiceW(manager.value().get(), std::wstring(service_name).c_str(), SERVICE_ALL_ACCESS));
  if (service) return std::optional<Service>(std::move(service));
  if (GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return std::optional<Service>();
  return failure("service");
}

Result<SERVICE_STATUS_PROCESS> status_of(const Service& service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD size = 0;
  if (QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status,
                           &size) == 0) {
    return failure("service status");
  }
  return status;
}

Result<void> wait_for(const Service& service, DWORD state) {
  for (DWORD waited = 0; waited <= waits_ms; waited += look_again_ms) {
    const Result<SERVICE_STATUS_PROCESS> status = status_of(service);
    if (!status) return status.error();
    if (status.value().dwCurrentState == state) return {};
    if (status.value().dwCurrentState == SERVICE_STOPPED) {
      return Error{ErrorCode::io_failed,
                   "the service stopped with " + std::to_string(status.value().dwWin32ExitCode)};
    }
    Sleep(look_again_ms);
  }
  return Error{ErrorCode::timed_out, "service"};
}

Result<void> protect(const Service& service) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(std::wstring(service_sddl).c_str(), SDDL_REVISION_1,
                                                           &descriptor, nullptr) == 0) {
    return failure("service sddl");
  }
  const LocalMemory owned(descriptor);
  if (SetServiceObjectSecurity(service.get(), DACL_SECURITY_INFORMATION, descriptor) == 0) {
    return failure("service security");
  }
  return {};
}

Result<void> configure(const Service& service) {
  SC_ACTION actions[] = {{SC_ACTION_RESTART, 1'000}, {SC_ACTION_RESTART, 5'000}, {SC_ACTION_RESTART, 60'000}};
  SERVICE_FAILURE_ACTIONSW failures{};
  failures.dwResetPeriod = 86'400;
  failures.cActions = 3;
  failures.lpsaActions = static_cast<SC_ACTION*>(actions);
  if (ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_FAILURE_ACTIONS, &failures) == 0) {
    return failure("failure actions");
  }
  // What follows is good to have; Windows 11 has it all.
  SERVICE_FAILURE_ACTIONS_FLAG also_when_it_stops_badly{TRUE};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_when_it_stops_badly);
  SERVICE_PRESHUTDOWN_INFO preshutdown{preshutdown_ms};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown);
  std::wstring about = L"Records sign-ins, sign-outs, locks and unlocks of this PC and answers its logon screen.";
  SERVICE_DESCRIPTIONW description{about.data()};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_DESCRIPTION, &description);
  return protect(service);
}

/// While it starts or stops a service takes no control.
Result<void> tell_to_stop(const Service& service) {
  for (DWORD waited = 0;; waited += look_again_ms) {
    SERVICE_STATUS status{};
    if (ControlService(service.get(), SERVICE_CONTROL_STOP, &status) != 0) return {};
    const DWORD problem = GetLastError();
    if (problem == ERROR_SERVICE_NOT_ACTIVE) return {};
    if (problem != ERROR_SERVICE_CANNOT_ACCEPT_CTRL || waited >= waits_ms) {
      SetLastError(problem);
      return failure("stop service");
    }
    Sleep(look_again_ms);
  }
}

/// `"C:\…\bridge.exe" run`, in quotes: a path with a blank would name another program, too.
Result<std::wstring> own_command() {
  std::wstring path(32'768, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0 || length == path.size()) return failure("own path");
  path.resize(length);
  return L"\"" + path + L"\" run";
}

}  // namespace

Result<void> may_change_services() {
  const Result<Service> manager = open_manager();
  if (!manager) return manager.error();
  return {};
}

Result<void> register_service() {
  const Result<std::wstring> command = own_command();
  if (!command) return command.error();
  const Result<std::optional<Service>> service = open_service();
  if (!service) return service.error();
  const std::wstring name(service_name);
  if (service.value()) {
    if (ChangeServiceConfigW(service.value()->get(), SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                             SERVICE_ERROR_NORMAL, command.value().c_str(), nullptr, nullptr, nullptr, nullptr,
                             nullptr, L"SystemLog Bridge") == 0) {
      return failure("service configuration");
    }
    return configure(*service.value());
  }
  const Result<Service> manager = open_manager();
  if (!manager) return manager.error();
  const Service made(CreateServiceW(manager.value().get(), name.c_str(), L"SystemLog Bridge", SERVICE_ALL_ACCESS,
                                    SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                    command.value().c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
  if (!made) return failure("create service");
  return configure(made);
}

Result<void> start_service() {
  const Result<std::optional<Service>> service = open_service();
  if (!service) return service.error();
  if (!service.value()) return Error{ErrorCode::not_found, "service"};
  if (StartServiceW(service.value()->get(), 0, nullptr) == 0 && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
    return failure("start service");
  }
  return wait_for(*service.value(), SERVICE_RUNNING);
}

Result<void> stop_service() {
  const Result<std::optional<Service>> service = open_service();
  if (!service) return service.error();
  if (!service.value()) return {};
  const Result<SERVICE_STATUS_PROCESS> before = status_of(*service.value());
  if (!before) return before.error();
  if (before.value().dwCurrentState == SERVICE_STOPPED) return {};
  // Its files are free only when the process is gone, a moment after the service has stopped.
  const Handle process(OpenProcess(SYNCHRONIZE, FALSE, before.value().dwProcessId));
  if (Result<void> told = tell_to_stop(*service.value()); !told) return told;
  if (Result<void> stopped = wait_for(*service.value(), SERVICE_STOPPED); !stopped) return stopped;
  if (process && WaitForSingleObject(process.get(), waits_ms) != WAIT_OBJECT_0) {
    return Error{ErrorCode::timed_out, "the service's process"};
  }
  return {};
}

Result<void> delete_service() {
  const Result<std::optional<Service>> service = open_service();
  if (!service) return service.error();
  if (!service.value()) return {};
  if (DeleteService(service.value()->get()) == 0 && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
    return failure("delete service");
  }
  return {};
}

}  // namespace systemlog::bridge::windows
