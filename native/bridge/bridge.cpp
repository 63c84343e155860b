#include "bridge/bridge.h"

#include <algorithm>
#include <system_error>

#include "bridge/reconcile.h"
#include "bridge/recorded_event.h"
#include "bridge/utf16.h"

namespace systemlog::bridge {
namespace {

/// A proof is for the sign-in that follows it, not for one much later.
constexpr Moment proof_serves{120'000};
/// What signed somebody on when it was not our tile.
constexpr std::string_view by_windows = "windows";
/// The longest a client waits for `sync`.
constexpr std::chrono::milliseconds longest_sync{60'000};

Moment now() {
  return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now().time_since_epoch());
}

/// A wait that ends at a moment which may be `never`.
template <typename Ready>
void wait_until(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, Moment moment, Ready ready) {
  if (moment == never) {
    condition.wait(lock, ready);
  } else {
    condition.wait_until(lock, std::chrono::steady_clock::time_point(moment), ready);
  }
}

Recorded what_it_means(const SessionEvent& event) {
  if (event.kind == "logoff" || event.kind == "shutdown") return Recorded::session_end;
  if (!event.session || event.kind == "resume") return Recorded::machine;
  return Recorded::in_session;
}

Refusal failed() {
  return {"internal-error", "The bridge failed; nothing was changed"};
}

Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::receipt_invalid:
      return {"receipt-invalid", "The server did not make this receipt for this device"};
    case ErrorCode::unknown_journal:
      return {"unknown-journal", "This is not the journal that is being written"};
    case ErrorCode::beyond_head:
      return {"beyond-head", "The journal does not reach that far"};
    case ErrorCode::refused:
      return {"not-registered", "The server does not know this device yet"};
    default:
      return failed();
  }
}

std::string new_session_name(Random& random, std::uint32_t id) {
  const Result<std::array<std::uint8_t, 16>> uuid = make_random_uuid(random);
  // Without random numbers nothing of the bridge works; a name that comes again is the least of it.
  return session_name(id, uuid ? uuid_text(uuid.value()) : "unnamed");
}

}  // namespace

// --- start and end -------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Bridge>> Bridge::start(BridgeParts parts) {
  if (Result<void> made = parts.files.make_folder(parts.folder); !made) return made.error();
  Result<DeviceIdentity> identity = DeviceIdentity::open(parts.files, parts.box, parts.random, parts.folder);
  if (!identity) return identity.error();
  Result<std::unique_ptr<Recorder>> recorder =
      Recorder::open({parts.files, parts.random, parts.system_clock, parts.machine, parts.events, parts.folder,
                      identity.value().key->id(), identity.value().secret});
  if (!recorder) return recorder.error();
  std::unique_ptr<Bridge> bridge(
      new Bridge(std::move(parts), std::move(identity).value(), std::move(recorder).value()));
  bridge->open_desk();
  if (Result<void> open = bridge->open_server(); !open) return open.error();
  bridge->begin();
  return bridge;
}

Bridge::Bridge(BridgeParts parts, DeviceIdentity identity, std::unique_ptr<Recorder> recorder)
    : parts_(std::move(parts)),
      identity_(std::move(identity)),
      recorder_(std::move(recorder)),
      signals_(recorder_->left_sessions(), [this](std::uint32_t id) { return new_session_name(parts_.random, id); }) {
  const Reporter::TrayIsThere tray_is_there = [this](const RecordHead& head) {
    return std::any_of(signals_.sessions().begin(), signals_.sessions().end(), [&head](const auto& one) {
      return one.second.account && one.second.account->sid == head.sid;
    });
  };
  reporter_ = std::make_unique<Reporter>(recorder_->journal(), parts_.random, tray_is_there, parts_.delays.reporting);
  recorder_->on_recorded([this](const SessionEvent& event) { recorded(event); });
}

Bridge::~Bridge() {
  stop(std::chrono::milliseconds(0));
}

