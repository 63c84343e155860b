// The parts of `LogonCore` (types.ts): each adds its functions to the object given to TypeScript.
#pragma once

#include <napi.h>

namespace systemlog::addon {

/// Gives `core` a function.
inline void add_function(Napi::Object core, const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
  core.Set(name, Napi::Function::New(core.Env(), function, name));
}

/// One-time, recovery and emergency codes, and the seals of journal records.
void add_codes(Napi::Object core);
/// Journals, to read and to write.
void add_journals(Napi::Object core);
void add_logon_desk(Napi::Object core);
/// What is done with Windows itself; its sources are in `windows/` and compiled there only.
void add_windows(Napi::Object core);

}  // namespace systemlog::addon
