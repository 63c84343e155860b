// Whether this PC keeps what is sealed on it: a TPM, and BitLocker on the drive of the system.
#pragma once

#include <memory>
#include <optional>

namespace systemlog::bridge::windows {

/// A TPM answers (TBS). None when it cannot be asked.
std::optional<bool> tpm_present();

/// The `ProtectionStatus` of Win32_EncryptableVolume for the system's drive, by WMI: 1 is on; 0 is off, suspended or
/// on its way; 2 is locked. None when WMI does not say, as on editions without BitLocker. Takes as long as WMI does.
std::optional<unsigned> bitlocker_status();

/// Answers from what was found last, and looks anew in the background: the logon screen waits for nobody.
class DriveProtection {
 public:
  DriveProtection();
  DriveProtection(const DriveProtection&) = delete;
  DriveProtection& operator=(const DriveProtection&) = delete;
  DriveProtection(DriveProtection&&) = delete;
  DriveProtection& operator=(DriveProtection&&) = delete;
  ~DriveProtection();

  /// False until both were found, and whenever either cannot be told: then a company that requires them gets no
  /// sealed passwords.
  bool tpm_and_bitlocker();

 private:
  struct Found;
  /// Shared with a look that may outlive this: WMI cannot be hurried.
  std::shared_ptr<Found> found_;
};

}  // namespace systemlog::bridge::windows
