// The tray app's way to the bridge.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>

// clang-format off
#include <windows.h>
// clang-format on

#include "core/base/result.h"

namespace systemlog::addon {

/// Why there is no pipe to the bridge; these are codes of types.ts.
enum class NoBridge : std::uint8_t {
  /// Nobody serves the name.
  absent,
  /// Somebody serves it, who is not the bridge.
  not_trusted,
  /// All instances were taken for as long as we waited.
  busy,
};
struct NoBridgePipe {
  NoBridge why = NoBridge::absent;
  std::string detail;
};

struct CloseHandleOf {
  void operator()(HANDLE handle) const noexcept { CloseHandle(handle); }
};
/// A handle that can be given away.
using OpenPipe = std::unique_ptr<void, CloseHandleOf>;
using BridgePipe = std::variant<OpenPipe, NoBridgePipe>;

/// Opens a pipe of this machine for overlapped reading and writing and makes sure that the bridge serves it, before a
/// byte is sent or read. The server learns who we are, but cannot act as us.
///
/// @param name `\\.\pipe\…`
/// @param wait how long to wait for a free instance; blocks for so long
/// @return `invalid_argument` for another kind of name, `io_failed` and the like for what Windows says otherwise
Result<BridgePipe> open_bridge_pipe(const std::string& name, std::chrono::milliseconds wait) noexcept;

}  // namespace systemlog::addon
