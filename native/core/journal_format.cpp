#include "core/journal_format.h"

#include <algorithm>

namespace systemlog::journal_format {
namespace {

constexpr std::uint32_t segment_magic = 0x314A4C53;  // "SLJ1"
constexpr std::uint32_t frame_magic = 0x31524C53;    // "SLR1"
constexpr std::uint16_t version = 1;
constexpr std::size_t journal_id_bytes = 36;

std::uint32_t frame_crc(std::uint32_t length, std::uint64_t sequence, const Mac& mac, ByteView record) {
  std::array<std::uint8_t, 12> numbers{};
  for (std::size_t i = 0; i < 4; ++i) numbers[i] = static_cast<std::uint8_t>(length >> (8U * i));
  for (std::size_t i = 0; i < 8; ++i) numbers[4 + i] = static_cast<std::uint8_t>(sequence >> (8U * i));
  return crc32c(record, crc32c(mac, crc32c(numbers)));
}

/// Whether any whole frame begins in `bytes`.
bool holds_frame(ByteView bytes) {
  constexpr std::array<std::uint8_t, 4> magic = {'S', 'L', 'R', '1'};
  auto at = bytes.begin();
  while (true) {
    at = std::search(at, bytes.end(), magic.begin(), magic.end());
    if (at == bytes.end()) return false;
    if (parse_frame(bytes.subspan(static_cast<std::size_t>(at - bytes.begin())))) return true;
    ++at;
  }
}

/// Length of `bytes` without the zeros at its end.
std::size_t length_without_zeros(ByteView bytes) {
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](std::uint8_t byte) { return byte != 0; });
  return static_cast<std::size_t>(bytes.rend() - last);
}

}  // namespace

Bytes write_segment_header(const SegmentHeader& header) {
  ByteWriter writer;
  writer.u32(segment_magic);
  writer.u16(version);
  writer.u16(0);
  writer.u64(header.number);
  writer.u64(header.first_sequence);
  writer.raw(header.previous_mac);
  writer.raw(bytes_of(header.journal).first(std::min(header.journal.size(), journal_id_bytes)));
  writer.u32(crc32c(writer.view()));
  return {writer.view().begin(), writer.view().end()};
}

std::optional<SegmentHeader> parse_segment_header(ByteView bytes) {
  ByteReader reader(bytes);
  const std::uint32_t magic = reader.u32();
  const std::uint16_t found_version = reader.u16();
  reader.u16();
  SegmentHeader header;
  header.number = reader.u64();
  header.first_sequence = reader.u64();
  header.previous_mac = reader.array<32>();
  header.journal = std::string(text_of(reader.raw(journal_id_bytes)));
  const std::uint32_t crc = reader.u32();
  if (!reader.ok() || magic != segment_magic || found_version != version || header.first_sequence == 0) {
    return std::nullopt;
  }
  if (crc != crc32c(bytes.first(segment_header_bytes - 4))) return std::nullopt;
  return header;
}

Bytes write_frame(const Frame& frame) {
  const ByteView record = bytes_of(frame.record);
  const auto length = static_cast<std::uint32_t>(record.size());
  ByteWriter writer;
  writer.u32(frame_magic);
  writer.u32(length);
  writer.u64(frame.sequence);
  writer.u32(frame_crc(length, frame.sequence, frame.mac, record));
  writer.raw(frame.mac);
  writer.raw(record);
  return {writer.view().begin(), writer.view().end()};
}

std::optional<Frame> parse_frame(ByteView bytes) {
  ByteReader reader(bytes);
  const std::uint32_t magic = reader.u32();
  const std::uint32_t length = reader.u32();
  Frame frame;
  frame.sequence = reader.u64();
  const std::uint32_t crc = reader.u32();
  frame.mac = reader.array<32>();
  if (!reader.ok() || magic != frame_magic || length > longest_record) return std::nullopt;
  const ByteView record = reader.raw(length);
  if (!reader.ok() || frame_crc(length, frame.sequence, frame.mac, record) != crc) return std::nullopt;
  frame.record = text_of(record);
  return frame;
}

Result<Mac> record_mac(crypto::Hmac& key, const Mac& previous, std::string_view record) {
  const Result<crypto::Digest> made =
      key.of({bytes_of("systemlog/v1/record\n"), bytes_of(base64url(previous)), bytes_of("\n"), bytes_of(record)});
  if (!made) return made.error();
  Mac mac{};
  std::copy_n(made.value().bytes.begin(), mac.size(), mac.begin());
  return mac;
}

Result<Scan> scan_segment(ByteView segment, const SegmentHeader& header, crypto::Hmac& key) {
  Scan scan;
  scan.head_mac = header.previous_mac;
  if (segment.size() < segment_header_bytes) {
    scan.tail = Scan::Tail::damaged;
    return scan;
  }
  const std::size_t content_end = segment_header_bytes + length_without_zeros(segment.subspan(segment_header_bytes));
  while (scan.end < content_end) {
    const std::optional<Frame> frame = parse_frame(segment.subspan(scan.end));
    if (!frame) {
      scan.tail = holds_frame(segment.subspan(scan.end + 1)) ? Scan::Tail::damaged : Scan::Tail::torn;
      break;
    }
    const Result<Mac> expected = record_mac(key, scan.head_mac, frame->record);
    if (!expected) return expected.error();
    if (frame->sequence != header.first_sequence + scan.records || frame->mac != expected.value()) {
      scan.tail = Scan::Tail::damaged;
      break;
    }
    scan.head_mac = frame->mac;
    ++scan.records;
    scan.end += frame_header_bytes + frame->record.size();
  }
  scan.tail_end = std::max(scan.end, content_end);
  return scan;
}

}  // namespace systemlog::journal_format
