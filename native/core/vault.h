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

/// One Windows account linked on this PC, kept by SID.
struct VaultAccount {
  std::string domain;
  std::string name;
  Methods methods = Methods::password;
  bool administrator = false;
  /// Empty: not enrolled here.
  SecretBytes otp_secret;
  OtpParameters otp;
  RecoverySet recovery;
  /// The Windows password for OTP-only sign-in, sealed by the platform (TPM where there is one); empty: none.
  Bytes sealed_password;
  std::int64_t enrolled_at_ms = 0;
  bool rehearsed = false;
  bool signed_in_through_tile = false;
};

struct VaultContent {
  bool enforcement_on = false;
  WhenBridgeDown when_bridge_down = WhenBridgeDown::password_only;
  bool prompts_enabled = false;
  std::vector<std::string> break_glass_sids;
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

 private:
  Vault(Files& files, SecretBox& box, Random& random, std::filesystem::path folder) noexcept;
  Result<void> load(std::uint64_t generation);

  Files* files_;
  SecretBox* box_;
  Random* random_;
  std::filesystem::path folder_;
  std::uint64_t generation_ = 0;
  VaultContent content_;
};

}  // namespace systemlog
