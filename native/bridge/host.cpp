#include "bridge/host.h"

namespace systemlog::bridge {

Result<std::unique_ptr<Host>> Host::start(HostParts parts) {
  auto auth = std::make_unique<PatientPipe>(parts.auth_pipe, parts.name_retry, alarm(parts.events, "logon screen"));
  if (std::optional<Error> problem = auth->problem(); problem && !parts.starts_without_auth_pipe) return *problem;
  return std::unique_ptr<Host>(new Host(std::move(parts), std::move(auth)));
}

Host::Host(HostParts parts, std::unique_ptr<PatientPipe> auth)
    : parts_(std::move(parts)), auth_name_(auth.get()), auth_(std::move(auth), parts_.processes, parts_.auth_limits) {
  thread_ = std::thread([this] { run(); });
}

/// Tells administrators what becomes of a pipe's name.
PatientPipe::Told Host::alarm(EventSink& events, const char* pipe) {
  return [&events, pipe = std::string(pipe)](const std::optional<Error>& problem) {
    if (problem) {
      events.report(Severity::error, event_ids::pipe_not_open,
                    "The pipe for the " + pipe + " cannot be opened: " + problem->detail +
                        ". Another program may hold its name. It is tried again until it works; events are recorded "
                        "meanwhile.");
    } else {
      events.report(Severity::information, event_ids::pipe_open_at_last, "The pipe for the " + pipe + " is open.");
    }
  };
}

Host::~Host() {
  stop(std::chrono::milliseconds(0));
}

void Host::tell(Describe describe) {
  {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(describe));
    ++told_count_;
  }
  changed_.notify_all();
}

bool Host::settle(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = told_count_;
  return changed_.wait_for(lock, longest, [&] { return done_count_ >= until; });
}

Bridge* Host::bridge() {
  const std::lock_guard lock(mutex_);
  return bridge_.get();
}

void Host::network_up() {
  if (Bridge* bridge = this->bridge()) bridge->network_up();
}

/// Opens everything, then follows what is told: in its order, and nothing of what was told before is passed over.
void Host::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ && !bridge_) {
    lock.unlock();
    const bool opened = open();
    lock.lock();
    if (!opened) changed_.wait_for(lock, parts_.start_retry, [this] { return stopping_; });
  }
  while (bridge_) {
    changed_.wait(lock, [this] { return stopping_ || !told_.empty(); });
    if (told_.empty()) return;
    const Describe describe = std::move(told_.front());
    told_.pop_front();
    lock.unlock();
    bridge_->signal(describe(parts_.machine));
    bridge_->drain();
    lock.lock();
    ++done_count_;
    changed_.notify_all();
  }
}

Result<Settings> Host::settings() {
  Result<Settings> told = load_settings(parts_.files, parts_.box, parts_.folder);
  if (told) return told;
  // Without settings events are recorded and kept all the same.
  if (told.error().code == ErrorCode::not_found) return Settings{};
  return told;
}

bool Host::open() {
  const Result<Settings> told = settings();
  if (!told) {
    parts_.events.report(Severity::error, event_ids::file_not_written,
                         "The settings cannot be read (" + std::string(name(told.error().code)) +
                             "). Events are recorded; run `bridge.exe setup repair`.");
  }
  const Settings& in_force = told ? told.value() : Settings{};
  Result<std::unique_ptr<Bridge>> bridge =
      Bridge::start({parts_.files, parts_.random, parts_.system_clock, parts_.box, parts_.machine, parts_.events,
                     parts_.folder, in_force, parts_.delays,
                     LogonParts{parts_.accounts, parts_.mirror, parts_.tpm_and_bitlocker, parts_.rehearsals},
                     [this] { return auth_pipe_is_open(); }});
  if (!bridge) {
    parts_.events.report(Severity::error, event_ids::journal_unavailable,
                         "The bridge's files cannot be opened (" + std::string(name(bridge.error().code)) + ", " +
                             bridge.error().detail + "). It tries again; nothing is recorded until then.");
    return false;
  }
  Bridge& opened = *bridge.value();
  auto clients = std::make_unique<ClientPipe>(opened, std::string(bridge_version), parts_.client_limits);
  clients->listen(
      std::make_unique<PatientPipe>(parts_.client_pipe, parts_.name_retry, alarm(parts_.events, "tray app")),
      [&opened](const PipePeer& peer) { return opened.caller(peer.session_id, peer.sid); });
  opened.set_clients(clients.get());
  if (AuthDesk* desk = opened.auth_desk()) {
    auth_.open_desk(*desk);
  } else {
    auth_.close_desk(opened.desk_problem());
  }
  parts_.events.report(Severity::information, event_ids::started, "The bridge is running.");
  const std::lock_guard lock(mutex_);
  bridge_ = std::move(bridge).value();
  clients_ = std::move(clients);
  return true;
}

void Host::stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  auth_.stop();
  if (bridge_) {
    bridge_->release_clients();
    clients_->stop();
    bridge_->set_clients(nullptr);
    bridge_->stop(grace);
    parts_.events.report(Severity::information, event_ids::stopped, "The bridge has stopped.");
  }
}

}  // namespace systemlog::bridge
