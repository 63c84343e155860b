// LSA, as the rehearsal asks it what Winlogon would ask it. Behind an interface: Wine's LSA says yes to everything.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "provider/lsa_status.h"

namespace systemlog::provider {

struct LsaAnswer {
  NtStatus status = 0;
  NtStatus substatus = 0;
};

class LsaLogon {
 public:
  LsaLogon() = default;
  LsaLogon(const LsaLogon&) = delete;
  LsaLogon& operator=(const LsaLogon&) = delete;
  LsaLogon(LsaLogon&&) = delete;
  LsaLogon& operator=(LsaLogon&&) = delete;
  virtual ~LsaLogon() = default;

  /// Hands over a tile's blob and lets go of the session it opens, at once.
  /// @param blob of a sign-in, or of a change of password
  virtual LsaAnswer judge(std::uint32_t package, std::span<std::uint8_t> blob) noexcept = 0;
};

std::unique_ptr<LsaLogon> system_lsa();

}  // namespace systemlog::provider
