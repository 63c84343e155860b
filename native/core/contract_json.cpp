#include "core/contract_json.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/base/bytes.h"
#include "core/json_reading.h"

namespace systemlog {
namespace {

constexpr std::size_t longest_json = 65536;

Json or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

void stamp_version(std::array<std::uint8_t, 16>& uuid, unsigned version) noexcept {
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | (version << 4U));
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);
}

}  // namespace

std::string instant_text(std::int64_t wall_ms) {
  using std::chrono::days;
  using std::chrono::floor;
  using std::chrono::milliseconds;
  constexpr std::int64_t year_zero_ms = -62167219200000;
  constexpr std::int64_t year_9999_end_ms = 253402300799999;
  const std::chrono::sys_time<milliseconds> moment{milliseconds(std::clamp(wall_ms, year_zero_ms, year_9999_end_ms))};
  const auto day = floor<days>(moment);
  const std::chrono::year_month_day date(day);
  const std::int64_t in_day = (moment - day).count();
  std::array<char, 32> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(in_day / 3'600'000),
      static_cast<int>(in_day / 60'000 % 60), static_cast<int>(in_day / 1000 % 60), static_cast<int>(in_day % 1000));
  return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::optional<std::int64_t> parse_instant(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !is_digit : text[i] != form[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t size) {
    unsigned value = 0;
    for (const char digit : text.substr(at, size)) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  const unsigned hour = number(11, 2);
  const unsigned minute = number(14, 2);
  const unsigned second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t in_day_s = std::int64_t{hour} * 3600 + std::int64_t{minute} * 60 + second;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000} + in_day_s * 1000 +
         number(20, 3);
}

std::string uuid_text(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(hex[bytes[i] >> 4U]);
    text.push_back(hex[bytes[i] & 0x0FU]);
  }
  return text;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const char character = text[i];
    const bool is_digit = (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
                          (character >= 'A' && character <= 'F');
    if (is_hyphen ? character != '-' : !is_digit) return false;
  }
  return true;
}

Result<std::string> make_event_id(Random& random, std::int64_t wall_ms) {
  std::array<std::uint8_t, 16> uuid{};
  if (Result<void> filled = random.fill(uuid); !filled) return filled.error();
  const auto moment = static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms, 0));
  for (std::size_t i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(moment >> (40U - 8U * i));
  stamp_version(uuid, 7);
  return uuid_text(uuid);
}

Result<std::array<std::uint8_t, 16>> make_random_uuid(Random& random) {
  std::array<std::uint8_t, 16> uuid{};
  if (Result<void> filled = random.fill(uuid); !filled) return filled.error();
  stamp_version(uuid, 4);
  return uuid;
}

std::string write_event(const SessionEvent& event) {
  Json account(nullptr);
  if (event.account) {
    account = {{"sid", event.account->sid}, {"domain", event.account->domain}, {"name", event.account->name}};
  }
  const Json json = {
      {"id", event.id},
      {"device", event.device},
      {"journal", event.journal},
      {"sequence", event.sequence},
      {"kind", event.kind},
      {"occurredAt", instant_text(event.occurred_at_ms)},
      {"timeZone", event.time_zone},
      {"account", account},
      {"session", or_null(event.session)},
      {"initiator", event.by_user ? "user" : "system"},
      {"reason", or_null(event.reason)},
      {"authMethod", or_null(event.auth_method)},
      {"source", event.source},
      {"clock", {{"bootId", uuid_text(event.clock.run)}, {"uptimeMs", event.clock.uptime_ms}}},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<RecordHead> read_record_head(std::string_view record) {
  const std::optional<Json> json = parse_object(record, longest_json);
  if (!json) return Error{ErrorCode::malformed, "record"};
  const std::optional<std::string> journal = text_field(*json, "journal");
  const std::optional<std::uint64_t> sequence = integer_field(*json, "sequence");
  const Json* account = field(*json, "account");
  if (!journal || !sequence || account == nullptr) return Error{ErrorCode::malformed, "record"};
  RecordHead head{*journal, *sequence, std::nullopt};
  if (account->is_null()) return head;
  if (account->is_object()) head.sid = text_field(*account, "sid");
  if (!head.sid) return Error{ErrorCode::malformed, "record account"};
  return head;
}

Result<ServerReceipt> parse_receipt(std::string_view text) {
  const std::optional<Json> json = parse_object(text, longest_json);
  if (!json) return Error{ErrorCode::malformed, "receipt"};
  const std::optional<std::string> device = text_field(*json, "device");
  const std::optional<std::string> journal = text_field(*json, "journal");
  const std::optional<std::uint64_t> through = integer_field(*json, "throughSequence");
  const std::optional<Bytes> mac = from_base64url(text_field(*json, "mac").value_or(""));
  if (!device || !journal || !through || !mac || mac->size() != 32) return Error{ErrorCode::malformed, "receipt"};
  ServerReceipt receipt{*device, *journal, *through, {}};
  std::copy(mac->begin(), mac->end(), receipt.mac.begin());
  return receipt;
}

}  // namespace systemlog
