// Names under which people sign in to Windows, in UTF-16 as Windows has them. Pure; who it is decides the SID.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace systemlog {

enum class NameForm : std::uint8_t {
  /// `user`: no domain was given.
  bare,
  /// `.\user`: an account of this computer.
  local,
  /// `DOMAIN\user` or `COMPUTER\user`.
  domain,
  /// `user@domain`: a UPN, or the e-mail address of a Microsoft account. Which of them only Windows knows.
  user_at_domain,
};

struct AccountName {
  NameForm form = NameForm::bare;
  /// Empty for `bare` and `user_at_domain`; the computer's name for `local`.
  std::u16string domain;
  /// For `user_at_domain` the whole `user@domain`: that is how Windows takes it.
  std::u16string user;
};

/// Longest names Windows takes, in UTF-16 units: UNLEN, DNS_MAX_NAME_LENGTH, and both with an @.
inline constexpr std::size_t longest_user = 256;
inline constexpr std::size_t longest_domain = 255;
inline constexpr std::size_t longest_typed_name = longest_user + 1 + longest_domain;

/// Reads what was typed. Spaces around it are dropped, spaces inside belong to the name. `malformed` for empty parts,
/// two separators, control characters, lone surrogates and characters no account name may have (`"/[]:;|=,+*?<>`);
/// `too-long` beyond the limits.
/// @param computer_name what `.\` stands for
Result<AccountName> parse_account_name(std::u16string_view typed, std::u16string_view computer_name);

/// `DOMAIN\user`, `user@domain` or `user`.
std::u16string qualified(const AccountName& name);

/// Same name, whatever the case. ASCII, Latin, Greek, Cyrillic and full-width letters are folded by simple one-to-one
/// pairs, as Windows does; it serves to recognise a name, never to grant anything: that goes by SID.
bool same_name(std::u16string_view left, std::u16string_view right) noexcept;

/// A security identifier in its string form, as the contract writes it: `S-1-<authority>-<1 to 15 sub-authorities>`.
bool is_sid(std::string_view text) noexcept;
/// The longest text that `is_sid` takes: numbers have at most 15 digits.
inline constexpr std::size_t longest_sid = 4 + 15 + 15 * 16;

}  // namespace systemlog
