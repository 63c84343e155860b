// The JSON texts of the contract that the core writes or reads (contract/event.ts). Unknown fields are tolerated.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/clock.h"
#include "platform/random.h"

namespace systemlog {

struct EventAccount {
  std::string sid;
  std::string domain;
  std::string name;
};

/// One session event, as `sessionEvent` of the contract. Texts are UTF-8; what is not is replaced by U+FFFD.
struct SessionEvent {
  std::string id;
  std::string device;
  std::string journal;
  std::uint64_t sequence = 0;
  std::string kind;
  std::int64_t occurred_at_ms = 0;
  std::string time_zone;
  std::optional<EventAccount> account;
  std::optional<std::string> session;
  bool by_user = true;
  std::optional<std::string> reason;
  std::optional<std::string> auth_method;
  std::string source = "bridge";
  ClockReading clock;
};

/// The event as one line of JSON: the very text that is sealed and never written anew.
std::string write_event(const SessionEvent& event);

/// What the bridge must know of a record to decide who may read it.
struct RecordHead {
  std::string journal;
  std::uint64_t sequence = 0;
  /// None for what concerns the machine.
  std::optional<std::string> sid;
};
Result<RecordHead> read_record_head(std::string_view record);

/// `serverReceipt` of the contract.
struct ServerReceipt {
  std::string device;
  std::string journal;
  std::uint64_t through_sequence = 0;
  /// HMAC-SHA-256 over `receiptInput`.
  std::array<std::uint8_t, 32> mac{};
};
Result<ServerReceipt> parse_receipt(std::string_view json);

/// `2026-11-21T09:30:00.123Z`. Years 0 to 9999; what lies outside is clamped.
std::string instant_text(std::int64_t wall_ms);
/// The same read: exactly that form, and a moment that exists.
std::optional<std::int64_t> parse_instant(std::string_view text);

/// 16 bytes in the form 8-4-4-4-12, lower case.
std::string uuid_text(const std::array<std::uint8_t, 16>& bytes);
/// Whether a text has that form, in either case.
bool is_uuid(std::string_view text) noexcept;
/// A UUIDv7 (RFC 9562) of a moment.
Result<std::string> make_event_id(Random& random, std::int64_t wall_ms);
/// A random UUIDv4: clock runs and journals.
Result<std::array<std::uint8_t, 16>> make_random_uuid(Random& random);

}  // namespace systemlog
