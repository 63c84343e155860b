#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bridge/uplink/registration.h"
#include "bridge/uplink/request_signature.h"
#include "bridge/uplink/server_connection.h"
#include "test/fakes/scripted_server.h"
#include "test/uplink_support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

const std::string version(43, 'A');

struct Line : UplinkBench {
  ScriptedServer server;
  ServerConnection connection{server, *key, ServerOrigin::parse("https://systemlog.example").value()};

  void answer(HttpAnswer given) {
    server.reply = [given](const HttpRequest& /*request*/) { return Result<HttpAnswer>(given); };
  }
  /// Whether the request is signed over the nonce and its own bytes, by the words of the contract.
  bool is_signed(const HttpRequest& request, const std::string& path, const std::string& query, int nonce) const {
    const std::string digest = content_digest(request.body).value();
    const std::string params = signature_params(key->id(), ScriptedServer::nonce(nonce));
    const std::string base = signature_base({request.method, "systemlog.example", path, query}, digest, params);
    const std::string value = header_of(request, "signature");
    if (!value.starts_with("sig=:") || !value.ends_with("==:")) return false;
    std::string base64 = value.substr(5, 86);
    std::replace(base64.begin(), base64.end(), '+', '-');
    std::replace(base64.begin(), base64.end(), '/', '_');
    const std::optional<Bytes> bytes = from_base64url(base64);
    if (!bytes || bytes->size() != 64) return false;
    Signature signature{};
    std::copy(bytes->begin(), bytes->end(), signature.begin());
    return header_of(request, "content-digest") == digest &&
           header_of(request, "signature-input") == "sig=" + params &&
           verify_signature(key->public_key(), bytes_of(base), signature).value();
  }
};

Result<SignedStatement> no_anchor(const std::string& nonce) {
  return SignedStatement{"anchor for " + nonce, "signature"};
}

nlohmann::json body_of(const HttpRequest& request) {
  return nlohmann::json::parse(request.body);
}

}  // namespace

TEST_CASE("signature bases agree with the contract's, byte for byte, and its signatures verify") {
  std::ifstream file(SYSTEMLOG_VECTORS "/http-signature.json");
  const nlohmann::json vectors = nlohmann::json::parse(file);
  PublicKey key;
  const Bytes x = from_base64url(vectors.at("publicKey").at("x").get<std::string>()).value();
  const Bytes y = from_base64url(vectors.at("publicKey").at("y").get<std::string>()).value();
  std::copy(x.begin(), x.end(), key.x.begin());
  std::copy(y.begin(), y.end(), key.y.begin());
  const std::string device = vectors.at("device");
  CHECK(device_id_of(key).value() == device);
  REQUIRE(vectors.at("requests").size() >= 4);
  for (const nlohmann::json& vector : vectors.at("requests")) {
    const std::string digest = content_digest(bytes_of(vector.at("body").get<std::string>())).value();
    CHECK(digest == vector.at("contentDigest"));
    const std::string params = signature_params(device, vector.at("nonce").get<std::string>());
    const ServerOrigin origin = ServerOrigin::parse(vector.at("origin").get<std::string>()).value();
    const std::string base = signature_base(
        {vector.at("method"), origin.authority, vector.at("path"), vector.at("query")}, digest, params);
    CHECK(base == vector.at("base"));
    const Bytes bytes = from_base64url(vector.at("signature").get<std::string>()).value();
    Signature signature{};
    REQUIRE(bytes.size() == signature.size());
    std::copy(bytes.begin(), bytes.end(), signature.begin());
    CHECK(verify_signature(key, bytes_of(base), signature).value());
  }
}

