// The service as the service manager knows it. Each may be done again: what is done already is done.
#pragma once

#include "core/base/result.h"

namespace systemlog::bridge::windows {

/// Whether whoever runs this may change services at all: `refused` when not.
Result<void> may_change_services();
/// Registers this very program: started by itself at every boot, started again whenever it dies, given time at the
/// end of the system.
Result<void> register_service();
/// Returns when it runs; an error with its own exit code when it does not get that far.
Result<void> start_service();
/// Returns when its process has ended. No service: done.
Result<void> stop_service();
Result<void> delete_service();

}  // namespace systemlog::bridge::windows
