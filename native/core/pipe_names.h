// Under which names the bridge is reached on Windows; both ends take them from here (and build/windows-diag/probes.ts
// repeats them).
//
// Below `ProtectedPrefix\Administrators` Windows 10 and later let only administrators and the system make a pipe, so
// that no user can be there first. Who may open one is still its own DACL's affair. Under Wine it is a name like
// others.
#pragma once

#include <string_view>

namespace systemlog {

namespace auth {
/// For the logon screen.
inline constexpr std::string_view pipe_name = R"(\\.\pipe\ProtectedPrefix\Administrators\SystemLog\auth)";
}  // namespace auth

namespace bridge {
/// For the tray apps of those who sit at the PC.
inline constexpr std::string_view client_pipe_name = R"(\\.\pipe\ProtectedPrefix\Administrators\SystemLog\client)";
}  // namespace bridge

}  // namespace systemlog
