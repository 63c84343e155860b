#include "provider/tile_account.h"

#include "provider/utf.h"

namespace systemlog::provider {
namespace {

/// The domains under which LSA knows accounts that live in the cloud.
bool is_cloud(std::u16string_view domain) noexcept {
  return same_name(domain, u"MicrosoftAccount") || same_name(domain, u"AzureAD");
}

std::u16string joined(std::u16string_view domain, std::u16string_view user) {
  if (domain.empty()) return std::u16string(user);
  return std::u16string(domain) + u'\\' + std::u16string(user);
}

}  // namespace

TileAccount listed_account(std::string sid, std::u16string_view qualified_name, bool connected) {
  TileAccount account{std::move(sid), std::u16string(qualified_name), {}, std::u16string(qualified_name), connected};
  if (const std::size_t backslash = qualified_name.find(u'\\'); backslash != std::u16string_view::npos) {
    account.domain = qualified_name.substr(0, backslash);
    account.user = qualified_name.substr(backslash + 1);
  }
  return account;
}

TileAccount found_account(const auth::AccountAnswer& found, const AccountName& typed,
                          std::u16string_view computer_name) {
  TileAccount account{found.sid, {}, utf16(found.domain), utf16(found.name), false};
  account.qualified = joined(account.domain, account.user);
  // An e-mail address that leads to an account of this very computer is a Microsoft account's.
  const bool is_email_of_local = typed.form == NameForm::user_at_domain && same_name(account.domain, computer_name);
  if (is_email_of_local) account.qualified = joined(u"MicrosoftAccount", typed.user);
  account.connected = is_email_of_local || is_cloud(account.domain);
  return account;
}

TileAccount typed_account(const AccountName& typed, std::u16string_view computer_name) {
  TileAccount account{{}, qualified(typed), typed.domain, typed.user, is_cloud(typed.domain)};
  if (typed.form == NameForm::bare) account.domain = computer_name;
  return account;
}

bool is_same_account(const TileAccount& account, std::u16string_view domain, std::u16string_view user) {
  if (same_name(account.user, user) && (domain.empty() || same_name(account.domain, domain))) return true;
  return same_name(account.qualified, joined(domain, user)) || same_name(account.qualified, user);
}

}  // namespace systemlog::provider
