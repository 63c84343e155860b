// What the uplink asks of the logon desk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/logon_desk.h"

namespace systemlog::bridge {

/// As `LogonDesk` has it.
class PolicyHolder {
 public:
  virtual ~PolicyHolder() = default;
  virtual std::string report() const = 0;
  virtual std::string policy_version() const = 0;
  virtual std::vector<SecretDue> secrets_due() const = 0;
  virtual Result<bool> take_policy(std::string_view json) = 0;
  virtual Result<void> take_secret(const std::string& sid, std::string_view json) = 0;
};

class DeskPolicy final : public PolicyHolder {
 public:
  explicit DeskPolicy(LogonDesk& desk) noexcept : desk_(&desk) {}

  std::string report() const override;
  std::string policy_version() const override;
  std::vector<SecretDue> secrets_due() const override;
  Result<bool> take_policy(std::string_view json) override;
  Result<void> take_secret(const std::string& sid, std::string_view json) override;

 private:
  LogonDesk* desk_;
};

}  // namespace systemlog::bridge
