#include "bridge/utf16.h"

#include <algorithm>
#include <array>

namespace systemlog::bridge {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_surrogate(char32_t point) {
  return point >= 0xD800 && point <= 0xDFFF;
}

/// Takes the next code point off the front.
char32_t next_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4) return replacement;
  char32_t point = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0U) != 0x80U) return replacement;
    point = (point << 6U) | (static_cast<unsigned char>(text.front()) & 0x3FU);
    text.remove_prefix(1);
  }
  constexpr std::array<char32_t, 4> least{0, 0x80, 0x800, 0x10000};
  return point < least[more] || point > 0x10FFFF || is_surrogate(point) ? replacement : point;
}

template <typename Out>
Out to_utf16(std::string_view text) {
  Out out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char32_t point = next_point(text);
    if (point < 0x10000) {
      out.push_back(static_cast<char16_t>(point));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10U)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FFU)));
    }
  }
  return out;
}

}  // namespace

std::u16string utf16_of(std::string_view text) {
  return to_utf16<std::u16string>(text);
}

SecretUtf16 secret_utf16_of(std::string_view text) {
  return to_utf16<SecretUtf16>(text);
}

std::string utf8_of(std::u16string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t point = text[i];
    const bool pair =
        point >= 0xD800 && point <= 0xDBFF && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF;
    if (pair) {
      point = 0x10000 + ((point - 0xD800) << 10U) + (char32_t{text[++i]} - 0xDC00);
    } else if (is_surrogate(point)) {
      point = replacement;
    }
    const std::size_t more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr std::array<char32_t, 4> lead{0, 0xC0, 0xE0, 0xF0};
    out.push_back(static_cast<char>(lead[more] | (point >> (6 * more))));
    for (std::size_t left = more; left > 0; --left) {
      out.push_back(static_cast<char>(0x80U | ((point >> (6 * (left - 1))) & 0x3FU)));
    }
  }
  return out;
}

}  // namespace systemlog::bridge
