#include "bridge/client_pipe.h"

#include <algorithm>
#include <array>

#include "bridge/line_reader.h"
#include "bridge/steady_time.h"

namespace systemlog::bridge {
namespace {

using std::chrono::milliseconds;

/// How often a thread that waits for a client looks whether it is to end.
constexpr milliseconds slice{500};
/// What a client that does not read may hold up the notices of others.
constexpr milliseconds notice_patience{1'000};

}  // namespace

ClientPipe::ClientPipe(ClientDesk& desk, std::string bridge_version, const ClientLimits& limits)
    : desk_(&desk), bridge_version_(std::move(bridge_version)), limits_(limits) {
  notifier_ = std::thread([this] { give_notices(); });
}

ClientPipe::~ClientPipe() {
  stop();
}

void ClientPipe::listen(std::unique_ptr<PipeServer> server, Identify identify) {
  const std::lock_guard lock(mutex_);
  Listener& listener = listeners_.emplace_back();
  listener.server = std::move(server);
  listener.identify = std::move(identify);
  listener.thread = std::thread([this, &listener] { accept(listener); });
}

void ClientPipe::stop() {
  if (stopping_.exchange(true)) return;
  {
    const std::lock_guard lock(mutex_);
    for (Listener& listener : listeners_) listener.server->stop();
  }
  noticed_.notify_all();
  for (Listener& listener : listeners_) listener.thread.join();
  notifier_.join();
  for (const std::shared_ptr<Client>& client : clients_) client->thread.join();
  listeners_.clear();
  clients_.clear();
}

void ClientPipe::accept(Listener& listener) {
  while (!stopping_) {
    Result<std::unique_ptr<PipeConnection>> pipe = listener.server->accept(milliseconds(60'000));
    reap();
    if (pipe) {
      admit(std::move(pipe).value(), listener.identify);
    } else if (pipe.error().code == ErrorCode::closed) {
      return;
    } else if (pipe.error().code != ErrorCode::timed_out) {
      // Out of handles or memory: clients that go make room.
      std::this_thread::sleep_for(milliseconds(100));
    }
  }
}

void ClientPipe::admit(std::unique_ptr<PipeConnection> pipe, const Identify& identify) {
  const Result<PipePeer> peer = pipe->peer();
  if (!peer) return;
  std::optional<ClientCaller> caller = identify(peer.value());
  if (!caller) return;
  const std::lock_guard lock(mutex_);
  const auto of_session = std::count_if(clients_.begin(), clients_.end(), [&caller](const auto& client) {
    return !client->ended && client->caller.session == caller->session;
  });
  auto client = std::make_shared<Client>();
  client->pipe = std::move(pipe);
  client->caller = std::move(*caller);
  const bool full =
      clients_.size() >= limits_.clients || static_cast<std::size_t>(of_session) >= limits_.clients_per_session;
  if (clients_.size() >= limits_.clients * 2) return;
  if (!full) {
    const auto rate = rates_.try_emplace(client->caller.session, limits_.burst, limits_.per_second, now()).first;
    client->rate = &rate->second;
  }
  clients_.push_back(client);
  Client& held = *client;
  client->thread = std::thread([this, &held] {
    converse(held);
    const std::lock_guard writing(held.writing);
    held.pipe.reset();
    held.ended = true;
  });
}

/// Threads of clients that are gone.
void ClientPipe::reap() {
  std::list<std::shared_ptr<Client>> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto client = clients_.begin(); client != clients_.end();) {
      const auto one = client++;
      if ((*one)->ended) gone.splice(gone.end(), clients_, one);
    }
  }
  for (const std::shared_ptr<Client>& client : gone) client->thread.join();
}

void ClientPipe::converse(Client& client) {
  if (client.rate == nullptr) {
    static_cast<void>(
        write_line(client, refusal_line("too-many-requests", "This session has too many clients already")));
    return part(client);
  }
  ClientProtocol protocol(client.caller, *desk_, *client.rate, bridge_version_);
  LineReader reader(longest_line);
  std::array<std::uint8_t, 16384> buffer{};
  milliseconds impatient_at = now() + limits_.patience;
  while (!over(client)) {
    const Result<std::size_t> got = client.pipe->read_some(buffer, slice);
    if (!got && got.error().code != ErrorCode::timed_out) return;
    const bool waits_for_client = reader.unfinished() || !protocol.greeted();
    if (!got) {
      if ((waits_for_client && now() >= impatient_at) || !write_late_notice(client)) return;
      continue;
    }
    if (got.value() == 0) return;
    if (!waits_for_client) impatient_at = now() + limits_.patience;
    reader.push(text_of(ByteView(buffer).first(got.value())));
    if (!answer_lines(client, protocol, reader)) return part(client);
    client.greeted = protocol.greeted();
    if (waits_for_client && now() >= impatient_at && (reader.unfinished() || !protocol.greeted())) return;
  }
}

/// False when the conversation is over.
bool ClientPipe::answer_lines(Client& client, ClientProtocol& protocol, LineReader& reader) {
  while (!over(client)) {
    const std::optional<std::string_view> line = reader.next();
    if (reader.too_long()) {
      static_cast<void>(write_line(
          client, refusal_line("line-too-long", "A line has at most " + std::to_string(longest_line) + " bytes")));
      return false;
    }
    if (!line) return true;
    client.greeting = true;
    const Reply reply = protocol.answer(*line, now());
    if (!write_line(client, reply.line) || reply.close) return false;
    client.greeted = protocol.greeted();
    if (!write_late_notice(client)) return false;
  }
  return false;
}

bool ClientPipe::write_line(Client& client, const std::string& line) {
  const std::lock_guard lock(client.writing);
  return client.pipe->write_all(bytes_of(line + "\n"), limits_.patience).ok();
}

bool ClientPipe::write_late_notice(Client& client) {
  if (!client.greeted) return true;
  std::string notice;
  {
    const std::lock_guard lock(client.late);
    notice = std::exchange(client.late_notice, {});
  }
  return notice.empty() || write_line(client, notice);
}

/// The client closes first: a connection closed over unread bytes would take the last answer along.
void ClientPipe::part(Client& client) {
  const milliseconds until = now() + limits_.parting;
  std::array<std::uint8_t, 16384> unread{};
  while (!over(client) && now() < until) {
    const Result<std::size_t> got = client.pipe->read_some(unread, std::max(until - now(), milliseconds(0)));
    if (got ? got.value() == 0 : got.error().code != ErrorCode::timed_out) return;
  }
}

// --- notices -------------------------------------------------------------------------------------------------------

void ClientPipe::notify(const std::string& sid, std::string line) {
  {
    const std::lock_guard lock(mutex_);
    // Each says all that those before it said.
    std::erase_if(notices_, [&sid](const Notice& notice) { return notice.sid == sid; });
    notices_.push_back({sid, std::move(line)});
  }
  noticed_.notify_one();
}

void ClientPipe::give_notices() {
  while (true) {
    Notice notice;
    std::list<std::shared_ptr<Client>> clients;
    {
      std::unique_lock lock(mutex_);
      noticed_.wait(lock, [this] { return stopping_ || !notices_.empty(); });
      if (stopping_) return;
      notice = std::move(notices_.front());
      notices_.pop_front();
      for (const std::shared_ptr<Client>& client : clients_) {
        if (client->caller.account.sid == notice.sid && client->greeting && !client->ended) clients.push_back(client);
      }
    }
    for (const std::shared_ptr<Client>& client : clients) {
      const std::unique_lock writing(client->writing, std::try_to_lock);
      if (!writing || !client->greeted) {
        const std::lock_guard lock(client->late);
        client->late_notice = notice.line;
      } else if (client->pipe && !client->pipe->write_all(bytes_of(notice.line + "\n"), notice_patience)) {
        client->closing = true;
      }
    }
  }
}

void ClientPipe::close_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  for (const std::shared_ptr<Client>& client : clients_) {
    if (client->caller.session == session) client->closing = true;
  }
}

bool ClientPipe::has_client(const std::string& sid) {
  const std::lock_guard lock(mutex_);
  return std::any_of(clients_.begin(), clients_.end(), [&sid](const auto& client) {
    return client->caller.account.sid == sid && client->greeted && !client->ended && !client->closing;
  });
}

}  // namespace systemlog::bridge
