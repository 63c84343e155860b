#include "bridge/uplink/answers.h"

#include <algorithm>
#include <charconv>

#include "bridge/uplink/statement.h"
#include "core/base/bytes.h"
#include "core/json_reading.h"

namespace systemlog::bridge {
namespace {

/// Longer ones the caller has turned away.
constexpr std::size_t longest_answer = std::size_t{4} * 1024 * 1024;
constexpr std::size_t longest_detail = 500;
/// The server's wish to be left alone is kept in bounds.
constexpr std::uint64_t longest_wait_seconds = 86'400;

std::string text_of_field(const Json& object, const char* key) {
  return text_field(object, key).value_or("");
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
  const std::string status = text_of_field(json, "status");
  if (status == "stored") return EventVerdict{EventVerdict::Status::stored, {}};
  if (status == "duplicate") return EventVerdict{EventVerdict::Status::duplicate, {}};
  std::string code = text_of_field(json, "code");
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
  const std::optional<Json> json = parse_object(text, longest_answer);
  std::string nonce = json ? text_of_field(*json, "nonce") : std::string();
  if (!is_nonce(nonce)) return unreadable("nonce");
  return nonce;
}

Answer<Registered> parse_registered(std::string_view text) {
  const std::optional<Json> json = parse_object(text, longest_answer);
  const Json* company = json ? field(*json, "company") : nullptr;
  if (company == nullptr) return unreadable("registration");
  Registered registered{text_of_field(*json, "device"), text_of_field(*company, "code"),
                        text_of_field(*company, "name")};
  if (registered.device.empty() || registered.company_code.empty()) return unreadable("registration");
  return registered;
}

Answer<UploadAnswer> parse_upload_answer(std::string_view text, std::size_t events) {
  constexpr std::size_t most_receipts = 1000;
  const std::optional<Json> json = parse_object(text, longest_answer);
  const Json* verdicts = json ? field(*json, "verdicts") : nullptr;
  const Json* receipts = json ? field(*json, "receipts") : nullptr;
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
  const std::optional<Json> json = parse_object(text, longest_answer);
  std::string version = json ? text_of_field(*json, "policyVersion") : std::string();
  const std::optional<Bytes> bytes = from_base64url(version);
  if (!bytes || bytes->size() != 32) return unreadable("policy version");
  return version;
}

ServerProblem parse_problem(const HttpAnswer& answer) {
  constexpr int proxy_wants_account = 407;
  if (answer.status == proxy_wants_account) {
    return {"proxy-refused", "account or password", std::nullopt, ErrorCode::refused, false};
  }
  const std::optional<Json> json = parse_object(text_of(answer.body), longest_answer);
  ServerProblem problem = unreadable("answered with " + std::to_string(answer.status));
  problem.retry_after = retry_after_of(answer.retry_after);
  if (!json) return problem;
  std::string code = text_of_field(*json, "code");
  if (!is_code(code)) return problem;
  problem.code = std::move(code);
  const std::string detail = text_of_field(*json, "detail");
  problem.detail = printable(detail.empty() ? text_of_field(*json, "title") : detail);
  return problem;
}

}  // namespace systemlog::bridge
