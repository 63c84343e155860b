// UTF-16, as Windows has it, to UTF-8, as the pipe has it, and back. What is not valid becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/secret.h"

namespace systemlog::provider {

std::string utf8(std::u16string_view text);
std::u16string utf16(std::string_view text);

/// For passwords: nothing of them stays behind.
SecretBytes secret_utf8(const SecretUtf16& text);
SecretUtf16 secret_utf16(ByteView text);

}  // namespace systemlog::provider
