#pragma once

#include <array>
#include <chrono>
#include <cstdint>
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
  /// 407 is the proxy's, not the server's: it wants another account or password.
  int status = 0;
  Bytes body;
  /// The `Retry-After` header as the server wrote it; empty for none.
  std::string retry_after;
};

/// Proxy set by hand; the password is only ever sent to that proxy.
struct HttpProxy {
  /// `host:port`.
  std::string server;
  std::string account;
  SecretUtf16 password;
};

/// SHA-256 of the one certificate (DER) that is believed, whoever signed it: for a server of one's own that no known
/// authority vouches for.
using CertificatePin = std::array<std::uint8_t, 32>;

/// May be used from several threads at once.
class Http {
 public:
  virtual ~Http() = default;
  /// One exchange, without redirects. `timed-out`, `io-failed`, `authentication-failed` (the server's certificate),
  /// `too-long` (answer over 4 MiB), `refused` (plain http to elsewhere), `invalid-argument` (URL or header). Nothing
  /// of the body is sent to a server whose certificate is not believed, and nothing at all past a proxy.
  virtual Result<HttpAnswer> send(const HttpRequest& request) noexcept = 0;
};

/// WinHTTP on Windows, libcurl elsewhere.
/// @param proxy none: the system's settings
/// @param pin none: who the system's certificate authorities vouch for
Result<std::unique_ptr<Http>> system_http(std::optional<HttpProxy> proxy, std::optional<CertificatePin> pin = {});

}  // namespace systemlog
