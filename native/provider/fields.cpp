#include "provider/fields.h"

namespace systemlog::provider {
namespace {

constexpr std::array<FieldDescription, field_count> table = {{
    {Field::image, FieldKind::tile_image, Text::tile_label, field_option::none},
    {Field::label, FieldKind::small_text, Text::tile_label, field_option::none},
    {Field::heading, FieldKind::large_text, std::nullopt, field_option::none},
    {Field::user_name, FieldKind::edit_text, Text::field_user_name, field_option::none},
    {Field::code_first, FieldKind::edit_text, Text::field_code, field_option::numbers_only},
    {Field::recovery_code, FieldKind::edit_text, Text::field_recovery_code, field_option::none},
    {Field::challenge, FieldKind::small_text, std::nullopt, field_option::none},
    {Field::emergency_response, FieldKind::edit_text, Text::field_emergency_response, field_option::none},
    {Field::old_password, FieldKind::password_text, Text::field_old_password, field_option::password_reveal},
    {Field::password, FieldKind::password_text, Text::field_password, field_option::password_reveal},
    {Field::code_last, FieldKind::edit_text, Text::field_code, field_option::numbers_only},
    {Field::new_password, FieldKind::password_text, Text::field_new_password, field_option::password_reveal},
    {Field::new_password_again, FieldKind::password_text, Text::field_new_password_again,
     field_option::password_reveal},
    {Field::seal, FieldKind::check_box, Text::field_seal, field_option::none},
    {Field::submit, FieldKind::submit_button, Text::field_submit, field_option::none},
    {Field::status, FieldKind::small_text, std::nullopt, field_option::none},
    {Field::recovery_link, FieldKind::command_link, Text::link_recovery, field_option::none},
    {Field::emergency_link, FieldKind::command_link, Text::link_emergency, field_option::none},
    {Field::code_link, FieldKind::command_link, Text::link_code, field_option::none},
    {Field::alternative_link, FieldKind::command_link, Text::link_code_alone, field_option::none},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (index(table[i].field) != i) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

const std::array<FieldDescription, field_count>& field_table() noexcept {
  return table;
}

std::optional<Field> field_of(std::uint32_t number) noexcept {
  if (number >= field_count) return std::nullopt;
  return static_cast<Field>(number);
}

FieldKind kind_of(Field field) noexcept {
  return table[index(field)].kind;
}

bool is_input(Field field) noexcept {
  return kind_of(field) == FieldKind::edit_text || kind_of(field) == FieldKind::password_text;
}

bool is_secret(Field field) noexcept {
  return is_input(field) && field != Field::user_name;
}

}  // namespace systemlog::provider
