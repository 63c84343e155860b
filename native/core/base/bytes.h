// Bytes in and out of texts and files. Everything that reads is bounds-checked and takes hostile input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.h"

namespace systemlog {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// The bytes of a text.
ByteView bytes_of(std::string_view text) noexcept;
/// Bytes as text, as they are.
std::string_view text_of(ByteView bytes) noexcept;

/// Base64url without padding (RFC 4648 section 5), as everywhere in the contract.
std::string base64url(ByteView bytes);
/// The bytes of a base64url text; nothing when a character, the length or the unused last bits are not canonical.
std::optional<Bytes> from_base64url(std::string_view text);

/// Base32 (RFC 4648 section 6) without padding: how otpauth writes a secret.
std::string base32(ByteView bytes);
/// Takes lower case, spaces, hyphens and padding as people paste them; nothing for any other character.
std::optional<SecretBytes> from_base32(std::string_view text);

/// CRC-32C (Castagnoli) of `bytes`, continued from `seed`. Finds torn and rotten bytes; guards against nobody.
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0) noexcept;

/// Appends little-endian numbers and length-prefixed texts. What it holds is wiped, so it serves for secrets too.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { held_.push_back(value); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void raw(ByteView bytes) { held_.insert(held_.end(), bytes.begin(), bytes.end()); }
  /// 32-bit length, then the bytes.
  void block(ByteView bytes);
  void text(std::string_view text) { block(bytes_of(text)); }

  ByteView view() const noexcept { return held_; }
  SecretBytes take() && { return std::move(held_); }

 private:
  void number(std::uint64_t value, int size);

  SecretBytes held_;
};

/// Reads what `ByteWriter` wrote. After the first read past the end every read gives zero or nothing and `ok()` is
/// false, so that a parser may read a whole structure and ask once.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) noexcept : rest_(bytes) {}

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() noexcept { return number(8); }
  std::int64_t i64() noexcept { return static_cast<std::int64_t>(number(8)); }
  ByteView raw(std::size_t size) noexcept;
  /// A block of at most `limit` bytes; a longer one fails the reader.
  ByteView block(std::size_t limit) noexcept;
  std::string text(std::size_t limit) { return std::string(text_of(block(limit))); }
  template <std::size_t N>
  std::array<std::uint8_t, N> array() noexcept {
    std::array<std::uint8_t, N> read{};
    const ByteView from = raw(N);
    for (std::size_t i = 0; i < from.size(); ++i) read[i] = from[i];
    return read;
  }

  /// Marks the input as malformed.
  void fail() noexcept { ok_ = false, rest_ = {}; }
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }
  std::size_t remaining() const noexcept { return rest_.size(); }

 private:
  std::uint64_t number(std::size_t size) noexcept;

  ByteView rest_;
  bool ok_ = true;
};

}  // namespace systemlog
