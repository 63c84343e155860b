// The DLL with fakes behind its seams: as a file, as it is loaded and registered, and what it reads in the registry.
#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <string>
#include <vector>

#include "test/logonui/seams.h"

namespace systemlog::logonui {

/// The DLL as it is loaded now.
Switches& switches();
std::wstring dll_path();
bool dll_is_loaded();
/// Waits for the worker to end and tells what DllCanUnloadNow says.
bool dll_may_be_unloaded();
/// regsvr32 with these switches.
DWORD run_regsvr32(const std::wstring& arguments);
bool key_exists(const std::wstring& key);

/// The mirror in the registry of this prefix.
void set_mirror(const wchar_t* value, DWORD number);
void set_break_glass(const std::vector<std::wstring>& sids);
void clear_mirror();

}  // namespace systemlog::logonui
