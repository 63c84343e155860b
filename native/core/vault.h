// The sealed file with OTP secrets and policy on a PC.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/otp.h"
#include "core/policy.h"
#include "core/recovery.h"
#include "platform/files.h"
#include "platform/random.h"
#include "platform/secret_box.h"

namespace systemlog {

/// What a vault has room for; a policy with more is refused.
inline constexpr std::size_t most_vault_accounts = 1000;
inline constexpr std::size_t most_break_glass_sids = 100;
inline constexpr std::size_t longest_sid = 200;
inline constexpr std::size_t longest_otp_secret = 128;

/// One Windows account linked on this PC, kept by SID.
struct VaultAccount {
  Methods methods = Methods::password;
  /// Names the OTP secret this PC should have (contract/logon.ts, `credentialId`); empty: not enrolled.
  std::string credential;
  /// Enrolled by this account on this PC: the server releases the secret without a code.
  bool enrolled_here = false;
  OtpParameters otp;
  /// Empty: not released to this PC yet.
  SecretBytes otp_secret;
  RecoverySet recovery;
  /// The Windows password for OTP-only sign-in, sealed by the platform (TPM where there is one); empty: none.
  Bytes sealed_password;
  /// The policy's `sealedPasswordEpoch` now, and when the password was sealed.
  std::uint64_t sealed_password_epoch = 0;
  std::uint64_t sealed_under_epoch = 0;
  bool rehearsed = false;
  bool signed_in_through_tile = false;
  /// Since when the days of probation count: the secret's arrival on this PC, or the rehearsal that began them anew.
  std::int64_t trial_since_ms = 0;
};

struct VaultContent {
  /// Of the policy that `rules` and `accounts` follow; empty before the first.
  std::string policy_version;
  DeviceRules rules;
  std::map<std::string, VaultAccount> accounts;
};

/// Content as bytes and back; `malformed` for anything not written by `write_vault_content`.
SecretBytes write_vault_content(const VaultContent& content);
Result<VaultContent> parse_vault_content(ByteView bytes);

/// Keeps the content in a folder as `vault-<generation>`: AES-256-GCM under a key that is new with every generation
/// and sealed by the platform's `SecretBox`.
///
///     file = "SLV1" | version u16 | generation u64 | wrapped key (u32 length, bytes) | nonce 12 | sealed (u32
///     length, bytes)
///
/// Everything before the sealed part is its associated data. A generation is written under a temporary name, flushed
/// and renamed, so that a name never stands on half a file. The generation before is kept and offered when the newest
/// is damaged; it is never taken in silence.
class Vault {
 public:
  static constexpr std::size_t longest_file = std::size_t{4} * 1024 * 1024;

  /// Opens the newest generation; a folder without one is an empty vault of generation 0.
  /// `damaged`, `authentication-failed` when the newest does not read, `rolled-back` when it is older than
  /// `known_generation` (`AttemptBook::vault_generation`).
  static Result<Vault> open(Files& files, SecretBox& box, Random& random, const std::filesystem::path& folder,
                            std::uint64_t known_generation);

  /// The generation before the newest, for an administrator who was told that the newest is lost. Its content is that
  /// of then: methods and secrets that were withdrawn since are back. Saving it makes a new generation after all
  /// others.
  static Result<Vault> open_previous(Files& files, SecretBox& box, Random& random,
                                     const std::filesystem::path& folder, std::uint64_t known_generation);

  const VaultContent& content() const noexcept { return content_; }
  std::uint64_t generation() const noexcept { return generation_; }

  /// Returns when the content will survive a power loss. After a failure the generation before is in force.
  Result<void> save(VaultContent content);

  /// Removes the generation before the newest: for what must not be found there any more either.
  Result<void> forget_previous();

 private:
  Vault(Files& files, SecretBox& box, Random& random, std::filesystem::path folder) noexcept;
  Result<void> load(std::uint64_t generation);
  Result<void> remove_before(std::uint64_t oldest_kept);

  Files* files_;
  SecretBox* box_;
  Random* random_;
  std::filesystem::path folder_;
  std::uint64_t generation_ = 0;
  VaultContent content_;
};

}  // namespace systemlog
