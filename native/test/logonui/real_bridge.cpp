// The bridge as it ships, but for who may connect and whom it takes for an account of this PC: a process that can be
// started late and killed.
//
//     real_bridge seed <folder> …                                     makes its files, with tanaka enforced
//     real_bridge nothing|write|flush <folder> <auth pipe> <parent>   runs until its parent is gone; see RealBridge
// clang-format off
#include <windows.h>
// clang-format on

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "bridge/host.h"
#include "bridge/uplink/device_identity.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/file_event_sink.h"
#include "platform/file_secret_box.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/clock.h"
#include "test/fakes/files.h"
#include "test/fakes/logon_server.h"
#include "test/fakes/windows_seams.h"
#include "test/logonui/tanaka.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::logonui;

namespace {

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", what, std::string(name(result.error().code)).c_str());
    std::_Exit(3);
  }
  return std::move(result).value();
}

void must(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "%s\n", what);
  std::_Exit(3);
}

struct Store {
  explicit Store(const std::filesystem::path& folder)
      : box(must(file_secret_box(*files, *random, folder / "box-key"), "secret box")) {}
  std::unique_ptr<Files> files = system_files();
  std::unique_ptr<Random> random = system_random();
  std::unique_ptr<SecretBox> box;
};

/// Enrolled, rehearsed and signed in through our tile, a while ago: the codes of now are unused.
int seed(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  Store store(folder);
  Settings settings;
  settings.auth_feature = true;
  must(save_settings(*store.files, *store.box, folder, settings).ok(), "settings");
  const DeviceIdentity identity =
      must(DeviceIdentity::open(*store.files, *store.box, *store.random, folder), "identity");
  test::LogonServer server;
  server.device = identity.key->id();
  server.device_secret.assign(identity.secret.begin(), identity.secret.end());
  server.accounts[std::string(tanaka_sid_text)] = {};

  constexpr std::int64_t a_while_ms = 3'600'000;
  test::FakeClock clock(wall_now_ms() - a_while_ms);
  LogonDesk desk = must(LogonDesk::open(*store.files, *store.box, *store.random, clock, folder / "logon",
                                        server.device, server.device_secret),
                        "desk");
  // The very first moments after the files were made are closed to codes.
  clock.pass(90'000);
  must(desk.take_policy(server.policy(clock.read().wall_ms)).ok(), "policy");
  for (const SecretDue& due : desk.secrets_due()) {
    must(desk.take_secret(due.sid, server.released(due.sid, clock.read().wall_ms)).ok(), "secret");
  }
  for (const bool rehearsal : {true, false}) {
    clock.pass(60'000);
    const AttemptId attempt{1, 1, 1, std::string(tanaka_sid_text)};
    const Answers answers{.has_password = true, .code = tanaka_code(clock.read().wall_ms / 1000 / 30)};
    must(desk.answer({.attempt = attempt, .rehearsal = rehearsal}, {}, answers).granted, "code");
    must(desk.password_accepted(attempt, {}, {}).ok(), "password");
  }
  must(desk.standing(std::string(tanaka_sid_text))->enrolment == Enrolment::enforced, "enforced");
  return 0;
}

HANDLE opened_event(const std::string& auth_pipe, const char* what) {
  return OpenEventA(EVENT_ALL_ACCESS, FALSE, (auth_pipe.substr(auth_pipe.rfind('\\') + 1) + what).c_str());
}

int run(const std::string& falls_before, const std::filesystem::path& folder, const std::string& auth_pipe,
        DWORD parent) {
  Store store(folder);
  test::FaultyFiles files(*store.files);
  const HANDLE lurks = opened_event(auth_pipe, "-lurks");
  const HANDLE caught = opened_event(auth_pipe, "-caught");
  files.set_fault([&](std::string_view step) -> std::optional<ErrorCode> {
    if (step == falls_before && WaitForSingleObject(lurks, 0) == WAIT_OBJECT_0) {
      SetEvent(caught);
      // Killed here.
      Sleep(INFINITE);
    }
    return std::nullopt;
  });
  const std::unique_ptr<SystemClock> clock = system_clock({});
  const std::unique_ptr<EventSink> events = must(file_event_sink(folder / "events.log"), "events");
  const std::unique_ptr<Processes> processes = bridge::windows::processes();
  const std::unique_ptr<MirrorStore> mirror = bridge::windows::mirror_store();
  test::ToldMachine machine;
  test::FakeAccountLookup accounts;
  accounts.accounts = {{std::string(tanaka_sid_text), "PC-01", "tanaka", false}};
  constexpr const char* everybody = "D:(A;;GA;;;WD)";
  const std::unique_ptr<Host> host = must(Host::start({.files = files,
                                                       .random = *store.random,
                                                       .system_clock = *clock,
                                                       .box = *store.box,
                                                       .machine = machine,
                                                       .processes = *processes,
                                                       .events = *events,
                                                       .accounts = accounts,
                                                       .mirror = *mirror,
                                                       .folder = folder,
                                                       .auth_pipe = {auth_pipe, everybody},
                                                       .client_pipe = {auth_pipe + "-clients", everybody},
                                                       .auth_limits = {.system_only = false}}),
                                          "host");
  const HANDLE waited = OpenProcess(SYNCHRONIZE, FALSE, parent);
  WaitForSingleObject(waited, INFINITE);
  std::_Exit(0);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  const std::string what = arguments[1];
  const std::filesystem::path folder = arguments[2];
  if (what == "seed") return seed(folder);
  return run(what, folder, arguments[3], static_cast<DWORD>(std::strtoul(arguments[4], nullptr, 10)));
}
