// A server that answers by a script: nonces of its own, and for everything else what the test says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/http.h"

namespace systemlog::test {

class ScriptedServer final : public Http {
 public:
  using Reply = std::function<Result<HttpAnswer>(const HttpRequest& request)>;

  /// Asked for everything but nonces.
  Reply reply;
  /// Without the nonces.
  std::vector<HttpRequest> requests;
  int nonces = 0;

  Result<HttpAnswer> send(const HttpRequest& request) noexcept override {
    if (request.url.ends_with("/v1/nonces")) return says(200, R"({"nonce":")" + nonce(nonces++) + R"("})");
    requests.push_back(request);
    return reply(request);
  }

  static std::string nonce(int number) { return "nonce-of-the-server-" + std::to_string(number); }

  static HttpAnswer says(int status, std::string_view body, std::string retry_after = {}) {
    const ByteView bytes = bytes_of(body);
    return {status, Bytes(bytes.begin(), bytes.end()), std::move(retry_after)};
  }
  static HttpAnswer refuses(int status, const std::string& code, std::string retry_after = {}) {
    return says(
        status,
        R"({"type":"urn:x","title":"no","status":)" + std::to_string(status) + R"(,"code":")" + code + R"("})",
        std::move(retry_after));
  }
};

inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace systemlog::test
