// The Windows sides of what the bridge asks of its machine.
#pragma once

#include <memory>

#include "bridge/auth_desk.h"
#include "bridge/auth_pipe.h"
#include "bridge/machine.h"
#include "bridge/rehearsals.h"

namespace systemlog::bridge::windows {

/// Sessions by WTS, announcements and sign-offs by the System log, the boot by a registry key that does not outlive
/// it.
std::unique_ptr<Machine> machine();
std::unique_ptr<Processes> processes();
/// HKLM\SOFTWARE\SystemLog\Logon (core/logon_mirror.h).
std::unique_ptr<MirrorStore> mirror_store();
/// provider-test.exe from this program's own folder, with its rights, on the desktop of a session.
/// @param machine says who is in a session at that moment
std::unique_ptr<RehearsalHost> rehearsal_host(Machine& machine);

/// IANA name of the machine's time zone; `Etc/GMT…` where Windows cannot translate its own name.
std::string time_zone();

}  // namespace systemlog::bridge::windows
