// What must be remembered about sign-in attempts: used codes, failures, waits, burned recovery codes.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/otp.h"
#include "core/slot_file.h"
#include "core/throttle.h"
#include "platform/random.h"
#include "platform/secret_box.h"

namespace systemlog {

/// Names a recovery code without giving it away: the first bytes of its hash.
using RecoveryCodeId = std::array<std::uint8_t, 16>;

/// One account's memory, kept by SID.
struct AccountAttempts {
  /// Names the OTP secret that the steps and offsets below belong to; empty before the first.
  std::string credential;
  std::optional<TimeStep> last_accepted_step;
  /// How many steps the person's authenticator is ahead of this PC, learned from accepted codes; -2 … 2.
  int drift_steps = 0;
  /// Set by a resynchronisation; 0 when there is none.
  std::int64_t resync_offset_steps = 0;
  std::uint32_t failures_in_row = 0;
  bool codes_disabled = false;
  Throttle throttle;
  std::vector<RecoveryCodeId> burned_recovery_codes;
  /// The policy's `forgivenEpoch` that was followed last; a larger one forgives.
  std::uint64_t forgiven_epoch = 0;
};

/// A moment the server vouched for: true time, and where it lay in the clock run.
struct VouchedTime {
  std::int64_t true_ms = 0;
  ClockReading at;
};

struct AttemptBook {
  std::optional<VouchedTime> vouched;
  /// Highest generation of the vault that was ever opened here, so that an older file put back is noticed.
  std::uint64_t vault_generation = 0;
  /// Set when the newest state may be lost: no code of a step up to this moment is taken any more, because it could
  /// be one whose use was forgotten.
  std::optional<std::int64_t> forgotten_until_wall_ms;
  /// Of the policy whose used codes and forgiveness are in here; another than the vault's when one of the two was
  /// lost.
  std::string policy_version;
  std::map<std::string, AccountAttempts> accounts;
};

/// Keeps the book in its own file, apart from the vault, so that it never rolls back with it: AES-256-GCM in a
/// `SlotFile`, preallocated so that a full disk does not stop sign-ins.
class AttemptStore {
 public:
  /// Room for 1,000 accounts of a domain with 40 burned codes each.
  static constexpr std::size_t slot_bytes = std::size_t{1024} * 1024;
  static constexpr std::size_t most_accounts = 1000;
  static constexpr std::size_t most_burned_codes = 80;

  /// @param now stands in `forgotten_until_wall_ms` when the file was missing or its newest state did not read
  static Result<AttemptStore> open(Files& files, SecretBox& box, Random& random, const std::filesystem::path& path,
                                   const ClockReading& now);

  SlotFile::Condition condition() const noexcept { return slots_.condition(); }
  const AttemptBook& book() const noexcept { return book_; }
  /// The account's memory, or a fresh one.
  AccountAttempts account(const std::string& sid) const;

  /// Returns when the book is on the disk; only then is it the one held.
  Result<void> save(AttemptBook book);
  /// Saves the book with one account's memory changed.
  Result<void> save(const std::string& sid, AccountAttempts attempts);

  /// Takes a newer vouched time. It counts at once; it is written at once only when what the disk has is of another
  /// clock run or an hour older, else along with the next save: a server that is asked every minute is not worth a
  /// write every minute.
  Result<void> vouch(const VouchedTime& vouched);

 private:
  AttemptStore(SlotFile slots, Random& random) noexcept;
  Result<void> load(SecretBox& box);
  Result<void> make_key(SecretBox& box);

  SlotFile slots_;
  Random* random_;
  SecretBytes key_;
  Bytes wrapped_key_;
  AttemptBook book_;
  /// As on the disk.
  std::optional<VouchedTime> written_vouched_;
};

/// The book as bytes and back; `malformed` for anything not written by `write_book`.
SecretBytes write_book(const AttemptBook& book);
Result<AttemptBook> parse_book(ByteView bytes);

}  // namespace systemlog
