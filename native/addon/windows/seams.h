// What Wine does not have, or what nobody there can be. `seams.cpp` is Windows itself, and in what ships; the build
// for tests has `under_test/seams.cpp` in its place.
#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <string>

#include "addon/windows/pipe_trust.h"
#include "core/base/result.h"

namespace systemlog::addon::seams {

/// Who serves the other end of `pipe`.
Result<PipeServerFacts> pipe_server(HANDLE pipe) noexcept;

/// ShutdownBlockReasonCreate and -Destroy; called on the window's own thread.
bool show_block_reason(HWND window, const std::wstring& text) noexcept;
bool clear_block_reason(HWND window) noexcept;

}  // namespace systemlog::addon::seams
