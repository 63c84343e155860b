// What only the system itself can tell. Windows answers on a real PC; tests say what they like.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/session_signals.h"

namespace systemlog::bridge {

/// A sign-off that the system's own log knows of (Winlogon 7002).
struct SignOffRecord {
  std::string sid;
  std::int64_t wall_ms = 0;
};

/// What the system's log says of a span of time; all empty where it cannot be read.
struct SystemLogFacts {
  std::vector<SignOffRecord> sign_offs;
  /// The system went down in order (6006) and not by a crash or power cut (6008, 41); none when the log does not say.
  std::optional<bool> orderly_shutdown;
};

class Machine {
 public:
  virtual ~Machine() = default;
  /// Who is signed on, by the system's number of the session.
  virtual std::map<std::uint32_t, SessionFacts> sessions() = 0;
  virtual SessionFacts session(std::uint32_t id) = 0;
  /// The console's keyboard and mouse; none when not known.
  virtual std::optional<std::uint64_t> idle_ms() = 0;
  /// IANA name.
  virtual std::string time_zone() = 0;
  /// The newest announcement of this system's end (User32 1074), if it is not older than a few minutes.
  virtual std::optional<ShutdownNotice> shutdown_notice() = 0;
  virtual SystemLogFacts system_log(std::int64_t from_wall_ms, std::int64_t to_wall_ms) = 0;
  /// The same as long as the system runs, another after every start.
  virtual std::string boot_id() = 0;
};

}  // namespace systemlog::bridge
