#include "addon/windows/session_window.h"

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <array>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>

#include "addon/windows/seams.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::addon {
namespace {

using windows::Handle;

/// Early in a session the terminal service may not be there yet.
constexpr UINT_PTR register_timer = 1;
constexpr UINT register_again_ms = 2'000;

/// The module this code is in; its classes must not be mistaken for those of another copy.
HINSTANCE own_module() noexcept {
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                     reinterpret_cast<LPCWSTR>(&own_module), &module);
  return module;
}

Handle make_event() noexcept {
  return Handle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
}

}  // namespace

/// What is asked of the window goes by a list of its own and an event: messages could come from anybody.
class SessionWindow::Thread {
 public:
  Thread(Told told, std::chrono::milliseconds end_wait)
      : told_(std::move(told)),
        end_wait_(end_wait),
        asked_(make_event()),
        ready_(make_event()),
        stop_(make_event()) {}

  Result<void> start() {
    if (!asked_ || !ready_ || !stop_) return windows::failure("event of the session window");
    std::promise<Result<void>> standing;
    std::future<Result<void>> stands = standing.get_future();
    try {
      thread_ = std::thread([this, standing = std::move(standing)]() mutable { run(standing); });
    } catch (const std::system_error&) {
      return Error{ErrorCode::io_failed, "thread of the session window"};
    }
    return stands.get();
  }

  /// Has something done on the window's thread. @return `closed` when it has ended
  Result<void> ask(std::function<Result<void>()> what) {
    std::future<Result<void>> done;
    {
      const std::lock_guard guard(lock_);
      if (ended_) return Error{ErrorCode::closed, "session window"};
      Question& question = waiting_.emplace_back();
      question.what = std::move(what);
      done = question.answer.get_future();
      SetEvent(asked_.get());
    }
    return done.get();
  }

  Result<void> block(const std::string& text) {
    return ask([this, wide = windows::wide(text)]() -> Result<void> {
      if (!seams::show_block_reason(window_, wide)) return Error{ErrorCode::refused, "ShutdownBlockReasonCreate"};
      blocked_ = true;
      return {};
    });
  }

  Result<void> unblock() {
    return ask([this]() -> Result<void> {
      // Whatever Windows says: from now on we do not refuse an end.
      if (std::exchange(blocked_, false)) seams::clear_block_reason(window_);
      return {};
    });
  }

  void ready_to_end() noexcept { SetEvent(ready_.get()); }

  void join() noexcept {
    const std::lock_guard guard(joining_);
    if (!thread_.joinable()) return;
    SetEvent(stop_.get());
    thread_.join();
  }

 private:
  struct Question {
    std::function<Result<void>()> what;
    std::promise<Result<void>> answer;
  };

  void run(std::promise<Result<void>>& standing) noexcept {
    const Result<void> made = make_window();
    standing.set_value(made);
    if (made) pump();
    remove_window();
    const std::lock_guard guard(lock_);
    ended_ = true;
    for (Question& question : waiting_) question.answer.set_value(Error{ErrorCode::closed, "session window"});
    waiting_.clear();
  }

  Result<void> make_window() noexcept {
    static std::atomic<unsigned> made{0};
    // A class of its own for each: one that outlived its module would be called into nothing.
    class_name_ = L"SystemLog.Session." + std::to_wstring(++made);
    WNDCLASSEXW window_class{};
    window_class.cbSize = sizeof(window_class);
    window_class.lpfnWndProc = receive;
    window_class.hInstance = own_module();
    window_class.lpszClassName = class_name_.c_str();
    if (RegisterClassExW(&window_class) == 0) return windows::failure("class of the session window");
    registered_class_ = true;
    taskbar_created_ = RegisterWindowMessageW(L"TaskbarCreated");
    // Not a message-only window: those get no broadcasts, and no end of a session.
    window_ = CreateWindowExW(WS_EX_TOOLWINDOW | WS_EX_NOACTIVATE, class_name_.c_str(), L"SystemLog", WS_POPUP, 0, 0,
                              0, 0, nullptr, nullptr, window_class.hInstance, this);
    if (window_ == nullptr) return windows::failure("session window");
    // Explorer is not elevated, where we may be.
    ChangeWindowMessageFilterEx(window_, taskbar_created_, MSGFLT_ALLOW, nullptr);
    register_for_session();
    return {};
  }

  void remove_window() noexcept {
    if (window_ != nullptr) {
      if (blocked_) seams::clear_block_reason(window_);
      if (notified_) WTSUnRegisterSessionNotification(window_);
      DestroyWindow(window_);
    }
    if (registered_class_) UnregisterClassW(class_name_.c_str(), own_module());
  }

  void register_for_session() noexcept {
    notified_ = WTSRegisterSessionNotification(window_, NOTIFY_FOR_THIS_SESSION) != 0;
    if (notified_) {
      KillTimer(window_, register_timer);
    } else {
      SetTimer(window_, register_timer, register_again_ms, nullptr);
    }
  }

