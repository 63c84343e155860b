#pragma once

#include <string>
#include <string_view>

namespace systemlog::windows {

/// UTF-8 to UTF-16 and back; what is not valid becomes U+FFFD.
std::wstring wide(std::string_view text);
std::string narrow(std::wstring_view text);

}  // namespace systemlog::windows
