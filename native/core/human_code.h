// Codes that people read aloud, write down and type: recovery codes, emergency challenges and responses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace systemlog {

/// Crockford's base 32: digits and capital letters without I, L, O and U, so that nothing looks like something else.
/// Most significant bits first; the last digit is filled with zero bits.
std::string human_code(ByteView bytes);

/// The same in groups of four with hyphens between: `7KQ2-M9XD`.
std::string grouped(std::string_view code);

/// What a person typed, as `human_code` writes it: lower case is raised, full-width characters are made plain, spaces
/// and hyphens dropped, I and L read as 1, O as 0. Nothing unless exactly `length` digits remain.
std::optional<std::string> normalised_human_code(std::string_view typed, std::size_t length);

}  // namespace systemlog