TEST_CASE("an origin is written as browsers write it; what is no origin is refused") {
  const std::vector<std::array<std::string, 3>> origins = {
      {"https://systemlog.example", "https://systemlog.example", "systemlog.example"},
      {"HTTPS://SystemLog.Example:443/", "https://systemlog.example", "systemlog.example"},
      {"https://systemlog.example:8443", "https://systemlog.example:8443", "systemlog.example:8443"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"},
      {"http://[::1]:80", "http://[::1]", "[::1]"},
      {"http://localhost:443", "http://localhost:443", "localhost:443"},
  };
  for (const auto& one : origins) {
    const Result<ServerOrigin> origin = ServerOrigin::parse(one[0]);
    REQUIRE_MESSAGE(origin.ok(), one[0]);
    CHECK(origin.value().text == one[1]);
    CHECK(origin.value().authority == one[2]);
  }
  for (const std::string url : {"", "systemlog.example", "http://systemlog.example", "http://127.0.0.1.evil.example",
                                "https://", "https://a/b", "https://a?b", "https://user@a", "https://a:0",
                                "https://a:65536", "https://a:x", "https://a:", "https://a b", "https://あ.example",
                                "https://[::1", "https://[g]", "ftp://a", "https://a\r\nb", "file:///etc/passwd"}) {
    CHECK_MESSAGE(!ServerOrigin::parse(url).ok(), url);
  }
}

TEST_CASE_FIXTURE(Line, "every request is signed over a nonce of its own") {
  answer(ScriptedServer::says(200, R"({"policyVersion":")" + version + R"("})"));
  CHECK(connection.logon_report(R"({"accounts":[]})").value() == version);
  CHECK(connection.policy("").ok());
  CHECK(connection.policy(version).ok());
  REQUIRE(server.requests.size() == 3);
  CHECK(server.requests[0].url == "https://systemlog.example/v1/device/logon-report");
  CHECK(text_of(server.requests[0].body).empty() == false);
  CHECK(header_of(server.requests[0], "content-type") == "application/json");
  CHECK(server.requests[2].url == "https://systemlog.example/v1/device/policy?version=" + version);
  CHECK(server.requests[2].method == "GET");
  CHECK(server.requests[2].body.empty());
  CHECK(is_signed(server.requests[1], "/v1/device/policy", "", 1));
  CHECK(is_signed(server.requests[2], "/v1/device/policy", "?version=" + version, 2));
}

TEST_CASE_FIXTURE(Line, "a policy version that is none is not put into an address") {
  answer(ScriptedServer::says(200, "{}"));
  CHECK(connection.policy("x\r\ny").ok());
  CHECK(server.requests[0].url == "https://systemlog.example/v1/device/policy");
}

TEST_CASE_FIXTURE(Line, "what was in a request's body is wiped after it was sent") {
  nlohmann::json sent;
  server.reply = [&](const HttpRequest& request) -> Result<HttpAnswer> {
    sent = body_of(request);
    CHECK(is_signed(request, "/v1/devices", "", 0));
    return ScriptedServer::says(
        200, R"({"device":")" + key->id() + R"(","company":{"code":"abc","name":"会社"},"role":"client"})");
  };
  const Bytes secret(32, 5);
  const Answer<Registered> registered =
      connection.register_device({"abc", std::string(32, 't'), "PC-1", "1.0"}, secret);
  REQUIRE(registered.ok());
  CHECK(registered.value().company_name == "会社");
  CHECK(sent.at("accessToken") == std::string(32, 't'));
  CHECK(sent.at("deviceSecret") == base64url(secret));
  CHECK(sent.at("publicKey").at("x") == base64url(key->public_key().x));
  CHECK(sent.at("publicKey").at("kty") == "EC");
  CHECK(sent.at("name") == "PC-1");
}

TEST_CASE_FIXTURE(Line, "a registration of another device or company is not believed") {
  for (const std::string& body : {R"({"device":"other","company":{"code":"abc","name":"x"}})" + std::string(),
                                  R"({"device":")" + key->id() + R"(","company":{"code":"xyz","name":"x"}})"}) {
    answer(ScriptedServer::says(200, body));
    const Answer<Registered> registered = connection.register_device({"abc", "t", "PC", "1"}, Bytes(32, 1));
    REQUIRE_FALSE(registered.ok());
    CHECK(registered.error().code == "unreadable-answer");
  }
}

TEST_CASE_FIXTURE(Line, "an upload carries the records as they are, and the anchor for its own nonce") {
  answer(ScriptedServer::says(
      200,
      R"({"verdicts":[{"status":"stored"},{"status":"refused","code":"chain-broken"}],"receipts":[],"serverTime":"x"})"));
  const std::string text = R"({"sequence":1,"name":"田中\n"})";
  const std::vector<SealedRecord> records = {{text, "p", "m"}, {"{}", "p2", "m2"}};
  const Answer<UploadAnswer> uploaded = connection.upload(records, no_anchor);
  REQUIRE(uploaded.ok());
  CHECK(uploaded.value().verdicts[0].status == EventVerdict::Status::stored);
  CHECK(uploaded.value().verdicts[1].code == "chain-broken");
  REQUIRE(server.requests.size() == 1);
}

TEST_CASE_FIXTURE(Line, "an upload's body is what the contract says") {
  nlohmann::json sent;
  server.reply = [&](const HttpRequest& request) -> Result<HttpAnswer> {
    sent = body_of(request);
    return ScriptedServer::says(200, R"({"verdicts":[{"status":"duplicate"}],"receipts":[]})");
  };
  const std::string text = R"({"sequence":1,"name":"田中\n"})";
  REQUIRE(connection.upload({{text, "p", "m"}}, no_anchor).ok());
  CHECK(sent.at("events").at(0).at("record") == text);
  CHECK(sent.at("events").at(0).at("previousMac") == "p");
  CHECK(sent.at("anchor").at("statement") == "anchor for " + ScriptedServer::nonce(0));
}

TEST_CASE_FIXTURE(Line, "no anchor, no upload: the fault is on this side") {
  const Answer<UploadAnswer> uploaded =
      connection.upload({}, [](const std::string& /*nonce*/) -> Result<SignedStatement> {
        return Error{ErrorCode::crypto_failed, "TPM"};
      });
  REQUIRE_FALSE(uploaded.ok());
  CHECK(uploaded.error().code == "crypto-failed");
  CHECK(uploaded.error().local);
  CHECK_FALSE(uploaded.error().reached());
  CHECK(server.requests.empty());
}

TEST_CASE_FIXTURE(Line, "answers that do not fit are unreadable, whatever they are") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string receipt =
      R"({"device":"d","journal":"j","throughSequence":-1,"mac":")" + std::string(43, 'A') + R"("})";
  const std::vector<std::string> bodies = {
      "",
      "null",
      "[]",
      "\"text\"",
      "<html>",
      "{}",
      "{\"verdicts\":",
      deep,
      R"({"verdicts":)" + deep + "}",
      R"({"verdicts":[],"receipts":[]})",
      R"({"verdicts":[{"status":"stored"},{"status":"stored"}],"receipts":[]})",
      R"({"verdicts":[{"status":"Stored"}],"receipts":[]})",
      R"({"verdicts":[{"status":"refused"}],"receipts":[]})",
      R"({"verdicts":[{"status":"refused","code":"Call 090 now"}],"receipts":[]})",
      R"({"verdicts":["stored"],"receipts":[]})",
      R"({"verdicts":[{"status":"stored"}]})",
      R"({"verdicts":[{"status":"stored"}],"receipts":[null]})",
      R"({"verdicts":[{"status":"stored"}],"receipts":[{}]})",
      R"({"verdicts":[{"status":"stored"}],"receipts":[)" + receipt + "]}",
      R"({"verdicts":[{"status":"stored"}],"receipts":[],"more":")" + std::string(600'000, 'x') + "\"}",
  };
  for (const std::string& body : bodies) {
    answer(ScriptedServer::says(200, body));
    const Answer<UploadAnswer> uploaded = connection.upload({{"{}", "p", "m"}}, no_anchor);
    REQUIRE_MESSAGE(!uploaded.ok(), body.substr(0, 100));
    CHECK_MESSAGE(uploaded.error().code == "unreadable-answer", body.substr(0, 100));
    CHECK(uploaded.error().reached());
  }
}

