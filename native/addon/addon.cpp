// What Node loads. It gives one function, `create(CoreError)`, which gives the `LogonCore` of types.ts.
#include "addon/job.h"
#include "addon/surface.h"

namespace systemlog::addon {
namespace {

Napi::Value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsFunction()) {
    Napi::TypeError::New(env, "CoreError must be a class").ThrowAsJavaScriptException();
    return {};
  }
  env.GetInstanceData<Environment>()->core_error = Napi::Persistent(info[0].As<Napi::Function>());
  Napi::Object core = Napi::Object::New(env);
  core.Set("version", SYSTEMLOG_VERSION);
  add_codes(core);
  add_journals(core);
  add_logon_desk(core);
#ifdef _WIN32
  add_windows(core);
#else
  Napi::Object windows = Napi::Object::New(env);
  windows.Set("supported", false);
  windows.Set("reason", "unsupported-platform");
  core.Set("windows", windows);
#endif
  return core;
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  exports.Set("create", Napi::Function::New(env, create, "create"));
  return exports;
}

}  // namespace
}  // namespace systemlog::addon

using systemlog::addon::load;
NODE_API_MODULE(systemlog, load)
