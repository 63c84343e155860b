#pragma once

#include <cstdint>
#include <string_view>

namespace systemlog {

enum class Severity : std::uint8_t { information, warning, error };

/// Where the service tells administrators what happened: the Windows event log, a file in tests.
/// It must never fail its caller, and never gets a code, a secret or a password.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// @param event_id stable number of the kind of event
  /// @param text one line of UTF-8; control characters are replaced, so that nobody forges a line
  virtual void report(Severity severity, std::uint32_t event_id, std::string_view text) noexcept = 0;
};

}  // namespace systemlog
