// What Windows' numbers about sessions mean, in the words of types.ts. Knows no Windows, so that its tables run
// everywhere; the numbers are those of WinUser.h and WtsApi32.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace systemlog::addon {

/// WM_WTSSESSION_CHANGE. Nothing for a number that has no word.
constexpr std::optional<std::string_view> session_change_word(std::uint64_t wparam) noexcept {
  switch (wparam) {
    case 0x1:
      return "console-connect";
    case 0x2:
      return "console-disconnect";
    case 0x3:
      return "remote-connect";
    case 0x4:
      return "remote-disconnect";
    case 0x5:
      return "logon";
    case 0x6:
      return "logoff";
    case 0x7:
      return "lock";
    case 0x8:
      return "unlock";
    case 0x9:
      return "remote-control";
    default:
      return std::nullopt;
  }
}

/// WM_POWERBROADCAST. A resume is told twice where somebody is there: first `resume`, then `resume-by-user`.
constexpr std::optional<std::string_view> power_word(std::uint64_t wparam) noexcept {
  switch (wparam) {
    case 0x4:
      return "suspend";
    case 0x12:
      return "resume";
    case 0x7:
      return "resume-by-user";
    default:
      return std::nullopt;
  }
}

/// Why a session ends: the flags of WM_QUERYENDSESSION and WM_ENDSESSION.
struct SessionEnd {
  std::string_view cause = "shutdown";
  /// The user or the system no longer waits for anybody.
  bool critical = false;
};
constexpr SessionEnd session_end(std::uint64_t lparam) noexcept {
  constexpr std::uint64_t close_app = 0x1;
  constexpr std::uint64_t critical = 0x40000000;
  constexpr std::uint64_t logoff = 0x80000000;
  SessionEnd end;
  if ((lparam & logoff) != 0) end.cause = "logoff";
  // An installer that replaces files of ours, by the Restart Manager.
  else if ((lparam & close_app) != 0)
    end.cause = "close-app";
  end.critical = (lparam & critical) != 0;
  return end;
}

/// WTSINFOEX_LEVEL1.SessionFlags: WTS_SESSIONSTATE_LOCK is 0 and UNLOCK is 1, but Windows 7 and Server 2008 R2 (6.1)
/// say them the other way round, as the documentation of the structure admits. Nothing for "unknown" (-1) and for the
/// unheard-of.
constexpr std::optional<bool> is_locked(std::int32_t flags, std::uint32_t windows_major,
                                        std::uint32_t windows_minor) noexcept {
  if (flags != 0 && flags != 1) return std::nullopt;
  const bool reversed = windows_major == 6 && windows_minor == 1;
  return (flags == 0) != reversed;
}

/// @param state WTS_CONNECTSTATE_CLASS, when known
/// @param protocol WTSClientProtocolType: 0 is the console, 2 is RDP
constexpr std::string_view connection_word(std::optional<std::int32_t> state,
                                           std::optional<std::uint16_t> protocol) noexcept {
  constexpr std::int32_t disconnected = 4;
  if (state == disconnected) return "disconnected";
  if (!protocol) return "unknown";
  return *protocol == 0 ? "console" : "remote";
}

/// FILETIME to Unix time in milliseconds; nothing for one that is not set.
constexpr std::optional<std::int64_t> wall_ms_of(std::int64_t file_time) noexcept {
  constexpr std::int64_t unix_epoch = 116'444'736'000'000'000;  // in 100 ns since 1601
  if (file_time <= unix_epoch) return std::nullopt;
  return (file_time - unix_epoch) / 10'000;
}

}  // namespace systemlog::addon
