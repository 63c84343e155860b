// What the service has on the PC besides itself: its folder and its registry keys, and who may reach them.
#pragma once

#include "core/base/result.h"

namespace systemlog::bridge::windows {

/// The folder, with `logon` in it for SYSTEM alone.
Result<void> make_folder();
Result<void> make_registry_key();
/// The folder with journal, keys and vault, the device's key in its store, and what is in the registry. For good.
Result<void> erase_places();

}  // namespace systemlog::bridge::windows
