// A native object behind a JavaScript one.
#pragma once

#include <memory>
#include <utility>

#include "addon/job.h"

namespace systemlog::addon {

/// The methods of a JavaScript object are functions of its own that share one of these: there is no `this` to be
/// wrong about, and no object to unwrap that could be another. It lives until the last function and the last job that
/// use it are gone.
template <typename Native>
struct Held {
  explicit Held(std::unique_ptr<Native> made) noexcept : native(std::move(made)) {}

  /// Touched only by jobs of the queue, one at a time; null when closed.
  std::unique_ptr<Native> native;
  /// Touched only on the event loop.
  bool closed = false;
  std::shared_ptr<JobQueue> queue = std::make_shared<JobQueue>();
};

/// Has `work(native)` done in its turn; refused as `closed` after `close`.
template <typename Native, typename Work, typename Show>
Napi::Value call(Napi::Env env, const std::shared_ptr<Held<Native>>& held, Work work, Show show) {
  if (held->closed) return rejected(env, core_error(env, {ErrorCode::closed, "used after close"}));
  return start(
      env, held->queue, [held, work = std::move(work)]() mutable { return work(*held->native); }, std::move(show));
}

/// What was begun is finished, then the native object goes. Closing twice is closing once.
template <typename Native>
Napi::Value close(Napi::Env env, const std::shared_ptr<Held<Native>>& held) {
  held->closed = true;
  return start(
      env, held->queue,
      [held]() -> Result<void> {
        held->native.reset();
        return {};
      },
      show_nothing);
}

/// Gives `object` a method, called with its arguments and `held`.
template <typename Native, typename Method>
void add_method(Napi::Object object, const char* method_name, const std::shared_ptr<Held<Native>>& held,
                Method method) {
  object.Set(
      method_name,
      Napi::Function::New(
          object.Env(), [held, method](const Napi::CallbackInfo& info) { return method(info, held); }, method_name));
}

template <typename Native>
void add_close(Napi::Object object, const std::shared_ptr<Held<Native>>& held) {
  add_method(object, "close", held, [](const Napi::CallbackInfo& info, const std::shared_ptr<Held<Native>>& closing) {
    return close(info.Env(), closing);
  });
}

}  // namespace systemlog::addon
