#pragma once

#include <functional>

#include "bridge/uplink/policy_holder.h"

namespace systemlog::test {

/// A desk that takes any text for a policy and its version.
class FakePolicyHolder final : public bridge::PolicyHolder {
 public:
  std::string text = "r0";
  std::string version;
  std::vector<SecretDue> due;
  std::vector<std::string> secrets;
  Result<bool> policy_result = true;
  Result<void> secret_result;
  bool keeps_missing = false;
  std::function<void()> on_policy;

  std::string report() const override { return text; }
  std::string policy_version() const override { return version; }
  std::vector<SecretDue> secrets_due() const override { return due; }
  Result<bool> take_policy(std::string_view json) override {
    if (!policy_result) return policy_result;
    const bool changed = version != json;
    version = json;
    if (on_policy) on_policy();
    return changed;
  }
  Result<void> take_secret(const std::string& sid, std::string_view json) override {
    if (!secret_result) return secret_result;
    secrets.emplace_back(json);
    if (!keeps_missing) std::erase_if(due, [&sid](const SecretDue& one) { return one.sid == sid; });
    return {};
  }
};

}  // namespace systemlog::test
