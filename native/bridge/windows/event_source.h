// Where the event viewer finds the texts of what the service reports.
#pragma once

#include "core/base/result.h"

namespace systemlog::bridge::windows {

/// This program has them (messages.mc). Needs an administrator.
Result<void> register_event_source();
/// Nothing is left of it; fine when there was nothing.
Result<void> remove_event_source();

}  // namespace systemlog::bridge::windows
