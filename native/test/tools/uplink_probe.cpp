// The bridge's way to the server as a program, for tests against the real one (test/bridge/uplink.test.ts):
//
//     uplink_probe <out> sync <folder> <origin> <company> <access token> <events to record first> [<pin>
//     [<settings>]] uplink_probe <out> ticket <folder> <origin> <company> <sid> <nonce> uplink_probe <out> get <url>
//     <milliseconds> [<pin> [<settings>]]
//
// A pin is the SHA-256 of the one certificate to be believed, base64url; settings are a file as the bridge's setup
// takes it, of which the proxy is heeded. What came of it is written as JSON to the file <out>; the exit code says
// only whether it was written.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bridge/settings.h"
#include "bridge/uplink/uplink.h"
#include "platform/file_secret_box.h"

using namespace systemlog;
using namespace systemlog::bridge;

namespace {

using Json = nlohmann::ordered_json;

/// Whose events are recorded, and whose standing is told.
const std::string account_sid = "S-1-5-21-1-2-3-1001";

Json failure(const Error& error) {
  return {{"error", std::string(name(error.code))}, {"detail", error.detail}};
}

Moment steady_now() {
  return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now().time_since_epoch());
}

/// A bridge that keeps everything in one folder.
struct Bridge {
  std::unique_ptr<Files> files = system_files();
  std::unique_ptr<Random> random = system_random();
  std::unique_ptr<SystemClock> clock;
  std::unique_ptr<SecretBox> box;
  std::unique_ptr<Http> http;
  std::optional<DeviceIdentity> identity;
  std::optional<Journal> journal;
  std::optional<ServerConnection> connection;
  std::optional<Registration> registration;
  std::optional<Reporter> reporter;
  std::optional<LogonDesk> desk;
  std::optional<DeskPolicy> holder;
  std::optional<PolicySync> policy;
  std::mutex core;
  std::optional<Uplink> uplink;

  Result<void> open(const std::filesystem::path& folder, const std::string& origin_text, const std::string& company,
                    const std::string& access_token, std::unique_ptr<Http> way) {
    const Result<std::array<std::uint8_t, 16>> run = make_random_uuid(*random);
    if (!run) return run.error();
    clock = system_clock(run.value());
    Result<std::unique_ptr<SecretBox>> opened_box = file_secret_box(*files, *random, folder / "box");
    if (!opened_box) return opened_box.error();
    box = std::move(opened_box).value();
    http = std::move(way);
    Result<DeviceIdentity> opened_identity = DeviceIdentity::open(*files, *box, *random, folder);
    if (!opened_identity) return opened_identity.error();
    identity = std::move(opened_identity).value();
    if (Result<void> opened = open_journal(folder / "journal"); !opened) return opened;
    const Result<ServerOrigin> origin = ServerOrigin::parse(origin_text);
    if (!origin) return origin.error();
    connection.emplace(*http, *identity->key, origin.value());
    Result<Registration> opened =
        Registration::open(*files, *box, folder / "registration", {origin.value().text, company});
    if (!opened) return opened.error();
    registration = std::move(opened).value();
    reporter.emplace(*journal, *random, Reporter::TrayIsThere());
    if (Result<void> made = files->make_folder(folder / "logon"); !made) return made;
    Result<LogonDesk> opened_desk =
        LogonDesk::open(*files, *box, *random, *clock, folder / "logon", identity->key->id(), identity->secret);
    if (!opened_desk) return opened_desk.error();
    desk.emplace(std::move(opened_desk).value());
    holder.emplace(*desk);
    policy.emplace(*holder, *random);
    uplink.emplace(UplinkParts{core,
                               *connection,
                               *identity,
                               {company, access_token, "PC-01", "1.0-probe"},
                               *registration,
                               *journal,
                               *clock,
                               *reporter,
                               &*holder,
                               &*policy,
                               steady_now});
    return {};
  }

  Result<void> open_journal(const std::filesystem::path& at) {
    const std::string& device = identity->key->id();
    Result<Journal> opened = Journal::open(*files, at, device, identity->secret);
    if (!opened && opened.error().code == ErrorCode::not_found) {
      const Result<std::array<std::uint8_t, 16>> id = make_random_uuid(*random);
      if (!id) return id.error();
      opened = Journal::create(*files, at, uuid_text(id.value()), device, identity->secret);
    }
    if (!opened) return opened.error();
    journal = std::move(opened).value();
    return {};
  }

  Result<void> record(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const ClockReading reading = clock->read();
      const Result<std::string> id = make_event_id(*random, reading.wall_ms);
      if (!id) return id.error();
      SessionEvent event;
      event.id = id.value();
      event.device = identity->key->id();
      event.journal = journal->id();
      event.sequence = journal->head_sequence() + 1;
      event.kind = i % 2 == 0 ? "lock" : "unlock";
      event.occurred_at_ms = reading.wall_ms;
      event.time_zone = "Asia/Tokyo";
      event.account = EventAccount{account_sid, "PC-01", "田中"};
      event.session = "session-1";
      event.clock = reading;
      const Result<SealedRecord> appended = journal->append(write_event(event));
      if (!appended) return appended.error();
    }
    return {};
  }
};

