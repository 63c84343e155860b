// The pipe `client`: threads, time limits and notices around `ClientProtocol`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "bridge/client_protocol.h"
#include "platform/pipe.h"

namespace systemlog::bridge {

struct ClientLimits {
  /// Clients of one session at a time; a further one is turned away.
  std::size_t clients_per_session = 8;
  std::size_t clients = 64;
  /// How long a client may take to say hello, to end a line it began, and to take its answers.
  std::chrono::milliseconds patience{15'000};
  /// How long it may take to close after its last answer, before the bridge does.
  std::chrono::milliseconds parting{300};
  double burst = 200;
  double per_second = 50;
};

class ClientPipe {
 public:
  /// Who a peer is, as the system says; none when that account has nothing to ask here.
  using Identify = std::function<std::optional<ClientCaller>(const PipePeer& peer)>;

  ClientPipe(ClientDesk& desk, std::string bridge_version, const ClientLimits& limits = {});
  ClientPipe(const ClientPipe&) = delete;
  ClientPipe& operator=(const ClientPipe&) = delete;
  ClientPipe(ClientPipe&&) = delete;
  ClientPipe& operator=(ClientPipe&&) = delete;
  ~ClientPipe();

  /// Serves the clients of a pipe from now on.
  void listen(std::unique_ptr<PipeServer> server, Identify identify);
  /// Says something unasked to every client of an account that said hello. Never waits.
  void notify(const std::string& sid, std::string line);
  /// The session is over: its clients are cut off.
  void close_session(const std::string& session);
  /// Whether a client of the account is there.
  bool has_client(const std::string& sid);
  void stop();

 private:
  struct Listener {
    std::unique_ptr<PipeServer> server;
    Identify identify;
    std::thread thread;
  };
  struct Client {
    std::unique_ptr<PipeConnection> pipe;
    ClientCaller caller;
    RateLimit* rate = nullptr;
    std::mutex writing;
    /// Its hello is being answered, or was: what it is told there may be out of date before the answer is written.
    std::atomic<bool> greeting = false;
    std::atomic<bool> greeted = false;
    std::atomic<bool> closing = false;
    std::atomic<bool> ended = false;
    /// A notice that came while an answer was being written, hello's among them.
    std::mutex late;
    std::string late_notice;
    std::thread thread;
  };
  struct Notice {
    std::string sid;
    std::string line;
  };

  void accept(Listener& listener);
  void admit(std::unique_ptr<PipeConnection> pipe, const Identify& identify);
  void converse(Client& client);
  bool answer_lines(Client& client, ClientProtocol& protocol, class LineReader& reader);
  bool write_line(Client& client, const std::string& line);
  bool write_late_notice(Client& client);
  void part(Client& client);
  void reap();
  void give_notices();
  bool over(const Client& client) const { return stopping_ || client.closing; }

  ClientDesk* desk_;
  std::string bridge_version_;
  ClientLimits limits_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::list<Listener> listeners_;
  std::list<std::shared_ptr<Client>> clients_;
  std::map<std::string, RateLimit> rates_;
  std::deque<Notice> notices_;
  std::condition_variable noticed_;
  std::thread notifier_;
};

}  // namespace systemlog::bridge
