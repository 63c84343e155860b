#include "bridge/auth_pipe.h"

#include <algorithm>
#include <array>

#include "bridge/steady_time.h"

namespace systemlog::bridge {
namespace {

using std::chrono::milliseconds;

/// How often a thread that waits looks whether it is to end.
constexpr milliseconds slice{500};
/// How long after its connection a process may take to end, and how often one looks whether it has.
constexpr milliseconds ending{5'000};
constexpr milliseconds look_again{50};

}  // namespace

AuthPipe::AuthPipe(std::unique_ptr<PipeServer> server, Processes& processes, const AuthLimits& limits)
    : server_(std::move(server)), processes_(&processes), limits_(limits) {
  thread_ = std::thread([this] { accept(); });
  watcher_ = std::thread([this] { watch_endings(); });
}

AuthPipe::~AuthPipe() {
  stop();
}

void AuthPipe::open_desk(AuthDesk& desk) {
  const std::lock_guard lock(desk_mutex_);
  desk_ = &desk;
}

void AuthPipe::close_desk(ErrorCode why) {
  const std::lock_guard lock(desk_mutex_);
  desk_ = nullptr;
  why_not_ = why;
}

void AuthPipe::stop() {
  if (stopping_.exchange(true)) return;
  server_->stop();
  room_.notify_all();
  thread_.join();
  for (const std::shared_ptr<Connection>& connection : connections_) connection->thread.join();
  connections_.clear();
  {
    const std::lock_guard lock(endings_mutex_);
    endings_.clear();
  }
  ending_.notify_all();
  watcher_.join();
}

void AuthPipe::accept() {
  while (!stopping_) {
    Result<std::unique_ptr<PipeConnection>> pipe = server_->accept(milliseconds(60'000));
    reap();
    if (pipe) {
      admit(std::move(pipe).value());
    } else if (pipe.error().code == ErrorCode::closed) {
      return;
    } else if (pipe.error().code != ErrorCode::timed_out) {
      std::this_thread::sleep_for(milliseconds(100));
    }
  }
}

void AuthPipe::admit(std::unique_ptr<PipeConnection> pipe) {
  std::unique_lock lock(mutex_);
  // A connection whose peer has closed it just now makes room in a moment.
  if (!room_.wait_for(lock, limits_.patience, [this] { return stopping_ || has_room(); }) || stopping_) return;
  auto connection = std::make_shared<Connection>();
  connection->pipe = std::move(pipe);
  connections_.push_back(connection);
  Connection& held = *connection;
  connection->thread = std::thread([this, &held] {
    serve(*held.pipe);
    held.pipe.reset();
    {
      const std::lock_guard ending_lock(mutex_);
      held.ended = true;
    }
    room_.notify_one();
  });
}

/// The lock is held.
bool AuthPipe::has_room() const {
  const auto open =
      std::count_if(connections_.begin(), connections_.end(), [](const auto& one) { return !one->ended; });
  return static_cast<std::size_t>(open) < limits_.connections;
}

void AuthPipe::reap() {
  std::list<std::shared_ptr<Connection>> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto connection = connections_.begin(); connection != connections_.end();) {
      const auto one = connection++;
      if ((*one)->ended) gone.splice(gone.end(), connections_, one);
    }
  }
  for (const std::shared_ptr<Connection>& connection : gone) connection->thread.join();
}

void AuthPipe::serve(PipeConnection& pipe) {
  const Result<PipePeer> peer = pipe.peer();
  if (!peer || (limits_.system_only && !peer.value().is_system)) return;
  Result<std::unique_ptr<WatchedProcess>> process = processes_->watch(peer.value().process_id);
  const AuthPeer who{peer.value().process_id, process ? process.value()->started() : 0, peer.value().session_id};
  bool present = false;
  while (!stopping_) {
    const Result<auth::Request> request = read_request(pipe);
    if (!request) {
      // Said to whoever speaks another version, so that it can stand down; anything else ends without a word.
      if (request.error().code == ErrorCode::unsupported_version) {
        const auth::Response failure = auth::Failure{ErrorCode::unsupported_version};
        static_cast<void>(pipe.write_all(auth::write_frame(failure), limits_.patience));
      }
      break;
    }
    present = present || std::holds_alternative<auth::Presence>(request.value());
    const SecretBytes frame = auth::write_frame(answer(request.value(), who));
    if (!pipe.write_all(frame, limits_.patience)) break;
  }
  if (present && process) follow_ending(peer.value().process_id, std::move(process).value());
}

/// A process is watched once, however many connections it has closed.
void AuthPipe::follow_ending(std::uint32_t process_id, std::unique_ptr<WatchedProcess> process) {
  {
    const std::lock_guard lock(endings_mutex_);
    const std::uint64_t started = process->started();
    const auto known = std::find_if(endings_.begin(), endings_.end(), [&](const Ending& one) {
      return one.process_id == process_id && one.process->started() == started;
    });
    if (known != endings_.end()) {
      known->until = now() + ending;
    } else if (endings_.size() < limits_.endings) {
      endings_.push_back({std::move(process), process_id, now() + ending, false});
    }
  }
  ending_.notify_all();
}

void AuthPipe::watch_endings() {
  std::unique_lock lock(endings_mutex_);
  while (!stopping_) {
    if (endings_.empty()) {
      ending_.wait(lock, [this] { return stopping_ || !endings_.empty(); });
      continue;
    }
    std::vector<std::uint32_t> ended_with;
    for (Ending& one : endings_) {
      const std::optional<std::uint32_t> code = one.ended ? std::nullopt : one.process->exit_code(milliseconds(0));
      if (!code) continue;
      one.ended = true;
      ended_with.push_back(*code);
    }
    std::erase_if(endings_, [](const Ending& one) { return now() >= one.until; });
    // The desk may write to a disk: connections that end must not wait for it.
    lock.unlock();
    for (const std::uint32_t code : ended_with) provider_ended(code);
    lock.lock();
    if (!endings_.empty()) ending_.wait_for(lock, look_again, [this] { return stopping_.load(); });
  }
}

auth::Response AuthPipe::answer(const auth::Request& request, const AuthPeer& peer) {
  AuthDesk* desk = nullptr;
  ErrorCode why = ErrorCode::timed_out;
  {
    const std::lock_guard lock(desk_mutex_);
    desk = desk_;
    why = why_not_;
  }
  return desk != nullptr ? desk->answer(request, peer) : no_desk(request, why);
}

void AuthPipe::provider_ended(std::uint32_t exit_code) {
  const std::lock_guard lock(desk_mutex_);
  if (desk_ != nullptr) desk_->provider_ended(exit_code);
}

Result<auth::Request> AuthPipe::read_request(PipeConnection& pipe) {
  std::array<std::uint8_t, auth::head_bytes> head_bytes{};
  if (Result<void> read = read_exactly(pipe, head_bytes, false); !read) return read.error();
  const Result<auth::Head> head = auth::read_head(head_bytes);
  if (!head) return head.error();
  SecretBytes payload(head.value().length);
  if (Result<void> read = read_exactly(pipe, payload, true); !read) return read.error();
  return auth::read_request(head.value(), payload);
}

/// @param begun part of the frame is there already
Result<void> AuthPipe::read_exactly(PipeConnection& pipe, std::span<std::uint8_t> into, bool begun) {
  milliseconds until = now() + limits_.patience;
  while (!into.empty()) {
    if (stopping_) return Error{ErrorCode::closed, "auth pipe"};
    const Result<std::size_t> got = pipe.read_some(into, slice);
    if (!got && got.error().code != ErrorCode::timed_out) return got.error();
    if (!got) {
      if (begun && now() >= until) return got.error();
      continue;
    }
    if (got.value() == 0) return Error{ErrorCode::closed, "auth pipe"};
    if (!begun) until = now() + limits_.patience;
    begun = true;
    into = into.subspan(got.value());
  }
  return {};
}

}  // namespace systemlog::bridge
