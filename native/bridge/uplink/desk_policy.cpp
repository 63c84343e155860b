#include "bridge/uplink/policy_holder.h"

namespace systemlog::bridge {

std::string DeskPolicy::report() const {
  return desk_->report();
}
std::string DeskPolicy::policy_version() const {
  return desk_->policy_version();
}
std::vector<SecretDue> DeskPolicy::secrets_due() const {
  return desk_->secrets_due();
}
Result<bool> DeskPolicy::take_policy(std::string_view json) {
  return desk_->take_policy(json);
}
Result<void> DeskPolicy::take_secret(const std::string& sid, std::string_view json) {
  return desk_->take_secret(sid, json);
}

}  // namespace systemlog::bridge
