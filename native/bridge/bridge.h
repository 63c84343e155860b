// The bridge: its parts, the threads that move them, and the one lock that guards them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "bridge/auth_desk.h"
#include "bridge/client_pipe.h"
#include "bridge/client_protocol.h"
#include "bridge/machine.h"
#include "bridge/recorder.h"
#include "bridge/rehearsals.h"
#include "bridge/session_signals.h"
#include "bridge/settings.h"
#include "bridge/uplink/uplink.h"
#include "platform/event_sink.h"

namespace systemlog::bridge {

/// As it says to the server and to clients.
inline constexpr std::string_view bridge_version = "0.1.0";

/// A file of this name in the bridge's folder asks for a repair at the next start: the crash breaker is re-armed, and
/// a vault that does not open is set aside; the server then gives policy and secrets anew.
inline constexpr std::string_view repair_file = "repair";

struct BridgeDelays {
  ReportingDelays reporting;
  PolicyDelays policy;
  /// Between two signs of life.
  std::chrono::milliseconds heartbeat{60'000};
  /// What the disk refused is tried again this often.
  std::chrono::milliseconds retry{1'000};
};

/// What the logon screen needs; only with the auth feature.
struct LogonParts {
  AccountLookup& accounts;
  MirrorStore& mirror;
  std::function<bool()> tpm_and_bitlocker;
  /// None: nobody can rehearse on this machine.
  RehearsalHost* rehearsals = nullptr;
};

struct BridgeParts {
  Files& files;
  Random& random;
  Clock& system_clock;
  SecretBox& box;
  Machine& machine;
  EventSink& events;
  std::filesystem::path folder;
  Settings settings;
  BridgeDelays delays;
  std::optional<LogonParts> logon;
  /// Whether the pipe of the logon screen is open, for those who ask how the bridge is; none: there is no such pipe.
  std::function<bool()> auth_pipe_is_open;
};

/// The core behind both pipes. Signals are taken at any time and recorded in their order by a thread of its own;
/// another one talks to the server.
class Bridge final : public ClientDesk {
 public:
  /// Opens its files, settles in the journal what happened while it was away, and begins to work.
  static Result<std::unique_ptr<Bridge>> start(BridgeParts parts);
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;
  Bridge(Bridge&&) = delete;
  Bridge& operator=(Bridge&&) = delete;
  ~Bridge() override;

  /// Takes a signal; never waits.
  void signal(Signal signal);
  /// Returns when everything told so far is recorded, or waits for the disk.
  void drain();
  /// The network came back.
  void network_up();
  /// Clients that wait for the server are answered now; to be called before their pipe is stopped.
  void release_clients();
  /// Reports what is left if that takes no longer than `grace`, and ends the threads. Pipes are to be stopped before.
  void stop(std::chrono::milliseconds grace);

  /// Notices and ended sessions go there; may be null.
  void set_clients(ClientPipe* clients);
  /// The signed-on session with a number, as its clients' caller.
  std::optional<ClientCaller> caller(std::uint32_t session_id, const std::string& sid);
  const std::string& device() const noexcept { return identity_.key->id(); }
  /// Null without the auth feature; why then, if it should be there, says `desk_problem`.
  AuthDesk* auth_desk() noexcept { return auth_desk_.get(); }
  ErrorCode desk_problem() const noexcept { return desk_problem_; }

  // ClientDesk
  Hello hello() override;
  Granted<Page> read(const std::string& sid, const std::optional<std::string>& journal, std::uint64_t after,
                     std::size_t limit) override;
  Granted<std::uint64_t> acknowledge(const std::string& sid, const std::string& journal,
                                     std::uint64_t through) override;
  Granted<std::uint64_t> take_receipt(const ServerReceipt& receipt) override;
  Granted<Tickets> ticket(const std::string& sid, const std::string& nonce) override;
  Sync sync() override;
  Status status() override;
  std::optional<LogonDesk::Standing> standing(const std::string& sid) override;
  std::optional<std::string> fetch_secret(const std::string& sid, const std::optional<std::string>& code) override;
  std::optional<std::string_view> rehearse(const ClientCaller& caller) override;

 private:
  struct Proof {
    std::string method;
    Moment at{0};
  };
  /// The way to the server; none until its address was told.
  struct Server {
    std::unique_ptr<Http> http;
    std::unique_ptr<ServerConnection> connection;
    std::unique_ptr<Registration> registration;
    std::unique_ptr<Uplink> uplink;
  };

  Bridge(BridgeParts parts, DeviceIdentity identity, std::unique_ptr<Recorder> recorder);
  void open_desk();
  Result<LogonDesk> logon_desk(bool repair);
  Result<void> open_server();
  void proved(const std::string& sid, std::optional<std::string> method);
  void begin();
  void follow_signals();
  void follow(const Signal& signal);
  void record_all(const std::vector<Happening>& happenings);
  void record(const Happening& happening);
  void settle_other_chores();
  void recorded(const SessionEvent& event);
  void add_set_aside();
  void journal_is_damaged();
  void report();
  Head head() const;
  ClockReading reading(std::uint64_t ago_ms);
  std::optional<std::string> take_proof(const Happening& happening);

  BridgeParts parts_;
  DeviceIdentity identity_;
  /// Guards everything below but what says otherwise.
  std::mutex core_;
  std::unique_ptr<Recorder> recorder_;
  SessionSignals signals_;
  std::unique_ptr<Reporter> reporter_;
  std::unique_ptr<AuthDesk> auth_desk_;
  ErrorCode desk_problem_ = ErrorCode::unsupported;
  std::unique_ptr<PolicySync> policy_;
  Server server_;
  std::set<std::string> set_aside_known_;
  /// Of which the journals set aside are known.
  std::string journal_known_;
  std::map<std::string, Proof> proofs_;
  std::optional<std::int64_t> last_sync_wall_ms_;
  Moment beat_due_{0};
  Moment retry_due_ = never;
  bool following_ = false;
  bool stopping_ = false;
  bool clients_released_ = false;
  bool reporting_stops_ = false;
  std::deque<Signal> told_;
  std::condition_variable signalled_;
  std::condition_variable drained_;
  std::condition_variable report_due_;
  std::condition_variable reported_;

  std::mutex clients_mutex_;
  ClientPipe* clients_ = nullptr;

  /// With a lock of its own; none without the auth feature.
  std::unique_ptr<Rehearsals> rehearsals_;

  std::thread signal_thread_;
  std::thread report_thread_;
};

}  // namespace systemlog::bridge
