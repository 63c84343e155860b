#include "core/account_names.h"

#include <algorithm>

namespace systemlog {
namespace {

bool is_space(char16_t character) noexcept {
  return character == u' ' || character == u'\t' || character == 0x3000;
}

std::u16string_view trimmed(std::u16string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool has_lone_surrogate(std::u16string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool high = text[i] >= 0xD800 && text[i] <= 0xDBFF;
    const bool low = text[i] >= 0xDC00 && text[i] <= 0xDFFF;
    if (low) return true;
    if (!high) continue;
    if (i + 1 == text.size() || text[i + 1] < 0xDC00 || text[i + 1] > 0xDFFF) return true;
    ++i;
  }
  return false;
}

bool is_forbidden(char16_t character) noexcept {
  constexpr std::u16string_view forbidden = u"\"/[]:;|=,+*?<>";
  return character < 0x20 || character == 0x7F || forbidden.find(character) != std::u16string_view::npos;
}

/// `first`…`last` in steps of `stride` are capitals; adding `distance` makes them small.
struct CaseRange {
  char16_t first;
  char16_t last;
  char16_t stride;
  char16_t distance;
};
constexpr CaseRange case_ranges[] = {
    {0x0041, 0x005A, 1, 32}, {0x00C0, 0x00D6, 1, 32}, {0x00D8, 0x00DE, 1, 32}, {0x0100, 0x012E, 2, 1},
    {0x0132, 0x0136, 2, 1},  {0x0139, 0x0147, 2, 1},  {0x014A, 0x0176, 2, 1},  {0x0179, 0x017D, 2, 1},
    {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03AB, 1, 32}, {0x0400, 0x040F, 1, 80}, {0x0410, 0x042F, 1, 32},
    {0x0460, 0x0480, 2, 1},  {0xFF21, 0xFF3A, 1, 32},
};

char16_t folded(char16_t character) noexcept {
  for (const CaseRange& range : case_ranges) {
    if (character < range.first || character > range.last) continue;
    if ((character - range.first) % range.stride == 0) return static_cast<char16_t>(character + range.distance);
  }
  return character;
}

/// Takes 1 to 15 digits off the front; false when there are none or more.
bool take_number(std::string_view& text) noexcept {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || digits > 15) return false;
  text.remove_prefix(digits);
  return true;
}

}  // namespace

Result<AccountName> parse_account_name(std::u16string_view typed, std::u16string_view computer_name) {
  const std::u16string_view text = trimmed(typed);
  if (text.size() > longest_typed_name) return Error{ErrorCode::too_long, "account name"};
  if (text.empty() || std::any_of(text.begin(), text.end(), is_forbidden) || has_lone_surrogate(text)) {
    return Error{ErrorCode::malformed, "account name"};
  }
  const std::size_t backslash = text.find(u'\\');
  if (backslash == std::u16string_view::npos) {
    const std::size_t at = text.rfind(u'@');
    if (at == std::u16string_view::npos) {
      if (text.size() > longest_user) return Error{ErrorCode::too_long, "user name"};
      return AccountName{NameForm::bare, {}, std::u16string(text)};
    }
    if (at == 0 || at + 1 == text.size()) return Error{ErrorCode::malformed, "account name"};
    if (at > longest_user || text.size() - at - 1 > longest_domain) return Error{ErrorCode::too_long, "account name"};
    return AccountName{NameForm::user_at_domain, {}, std::u16string(text)};
  }
  const std::u16string_view domain = trimmed(text.substr(0, backslash));
  const std::u16string_view user = trimmed(text.substr(backslash + 1));
  if (domain.empty() || user.empty() || user.find(u'\\') != std::u16string_view::npos) {
    return Error{ErrorCode::malformed, "account name"};
  }
  if (domain.size() > longest_domain || user.size() > longest_user) return Error{ErrorCode::too_long, "account name"};
  if (domain == u".") return AccountName{NameForm::local, std::u16string(computer_name), std::u16string(user)};
  return AccountName{NameForm::domain, std::u16string(domain), std::u16string(user)};
}

std::u16string qualified(const AccountName& name) {
  if (name.domain.empty()) return name.user;
  return name.domain + u'\\' + name.user;
}

bool same_name(std::u16string_view left, std::u16string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char16_t a, char16_t b) { return folded(a) == folded(b); });
}

bool is_sid(std::string_view text) noexcept {
  constexpr std::string_view prefix = "S-1-";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  if (!take_number(text)) return false;
  int sub_authorities = 0;
  while (!text.empty()) {
    if (text.front() != '-') return false;
    text.remove_prefix(1);
    if (!take_number(text) || ++sub_authorities > 15) return false;
  }
  return sub_authorities > 0;
}

}  // namespace systemlog