TEST_CASE_FIXTURE(Line, "nothing is signed over a nonce that could be anything else") {
  class HostileNonce final : public Http {
   public:
    std::string nonce;
    int others = 0;
    Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
      if (!request.url.ends_with("/v1/nonces")) ++others;
      return ScriptedServer::says(200, nlohmann::json{{"nonce", nonce}}.dump());
    }
  } http;
  ServerConnection hostile(http, *key, connection.server());
  for (const std::string nonce :
       {"", "short", "with\"quote-aaaaaaaaaaaaa", "with\r\nheader: aaaaaaaaaaa", "with space aaaaaaaaaaaaa",
        "with\\backslash-aaaaaaaaa", "日本語日本語日本語日本語"}) {
    http.nonce = nonce;
    const Answer<std::string> policy = hostile.policy("");
    REQUIRE_FALSE(policy.ok());
    CHECK(policy.error().code == "unreadable-answer");
  }
  http.nonce = std::string(257, 'a');
  CHECK_FALSE(hostile.policy("").ok());
  CHECK(http.others == 0);
}

TEST_CASE_FIXTURE(Line, "a refusal is told by its code, and when to come again") {
  answer(ScriptedServer::refuses(403, "device-retired"));
  CHECK(connection.policy("").error().code == "device-retired");
  CHECK_FALSE(connection.policy("").error().retry_after.has_value());

  answer(ScriptedServer::refuses(429, "too-many-requests", "30"));
  CHECK(connection.policy("").error().retry_after == std::chrono::seconds(30));
  answer(ScriptedServer::refuses(429, "too-many-requests", "99999999999"));
  CHECK(connection.policy("").error().retry_after == std::chrono::hours(24));
  for (const std::string value :
       {"", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999999", "0x10"}) {
    answer(ScriptedServer::refuses(503, "unavailable", value));
    CHECK_FALSE(connection.policy("").error().retry_after.has_value());
  }
}

TEST_CASE_FIXTURE(Line, "a refusal that is not the server's is unreadable; its text cannot break a log") {
  for (const auto& given :
       {ScriptedServer::says(502, "<html>Bad gateway</html>"), ScriptedServer::says(302, ""),
        ScriptedServer::says(500, R"({"code":"x\ny"})"), ScriptedServer::says(500, R"({"code":7})"),
        ScriptedServer::says(400, std::string(100'000, '{')), ScriptedServer::says(0, "{}")}) {
    answer(given);
    CHECK(connection.policy("").error().code == "unreadable-answer");
  }
  answer(ScriptedServer::says(
      403, R"({"code":"otp-wrong","detail":"line\nbreak \u001b[31m)" + std::string(5000, 'x') + R"("})"));
  const ServerProblem problem = connection.otp_secret("S-1-5-21-1", "123456").error();
  CHECK(problem.code == "otp-wrong");
  CHECK(problem.detail.size() <= 500);
  CHECK(std::all_of(problem.detail.begin(), problem.detail.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

TEST_CASE_FIXTURE(Line, "a proxy that wants another account is told from the server, whatever page it sends") {
  answer(ScriptedServer::says(407, R"({"code":"device-retired","detail":"of the proxy's"})"));
  const ServerProblem problem = connection.policy("").error();
  CHECK(problem.code == "proxy-refused");
  CHECK(problem.detail == "account or password");
  CHECK_FALSE(problem.reached());
}

TEST_CASE_FIXTURE(
    Line, "a server that cannot be reached is told from one that answers, and the certificate by its own reason") {
  for (const ErrorCode code : {ErrorCode::timed_out, ErrorCode::io_failed, ErrorCode::authentication_failed}) {
    server.reply = [code](const HttpRequest& /*request*/) { return Result<HttpAnswer>(Error{code, "x"}); };
    const ServerProblem problem = connection.policy("").error();
    CHECK(problem.code == "unreachable");
    CHECK(problem.transport == code);
    CHECK_FALSE(problem.reached());
  }
}

TEST_CASE_FIXTURE(Line, "a secret is asked for with the code as it was typed, or without one") {
  std::vector<nlohmann::json> sent;
  server.reply = [&](const HttpRequest& request) -> Result<HttpAnswer> {
    sent.push_back(body_of(request));
    return ScriptedServer::says(200, R"({"any":"thing"})");
  };
  CHECK(connection.otp_secret("S-1-5-21-1-2", "１２３ 456").value() == R"({"any":"thing"})");
  CHECK(connection.otp_secret("S-1-5-21-1-2", std::nullopt).ok());
  CHECK(sent[0].at("code") == "１２３ 456");
  CHECK(sent[0].at("algorithms") == nlohmann::json::array({"device-secret+hkdf-sha256+a256gcm"}));
  CHECK_FALSE(sent[1].contains("code"));
}

TEST_CASE_FIXTURE(Line, "a ticket and an anchor are statements of this device over the nonce") {
  const std::string nonce = "nonce-of-the-server";
  const SignedStatement ticket =
      sign_ticket(*key, {"https://s.example", "abc", "S-1-5-21-1-2-3-1001", nonce}).value();
  CHECK(ticket.statement == R"({"purpose":"ticket","server":"https://s.example","company":"abc","device":")" +
                                key->id() + R"(","sid":"S-1-5-21-1-2-3-1001","nonce":"nonce-of-the-server"})");
  ClockReading reading;
  reading.run = {1, 2, 3, 4, 5, 6, 0x47, 8, 0x89, 10, 11, 12, 13, 14, 15, 16};
  reading.uptime_ms = 5000;
  const SignedStatement anchor =
      sign_anchor(*key, {"https://s.example", nonce, reading, {"journal", 7, "mac"}}).value();
  CHECK(
      anchor.statement ==
      R"({"purpose":"anchor","server":"https://s.example","device":")" + key->id() +
          R"(","nonce":"nonce-of-the-server","clock":{"bootId":"01020304-0506-4708-890a-0b0c0d0e0f10","uptimeMs":5000},)" +
          R"("journal":{"id":"journal","headSequence":7,"headMac":"mac"}})");
  for (const SignedStatement& said : {ticket, anchor}) {
    const Bytes bytes = from_base64url(said.signature).value();
    Signature signature{};
    std::copy(bytes.begin(), bytes.end(), signature.begin());
    CHECK(verify_signature(key->public_key(), bytes_of("systemlog/v1/statement\n" + said.statement), signature)
              .value());
    CHECK_FALSE(verify_signature(key->public_key(), bytes_of(said.statement), signature).value());
  }
}

TEST_CASE_FIXTURE(Line, "nothing is signed for a nonce or SID that is none") {
  for (const std::string nonce : {"", "short", "aaaaaaaaaaaaaaaa\n", "\"aaaaaaaaaaaaaaaa"}) {
    CHECK_FALSE(sign_ticket(*key, {"https://s", "abc", "S-1-5-21-1-2", nonce}).ok());
    CHECK_FALSE(sign_anchor(*key, {"https://s", nonce, {}, {}}).ok());
  }
  for (const std::string sid : {"", "S-1-5", "S-1-5-", "S-1--5", "S-1-5-x", "s-1-5-21", "S-1-5-21 ", "S-2-5-21"}) {
    CHECK_MESSAGE(!sign_ticket(*key, {"https://s", "abc", sid, std::string(16, 'a')}).ok(), sid);
  }
  CHECK(sign_ticket(*key, {"https://s", "abc", "S-1-5-18", std::string(16, 'a')}).ok());
}

TEST_CASE_FIXTURE(Bench,
                  "a registration outlives a restart, and counts only for the server and company it was made with") {
  const std::filesystem::path file = folder / "registration";
  const Registration::State here{"https://a.example", "abc"};
  {
    Registration registration = Registration::open(files, *box, file, here).value();
    CHECK_FALSE(registration.state().has_value());
    REQUIRE(registration.registered().ok());
    CHECK(registration.state()->company == "abc");
  }
  CHECK(Registration::open(files, *box, file, here).value().state().has_value());
  CHECK_FALSE(Registration::open(files, *box, file, {"https://b.example", "abc"}).value().state().has_value());
  CHECK_FALSE(Registration::open(files, *box, file, {"https://a.example", "xyz"}).value().state().has_value());
  const Bytes whole = slurp(file);
  for (std::size_t size = 0; size < whole.size(); size += 5) {
    spit(file, ByteView(whole).first(size));
    CHECK_FALSE(Registration::open(files, *box, file, here).value().state().has_value());
  }
}

TEST_CASE_FIXTURE(Bench, "a registration the disk does not take counts until the end of the process") {
  Registration registration = Registration::open(files, *box, folder / "registration", {"https://a", "abc"}).value();
  files.stop_after(0, ErrorCode::disk_full);
  CHECK_FALSE(registration.registered().ok());
  CHECK(registration.state().has_value());
  registration.forget();
  CHECK_FALSE(registration.state().has_value());
}
