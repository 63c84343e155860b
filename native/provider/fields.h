// The fields of our tile, in the order in which LogonUI lays them out. The table never changes while LogonUI runs;
// what of it is shown does (tile_view.h). The code stands in it twice, before and behind the password, as the policy
// says which of the two is asked for first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "provider/texts.h"

namespace systemlog::provider {

enum class Field : std::uint8_t {
  image,
  label,
  heading,
  user_name,
  code_first,
  recovery_code,
  challenge,
  emergency_response,
  old_password,
  password,
  code_last,
  new_password,
  new_password_again,
  seal,
  submit,
  status,
  recovery_link,
  emergency_link,
  code_link,
  alternative_link,
};
inline constexpr std::size_t field_count = static_cast<std::size_t>(Field::alternative_link) + 1;

/// CREDENTIAL_PROVIDER_FIELD_TYPE, by Windows' numbers.
enum class FieldKind : std::uint8_t {
  large_text = 1,
  small_text = 2,
  command_link = 3,
  edit_text = 4,
  password_text = 5,
  tile_image = 6,
  check_box = 7,
  submit_button = 9,
};

/// CREDENTIAL_PROVIDER_CREDENTIAL_FIELD_OPTIONS, by Windows' numbers.
namespace field_option {
inline constexpr std::uint32_t none = 0;
inline constexpr std::uint32_t password_reveal = 1;
inline constexpr std::uint32_t numbers_only = 8;
}  // namespace field_option

struct FieldDescription {
  Field field;
  FieldKind kind;
  /// What LogonUI writes into an empty field; texts that change are set as the field's value.
  std::optional<Text> label;
  std::uint32_t options;
};

const std::array<FieldDescription, field_count>& field_table() noexcept;

/// Nothing for a number LogonUI made up.
std::optional<Field> field_of(std::uint32_t number) noexcept;

constexpr std::size_t index(Field field) noexcept {
  return static_cast<std::size_t>(field);
}
FieldKind kind_of(Field field) noexcept;
/// Whether something can be typed there.
bool is_input(Field field) noexcept;
/// Whether what is typed there is nobody's business.
bool is_secret(Field field) noexcept;

}  // namespace systemlog::provider
