#include "core/vault.h"

namespace systemlog {
namespace {

constexpr std::uint16_t version = 1;
constexpr std::size_t most_accounts = 1000;
constexpr std::size_t most_break_glass = 100;
constexpr std::size_t longest_name = 2048;
constexpr std::size_t longest_sid = 200;
constexpr std::size_t longest_secret = 128;
constexpr std::size_t longest_sealed_password = 65536;

/// A number that must name one of an enumeration's values, 0 … `last`.
template <typename E>
E enumerated(ByteReader& reader, E last) noexcept {
  const std::uint8_t value = reader.u8();
  if (value > static_cast<std::uint8_t>(last)) reader.fail();
  return static_cast<E>(value);
}

bool flag(ByteReader& reader) noexcept {
  const std::uint8_t value = reader.u8();
  if (value > 1) reader.fail();
  return value == 1;
}

void write_account(ByteWriter& writer, const VaultAccount& account) {
  writer.text(account.domain);
  writer.text(account.name);
  writer.u8(static_cast<std::uint8_t>(account.methods));
  writer.u8(account.administrator ? 1 : 0);
  writer.block(account.otp_secret);
  writer.u8(static_cast<std::uint8_t>(account.otp.hash));
  writer.u8(static_cast<std::uint8_t>(account.otp.digits));
  writer.u8(static_cast<std::uint8_t>(account.otp.period_seconds));
  writer.raw(account.recovery.salt);
  writer.u32(static_cast<std::uint32_t>(account.recovery.hashes.size()));
  for (const RecoveryHash& hash : account.recovery.hashes) writer.raw(hash);
  writer.block(account.sealed_password);
  writer.i64(account.enrolled_at_ms);
  writer.u8(account.rehearsed ? 1 : 0);
  writer.u8(account.signed_in_through_tile ? 1 : 0);
}

VaultAccount read_account(ByteReader& reader) {
  VaultAccount account;
  account.domain = reader.text(longest_name);
  account.name = reader.text(longest_name);
  account.methods = enumerated(reader, Methods::either);
  account.administrator = flag(reader);
  const ByteView secret = reader.block(longest_secret);
  account.otp_secret.assign(secret.begin(), secret.end());
  account.otp.hash = enumerated(reader, crypto::Hash::sha512);
  account.otp.digits = reader.u8();
  account.otp.period_seconds = reader.u8();
  if (!is_supported(account.otp)) reader.fail();
  account.recovery.salt = reader.array<16>();
  const std::size_t hashes = reader.u32();
  if (hashes > most_recovery_codes) reader.fail();
  for (std::size_t i = 0; i < hashes && reader.ok(); ++i) account.recovery.hashes.push_back(reader.array<32>());
  const ByteView password = reader.block(longest_sealed_password);
  account.sealed_password.assign(password.begin(), password.end());
  account.enrolled_at_ms = reader.i64();
  account.rehearsed = flag(reader);
  account.signed_in_through_tile = flag(reader);
  return account;
}

}  // namespace

SecretBytes write_vault_content(const VaultContent& content) {
  ByteWriter writer;
  writer.u16(version);
  writer.u8(content.enforcement_on ? 1 : 0);
  writer.u8(static_cast<std::uint8_t>(content.when_bridge_down));
  writer.u8(content.prompts_enabled ? 1 : 0);
  writer.u32(static_cast<std::uint32_t>(content.break_glass_sids.size()));
  for (const std::string& sid : content.break_glass_sids) writer.text(sid);
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
  content.enforcement_on = flag(reader);
  content.when_bridge_down = enumerated(reader, WhenBridgeDown::deny);
  content.prompts_enabled = flag(reader);
  const std::size_t break_glass = reader.u32();
  if (break_glass > most_break_glass) reader.fail();
  for (std::size_t i = 0; i < break_glass && reader.ok(); ++i) {
    content.break_glass_sids.push_back(reader.text(longest_sid));
  }
  const std::size_t accounts = reader.u32();
  if (accounts > most_accounts) reader.fail();
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
