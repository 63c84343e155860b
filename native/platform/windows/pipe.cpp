#include "platform/pipe.h"

// clang-format off
#include <windows.h>
#include <sddl.h>
// clang-format on

#include <atomic>

#include "platform/windows/handle.h"
#include "platform/windows/sids.h"
#include "platform/windows/text.h"

namespace systemlog {
namespace {

using std::chrono::milliseconds;
using windows::failure;
using windows::Handle;
using windows::LocalMemory;

constexpr DWORD buffer_bytes = 64 * 1024;

/// Waits for an overlapped call and takes it back when it does not end in time or `stop` is set.
Result<DWORD> finish(HANDLE pipe, OVERLAPPED& call, milliseconds timeout, HANDLE stop = nullptr) {
  const HANDLE waited[] = {call.hEvent, stop};
  const DWORD ended = WaitForMultipleObjects(stop == nullptr ? 1 : 2, static_cast<const HANDLE*>(waited), FALSE,
                                             static_cast<DWORD>(timeout.count()));
  if (ended != WAIT_OBJECT_0) CancelIoEx(pipe, &call);
  DWORD moved = 0;
  // Waits for the cancelling too: `call` and its buffer must not go while Windows may still write to them.
  const bool done = GetOverlappedResult(pipe, &call, &moved, TRUE) != 0;
  if (done) return moved;
  if (ended == WAIT_OBJECT_0 + 1) return Error{ErrorCode::closed, "pipe stopped"};
  if (ended != WAIT_OBJECT_0) return Error{ErrorCode::timed_out, "pipe"};
  return failure("pipe");
}

Result<std::string> process_sid(DWORD process_id) {
  const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id));
  if (!process) return failure("peer process");
  HANDLE token = nullptr;
  if (OpenProcessToken(process.get(), TOKEN_QUERY, &token) == 0) return failure("peer token");
  const Handle owned(token);
  return windows::token_sid(token);
}

/// The client's identity as its impersonation level lets us see it, not that of a process id that may be reused.
Result<std::string> impersonated_sid(HANDLE pipe) {
  if (ImpersonateNamedPipeClient(pipe) == 0) return failure("impersonate");
  HANDLE token = nullptr;
  const bool opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) != 0;
  const Error problem = opened ? Error{} : failure("client token");
  // Going on as the client would be worse than not going on.
  if (RevertToSelf() == 0) std::abort();
  if (!opened) return problem;
  const Handle owned(token);
  return windows::token_sid(token);
}

constexpr std::string_view system_sid = "S-1-5-18";

enum class Side : std::uint8_t { server, client };

class WindowsConnection final : public PipeConnection {
 public:
  WindowsConnection(Handle pipe, Handle reading, Handle writing, Side side) noexcept
      : pipe_(std::move(pipe)), reading_(std::move(reading)), writing_(std::move(writing)), side_(side) {}
  WindowsConnection(const WindowsConnection&) = delete;
  WindowsConnection& operator=(const WindowsConnection&) = delete;
  WindowsConnection(WindowsConnection&&) = delete;
  WindowsConnection& operator=(WindowsConnection&&) = delete;
  /// Only closes: DisconnectNamedPipe would throw away what the other end has not read yet.
  ~WindowsConnection() override = default;

  Result<std::size_t> read_some(std::span<std::uint8_t> into, milliseconds timeout) noexcept override {
    OVERLAPPED call{};
    call.hEvent = reading_.get();
    if (ReadFile(pipe_.get(), into.data(), static_cast<DWORD>(into.size()), nullptr, &call) == 0 &&
        GetLastError() != ERROR_IO_PENDING) {
      if (GetLastError() == ERROR_BROKEN_PIPE) return std::size_t{0};
      return failure("pipe read");
    }
    const Result<DWORD> got = finish(pipe_.get(), call, timeout);
    if (!got && got.error().code == ErrorCode::closed) return std::size_t{0};
    if (!got) return got.error();
    return std::size_t{got.value()};
  }

  Result<void> write_all(ByteView from, milliseconds timeout) noexcept override {
    while (!from.empty()) {
      OVERLAPPED call{};
      call.hEvent = writing_.get();
      const auto part = static_cast<DWORD>(std::min<std::size_t>(from.size(), buffer_bytes));
      if (WriteFile(pipe_.get(), from.data(), part, nullptr, &call) == 0 && GetLastError() != ERROR_IO_PENDING) {
        return failure("pipe write");
      }
      const Result<DWORD> put = finish(pipe_.get(), call, timeout);
      if (!put) return put.error();
      from = from.subspan(put.value());
    }
    return {};
  }

  Result<PipePeer> peer() noexcept override {
    ULONG process_id = 0;
    ULONG session_id = 0;
    const bool known = side_ == Side::server ? GetNamedPipeClientProcessId(pipe_.get(), &process_id) != 0 &&
                                                   GetNamedPipeClientSessionId(pipe_.get(), &session_id) != 0
                                             : GetNamedPipeServerProcessId(pipe_.get(), &process_id) != 0;
    if (!known) return failure("pipe peer");
    const Result<std::string> sid = side_ == Side::server ? impersonated_sid(pipe_.get()) : process_sid(process_id);
    if (!sid) return sid.error();
    return PipePeer{process_id, session_id, sid.value(), sid.value() == system_sid};
  }

