// What happened at the logon screen of this PC that must hold everywhere (contract/logon.ts, `logonReport`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/attempt_store.h"
#include "core/policy.h"

namespace systemlog {

struct ReportedOtp {
  std::string credential;
  std::optional<TimeStep> last_accepted_step;
  std::vector<RecoveryCodeId> used_recovery_codes;
};

struct ReportedAccount {
  std::string sid;
  Enrolment enforcement = Enrolment::none;
  bool codes_off = false;
  std::optional<ReportedOtp> otp;
};

/// One text for one content.
std::string write_logon_report(const std::vector<ReportedAccount>& accounts);

}  // namespace systemlog
