#include "bridge/uplink/device_identity.h"

#include "core/device_keys.h"

namespace systemlog::bridge {
namespace {

constexpr std::string_view purpose = "systemlog/device-secret";
constexpr std::size_t longest_file = 4096;

Result<SecretBytes> open_secret(Files& files, SecretBox& box, Random& random, const std::filesystem::path& path) {
  const Result<SecretBytes> sealed = read_whole(files, path, longest_file);
  if (sealed) {
    Result<SecretBytes> secret = box.open(sealed.value(), purpose);
    if (secret && secret.value().size() != device_secret_bytes) return Error{ErrorCode::damaged, "device secret"};
    return secret;
  }
  if (sealed.error().code != ErrorCode::not_found) return sealed.error();
  SecretBytes fresh(device_secret_bytes);
  if (Result<void> filled = random.fill(fresh); !filled) return filled.error();
  const Result<Bytes> closed = box.seal(fresh, purpose);
  if (!closed) return closed.error();
  if (Result<void> written = replace_whole(files, path, closed.value()); !written) return written.error();
  return fresh;
}

}  // namespace

Result<DeviceIdentity> DeviceIdentity::open(Files& files, SecretBox& box, Random& random,
                                            const std::filesystem::path& folder) {
  const std::filesystem::path secret_path = folder / "device-secret";
  // A registered device without its secret would be refused as `key-in-use` for ever: losing it is not a first start.
  const Result<SecretBytes> key_file = read_whole(files, folder / "device-key", std::size_t{64} * 1024);
  if (key_file) {
    const Result<SecretBytes> secret_file = read_whole(files, secret_path, longest_file);
    if (!secret_file && secret_file.error().code == ErrorCode::not_found) {
      return Error{ErrorCode::not_found, "the device secret is gone and the device key is not"};
    }
  }
  // The secret first: the key is what the check above goes by.
  Result<SecretBytes> secret = open_secret(files, box, random, secret_path);
  if (!secret) return secret.error();
  Result<std::unique_ptr<DeviceKey>> key = open_device_key(files, box, folder / "device-key");
  if (!key) return key.error();
  return DeviceIdentity{std::move(key).value(), std::move(secret).value()};
}

}  // namespace systemlog::bridge
