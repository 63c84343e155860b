#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <chrono>
#include <functional>

namespace systemlog::provider {

/// Calls back on the thread that started it, whenever that thread looks for messages: LogonUI's own does all the
/// time.
class UiTimer {
 public:
  UiTimer() = default;
  UiTimer(const UiTimer&) = delete;
  UiTimer& operator=(const UiTimer&) = delete;
  UiTimer(UiTimer&&) = delete;
  UiTimer& operator=(UiTimer&&) = delete;
  ~UiTimer() { stop(); }

  /// Does nothing when it runs already.
  void start(std::chrono::milliseconds interval, std::function<void()> tick);
  void stop() noexcept;

 private:
  static void CALLBACK fired(HWND window, UINT message, UINT_PTR self, DWORD tick) noexcept;

  /// Message-only, of Windows' own class: none to register, none to leave behind.
  HWND window_ = nullptr;
  std::function<void()> tick_;
};

}  // namespace systemlog::provider
