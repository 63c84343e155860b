// A stand-in for the server's side of logon: says policies and releases secrets in the shape of contract/logon.ts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/device_keys.h"
#include "core/recovery.h"

namespace systemlog::test {

/// An account as the server has it. What is changed here is said by the next policy.
struct ServerAccount {
  std::string methods = "otp+password";
  /// Empty: not enrolled.
  std::string credential = "0190a6f0-7c00-7000-8000-00000000000a";
  bool enrolled_here = true;
  Bytes secret = Bytes(20, 0x42);
  std::optional<std::uint64_t> last_accepted_step;
  RecoverySet recovery;
  /// Positions in `recovery`.
  std::vector<std::size_t> used_recovery_codes;
  std::uint64_t sealed_password_epoch = 0;
  std::uint64_t forgiven_epoch = 0;
};

struct LogonServer {
  std::string device = std::string(43, 'd');
  Bytes device_secret = Bytes(device_secret_bytes, 7);

  bool enforcement = true;
  unsigned probation_days = 14;
  std::string when_bridge_down = "password-only";
  bool prompts = false;
  std::string sealed_password = "allowed";
  std::vector<std::string> break_glass_sids;
  std::map<std::string, ServerAccount> accounts;

  /// `status: current`. The version is a hash of all but the time, as the server's is.
  std::string policy(std::int64_t now_ms) const;
  std::string version() const;
  std::string unchanged(std::int64_t now_ms) const;
  /// The secret of an account, encrypted to the device.
  std::string released(const std::string& sid, std::int64_t now_ms) const;

 private:
  std::string content() const;
};

}  // namespace systemlog::test
