// Numbers that stand for something: any other makes the whole malformed.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace systemlog {

/// A number that must name one of an enumeration's values, 0 … `last`.
template <typename E>
E enumerated(ByteReader& reader, E last) noexcept {
  const std::uint8_t value = reader.u8();
  if (value > static_cast<std::uint8_t>(last)) reader.fail();
  return static_cast<E>(value);
}

/// 0 or 1.
inline bool flag(ByteReader& reader) noexcept {
  const std::uint8_t value = reader.u8();
  if (value > 1) reader.fail();
  return value == 1;
}

}  // namespace systemlog
