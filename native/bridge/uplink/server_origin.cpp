#include "bridge/uplink/server_origin.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace systemlog::bridge {
namespace {

constexpr std::size_t longest_url = 300;

Error invalid() {
  return {ErrorCode::invalid_argument, "the server's address must be https://host[:port]"};
}

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}
bool is_address_character(char c) noexcept {
  return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    return host.size() > 4 && host.ends_with(']') &&
           std::all_of(host.begin() + 1, host.end() - 1, is_address_character);
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), is_host_character);
}

}  // namespace

Result<ServerOrigin> ServerOrigin::parse(std::string_view url) {
  if (url.size() > longest_url) return invalid();
  std::string text(url);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (text.ends_with('/')) text.pop_back();
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://")) return invalid();
  const std::string scheme = secure ? "https://" : "http://";
  const std::string_view rest = std::string_view(text).substr(scheme.size());

  const std::size_t after_host = rest.starts_with('[') ? rest.find(']') : 0;
  if (after_host == std::string_view::npos) return invalid();
  const std::size_t colon = rest.find(':', after_host);
  const std::string host(rest.substr(0, colon));
  if (!is_host(host)) return invalid();
  if (!secure && host != "127.0.0.1" && host != "localhost" && host != "[::1]") return invalid();

  ServerOrigin origin{scheme + host, host};
  if (colon == std::string_view::npos) return origin;
  const std::string_view digits = rest.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.size() > 5 || port == 0 ||
      port > 65535) {
    return invalid();
  }
  if (port == (secure ? 443U : 80U)) return origin;
  const std::string suffix = ":" + std::to_string(port);
  return ServerOrigin{origin.text + suffix, origin.authority + suffix};
}

}  // namespace systemlog::bridge
