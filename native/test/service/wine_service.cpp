#include "test/service/wine_service.h"

// clang-format off
#include <windows.h>
// clang-format on

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "bridge/service_names.h"
#include "bridge/windows/surroundings.h"
#include "core/auth_frames.h"
#include "platform/windows/handle.h"
#include "platform/windows/sids.h"
#include "platform/windows/text.h"

namespace systemlog::test {
namespace {

using windows::Handle;

const std::filesystem::path seam_folder = L"C:\\SystemLogSeam";

/// A path of the machine that runs Wine as programs under it see it.
std::wstring windows_path(std::wstring path) {
  if (!path.starts_with(L"/")) return path;
  for (wchar_t& c : path) {
    if (c == L'/') c = L'\\';
  }
  return L"Z:" + path;
}

std::wstring option(const wchar_t* name) {
  const std::wstring line = GetCommandLineW();
  const std::size_t at = line.find(name);
  if (at == std::wstring::npos) return {};
  const std::size_t from = at + std::wcslen(name);
  return windows_path(line.substr(from, line.find_first_of(L" \"", from) - from));
}

class Opened {
 public:
  Opened()
      : manager_(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS)),
        service_(OpenServiceW(manager_, std::wstring(bridge::service_name).c_str(), SERVICE_ALL_ACCESS)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  Opened(Opened&&) = delete;
  Opened& operator=(Opened&&) = delete;
  ~Opened() {
    if (service_ != nullptr) CloseServiceHandle(service_);
    if (manager_ != nullptr) CloseServiceHandle(manager_);
  }
  SC_HANDLE get() const { return service_; }

 private:
  SC_HANDLE manager_;
  SC_HANDLE service_;
};

SERVICE_STATUS_PROCESS status() {
  const Opened opened;
  SERVICE_STATUS_PROCESS found{};
  DWORD size = 0;
  QueryServiceStatusEx(opened.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&found), sizeof found, &size);
  return found;
}

void write_json(const wchar_t* name, const Json& said) {
  std::filesystem::create_directories(seam_folder);
  std::ofstream(seam_folder / name, std::ios::binary) << said.dump();
}

std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::wstring bridge_program() {
  return option(L"--bridge=");
}

std::wstring seam_program() {
  return option(L"--seam=");
}

Ran run(const std::wstring& program, const std::string& words) {
  const std::filesystem::path said = std::filesystem::temp_directory_path() / "said.txt";
  SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  Handle out(CreateFileW(said.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, CREATE_ALWAYS,
                         FILE_ATTRIBUTE_NORMAL, nullptr));
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdOutput = out.get();
  startup.hStdError = out.get();
  std::wstring command = L"\"" + program + L"\" " + windows::wide(words);
  PROCESS_INFORMATION made{};
  if (CreateProcessW(program.c_str(), command.data(), nullptr, nullptr, TRUE, CREATE_NO_WINDOW, nullptr, nullptr,
                     &startup, &made) == 0) {
    return {~0UL, {}};
  }
  const Handle process(made.hProcess);
  const Handle thread(made.hThread);
  WaitForSingleObject(process.get(), 60'000);
  Ran ran;
  GetExitCodeProcess(process.get(), &ran.code);
  out = Handle();
  ran.out = text_of_file(said);
  return ran;
}

Json setup(const std::wstring& program, const std::string& words) {
  const Ran ran = run(program, "setup " + words + " --json");
  Json answer = Json::parse(ran.out, nullptr, false);
  if (!answer.is_object()) answer = {{"said", ran.out}};
  answer["exitCode"] = ran.code;
  return answer;
}

std::vector<std::string> steps_of(const Json& answer) {
  std::vector<std::string> names;
  for (const Json& step : answer.value("steps", Json::array())) {
    names.push_back(step["step"].get<std::string>() + (step["ok"].get<bool>() ? "" : "!"));
  }
  return names;
}

bool wait_until(const std::function<bool()>& what) {
  const ULONGLONG until = GetTickCount64() + 30'000;
  while (!what()) {
    if (GetTickCount64() > until) return false;
    Sleep(10);
  }
  return true;
}

namespace service {

bool exists() {
  return Opened().get() != nullptr;
}

unsigned long state() {
  return status().dwCurrentState;
}

unsigned long process_id() {
  return status().dwProcessId;
}

unsigned long accepted_controls() {
  return status().dwControlsAccepted;
}

unsigned long exit_code() {
  return status().dwWin32ExitCode;
}

unsigned long start() {
  const Opened opened;
  // After a kill Wine's service manager still shows the dead process, until it is told to start another one.
  const DWORD before = process_id();
  if (StartServiceW(opened.get(), 0, nullptr) == 0) return GetLastError();
  const bool decided = wait_until([before] {
    const SERVICE_STATUS_PROCESS now = status();
    return (now.dwCurrentState == SERVICE_RUNNING && now.dwProcessId != before) ||
           (now.dwCurrentState == SERVICE_STOPPED && now.dwWin32ExitCode != NO_ERROR);
  });
  return decided ? NO_ERROR : ERROR_SERVICE_REQUEST_TIMEOUT;
}

bool stop() {
  const Opened opened;
  const Handle process(OpenProcess(SYNCHRONIZE, FALSE, process_id()));
  SERVICE_STATUS unused{};
  if (ControlService(opened.get(), SERVICE_CONTROL_STOP, &unused) == 0) return false;
  if (!wait_until([] { return state() == SERVICE_STOPPED; })) return false;
  return !process || WaitForSingleObject(process.get(), 30'000) == WAIT_OBJECT_0;
}

void kill() {
  const Handle process(OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, process_id()));
  TerminateProcess(process.get(), 9);
  WaitForSingleObject(process.get(), 30'000);
}

bool control(unsigned long code) {
  const Opened opened;
  SERVICE_STATUS unused{};
  return ControlService(opened.get(), code, &unused) != 0;
}

double ready_ms() {
  const Opened opened;
  const std::wstring pipe = windows::wide(auth::pipe_name);
  if (StartServiceW(opened.get(), 0, nullptr) == 0) return -1;
  // WaitNamedPipe looks at the name and takes no instance.
  while (WaitNamedPipeW(pipe.c_str(), 1) == 0) {
    if (GetLastError() != ERROR_FILE_NOT_FOUND && GetLastError() != ERROR_SEM_TIMEOUT) return -1;
    Sleep(0);
  }
  FILETIME now{};
  GetSystemTimeAsFileTime(&now);
  const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id()));
  FILETIME started{};
  FILETIME unused{};
  if (GetProcessTimes(process.get(), &started, &unused, &unused, &unused) == 0) return -1;
  const auto ticks = [](const FILETIME& time) {
    return static_cast<double>((static_cast<unsigned long long>(time.dwHighDateTime) << 32U) | time.dwLowDateTime);
  };
  return (ticks(now) - ticks(started)) / 10'000;
}

std::size_t private_bytes() {
  // Wine knows of no private memory; the Linux below it does. A process is found there by the command of its service.
  const std::string command = windows::narrow(seam_program());
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(L"Z:\\proc", problem)) {
    if (text_of_file(entry.path() / "cmdline").find(command) == std::string::npos) continue;
    std::istringstream lines(text_of_file(entry.path() / "smaps_rollup"));
    for (std::string line; std::getline(lines, line);) {
      constexpr std::string_view anonymous = "Anonymous:";
      if (line.starts_with(anonymous)) return std::stoull(line.substr(anonymous.size())) * 1024;
    }
  }
  return 0;
}

}  // namespace service

