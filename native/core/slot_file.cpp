#include "core/slot_file.h"

#include <algorithm>
#include <optional>

namespace systemlog {
namespace {

constexpr std::uint32_t magic = 0x31534C53;  // "SLS1"
constexpr std::size_t header_bytes = 20;

SecretBytes slot_of(std::uint64_t generation, ByteView payload) {
  ByteWriter covered;
  covered.u64(generation);
  covered.u32(static_cast<std::uint32_t>(payload.size()));
  ByteWriter slot;
  slot.u32(magic);
  slot.raw(covered.view());
  slot.u32(crc32c(payload, crc32c(covered.view())));
  slot.raw(payload);
  return std::move(slot).take();
}

struct ReadSlot {
  std::uint64_t generation = 0;
  ByteView payload;
};

std::optional<ReadSlot> parse_slot(ByteView slot) {
  ByteReader reader(slot);
  const std::uint32_t found_magic = reader.u32();
  ReadSlot read;
  read.generation = reader.u64();
  const std::uint32_t length = reader.u32();
  const std::uint32_t crc = reader.u32();
  read.payload = reader.raw(length);
  if (!reader.ok() || found_magic != magic || read.generation == 0) return std::nullopt;
  if (crc32c(read.payload, crc32c(slot.subspan(4, 12))) != crc) return std::nullopt;
  return read;
}

bool is_blank(ByteView slot) noexcept {
  return std::all_of(slot.begin(), slot.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

SlotFile::SlotFile(std::unique_ptr<File> file, std::size_t slot_bytes) noexcept
    : file_(std::move(file)), slot_bytes_(slot_bytes) {}

Result<SlotFile> SlotFile::open(Files& files, const std::filesystem::path& path, std::size_t slot_bytes) {
  Result<std::unique_ptr<File>> existing = files.open(path, Files::Open::existing);
  if (existing) {
    SlotFile slots(std::move(existing).value(), slot_bytes);
    if (Result<void> loaded = slots.load(); !loaded) return loaded.error();
    return slots;
  }
  if (existing.error().code != ErrorCode::not_found) return existing.error();

  // Made whole under another name first: a half-made file must not look like a damaged one.
  std::filesystem::path fresh = path;
  fresh += ".new";
  {
    Result<std::unique_ptr<File>> file = files.open(fresh, Files::Open::create_new);
    if (!file) return file.error();
    if (Result<void> reserved = file.value()->preallocate(2 * slot_bytes); !reserved) return reserved.error();
  }
  if (Result<void> named = files.replace(fresh, path); !named) return named.error();
  Result<std::unique_ptr<File>> file = files.open(path, Files::Open::existing);
  if (!file) return file.error();
  SlotFile slots(std::move(file).value(), slot_bytes);
  slots.condition_ = Condition::created;
  return slots;
}

Result<void> SlotFile::load() {
  SecretBytes whole(2 * slot_bytes_);
  const Result<std::size_t> got = file_->read_at(0, whole);
  if (!got) return got.error();
  // Growing a file that lost its end needs space; without it the state still reads.
  if (got.value() < whole.size()) {
    if (Result<void> grown = file_->preallocate(whole.size()); !grown && grown.error().code != ErrorCode::disk_full) {
      return grown;
    }
  }
  const std::array<ByteView, 2> slots = {ByteView(whole).first(slot_bytes_), ByteView(whole).last(slot_bytes_)};
  const std::array<std::optional<ReadSlot>, 2> read = {parse_slot(slots[0]), parse_slot(slots[1])};
  if (!read[0] && !read[1]) {
    if (got.value() == whole.size() && is_blank(whole)) {
      condition_ = Condition::created;
      return {};
    }
    return Error{ErrorCode::damaged, "neither slot reads"};
  }
  slot_ = (!read[0] || (read[1] && read[1]->generation > read[0]->generation)) ? 1 : 0;
  const ReadSlot& newest = slot_ == 0 ? *read[0] : *read[1];
  const std::uint64_t other = 1 - slot_;
  generation_ = newest.generation;
  payload_.assign(newest.payload.begin(), newest.payload.end());
  const bool other_never_written = generation_ == 1 && is_blank(slots[other]);
  if (!read[other] && !other_never_written) condition_ = Condition::recovered;
  return {};
}

Result<void> SlotFile::store(ByteView payload) {
  if (payload.size() > slot_bytes_ - header_bytes) return Error{ErrorCode::too_long, "slot"};
  const std::uint64_t target = 1 - slot_;
  const SecretBytes slot = slot_of(generation_ + 1, payload);
  if (Result<void> written = file_->write_at(target * slot_bytes_, slot); !written) return written;
  if (Result<void> flushed = file_->flush(); !flushed) return flushed;
  slot_ = target;
  ++generation_;
  payload_.assign(payload.begin(), payload.end());
  return {};
}

}  // namespace systemlog
