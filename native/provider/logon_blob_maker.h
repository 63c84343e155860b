// Makes what LSA is handed.
#pragma once

#include <memory>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/logon_blob.h"
#include "core/policy.h"
#include "platform/auth_package.h"
#include "platform/connected_blob_packer.h"
#include "platform/password_protector.h"
#include "provider/tile_machine.h"

namespace systemlog::provider {

struct PackedCredential {
  std::uint32_t package = 0;
  SecretBytes blob;
};

class LogonBlobMaker {
 public:
  LogonBlobMaker(std::unique_ptr<PasswordProtector> protector, std::unique_ptr<AuthPackage> package,
                 std::unique_ptr<ConnectedBlobPacker> connected) noexcept
      : protector_(std::move(protector)), package_(std::move(package)), connected_(std::move(connected)) {}

  /// Negotiate's number with LSA.
  Result<std::uint32_t> package() noexcept { return package_->negotiate_id(); }

  /// @param unlock LogonUI unlocks a workstation
  Result<PackedCredential> sign_in(const SignInNow& now, Scenario scenario, bool unlock);
  Result<PackedCredential> change_password(const ChangePasswordNow& now);

 private:
  Result<PackedCredential> packed(Result<SecretBytes> blob);

  std::unique_ptr<PasswordProtector> protector_;
  std::unique_ptr<AuthPackage> package_;
  std::unique_ptr<ConnectedBlobPacker> connected_;
};

}  // namespace systemlog::provider
