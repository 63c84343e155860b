#include "core/logon_blob.h"

#include <optional>

namespace systemlog {
namespace {

using blob_layout::UnlockLogon;

void write_string(ByteWriter& head, std::size_t units, std::size_t& offset) {
  const auto bytes = static_cast<std::uint16_t>(units * 2);
  head.u16(bytes);
  head.u16(bytes);
  head.u32(0);
  head.u64(offset);
  offset += bytes;
}

template <typename Units>
void write_units(ByteWriter& writer, const Units& units) {
  for (const char16_t unit : units) writer.u16(static_cast<std::uint16_t>(unit));
}

/// Where a string lies in the blob; nothing when any part of it lies outside or in the head.
std::optional<ByteView> read_string(ByteReader& head, ByteView blob) {
  const std::size_t length = head.u16();
  const std::size_t maximum = head.u16();
  head.u32();  // padding, whatever it holds
  const std::uint64_t offset = head.u64();
  if (length == 0) return ByteView();
  if (length % 2 != 0 || maximum < length) return std::nullopt;
  if (offset < sizeof(UnlockLogon) || offset > blob.size() || length > blob.size() - offset) return std::nullopt;
  return blob.subspan(static_cast<std::size_t>(offset), length);
}

template <typename Units>
Units units_of(ByteView bytes) {
  Units units;
  units.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    units.push_back(static_cast<char16_t>(bytes[i] | (bytes[i + 1] << 8U)));
  }
  return units;
}

}  // namespace

Result<SecretBytes> pack_logon_blob(LogonMessage message, std::u16string_view domain, std::u16string_view user,
                                    const SecretUtf16& password) {
  if (domain.size() > longest_blob_name || user.size() > longest_blob_name ||
      password.size() > longest_blob_password) {
    return Error{ErrorCode::too_long, "logon blob"};
  }
  std::size_t offset = sizeof(UnlockLogon);
  ByteWriter blob;
  blob.u32(static_cast<std::uint32_t>(message));
  blob.u32(0);
  write_string(blob, domain.size(), offset);
  write_string(blob, user.size(), offset);
  write_string(blob, password.size(), offset);
  blob.u64(0);  // LogonId: Winlogon's
  write_units(blob, domain);
  write_units(blob, user);
  write_units(blob, password);
  return std::move(blob).take();
}

Result<LogonBlob> unpack_logon_blob(ByteView blob) {
  if (blob.size() > longest_blob_bytes) return Error{ErrorCode::too_long, "logon blob"};
  if (blob.size() < sizeof(UnlockLogon)) return Error{ErrorCode::malformed, "logon blob head"};
  ByteReader head(blob.first(sizeof(UnlockLogon)));
  const std::uint32_t message = head.u32();
  head.u32();
  const std::optional<ByteView> domain = read_string(head, blob);
  const std::optional<ByteView> user = read_string(head, blob);
  const std::optional<ByteView> password = read_string(head, blob);
  if (message != static_cast<std::uint32_t>(LogonMessage::interactive_logon) &&
      message != static_cast<std::uint32_t>(LogonMessage::workstation_unlock)) {
    return Error{ErrorCode::unsupported, "logon message"};
  }
  if (!domain || !user || !password) return Error{ErrorCode::malformed, "logon blob string"};
  if (domain->size() > 2 * longest_blob_name || user->size() > 2 * longest_blob_name ||
      password->size() > 2 * longest_blob_password) {
    return Error{ErrorCode::too_long, "logon blob string"};
  }
  return LogonBlob{static_cast<LogonMessage>(message), units_of<std::u16string>(*domain),
                   units_of<std::u16string>(*user), units_of<SecretUtf16>(*password)};
}

}  // namespace systemlog
