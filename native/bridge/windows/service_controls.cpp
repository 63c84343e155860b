#include "bridge/windows/service_controls.h"

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <cstring>

namespace systemlog::bridge::windows {
namespace {

/// GUID_CONSOLE_DISPLAY_STATE: off, on, dimmed.
constexpr GUID console_display{0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};
constexpr DWORD display_on = 1;

/// SERVICE_TIMECHANGE_INFO, which not every SDK's header has.
struct TimeChange {
  LARGE_INTEGER new_time;
  LARGE_INTEGER old_time;
};

std::optional<Host::Describe> session_signal(DWORD type, const void* data) {
  const std::optional<SessionChange> change = session_change_of(type);
  if (!change || data == nullptr) return std::nullopt;
  const auto* notification = static_cast<const WTSSESSION_NOTIFICATION*>(data);
  if (notification->cbSize < sizeof(WTSSESSION_NOTIFICATION)) return std::nullopt;
  return [change = *change, id = std::uint32_t{notification->dwSessionId}](Machine& machine) -> Signal {
    SessionSignal signal{change, id, machine.session(id), std::nullopt};
    if (change == SessionChange::logoff) signal.shutdown = machine.shutdown_notice();
    return signal;
  };
}

Host::Describe power_signal(PowerSignal::Kind kind) {
  return [kind](Machine& machine) -> Signal {
    PowerSignal signal{kind, machine.idle_ms(), false};
    if (kind == PowerSignal::Kind::suspend && machine.sessions().empty()) {
      // Everybody was signed off for a shutdown, and now the kernel is laid to sleep: fast startup.
      const std::optional<ShutdownNotice> notice = machine.shutdown_notice();
      signal.fast_startup = notice && !notice->restart;
    }
    return signal;
  };
}

/// A system that wakes for itself leaves its screen dark.
bool screen_went_on(const void* data) {
  if (data == nullptr) return false;
  const auto* setting = static_cast<const POWERBROADCAST_SETTING*>(data);
  if (setting->PowerSetting != console_display || setting->DataLength < sizeof(DWORD)) return false;
  DWORD state = 0;
  std::memcpy(&state, static_cast<const UCHAR*>(setting->Data), sizeof state);
  return state == display_on;
}

std::optional<Host::Describe> power_signal(DWORD type, const void* data) {
  switch (type) {
    case PBT_APMSUSPEND:
      return power_signal(PowerSignal::Kind::suspend);
    case PBT_APMRESUMEAUTOMATIC:
      return power_signal(PowerSignal::Kind::resumed);
    case PBT_APMRESUMESUSPEND:
      return power_signal(PowerSignal::Kind::user_present);
    case PBT_POWERSETTINGCHANGE:
      if (screen_went_on(data)) return power_signal(PowerSignal::Kind::user_present);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Host::Describe> time_signal(const void* data) {
  if (data == nullptr) return std::nullopt;
  const auto* change = static_cast<const TimeChange*>(data);
  // In 100 ns; the difference first, lest rounding of each adds one.
  const std::int64_t moved_ms = (change->new_time.QuadPart - change->old_time.QuadPart) / 10'000;
  return [moved_ms](Machine&) -> Signal { return ClockSignal{moved_ms}; };
}

}  // namespace

std::optional<Host::Describe> signal_of(unsigned long control, unsigned long type, const void* data) {
  switch (control) {
    case SERVICE_CONTROL_SESSIONCHANGE:
      return session_signal(type, data);
    case SERVICE_CONTROL_POWEREVENT:
      return power_signal(type, data);
    case SERVICE_CONTROL_TIMECHANGE:
      return time_signal(data);
    case SERVICE_CONTROL_PRESHUTDOWN:
      return [](Machine& machine) -> Signal { return ShutdownSignal{machine.shutdown_notice()}; };
    default:
      return std::nullopt;
  }
}

bool is_last_word_before_sleep(unsigned long control, unsigned long type) {
  return control == SERVICE_CONTROL_POWEREVENT && type == PBT_APMSUSPEND;
}

Host::Describe standby_signal(bool entered) {
  return power_signal(entered ? PowerSignal::Kind::standby : PowerSignal::Kind::standby_ended);
}

}  // namespace systemlog::bridge::windows
