// What LSA's answer to our blob means for the one in front of the screen.
#pragma once

#include <cstdint>
#include <string>

#include "provider/texts.h"

namespace systemlog::provider {

/// An NTSTATUS.
using NtStatus = std::int32_t;

enum class LsaOutcome : std::uint8_t {
  accepted,
  wrong_password,
  /// The password was right and is to be changed before it lets anybody in.
  must_change,
  expired,
  account_disabled,
  account_locked,
  account_expired,
  logon_hours,
  workstation,
  restriction,
  logon_type,
  no_logon_servers,
  clock_skew,
  trust,
  smart_card_required,
  /// A new password that is too short, too simple, or was used before.
  password_policy,
  password_too_recent,
  /// LSA does not take this kind of request here.
  not_supported,
  other,
};

/// @param substatus says more about STATUS_ACCOUNT_RESTRICTION and STATUS_LOGON_FAILURE
LsaOutcome lsa_outcome(NtStatus status, NtStatus substatus) noexcept;

/// Its text. An unknown status is named by its number, as support needs it.
std::u16string lsa_text(Language language, LsaOutcome outcome, NtStatus status);

/// `0xC000006D`.
std::u16string status_number(NtStatus status);

}  // namespace systemlog::provider
