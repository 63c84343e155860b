#include "core/human_code.h"

namespace systemlog {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Full-width forms U+FF01–FF5E are ASCII 0x21–0x7E; in UTF-8 EF BC 81–BF and EF BD 80–9E.
struct Plain {
  char character = 0;
  std::size_t bytes = 0;
};
Plain plain_at(std::string_view typed, std::size_t at) noexcept {
  const auto byte = [&](std::size_t offset) noexcept -> unsigned {
    return at + offset < typed.size() ? static_cast<std::uint8_t>(typed[at + offset]) : 0;
  };
  if (byte(0) == 0xEF && byte(1) == 0xBC && byte(2) >= 0x81 && byte(2) <= 0xBF) {
    return {static_cast<char>(byte(2) - 0x81 + 0x21), 3};
  }
  if (byte(0) == 0xEF && byte(1) == 0xBD && byte(2) >= 0x80 && byte(2) <= 0x9E) {
    return {static_cast<char>(byte(2) - 0x80 + 0x60), 3};
  }
  if (typed.substr(at, 3) == "\xE3\x80\x80") return {' ', 3};
  return {typed[at], 1};
}

}  // namespace

std::string human_code(ByteView bytes) {
  std::string code;
  std::uint32_t pending = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    pending = ((pending << 8U) | byte) & 0xFFFU;
    held += 8;
    while (held >= 5) {
      held -= 5;
      code.push_back(alphabet[(pending >> held) & 31U]);
    }
  }
  if (held > 0) code.push_back(alphabet[(pending << (5 - held)) & 31U]);
  return code;
}

std::string grouped(std::string_view code) {
  std::string text;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % 4 == 0) text.push_back('-');
    text.push_back(code[i]);
  }
  return text;
}

std::optional<std::string> normalised_human_code(std::string_view typed, std::size_t length) {
  std::string code;
  for (std::size_t at = 0; at < typed.size();) {
    const Plain plain = plain_at(typed, at);
    at += plain.bytes;
    char character = plain.character;
    if (character == ' ' || character == '-') continue;
    if (character >= 'a' && character <= 'z') character = static_cast<char>(character - 'a' + 'A');
    if (character == 'I' || character == 'L') character = '1';
    if (character == 'O') character = '0';
    if (alphabet.find(character) == std::string_view::npos || code.size() == length) return std::nullopt;
    code.push_back(character);
  }
  if (code.size() != length) return std::nullopt;
  return code;
}

}  // namespace systemlog
