// What the System log of Windows says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace systemlog::bridge::windows {

/// Events as XML, newest first; empty where the log cannot be read.
std::vector<std::string> system_log_events(const std::wstring& query, std::size_t most);

/// The XML of an event that the system handed over (EVT_HANDLE); empty when it cannot be rendered.
std::string event_xml(void* event);

/// The text between two marks; none when either is missing.
std::optional<std::string> between(const std::string& text, const std::string& before, const std::string& after);
/// The `SystemTime` of an event, Unix time in milliseconds.
std::optional<std::int64_t> event_wall_ms(const std::string& xml);
/// A moment as event queries write it.
std::wstring query_time(std::int64_t wall_ms);

}  // namespace systemlog::bridge::windows
