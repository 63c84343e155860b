#include "core/vault.h"

#include "core/account_names.h"
#include "core/base/checked_reading.h"

namespace systemlog {
namespace {

constexpr std::uint16_t version = 1;
constexpr std::size_t longest_policy_version = 64;
constexpr std::size_t longest_credential = 64;

void write_account(ByteWriter& writer, const VaultAccount& account) {
  writer.u8(static_cast<std::uint8_t>(account.methods));
  writer.text(account.credential);
  writer.u8(account.enrolled_here ? 1 : 0);
  writer.u8(static_cast<std::uint8_t>(account.otp.hash));
  writer.u8(static_cast<std::uint8_t>(account.otp.digits));
  writer.u8(static_cast<std::uint8_t>(account.otp.period_seconds));
  writer.block(account.otp_secret);
  writer.raw(account.recovery.salt);
  writer.u32(static_cast<std::uint32_t>(account.recovery.hashes.size()));
  for (const RecoveryHash& hash : account.recovery.hashes) writer.raw(hash);
  writer.block(account.sealed_password);
  writer.u64(account.sealed_password_epoch);
  writer.u64(account.sealed_under_epoch);
  writer.u8(account.rehearsed ? 1 : 0);
  writer.u8(account.signed_in_through_tile ? 1 : 0);
  writer.i64(account.trial_since_ms);
}

VaultAccount read_account(ByteReader& reader) {
  VaultAccount account;
  account.methods = enumerated(reader, Methods::either);
  account.credential = reader.text(longest_credential);
  account.enrolled_here = flag(reader);
  account.otp.hash = enumerated(reader, crypto::Hash::sha512);
  account.otp.digits = reader.u8();
  account.otp.period_seconds = reader.u8();
  if (!is_supported(account.otp)) reader.fail();
  const ByteView secret = reader.block(longest_otp_secret);
  account.otp_secret.assign(secret.begin(), secret.end());
  account.recovery.salt = reader.array<16>();
  const std::size_t hashes = reader.u32();
  if (hashes > most_recovery_codes) reader.fail();
  for (std::size_t i = 0; i < hashes && reader.ok(); ++i) account.recovery.hashes.push_back(reader.array<32>());
  const ByteView password = reader.block(longest_sealed_password);
  account.sealed_password.assign(password.begin(), password.end());
  account.sealed_password_epoch = reader.u64();
  account.sealed_under_epoch = reader.u64();
  account.rehearsed = flag(reader);
  account.signed_in_through_tile = flag(reader);
  account.trial_since_ms = reader.i64();
  return account;
}

void write_rules(ByteWriter& writer, const DeviceRules& rules) {
  writer.u8(rules.enforcement ? 1 : 0);
  writer.u32(rules.probation_days);
  writer.u8(static_cast<std::uint8_t>(rules.when_bridge_down));
  writer.u8(rules.prompts ? 1 : 0);
  writer.u8(rules.smart_cards ? 1 : 0);
  writer.u8(static_cast<std::uint8_t>(rules.sealed_passwords));
  writer.u32(static_cast<std::uint32_t>(rules.break_glass_sids.size()));
  for (const std::string& sid : rules.break_glass_sids) writer.text(sid);
}

DeviceRules read_rules(ByteReader& reader) {
  DeviceRules rules;
  rules.enforcement = flag(reader);
  rules.probation_days = reader.u32();
  rules.when_bridge_down = enumerated(reader, WhenBridgeDown::deny);
  rules.prompts = flag(reader);
  rules.smart_cards = flag(reader);
  rules.sealed_passwords = enumerated(reader, SealedPasswords::off);
  const std::size_t break_glass = reader.u32();
  if (break_glass > most_break_glass_sids) reader.fail();
  for (std::size_t i = 0; i < break_glass && reader.ok(); ++i) {
    rules.break_glass_sids.push_back(reader.text(longest_sid));
  }
  return rules;
}

}  // namespace

SecretBytes write_vault_content(const VaultContent& content) {
  ByteWriter writer;
  writer.u16(version);
  writer.text(content.policy_version);
  write_rules(writer, content.rules);
  writer.u32(static_cast<std::uint32_t>(content.accounts.size()));
  for (const auto& [sid, account] : content.accounts) {
    writer.text(sid);
    write_account(writer, account);
  }
  return std::move(writer).take();
}

Result<VaultContent> parse_vault_content(ByteView bytes) {
  ByteReader reader(bytes);
  if (reader.u16() != version) return Error{ErrorCode::unsupported_version, "vault content"};
  VaultContent content;
  content.policy_version = reader.text(longest_policy_version);
  content.rules = read_rules(reader);
  const std::size_t accounts = reader.u32();
  if (accounts > most_vault_accounts) reader.fail();
  for (std::size_t i = 0; i < accounts && reader.ok(); ++i) {
    std::string sid = reader.text(longest_sid);
    content.accounts.insert_or_assign(std::move(sid), read_account(reader));
  }
  if (!reader.ok() || !reader.at_end() || content.accounts.size() != accounts) {
    return Error{ErrorCode::malformed, "vault content"};
  }
  return content;
}

}  // namespace systemlog