/// Without a desk events are recorded all the same, and the logon screen is told why nothing is asked.
void Bridge::open_desk() {
  if (!parts_.settings.auth_feature || !parts_.logon) return;
  std::error_code problem;
  const bool repair = std::filesystem::exists(parts_.folder / repair_file, problem);
  Result<CrashBreaker> breaker = CrashBreaker::open(parts_.files, parts_.folder / "crash-breaker");
  if (repair && breaker) static_cast<void>(breaker.value().rearm());
  Result<LogonDesk> desk = breaker ? logon_desk(repair) : Result<LogonDesk>(breaker.error());
  if (repair && desk) static_cast<void>(parts_.files.remove(parts_.folder / repair_file));
  if (!desk) {
    desk_problem_ = desk.error().code;
    parts_.events.report(Severity::error, event_ids::desk_unavailable,
                         "What this PC holds for the logon screen cannot be used (" +
                             std::string(name(desk.error().code)) + ", " + desk.error().detail +
                             "). The files were left as they are. Nobody is asked for codes until `bridge.exe setup "
                             "repair` was run.");
    return;
  }
  AuthDeskParts parts{
      core_,
      *recorder_,
      parts_.events,
      parts_.logon->accounts,
      parts_.logon->mirror,
      parts_.logon->tpm_and_bitlocker,
      now,
      [this](const std::string& sid, std::optional<std::string> method) { proved(sid, std::move(method)); },
      [this] { report_due_.notify_all(); }};
  auth_desk_ = std::make_unique<AuthDesk>(std::move(parts), std::move(desk).value(), std::move(breaker).value());
  policy_ = std::make_unique<PolicySync>(*auth_desk_, parts_.random, parts_.delays.policy);
  auth_desk_->set_policy(policy_.get());
  const std::lock_guard lock(core_);
  auth_desk_->write_mirror();
}

Result<LogonDesk> Bridge::logon_desk(bool repair) {
  const std::filesystem::path folder = parts_.folder / "logon";
  const auto open = [&] {
    return LogonDesk::open(parts_.files, parts_.box, parts_.random, recorder_->clock(), folder, identity_.key->id(),
                           identity_.secret);
  };
  Result<LogonDesk> desk = open();
  if (desk || !repair) return desk;
  // Kept for people to look at. What was used up lies in another file and stays used up.
  std::error_code problem;
  const std::string mark = std::to_string(recorder_->clock().read().wall_ms);
  std::filesystem::rename(folder / "vault", folder / ("vault-damaged-" + mark), problem);
  return problem ? std::move(desk) : open();
}

Result<void> Bridge::open_server() {
  const Settings& settings = parts_.settings;
  if (settings.server.empty()) return {};
  const Result<ServerOrigin> origin = ServerOrigin::parse(settings.server);
  if (!origin) return origin.error();
  std::optional<HttpProxy> proxy;
  if (settings.proxy) {
    proxy.emplace();
    proxy->server = settings.proxy->server;
    proxy->account = settings.proxy->account;
    proxy->password = secret_utf16_of(settings.proxy->password);
  }
  Result<std::unique_ptr<Http>> http = system_http(std::move(proxy));
  if (!http) return http.error();
  server_.http = std::move(http).value();
  server_.connection = std::make_unique<ServerConnection>(*server_.http, *identity_.key, origin.value());
  Result<Registration> registration = Registration::open(parts_.files, parts_.box, parts_.folder / "registration",
                                                         {origin.value().text, settings.company});
  if (!registration) return registration.error();
  server_.registration = std::make_unique<Registration>(std::move(registration).value());
  const Registering registering{settings.company, settings.access_token, settings.name, std::string(bridge_version)};
  server_.uplink = std::make_unique<Uplink>(
      UplinkParts{core_, *server_.connection, identity_, registering, *server_.registration, recorder_->journal(),
                  recorder_->clock(), *reporter_, auth_desk_.get(), policy_.get(), now});
  return {};
}

