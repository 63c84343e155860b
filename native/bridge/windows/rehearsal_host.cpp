// provider-test.exe for the caller of the client pipe: docs/security.md says what a window of SYSTEM's on a user's
// desktop is kept from, and most of it is kept here.
// clang-format off
#include <windows.h>
#include <userenv.h>
// clang-format on

#include <filesystem>
#include <string>
#include <vector>

#include "bridge/windows/windows_bridge.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::failure;
using systemlog::windows::Handle;

constexpr wchar_t program_name[] = L"provider-test.exe";
constexpr wchar_t users_desktop[] = L"winsta0\\default";

/// What the service ends it with; no exit code of its own.
constexpr UINT ended_by_service = 0xC000'0001;

// Not in every SDK's headers. Values of winbase.h.
constexpr DWORD_PTR attribute_mitigation_policy = 0x0002'0007;
constexpr DWORD_PTR attribute_child_process_policy = 0x0002'000E;
constexpr DWORD child_process_restricted = 1;
/// No legacy input methods, AppInit DLLs or window hooks of other programs; DLLs from no share, none that was written
/// at low integrity, and from System32 before any other folder.
constexpr DWORD64 extension_points_off = 1ULL << 32U;
constexpr DWORD64 no_remote_images = 1ULL << 52U;
constexpr DWORD64 no_low_images = 1ULL << 56U;
constexpr DWORD64 system_images_first = 1ULL << 60U;

class WindowsRehearsal final : public OpenRehearsal {
 public:
  explicit WindowsRehearsal(Handle process) noexcept : process_(std::move(process)) {}

  std::uint32_t wait() noexcept override {
    DWORD code = ended_by_service;
    WaitForSingleObject(process_.get(), INFINITE);
    GetExitCodeProcess(process_.get(), &code);
    return code;
  }
  void close() noexcept override { TerminateProcess(process_.get(), ended_by_service); }

 private:
  Handle process_;
};

/// How the new process is to be, beyond what its token says.
class Attributes {
 public:
  Attributes() {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 2, 0, &size);
    room_.resize(size);
    ready_ = InitializeProcThreadAttributeList(get(), 2, 0, &size) != 0;
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  Attributes(Attributes&&) = delete;
  Attributes& operator=(Attributes&&) = delete;
  ~Attributes() {
    if (ready_) DeleteProcThreadAttributeList(get());
  }

  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room_.data()); }
  Result<void> restrict_process() {
    if (!ready_ ||
        UpdateProcThreadAttribute(get(), 0, attribute_mitigation_policy, &mitigations_, sizeof mitigations_, nullptr,
                                  nullptr) == 0 ||
        UpdateProcThreadAttribute(get(), 0, attribute_child_process_policy, &children_, sizeof children_, nullptr,
                                  nullptr) == 0) {
      return failure("process attributes");
    }
    return {};
  }

 private:
  std::vector<std::byte> room_;
  bool ready_ = false;
  DWORD64 mitigations_ = extension_points_off | no_remote_images | no_low_images | system_images_first;
  DWORD children_ = child_process_restricted;
};

/// The variables of the token's own account: for SYSTEM the machine's, nothing of the user's.
class Environment {
 public:
  explicit Environment(HANDLE token) noexcept {
    if (CreateEnvironmentBlock(&block_, token, FALSE) == 0) block_ = nullptr;
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  Environment(Environment&&) = delete;
  Environment& operator=(Environment&&) = delete;
  ~Environment() {
    if (block_ != nullptr) DestroyEnvironmentBlock(block_);
  }
  void* get() const noexcept { return block_; }

 private:
  void* block_ = nullptr;
};

Result<std::filesystem::path> own_folder() {
  std::wstring path(32'768, L'\0');
  const DWORD length = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (length == 0 || length == path.size()) return failure("own path");
  path.resize(length);
  return std::filesystem::path(path).parent_path();
}

/// This program's own rights, in another session.
Result<Handle> own_token_in(DWORD session_id) {
  HANDLE own = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE | TOKEN_QUERY, &own) == 0) return failure("own token");
  const Handle owned(own);
  constexpr DWORD rights =
      TOKEN_ASSIGN_PRIMARY | TOKEN_DUPLICATE | TOKEN_QUERY | TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_SESSIONID;
  HANDLE made = nullptr;
  if (DuplicateTokenEx(own, rights, nullptr, SecurityImpersonation, TokenPrimary, &made) == 0) {
    return failure("duplicate token");
  }
  Handle token(made);
  DWORD now = 0;
  if (ProcessIdToSessionId(GetCurrentProcessId(), &now) == 0) return failure("own session");
  // Takes SE_TCB_NAME, which a service of LocalSystem has.
  if (now != session_id && SetTokenInformation(made, TokenSessionId, &session_id, sizeof session_id) == 0) {
    return failure("token session");
  }
  return token;
}

