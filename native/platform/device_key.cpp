#include "platform/device_key.h"

#include "platform/crypto.h"
#include "platform/key_keepers.h"

namespace systemlog {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t longest_reference = 512;
constexpr std::size_t longest_file = 8192;
constexpr std::string_view purpose = "systemlog/device-key";

/// Says something under the key and checks it with the public one: some providers answer "done" to everything.
Result<void> prove(DeviceKey& key) {
  constexpr std::string_view said = "systemlog/v1/device-key-proof";
  const Result<Signature> signature = key.sign(bytes_of(said));
  if (!signature) return signature.error();
  const Result<bool> holds = verify_signature(key.public_key(), bytes_of(said), signature.value());
  if (!holds) return holds.error();
  if (!holds.value()) return Error{ErrorCode::crypto_failed, "the key signs what its public half does not verify"};
  return {};
}

Result<std::unique_ptr<DeviceKey>> open_proven(KeyKeeper& keeper, ByteView reference) {
  Result<std::unique_ptr<DeviceKey>> key = keeper.open(reference);
  if (!key) return key;
  if (Result<void> proven = prove(*key.value()); !proven) return proven.error();
  return key;
}

Result<std::unique_ptr<DeviceKey>> make_key(Files& files, SecretBox& box, const std::filesystem::path& path,
                                            const KeyKeepers& keepers) {
  Error last{ErrorCode::unsupported, "no keeper for a key"};
  for (const std::unique_ptr<KeyKeeper>& keeper : keepers) {
    const Result<SecretBytes> reference = keeper->make();
    Result<std::unique_ptr<DeviceKey>> key =
        reference ? open_proven(*keeper, reference.value()) : Result<std::unique_ptr<DeviceKey>>(reference.error());
    if (!key) {
      if (reference) keeper->discard(reference.value());
      last = key.error();
      continue;
    }
    ByteWriter writer;
    writer.u8(format_version);
    writer.u8(static_cast<std::uint8_t>(keeper->kind()));
    writer.block(reference.value());
    const Result<Bytes> sealed = box.seal(writer.view(), purpose);
    if (!sealed) return sealed.error();
    if (Result<void> written = replace_whole(files, path, sealed.value()); !written) return written.error();
    return key;
  }
  return last;
}

/// Who keeps the key, and by what it is found there.
struct KeptKey {
  std::uint8_t keeper = 0;
  SecretBytes reference;
};

Result<KeptKey> read_kept_key(Files& files, SecretBox& box, const std::filesystem::path& path) {
  const Result<SecretBytes> sealed = read_whole(files, path, longest_file);
  if (!sealed) return sealed.error();
  const Result<SecretBytes> content = box.open(sealed.value(), purpose);
  if (!content) return content.error();
  ByteReader reader(content.value());
  const std::uint8_t version = reader.u8();
  const std::uint8_t kind = reader.u8();
  const ByteView reference = reader.block(longest_reference);
  if (reader.ok() && version != format_version) return Error{ErrorCode::unsupported_version, "device key"};
  if (!reader.ok() || !reader.at_end()) return Error{ErrorCode::damaged, "device key"};
  return KeptKey{kind, SecretBytes(reference.begin(), reference.end())};
}

KeyKeeper* keeper_of(const KeyKeepers& keepers, const KeptKey& key) {
  for (const std::unique_ptr<KeyKeeper>& keeper : keepers) {
    if (static_cast<std::uint8_t>(keeper->kind()) == key.keeper) return keeper.get();
  }
  return nullptr;
}

}  // namespace

Result<std::string> device_id_of(const PublicKey& key) {
  const std::string thumbprint_input =
      R"({"crv":"P-256","kty":"EC","x":")" + base64url(key.x) + R"(","y":")" + base64url(key.y) + R"("})";
  const Result<crypto::Digest> digest = crypto::digest(crypto::Hash::sha256, {bytes_of(thumbprint_input)});
  if (!digest) return digest.error();
  return base64url(digest.value().view());
}

Result<std::unique_ptr<DeviceKey>> open_device_key(Files& files, SecretBox& box, const std::filesystem::path& path,
                                                   const KeyKeepers& keepers) {
  const Result<KeptKey> kept = read_kept_key(files, box, path);
  // A box never says so: there is no file.
  if (!kept && kept.error().code == ErrorCode::not_found) return make_key(files, box, path, keepers);
  if (!kept) return kept.error();
  KeyKeeper* keeper = keeper_of(keepers, kept.value());
  if (keeper == nullptr) return Error{ErrorCode::unsupported, "keeper of the device key"};
  return open_proven(*keeper, kept.value().reference);
}

Result<void> discard_device_key(Files& files, SecretBox& box, const std::filesystem::path& path) {
  const Result<KeptKey> kept = read_kept_key(files, box, path);
  if (!kept && kept.error().code == ErrorCode::not_found) return {};
  if (kept) {
    const KeyKeepers keepers = system_key_keepers();
    if (KeyKeeper* keeper = keeper_of(keepers, kept.value())) keeper->discard(kept.value().reference);
  }
  return files.remove(path);
}

Result<std::unique_ptr<DeviceKey>> open_device_key(Files& files, SecretBox& box, const std::filesystem::path& path) {
  return open_device_key(files, box, path, system_key_keepers());
}

}  // namespace systemlog
