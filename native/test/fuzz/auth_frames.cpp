#include <algorithm>
#include <cstdlib>

#include "core/auth_frames.h"

using namespace systemlog;
using namespace systemlog::auth;

namespace {

/// What was taken is written back to the very bytes it was read from: there is one way to say each thing.
template <typename Message>
void check(const Result<Message>& read, ByteView frame) {
  if (!read) return;
  const SecretBytes again = write_frame(read.value());
  if (!std::equal(again.begin(), again.end(), frame.begin(), frame.end())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView frame(data, size);
  if (size < head_bytes) return 0;
  const Result<Head> head = read_head(frame.first(head_bytes));
  if (!head) return 0;
  if (head.value().length > longest_payload) std::abort();
  check(read_request(head.value(), frame.subspan(head_bytes)), frame);
  check(read_response(head.value(), frame.subspan(head_bytes)), frame);
  return 0;
}
