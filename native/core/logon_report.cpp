#include "core/logon_report.h"

#include "core/json_reading.h"

namespace systemlog {
namespace {

Json otp_json(const ReportedOtp& otp) {
  Json used = Json::array();
  for (const RecoveryCodeId& id : otp.used_recovery_codes) used.push_back(base64url(id));
  const Json step = otp.last_accepted_step ? Json(*otp.last_accepted_step) : Json(nullptr);
  return {{"credential", otp.credential}, {"lastAcceptedStep", step}, {"usedRecoveryCodes", used}};
}

}  // namespace

std::string write_logon_report(const std::vector<ReportedAccount>& accounts) {
  Json list = Json::array();
  for (const ReportedAccount& account : accounts) {
    Json entry = {{"sid", account.sid}, {"enforcement", name(account.enforcement)}, {"codesOff", account.codes_off}};
    if (account.otp) entry["otp"] = otp_json(*account.otp);
    list.push_back(std::move(entry));
  }
  Json report = Json::object();
  report["accounts"] = std::move(list);
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace systemlog
