#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/secret.h"

namespace systemlog {

struct HttpRequest {
  std::string method;
  /// `https://…`; plain http is refused except to the loopback address.
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  Bytes body;
  std::chrono::milliseconds timeout{10'000};
};

struct HttpAnswer {
  int status = 0;
  Bytes body;
};

/// Proxy set by hand; the password is only ever sent to that proxy.
struct HttpProxy {
  /// `host:port`.
  std::string server;
  std::string account;
  SecretUtf16 password;
};

class Http {
 public:
  virtual ~Http() = default;
  /// One exchange, without redirects. `timed-out`, `io-failed`, `authentication-failed` (the server's certificate),
  /// `too-long` (answer over 4 MiB).
  virtual Result<HttpAnswer> send(const HttpRequest& request) noexcept = 0;
};

/// @param proxy none: the system's settings. Windows only; elsewhere `unsupported`.
Result<std::unique_ptr<Http>> system_http(std::optional<HttpProxy> proxy);

}  // namespace systemlog
