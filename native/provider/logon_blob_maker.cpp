#include "provider/logon_blob_maker.h"

#include "provider/change_password_blob.h"

namespace systemlog::provider {

Result<PackedCredential> LogonBlobMaker::packed(Result<SecretBytes> blob) {
  if (!blob) return blob.error();
  const Result<std::uint32_t> package = package_->negotiate_id();
  if (!package) return package.error();
  return PackedCredential{package.value(), std::move(blob).value()};
}

Result<PackedCredential> LogonBlobMaker::sign_in(const SignInNow& now, Scenario scenario, bool unlock) {
  if (now.password.size() > longest_blob_password) return Error{ErrorCode::too_long, "password"};
  if (now.account.connected) return packed(connected_->pack(now.account.qualified, now.password));
  // CredUI takes the password as it is; LogonUI's way to LSA is longer.
  const bool protects = scenario != Scenario::credential_prompt && !now.password.empty();
  const Result<SecretUtf16> password = protects ? protector_->protect(now.password) : SecretUtf16(now.password);
  if (!password) return password.error();
  const LogonMessage message = unlock ? LogonMessage::workstation_unlock : LogonMessage::interactive_logon;
  return packed(pack_logon_blob(message, now.account.domain, now.account.user, password.value()));
}

Result<PackedCredential> LogonBlobMaker::change_password(const ChangePasswordNow& now) {
  return packed(pack_change_password(now.account.domain, now.account.user, now.old_password, now.new_password));
}

}  // namespace systemlog::provider
