// Work off the event loop, and the promise it settles.
#pragma once

#include <napi.h>

#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace systemlog::addon {

/// What is kept for each environment, the main thread or a worker. There are no globals: the addon may be loaded in
/// any number of them at once.
struct Environment {
  /// The class `CoreError` of types.ts.
  Napi::FunctionReference core_error;
};

/// `new CoreError(code, detail)`.
Napi::Value core_error(Napi::Env env, const Error& error);
/// The same with a code that is the addon's own.
Napi::Value core_error(Napi::Env env, std::string_view code, const std::string& detail);
/// A promise that is refused already.
Napi::Value rejected(Napi::Env env, Napi::Value reason);
/// False when the environment is being torn down: nobody is left to be told anything.
bool can_run_script(Napi::Env env);

class JobQueue;

/// One piece of work. Deletes itself when it is done.
class Job : public Napi::AsyncWorker {
 public:
  Job(Napi::Env env, std::shared_ptr<JobQueue> queue);

 protected:
  /// Back on the event loop: settles the promise.
  virtual void settle(Napi::Env env) = 0;

 private:
  void OnOK() final;

  std::shared_ptr<JobQueue> queue_;
};

/// Does the jobs of one object one after another, in the order they came. Belongs to the thread of its environment. A
/// job holds its queue, so that neither needs the JavaScript object to live on.
class JobQueue {
 public:
  void add(std::unique_ptr<Job> job);
  /// By the job that has just been done.
  void go_on(Napi::Env env);

 private:
  std::deque<std::unique_ptr<Job>> waiting_;
  bool busy_ = false;
};

/// @tparam Work gives a `Result`; runs on a thread of the pool and must not touch JavaScript
/// @tparam Show makes a JavaScript value of the result; runs on the event loop
template <typename Work, typename Show>
class PromisedJob final : public Job {
 public:
  PromisedJob(Napi::Env env, std::shared_ptr<JobQueue> queue, Work work, Show show)
      : Job(env, std::move(queue)), deferred_(env), work_(std::move(work)), show_(std::move(show)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  using Outcome = std::invoke_result_t<Work&>;

  void Execute() override {
    try {
      outcome_.emplace(work_());
    } catch (const std::exception&) {
      // Only want of memory can bring us here (core/base/error.h); no exception may pass into the thread pool.
      outcome_.reset();
    }
  }

  void settle(Napi::Env env) override {
    if (!outcome_) return deferred_.Reject(Napi::Error::New(env, "out of memory").Value());
    if (!*outcome_) return deferred_.Reject(core_error(env, outcome_->error()));
    const Napi::Value value = shown(env);
    if (env.IsExceptionPending()) return deferred_.Reject(env.GetAndClearPendingException().Value());
    deferred_.Resolve(value);
  }

  Napi::Value shown(Napi::Env env) {
    if constexpr (requires { outcome_->value(); }) {
      return show_(env, outcome_->value());
    } else {
      return show_(env);
    }
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Show show_;
  std::optional<Outcome> outcome_;
};

/// Has work done, behind what waits in `queue`; at once without one.
template <typename Work, typename Show>
Napi::Value start(Napi::Env env, std::shared_ptr<JobQueue> queue, Work work, Show show) {
  auto job = std::make_unique<PromisedJob<Work, Show>>(env, queue, std::move(work), std::move(show));
  const Napi::Promise promise = job->promise();
  if (queue) {
    queue->add(std::move(job));
  } else {
    job.release()->Queue();
  }
  return promise;
}

// How results are shown, where there is nothing more to it.
inline Napi::Value show_nothing(Napi::Env env) {
  return env.Undefined();
}
inline Napi::Value show_text(Napi::Env env, const std::string& text) {
  return Napi::String::New(env, text);
}
inline Napi::Value show_secret_text(Napi::Env env, const SecretBytes& utf8) {
  return Napi::String::New(env, reinterpret_cast<const char*>(utf8.data()), utf8.size());
}

}  // namespace systemlog::addon
