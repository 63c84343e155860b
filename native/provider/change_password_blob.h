// KERB_CHANGEPASSWORD_REQUEST with relative pointers, x64 layout: how a logon provider asks LSA to change a password.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/logon_blob.h"

namespace systemlog::provider {

namespace blob_layout {
struct ChangePassword {
  std::uint32_t message_type;
  std::uint32_t padding;
  systemlog::blob_layout::PackedString domain;
  systemlog::blob_layout::PackedString account;
  systemlog::blob_layout::PackedString old_password;
  systemlog::blob_layout::PackedString new_password;
  std::uint8_t impersonating;
  std::uint8_t padding_behind[7];
};
static_assert(sizeof(ChangePassword) == 80);
static_assert(offsetof(ChangePassword, domain) == 8);
static_assert(offsetof(ChangePassword, new_password) == 56);
static_assert(offsetof(ChangePassword, impersonating) == 72);
}  // namespace blob_layout

/// KerbChangePasswordMessage.
inline constexpr std::uint32_t change_password_message = 7;

/// Packs the four strings behind the head, without closing zeros. `too-long` beyond the limits of a logon blob.
Result<SecretBytes> pack_change_password(std::u16string_view domain, std::u16string_view account,
                                         const SecretUtf16& old_password, const SecretUtf16& new_password);

}  // namespace systemlog::provider
