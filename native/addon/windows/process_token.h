#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <string>

#include "core/base/result.h"

namespace systemlog::addon {

/// As text, `S-1-…`.
Result<std::string> sid_text(PSID sid) noexcept;

/// SID of the user whose process it is.
Result<std::string> process_user(HANDLE process) noexcept;

struct TokenUserFacts {
  std::string sid;
  /// Empty where Windows cannot name the SID now, as for a domain account away from its domain.
  std::string domain;
  std::string name;
  bool elevated = false;
};
/// Whose process this is.
Result<TokenUserFacts> own_user() noexcept;

}  // namespace systemlog::addon
