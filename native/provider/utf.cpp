#include "provider/utf.h"

#include <span>

namespace systemlog::provider {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_high(char16_t unit) noexcept {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(char16_t unit) noexcept {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

template <typename Out>
void put_utf8(Out& out, char32_t point) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<typename Out::value_type>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

template <typename Out>
Out to_utf8(std::span<const char16_t> units) {
  Out out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const char16_t unit = units[i];
    if (is_high(unit) && i + 1 < units.size() && is_low(units[i + 1])) {
      put_utf8(out, 0x10000 + ((static_cast<char32_t>(unit) - 0xD800) << 10) + (units[i + 1] - 0xDC00U));
      ++i;
    } else {
      put_utf8(out, is_high(unit) || is_low(unit) ? replacement : char32_t{unit});
    }
  }
  return out;
}

/// The next code point, and how many bytes it took: at least one.
struct Decoded {
  char32_t point;
  std::size_t bytes;
};
Decoded decode(ByteView bytes) noexcept {
  const std::uint8_t first = bytes[0];
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return {replacement, 1};
  char32_t point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0U) != 0x80U) return {replacement, 1};
    point = (point << 6) | (bytes[i] & 0x3FU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {replacement, 1};
  return {point, length};
}

template <typename Out>
Out to_utf16(ByteView bytes) {
  Out out;
  while (!bytes.empty()) {
    const Decoded next = decode(bytes);
    bytes = bytes.subspan(next.bytes);
    if (next.point < 0x10000) {
      out.push_back(static_cast<char16_t>(next.point));
    } else {
      out.push_back(static_cast<char16_t>(0xD800 + ((next.point - 0x10000) >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 + ((next.point - 0x10000) & 0x3FF)));
    }
  }
  return out;
}

}  // namespace

std::string utf8(std::u16string_view text) {
  return to_utf8<std::string>(text);
}
std::u16string utf16(std::string_view text) {
  return to_utf16<std::u16string>(bytes_of(text));
}
SecretBytes secret_utf8(const SecretUtf16& text) {
  return to_utf8<SecretBytes>(text);
}
SecretUtf16 secret_utf16(ByteView text) {
  return to_utf16<SecretUtf16>(text);
}

}  // namespace systemlog::provider
