#include <algorithm>

#include "core/code_verifier.h"
#include "core/device_policy.h"

namespace systemlog {
namespace {

void make_room(AttemptBook& book, const CurrentPolicy& policy) {
  const auto is_linked = [&policy](const auto& entry) { return policy.accounts.contains(entry.first); };
  auto unlinked = book.accounts.size() -
                  static_cast<std::size_t>(std::count_if(book.accounts.begin(), book.accounts.end(), is_linked));
  for (const bool blameless_only : {true, false}) {
    for (auto entry = book.accounts.begin(); entry != book.accounts.end();) {
      if (unlinked + policy.accounts.size() <= AttemptStore::most_accounts) return;
      const bool stays = is_linked(*entry) || (blameless_only && entry->second.failures_in_row > 0);
      if (stays) {
        ++entry;
        continue;
      }
      entry = book.accounts.erase(entry);
      --unlinked;
    }
  }
}

void follow(AccountAttempts& attempts, const PolicyAccount& said) {
  if (said.forgiven_epoch > attempts.forgiven_epoch) forgive(attempts);
  attempts.forgiven_epoch = said.forgiven_epoch;
  if (!said.otp) return;
  if (said.otp->last_accepted_step && said.otp->credential == attempts.credential) {
    raise_accepted_step(attempts, *said.otp->last_accepted_step);
  }
  for (const RecoveryCodeId& id : said.otp->used_recovery_codes) burn_recovery_code(attempts, id);
}

/// @param held as it was; a fresh one for an account that is new
VaultAccount followed(VaultAccount held, const PolicyAccount& said, SealedPasswords rule) {
  const std::string credential = said.otp ? said.otp->credential : std::string();
  if (held.credential != credential) held = VaultAccount{};
  held.methods = said.methods;
  held.credential = credential;
  held.sealed_password_epoch = said.sealed_password_epoch;
  if (said.otp) {
    held.enrolled_here = said.otp->enrolled_here;
    held.otp = said.otp->parameters;
    held.recovery = said.otp->recovery;
  }
  const bool ever_needed = said.methods == Methods::otp || said.methods == Methods::either;
  if (!ever_needed || rule == SealedPasswords::off || said.sealed_password_epoch > held.sealed_under_epoch) {
    held.sealed_password.clear();
  }
  return held;
}

}  // namespace

AttemptBook with_policy(AttemptBook book, const CurrentPolicy& policy) {
  book.policy_version = policy.version;
  make_room(book, policy);
  for (const auto& [sid, said] : policy.accounts) follow(book.accounts[sid], said);
  return book;
}

VaultContent with_policy(const VaultContent& content, const CurrentPolicy& policy) {
  VaultContent next{policy.version, policy.rules, {}};
  for (const auto& [sid, said] : policy.accounts) {
    const auto found = content.accounts.find(sid);
    VaultAccount held = found == content.accounts.end() ? VaultAccount{} : found->second;
    next.accounts.emplace(sid, followed(std::move(held), said, policy.rules.sealed_passwords));
  }
  return next;
}

bool lost_a_secret(const VaultContent& before, const VaultContent& after) {
  return std::any_of(before.accounts.begin(), before.accounts.end(), [&after](const auto& entry) {
    const auto& [sid, held] = entry;
    const auto found = after.accounts.find(sid);
    const bool is_gone = found == after.accounts.end();
    return (!held.otp_secret.empty() && (is_gone || found->second.otp_secret != held.otp_secret)) ||
           (!held.sealed_password.empty() && (is_gone || found->second.sealed_password != held.sealed_password));
  });
}

}  // namespace systemlog
