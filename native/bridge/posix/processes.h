#pragma once

#include <memory>

#include "bridge/auth_pipe.h"

namespace systemlog::bridge::posix {

/// Tells when a process was started. How it ends only its parent hears.
std::unique_ptr<Processes> processes();

}  // namespace systemlog::bridge::posix
