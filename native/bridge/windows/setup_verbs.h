#pragma once

#include "bridge/setup_options.h"

namespace systemlog::bridge::windows {

/// `bridge.exe setup …`. Each verb may be run again: what is done already is done. @returns the exit code
int run_setup(const SetupOptions& options);

}  // namespace systemlog::bridge::windows
