// How a journal lies in its files. Pure; `journal.h` does the reading and writing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "platform/crypto.h"

namespace systemlog::journal_format {

/// The raw bytes of a record's MAC. 32 zero bytes stand before record 1 (contract: `GENESIS_MAC`).
using Mac = std::array<std::uint8_t, 32>;

/// contract/event.ts `MAX_RECORD_BYTES`.
inline constexpr std::size_t longest_record = 8192;
/// A segment's file is preallocated at this size and never grows.
inline constexpr std::size_t segment_bytes = std::size_t{4} * 1024 * 1024;

/// Integers are little-endian. A segment begins with:
///
///     "SLJ1" | version u16 | zero u16 | number u64 | first sequence u64 | MAC before it 32 | journal id 36 | CRC-32C
///     u32
struct SegmentHeader {
  std::uint64_t number = 0;
  std::uint64_t first_sequence = 1;
  Mac previous_mac{};
  /// UUID text.
  std::string journal;
};
inline constexpr std::size_t segment_header_bytes = 96;
Bytes write_segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> parse_segment_header(ByteView bytes);

/// Behind it stand frames, one for each record, and then zeros:
///
///     "SLR1" | length u32 | sequence u64 | CRC-32C u32 (over length, sequence, MAC, record) | MAC 32 | record
struct Frame {
  std::uint64_t sequence = 0;
  Mac mac{};
  std::string_view record;
};
inline constexpr std::size_t frame_header_bytes = 52;
inline constexpr std::size_t longest_frame = frame_header_bytes + longest_record;
Bytes write_frame(const Frame& frame);
/// The frame at the start of `bytes`; nothing unless it is whole and its checksum fits.
std::optional<Frame> parse_frame(ByteView bytes);

/// HMAC-SHA-256 over contract/event.ts `macInput(previousMac, record)`.
Result<Mac> record_mac(crypto::Hmac& key, const Mac& previous, std::string_view record);

/// What the bytes of the newest segment hold.
struct Scan {
  enum class Tail : std::uint8_t {
    clean,
    /// The last append was cut off: `end` … `tail_end` hold part of a frame and nothing whole comes after.
    torn,
    /// Something before the last record does not read, or a MAC does not fit.
    damaged,
  };
  Tail tail = Tail::clean;
  std::uint64_t records = 0;
  Mac head_mac{};
  /// Where the next frame belongs, and where the zeros begin.
  std::size_t end = segment_header_bytes;
  std::size_t tail_end = segment_header_bytes;
};

/// Reads a segment up to where it stops to make sense, and says why it stops there. As every record was flushed
/// before the next was begun, only the last one can be torn: a whole frame behind an unreadable one means damage.
Result<Scan> scan_segment(ByteView segment, const SegmentHeader& header, crypto::Hmac& key);

}  // namespace systemlog::journal_format
