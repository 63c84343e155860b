#pragma once

#include <string>

#include "core/base/result.h"

namespace systemlog {

/// A Windows account as the system knows it, UTF-8.
struct SystemAccount {
  std::string sid;
  std::string domain;
  std::string name;
  bool is_administrator = false;
};

/// Names to SIDs and back.
class AccountLookup {
 public:
  virtual ~AccountLookup() = default;
  /// @param name `DOMAIN\user`, or `user@domain`
  virtual Result<SystemAccount> by_name(const std::string& name) noexcept = 0;
  virtual Result<SystemAccount> by_sid(const std::string& sid) noexcept = 0;
  /// NetBIOS name of this computer: the domain of its local accounts.
  virtual std::string computer_name() noexcept = 0;
};

}  // namespace systemlog
