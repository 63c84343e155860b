// UTF-8, as the bridge has it, and UTF-16, as Windows has it. What is not valid becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "core/base/secret.h"

namespace systemlog::bridge {

std::u16string utf16_of(std::string_view text);
std::string utf8_of(std::u16string_view text);
/// For passwords: nothing of it stays behind.
SecretUtf16 secret_utf16_of(std::string_view text);

}  // namespace systemlog::bridge
