// The key that is this device: it signs requests, tickets and anchors, and its thumbprint is the device's name.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "platform/files.h"
#include "platform/secret_box.h"

namespace systemlog {

/// A point of P-256, big-endian.
struct PublicKey {
  std::array<std::uint8_t, 32> x{};
  std::array<std::uint8_t, 32> y{};

  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

/// ECDSA P-256 with SHA-256 in the IEEE P1363 form: r‖s.
using Signature = std::array<std::uint8_t, 64>;

/// The name of the device that has this key: RFC 7638 thumbprint, SHA-256, base64url (contract/device.ts).
Result<std::string> device_id_of(const PublicKey& key);

/// `crypto-failed` only when the system cannot judge it.
Result<bool> verify_signature(const PublicKey& key, ByteView message, const Signature& signature) noexcept;

/// May be used from several threads at once.
class DeviceKey {
 public:
  /// Who keeps the private key.
  enum class Keeper : std::uint8_t {
    /// A file of ours, sealed by the secret box.
    sealed_file,
    /// The system's key store; it signs, and does not give the key away.
    key_store,
    tpm,
  };

  DeviceKey(const DeviceKey&) = delete;
  DeviceKey& operator=(const DeviceKey&) = delete;
  DeviceKey(DeviceKey&&) = delete;
  DeviceKey& operator=(DeviceKey&&) = delete;
  virtual ~DeviceKey() = default;

  const std::string& id() const noexcept { return id_; }
  const PublicKey& public_key() const noexcept { return public_key_; }
  Keeper keeper() const noexcept { return keeper_; }

  /// Hashes the message with SHA-256 and signs that.
  virtual Result<Signature> sign(ByteView message) noexcept = 0;

 protected:
  DeviceKey(std::string id, const PublicKey& public_key, Keeper keeper) noexcept
      : id_(std::move(id)), public_key_(public_key), keeper_(keeper) {}

 private:
  std::string id_;
  PublicKey public_key_;
  Keeper keeper_;
};

/// Reads the device's key, or makes one at the first start. A keeper is chosen only if a signature of a key that it
/// was given verifies after opening that key anew: TPM, then key store, then a sealed file (the only one outside
/// Windows). A key that was there and cannot be used is an error (`damaged`, `authentication-failed`, `not-found`
/// when its keeper has lost it) and never leads to another one: that would make another device of this PC unasked.
/// @param path of the file that holds the key, or says who keeps it
Result<std::unique_ptr<DeviceKey>> open_device_key(Files& files, SecretBox& box, const std::filesystem::path& path);

/// Deletes a key for good, where it is kept and then the file: this PC is another device afterwards. Done already
/// when there is no file; a file that cannot be read any more is deleted, and its key stays in its store unused.
Result<void> discard_device_key(Files& files, SecretBox& box, const std::filesystem::path& path);

}  // namespace systemlog
