#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog {

/// Who is at the other end, as the system says; never as the other end says.
struct PipePeer {
  std::uint32_t process_id = 0;
  std::uint32_t session_id = 0;
  /// Windows: string form of the token's user SID. POSIX: `S-1-22-1-<uid>`, the form Samba uses for such users.
  std::string sid;
  bool is_system = false;
};

/// One thread may read while another writes.
class PipeConnection {
 public:
  virtual ~PipeConnection() = default;
  /// At least one byte, or 0 when the other end closed; `timed-out` after `timeout`.
  virtual Result<std::size_t> read_some(std::span<std::uint8_t> into, std::chrono::milliseconds timeout) noexcept = 0;
  virtual Result<void> write_all(ByteView from, std::chrono::milliseconds timeout) noexcept = 0;
  /// The process on the other side.
  virtual Result<PipePeer> peer() noexcept = 0;
};

class PipeServer {
 public:
  virtual ~PipeServer() = default;
  /// The next client. `timed-out` after `timeout`, `closed` after `stop`.
  virtual Result<std::unique_ptr<PipeConnection>> accept(std::chrono::milliseconds timeout) noexcept = 0;
  /// Ends a waiting `accept` from another thread.
  virtual void stop() noexcept = 0;
};

struct PipeAddress {
  /// Windows: `\\.\pipe\<name>`. POSIX: path of a socket.
  std::string name;
  /// Who may connect, as SDDL. Ignored on POSIX, where the socket is for its owner alone.
  std::string sddl;
};

/// Opens the pipe; fails when somebody else already serves that name. Remote clients are turned away.
Result<std::unique_ptr<PipeServer>> serve_pipe(const PipeAddress& address) noexcept;

/// Connects with identification-level impersonation only.
/// @param require_system refuse, before a byte is sent, a server that is not the system itself
Result<std::unique_ptr<PipeConnection>> connect_pipe(const std::string& name, std::chrono::milliseconds timeout,
                                                     bool require_system) noexcept;

}  // namespace systemlog
