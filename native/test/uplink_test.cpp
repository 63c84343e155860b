#include "bridge/uplink/uplink.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "test/fakes/policy_holder.h"
#include "test/fakes/scripted_server.h"
#include "test/uplink_support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;
using namespace std::chrono_literals;

namespace {

const std::string sid = "S-1-5-21-1-2-3-1001";
const std::string version(43, 'A');

/// A PC whose server does as it should until a test says otherwise.
struct Pc : JournalBench {
  Moment now{1'000'000};
  ScriptedServer server;
  std::map<std::string, HttpAnswer> instead;
  std::vector<std::string> called;
  std::uint64_t stored_through = 0;
  std::mutex core;
  ServerConnection connection{server, *key, ServerOrigin::parse("https://systemlog.example").value()};
  DeviceIdentity identity{std::move(open_device_key(files, *box, folder / "device-key", file_keeper())).value(),
                          SecretBytes(shared_secret.begin(), shared_secret.end())};
  Registration registration =
      Registration::open(files, *box, folder / "registration", {"https://systemlog.example", "abc"}).value();
  Reporter reporter{journal, random, {}};
  FakePolicyHolder desk;
  PolicySync policy{desk, random};
  Uplink uplink{{core,
                 connection,
                 identity,
                 {"abc", std::string(32, 't'), "PC-1", "1.0"},
                 registration,
                 journal,
                 clock,
                 reporter,
                 &desk,
                 &policy,
                 [this] { return now; }}};

  Pc() {
    server.reply = [this](const HttpRequest& request) { return reply(request); };
    reporter.soon(0ms, now);
  }

  Result<HttpAnswer> reply(const HttpRequest& request) {
    // Nobody may be kept waiting while the server thinks.
    REQUIRE(core.try_lock());
    core.unlock();
    const std::string path = request.url.substr(std::string("https://systemlog.example").size());
    called.push_back(path);
    if (const auto found = instead.find(path); found != instead.end()) return HttpAnswer(found->second);
    if (path == "/v1/devices") {
      return ScriptedServer::says(200, R"({"device":")" + key->id() + R"(","company":{"code":"abc","name":"A"}})");
    }
    if (path == "/v1/events") return stored(request);
    if (path == "/v1/device/logon-report")
      return ScriptedServer::says(200, R"({"policyVersion":")" + version + R"("})");
    if (path.starts_with("/v1/device/policy")) return ScriptedServer::says(200, version);
    return ScriptedServer::says(200, "the secret");
  }

  HttpAnswer stored(const HttpRequest& request) {
    const nlohmann::json body = nlohmann::json::parse(request.body);
    nlohmann::json verdicts = nlohmann::json::array();
    for (const nlohmann::json& event : body.at("events")) {
      verdicts.push_back({{"status", "stored"}});
      stored_through = nlohmann::json::parse(event.at("record").get<std::string>()).at("sequence");
    }
    nlohmann::json receipts = nlohmann::json::array();
    if (stored_through > 0) {
      receipts.push_back({{"device", key->id()},
                          {"journal", journal_name},
                          {"throughSequence", stored_through},
                          {"mac", base64url(receipt(stored_through).mac)}});
    }
    return ScriptedServer::says(200, nlohmann::json{{"verdicts", verdicts}, {"receipts", receipts}}.dump());
  }

  void run() {
    for (int steps = 0; uplink.due() <= now; ++steps) {
      REQUIRE(steps < 50);
      uplink.step();
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(Pc, "a new PC registers, reports what it has, and gets its policy and secrets") {
  record();
  desk.on_policy = [this] { desk.due = {{sid, "c1", true}}; };
  run();
  CHECK(called.front() == "/v1/devices");
  CHECK(std::count(called.begin(), called.end(), "/v1/devices") == 1);
  CHECK(registration.state().has_value());
  CHECK(journal.received_through() == 1);
  CHECK(desk.version == version);
  CHECK(desk.secrets == std::vector<std::string>{"the secret"});
  CHECK(uplink.due() > now);
}

TEST_CASE_FIXTURE(Pc, "a long backlog does not hold up the policy") {
  for (int i = 0; i < 2000; ++i) record();
  for (int i = 0; i < 4; ++i) uplink.step();
  CHECK(desk.text == "r0");
  CHECK(std::count(called.begin(), called.end(), "/v1/device/logon-report") == 1);
  CHECK(std::count(called.begin(), called.end(), "/v1/events") == 2);
}

TEST_CASE_FIXTURE(Pc, "a device the server does not want keeps everything and tries again later") {
  record();
  instead["/v1/devices"] = ScriptedServer::refuses(403, "access-token-expired");
  run();
  CHECK(called == std::vector<std::string>{"/v1/devices"});
  CHECK(reporter.outcome().problem == "access-token-expired");
  CHECK(policy.problem() == "access-token-expired");
  CHECK(uplink.due() > now);
  instead.clear();
  now = std::max(reporter.due(), policy.due());
  run();
  CHECK(journal.received_through() == 1);
  CHECK(policy.problem().empty());
}

TEST_CASE_FIXTURE(Pc, "a server that forgot the device is told of it again") {
  run();
  record();
  instead["/v1/events"] = ScriptedServer::refuses(401, "unknown-device");
  reporter.ask(now);
  run();
  CHECK_FALSE(registration.state().has_value());
  instead.clear();
  called.clear();
  now = uplink.due();
  run();
  CHECK(called.front() == "/v1/devices");
  CHECK(journal.received_through() == 1);
}

TEST_CASE_FIXTURE(Pc, "a secret is fetched for a typed code, and the owner told why not") {
  CHECK(uplink.fetch_secret(sid, "123456") == "unknown-device");
  run();
  called.clear();
  CHECK(uplink.fetch_secret(sid, "123456") == std::nullopt);
  CHECK(called == std::vector<std::string>{"/v1/device/otp-secret"});
  instead["/v1/device/otp-secret"] = ScriptedServer::refuses(403, "otp-wrong");
  CHECK(uplink.fetch_secret(sid, "123456") == "otp-wrong");
  instead["/v1/device/otp-secret"] = ScriptedServer::says(502, "<html>");
  CHECK(uplink.fetch_secret(sid, "123456") == "unreachable");
}

TEST_CASE_FIXTURE(Pc, "a secret newer than the policy here is not lost: the policy is fetched first") {
  run();
  called.clear();
  desk.secret_result = Error{ErrorCode::not_found, "credential"};
  desk.on_policy = [this] { desk.secret_result = {}; };
  CHECK(uplink.fetch_secret(sid, "123456") == std::nullopt);
  CHECK(called == std::vector<std::string>{"/v1/device/otp-secret", "/v1/device/policy?version=" + version});
  CHECK(desk.secrets.size() == 1);
}

TEST_CASE_FIXTURE(Pc, "tickets are made for a registered device only") {
  const std::string nonce = ScriptedServer::nonce(77);
  CHECK(uplink.ticket(sid, nonce).error().code == ErrorCode::refused);
  run();
  record();
  const Result<Uplink::TicketAndAnchor> made = uplink.ticket(sid, nonce);
  REQUIRE(made.ok());
  const nlohmann::json anchor = nlohmann::json::parse(made.value().anchor.statement);
  CHECK(nlohmann::json::parse(made.value().ticket.statement).at("sid") == sid);
  CHECK(anchor.at("journal").at("headSequence") == 1);
  CHECK(anchor.at("journal").at("headMac") == journal.head_mac());
  CHECK(uplink.ticket(sid, "x").error().code == ErrorCode::invalid_argument);
}
