// Who this PC is: its key, and the secret it shares with the server.
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "platform/device_key.h"
#include "platform/files.h"
#include "platform/random.h"
#include "platform/secret_box.h"

namespace systemlog::bridge {

struct DeviceIdentity {
  std::unique_ptr<DeviceKey> key;
  /// 32 random bytes; the keys of journal, receipts, emergency answers and vault come from them.
  SecretBytes secret;

  /// Reads `device-key` and `device-secret` in a folder, or makes them at the first start. One that is there and does
  /// not open is an error and stays as it is: making another would make another device of this PC unasked.
  static Result<DeviceIdentity> open(Files& files, SecretBox& box, Random& random,
                                     const std::filesystem::path& folder);
};

}  // namespace systemlog::bridge
