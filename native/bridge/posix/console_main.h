#pragma once

#include <filesystem>

namespace systemlog::bridge::posix {

/// `bridge console <folder>`: the bridge over sockets in that folder, until it is interrupted. Knows no sessions, so
/// it records only its own start; for a look at the pipes.
int run_console(const std::filesystem::path& folder);

}  // namespace systemlog::bridge::posix
