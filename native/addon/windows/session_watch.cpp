#include "addon/windows/session_watch.h"

#include <chrono>
#include <mutex>

#include "addon/held.h"
#include "addon/value_reader.h"
#include "addon/windows/session_window.h"

namespace systemlog::addon {
namespace {

/// More notices than this that JavaScript has not heard of are a flood: what comes then is left out.
constexpr std::size_t most_unheard = 1'024;
/// Windows ends a process that takes five seconds.
constexpr std::uint64_t longest_end_wait_ms = 5'000;

void tell(Napi::Env env, Napi::Function listener, SessionNotice* given) {
  const std::unique_ptr<SessionNotice> notice(given);
  // Nobody is left to be told.
  if (static_cast<napi_env>(env) == nullptr || !can_run_script(env)) return;
  const Napi::HandleScope scope(env);
  Napi::Object event = Napi::Object::New(env);
  event.Set("type", std::string(notice->type));
  if (notice->end) {
    event.Set("cause", std::string(notice->end->cause));
    event.Set("critical", notice->end->critical);
  }
  listener.Call({event});
  // As of any callback of Node's: an exception that nobody caught.
  if (env.IsExceptionPending()) napi_fatal_exception(env, env.GetAndClearPendingException().Value());
}

/// The window and the way from it to JavaScript. Ends when it is closed or its environment goes, whichever comes
/// first.
class SessionWatch {
 public:
  explicit SessionWatch(Napi::ThreadSafeFunction listener) : listener_(std::move(listener)) {}
  SessionWatch(const SessionWatch&) = delete;
  SessionWatch& operator=(const SessionWatch&) = delete;
  SessionWatch(SessionWatch&&) = delete;
  SessionWatch& operator=(SessionWatch&&) = delete;
  ~SessionWatch() { end(); }

  Result<void> open(std::chrono::milliseconds end_wait) {
    auto opened = SessionWindow::open(
        [this](const SessionNotice& notice) {
          auto told = std::make_unique<SessionNotice>(notice);
          if (listener_.NonBlockingCall(told.get(), tell) == napi_ok) static_cast<void>(told.release());
        },
        end_wait);
    if (!opened) return opened.error();
    window_ = std::move(opened).value();
    return {};
  }

  SessionWindow& window() noexcept { return *window_; }

  /// From any thread, more than once.
  void end() noexcept {
    const std::lock_guard guard(ending_);
    if (ended_) return;
    ended_ = true;
    if (window_) window_->close();
    listener_.Release();
  }

 private:
  Napi::ThreadSafeFunction listener_;
  std::unique_ptr<SessionWindow> window_;
  std::mutex ending_;
  bool ended_ = false;
};

using Info = Napi::CallbackInfo;
using HeldWatch = std::shared_ptr<Held<SessionWatch>>;

/// Run when the environment ends and the watch is still open: before the way to JavaScript goes, which was made
/// before.
void end_with_environment(void* given) {
  const std::unique_ptr<HeldWatch> held(static_cast<HeldWatch*>(given));
  if ((*held)->native) (*held)->native->end();
}

Napi::Value show_watch(Napi::Env env, std::unique_ptr<SessionWatch>& opened) {
  const auto held = std::make_shared<Held<SessionWatch>>(std::move(opened));
  // Keeps the watch until it is closed, whether or not JavaScript still holds its object.
  auto* until_closed = new HeldWatch(held);
  napi_add_env_cleanup_hook(env, end_with_environment, until_closed);

  Napi::Object shown = Napi::Object::New(env);
  add_method(shown, "blockShutdown", held, [](const Info& info, const HeldWatch& watch) -> Napi::Value {
    ValueReader reader(info.Env());
    std::string text = reader.text(info[0], "text");
    if (!reader.ok()) return reader.refusal();
    return call(
        info.Env(), watch, [text = std::move(text)](SessionWatch& of) { return of.window().block_shutdown(text); },
        show_nothing);
  });
  add_method(shown, "unblockShutdown", held, [](const Info& info, const HeldWatch& watch) {
    return call(
        info.Env(), watch, [](SessionWatch& of) { return of.window().unblock_shutdown(); }, show_nothing);
  });
  add_method(shown, "readyToEnd", held, [](const Info& info, const HeldWatch& watch) {
    return call(
        info.Env(), watch,
        [](SessionWatch& of) -> Result<void> {
          of.window().ready_to_end();
          return {};
        },
        show_nothing);
  });
  add_method(shown, "close", held, [until_closed](const Info& info, const HeldWatch& watch) {
    const bool first = !watch->closed;
    const Napi::Value closing = close(info.Env(), watch);
    if (first) {
      napi_remove_env_cleanup_hook(info.Env(), end_with_environment, until_closed);
      delete until_closed;
    }
    return closing;
  });
  return shown;
}

}  // namespace

Napi::Value watch_session(const Info& info) {
  const Napi::Env env = info.Env();
  ValueReader reader(env);
  const std::uint64_t end_wait_ms = reader.whole(info[1], "endWaitMs", longest_end_wait_ms);
  const bool listens = info[0].IsFunction();
  if (reader.ok() && !listens) return rejected(env, Napi::TypeError::New(env, "listener must be a function").Value());
  if (!reader.ok()) return reader.refusal();
  auto to_script =
      Napi::ThreadSafeFunction::New(env, info[0].As<Napi::Function>(), "systemlog session", most_unheard, 1);
  // To be told of the session is no reason to stay.
  to_script.Unref(env);
  auto watch = std::make_unique<SessionWatch>(std::move(to_script));
  return start(
      env, nullptr,
      [watch = std::move(watch), end_wait_ms]() mutable -> Result<std::unique_ptr<SessionWatch>> {
        if (Result<void> opened = watch->open(std::chrono::milliseconds(end_wait_ms)); !opened) return opened.error();
        return std::move(watch);
      },
      show_watch);
}

}  // namespace systemlog::addon