 private:
  Handle pipe_;
  Handle reading_;
  Handle writing_;
  Side side_;
};

Handle make_event() noexcept {
  return Handle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
}

class WindowsServer final : public PipeServer {
 public:
  explicit WindowsServer(const PipeAddress& address)
      : name_(windows::wide(address.name)), sddl_(windows::wide(address.sddl)), stop_(make_event()) {}

  /// An instance that waits for its client. The first one must be the first of its name, or somebody else already
  /// answers to it. One that stood before is closed only when this one stands: the name is never free for others.
  Result<void> prepare(bool first) noexcept {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    if (ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl_.c_str(), SDDL_REVISION_1, &descriptor, nullptr) ==
        0) {
      return Error{ErrorCode::invalid_argument, "pipe sddl"};
    }
    const LocalMemory owned(descriptor);
    SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), descriptor, FALSE};
    const DWORD open_mode =
        PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? DWORD{FILE_FLAG_FIRST_PIPE_INSTANCE} : 0);
    Handle made(CreateNamedPipeW(name_.c_str(), open_mode,
                                 PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                                 PIPE_UNLIMITED_INSTANCES, buffer_bytes, buffer_bytes, 0, &attributes));
    if (!made) {
      if (GetLastError() == ERROR_ACCESS_DENIED) return Error{ErrorCode::locked, "pipe name"};
      return failure("create pipe");
    }
    waiting_ = std::move(made);
    return {};
  }

  Result<std::unique_ptr<PipeConnection>> accept(milliseconds timeout) noexcept override {
    while (!stopped_) {
      if (!waiting_) {
        if (Result<void> ready = prepare(false); !ready) return ready.error();
      }
      Handle event = make_event();
      OVERLAPPED call{};
      call.hEvent = event.get();
      const BOOL connected = ConnectNamedPipe(waiting_.get(), &call);
      const DWORD code = connected != 0 ? ERROR_PIPE_CONNECTED : GetLastError();
      if (code == ERROR_IO_PENDING) {
        const Result<DWORD> came = finish(waiting_.get(), call, timeout, stop_.get());
        if (!came && came.error().code != ErrorCode::closed) return came.error();
        if (!came) {
          if (Result<void> ready = prepare(false); !ready) return ready.error();
          continue;
        }
      } else if (code == ERROR_NO_DATA) {
        // A client that came and left before we looked is no end of the pipe, whatever its error is called.
        if (Result<void> ready = prepare(false); !ready) return ready.error();
        continue;
      } else if (code != ERROR_PIPE_CONNECTED) {
        waiting_ = Handle();
        // Never `closed`: that is our own stop.
        return Error{ErrorCode::io_failed, failure("connect pipe", code).detail};
      }
      auto connection =
          std::make_unique<WindowsConnection>(std::move(waiting_), std::move(event), make_event(), Side::server);
      // The next instance stands before this client is served, so that the name is never without one.
      static_cast<void>(prepare(false));
      return std::unique_ptr<PipeConnection>(std::move(connection));
    }
    return Error{ErrorCode::closed, "pipe stopped"};
  }

  void stop() noexcept override {
    stopped_ = true;
    SetEvent(stop_.get());
  }

 private:
  std::wstring name_;
  std::wstring sddl_;
  Handle stop_;
  Handle waiting_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<PipeServer>> serve_pipe(const PipeAddress& address) noexcept {
  auto server = std::make_unique<WindowsServer>(address);
  if (Result<void> ready = server->prepare(true); !ready) return ready.error();
  return std::unique_ptr<PipeServer>(std::move(server));
}

Result<std::unique_ptr<PipeConnection>> connect_pipe(const std::string& name, milliseconds timeout,
                                                     bool require_system) noexcept {
  const std::wstring path = windows::wide(name);
  const ULONGLONG deadline = GetTickCount64() + static_cast<ULONGLONG>(timeout.count());
  // Not GENERIC_WRITE: it includes the right to serve the name, which no client is given.
  constexpr DWORD access = FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~DWORD{FILE_CREATE_PIPE_INSTANCE});
  while (true) {
    Handle pipe(CreateFileW(path.c_str(), access, 0, nullptr, OPEN_EXISTING,
                            FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr));
    if (pipe) {
      auto connection =
          std::make_unique<WindowsConnection>(std::move(pipe), make_event(), make_event(), Side::client);
      if (require_system) {
        const Result<PipePeer> server = connection->peer();
        if (!server) return server.error();
        if (!server.value().is_system) return Error{ErrorCode::refused, "pipe server is not the system"};
      }
      return std::unique_ptr<PipeConnection>(std::move(connection));
    }
    if (GetLastError() != ERROR_PIPE_BUSY) return failure("open pipe");
    const ULONGLONG now = GetTickCount64();
    if (now >= deadline) return Error{ErrorCode::timed_out, "pipe busy"};
    WaitNamedPipeW(path.c_str(), static_cast<DWORD>(deadline - now));
  }
}

}  // namespace systemlog
