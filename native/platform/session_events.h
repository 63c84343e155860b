#pragma once

#include <cstdint>
#include <optional>

namespace systemlog {

/// What Windows tells a service about sessions (WTS_* codes of SERVICE_CONTROL_SESSIONCHANGE).
enum class SessionChange : std::uint8_t {
  console_connect,
  console_disconnect,
  remote_connect,
  remote_disconnect,
  logon,
  logoff,
  lock,
  unlock,
};

/// The change a WTS_* code means; nothing for codes we do not use (remote control, create, terminate …).
std::optional<SessionChange> session_change_of(std::uint32_t wts_code) noexcept;

}  // namespace systemlog
