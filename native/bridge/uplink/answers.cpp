#include "bridge/uplink/answers.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "bridge/uplink/statement.h"
#include "core/base/bytes.h"

namespace systemlog::bridge {
namespace {

using Json = nlohmann::json;

constexpr std::size_t longest_detail = 500;
/// The server's wish to be left alone is kept in bounds.
constexpr std::uint64_t longest_wait_seconds = 86'400;

/// Stops at a depth no answer has, so that hostile nesting cannot exhaust the stack.
std::optional<Json> parse_object(std::string_view text) {
  constexpr int deepest = 16;
  bool too_deep = false;
  const auto watch = [&too_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (json.is_discarded() || too_deep || !json.is_object()) return std::nullopt;
  return json;
}

const Json* member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_member(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

/// A stable code: others could be anything, also a text that somebody wants shown.
bool is_code(std::string_view text) {
  constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

ServerProblem unreadable(std::string detail) {
  return {"unreadable-answer", std::move(detail), std::nullopt, std::nullopt, false};
}

/// For one line of a log.
std::string printable(std::string text) {
  if (text.size() > longest_detail) text.resize(longest_detail);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::optional<EventVerdict> verdict_of(const Json& json) {
  const std::string status = text_member(json, "status");
  if (status == "stored") return EventVerdict{EventVerdict::Status::stored, {}};
  if (status == "duplicate") return EventVerdict{EventVerdict::Status::duplicate, {}};
  std::string code = text_member(json, "code");
  if (status != "refused" || !is_code(code)) return std::nullopt;
  return EventVerdict{EventVerdict::Status::refused, std::move(code)};
}

std::optional<std::chrono::milliseconds> retry_after_of(std::string_view text) {
  // In seconds; a date is not read, as this machine's clock may be wrong.
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, longest_wait_seconds));
}

}  // namespace

ServerProblem local_problem(const Error& error) {
  return {std::string(name(error.code)), error.detail, std::nullopt, std::nullopt, true};
}

ServerProblem transport_problem(const Error& error) {
  return {"unreachable", std::string(name(error.code)) + ": " + printable(error.detail), std::nullopt, error.code,
          false};
}

Answer<std::string> parse_nonce(std::string_view text) {
  const std::optional<Json> json = parse_object(text);
  std::string nonce = json ? text_member(*json, "nonce") : std::string();
  if (!is_nonce(nonce)) return unreadable("nonce");
  return nonce;
}

Answer<Registered> parse_registered(std::string_view text) {
  const std::optional<Json> json = parse_object(text);
  const Json* company = json ? member(*json, "company") : nullptr;
  if (company == nullptr) return unreadable("registration");
  Registered registered{text_member(*json, "device"), text_member(*company, "code"), text_member(*company, "name")};
  if (registered.device.empty() || registered.company_code.empty()) return unreadable("registration");
  return registered;
}

Answer<UploadAnswer> parse_upload_answer(std::string_view text, std::size_t events) {
  constexpr std::size_t most_receipts = 1000;
  const std::optional<Json> json = parse_object(text);
  const Json* verdicts = json ? member(*json, "verdicts") : nullptr;
  const Json* receipts = json ? member(*json, "receipts") : nullptr;
  if (verdicts == nullptr || !verdicts->is_array() || verdicts->size() != events) return unreadable("verdicts");
  if (receipts == nullptr || !receipts->is_array() || receipts->size() > most_receipts) return unreadable("receipts");
  UploadAnswer answer;
  for (const Json& item : *verdicts) {
    std::optional<EventVerdict> verdict = verdict_of(item);
    if (!verdict) return unreadable("verdict");
    answer.verdicts.push_back(std::move(*verdict));
  }
  for (const Json& item : *receipts) {
    Result<ServerReceipt> receipt = parse_receipt(item.dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!receipt) return unreadable("receipt");
    answer.receipts.push_back(std::move(receipt).value());
  }
  return answer;
}

Answer<std::string> parse_report_answer(std::string_view text) {
  const std::optional<Json> json = parse_object(text);
  std::string version = json ? text_member(*json, "policyVersion") : std::string();
  const std::optional<Bytes> bytes = from_base64url(version);
  if (!bytes || bytes->size() != 32) return unreadable("policy version");
  return version;
}

ServerProblem parse_problem(const HttpAnswer& answer) {
  constexpr int proxy_wants_account = 407;
  if (answer.status == proxy_wants_account) {
    return {"proxy-refused", "account or password", std::nullopt, ErrorCode::refused, false};
  }
  const std::optional<Json> json = parse_object(text_of(answer.body));
  ServerProblem problem = unreadable("answered with " + std::to_string(answer.status));
  problem.retry_after = retry_after_of(answer.retry_after);
  if (!json) return problem;
  std::string code = text_member(*json, "code");
  if (!is_code(code)) return problem;
  problem.code = std::move(code);
  const std::string detail = text_member(*json, "detail");
  problem.detail = printable(detail.empty() ? text_member(*json, "title") : detail);
  return problem;
}

}  // namespace systemlog::bridge