std::filesystem::path bridge_folder() {
  return bridge::windows::data_folder_path();
}

void tell_facts(const Json& facts) {
  write_json(L"facts.json", facts);
}

void tell_control(const Json& control) {
  write_json(L"control.json", control);
  constexpr DWORD deliver_control = 200;
  if (!service::control(deliver_control)) std::abort();
}

std::string seam_events() {
  return text_of_file(seam_folder / "events.log");
}

bool wait_until_open() {
  const std::wstring name = windows::wide(bridge::client_pipe_name);
  return wait_until(
      [&name] { return WaitNamedPipeW(name.c_str(), 1) != 0 || GetLastError() != ERROR_FILE_NOT_FOUND; });
}

void clean_pc() {
  const Json removed = setup(bridge_program(), "remove --erase");
  // Also called by destructors, which may not throw.
  CHECK_MESSAGE(removed.value("ok", false), removed.dump());
  CHECK(wait_until([] { return !service::exists(); }));
  CHECK_FALSE(std::filesystem::exists(bridge_folder().parent_path()));
  std::error_code ignored;
  std::filesystem::remove_all(seam_folder, ignored);
}

std::string own_sid() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
  const Handle owned(token);
  return windows::token_sid(token).value();
}

unsigned long own_session() {
  DWORD session = 0;
  ProcessIdToSessionId(GetCurrentProcessId(), &session);
  return session;
}

}  // namespace systemlog::test