/// What happened while nobody was looking.
void Bridge::begin() {
  {
    const std::unique_lock lock(core_);
    const ClockReading at = recorder_->clock().read();
    Beginning beginning;
    beginning.new_boot = recorder_->new_boot();
    beginning.present = parts_.machine.sessions();
    beginning.now_wall_ms = at.wall_ms;
    const std::optional<ClockReading>& alive = recorder_->last_alive();
    if (alive) beginning.last_alive_wall_ms = alive->wall_ms;
    const SessionSignals::Began began = signals_.begin(beginning);
    if (!began.lost.empty() && alive) {
      const SystemLogFacts log = parts_.machine.system_log(alive->wall_ms, at.wall_ms);
      for (MissedLogoff& missed : missed_logoffs(began.lost, *alive, beginning.new_boot, log)) {
        NewEvent event{"logoff",    std::move(missed.session.account), std::move(missed.session.name),
                       false,       std::move(missed.reason),          std::nullopt,
                       "reconciled"};
        recorder_->record(std::move(event), missed.at);
      }
    }
    record_all(began.happenings);
    recorder_->beat();
    beat_due_ = now() + parts_.delays.heartbeat;
    add_set_aside();
    reporter_->soon(parts_.delays.reporting.session_end, now());
    if (policy_) policy_->begin(now());
  }
  signal_thread_ = std::thread([this] { follow_signals(); });
  report_thread_ = std::thread([this] { report(); });
}

void Bridge::release_clients() {
  const std::lock_guard lock(core_);
  clients_released_ = true;
  reported_.notify_all();
}

void Bridge::stop(std::chrono::milliseconds grace) {
  {
    std::unique_lock lock(core_);
    if (stopping_) return;
    stopping_ = true;
  }
  signalled_.notify_all();
  if (signal_thread_.joinable()) signal_thread_.join();
  {
    std::unique_lock lock(core_);
    if (grace.count() > 0 && server_.uplink) {
      const std::uint64_t asked = reporter_->ask(now());
      report_due_.notify_all();
      reported_.wait_for(lock, grace, [&] { return reporter_->done(asked); });
    }
    reporting_stops_ = true;
    recorder_->beat();
    report_due_.notify_all();
    reported_.notify_all();
  }
  if (report_thread_.joinable()) report_thread_.join();
}

// --- signals
// ---------------------------------------------------------------------------------------------------------

void Bridge::signal(Signal signal) {
  {
    const std::lock_guard lock(core_);
    told_.push_back(std::move(signal));
  }
  signalled_.notify_one();
}

void Bridge::drain() {
  std::unique_lock lock(core_);
  drained_.wait(lock, [this] { return (told_.empty() && !following_) || stopping_; });
}

void Bridge::follow_signals() {
  std::unique_lock lock(core_);
  while (true) {
    const Moment due = std::min({signals_.due(), beat_due_, retry_due_});
    wait_until(signalled_, lock, due, [this] { return stopping_ || !told_.empty(); });
    following_ = true;
    while (!told_.empty()) {
      const Signal signal = std::move(told_.front());
      told_.pop_front();
      follow(signal);
    }
    settle_other_chores();
    following_ = false;
    drained_.notify_all();
    if (stopping_) return;
  }
}

void Bridge::follow(const Signal& signal) {
  if (const auto* power = std::get_if<PowerSignal>(&signal)) {
    if (power->kind == PowerSignal::Kind::resumed || power->kind == PowerSignal::Kind::standby_ended) {
      recorder_->begin_clock_run();
    }
  }
  record_all(signals_.on(signal, now()));
  recorder_->beat();
}

void Bridge::settle_other_chores() {
  record_all(signals_.settle(now()));
  if (retry_due_ <= now()) {
    recorder_->retry();
    recorder_->remember(signals_.sessions());
  }
  retry_due_ = recorder_->waiting() > 0 ? now() + parts_.delays.retry : never;
  if (beat_due_ <= now()) {
    recorder_->beat();
    beat_due_ = now() + parts_.delays.heartbeat;
  }
}

void Bridge::record_all(const std::vector<Happening>& happenings) {
  if (happenings.empty()) return;
  for (const Happening& happening : happenings) record(happening);
  recorder_->remember(signals_.sessions());
  add_set_aside();
  report_due_.notify_all();
}

void Bridge::record(const Happening& happening) {
  recorder_->record({happening.kind, happening.account, happening.session, happening.by_user, happening.reason,
                     take_proof(happening), "bridge"},
                    reading(happening.ago_ms));
  if (happening.kind == "suspend") {
    reporter_->pause();
    if (policy_) policy_->pause();
  }
  if (happening.kind == "resume" && policy_) policy_->changed(now());
  if (happening.kind == "logoff" && happening.session) {
    const std::lock_guard lock(clients_mutex_);
    if (clients_ != nullptr) clients_->close_session(*happening.session);
  }
}

