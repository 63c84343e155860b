// What the tile says, in the user's language.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "provider/texts_table.h"

namespace systemlog::provider {

enum class Language : std::uint8_t { japanese, english };

/// English for any kind of English, Japanese for everything else, as all of the product falls back to Japanese.
/// @param language_id a Windows LANGID
Language language_of(std::uint16_t language_id) noexcept;

std::u16string_view text(Language language, Text text) noexcept;

/// Fills `{{name}}` in.
struct Filling {
  std::u16string_view name;
  std::u16string value;
};
std::u16string text(Language language, Text text, std::initializer_list<Filling> fillings);

/// The text of a refusal by its stable name (`wrong`, `recovery-used`); the general one, with the name, when this
/// version does not know it.
std::u16string refusal_text(Language language, std::string_view refusal);

std::u16string number(std::uint64_t value);

/// `HH:MM`, so many milliseconds from a time of day on; a part of a minute counts as a whole one.
std::u16string clock_time(std::uint32_t second_of_day, std::uint64_t after_ms);

}  // namespace systemlog::provider