  void pump() noexcept {
    const std::array<HANDLE, 2> events{stop_.get(), asked_.get()};
    while (true) {
      const DWORD woken =
          MsgWaitForMultipleObjectsEx(events.size(), events.data(), INFINITE, QS_ALLINPUT, MWMO_INPUTAVAILABLE);
      if (woken == WAIT_OBJECT_0 || woken == WAIT_FAILED) return;
      if (woken == WAIT_OBJECT_0 + 1) answer();
      MSG message;
      // A bounded number: who floods the window must not keep it from being closed. WM_QUIT is nobody's to post.
      for (int n = 0; n < 64 && PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE) != 0; ++n) {
        DispatchMessageW(&message);
      }
    }
  }

  void answer() noexcept {
    std::deque<Question> asked;
    {
      const std::lock_guard guard(lock_);
      asked.swap(waiting_);
      ResetEvent(asked_.get());
    }
    for (Question& question : asked) question.answer.set_value(question.what());
  }

  static LRESULT CALLBACK receive(HWND window, UINT message, WPARAM wparam, LPARAM lparam) noexcept {
    if (message == WM_NCCREATE) {
      const auto* made = reinterpret_cast<const CREATESTRUCTW*>(lparam);
      SetWindowLongPtrW(window, GWLP_USERDATA, reinterpret_cast<LONG_PTR>(made->lpCreateParams));
    }
    auto* self = reinterpret_cast<Thread*>(GetWindowLongPtrW(window, GWLP_USERDATA));
    return self == nullptr ? DefWindowProcW(window, message, wparam, lparam)
                           : self->take(window, message, wparam, lparam);
  }

  LRESULT take(HWND window, UINT message, WPARAM wparam, LPARAM lparam) noexcept {
    switch (message) {
      case WM_WTSSESSION_CHANGE:
        if (static_cast<DWORD>(lparam) == own_session()) tell(session_change_word(wparam));
        return 0;
      case WM_POWERBROADCAST:
        tell(power_word(wparam));
        return TRUE;
      case WM_QUERYENDSESSION:
        return query_end(static_cast<std::uint64_t>(lparam)) ? TRUE : FALSE;
      case WM_ENDSESSION:
        end(wparam != 0, static_cast<std::uint64_t>(lparam));
        return 0;
      case WM_TIMER:
        if (wparam == register_timer && !notified_) register_for_session();
        return 0;
      case WM_CLOSE:
        // The window ends with its thread, and not because a program tidies up.
        return 0;
      default:
        if (message == taskbar_created_ && taskbar_created_ != 0) tell("taskbar-created");
        return DefWindowProcW(window, message, wparam, lparam);
    }
  }

  bool query_end(std::uint64_t flags) noexcept {
    const SessionEnd ending = session_end(flags);
    told_({"session-ending", ending});
    // Who refuses a critical end is ended all the same, and takes the time from others.
    return ending.critical || !blocked_;
  }

  void end(bool ends, std::uint64_t flags) noexcept {
    if (!ends) return told_({"session-end-cancelled", session_end(flags)});
    ResetEvent(ready_.get());
    told_({"session-end", session_end(flags)});
    // The process may be ended as soon as this message is answered.
    const std::array<HANDLE, 2> events{ready_.get(), stop_.get()};
    WaitForMultipleObjects(events.size(), events.data(), FALSE, static_cast<DWORD>(end_wait_.count()));
  }

  void tell(std::optional<std::string_view> type) noexcept {
    if (type) told_({*type, std::nullopt});
  }

  static DWORD own_session() noexcept {
    DWORD session = 0;
    ProcessIdToSessionId(GetCurrentProcessId(), &session);
    return session;
  }

  const Told told_;
  const std::chrono::milliseconds end_wait_;
  const Handle asked_;
  const Handle ready_;
  const Handle stop_;

  std::mutex lock_;
  std::deque<Question> waiting_;
  bool ended_ = false;

  // Only on the thread.
  std::wstring class_name_;
  bool registered_class_ = false;
  HWND window_ = nullptr;
  UINT taskbar_created_ = 0;
  bool notified_ = false;
  bool blocked_ = false;

  std::mutex joining_;
  std::thread thread_;
};

SessionWindow::SessionWindow(std::unique_ptr<Thread> thread) noexcept : thread_(std::move(thread)) {}

SessionWindow::~SessionWindow() {
  close();
}

Result<std::unique_ptr<SessionWindow>> SessionWindow::open(Told told, std::chrono::milliseconds end_wait) noexcept {
  auto thread = std::make_unique<Thread>(std::move(told), end_wait);
  if (Result<void> started = thread->start(); !started) {
    thread->join();
    return started.error();
  }
  return std::unique_ptr<SessionWindow>(new SessionWindow(std::move(thread)));
}

Result<void> SessionWindow::block_shutdown(const std::string& text) noexcept {
  return thread_->block(text);
}

Result<void> SessionWindow::unblock_shutdown() noexcept {
  return thread_->unblock();
}

void SessionWindow::ready_to_end() noexcept {
  thread_->ready_to_end();
}

void SessionWindow::close() noexcept {
  thread_->join();
}

}  // namespace systemlog::addon
