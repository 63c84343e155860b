#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/event_sink.h"

namespace systemlog {

/// Appends `severity event-id text` lines to a file.
Result<std::unique_ptr<EventSink>> file_event_sink(const std::filesystem::path& path);

/// The text as one line: control characters become spaces, and it ends after 4,096 bytes.
std::string event_line(std::string_view text);

}  // namespace systemlog
