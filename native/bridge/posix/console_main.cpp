#include "bridge/posix/console_main.h"

#include <csignal>
#include <cstdio>

#include "bridge/host.h"
#include "bridge/posix/machine.h"
#include "bridge/posix/processes.h"
#include "platform/file_event_sink.h"
#include "platform/file_secret_box.h"

namespace systemlog::bridge::posix {
namespace {

class NoAccounts final : public AccountLookup {
 public:
  Result<SystemAccount> by_name(const std::string& /*name*/) noexcept override { return nobody(); }
  Result<SystemAccount> by_sid(const std::string& /*sid*/) noexcept override { return nobody(); }
  std::string computer_name() noexcept override { return "localhost"; }

 private:
  static Error nobody() { return {ErrorCode::not_found, "account"}; }
};

class MirrorInMemory final : public MirrorStore {
 public:
  LogonMirror read() override { return held_; }
  Result<void> write(const LogonMirror& mirror) override {
    held_ = mirror;
    return {};
  }

 private:
  LogonMirror held_;
};

}  // namespace

int run_console(const std::filesystem::path& folder) {
  sigset_t ends{};
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const auto files = system_files();
  const auto random = system_random();
  const auto clock = system_clock({});
  const auto machine = posix::machine();
  const auto processes = posix::processes();
  NoAccounts accounts;
  MirrorInMemory mirror;
  if (Result<void> made = files->make_folder(folder); !made) {
    std::fprintf(stderr, "The folder cannot be made: %s\n", made.error().detail.c_str());
    return 1;
  }
  const Result<std::unique_ptr<SecretBox>> box = file_secret_box(*files, *random, folder / "box-key");
  const Result<std::unique_ptr<EventSink>> events = file_event_sink(folder / "events.log");
  if (!box || !events) {
    std::fprintf(stderr, "The folder cannot be written to.\n");
    return 1;
  }
  Result<std::unique_ptr<Host>> host = Host::start({*files,
                                                    *random,
                                                    *clock,
                                                    *box.value(),
                                                    *machine,
                                                    *processes,
                                                    *events.value(),
                                                    accounts,
                                                    mirror,
                                                    {},
                                                    folder,
                                                    {(folder / "auth").string(), {}},
                                                    {(folder / "client").string(), {}},
                                                    {},
                                                    {},
                                                    {},
                                                    std::chrono::milliseconds(10'000)});
  if (!host) {
    std::fprintf(stderr, "The pipe for the logon screen cannot be opened: %s\n", host.error().detail.c_str());
    return 1;
  }
  std::printf("listening in %s\n", folder.c_str());
  std::fflush(stdout);
  int which = 0;
  sigwait(&ends, &which);
  host.value()->stop(std::chrono::milliseconds(0));
  return 0;
}

}  // namespace systemlog::bridge::posix
