// What goes into the desk and comes out of it, between the shapes of types.ts and those of core/logon_desk.h.
#pragma once

#include <napi.h>

#include <optional>
#include <vector>

#include "addon/value_reader.h"
#include "core/logon_desk.h"

namespace systemlog::addon {

AttemptId read_attempt(ValueReader& reader, Napi::Value value);
SignIn read_sign_in(ValueReader& reader, Napi::Value value);
DeskMachine read_machine(ValueReader& reader, Napi::Value value);
Answers read_answers(ValueReader& reader, Napi::Value value);

Napi::Value show_secrets_due(Napi::Env env, const std::vector<SecretDue>& due);
Napi::Value show_question(Napi::Env env, const Question& question);
Napi::Value show_answered(Napi::Env env, const Answered& answered);
Napi::Value show_standing(Napi::Env env, const std::optional<LogonDesk::Standing>& standing);

}  // namespace systemlog::addon