ClockReading Bridge::reading(std::uint64_t ago_ms) {
  ClockReading at = recorder_->clock().read();
  const std::uint64_t back = std::min(ago_ms, at.uptime_ms);
  at.uptime_ms -= back;
  at.wall_ms -= static_cast<std::int64_t>(back);
  return at;
}

std::optional<std::string> Bridge::take_proof(const Happening& happening) {
  const bool proves = happening.by_user && (happening.kind == "logon" || happening.kind == "unlock");
  if (!proves || !happening.account) return std::nullopt;
  const auto proof = proofs_.find(happening.account->sid);
  if (proof == proofs_.end()) return std::string(by_windows);
  const bool serves = now() - proof->second.at <= proof_serves;
  std::string method = serves ? std::move(proof->second.method) : std::string(by_windows);
  proofs_.erase(proof);
  return method;
}

/// How somebody is about to sign in, told with the event that follows. The lock is held.
void Bridge::proved(const std::string& sid, std::optional<std::string> method) {
  if (method) {
    proofs_.insert_or_assign(sid, Proof{std::move(*method), now()});
  } else {
    proofs_.erase(sid);
  }
}

/// The recorder's word that an event is on the disk. The lock is held.
void Bridge::recorded(const SessionEvent& event) {
  reporter_->recorded(event.sequence, what_it_means(event), now());
  if (!event.account) return;
  const std::lock_guard lock(clients_mutex_);
  if (clients_ != nullptr) {
    clients_->notify(event.account->sid, journal_notice(recorder_->journal().id(), event.sequence));
  }
}

void Bridge::add_set_aside() {
  if (journal_known_ == recorder_->journal().id()) return;
  journal_known_ = recorder_->journal().id();
  for (Journal& journal : recorder_->shelf().untold()) {
    if (!set_aside_known_.insert(journal.id()).second) continue;
    const std::string id = journal.id();
    reporter_->add_set_aside(std::move(journal), [this, id] { recorder_->shelf().told(id); });
  }
}

void Bridge::journal_is_damaged() {
  // When no other can be begun, the damaged one is found again at the next read.
  static_cast<void>(recorder_->set_aside_damaged());
  add_set_aside();
  recorder_->remember(signals_.sessions());
}

// --- the server
// ------------------------------------------------------------------------------------------------------

void Bridge::report() {
  if (!server_.uplink) return;
  std::unique_lock lock(core_);
  const auto ended = [this] { return reporter_->runs() + (policy_ ? policy_->rounds() : 0); };
  std::uint64_t told = ended();
  std::uint64_t runs = reporter_->runs();
  while (!reporting_stops_) {
    const auto due = [this] { return policy_ ? std::min(reporter_->due(), policy_->due()) : reporter_->due(); };
    if (due() > now()) {
      wait_until(report_due_, lock, due(), [&] { return reporting_stops_ || due() <= now(); });
      continue;
    }
    lock.unlock();
    server_.uplink->step();
    lock.lock();
    if (ended() != told) reported_.notify_all();
    told = ended();
    if (reporter_->runs() == runs) continue;
    runs = reporter_->runs();
    const SyncOutcome& outcome = reporter_->outcome();
    if (outcome.problem.empty()) last_sync_wall_ms_ = recorder_->clock().read().wall_ms;
    if (outcome.problem == name(ErrorCode::damaged)) journal_is_damaged();
  }
}

void Bridge::network_up() {
  const std::lock_guard lock(core_);
  reporter_->network_up(now());
  if (policy_) policy_->network_up(now());
  report_due_.notify_all();
}

// --- clients
// ---------------------------------------------------------------------------------------------------------

void Bridge::set_clients(ClientPipe* clients) {
  const std::lock_guard lock(clients_mutex_);
  clients_ = clients;
}

std::optional<ClientCaller> Bridge::caller(std::uint32_t session_id, const std::string& sid) {
  const std::lock_guard lock(core_);
  const auto session = signals_.sessions().find(session_id);
  if (session == signals_.sessions().end() || !session->second.account || session->second.account->sid != sid) {
    return std::nullopt;
  }
  return ClientCaller{*session->second.account, session->second.name};
}

ClientDesk::Head Bridge::head() const {
  return {recorder_->journal().id(), recorder_->journal().head_sequence()};
}

