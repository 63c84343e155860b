#include "bridge/bridge.h"

#include <algorithm>
#include <system_error>

#include "bridge/reconcile.h"
#include "bridge/recorded_event.h"
#include "bridge/steady_time.h"
#include "bridge/utf16.h"

namespace systemlog::bridge {
namespace {

std::string new_session_name(Random& random, std::uint32_t id) {
  const Result<std::array<std::uint8_t, 16>> uuid = make_random_uuid(random);
  // Without random numbers nothing of the bridge works; a name that comes again is the least of it.
  return session_name(id, uuid ? uuid_text(uuid.value()) : "unnamed");
}

}  // namespace

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
  rehearsals_ = std::make_unique<Rehearsals>(parts_.logon->rehearsals, parts_.events, now);
  std::error_code problem;
  const bool repair = std::filesystem::exists(parts_.folder / repair_file, problem);
  Result<CrashBreaker> breaker = CrashBreaker::open(parts_.files, parts_.folder / "crash-breaker");
  if (repair && breaker) static_cast<void>(breaker.value().rearm());
  Result<PolicyNote> note = PolicyNote::open(parts_.files, parts_.folder / "policy-change");
  Result<LogonDesk> desk = !breaker ? breaker.error() : !note ? note.error() : logon_desk(repair);
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
  auth_desk_ = std::make_unique<AuthDesk>(std::move(parts), std::move(desk).value(), std::move(breaker).value(),
                                          std::move(note).value());
  policy_ = std::make_unique<PolicySync>(*auth_desk_, parts_.random, parts_.delays.policy);
  auth_desk_->set_policy(policy_.get());
  const std::lock_guard lock(core_);
  auth_desk_->settle_policy_change();
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
  Result<std::unique_ptr<Http>> http = system_http(proxy_of(settings));
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
  if (rehearsals_) rehearsals_->stop();
}

}  // namespace systemlog::bridge
