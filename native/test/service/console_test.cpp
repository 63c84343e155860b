// `bridge console`: the service's work in the foreground, for somebody who wants to look at it.
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
// clang-format on

#include <fstream>
#include <sstream>

#include "core/auth_frames.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "test/service/left.h"
#include "test/service/wine_service.h"

using namespace systemlog;
using namespace systemlog::test;
using windows::Handle;

namespace {

/// A program in the foreground of a console, with what it says in a file.
class InConsole {
 public:
  explicit InConsole(const std::wstring& program) {
    // A console of its own with this process in it, as a shell and what it runs: nobody else hears the Ctrl+C.
    FreeConsole();
    REQUIRE(AllocConsole() != 0);
    SetConsoleCtrlHandler(stay, TRUE);
    SECURITY_ATTRIBUTES inherited{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    const Handle out(CreateFileW(path_.c_str(), GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                                 CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdOutput = out.get();
    startup.hStdError = out.get();
    std::wstring command = L"\"" + program + L"\" console";
    PROCESS_INFORMATION made{};
    REQUIRE(CreateProcessW(program.c_str(), command.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &startup,
                           &made) != 0);
    process_ = Handle(made.hProcess);
    const Handle thread(made.hThread);
  }
  InConsole(const InConsole&) = delete;
  InConsole& operator=(const InConsole&) = delete;
  InConsole(InConsole&&) = delete;
  InConsole& operator=(InConsole&&) = delete;
  ~InConsole() {
    TerminateProcess(process_.get(), 9);
    WaitForSingleObject(process_.get(), 30'000);
    SetConsoleCtrlHandler(stay, FALSE);
    FreeConsole();
  }

  std::string said() const {
    std::ifstream file(path_, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void press_ctrl_c() { REQUIRE(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0) != 0); }
  /// None when it does not end.
  std::optional<DWORD> exit_code() const {
    DWORD code = 0;
    if (WaitForSingleObject(process_.get(), 30'000) != WAIT_OBJECT_0) return std::nullopt;
    GetExitCodeProcess(process_.get(), &code);
    return code;
  }

 private:
  static BOOL WINAPI stay(DWORD /*event*/) { return TRUE; }

  std::filesystem::path path_ = std::filesystem::temp_directory_path() / "console-said.txt";
  Handle process_;
};

bool is_served(std::string_view pipe) {
  return WaitNamedPipeW(windows::wide(pipe).c_str(), 1) != 0 || GetLastError() != ERROR_FILE_NOT_FOUND;
}

}  // namespace

TEST_CASE(
    "a console disturbs no running service; alone it shows the logon screen's pipe and ends in order on Ctrl+C") {
  clean_pc();
  REQUIRE(setup(bridge_program(), "install")["ok"] == true);
  REQUIRE(wait_until_open());
  const DWORD process = service::process_id();
  {
    const InConsole console(bridge_program());
    // Windows gives the pipe's name to one program only; Wine to whoever asks, and the files then keep it out.
    REQUIRE(wait_until([&console] { return console.said().find('\n') != std::string::npos; }));
    if (console.said().find("cannot be opened") == std::string::npos) InConsole::press_ctrl_c();
    CHECK(console.exit_code());
  }
  CHECK(service::state() == SERVICE_RUNNING);
  CHECK(service::process_id() == process);
  CHECK(is_served(auth::pipe_name));

  REQUIRE(service::stop());
  REQUIRE_FALSE(is_served(auth::pipe_name));
  {
    const InConsole console(bridge_program());
    REQUIRE(wait_until([&console] { return console.said().find('\n') != std::string::npos; }));
    CHECK(console.said().starts_with("auth pipe open after "));
    CHECK(is_served(auth::pipe_name));
    CHECK(wait_until_open());
    InConsole::press_ctrl_c();
    CHECK(console.exit_code() == 0);
  }
  CHECK_FALSE(is_served(auth::pipe_name));
  // The service would go on with what both left.
  CHECK(left().events.empty());
  clean_pc();
}
