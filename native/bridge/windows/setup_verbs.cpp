#include "bridge/windows/setup_verbs.h"

// clang-format off
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>
// clang-format on

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "bridge/bridge.h"
#include "bridge/service_names.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::failure;
using systemlog::windows::LocalMemory;
using systemlog::windows::wide;

constexpr DWORD waits_ms = 30'000;
constexpr DWORD preshutdown_ms = 20'000;
constexpr std::size_t longest_settings_file = 65536;

class Service {
 public:
  explicit Service(SC_HANDLE handle) noexcept : handle_(handle) {}
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

std::filesystem::path folder() {
  const wchar_t* program_data = _wgetenv(L"ProgramData");
  return std::filesystem::path(program_data != nullptr ? program_data : L"C:\\ProgramData") /
         wide(std::string(data_folder));
}

/// Sets who may do what with a folder and, by inheritance, with what lies in it.
Result<void> secure(const std::filesystem::path& path, std::wstring_view sddl) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(std::wstring(sddl).c_str(), SDDL_REVISION_1, &descriptor,
                                                           nullptr) == 0) {
    return failure("folder sddl");
  }
  const LocalMemory owned(descriptor);
  BOOL present = FALSE;
  BOOL defaulted = FALSE;
  PACL rules = nullptr;
  if (GetSecurityDescriptorDacl(descriptor, &present, &rules, &defaulted) == 0) return failure("folder dacl");
  std::wstring name = path.wstring();
  const DWORD set = SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT,
                                          DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, nullptr,
                                          nullptr, rules, nullptr);
  if (set != ERROR_SUCCESS) return failure("folder security", set);
  return {};
}

Result<void> make_folder() {
  std::error_code problem;
  std::filesystem::create_directories(folder() / "logon", problem);
  if (problem) return Error{ErrorCode::io_failed, problem.message()};
  if (Result<void> secured = secure(folder(), folder_sddl); !secured) return secured;
  return secure(folder() / "logon", vault_folder_sddl);
}

Result<void> make_registry_key() {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(std::wstring(registry_sddl).c_str(), SDDL_REVISION_1,
                                                           &descriptor, nullptr) == 0) {
    return failure("registry sddl");
  }
  const LocalMemory owned(descriptor);
  HKEY key = nullptr;
  const LSTATUS made = RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\SystemLog", 0, nullptr, 0,
                                       KEY_ALL_ACCESS | KEY_WOW64_64KEY, nullptr, &key, nullptr);
  if (made != ERROR_SUCCESS) return failure("registry key", static_cast<DWORD>(made));
  const LSTATUS secured = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
  RegCloseKey(key);
  if (secured != ERROR_SUCCESS) return failure("registry security", static_cast<DWORD>(secured));
  return {};
}

Result<void> write_settings_of(const SetupOptions& options) {
  const auto files = system_files();
  const auto box = systemlog::windows::machine_secret_box();
  Settings settings;
  Result<Settings> before = load_settings(*files, *box, folder());
  if (before) {
    settings = std::move(before).value();
  } else if (before.error().code != ErrorCode::not_found && options.verb != SetupVerb::install) {
    return before.error();
  }
  if (!options.settings_file.empty()) {
    const Result<SecretBytes> text = read_whole(*files, wide(options.settings_file), longest_settings_file);
    if (!text) return text.error();
    Result<Settings> told = parse_settings(text_of(text.value()));
    if (!told) return told.error();
    settings = std::move(told).value();
  }
  if (options.says_server) settings.server = options.settings.server;
  if (!options.settings.company.empty()) settings.company = options.settings.company;
  if (!options.settings.name.empty()) settings.name = options.settings.name;
  if (options.says_auth) settings.auth_feature = options.settings.auth_feature;
  if (settings.name.empty()) settings.name = systemlog::windows::account_lookup()->computer_name();
  return save_settings(*files, *box, folder(), settings);
}

Service open_manager() {
  return Service(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS));
}

Service open_service(const Service& manager) {
  return Service(OpenServiceW(manager.get(), std::wstring(service_name).c_str(), SERVICE_ALL_ACCESS));
}

Result<void> wait_for(const Service& service, DWORD state) {
  for (DWORD waited = 0; waited <= waits_ms; waited += 50) {
    SERVICE_STATUS_PROCESS status{};
    DWORD size = 0;
    if (QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status,
                             &size) == 0) {
      return failure("service status");
    }
    if (status.dwCurrentState == state) return {};
    if (state == SERVICE_RUNNING && status.dwCurrentState == SERVICE_STOPPED) {
      return Error{ErrorCode::io_failed, "the service stopped with " + std::to_string(status.dwWin32ExitCode)};
    }
    Sleep(50);
  }
  return Error{ErrorCode::timed_out, "service"};
}

