#pragma once

#include <string>

#include "core/base/result.h"

namespace systemlog::windows {

/// The string form of a SID. @param sid PSID
Result<std::string> sid_text(void* sid);
/// Of the user of a token. @param token HANDLE with TOKEN_QUERY
Result<std::string> token_sid(void* token);

}  // namespace systemlog::windows
