// The credential blob a logon provider hands to LSA: KERB_INTERACTIVE_UNLOCK_LOGON with relative pointers, x64
// layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace systemlog {

namespace blob_layout {

/// UNICODE_STRING of a packed blob: `buffer` is a byte offset from the start of the blob.
struct PackedString {
  std::uint16_t length_bytes;
  std::uint16_t maximum_bytes;
  std::uint32_t padding;
  std::uint64_t buffer;
};
static_assert(sizeof(PackedString) == 16);
static_assert(offsetof(PackedString, buffer) == 8);

struct UnlockLogon {
  std::uint32_t message_type;
  std::uint32_t padding;
  PackedString domain;
  PackedString user;
  PackedString password;
  /// LUID of the session for an unlock; Winlogon fills it in.
  std::uint32_t logon_id_low;
  std::int32_t logon_id_high;
};
static_assert(sizeof(UnlockLogon) == 64);
static_assert(offsetof(UnlockLogon, domain) == 8);
static_assert(offsetof(UnlockLogon, user) == 24);
static_assert(offsetof(UnlockLogon, password) == 40);
static_assert(offsetof(UnlockLogon, logon_id_low) == 56);

}  // namespace blob_layout

/// KERB_LOGON_SUBMIT_TYPE values that we make.
enum class LogonMessage : std::uint32_t { interactive_logon = 2, workstation_unlock = 7 };

/// What a blob says.
struct LogonBlob {
  LogonMessage message = LogonMessage::interactive_logon;
  std::u16string domain;
  std::u16string user;
  SecretUtf16 password;
};

/// Longest domain, user and password in UTF-16 units that are packed or taken.
inline constexpr std::size_t longest_blob_name = 513;
inline constexpr std::size_t longest_blob_password = 4096;
inline constexpr std::size_t longest_blob_bytes = 64 + 2 * (2 * longest_blob_name + longest_blob_password);

/// Packs the three strings behind the 64-byte head, without closing zeros. `too-long` beyond the limits.
/// @param password as protected by `PasswordProtector`, or plain
Result<SecretBytes> pack_logon_blob(LogonMessage message, std::u16string_view domain, std::u16string_view user,
                                    const SecretUtf16& password);

/// Reads a blob that somebody else made (RDP hands one over), believing nothing: every length and offset is checked
/// against the blob before it is used. `malformed`, `too-long`, or `unsupported` for another message type.
Result<LogonBlob> unpack_logon_blob(ByteView blob);

}  // namespace systemlog
