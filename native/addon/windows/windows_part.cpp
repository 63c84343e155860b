// `LogonCore.windows` of types.ts.
#include "addon/job.h"
#include "addon/surface.h"
#include "addon/value_reader.h"
#include "addon/windows/bridge_pipe.h"
#include "addon/windows/session_facts.h"
#include "addon/windows/session_watch.h"
#include "bridge/service_names.h"

namespace systemlog::addon {
namespace {

using Info = Napi::CallbackInfo;

/// A wait longer than this is a thread of the pool gone.
constexpr std::uint64_t longest_wait_ms = 30'000;

std::string_view code_of(NoBridge why) {
  switch (why) {
    case NoBridge::absent:
      return "bridge-absent";
    case NoBridge::not_trusted:
      return "bridge-not-trusted";
    case NoBridge::busy:
      return "bridge-busy";
  }
  return "bridge-absent";
}

Napi::Value throw_as(Napi::Env env, std::string_view code, const std::string& detail) {
  Napi::Error(env, core_error(env, code, detail)).ThrowAsJavaScriptException();
  return {};
}

/// libuv's own table of descriptors, which is that of Node's C library and not of ours.
using OpenDescriptor = int (*)(HANDLE);
OpenDescriptor open_descriptor() noexcept {
  // Looked for in the program, whatever it is called: Electron's is not node.exe.
  return reinterpret_cast<OpenDescriptor>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(nullptr), "uv_open_osfhandle")));
}

Napi::Value show_pipe(Napi::Env env, BridgePipe& opened) {
  if (const auto* none = std::get_if<NoBridgePipe>(&opened)) return throw_as(env, code_of(none->why), none->detail);
  const OpenDescriptor open = open_descriptor();
  if (open == nullptr) return throw_as(env, name(ErrorCode::unsupported), "the program has no uv_open_osfhandle");
  auto& pipe = std::get<OpenPipe>(opened);
  const int descriptor = open(pipe.get());
  if (descriptor < 0) return throw_as(env, name(ErrorCode::io_failed), "no descriptor is left");
  // It is the descriptor's from now on.
  static_cast<void>(pipe.release());
  return Napi::Number::New(env, descriptor);
}

Napi::Value open_bridge(const Info& info) {
  ValueReader reader(info.Env());
  std::string path = reader.text(info[0], "path");
  const std::uint64_t wait_ms = reader.whole(info[1], "waitMs", longest_wait_ms);
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [path = std::move(path), wait_ms] { return open_bridge_pipe(path, std::chrono::milliseconds(wait_ms)); },
      show_pipe);
}

Napi::Value show_facts(Napi::Env env, const SessionFacts& facts) {
  Napi::Object account = Napi::Object::New(env);
  account.Set("sid", facts.sid);
  account.Set("domain", facts.domain);
  account.Set("name", facts.name);
  Napi::Object shown = Napi::Object::New(env);
  shown.Set("sessionId", static_cast<double>(facts.session_id));
  shown.Set("account", account);
  shown.Set("elevated", facts.elevated);
  shown.Set("connection", facts.connection);
  shown.Set("logonAtMs", facts.logon_wall_ms
                             ? Napi::Value(Napi::Number::New(env, static_cast<double>(*facts.logon_wall_ms)))
                             : env.Null());
  shown.Set("locked", facts.locked ? Napi::Value(Napi::Boolean::New(env, *facts.locked)) : env.Null());
  return shown;
}

Napi::Value session(const Info& info) {
  return start(info.Env(), nullptr, session_facts, show_facts);
}

}  // namespace

void add_windows(Napi::Object core) {
  Napi::Object windows = Napi::Object::New(core.Env());
  windows.Set("supported", true);
  windows.Set("bridgePipe", std::string(bridge::client_pipe_name));
  add_function(windows, "openBridge", open_bridge);
  add_function(windows, "session", session);
  add_function(windows, "watchSession", watch_session);
  core.Set("windows", windows);
}

}  // namespace systemlog::addon
