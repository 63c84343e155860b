#include "bridge/uplink/server_connection.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/uplink/batch.h"
#include "bridge/uplink/request_signature.h"

namespace systemlog::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t short_answer = std::size_t{64} * 1024;
/// 500 verdicts and some receipts are far below.
constexpr std::size_t upload_answer = std::size_t{512} * 1024;
constexpr std::size_t policy_answer = std::size_t{4} * 1024 * 1024;

std::string write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_policy_version(const std::string& text) {
  const std::optional<Bytes> bytes = from_base64url(text);
  return bytes && bytes->size() == 32;
}

}  // namespace

ServerConnection::ServerConnection(Http& http, DeviceKey& key, ServerOrigin server,
                                   std::chrono::milliseconds timeout) noexcept
    : http_(&http), key_(&key), server_(std::move(server)), timeout_(timeout) {}

Answer<Registered> ServerConnection::register_device(const Registering& device, ByteView device_secret) {
  const PublicKey& point = key_->public_key();
  const Answer<std::string> answer =
      signed_request({"POST",
                      "/v1/devices",
                      {},
                      [&](const std::string& /*nonce*/) -> Result<std::string> {
                        const Json public_key = {
                            {"kty", "EC"}, {"crv", "P-256"}, {"x", base64url(point.x)}, {"y", base64url(point.y)}};
                        Json body = {{"company", device.company}, {"accessToken", device.access_token},
                                     {"publicKey", public_key},   {"deviceSecret", base64url(device_secret)},
                                     {"name", device.name},       {"clientVersion", device.client_version}};
                        std::string text = write(body);
                        wipe(body["accessToken"].get_ref<std::string&>());
                        wipe(body["deviceSecret"].get_ref<std::string&>());
                        return text;
                      },
                      short_answer});
  if (!answer) return answer.error();
  Answer<Registered> registered = parse_registered(answer.value());
  if (registered && (registered.value().device != key_->id() || registered.value().company_code != device.company)) {
    return ServerProblem{"unreadable-answer", "another device or company was registered", {}, {}, false};
  }
  return registered;
}

Answer<UploadAnswer> ServerConnection::upload(const std::vector<SealedRecord>& records, const AnchorFor& anchor_for) {
  const Answer<std::string> answer = signed_request(
      {"POST",
       "/v1/events",
       {},
       [&](const std::string& nonce) -> Result<std::string> {
         std::string body = R"({"events":[)";
         for (const SealedRecord& record : records) {
           if (&record != records.data()) body.push_back(',');
           body.append(write_sealed_event(record));
         }
         // Last, so that as little time as can be lies between its clock and the server's.
         const Result<SignedStatement> anchor = anchor_for(nonce);
         if (!anchor) return anchor.error();
         const Json written = {{"statement", anchor.value().statement}, {"signature", anchor.value().signature}};
         return body.append(R"(],"anchor":)").append(write(written)).append("}");
       },
       upload_answer});
  if (!answer) return answer.error();
  return parse_upload_answer(answer.value(), records.size());
}

Answer<std::string> ServerConnection::policy(const std::string& version) {
  const std::string query = is_policy_version(version) ? "?version=" + version : std::string();
  return signed_request({"GET", "/v1/device/policy", query, {}, policy_answer});
}

Answer<std::string> ServerConnection::otp_secret(const std::string& sid, const std::optional<std::string>& code) {
  return signed_request({"POST",
                         "/v1/device/otp-secret",
                         {},
                         [&](const std::string& /*nonce*/) -> Result<std::string> {
                           Json body = {{"sid", sid}};
                           if (code) body["code"] = *code;
                           body["algorithms"] = {"device-secret+hkdf-sha256+a256gcm"};
                           std::string text = write(body);
                           if (code) wipe(body["code"].get_ref<std::string&>());
                           return text;
                         },
                         short_answer});
}

Answer<std::string> ServerConnection::logon_report(const std::string& report) {
  const Answer<std::string> answer =
      signed_request({"POST",
                      "/v1/device/logon-report",
                      {},
                      [&](const std::string& /*nonce*/) { return Result<std::string>(report); },
                      short_answer});
  if (!answer) return answer.error();
  return parse_report_answer(answer.value());
}

Answer<std::string> ServerConnection::signed_request(const Asked& asked) {
  const Answer<std::string> nonce = fetch_nonce();
  if (!nonce) return nonce.error();
  Result<std::string> body = asked.body ? asked.body(nonce.value()) : Result<std::string>(std::string());
  if (!body) return local_problem(body.error());
  HttpRequest request{asked.method, server_.text + asked.path + asked.query, {}, {}, timeout_};
  const ByteView bytes = bytes_of(body.value());
  request.body.assign(bytes.begin(), bytes.end());
  wipe(body.value());
  Result<RequestHeaders> headers =
      sign_request(*key_, {asked.method, server_.authority, asked.path, asked.query}, request.body, nonce.value());
  if (!headers) return local_problem(headers.error());
  request.headers = std::move(headers).value();
  if (!request.body.empty()) request.headers.emplace_back("content-type", "application/json");
  Answer<std::string> answer = exchange(request, asked.longest_answer);
  // An access token, a device secret or a code may have been in it.
  secure_zero(request.body.data(), request.body.size());
  return answer;
}

Answer<std::string> ServerConnection::fetch_nonce() {
  const Answer<std::string> answer = exchange({"POST", server_.text + "/v1/nonces", {}, {}, timeout_}, short_answer);
  if (!answer) return answer.error();
  return parse_nonce(answer.value());
}

Answer<std::string> ServerConnection::exchange(const HttpRequest& request, std::size_t longest_answer) {
  const Result<HttpAnswer> answer = http_->send(request);
  if (!answer && answer.error().code == ErrorCode::too_long) {
    return ServerProblem{"unreadable-answer", "too long", {}, {}, false};
  }
  if (!answer) return transport_problem(answer.error());
  const bool well = answer.value().status >= 200 && answer.value().status < 300;
  if (answer.value().body.size() > (well ? longest_answer : short_answer)) {
    return ServerProblem{"unreadable-answer", "too long", {}, {}, false};
  }
  if (!well) return parse_problem(answer.value());
  return std::string(text_of(answer.value().body));
}

}  // namespace systemlog::bridge
