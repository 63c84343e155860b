// A hidden window on a thread of its own, to which Windows tells what happens to the session.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "addon/windows/session_words.h"
#include "core/base/result.h"

namespace systemlog::addon {

/// `type` is one of `session_change_word` and `power_word`, or `taskbar-created`, `session-ending`, `session-end`,
/// `session-end-cancelled`.
struct SessionNotice {
  std::string_view type;
  /// Of the last three.
  std::optional<SessionEnd> end;
};

/// Windows' messages are only told on, never judged: any program of the same user can send the same ones.
class SessionWindow {
 public:
  /// Called on the window's thread; must return at once, and not call the window.
  using Told = std::function<void(const SessionNotice&)>;

  /// Makes the window and returns once it stands.
  /// @param end_wait how long the end of the session is held up for `ready_to_end`. Windows ends a process that takes
  /// more than five seconds.
  static Result<std::unique_ptr<SessionWindow>> open(Told told, std::chrono::milliseconds end_wait) noexcept;

  SessionWindow(const SessionWindow&) = delete;
  SessionWindow& operator=(const SessionWindow&) = delete;
  SessionWindow(SessionWindow&&) = delete;
  SessionWindow& operator=(SessionWindow&&) = delete;
  ~SessionWindow();

  // These may be called from any thread, `close` more than once.

  /// From now on Windows is asked to wait for us when the session is to end, and shows `text`. Waits for the window.
  /// @return `refused` when Windows does not take it
  Result<void> block_shutdown(const std::string& text) noexcept;
  Result<void> unblock_shutdown() noexcept;
  /// What had to be done at the session's end is done.
  void ready_to_end() noexcept;
  /// When it returns nothing is told any more and the thread has ended.
  void close() noexcept;

 private:
  class Thread;

  explicit SessionWindow(std::unique_ptr<Thread> thread) noexcept;

  std::unique_ptr<Thread> thread_;
};

}  // namespace systemlog::addon
