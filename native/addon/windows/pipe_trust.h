// Whether it is the bridge that answers on its pipe. Knows no Windows, so that its table of cases runs everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace systemlog::addon {

/// What the service manager says of the bridge's service. Only administrators can register one or change it.
struct RegisteredService {
  /// 0 when there is no such service, or it does not run.
  std::uint32_t process_id = 0;
  /// It runs as the system, and not as some account.
  bool as_system = false;
};

/// Who serves a pipe that we have open.
struct PipeServerFacts {
  std::uint32_t process_id = 0;
  std::uint32_t session_id = 0;
  /// Owner of the pipe object itself: who made it, whatever has become of its process since. Empty for none.
  std::string owner_sid;
  /// User of that process. A standard user may not look into one of the system: nothing then, which is no reason for
  /// distrust.
  std::optional<std::string> process_sid;
  RegisteredService service;
};

inline constexpr std::string_view system_sid = "S-1-5-18";
/// What the system makes belongs to this group by default.
inline constexpr std::string_view administrators_sid = "S-1-5-32-544";

/// Nothing when the server is the bridge; else why it is not taken for it. The process id alone would not do: ids
/// come again, and a pipe may outlive the process that made it. The owner alone would not do either: an
/// administrator's program has the same.
inline std::optional<std::string_view> distrust(const PipeServerFacts& server) noexcept {
  if (server.service.process_id == 0) return "the service does not run";
  if (!server.service.as_system) return "the service does not run as the system";
  if (server.process_id != server.service.process_id) return "served by another process than the service";
  if (server.session_id != 0) return "served from the session of a user";
  if (server.process_sid && *server.process_sid != system_sid) return "served by the process of a user";
  if (server.owner_sid != system_sid && server.owner_sid != administrators_sid) return "the pipe belongs to a user";
  return std::nullopt;
}

}  // namespace systemlog::addon
