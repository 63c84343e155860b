// The sign-offs nobody saw, deduced at the next start. Pure.
#pragma once

#include <vector>

#include "bridge/machine.h"
#include "platform/clock.h"

namespace systemlog::bridge {

/// A logoff that was missed, and when it was at the latest known to be one.
struct MissedLogoff {
  KnownSession session;
  ClockReading at;
  std::string reason;
};

/// Nobody may take these for the time somebody left work: they are recorded with the source `reconciled`.
/// @param alive the last sign of life before
/// @param log of the time between
std::vector<MissedLogoff> missed_logoffs(const std::vector<KnownSession>& lost, const ClockReading& alive,
                                         bool new_boot, const SystemLogFacts& log);

}  // namespace systemlog::bridge
