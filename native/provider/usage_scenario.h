// What LogonUI wants of us, by Windows' numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "core/policy.h"

namespace systemlog::provider {

struct UsageRequest {
  /// CREDENTIAL_PROVIDER_USAGE_SCENARIO.
  std::int32_t usage = 0;
  /// Of CREDUI: CREDUIWIN_*.
  std::uint32_t flags = 0;
  bool remote_session = false;
  bool consent_prompt = false;
};

/// None for what is not ours: changing a password, network logon before sign-in, a program's own prompt, and whatever
/// Windows may think of next.
constexpr std::optional<Scenario> scenario_of(const UsageRequest& request) noexcept {
  constexpr std::uint32_t generic = 0x1;
  constexpr std::uint32_t pack_32_wow = 0x10000000;
  switch (request.usage) {
    case 1:
      return request.remote_session ? Scenario::remote_logon : Scenario::logon;
    case 2:
      return request.remote_session ? Scenario::remote_reconnect : Scenario::unlock;
    case 4:
      if (!request.consent_prompt || (request.flags & (generic | pack_32_wow)) != 0) return std::nullopt;
      return Scenario::credential_prompt;
    default:
      return std::nullopt;
  }
}

/// Whether Windows knows the number at all.
constexpr bool is_known_usage(std::int32_t usage) noexcept {
  return usage >= 1 && usage <= 5;
}

}  // namespace systemlog::provider
