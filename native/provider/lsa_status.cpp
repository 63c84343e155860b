#include "provider/lsa_status.h"

#include <array>
#include <optional>

namespace systemlog::provider {
namespace {

struct Known {
  std::uint32_t status;
  LsaOutcome outcome;
};
// ntstatus.h
constexpr std::array known = {
    Known{0xC0000064, LsaOutcome::wrong_password},       // STATUS_NO_SUCH_USER: not told apart from a wrong password
    Known{0xC000006A, LsaOutcome::wrong_password},       // STATUS_WRONG_PASSWORD
    Known{0xC000006D, LsaOutcome::wrong_password},       // STATUS_LOGON_FAILURE
    Known{0xC000006B, LsaOutcome::password_policy},      // STATUS_ILL_FORMED_PASSWORD
    Known{0xC000006C, LsaOutcome::password_policy},      // STATUS_PASSWORD_RESTRICTION
    Known{0xC000025A, LsaOutcome::password_policy},      // STATUS_PWD_TOO_SHORT
    Known{0xC000025C, LsaOutcome::password_policy},      // STATUS_PWD_HISTORY_CONFLICT
    Known{0xC000025B, LsaOutcome::password_too_recent},  // STATUS_PWD_TOO_RECENT
    Known{0xC000006E, LsaOutcome::restriction},          // STATUS_ACCOUNT_RESTRICTION
    Known{0xC000006F, LsaOutcome::logon_hours},          // STATUS_INVALID_LOGON_HOURS
    Known{0xC0000070, LsaOutcome::workstation},          // STATUS_INVALID_WORKSTATION
    Known{0xC0000071, LsaOutcome::expired},              // STATUS_PASSWORD_EXPIRED
    Known{0xC0000072, LsaOutcome::account_disabled},     // STATUS_ACCOUNT_DISABLED
    Known{0xC0000193, LsaOutcome::account_expired},      // STATUS_ACCOUNT_EXPIRED
    Known{0xC0000224, LsaOutcome::must_change},          // STATUS_PASSWORD_MUST_CHANGE
    Known{0xC0000234, LsaOutcome::account_locked},       // STATUS_ACCOUNT_LOCKED_OUT
    Known{0xC000015B, LsaOutcome::logon_type},           // STATUS_LOGON_TYPE_NOT_GRANTED
    Known{0xC000005E, LsaOutcome::no_logon_servers},     // STATUS_NO_LOGON_SERVERS
    Known{0xC0000133, LsaOutcome::clock_skew},           // STATUS_TIME_DIFFERENCE_AT_DC
    Known{0xC000018A, LsaOutcome::trust},                // STATUS_NO_TRUST_LSA_SECRET
    Known{0xC000018B, LsaOutcome::trust},                // STATUS_NO_TRUST_SAM_ACCOUNT
    Known{0xC000018C, LsaOutcome::trust},                // STATUS_TRUSTED_DOMAIN_FAILURE
    Known{0xC000018D, LsaOutcome::trust},                // STATUS_TRUSTED_RELATIONSHIP_FAILURE
    Known{0xC00002FA, LsaOutcome::smart_card_required},  // STATUS_SMARTCARD_LOGON_REQUIRED
    Known{0xC0000002, LsaOutcome::not_supported},        // STATUS_NOT_IMPLEMENTED
    Known{0xC000000D, LsaOutcome::not_supported},        // STATUS_INVALID_PARAMETER
    Known{0xC00000BB, LsaOutcome::not_supported},        // STATUS_NOT_SUPPORTED
    Known{0xC0000003, LsaOutcome::not_supported},        // STATUS_INVALID_INFO_CLASS
};

std::optional<LsaOutcome> find(NtStatus status) noexcept {
  for (const Known& entry : known) {
    if (entry.status == static_cast<std::uint32_t>(status)) return entry.outcome;
  }
  return std::nullopt;
}

Text text_of(LsaOutcome outcome) noexcept {
  switch (outcome) {
    case LsaOutcome::wrong_password:
      return Text::lsa_wrong_password;
    case LsaOutcome::must_change:
      return Text::hint_must_change;
    case LsaOutcome::expired:
      return Text::hint_expired;
    case LsaOutcome::account_disabled:
      return Text::lsa_account_disabled;
    case LsaOutcome::account_locked:
      return Text::lsa_account_locked;
    case LsaOutcome::account_expired:
      return Text::lsa_account_expired;
    case LsaOutcome::logon_hours:
      return Text::lsa_logon_hours;
    case LsaOutcome::workstation:
      return Text::lsa_workstation;
    case LsaOutcome::restriction:
      return Text::lsa_restriction;
    case LsaOutcome::logon_type:
      return Text::lsa_logon_type;
    case LsaOutcome::no_logon_servers:
      return Text::lsa_no_logon_servers;
    case LsaOutcome::clock_skew:
      return Text::lsa_clock_skew;
    case LsaOutcome::trust:
      return Text::lsa_trust;
    case LsaOutcome::smart_card_required:
      return Text::lsa_smart_card_required;
    case LsaOutcome::password_policy:
      return Text::lsa_password_policy;
    case LsaOutcome::password_too_recent:
      return Text::lsa_password_too_recent;
    case LsaOutcome::accepted:
    case LsaOutcome::not_supported:
    case LsaOutcome::other:
      return Text::lsa_other;
  }
  return Text::lsa_other;
}

}  // namespace

LsaOutcome lsa_outcome(NtStatus status, NtStatus substatus) noexcept {
  if (status >= 0) return LsaOutcome::accepted;
  const LsaOutcome outcome = find(status).value_or(LsaOutcome::other);
  const bool substatus_says_more = outcome == LsaOutcome::restriction || outcome == LsaOutcome::wrong_password;
  if (substatus_says_more && substatus < 0) return find(substatus).value_or(outcome);
  return outcome;
}

std::u16string lsa_text(Language language, LsaOutcome outcome, NtStatus status) {
  return text(language, text_of(outcome), {{u"code", status_number(status)}});
}

std::u16string status_number(NtStatus status) {
  constexpr std::u16string_view digits = u"0123456789ABCDEF";
  std::u16string number = u"0x";
  for (unsigned shift = 32; shift > 0; shift -= 4) {
    number.push_back(digits[(static_cast<std::uint32_t>(status) >> (shift - 4)) & 0xFU]);
  }
  return number;
}

}  // namespace systemlog::provider
