// What the server answers, read with limits: whatever it sends, the outcome is a value or a `ServerProblem`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/contract_json.h"
#include "platform/http.h"

namespace systemlog::bridge {

/// The server, or the way to it, said no.
struct ServerProblem {
  /// A code of contract/problem.ts as the server said it; `unreachable`; `proxy-refused`; `unreadable-answer`; or the
  /// name of an `ErrorCode` when the fault is on this side (`crypto-failed`, `damaged`).
  std::string code;
  /// For the log, in English, without secrets.
  std::string detail;
  /// How long the server asks to be left alone; none when it says nothing.
  std::optional<std::chrono::milliseconds> retry_after;
  /// With `unreachable` and `proxy-refused`: why. `authentication-failed` is the server's certificate, and a wrong
  /// clock on this PC a common reason.
  std::optional<ErrorCode> transport;

  /// Whether the server itself spoke.
  bool reached() const noexcept { return !transport && !local; }
  /// The fault is on this side.
  bool local = false;
};

template <typename T>
using Answer = Result<T, ServerProblem>;

/// A failure of this side, or of the way to the server.
ServerProblem local_problem(const Error& error);
ServerProblem transport_problem(const Error& error);

/// The verdict on one uploaded event; `stored` and `duplicate` both mean that the server has it for good.
struct EventVerdict {
  enum class Status : std::uint8_t { stored, duplicate, refused };
  Status status = Status::refused;
  /// Why it was refused; final for these bytes.
  std::string code;
};

struct UploadAnswer {
  /// In the order of the upload.
  std::vector<EventVerdict> verdicts;
  /// Not believed yet: `Journal::take_receipt` checks each.
  std::vector<ServerReceipt> receipts;
};

struct Registered {
  std::string device;
  std::string company_code;
  std::string company_name;
};

// The parsers of answers that ended well. `unreadable-answer` for whatever does not fit.
Answer<std::string> parse_nonce(std::string_view json);
Answer<Registered> parse_registered(std::string_view json);
/// @param events how many were uploaded: there must be as many verdicts
Answer<UploadAnswer> parse_upload_answer(std::string_view json, std::size_t events);
Answer<std::string> parse_report_answer(std::string_view json);

/// The problem in an answer that did not end well.
ServerProblem parse_problem(const HttpAnswer& answer);

}  // namespace systemlog::bridge
