#pragma once

namespace systemlog::bridge::windows {

/// `bridge.exe run`: started by the service manager. @returns the exit code
int run_service();
/// `bridge.exe console`: the same in the foreground until Ctrl+C, for a look at what it does. Needs the rights of the
/// service.
int run_console();

/// Says how many milliseconds after the start of the process the pipe `auth` was open: on the console, and in the
/// event log of the service.
unsigned long long ms_since_process_start();

}  // namespace systemlog::bridge::windows
