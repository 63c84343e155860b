// Where a device key may be kept. Behind an interface, so that tests have keepers that lie.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "platform/device_key.h"

namespace systemlog {

class KeyKeeper {
 public:
  virtual ~KeyKeeper() = default;
  virtual DeviceKey::Keeper kind() const noexcept = 0;
  /// Makes a key.
  /// @returns what `open` finds it by; for a sealed file the key itself
  virtual Result<SecretBytes> make() noexcept = 0;
  /// `not-found` when the keeper has it no more, `damaged` when the reference is none.
  virtual Result<std::unique_ptr<DeviceKey>> open(ByteView reference) noexcept = 0;
  /// Deletes a key that did not prove itself.
  virtual void discard(ByteView reference) noexcept = 0;
};

using KeyKeepers = std::vector<std::unique_ptr<KeyKeeper>>;

/// Those of this system, best first; the last one is the sealed file.
KeyKeepers system_key_keepers();

/// `open_device_key` with keepers of one's own.
Result<std::unique_ptr<DeviceKey>> open_device_key(Files& files, SecretBox& box, const std::filesystem::path& path,
                                                   const KeyKeepers& keepers);

/// A private key as the sealed file has it: x, y and the secret number, 32 bytes each.
inline constexpr std::size_t private_key_bytes = 96;

}  // namespace systemlog
