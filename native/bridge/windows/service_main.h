// The service program: what Windows starts, and the same in a console.
#pragma once

#include <functional>

#include "bridge/windows/surroundings.h"

namespace systemlog::bridge::windows {

/// What a service program is made of. Only tests make another one than this.
struct ServiceProgram {
  /// A control as HandlerEx gets it. @returns what HandlerEx answers
  using Deliver = std::function<unsigned long(unsigned long control, unsigned long type, void* data)>;

  std::function<Surroundings()> surroundings = system_surroundings;
  /// Answers the controls that Windows leaves to each service (128 to 255); none here, they are refused. What it
  /// delivers is recorded before whoever sent the control goes on, who may change what the PC says next.
  std::function<unsigned long(unsigned long control, const Deliver& deliver)> own_control;
};

/// `bridge.exe run`: started by the service manager. @returns the exit code
int run_service(ServiceProgram program = {});
/// `bridge.exe console`: the same in the foreground until Ctrl+C, for a look at what it does. Needs the rights of the
/// service. @returns the exit code
int run_console(const ServiceProgram& program = {});

}  // namespace systemlog::bridge::windows
