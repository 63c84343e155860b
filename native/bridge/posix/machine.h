// The machine as a POSIX system shows it: for the console program and its tests.
#pragma once

#include <memory>

#include "bridge/machine.h"

namespace systemlog::bridge::posix {

/// Knows no sessions.
std::unique_ptr<Machine> machine();

}  // namespace systemlog::bridge::posix
