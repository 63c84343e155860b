#include "bridge/policy_note.h"

#include <algorithm>
#include <utility>

#include "platform/crypto.h"

namespace systemlog::bridge {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::uint16_t version = 1;
constexpr std::size_t longest_journal_name = 64;

}  // namespace

Result<PolicyNote> PolicyNote::open(Files& files, const std::filesystem::path& path) {
  Result<SlotFile> file = SlotFile::open(files, path, slot_bytes);
  if (!file && file.error().code == ErrorCode::damaged) {
    if (Result<void> removed = files.remove(path); !removed) return removed.error();
    file = SlotFile::open(files, path, slot_bytes);
  }
  if (!file) return file.error();
  PolicyNote note(std::move(file).value());
  note.read();
  return note;
}

std::array<std::uint8_t, 32> PolicyNote::digest_of(std::string_view asked) {
  std::array<std::uint8_t, 32> digest{};
  // Without hashes nothing of the bridge works; the journal least of all.
  if (const Result<crypto::Digest> made = crypto::digest(crypto::Hash::sha256, {bytes_of(asked)})) {
    std::copy_n(made.value().bytes.begin(), digest.size(), digest.begin());
  }
  return digest;
}

Result<void> PolicyNote::begin(Pending pending) {
  pending_ = std::move(pending);
  return store();
}

Result<void> PolicyNote::settle() {
  pending_.reset();
  return store();
}

void PolicyNote::read() {
  ByteReader reader(file_.payload());
  if (reader.u16() != version || reader.u8() == 0) return;
  Pending found;
  found.journal = reader.text(longest_journal_name);
  found.head = reader.u64();
  for (std::uint8_t& byte : found.asked) byte = reader.u8();
  found.asked_nothing = reader.u8() != 0;
  if (reader.ok()) pending_ = std::move(found);
}

Result<void> PolicyNote::store() {
  ByteWriter writer;
  writer.u16(version);
  writer.u8(pending_ ? 1 : 0);
  if (pending_) {
    writer.text(pending_->journal);
    writer.u64(pending_->head);
    for (const std::uint8_t byte : pending_->asked) writer.u8(byte);
    writer.u8(pending_->asked_nothing ? 1 : 0);
  }
  return file_.store(writer.view());
}

}  // namespace systemlog::bridge
