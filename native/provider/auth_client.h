// One connection to the bridge's pipe `auth`, on which one question follows another.
#pragma once

#include <chrono>
#include <memory>

#include "core/auth_frames.h"
#include "platform/pipe.h"

namespace systemlog::provider {

class AuthClient {
 public:
  explicit AuthClient(std::unique_ptr<PipeConnection> connection) noexcept : connection_(std::move(connection)) {}

  /// Asks and waits for the whole answer. `timed-out` when it is not complete after `limit`, `closed` when the bridge
  /// went away, `malformed`, `too-long` or `unsupported-version` for what is no answer. After an error the connection
  /// is of no use any more.
  Result<auth::Response> ask(const auth::Request& request, std::chrono::milliseconds limit);

 private:
  Result<void> read_exactly(std::span<std::uint8_t> into, std::chrono::steady_clock::time_point deadline);

  std::unique_ptr<PipeConnection> connection_;
};

}  // namespace systemlog::provider