class WindowsRehearsalHost final : public RehearsalHost {
 public:
  explicit WindowsRehearsalHost(Machine& machine) noexcept : machine_(&machine) {}

  /// Windows keeps messages of a user's programs from a window of SYSTEM's only while User Account Control is on.
  bool keeps_windows_apart() override {
    DWORD on = 1;
    DWORD size = sizeof on;
    RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System", L"EnableLUA",
                 RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY, nullptr, &on, &size);
    return on != 0;
  }

  Result<std::unique_ptr<OpenRehearsal>> open(std::uint32_t session_id, const std::string& sid) override {
    // A session's number is used again; what we were told of it may be a moment old.
    const SessionFacts there = machine_->session(session_id);
    if (!there.account || there.account->sid != sid) return Error{ErrorCode::not_found, "session"};
    const Result<std::filesystem::path> folder = own_folder();
    if (!folder) return folder.error();
    const Result<Handle> token = own_token_in(session_id);
    if (!token) return token.error();
    Result<Handle> process = start(folder.value(), sid, session_id, token.value().get());
    if (!process) return process.error();
    return std::unique_ptr<OpenRehearsal>(std::make_unique<WindowsRehearsal>(std::move(process).value()));
  }

 private:
  static Result<Handle> start(const std::filesystem::path& folder, const std::string& sid, DWORD session_id,
                              HANDLE token) {
    const Environment environment(token);
    if (environment.get() == nullptr) return failure("environment");
    Attributes attributes;
    if (Result<void> restricted = attributes.restrict_process(); !restricted) return restricted.error();
    const std::wstring program = (folder / static_cast<const wchar_t*>(program_name)).wstring();
    std::wstring command = L"\"" + program + L"\" " + systemlog::windows::wide(sid);
    std::wstring desktop = static_cast<const wchar_t*>(users_desktop);
    STARTUPINFOEXW startup{};
    startup.StartupInfo.cb = sizeof startup;
    startup.StartupInfo.lpDesktop = desktop.data();
    startup.lpAttributeList = attributes.get();
    constexpr DWORD flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
    PROCESS_INFORMATION made{};
    if (CreateProcessAsUserW(token, program.c_str(), command.data(), nullptr, nullptr, /*bInheritHandles=*/FALSE,
                             flags, environment.get(), folder.c_str(), &startup.StartupInfo, &made) == 0) {
      return failure("start program");
    }
    Handle process(made.hProcess);
    const Handle thread(made.hThread);
    // Before it has done anything: a window with the system's rights belongs before its own user and nobody else.
    DWORD there = 0;
    if (ProcessIdToSessionId(made.dwProcessId, &there) == 0 || there != session_id) {
      TerminateProcess(process.get(), ended_by_service);
      return Error{ErrorCode::unsupported, "start program: in session " + std::to_string(there)};
    }
    if (ResumeThread(thread.get()) == static_cast<DWORD>(-1)) {
      const Error problem = failure("start program");
      TerminateProcess(process.get(), ended_by_service);
      return problem;
    }
    return process;
  }

  Machine* machine_;
};

}  // namespace

std::unique_ptr<RehearsalHost> rehearsal_host(Machine& machine) {
  return std::make_unique<WindowsRehearsalHost>(machine);
}

}  // namespace systemlog::bridge::windows
