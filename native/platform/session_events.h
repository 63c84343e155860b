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

/// Takes session changes. Called from the service's control handler, so it must not block.
class SessionListener {
 public:
  virtual ~SessionListener() = default;
  virtual void on_session_change(SessionChange change, std::uint32_t session_id) noexcept = 0;
};

/// The change a WTS_* code means; nothing for codes we do not use (remote control, create, terminate …).
std::optional<SessionChange> session_change_of(std::uint32_t wts_code) noexcept;

}  // namespace systemlog
