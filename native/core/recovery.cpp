#include "core/recovery.h"

#include <algorithm>

#include "core/code_verifier.h"
#include "core/human_code.h"
#include "platform/crypto.h"

namespace systemlog {
namespace {

constexpr std::string_view domain = "systemlog/v1/recovery-code\n";

}  // namespace

std::string_view name(RecoveryVerdict verdict) noexcept {
  switch (verdict) {
    case RecoveryVerdict::accepted:
      return "accepted";
    case RecoveryVerdict::wrong:
      return "wrong";
    case RecoveryVerdict::used:
      return "used";
    case RecoveryVerdict::malformed:
      return "malformed";
    case RecoveryVerdict::unavailable:
      return "unavailable";
  }
  return "unknown";
}

Result<RecoveryHash> recovery_hash(const RecoverySalt& salt, std::string_view code) {
  const Result<crypto::Digest> digest =
      crypto::digest(crypto::Hash::sha256, {bytes_of(domain), salt, bytes_of(code)});
  if (!digest) return digest.error();
  RecoveryHash hash{};
  std::copy_n(digest.value().bytes.begin(), hash.size(), hash.begin());
  return hash;
}

RecoveryCodeId recovery_code_id(const RecoveryHash& hash) noexcept {
  RecoveryCodeId id{};
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

Result<NewRecoveryCodes> make_recovery_codes(Random& random, std::size_t count) {
  if (count == 0 || count > most_recovery_codes) return Error{ErrorCode::invalid_argument, "recovery codes"};
  NewRecoveryCodes made;
  if (Result<void> filled = random.fill(made.set.salt); !filled) return filled.error();
  for (std::size_t i = 0; i < count; ++i) {
    SecretBytes bits(recovery_code_bytes);
    if (Result<void> filled = random.fill(bits); !filled) return filled.error();
    std::string code = human_code(bits);
    const Result<RecoveryHash> hash = recovery_hash(made.set.salt, code);
    if (!hash) return hash.error();
    made.set.hashes.push_back(hash.value());
    std::string shown = grouped(code);
    made.shown.emplace_back(shown.begin(), shown.end());
    wipe(shown);
    wipe(code);
  }
  return made;
}

RecoveryResult use_recovery_code(AttemptStore& store, const std::string& sid, const RecoverySet& set,
                                 std::string_view typed) {
  std::optional<std::string> code = normalised_human_code(typed, recovery_code_characters);
  if (!code) return {RecoveryVerdict::malformed, {}, 0};
  const Result<RecoveryHash> hash = recovery_hash(set.salt, *code);
  wipe(*code);
  if (!hash) return {};
  bool known = false;
  for (const RecoveryHash& kept : set.hashes) known = constant_time_equal(kept, hash.value()) || known;
  if (!known) return {RecoveryVerdict::wrong, {}, 0};

  const RecoveryCodeId id = recovery_code_id(hash.value());
  AccountAttempts account = store.account(sid);
  if (is_burned(account, id)) return {RecoveryVerdict::used, {}, 0};
  burn_recovery_code(account, id);
  forgive(account);
  const std::size_t remaining = recovery_codes_left(account, set);
  if (Result<void> saved = store.save(sid, std::move(account)); !saved) return {};
  return {RecoveryVerdict::accepted, id, remaining};
}

bool is_burned(const AccountAttempts& account, const RecoveryCodeId& id) noexcept {
  const auto& burned = account.burned_recovery_codes;
  return std::find(burned.begin(), burned.end(), id) != burned.end();
}

void burn_recovery_code(AccountAttempts& account, const RecoveryCodeId& id) {
  auto& burned = account.burned_recovery_codes;
  if (is_burned(account, id)) return;
  if (burned.size() == AttemptStore::most_burned_codes) burned.erase(burned.begin());
  burned.push_back(id);
}

std::size_t recovery_codes_left(const AccountAttempts& account, const RecoverySet& set) noexcept {
  const auto left = std::count_if(set.hashes.begin(), set.hashes.end(), [&](const RecoveryHash& kept) {
    return !is_burned(account, recovery_code_id(kept));
  });
  return static_cast<std::size_t>(left);
}

}  // namespace systemlog
