#pragma once

#include <napi.h>

namespace systemlog::addon {

/// `watchSession(listener, endWaitMs)` of types.ts.
Napi::Value watch_session(const Napi::CallbackInfo& info);

}  // namespace systemlog::addon