/// The way to the server by the pin and the settings that stand from a place of the arguments on, if they do.
Result<std::unique_ptr<Http>> way_in(const std::vector<std::string>& arguments, std::size_t at) {
  std::optional<CertificatePin> pin;
  std::optional<HttpProxy> proxy;
  if (arguments.size() > at) {
    const std::optional<Bytes> bytes = from_base64url(arguments[at]);
    if (!bytes || bytes->size() != 32) return Error{ErrorCode::invalid_argument, "pin"};
    std::copy(bytes->begin(), bytes->end(), pin.emplace().begin());
  }
  if (arguments.size() > at + 1) {
    constexpr std::size_t longest_settings = 65536;
    const Result<SecretBytes> text = read_whole(*system_files(), arguments[at + 1], longest_settings);
    if (!text) return text.error();
    const Result<Settings> settings = parse_settings(text_of(text.value()));
    if (!settings) return settings.error();
    proxy = proxy_of(settings.value());
  }
  return system_http(std::move(proxy), pin);
}

Json sync(const std::vector<std::string>& arguments) {
  Result<std::unique_ptr<Http>> way = way_in(arguments, 5);
  if (!way) return failure(way.error());
  Bridge bridge;
  if (Result<void> opened =
          bridge.open(arguments[0], arguments[1], arguments[2], arguments[3], std::move(way).value());
      !opened) {
    return failure(opened.error());
  }
  const auto count = static_cast<unsigned>(std::strtoul(arguments[4].c_str(), nullptr, 10));
  if (Result<void> recorded = bridge.record(count); !recorded) return failure(recorded.error());
  const std::uint64_t asked = bridge.reporter->ask(steady_now());
  for (int steps = 0; steps < 1000 && bridge.uplink->due() <= steady_now(); ++steps) bridge.uplink->step();
  const SyncOutcome& outcome = bridge.reporter->outcome();
  const std::optional<LogonDesk::Standing> standing = bridge.desk->standing(account_sid);
  return {{"device", bridge.identity->key->id()},
          {"keeper", static_cast<int>(bridge.identity->key->keeper())},
          {"registered", bridge.registration->state().has_value()},
          {"done", bridge.reporter->done(asked)},
          {"reached", outcome.reached},
          {"problem", outcome.problem},
          {"refused", outcome.refused},
          {"headSequence", bridge.journal->head_sequence()},
          {"receivedThrough", bridge.journal->received_through()},
          {"policyProblem", bridge.policy->problem()},
          {"policyVersion", bridge.desk->policy_version()},
          {"secretHeld", standing ? Json(standing->secret_held) : Json(nullptr)}};
}

Json ticket(const std::vector<std::string>& arguments) {
  Result<std::unique_ptr<Http>> way = system_http({});
  if (!way) return failure(way.error());
  Bridge bridge;
  if (Result<void> opened = bridge.open(arguments[0], arguments[1], arguments[2], "", std::move(way).value());
      !opened) {
    return failure(opened.error());
  }
  const Result<Uplink::TicketAndAnchor> made = bridge.uplink->ticket(arguments[3], arguments[4]);
  if (!made) return failure(made.error());
  const auto written = [](const SignedStatement& said) {
    return Json{{"statement", said.statement}, {"signature", said.signature}};
  };
  return {{"ticket", written(made.value().ticket)}, {"anchor", written(made.value().anchor)}};
}

Json get(const std::vector<std::string>& arguments) {
  const Result<std::unique_ptr<Http>> http = way_in(arguments, 2);
  if (!http) return failure(http.error());
  const std::chrono::milliseconds timeout(std::strtol(arguments[1].c_str(), nullptr, 10));
  const Bytes body = {'b', 'o', 'd', 'y'};
  const Result<HttpAnswer> answer = http.value()->send({"POST", arguments[0], {{"x-probe", "yes"}}, body, timeout});
  if (!answer) return failure(answer.error());
  return {{"status", answer.value().status},
          {"retryAfter", answer.value().retry_after},
          {"bytes", answer.value().body.size()}};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() < 5) return 2;
  const std::string out = arguments[1];
  const std::string command = arguments[2];
  arguments.erase(arguments.begin(), arguments.begin() + 3);
  Json result;
  if (command == "sync" && arguments.size() >= 5) result = sync(arguments);
  if (command == "ticket" && arguments.size() == 5) result = ticket(arguments);
  if (command == "get") result = get(arguments);
  const std::string text = result.dump(2, ' ', false, Json::error_handler_t::replace);
  std::FILE* file = std::fopen(out.c_str(), "wb");
  if (file == nullptr) return 2;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written ? 0 : 2;
}
