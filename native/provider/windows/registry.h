#pragma once

#include "core/logon_mirror.h"

namespace systemlog::provider {

/// The mirror the bridge keeps; its defaults where there is none.
LogonMirror read_logon_mirror();

/// Enters the DLL as credential provider and filter, under the one class id of both, or takes it out again: the
/// filter last in and first out, so that never a filter hides what no provider replaces. False when a step failed;
/// entering is taken back then.
bool register_provider(const wchar_t* dll_path);
bool unregister_provider();

}  // namespace systemlog::provider
