// Pipes as UNIX sockets, for tests and the virtual PC.
#include "platform/pipe.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

namespace systemlog {
namespace {

using std::chrono::milliseconds;

Error failed(const char* step) {
  return {ErrorCode::io_failed, std::string(step) + ": " + std::generic_category().message(errno)};
}

class Socket {
 public:
  explicit Socket(int number) noexcept : number_(number) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Waits until the socket is ready for `what`.
Result<void> wait_for(int number, short what, milliseconds timeout) noexcept {
  pollfd watched{number, what, 0};
  const int ready = ::poll(&watched, 1, static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) return failed("poll");
  if (ready <= 0) return Error{ErrorCode::timed_out, "pipe"};
  return {};
}

class PosixConnection final : public PipeConnection {
 public:
  explicit PosixConnection(Socket socket) noexcept : socket_(std::move(socket)) {}

  Result<std::size_t> read_some(std::span<std::uint8_t> into, milliseconds timeout) noexcept override {
    if (Result<void> ready = wait_for(socket_.number(), POLLIN, timeout); !ready) return ready.error();
    const ssize_t got = ::recv(socket_.number(), into.data(), into.size(), 0);
    if (got < 0 && errno == ECONNRESET) return std::size_t{0};
    if (got < 0) return failed("receive");
    return static_cast<std::size_t>(got);
  }

  Result<void> write_all(ByteView from, milliseconds timeout) noexcept override {
    while (!from.empty()) {
      if (Result<void> ready = wait_for(socket_.number(), POLLOUT, timeout); !ready) return ready;
      const ssize_t put = ::send(socket_.number(), from.data(), from.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (put < 0 && (errno == EPIPE || errno == ECONNRESET)) return Error{ErrorCode::closed, "pipe"};
      if (put < 0) return failed("send");
      from = from.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }

  Result<PipePeer> peer() noexcept override {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket_.number(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return failed("peer");
    return PipePeer{static_cast<std::uint32_t>(credentials.pid), 0, "S-1-22-1-" + std::to_string(credentials.uid),
                    credentials.uid == 0};
  }

 private:
  Socket socket_;
};

std::optional<sockaddr_un> address_of(const std::string& path) noexcept {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address);
}

class PosixServer final : public PipeServer {
 public:
  PosixServer(Socket socket, std::string path) noexcept : socket_(std::move(socket)), path_(std::move(path)) {}
  PosixServer(const PosixServer&) = delete;
  PosixServer& operator=(const PosixServer&) = delete;
  PosixServer(PosixServer&&) = delete;
  PosixServer& operator=(PosixServer&&) = delete;
  ~PosixServer() override { ::unlink(path_.c_str()); }

  Result<std::unique_ptr<PipeConnection>> accept(milliseconds timeout) noexcept override {
    if (stopped_) return Error{ErrorCode::closed, "pipe server"};
    const Result<void> ready = wait_for(socket_.number(), POLLIN, timeout);
    if (stopped_) return Error{ErrorCode::closed, "pipe server"};
    if (!ready) return ready.error();
    Socket client(::accept4(socket_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.number() < 0) return failed("accept");
    return std::unique_ptr<PipeConnection>(std::make_unique<PosixConnection>(std::move(client)));
  }

  void stop() noexcept override {
    stopped_ = true;
    ::shutdown(socket_.number(), SHUT_RDWR);
  }

 private:
  Socket socket_;
  std::string path_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<PipeServer>> serve_pipe(const PipeAddress& address) noexcept {
  const std::optional<sockaddr_un> at = address_of(address.name);
  if (!at) return Error{ErrorCode::invalid_argument, "pipe name"};
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return failed("socket");
  // What a crashed server left behind is in the way; a living one answers.
  if (Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      ::connect(probe.number(), generic(*at), sizeof *at) == 0) {
    return Error{ErrorCode::locked, "pipe name"};
  }
  ::unlink(address.name.c_str());
  if (::bind(socket.number(), generic(*at), sizeof *at) != 0 || ::chmod(address.name.c_str(), 0600) != 0 ||
      ::listen(socket.number(), 16) != 0) {
    return failed("listen");
  }
  return std::unique_ptr<PipeServer>(std::make_unique<PosixServer>(std::move(socket), address.name));
}

Result<std::unique_ptr<PipeConnection>> connect_pipe(const std::string& name, milliseconds /*timeout*/,
                                                     bool require_system) noexcept {
  const std::optional<sockaddr_un> at = address_of(name);
  if (!at) return Error{ErrorCode::invalid_argument, "pipe name"};
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return failed("socket");
  if (::connect(socket.number(), generic(*at), sizeof *at) != 0) {
    return Error{errno == ENOENT || errno == ECONNREFUSED ? ErrorCode::not_found : ErrorCode::io_failed, "connect"};
  }
  auto connection = std::make_unique<PosixConnection>(std::move(socket));
  if (require_system) {
    const Result<PipePeer> server = connection->peer();
    if (!server) return server.error();
    if (!server.value().is_system) return Error{ErrorCode::refused, "pipe server is not the system"};
  }
  return std::unique_ptr<PipeConnection>(std::move(connection));
}

}  // namespace systemlog
