// What the server says about the people of this PC and how they sign in (contract/logon.ts, `devicePolicy`).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt_store.h"
#include "core/policy.h"
#include "core/vault.h"

namespace systemlog {

/// What is needed to check codes of one account, apart from the secret itself.
struct PolicyOtp {
  std::string credential;
  OtpParameters parameters;
  bool enrolled_here = false;
  std::optional<TimeStep> last_accepted_step;
  RecoverySet recovery;
  std::vector<RecoveryCodeId> used_recovery_codes;
};

struct PolicyAccount {
  Methods methods = Methods::password;
  /// None: not enrolled, and what is held of an earlier enrolment goes.
  std::optional<PolicyOtp> otp;
  std::uint64_t sealed_password_epoch = 0;
  std::uint64_t forgiven_epoch = 0;
};

struct CurrentPolicy {
  std::string version;
  DeviceRules rules;
  /// By SID.
  std::map<std::string, PolicyAccount> accounts;
};

struct DevicePolicy {
  std::int64_t server_time_ms = 0;
  /// None: the one this PC has is still in force.
  std::optional<CurrentPolicy> current;
};

/// Takes hostile text: `malformed` for whatever is not such an answer, holds one account twice, or is larger than a
/// vault has room for.
Result<DevicePolicy> parse_device_policy(std::string_view json);

/// What a policy changes in the memory of attempts. Codes used elsewhere are used here; a step is raised, never
/// lowered, and only for the secret it belongs to. A larger `forgivenEpoch` than the one followed last forgives,
/// once. A smaller one, as of another employee on the same account, is taken as the one to count from.
///
/// What is remembered of accounts that are not in the policy stays, so that unlinking and linking anew resets no
/// wait. It goes only when it would take the room of those that are, first where nothing was wrong.
AttemptBook with_policy(AttemptBook book, const CurrentPolicy& policy);

/// What a policy leaves of the vault, and adds to it. Accounts that are not in it go with all that is held of them.
/// The secret goes with its credential, and with it how far the account had come; a sealed password goes with the
/// credential, with a larger epoch than it was sealed under, with methods that never need it, and with rules that
/// forbid it.
VaultContent with_policy(const VaultContent& content, const CurrentPolicy& policy);

/// Whether something secret that `before` holds is not in `after` any more.
bool lost_a_secret(const VaultContent& before, const VaultContent& after);

}  // namespace systemlog
