#include <charconv>
#include <system_error>

#include "core/otp.h"

namespace systemlog {
namespace {

constexpr std::string_view scheme = "otpauth://totp/";
constexpr std::size_t longest_uri = 2048;
constexpr std::size_t longest_secret = 128;

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char character : text) {
    if (unreserved.find(character) != std::string_view::npos) {
      encoded.push_back(character);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(character);
    encoded.push_back('%');
    encoded.push_back(hex[byte >> 4U]);
    encoded.push_back(hex[byte & 0x0FU]);
  }
  return encoded;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded.push_back(text[at]);
      continue;
    }
    const std::string_view pair = text.substr(at + 1, 2);
    unsigned byte = 0;
    const auto [end, problem] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || problem != std::errc() || end != pair.data() + 2) return std::nullopt;
    decoded.push_back(static_cast<char>(byte));
    at += 2;
  }
  return decoded;
}

std::string_view algorithm_name(crypto::Hash hash) noexcept {
  if (hash == crypto::Hash::sha256) return "SHA256";
  return hash == crypto::Hash::sha512 ? "SHA512" : "SHA1";
}

std::optional<unsigned> number_of(std::string_view text) noexcept {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Applies one `key=value`; false when the value is not one we understand. Unknown keys are passed over.
bool apply(OtpAuth& otpauth, std::string_view key, std::string_view value) {
  if (key == "secret") {
    std::optional<SecretBytes> secret = from_base32(value);
    if (!secret || secret->empty() || secret->size() > longest_secret) return false;
    otpauth.secret = std::move(*secret);
  } else if (key == "issuer") {
    std::optional<std::string> issuer = percent_decoded(value);
    if (!issuer) return false;
    otpauth.issuer = std::move(*issuer);
  } else if (key == "algorithm") {
    if (value == "SHA1")
      otpauth.parameters.hash = crypto::Hash::sha1;
    else if (value == "SHA256")
      otpauth.parameters.hash = crypto::Hash::sha256;
    else if (value == "SHA512")
      otpauth.parameters.hash = crypto::Hash::sha512;
    else
      return false;
  } else if (key == "digits") {
    const std::optional<unsigned> digits = number_of(value);
    if (!digits) return false;
    otpauth.parameters.digits = *digits;
  } else if (key == "period") {
    const std::optional<unsigned> period = number_of(value);
    if (!period) return false;
    otpauth.parameters.period_seconds = *period;
  }
  return true;
}

bool read_label(OtpAuth& otpauth, std::string_view encoded) {
  std::optional<std::string> label = percent_decoded(encoded);
  if (!label) return false;
  const std::size_t colon = label->find(':');
  if (colon == std::string::npos) {
    otpauth.account = std::move(*label);
    return true;
  }
  otpauth.issuer = label->substr(0, colon);
  const std::size_t begin = label->find_first_not_of(' ', colon + 1);
  otpauth.account = begin == std::string::npos ? "" : label->substr(begin);
  return true;
}

}  // namespace

SecretBytes otpauth_uri(const OtpAuth& otpauth) {
  ByteWriter uri;
  const auto add = [&uri](std::string_view text) { uri.raw(bytes_of(text)); };
  add(scheme);
  add(percent_encoded(otpauth.issuer));
  add(":");
  add(percent_encoded(otpauth.account));
  add("?secret=");
  std::string secret = base32(otpauth.secret);
  add(secret);
  wipe(secret);
  add("&issuer=");
  add(percent_encoded(otpauth.issuer));
  add("&algorithm=");
  add(algorithm_name(otpauth.parameters.hash));
  add("&digits=" + std::to_string(otpauth.parameters.digits));
  add("&period=" + std::to_string(otpauth.parameters.period_seconds));
  return std::move(uri).take();
}

Result<OtpAuth> parse_otpauth(std::string_view uri) {
  if (uri.size() > longest_uri) return Error{ErrorCode::too_long, "otpauth"};
  if (!uri.starts_with("otpauth://")) return Error{ErrorCode::malformed, "otpauth scheme"};
  if (!uri.starts_with(scheme)) return Error{ErrorCode::unsupported, "otpauth type"};
  std::string_view rest = uri.substr(scheme.size());
  const std::size_t question = rest.find('?');
  if (question == std::string_view::npos) return Error{ErrorCode::malformed, "otpauth parameters"};
  OtpAuth otpauth;
  if (!read_label(otpauth, rest.substr(0, question))) return Error{ErrorCode::malformed, "otpauth label"};
  rest.remove_prefix(question + 1);
  while (!rest.empty()) {
    const std::size_t ampersand = rest.find('&');
    const std::string_view pair = rest.substr(0, ampersand);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || !apply(otpauth, pair.substr(0, equals), pair.substr(equals + 1))) {
      return Error{ErrorCode::malformed, "otpauth parameter"};
    }
    rest.remove_prefix(ampersand == std::string_view::npos ? rest.size() : ampersand + 1);
  }
  if (otpauth.secret.empty()) return Error{ErrorCode::malformed, "otpauth secret"};
  if (!is_supported(otpauth.parameters)) return Error{ErrorCode::unsupported, "otpauth parameters"};
  return otpauth;
}

}  // namespace systemlog
