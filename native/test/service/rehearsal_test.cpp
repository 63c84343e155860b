// A rehearsal asked for over the pipe of the tray app: which program the service starts for whom, and what nobody can
// make it start. The program is the tests' own (told_rehearsal.cpp), beside the tests' bridge.
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
// clang-format on

#include <fstream>

#include "bridge/windows/windows_bridge.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"
#include "test/bridge/told_machine.h"
#include "test/service/client.h"
#include "test/service/enrolled.h"
#include "test/service/rehearsal_end.h"
#include "test/service/wine_service.h"

using namespace systemlog;
using namespace systemlog::test;
using windows::Handle;

namespace {

const std::string somebody = "S-1-5-21-1-2-3-2002";

Json started() {
  return {{"started", true}};
}
Json problem(const char* code) {
  return {{"started", false}, {"problem", code}};
}

/// User Account Control as Windows has it; Wine comes without.
void set_account_control(DWORD on) {
  REQUIRE(RegSetKeyValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System",
                          L"EnableLUA", REG_DWORD, &on, sizeof on) == ERROR_SUCCESS);
}

/// A PC whose session is this process's, with the auth feature and this account enrolled.
struct RehearsingPc {
  Json facts;
  Handle end{CreateEventW(nullptr, TRUE, FALSE, static_cast<const wchar_t*>(rehearsal_end))};

  RehearsingPc() {
    clean_pc();
    set_account_control(1);
    ResetEvent(end.get());
    tell_who(own_sid());
    LogonServer server;
    server.accounts[own_sid()] = {};
    server.accounts[somebody] = {};
    enrol(server, system_clock({})->read().wall_ms);
    REQUIRE(setup(seam_program(), "install --auth")["ok"] == true);
    REQUIRE(wait_until_open());
  }
  RehearsingPc(const RehearsingPc&) = delete;
  RehearsingPc& operator=(const RehearsingPc&) = delete;
  RehearsingPc(RehearsingPc&&) = delete;
  RehearsingPc& operator=(RehearsingPc&&) = delete;
  ~RehearsingPc() {
    SetEvent(end.get());
    clean_pc();
  }

  void tell_who(const std::string& sid) {
    facts["sessions"][std::to_string(own_session())] = {
        {"account", {{"sid", sid}, {"domain", "PC-01"}, {"name", "taro"}}}};
    tell_facts(facts);
  }
  /// What was started so far, as it says itself.
  static std::vector<Json> programs() {
    std::vector<Json> found;
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(L"C:\\SystemLogSeam", problem)) {
      if (entry.path().extension() != L".json" || !entry.path().filename().wstring().starts_with(L"rehearsal-"))
        continue;
      std::ifstream file(entry.path(), std::ios::binary);
      found.push_back(Json::parse(file, nullptr, false));
    }
    return found;
  }
};

/// The tray app of this session.
struct Tray {
  Client client;
  Tray() { REQUIRE(client.hello().contains("result")); }
  Json rehearse(const Json& params = Json::object()) { return client.ask("logon.rehearse", params)["result"]; }
};

bool has_ended(const Json& program) {
  const Handle process(OpenProcess(SYNCHRONIZE, FALSE, program["process"].get<DWORD>()));
  return !process || WaitForSingleObject(process.get(), 30'000) == WAIT_OBJECT_0;
}

}  // namespace

