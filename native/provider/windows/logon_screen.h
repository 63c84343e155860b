// What the objects of one logon screen share: provider, tiles and filter live in one process, each made by LogonUI on
// its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "provider/filter_rule.h"
#include "provider/logon_blob_maker.h"
#include "provider/seams.h"
#include "provider/tile_state.h"
#include "provider/windows/bridge_line.h"

namespace systemlog::provider {

/// Windows' own screen, let in for one sign-in.
class OpenOnce {
 public:
  void allow() noexcept;
  /// Whether it was allowed, at most two minutes ago; it is used up then.
  bool take() noexcept;

 private:
  std::atomic<std::uint64_t> until_tick_ms_ = 0;
};
OpenOnce& open_once() noexcept;

/// What Remote Desktop handed over was submitted without a keystroke. Never again in this process: a wrong password
/// sent over and over locks the account.
std::atomic<bool>& submitted_alone() noexcept;

Moment now() noexcept;

/// Asks what the filter has to know; when the bridge does not say so in time, the mirror does.
FilterDecision ask_filter(BridgeLine& line, Scenario scenario, const LogonMirror& mirror);

/// A provider's, handed to its tiles.
struct LogonScreen {
  Pace pace;
  std::shared_ptr<BridgeLine> line;
  std::shared_ptr<LogonBlobMaker> blobs;
  bool unlocks = false;
  /// Has LogonUI draw its screen anew, with Windows' own tiles on it once.
  std::function<void()> open_windows_screen;
};

}  // namespace systemlog::provider
