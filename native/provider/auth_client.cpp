#include "provider/auth_client.h"

#include <algorithm>
#include <array>

namespace systemlog::provider {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds left_until(steady_clock::time_point deadline) noexcept {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()));
}

}  // namespace

Result<void> AuthClient::read_exactly(std::span<std::uint8_t> into, steady_clock::time_point deadline) {
  while (!into.empty()) {
    const milliseconds left = left_until(deadline);
    if (left.count() == 0) return Error{ErrorCode::timed_out, "auth answer"};
    const Result<std::size_t> got = connection_->read_some(into, left);
    if (!got) return got.error();
    if (got.value() == 0) return Error{ErrorCode::closed, "auth answer"};
    into = into.subspan(got.value());
  }
  return {};
}

Result<auth::Response> AuthClient::ask(const auth::Request& request, milliseconds limit) {
  const steady_clock::time_point deadline = steady_clock::now() + limit;
  if (Result<void> sent = connection_->write_all(auth::write_frame(request), limit); !sent) return sent.error();

  std::array<std::uint8_t, auth::head_bytes> head_bytes{};
  if (Result<void> read = read_exactly(head_bytes, deadline); !read) return read.error();
  const Result<auth::Head> head = auth::read_head(head_bytes);
  if (!head) return head.error();

  SecretBytes payload(head.value().length);
  if (Result<void> read = read_exactly(payload, deadline); !read) return read.error();
  return auth::read_response(head.value(), payload);
}

}  // namespace systemlog::provider
