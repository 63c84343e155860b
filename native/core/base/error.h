// What can go wrong, named once for all modules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace systemlog {

/// Stable reasons of failure. A name is never reused for another meaning; events and logs carry `name(code)`.
enum class ErrorCode : std::uint8_t {
  invalid_argument,
  malformed,
  too_long,
  damaged,
  unsupported_version,
  authentication_failed,
  rolled_back,
  not_found,
  locked,
  disk_full,
  io_failed,
  crypto_failed,
  needs_reopen,
  unknown_journal,
  beyond_head,
  receipt_invalid,
  timed_out,
  closed,
  refused,
  unsupported,
};

/// The stable kebab-case name of a code, e.g. `disk-full`.
constexpr std::string_view name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid-argument";
    case ErrorCode::malformed:
      return "malformed";
    case ErrorCode::too_long:
      return "too-long";
    case ErrorCode::damaged:
      return "damaged";
    case ErrorCode::unsupported_version:
      return "unsupported-version";
    case ErrorCode::authentication_failed:
      return "authentication-failed";
    case ErrorCode::rolled_back:
      return "rolled-back";
    case ErrorCode::not_found:
      return "not-found";
    case ErrorCode::locked:
      return "locked";
    case ErrorCode::disk_full:
      return "disk-full";
    case ErrorCode::io_failed:
      return "io-failed";
    case ErrorCode::crypto_failed:
      return "crypto-failed";
    case ErrorCode::needs_reopen:
      return "needs-reopen";
    case ErrorCode::unknown_journal:
      return "unknown-journal";
    case ErrorCode::beyond_head:
      return "beyond-head";
    case ErrorCode::receipt_invalid:
      return "receipt-invalid";
    case ErrorCode::timed_out:
      return "timed-out";
    case ErrorCode::closed:
      return "closed";
    case ErrorCode::refused:
      return "refused";
    case ErrorCode::unsupported:
      return "unsupported";
  }
  return "unknown";
}

/// A failure: a stable code, and for people what was being done. `detail` never holds a secret or a code.
struct Error {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string detail;
};

}  // namespace systemlog
