// clang-format off
#include <windows.h>
// clang-format on

#include "bridge/windows/windows_bridge.h"

namespace systemlog::bridge::windows {

/// Neither is told by an interface that a service can ask without WMI, so this says no until one was tried on a real
/// PC: a company that requires both gets no sealed passwords, which is the safe side.
bool tpm_and_bitlocker() {
  return false;
}

}  // namespace systemlog::bridge::windows
