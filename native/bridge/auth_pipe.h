// The pipe `auth`: threads and time limits around the frames of the logon screen. It is there before anything else of
// the bridge, and says that the rest is not until it is.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bridge/auth_desk.h"
#include "platform/pipe.h"

namespace systemlog::bridge {

/// A process of which one wants to know how it ends.
class WatchedProcess {
 public:
  virtual ~WatchedProcess() = default;
  /// When it was started, in any unit that grows.
  virtual std::uint64_t started() = 0;
  /// Its exit code once it has ended, waited for no longer than this; none when it runs on or nobody can tell.
  virtual std::optional<std::uint32_t> exit_code(std::chrono::milliseconds wait) = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual Result<std::unique_ptr<WatchedProcess>> watch(std::uint32_t process_id) = 0;
};

struct AuthLimits {
  std::size_t connections = 32;
  /// For a frame that was begun, and for an answer to be taken.
  std::chrono::milliseconds patience{2'000};
  /// Only the system's own processes are answered; false only in tests, where nothing is the system.
  bool system_only = true;
  /// Processes of which one waits to see how they end, at a time.
  std::size_t endings = 64;
};

class AuthPipe {
 public:
  AuthPipe(std::unique_ptr<PipeServer> server, Processes& processes, const AuthLimits& limits = {});
  AuthPipe(const AuthPipe&) = delete;
  AuthPipe& operator=(const AuthPipe&) = delete;
  AuthPipe(AuthPipe&&) = delete;
  AuthPipe& operator=(AuthPipe&&) = delete;
  ~AuthPipe();

  /// From now on the desk answers; it must outlive this pipe or be taken away with `close_desk`.
  void open_desk(AuthDesk& desk);
  /// @param why none shall answer: `unsupported` without the auth feature, or what is wrong with its files
  void close_desk(ErrorCode why);
  void stop();

 private:
  struct Connection {
    std::unique_ptr<PipeConnection> pipe;
    std::atomic<bool> ended = false;
    std::thread thread;
  };

  /// A process that closed its connection and may be ending.
  struct Ending {
    std::unique_ptr<WatchedProcess> process;
    std::uint32_t process_id = 0;
    std::chrono::milliseconds until{0};
    /// It has ended, and that was told. Kept all the same: its other connections may be seen to close only now.
    bool ended = false;
  };

  void accept();
  void admit(std::unique_ptr<PipeConnection> pipe);
  void serve(PipeConnection& pipe);
  Result<auth::Request> read_request(PipeConnection& pipe);
  Result<void> read_exactly(PipeConnection& pipe, std::span<std::uint8_t> into, bool begun);
  auth::Response answer(const auth::Request& request, const AuthPeer& peer);
  void follow_ending(std::uint32_t process_id, std::unique_ptr<WatchedProcess> process);
  void watch_endings();
  void provider_ended(std::uint32_t exit_code);
  bool has_room() const;
  void reap();

  std::unique_ptr<PipeServer> server_;
  Processes* processes_;
  AuthLimits limits_;
  std::atomic<bool> stopping_ = false;
  std::mutex desk_mutex_;
  AuthDesk* desk_ = nullptr;
  ErrorCode why_not_ = ErrorCode::timed_out;
  std::mutex mutex_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::condition_variable room_;
  std::thread thread_;
  std::mutex endings_mutex_;
  std::condition_variable ending_;
  std::list<Ending> endings_;
  std::thread watcher_;
};

}  // namespace systemlog::bridge
