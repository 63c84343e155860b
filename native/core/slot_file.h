// A small file that can always be written, even on a full disk, and never holds half a state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "platform/files.h"

namespace systemlog {

/// Two preallocated slots, written in turn: a write that is torn spoils the older state, never the newer.
///
///     slot = "SLS1" | generation u64 | length u32 | CRC-32C u32 (over generation, length, payload) | payload
///
/// Integers are little-endian; the file is twice `slot_bytes` long.
class SlotFile {
 public:
  enum class Condition : std::uint8_t {
    intact,
    /// There was no file; it is empty now.
    created,
    /// One slot does not read: a write was cut off before it was acknowledged, or the newest state has rotted.
    /// What is held may be one write old.
    recovered,
  };

  /// Opens or creates the file. `damaged` when there is a file and neither slot reads: nothing is overwritten then.
  /// @param slot_bytes size of one slot, a multiple of 4096; the same for the life of the file
  static Result<SlotFile> open(Files& files, const std::filesystem::path& path, std::size_t slot_bytes);

  Condition condition() const noexcept { return condition_; }
  /// The newest state; empty when none was stored yet.
  ByteView payload() const noexcept { return payload_; }

  /// Returns when the payload will survive a power loss. After a failure the state before is still the held one and
  /// storing may be tried again.
  Result<void> store(ByteView payload);

 private:
  SlotFile(std::unique_ptr<File> file, std::size_t slot_bytes) noexcept;
  Result<void> load();

  std::unique_ptr<File> file_;
  std::size_t slot_bytes_;
  Condition condition_ = Condition::intact;
  std::uint64_t generation_ = 0;
  std::uint64_t slot_ = 1;
  SecretBytes payload_;
};

}  // namespace systemlog
