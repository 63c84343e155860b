// Reading JSON from outside, for the .cpp files of the contract's messages only: no other header knows the JSON
// library.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/otp.h"

namespace systemlog {

using Json = nlohmann::ordered_json;

/// What JSON readers in JavaScript hold exactly.
inline constexpr std::uint64_t most_exact_integer = 9007199254740991ULL;

/// An object of at most `longest` bytes of text. Stops at a depth no contract message has, so that hostile nesting
/// cannot exhaust the stack.
std::optional<Json> parse_object(std::string_view text, std::size_t longest);

/// Nothing when it is not there.
const Json* field(const Json& object, const char* key);

/// Nothing when it is not there or of another type; integers from 0 to `most_exact_integer`.
const Json* object_field(const Json& object, const char* key);
const Json* array_field(const Json& object, const char* key);
std::optional<std::string> text_field(const Json& object, const char* key);
std::optional<std::uint64_t> integer_field(const Json& object, const char* key);
std::optional<bool> bool_field(const Json& object, const char* key);

/// An integer, or null.
struct NullableInteger {
  std::optional<std::uint64_t> value;
};
std::optional<NullableInteger> nullable_integer_field(const Json& object, const char* key);

/// `otpParameters` of the contract (contract/logon.ts).
std::optional<OtpParameters> otp_parameters_field(const Json& object, const char* key);

/// Base64url of exactly N bytes.
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> bytes_field(const Json& object, const char* key) {
  const std::optional<Bytes> read = from_base64url(text_field(object, key).value_or(""));
  if (!read || read->size() != N) return std::nullopt;
  std::array<std::uint8_t, N> bytes{};
  std::copy(read->begin(), read->end(), bytes.begin());
  return bytes;
}

/// The value that a text stands for; nothing for any other text.
template <typename T, std::size_t N>
std::optional<T> named_field(const Json& object, const char* key,
                             const std::array<std::pair<const char*, T>, N>& names) {
  const std::optional<std::string> text = text_field(object, key);
  if (!text) return std::nullopt;
  for (const auto& [name, value] : names) {
    if (*text == name) return value;
  }
  return std::nullopt;
}

}  // namespace systemlog
