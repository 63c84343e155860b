#include "bridge/reconcile.h"

namespace systemlog::bridge {

std::vector<MissedLogoff> missed_logoffs(const std::vector<KnownSession>& lost, const ClockReading& alive,
                                         bool new_boot, const SystemLogFacts& log) {
  std::vector<MissedLogoff> missed;
  for (const KnownSession& session : lost) {
    const bool crashed = new_boot && !log.orderly_shutdown.value_or(false);
    MissedLogoff logoff{session, alive, crashed ? "unexpected-shutdown" : "missed"};
    for (const SignOffRecord& record : log.sign_offs) {
      if (!session.account || record.sid != session.account->sid || record.wall_ms < alive.wall_ms) continue;
      // The log of the system knows better than our last sign of life; the clock ran on until then.
      logoff.at.wall_ms = record.wall_ms;
      logoff.at.uptime_ms = alive.uptime_ms + static_cast<std::uint64_t>(record.wall_ms - alive.wall_ms);
      logoff.reason = "seen-in-system-log";
      break;
    }
    missed.push_back(std::move(logoff));
  }
  return missed;
}

}  // namespace systemlog::bridge
