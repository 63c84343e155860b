// The bridge protocol of contract/bridge.ts, version 1: one request in, one answer out. Knows nothing of pipes; what
// is asked is somebody else's (`ClientDesk`), and so is who asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/rate_limit.h"
#include "core/contract_json.h"
#include "core/journal.h"
#include "core/logon_desk.h"

namespace systemlog::bridge {

/// contract/bridge.ts `MAX_LINE_BYTES`.
inline constexpr std::size_t longest_line = std::size_t{1024} * 1024;
/// contract/bridge.ts `MAX_READ_RECORDS`.
inline constexpr std::size_t most_read_records = 500;

/// One of `BRIDGE_ERRORS`.
struct Refusal {
  std::string_view code;
  std::string message;
};
template <typename T>
using Granted = Result<T, Refusal>;

/// Who is at a pipe.
struct ClientCaller {
  EventAccount account;
  /// All clients of a session share one allowance.
  std::string session;
};

/// What the bridge does for the account at the other end of a pipe.
class ClientDesk {
 public:
  struct Head {
    std::string journal;
    std::uint64_t sequence = 0;
  };
  struct Registered {
    std::string server;
    std::string company;
  };
  struct Hello {
    std::string device;
    std::optional<Registered> registration;
    Head head;
  };
  struct Page {
    Head head;
    std::vector<SealedRecord> records;
    std::uint64_t through = 0;
    bool more = false;
  };
  struct Statement {
    std::string statement;
    std::string signature;
  };
  struct Tickets {
    Statement ticket;
    Statement anchor;
  };
  struct Sync {
    bool reached = false;
    /// Empty for none.
    std::string problem;
  };
  struct Status {
    bool registered = false;
    Head head;
    std::uint64_t received_through = 0;
    std::optional<std::int64_t> last_sync_wall_ms;
    std::string last_problem;
    /// None where there is no such pipe.
    std::optional<bool> auth_pipe_is_open;
  };

  virtual ~ClientDesk() = default;
  virtual Hello hello() = 0;
  /// @param journal none: go on where the caller acknowledged; another than the current one: from the start
  virtual Granted<Page> read(const std::string& sid, const std::optional<std::string>& journal, std::uint64_t after,
                             std::size_t limit) = 0;
  virtual Granted<std::uint64_t> acknowledge(const std::string& sid, const std::string& journal,
                                             std::uint64_t through) = 0;
  virtual Granted<std::uint64_t> take_receipt(const ServerReceipt& receipt) = 0;
  virtual Granted<Tickets> ticket(const std::string& sid, const std::string& nonce) = 0;
  /// Blocks until the server was talked to.
  virtual Sync sync() = 0;
  virtual Status status() = 0;
  virtual std::optional<LogonDesk::Standing> standing(const std::string& sid) = 0;
  /// Blocks. None when the secret is held, else the problem.
  virtual std::optional<std::string> fetch_secret(const std::string& sid, const std::optional<std::string>& code) = 0;
  /// Opens the rehearsal in the caller's session. None when it was started, else one of `rehearsal_problems`.
  virtual std::optional<std::string_view> rehearse(const ClientCaller& caller) = 0;
};

struct Reply {
  /// Without its end.
  std::string line;
  /// The connection is over after it.
  bool close = false;
};

/// One client's conversation. Not to be used from two threads at once.
class ClientProtocol {
 public:
  /// @param rate shared by all clients of a session, so that more connections do not buy more
  ClientProtocol(ClientCaller caller, ClientDesk& desk, RateLimit& rate, std::string bridge_version)
      : caller_(std::move(caller)), desk_(&desk), rate_(&rate), bridge_version_(std::move(bridge_version)) {}

  /// `hello` has been answered; notices are for those who said it.
  bool greeted() const noexcept { return greeted_; }
  Reply answer(std::string_view line, std::chrono::milliseconds now);

 private:
  ClientCaller caller_;
  ClientDesk* desk_;
  RateLimit* rate_;
  std::string bridge_version_;
  bool greeted_ = false;
};

/// The line that refuses what cannot be told which request it was.
std::string refusal_line(std::string_view code, std::string_view message);
/// The notice that the caller's part of the journal grew.
std::string journal_notice(const std::string& journal, std::uint64_t head_sequence);

}  // namespace systemlog::bridge
