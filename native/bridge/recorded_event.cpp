#include "bridge/recorded_event.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace systemlog::bridge {
namespace {

using Json = nlohmann::json;

std::optional<std::string> text_of_field(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<EventAccount> account_of(const Json& event) {
  const auto found = event.find("account");
  if (found == event.end() || !found->is_object()) return std::nullopt;
  std::optional<std::string> sid = text_of_field(*found, "sid");
  if (!sid) return std::nullopt;
  return EventAccount{std::move(*sid), text_of_field(*found, "domain").value_or(""),
                      text_of_field(*found, "name").value_or("")};
}

std::optional<std::uint8_t> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<std::uint8_t>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<std::uint8_t>(digit - 'a' + 10);
  return std::nullopt;
}

std::optional<ClockRun> run_of(std::string_view uuid) {
  ClockRun run{};
  std::size_t digits = 0;
  for (const char character : uuid) {
    if (character == '-') continue;
    const std::optional<std::uint8_t> digit = hex_digit(character);
    if (!digit || digits >= 32) return std::nullopt;
    run[digits / 2] = static_cast<std::uint8_t>(run[digits / 2] * 16 + *digit);
    ++digits;
  }
  if (digits != 32) return std::nullopt;
  return run;
}

/// `2026-11-21T09:30:00.123Z`, as `instant_text` writes it.
std::optional<std::int64_t> wall_of(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  int milliseconds = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hours, &minutes, &seconds,
                  &milliseconds) != 7) {
    return std::nullopt;
  }
  const std::chrono::sys_days date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
  const std::chrono::milliseconds of_day = std::chrono::hours(hours) + std::chrono::minutes(minutes) +
                                           std::chrono::seconds(seconds) + std::chrono::milliseconds(milliseconds);
  return std::chrono::milliseconds(date.time_since_epoch() + of_day).count();
}

std::optional<ClockReading> reading_of(const Json& event) {
  const auto clock = event.find("clock");
  const std::optional<std::string> at = text_of_field(event, "occurredAt");
  if (clock == event.end() || !clock->is_object() || !at) return std::nullopt;
  const std::optional<std::string> run_text = text_of_field(*clock, "bootId");
  const auto uptime = clock->find("uptimeMs");
  if (!run_text || uptime == clock->end() || !uptime->is_number_unsigned()) return std::nullopt;
  const std::optional<ClockRun> run = run_of(*run_text);
  const std::optional<std::int64_t> wall_ms = wall_of(*at);
  if (!run || !wall_ms) return std::nullopt;
  return ClockReading{*wall_ms, *run, uptime->get<std::uint64_t>()};
}

}  // namespace

Result<RecordedEvent> read_recorded_event(std::string_view record) {
  const Json event = Json::parse(record.begin(), record.end(), nullptr, /*allow_exceptions=*/false);
  if (!event.is_object()) return Error{ErrorCode::malformed, "record"};
  const std::optional<std::string> id = text_of_field(event, "id");
  const std::optional<std::string> kind = text_of_field(event, "kind");
  const auto sequence = event.find("sequence");
  const std::optional<ClockReading> at = reading_of(event);
  if (!id || !kind || !at || sequence == event.end() || !sequence->is_number_unsigned()) {
    return Error{ErrorCode::malformed, "record"};
  }
  RecordedEvent read;
  read.id = *id;
  read.at = *at;
  read.kind = *kind;
  read.sequence = sequence->get<std::uint64_t>();
  read.account = account_of(event);
  read.session = text_of_field(event, "session");
  read.by_user = text_of_field(event, "initiator") == "user";
  read.reason = text_of_field(event, "reason");
  read.source = text_of_field(event, "source").value_or("");
  return read;
}

std::string session_name(std::uint32_t id, std::string_view uuid) {
  return std::to_string(id) + "-" + std::string(uuid);
}

std::optional<std::uint32_t> session_id_of(std::string_view name) {
  std::uint32_t id = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (problem != std::errc() || end == name.data() + name.size() || *end != '-') return std::nullopt;
  return id;
}

void replay(const RecordedEvent& event, Sessions& sessions) {
  if (!event.session) return;
  const std::optional<std::uint32_t> id = session_id_of(*event.session);
  if (!id) return;
  if (event.kind == "logon") {
    KnownSession session;
    session.name = *event.session;
    session.account = event.account;
    session.automatic = !event.by_user && event.reason == "automatic-sign-on";
    sessions.insert_or_assign(*id, std::move(session));
    return;
  }
  const auto found = sessions.find(*id);
  if (found == sessions.end() || found->second.name != *event.session) return;
  KnownSession& session = found->second;
  if (event.kind == "logoff") {
    sessions.erase(found);
  } else if (event.kind == "lock") {
    session.locked = true;
  } else if (event.kind == "unlock") {
    session.locked = session.suspended = session.automatic = false;
    session.connected = true;
  } else if (event.kind == "remote-connect" || event.kind == "remote-disconnect") {
    session.connected = event.kind == "remote-connect";
  } else if (event.kind == "suspend" || event.kind == "resume") {
    session.suspended = event.kind == "suspend";
  }
}

}  // namespace systemlog::bridge
