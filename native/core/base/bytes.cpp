#include "core/base/bytes.h"

namespace systemlog {
namespace {

constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view base32_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0U ? 0x82F63B78U : 0U);
    table[byte] = crc;
  }
  return table;
}();

/// Regroups bytes into `bits`-wide digits, most significant first, the last one filled with zero bits.
std::string encode(ByteView bytes, std::string_view alphabet, unsigned bits) {
  std::string text;
  text.reserve((bytes.size() * 8 + bits - 1) / bits);
  std::uint32_t pending = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    pending = (pending << 8U) | byte;
    held += 8;
    while (held >= bits) {
      held -= bits;
      text.push_back(alphabet[(pending >> held) & ((1U << bits) - 1U)]);
    }
    pending &= (1U << held) - 1U;
  }
  if (held > 0) text.push_back(alphabet[(pending << (bits - held)) & ((1U << bits) - 1U)]);
  return text;
}

/// The reverse; false when a digit is unknown, a digit is left over, or the filling bits are not zero.
template <typename Container>
bool decode(std::string_view text, std::string_view alphabet, unsigned bits, Container& bytes) {
  bytes.reserve(text.size() * bits / 8);
  std::uint32_t pending = 0;
  unsigned held = 0;
  for (const char character : text) {
    const std::size_t digit = alphabet.find(character);
    if (digit == std::string_view::npos) return false;
    pending = (pending << bits) | static_cast<std::uint32_t>(digit);
    held += bits;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(pending >> held));
      pending &= (1U << held) - 1U;
    }
  }
  return held < bits && pending == 0;
}

}  // namespace

ByteView bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string base64url(ByteView bytes) {
  return encode(bytes, base64url_alphabet, 6);
}

std::optional<Bytes> from_base64url(std::string_view text) {
  Bytes bytes;
  if (!decode(text, base64url_alphabet, 6, bytes)) return std::nullopt;
  return bytes;
}

std::string base32(ByteView bytes) {
  return encode(bytes, base32_alphabet, 5);
}

std::optional<SecretBytes> from_base32(std::string_view text) {
  SecretBytes plain;
  plain.reserve(text.size());
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  for (const char character : text) {
    if (character == ' ' || character == '-') continue;
    const bool lower = character >= 'a' && character <= 'z';
    plain.push_back(static_cast<std::uint8_t>(lower ? character - 'a' + 'A' : character));
  }
  SecretBytes bytes;
  if (!decode(text_of(plain), base32_alphabet, 5, bytes)) return std::nullopt;
  return bytes;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) noexcept {
  std::uint32_t crc = ~seed;
  for (const std::uint8_t byte : bytes) crc = (crc >> 8U) ^ crc32c_table[(crc ^ byte) & 0xFFU];
  return ~crc;
}

void ByteWriter::number(std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) held_.push_back(static_cast<std::uint8_t>(value >> (8U * static_cast<unsigned>(i))));
}

void ByteWriter::block(ByteView bytes) {
  u32(static_cast<std::uint32_t>(bytes.size()));
  raw(bytes);
}

std::uint64_t ByteReader::number(std::size_t size) noexcept {
  const ByteView from = raw(size);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < from.size(); ++i) value |= static_cast<std::uint64_t>(from[i]) << (8U * i);
  return value;
}

ByteView ByteReader::raw(std::size_t size) noexcept {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const ByteView read = rest_.first(size);
  rest_ = rest_.subspan(size);
  return read;
}

ByteView ByteReader::block(std::size_t limit) noexcept {
  const std::size_t size = u32();
  if (size > limit) {
    fail();
    return {};
  }
  return raw(size);
}

}  // namespace systemlog
