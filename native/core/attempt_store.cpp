#include "core/attempt_store.h"

#include "platform/crypto.h"

namespace systemlog {
namespace {

constexpr std::string_view key_purpose = "systemlog/v1/attempts-key";
constexpr std::string_view associated = "systemlog/v1/attempts";
constexpr std::uint16_t version = 1;
constexpr std::size_t longest_sid = 200;
constexpr std::size_t longest_credential = 64;
constexpr std::size_t longest_policy_version = 64;
constexpr std::size_t longest_wrapped_key = 4096;

void write_reading(ByteWriter& writer, const ClockReading& reading) {
  writer.i64(reading.wall_ms);
  writer.raw(reading.run);
  writer.u64(reading.uptime_ms);
}

ClockReading read_reading(ByteReader& reader) {
  ClockReading reading;
  reading.wall_ms = reader.i64();
  reading.run = reader.array<16>();
  reading.uptime_ms = reader.u64();
  return reading;
}

void write_account(ByteWriter& writer, const AccountAttempts& account) {
  writer.text(account.credential);
  writer.u8(account.last_accepted_step ? 1 : 0);
  writer.u64(account.last_accepted_step.value_or(0));
  writer.i64(account.drift_steps);
  writer.i64(account.resync_offset_steps);
  writer.u32(account.failures_in_row);
  writer.u8(account.codes_disabled ? 1 : 0);
  write_reading(writer, account.throttle.started);
  writer.u64(account.throttle.wait_ms);
  writer.u32(static_cast<std::uint32_t>(account.burned_recovery_codes.size()));
  for (const RecoveryCodeId& code : account.burned_recovery_codes) writer.raw(code);
  writer.u64(account.forgiven_epoch);
}

AccountAttempts read_account(ByteReader& reader) {
  AccountAttempts account;
  account.credential = reader.text(longest_credential);
  const bool any_accepted = reader.u8() != 0;
  const TimeStep step = reader.u64();
  if (any_accepted) account.last_accepted_step = step;
  const std::int64_t drift = reader.i64();
  if (drift < -2 || drift > 2) reader.fail();
  account.drift_steps = static_cast<int>(drift);
  account.resync_offset_steps = reader.i64();
  account.failures_in_row = reader.u32();
  account.codes_disabled = reader.u8() != 0;
  account.throttle.started = read_reading(reader);
  account.throttle.wait_ms = reader.u64();
  if (account.throttle.wait_ms > longest_wait_ms) reader.fail();
  const std::size_t burned = reader.u32();
  if (burned > AttemptStore::most_burned_codes) reader.fail();
  for (std::size_t i = 0; i < burned && reader.ok(); ++i) account.burned_recovery_codes.push_back(reader.array<16>());
  account.forgiven_epoch = reader.u64();
  return account;
}

}  // namespace

SecretBytes write_book(const AttemptBook& book) {
  ByteWriter writer;
  writer.u16(version);
  writer.u8(book.vouched ? 1 : 0);
  const VouchedTime vouched = book.vouched.value_or(VouchedTime{});
  writer.i64(vouched.true_ms);
  write_reading(writer, vouched.at);
  writer.u64(book.vault_generation);
  writer.u8(book.forgotten_until_wall_ms ? 1 : 0);
  writer.i64(book.forgotten_until_wall_ms.value_or(0));
  writer.text(book.policy_version);
  writer.u32(static_cast<std::uint32_t>(book.accounts.size()));
  for (const auto& [sid, account] : book.accounts) {
    writer.text(sid);
    write_account(writer, account);
  }
  return std::move(writer).take();
}

Result<AttemptBook> parse_book(ByteView bytes) {
  ByteReader reader(bytes);
  if (reader.u16() != version) return Error{ErrorCode::unsupported_version, "attempts"};
  AttemptBook book;
  const bool any_vouched = reader.u8() != 0;
  VouchedTime vouched;
  vouched.true_ms = reader.i64();
  vouched.at = read_reading(reader);
  if (any_vouched) book.vouched = vouched;
  book.vault_generation = reader.u64();
  const bool any_forgotten = reader.u8() != 0;
  const std::int64_t forgotten = reader.i64();
  if (any_forgotten) book.forgotten_until_wall_ms = forgotten;
  book.policy_version = reader.text(longest_policy_version);
  const std::size_t accounts = reader.u32();
  if (accounts > AttemptStore::most_accounts) reader.fail();
  for (std::size_t i = 0; i < accounts && reader.ok(); ++i) {
    std::string sid = reader.text(longest_sid);
    book.accounts.insert_or_assign(std::move(sid), read_account(reader));
  }
  if (!reader.ok() || !reader.at_end() || book.accounts.size() != accounts) {
    return Error{ErrorCode::malformed, "attempts"};
  }
  return book;
}

AttemptStore::AttemptStore(SlotFile slots, Random& random) noexcept : slots_(std::move(slots)), random_(&random) {}

Result<AttemptStore> AttemptStore::open(Files& files, SecretBox& box, Random& random,
                                        const std::filesystem::path& path, const ClockReading& now) {
  Result<SlotFile> slots = SlotFile::open(files, path, slot_bytes);
  if (!slots) return slots.error();
  AttemptStore store(std::move(slots).value(), random);
  const bool blank = store.slots_.payload().empty();
  if (Result<void> ready = blank ? store.make_key(box) : store.load(box); !ready) return ready.error();
  if (store.condition() != SlotFile::Condition::intact) {
    AttemptBook book = store.book_;
    book.forgotten_until_wall_ms = now.wall_ms;
    if (Result<void> saved = store.save(std::move(book)); !saved) return saved.error();
  }
  return store;
}

Result<void> AttemptStore::make_key(SecretBox& box) {
  key_.resize(crypto::aes_key_bytes);
  if (Result<void> filled = random_->fill(key_); !filled) return filled;
  Result<Bytes> wrapped = box.seal(key_, key_purpose);
  if (!wrapped) return wrapped.error();
  wrapped_key_ = std::move(wrapped).value();
  return {};
}

Result<void> AttemptStore::load(SecretBox& box) {
  ByteReader reader(slots_.payload());
  const ByteView wrapped = reader.block(longest_wrapped_key);
  wrapped_key_.assign(wrapped.begin(), wrapped.end());
  const auto nonce = reader.array<crypto::gcm_nonce_bytes>();
  const ByteView sealed = reader.block(slot_bytes);
  if (!reader.ok() || !reader.at_end()) return Error{ErrorCode::malformed, "attempts frame"};
  Result<SecretBytes> key = box.open(wrapped_key_, key_purpose);
  if (!key) return key.error();
  key_ = std::move(key).value();
  const Result<SecretBytes> plain = crypto::aes_gcm_open(key_, nonce, bytes_of(associated), sealed);
  if (!plain) return plain.error();
  Result<AttemptBook> book = parse_book(plain.value());
  if (!book) return book.error();
  book_ = std::move(book).value();
  written_vouched_ = book_.vouched;
  return {};
}

AccountAttempts AttemptStore::account(const std::string& sid) const {
  const auto found = book_.accounts.find(sid);
  return found == book_.accounts.end() ? AccountAttempts{} : found->second;
}

Result<void> AttemptStore::save(AttemptBook book) {
  if (book.accounts.size() > most_accounts) return Error{ErrorCode::too_long, "accounts"};
  std::array<std::uint8_t, crypto::gcm_nonce_bytes> nonce{};
  if (Result<void> filled = random_->fill(nonce); !filled) return filled;
  const Result<Bytes> sealed = crypto::aes_gcm_seal(key_, nonce, bytes_of(associated), write_book(book));
  if (!sealed) return sealed.error();
  ByteWriter frame;
  frame.block(wrapped_key_);
  frame.raw(nonce);
  frame.block(sealed.value());
  if (Result<void> stored = slots_.store(frame.view()); !stored) return stored;
  book_ = std::move(book);
  written_vouched_ = book_.vouched;
  return {};
}

Result<void> AttemptStore::vouch(const VouchedTime& vouched) {
  constexpr std::uint64_t written_again_after_ms = 3'600'000;
  book_.vouched = vouched;
  const bool is_recent = written_vouched_ && written_vouched_->at.run == vouched.at.run &&
                         vouched.at.uptime_ms - written_vouched_->at.uptime_ms < written_again_after_ms;
  return is_recent ? Result<void>{} : save(book_);
}

Result<void> AttemptStore::save(const std::string& sid, AccountAttempts attempts) {
  AttemptBook book = book_;
  book.accounts.insert_or_assign(sid, std::move(attempts));
  return save(std::move(book));
}

}  // namespace systemlog
