#include "provider/change_password_blob.h"

#include <span>

namespace systemlog::provider {

Result<SecretBytes> pack_change_password(std::u16string_view domain, std::u16string_view account,
                                         const SecretUtf16& old_password, const SecretUtf16& new_password) {
  const std::array<std::span<const char16_t>, 4> strings = {domain, account, old_password, new_password};
  if (domain.size() > longest_blob_name || account.size() > longest_blob_name ||
      old_password.size() > longest_blob_password || new_password.size() > longest_blob_password) {
    return Error{ErrorCode::too_long, "change password blob"};
  }
  ByteWriter blob;
  blob.u32(change_password_message);
  blob.u32(0);
  std::size_t offset = sizeof(blob_layout::ChangePassword);
  for (const std::span<const char16_t> string : strings) {
    const auto bytes = static_cast<std::uint16_t>(string.size() * 2);
    blob.u16(bytes);
    blob.u16(bytes);
    blob.u32(0);
    blob.u64(offset);
    offset += bytes;
  }
  blob.u64(0);  // Impersonating: no
  for (const std::span<const char16_t> string : strings) {
    for (const char16_t unit : string) blob.u16(static_cast<std::uint16_t>(unit));
  }
  return std::move(blob).take();
}

}  // namespace systemlog::provider