TEST_CASE(
    "a rehearsal is the program beside the service, for who is at the pipe, on his desktop, whatever he asks for") {
  RehearsingPc pc;
  SetEnvironmentVariableW(L"SYSTEMLOG_OF_THE_CALLER", L"evil");
  Tray tray;
  const Json hostile{{"sid", somebody},
                     {"session", 0},
                     {"account", {{"sid", somebody}}},
                     {"path", R"(C:\windows\system32\cmd.exe)"},
                     {"program", R"(C:\windows\system32\cmd.exe)"},
                     {"arguments", "\" /c calc"},
                     {"desktop", R"(winsta0\winlogon)"}};
  REQUIRE(tray.rehearse(hostile) == started());
  REQUIRE(wait_until([] { return RehearsingPc::programs().size() == 1; }));
  const Json program = RehearsingPc::programs().front();
  const std::filesystem::path folder = std::filesystem::path(seam_program()).parent_path();
  CHECK(program["command"] == "\"" + windows::narrow((folder / "provider-test.exe").wstring()) + "\" " + own_sid());
  CHECK(program["session"] == own_session());
  CHECK(program["desktop"] == R"(WinSta0\Default)");
  CHECK(std::filesystem::path(windows::wide(program["folder"].get<std::string>())) == folder);
  // Wine runs every service as its user: that it is SYSTEM there shows only on Windows.
  CHECK(program["sid"] == own_sid());
  CHECK(program["marker"] == "");

  CHECK(tray.rehearse() == problem("rehearsal-running"));
  CHECK(Tray().rehearse() == problem("rehearsal-running"));
  SetEvent(pc.end.get());
  REQUIRE(has_ended(program));
  ResetEvent(pc.end.get());
  Json again;
  CHECK(wait_until([&] { return (again = tray.rehearse()) != problem("rehearsal-running"); }));
  CHECK(again == started());
  REQUIRE(wait_until([] { return RehearsingPc::programs().size() == 2; }));

  // Nothing with the system's rights outlives the service that watches it.
  CHECK(service::stop());
  for (const Json& one : RehearsingPc::programs()) CHECK(has_ended(one));
  SetEnvironmentVariableW(L"SYSTEMLOG_OF_THE_CALLER", nullptr);
}

TEST_CASE("a rehearsal ends with its session, and nobody has one in a session that is another's") {
  RehearsingPc pc;
  const auto told = [](int change) {
    tell_control({{"control", SERVICE_CONTROL_SESSIONCHANGE}, {"type", change}, {"session", own_session()}});
  };
  constexpr int logon = 5;
  constexpr int logoff = 6;
  {
    Tray tray;
    // Gone before the service has been told.
    pc.tell_who(somebody);
    CHECK(tray.rehearse() == problem("cannot-start"));
    CHECK(seam_events().find("was not started") != std::string::npos);
    pc.tell_who(own_sid());
    REQUIRE(tray.rehearse() == started());
    REQUIRE(wait_until([] { return RehearsingPc::programs().size() == 1; }));
    told(logoff);
    CHECK(has_ended(RehearsingPc::programs().front()));
    CHECK(tray.client.is_closed());
  }
  pc.tell_who(somebody);
  told(logon);
  Client client;
  static_cast<void>(
      client.say(R"({"id":1,"method":"hello","params":{"versions":[1],"client":"t","clientVersion":"1"}})"
                 "\n{\"id\":2,\"method\":\"logon.rehearse\",\"params\":{}}\n"));
  CHECK(client.is_closed());
  CHECK(RehearsingPc::programs().size() == 1);
}

TEST_CASE("a program that would come up in another session than asked for does nothing there") {
  std::filesystem::create_directories(L"C:\\SystemLogSeam");
  ToldMachine machine;
  const DWORD other = own_session() + 41;
  machine.present[other].account = EventAccount{own_sid(), "PC-01", "taro"};
  const Result<std::unique_ptr<bridge::OpenRehearsal>> opened =
      bridge::windows::rehearsal_host(machine)->open(other, own_sid());
  // Wine takes the number for a token, and starts the program where its starter is all the same.
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().detail == "start program: in session " + std::to_string(own_session()));
  CHECK(RehearsingPc::programs().empty());
}

TEST_CASE("windows are kept apart while User Account Control is on") {
  ToldMachine machine;
  const std::unique_ptr<bridge::RehearsalHost> host = bridge::windows::rehearsal_host(machine);
  set_account_control(0);
  CHECK_FALSE(host->keeps_windows_apart());
  set_account_control(1);
  CHECK(host->keeps_windows_apart());
}
