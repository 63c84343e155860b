#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace systemlog::addon {

/// The session this process runs in, and whose process it is.
struct SessionFacts {
  std::uint32_t session_id = 0;
  std::string sid;
  std::string domain;
  std::string name;
  bool elevated = false;
  /// Unix time in milliseconds; not known where Windows does not say.
  std::optional<std::int64_t> logon_wall_ms;
  /// `connection_word`.
  std::string connection;
  std::optional<bool> locked;
};

/// @return an error when this process' own token or session cannot be read
Result<SessionFacts> session_facts() noexcept;

}  // namespace systemlog::addon
