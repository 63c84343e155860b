#include "provider/texts.h"

#include <algorithm>
#include <optional>

#include "provider/utf.h"

namespace systemlog::provider {
namespace {

std::optional<Text> find(std::string_view group, std::string_view name) noexcept {
  for (std::size_t i = 0; i < text_keys.size(); ++i) {
    const std::u16string_view key = text_keys[i];
    if (key.size() != group.size() + name.size()) continue;
    const bool same = std::equal(group.begin(), group.end(), key.begin()) &&
                      std::equal(name.begin(), name.end(), key.begin() + static_cast<std::ptrdiff_t>(group.size()));
    if (same) return static_cast<Text>(i);
  }
  return std::nullopt;
}

}  // namespace

Language language_of(std::uint16_t language_id) noexcept {
  constexpr std::uint16_t primary = 0x3FF;
  constexpr std::uint16_t english = 0x09;
  return (language_id & primary) == english ? Language::english : Language::japanese;
}

std::u16string_view text(Language language, Text text) noexcept {
  const auto index = static_cast<std::size_t>(text);
  return language == Language::english ? english_texts[index] : japanese_texts[index];
}

std::u16string text(Language language, Text which, std::initializer_list<Filling> fillings) {
  std::u16string filled(text(language, which));
  for (const Filling& filling : fillings) {
    const std::u16string placeholder = u"{{" + std::u16string(filling.name) + u"}}";
    const std::size_t at = filled.find(placeholder);
    if (at != std::u16string::npos) filled.replace(at, placeholder.size(), filling.value);
  }
  return filled;
}

std::u16string refusal_text(Language language, std::string_view refusal) {
  if (const std::optional<Text> known = find("refusal.", refusal)) return std::u16string(text(language, *known));
  return text(language, Text::refusal_unknown, {{u"code", utf16(refusal)}});
}

std::u16string number(std::uint64_t value) {
  return utf16(std::to_string(value));
}

std::u16string clock_time(std::uint32_t second_of_day, std::uint64_t after_ms) {
  constexpr std::uint64_t day_minutes = std::uint64_t{24} * 60;
  const std::uint64_t minutes = (second_of_day + (after_ms + 999) / 1000 + 59) / 60 % day_minutes;
  const auto two_digits = [](std::uint64_t value) { return (value < 10 ? u"0" : u"") + number(value); };
  return two_digits(minutes / 60) + u":" + two_digits(minutes % 60);
}

}  // namespace systemlog::provider
