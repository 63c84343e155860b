// What the service manager says to a service, as a signal of the bridge's: the first column of
// docs/windows-events.md.
#pragma once

#include <optional>

#include "bridge/host.h"

namespace systemlog::bridge::windows {

/// The signal of a control (SERVICE_CONTROL_…) as HandlerEx gets it; none for what is no signal of ours. Reads `data`
/// before it returns and asks the machine nothing: that is for the thread that calls what is returned.
/// @param type event type of the control (WTS_…, PBT_…)
/// @param data of the control, may be null
std::optional<Host::Describe> signal_of(unsigned long control, unsigned long type, const void* data);

/// The PC goes to sleep as soon as the handler returns, so that what was told must be on the disk by then.
bool is_last_word_before_sleep(unsigned long control, unsigned long type);

/// Modern Standby, which no control tells of.
Host::Describe standby_signal(bool entered);

}  // namespace systemlog::bridge::windows
