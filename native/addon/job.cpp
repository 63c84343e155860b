#include "addon/job.h"

#include <string>

namespace systemlog::addon {

Napi::Value core_error(Napi::Env env, const Error& error) {
  return core_error(env, name(error.code), error.detail);
}

Napi::Value core_error(Napi::Env env, std::string_view code, const std::string& detail) {
  const Napi::Value made = env.GetInstanceData<Environment>()->core_error.New(
      {Napi::String::New(env, code.data(), code.size()), Napi::String::New(env, detail)});
  return env.IsExceptionPending() ? env.GetAndClearPendingException().Value() : made;
}

Napi::Value rejected(Napi::Env env, Napi::Value reason) {
  const Napi::Promise::Deferred deferred(env);
  deferred.Reject(reason);
  return deferred.Promise();
}

bool can_run_script(Napi::Env env) {
  // Fails once script may no longer run, as all of Node-API does that could reach script.
  napi_value ignored = nullptr;
  return napi_coerce_to_bool(env, env.Null(), &ignored) == napi_ok;
}

Job::Job(Napi::Env env, std::shared_ptr<JobQueue> queue) : AsyncWorker(env, "systemlog"), queue_(std::move(queue)) {}

void Job::OnOK() {
  if (can_run_script(Env())) settle(Env());
  if (queue_) queue_->go_on(Env());
}

void JobQueue::add(std::unique_ptr<Job> job) {
  if (busy_) {
    waiting_.push_back(std::move(job));
    return;
  }
  busy_ = true;
  job.release()->Queue();
}

void JobQueue::go_on(Napi::Env env) {
  // What nobody waits for any more is not begun; to its caller it is as if the process had ended a moment earlier.
  if (!can_run_script(env)) waiting_.clear();
  busy_ = !waiting_.empty();
  if (!busy_) return;
  std::unique_ptr<Job> next = std::move(waiting_.front());
  waiting_.pop_front();
  next.release()->Queue();
}

}  // namespace systemlog::addon
