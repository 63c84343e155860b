// Recovery codes: printed once at enrolment, each good for one sign-in without the authenticator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/attempt_store.h"
#include "platform/random.h"

namespace systemlog {

/// 80 random bits, shown as 16 characters in four groups.
inline constexpr std::size_t recovery_code_bytes = 10;
inline constexpr std::size_t recovery_code_characters = 16;

/// SHA-256 over `systemlog/v1/recovery-code\n`, the 16 salt bytes and the 16 characters.
///
/// Not a slow hash on purpose. PBKDF2 and the like buy time for secrets people think up; these are 80 uniform bits,
/// out of reach of any search at any price per guess, and a slow hash would only make every try at the logon screen
/// slow, once for each code of the set. The salt keeps equal codes of two sets apart.
using RecoveryHash = std::array<std::uint8_t, 32>;
using RecoverySalt = std::array<std::uint8_t, 16>;

/// What the vault keeps of a set.
struct RecoverySet {
  RecoverySalt salt{};
  std::vector<RecoveryHash> hashes;
};

/// A set and its codes, which are shown once and then gone.
struct NewRecoveryCodes {
  RecoverySet set;
  /// Each as shown: `7KQ2-M9XD-…`, 19 ASCII characters.
  std::vector<SecretBytes> shown;
};

/// Of one set: as many as a logon report may name (contract/logon.ts).
inline constexpr std::size_t most_recovery_codes = 40;

Result<NewRecoveryCodes> make_recovery_codes(Random& random, std::size_t count);

/// The hash of a code in its normal form (`normalised_human_code`).
Result<RecoveryHash> recovery_hash(const RecoverySalt& salt, std::string_view code);

/// By which a code is burned here and at the server: the first 16 bytes of its hash.
RecoveryCodeId recovery_code_id(const RecoveryHash& hash) noexcept;

enum class RecoveryVerdict : std::uint8_t { accepted, wrong, used, malformed, unavailable };
std::string_view name(RecoveryVerdict verdict) noexcept;

struct RecoveryResult {
  RecoveryVerdict verdict = RecoveryVerdict::unavailable;
  /// Of the code that was accepted, to be burned everywhere.
  RecoveryCodeId id{};
  /// Codes of the set that are left.
  std::size_t remaining = 0;
};

/// Burns the code and forgives failures and waits, all on the disk before `accepted` is returned. Not throttled: 80
/// bits need none, and it must work when codes are switched off. Every hash is compared, without an early exit.
RecoveryResult use_recovery_code(AttemptStore& store, const std::string& sid, const RecoverySet& set,
                                 std::string_view typed);

/// Burns a code used on another PC, as the server says. The newest are kept when there are too many: the oldest
/// belong to sets long replaced.
void burn_recovery_code(AccountAttempts& account, const RecoveryCodeId& id);
bool is_burned(const AccountAttempts& account, const RecoveryCodeId& id) noexcept;
/// Codes of the set that are left.
std::size_t recovery_codes_left(const AccountAttempts& account, const RecoverySet& set) noexcept;

}  // namespace systemlog
