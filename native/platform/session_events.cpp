#include "platform/session_events.h"

namespace systemlog {

// Values of winuser.h, WTS_CONSOLE_CONNECT … WTS_SESSION_UNLOCK; part of the Windows ABI.
std::optional<SessionChange> session_change_of(std::uint32_t wts_code) noexcept {
  switch (wts_code) {
    case 1:
      return SessionChange::console_connect;
    case 2:
      return SessionChange::console_disconnect;
    case 3:
      return SessionChange::remote_connect;
    case 4:
      return SessionChange::remote_disconnect;
    case 5:
      return SessionChange::logon;
    case 6:
      return SessionChange::logoff;
    case 7:
      return SessionChange::lock;
    case 8:
      return SessionChange::unlock;
    default:
      return std::nullopt;
  }
}

}  // namespace systemlog