ClientDesk::Hello Bridge::hello() {
  const std::lock_guard lock(core_);
  Hello said{identity_.key->id(), std::nullopt, head()};
  if (server_.registration && server_.registration->state()) {
    const Registration::State& state = *server_.registration->state();
    said.registration = Registered{state.server, state.company};
  }
  return said;
}

Granted<ClientDesk::Page> Bridge::read(const std::string& sid, const std::optional<std::string>& journal,
                                       std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(core_);
  Journal& current = recorder_->journal();
  std::uint64_t from = 0;
  if (!journal) {
    from = current.acknowledged_through(sid);
  } else if (*journal == current.id()) {
    from = after;
  }
  // A reader that is further than the journal learns where it ends.
  from = std::min(from, current.head_sequence());
  const RecordFilter own = [&sid](std::string_view record) {
    const Result<RecordHead> head = read_record_head(record);
    return head && head.value().sid == sid;
  };
  Result<JournalPage> page = current.read(from, limit, own);
  if (!page) {
    if (page.error().code == ErrorCode::damaged) journal_is_damaged();
    return failed();
  }
  return Page{head(), std::move(page.value().records), page.value().through, page.value().more};
}

Granted<std::uint64_t> Bridge::acknowledge(const std::string& sid, const std::string& journal,
                                           std::uint64_t through) {
  const std::lock_guard lock(core_);
  Journal& current = recorder_->journal();
  if (journal != current.id()) return refusal_of({ErrorCode::unknown_journal, {}});
  const Result<void> moved = current.acknowledge(sid, through);
  if (!moved) return refusal_of(moved.error());
  return current.acknowledged_through(sid);
}

Granted<std::uint64_t> Bridge::take_receipt(const ServerReceipt& receipt) {
  const std::lock_guard lock(core_);
  Journal& journal = recorder_->journal();
  const Result<void> taken = journal.take_receipt(receipt);
  if (!taken) return refusal_of(taken.error());
  // What could not be removed now is removed after the next receipt.
  static_cast<void>(journal.compact());
  return journal.received_through();
}

Granted<ClientDesk::Tickets> Bridge::ticket(const std::string& sid, const std::string& nonce) {
  if (!server_.uplink) return refusal_of({ErrorCode::refused, {}});
  Result<Uplink::TicketAndAnchor> given = server_.uplink->ticket(sid, nonce);
  if (!given) return refusal_of(given.error());
  const auto statement = [](SignedStatement& said) {
    return Statement{std::move(said.statement), std::move(said.signature)};
  };
  return Tickets{statement(given.value().ticket), statement(given.value().anchor)};
}

ClientDesk::Sync Bridge::sync() {
  if (!server_.uplink) return {false, "not-configured"};
  std::unique_lock lock(core_);
  const std::uint64_t asked = reporter_->ask(now());
  const std::uint64_t policy_asked = policy_ ? policy_->ask(now()) : 0;
  report_due_.notify_all();
  const auto done = [&] { return reporter_->done(asked) && (!policy_ || policy_->done(policy_asked)); };
  reported_.wait_for(lock, longest_sync, [&] { return done() || clients_released_; });
  if (!done()) return {false, "unreachable"};
  const SyncOutcome& outcome = reporter_->outcome();
  const bool policy_failed = policy_ && outcome.problem.empty();
  return {outcome.reached, policy_failed ? policy_->problem() : outcome.problem};
}

ClientDesk::Status Bridge::status() {
  const std::lock_guard lock(core_);
  Status said;
  said.registered = server_.registration && server_.registration->state().has_value();
  said.head = head();
  said.received_through = recorder_->journal().received_through();
  said.last_sync_wall_ms = last_sync_wall_ms_;
  said.last_problem = server_.uplink ? reporter_->outcome().problem : "not-configured";
  return said;
}

std::optional<LogonDesk::Standing> Bridge::standing(const std::string& sid) {
  const std::lock_guard lock(core_);
  return auth_desk_ ? auth_desk_->standing(sid) : std::nullopt;
}

std::optional<std::string> Bridge::fetch_secret(const std::string& sid, const std::optional<std::string>& code) {
  if (!server_.uplink) return "unreachable";
  return server_.uplink->fetch_secret(sid, code);
}

}  // namespace systemlog::bridge
