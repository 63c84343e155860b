#include <algorithm>
#include <cstdlib>

#include "core/journal_format.h"

using namespace systemlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  static crypto::Hmac key = std::move(crypto::Hmac::create(crypto::Hash::sha256, bytes_of("key"))).value();
  const std::optional<journal_format::SegmentHeader> header = journal_format::parse_segment_header(bytes);
  const Result<journal_format::Scan> scan =
      journal_format::scan_segment(bytes, header.value_or(journal_format::SegmentHeader{1, 1, {}, "j"}), key);
  if (scan && scan.value().end > std::max(size, journal_format::segment_header_bytes)) std::abort();
  static_cast<void>(journal_format::parse_frame(bytes));
  return 0;
}
