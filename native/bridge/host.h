// The bridge as a running program: both pipes, and whatever tells it of its machine. What Windows starts as a service
// and what a console starts are this.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "bridge/auth_pipe.h"
#include "bridge/bridge.h"
#include "bridge/client_pipe.h"
#include "bridge/patient_pipe.h"

namespace systemlog::bridge {

struct HostParts {
  Files& files;
  Random& random;
  Clock& system_clock;
  SecretBox& box;
  Machine& machine;
  Processes& processes;
  EventSink& events;
  AccountLookup& accounts;
  MirrorStore& mirror;
  /// Never waits; none: no.
  std::function<bool()> tpm_and_bitlocker;
  std::filesystem::path folder;
  PipeAddress auth_pipe;
  PipeAddress client_pipe;
  AuthLimits auth_limits;
  ClientLimits client_limits;
  BridgeDelays delays;
  /// Before another try when the files cannot be opened now.
  std::chrono::milliseconds start_retry{10'000};
  /// None: nobody can rehearse on this machine.
  RehearsalHost* rehearsals = nullptr;
  /// Go on when somebody else holds the name of the pipe `auth`, as the service must; else do not start.
  bool starts_without_auth_pipe = false;
  /// Before another try to take a pipe's name.
  std::chrono::milliseconds name_retry{1'000};
};

class Host {
 public:
  /// Opens the pipe `auth` and nothing else; the rest follows on a thread of its own. Names of pipes that somebody
  /// else holds are taken when they are free. `locked` when the name of `auth` is somebody else's and nothing is to
  /// start without it.
  static Result<std::unique_ptr<Host>> start(HostParts parts);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;
  ~Host();

  /// Tells what happened. What there is to ask the machine about it is asked by a thread of the host's: this never
  /// waits.
  using Describe = std::function<Signal(Machine& machine)>;
  void tell(Describe describe);
  /// Returns when everything told before is recorded, or after `longest`.
  bool settle(std::chrono::milliseconds longest);
  void network_up();

  /// Ends both pipes, reports what is left within `grace`, and ends.
  void stop(std::chrono::milliseconds grace);

  /// Null until everything is open.
  Bridge* bridge();
  /// Whether the logon screen can reach us.
  bool auth_pipe_is_open() const { return !auth_name_->problem(); }

 private:
  Host(HostParts parts, std::unique_ptr<PatientPipe> auth);
  static PatientPipe::Told alarm(EventSink& events, const char* pipe);
  void run();
  bool open();
  Result<Settings> settings();

  HostParts parts_;
  /// Of `auth_`.
  const PatientPipe* auth_name_;
  AuthPipe auth_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Describe> told_;
  std::uint64_t told_count_ = 0;
  std::uint64_t done_count_ = 0;
  bool stopping_ = false;
  std::unique_ptr<Bridge> bridge_;
  std::unique_ptr<ClientPipe> clients_;
  std::thread thread_;
};

}  // namespace systemlog::bridge
