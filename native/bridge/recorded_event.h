// Reads back what the journal holds of sessions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bridge/session_signals.h"
#include "core/base/result.h"

namespace systemlog::bridge {

struct RecordedEvent {
  std::string id;
  std::uint64_t sequence = 0;
  std::string kind;
  std::optional<EventAccount> account;
  std::optional<std::string> session;
  bool by_user = true;
  std::optional<std::string> reason;
  std::string source;
  ClockReading at;
};

/// `malformed` for what `write_event` did not write.
Result<RecordedEvent> read_recorded_event(std::string_view record);

/// A name for a session that is never used again and tells the system's number of it.
/// @param uuid a random one as text
std::string session_name(std::uint32_t id, std::string_view uuid);
/// None for a name of another make.
std::optional<std::uint32_t> session_id_of(std::string_view name);

/// What a recorded event did to the sessions.
void replay(const RecordedEvent& event, Sessions& sessions);

}  // namespace systemlog::bridge
