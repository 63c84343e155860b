#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include "addon/windows/pipe_trust.h"
#include "core/base/result.h"

namespace systemlog::addon {

/// What Windows says of the process at the other end of `pipe`, and of the pipe itself. Without `service`.
Result<PipeServerFacts> pipe_server_facts(HANDLE pipe) noexcept;

/// What the service manager says of the bridge's service; not running where it cannot be asked.
RegisteredService registered_bridge() noexcept;

}  // namespace systemlog::addon
