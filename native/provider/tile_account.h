// Whom a tile signs in: the account whose SID the bridge is asked about is the one LSA is handed, by whatever name it
// was typed.
#pragma once

#include <string>
#include <string_view>

#include "core/account_names.h"
#include "core/auth_frames.h"

namespace systemlog::provider {

struct TileAccount {
  /// Empty for one whose SID nobody could tell.
  std::string sid;
  /// For a connected account the name Windows packs it by; the two parts below for every other.
  std::u16string qualified;
  std::u16string domain;
  std::u16string user;
  /// A Microsoft or Entra account, whose blob only Windows can make.
  bool connected = false;
};

/// A user of LogonUI's list.
/// @param qualified_name PKEY_Identity_QualifiedUserName, never the display name
TileAccount listed_account(std::string sid, std::u16string_view qualified_name, bool connected);

/// Whoever was typed at "other user", as the bridge found him.
TileAccount found_account(const auth::AccountAnswer& found, const AccountName& typed,
                          std::u16string_view computer_name);

/// Whoever was typed, as typed: for when no bridge is there to find him.
TileAccount typed_account(const AccountName& typed, std::u16string_view computer_name);

/// Whether a credential handed over by Remote Desktop is this account's.
bool is_same_account(const TileAccount& account, std::u16string_view domain, std::u16string_view user);

}  // namespace systemlog::provider