/// Started by itself at every boot, started again whenever it dies, given time at the end of the system.
Result<void> configure(const Service& service) {
  SC_ACTION actions[] = {{SC_ACTION_RESTART, 1'000}, {SC_ACTION_RESTART, 5'000}, {SC_ACTION_RESTART, 60'000}};
  SERVICE_FAILURE_ACTIONSW failures{};
  failures.dwResetPeriod = 86'400;
  failures.cActions = 3;
  failures.lpsaActions = static_cast<SC_ACTION*>(actions);
  if (ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_FAILURE_ACTIONS, &failures) == 0) {
    return failure("failure actions");
  }
  SERVICE_FAILURE_ACTIONS_FLAG also_when_it_stops_badly{TRUE};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_when_it_stops_badly);
  SERVICE_PRESHUTDOWN_INFO preshutdown{preshutdown_ms};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown);
  std::wstring about = L"Records sign-ins, sign-outs, locks and unlocks of this PC and answers its logon screen.";
  SERVICE_DESCRIPTIONW description{about.data()};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_DESCRIPTION, &description);
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

Result<void> make_service() {
  const Service manager = open_manager();
  if (!manager) return failure("service manager");
  wchar_t path[MAX_PATH] = L"";
  if (GetModuleFileNameW(nullptr, static_cast<wchar_t*>(path), MAX_PATH) == 0) return failure("own path");
  const std::wstring command = L"\"" + std::wstring(static_cast<const wchar_t*>(path)) + L"\" run";
  Service service = open_service(manager);
  if (!service) {
    Service made(CreateServiceW(manager.get(), std::wstring(service_name).c_str(), L"SystemLog Bridge",
                                SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                SERVICE_ERROR_NORMAL, command.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
    if (!made) return failure("create service");
    return configure(made);
  }
  if (ChangeServiceConfigW(service.get(), SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                           command.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr, L"SystemLog Bridge") == 0) {
    return failure("service configuration");
  }
  return configure(service);
}

Result<void> start_service() {
  const Service manager = open_manager();
  const Service service = open_service(manager);
  if (!service) return failure("service");
  if (StartServiceW(service.get(), 0, nullptr) == 0 && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING) {
    return failure("start service");
  }
  return wait_for(service, SERVICE_RUNNING);
}

Result<void> stop_service() {
  const Service manager = open_manager();
  const Service service = open_service(manager);
  if (!service) return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? Result<void>() : failure("service");
  SERVICE_STATUS status{};
  if (ControlService(service.get(), SERVICE_CONTROL_STOP, &status) == 0 &&
      GetLastError() != ERROR_SERVICE_NOT_ACTIVE) {
    return failure("stop service");
  }
  return wait_for(service, SERVICE_STOPPED);
}

Result<void> delete_service() {
  const Service manager = open_manager();
  const Service service = open_service(manager);
  if (!service) return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? Result<void>() : failure("service");
  if (DeleteService(service.get()) == 0 && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) {
    return failure("delete service");
  }
  return {};
}

/// First of all when the product goes: nobody may be left before a logon screen that hides every other way in.
Result<void> open_logon_screen() {
  return mirror_store()->write({});
}

/// The service does it when it starts: what lies in the vault's folder is not even an administrator's.
Result<void> ask_for_repair() {
  return replace_whole(*system_files(), folder() / repair_file, {});
}

Result<void> erase_folder() {
  if (Result<void> opened = secure(folder() / "logon", folder_sddl); !opened) return opened;
  std::error_code problem;
  std::filesystem::remove_all(folder(), problem);
  if (problem) return Error{ErrorCode::io_failed, problem.message()};
  return {};
}

/// Runs steps until one fails.
class Run {
 public:
  template <typename Work>
  void step(const char* name, Work work) {
    if (!succeeded(steps_)) return;
    const Result<void> done = work();
    steps_.push_back(
        {name, done ? std::string() : std::string(systemlog::name(done.error().code)) + ": " + done.error().detail});
  }
  const std::vector<SetupStep>& steps() const noexcept { return steps_; }

 private:
  std::vector<SetupStep> steps_;
};

}  // namespace

int run_setup(const SetupOptions& options) {
  Run run;
  if (options.verb == SetupVerb::remove) {
    run.step("logon-screen", open_logon_screen);
    run.step("stop", stop_service);
    run.step("service", delete_service);
    if (options.erase) run.step("data", erase_folder);
  } else {
    run.step("stop", stop_service);
    run.step("folder", make_folder);
    run.step("registry", make_registry_key);
    run.step("settings", [&options] { return write_settings_of(options); });
    if (options.verb == SetupVerb::repair) run.step("logon-screen", ask_for_repair);
    run.step("service", make_service);
    run.step("start", start_service);
  }
  const std::string said = setup_result(options.verb, run.steps(), options.json);
  std::fputs(said.c_str(), stdout);
  return succeeded(run.steps()) ? 0 : 1;
}

}  // namespace systemlog::bridge::windows
