#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "bridge/uplink/device_identity.h"
#include "test/uplink_support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

/// Says "done" to everything, as some providers do: its keys sign nonsense.
class LyingKeeper final : public KeyKeeper {
 public:
  explicit LyingKeeper(int& discarded) noexcept : discarded_(&discarded) {}

  DeviceKey::Keeper kind() const noexcept override { return DeviceKey::Keeper::tpm; }
  Result<SecretBytes> make() noexcept override { return SecretBytes{1}; }
  Result<std::unique_ptr<DeviceKey>> open(ByteView /*reference*/) noexcept override {
    class Key final : public DeviceKey {
     public:
      Key() : DeviceKey("id", {}, Keeper::tpm) {}
      Result<Signature> sign(ByteView /*message*/) noexcept override { return Signature{}; }
    };
    return std::unique_ptr<DeviceKey>(std::make_unique<Key>());
  }
  void discard(ByteView /*reference*/) noexcept override { ++*discarded_; }

 private:
  int* discarded_;
};

/// Its keys are real until they are lost, as with a TPM that was cleared.
class ForgetfulKeeper final : public KeyKeeper {
 public:
  explicit ForgetfulKeeper(const bool& lost) noexcept : lost_(&lost) {}

  DeviceKey::Keeper kind() const noexcept override { return DeviceKey::Keeper::key_store; }
  Result<SecretBytes> make() noexcept override { return keeper_->make(); }
  Result<std::unique_ptr<DeviceKey>> open(ByteView reference) noexcept override {
    if (*lost_) return Error{ErrorCode::not_found, "cleared"};
    return keeper_->open(reference);
  }
  void discard(ByteView /*reference*/) noexcept override {}

 private:
  const bool* lost_;
  std::unique_ptr<KeyKeeper> keeper_ = std::move(file_keeper().front());
};

struct KeyDesk : Bench {
  std::filesystem::path path = folder / "device-key";
  KeyKeepers keepers = file_keeper();

  std::unique_ptr<DeviceKey> open() {
    Result<std::unique_ptr<DeviceKey>> key = open_device_key(files, *box, path, keepers);
    REQUIRE_MESSAGE(key.ok(), problem(key));
    return std::move(key).value();
  }
};

}  // namespace

TEST_CASE_FIXTURE(KeyDesk, "a device key signs what its public half verifies, and nothing else") {
  const std::unique_ptr<DeviceKey> key = open();
  const Signature signature = key->sign(bytes_of("said")).value();
  CHECK(verify_signature(key->public_key(), bytes_of("said"), signature).value());
  CHECK_FALSE(verify_signature(key->public_key(), bytes_of("sai"), signature).value());
  CHECK_FALSE(verify_signature({}, bytes_of("said"), signature).value());
  for (std::size_t i = 0; i < signature.size(); i += 7) {
    Signature spoilt = signature;
    spoilt[i] ^= 1U;
    CHECK_FALSE(verify_signature(key->public_key(), bytes_of("said"), spoilt).value());
  }
}

TEST_CASE_FIXTURE(KeyDesk, "r and s keep their leading zeros") {
  const std::unique_ptr<DeviceKey> key = open();
  bool short_number_seen = false;
  for (int i = 0; i < 2000 && !short_number_seen; ++i) {
    const std::string text = "message " + std::to_string(i);
    const Signature signature = key->sign(bytes_of(text)).value();
    if (signature[0] != 0 && signature[32] != 0) continue;
    short_number_seen = true;
    CHECK(verify_signature(key->public_key(), bytes_of(text), signature).value());
  }
  CHECK(short_number_seen);
}

TEST_CASE_FIXTURE(KeyDesk, "a device has the same key after every start, and its file does not give it away") {
  const std::unique_ptr<DeviceKey> first = open();
  const std::unique_ptr<DeviceKey> second = open();
  CHECK(first->id() == second->id());
  CHECK(first->public_key() == second->public_key());
  CHECK(second->keeper() == DeviceKey::Keeper::sealed_file);
  const Bytes file = slurp(path);
  const auto& x = first->public_key().x;
  CHECK(std::search(file.begin(), file.end(), x.begin(), x.end()) == file.end());
}

TEST_CASE("the name of a device is the thumbprint of RFC 7638") {
  // The key of RFC 7517 appendix A.1; the thumbprint was computed with contract/device.ts and Node.
  const Bytes x = from_base64url("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4").value();
  const Bytes y = from_base64url("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM").value();
  PublicKey key;
  std::copy(x.begin(), x.end(), key.x.begin());
  std::copy(y.begin(), y.end(), key.y.begin());
  CHECK(device_id_of(key).value() == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
}

TEST_CASE_FIXTURE(KeyDesk, "a damaged or foreign key file is an error and is left as it is") {
  open();
  const Bytes whole = slurp(path);
  Bytes spoilt = whole;
  spoilt[whole.size() / 2] ^= 1U;
  for (const Bytes& content : {spoilt, Bytes(whole.begin(), whole.begin() + 20), Bytes{}}) {
    spit(path, content);
    const Result<std::unique_ptr<DeviceKey>> key = open_device_key(files, *box, path, keepers);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == ErrorCode::authentication_failed);
    CHECK(slurp(path) == content);
  }
}

TEST_CASE_FIXTURE(KeyDesk, "a keeper whose key does not prove itself is passed over, and its key discarded") {
  int discarded = 0;
  keepers.insert(keepers.begin(), std::make_unique<LyingKeeper>(discarded));
  CHECK(open()->keeper() == DeviceKey::Keeper::sealed_file);
  CHECK(discarded == 1);
}

TEST_CASE_FIXTURE(KeyDesk, "a key its keeper has lost is an error, not a new device") {
  bool lost = false;
  keepers.insert(keepers.begin(), std::make_unique<ForgetfulKeeper>(lost));
  open();
  lost = true;
  const Result<std::unique_ptr<DeviceKey>> key = open_device_key(files, *box, path, keepers);
  REQUIRE_FALSE(key.ok());
  CHECK(key.error().code == ErrorCode::not_found);
}

TEST_CASE_FIXTURE(Bench, "an identity outlives a restart; wherever its making is cut off, the next start gets one") {
  std::set<std::string> ids;
  for (int steps = 0;; ++steps) {
    const std::filesystem::path at = folder / ("cut-" + std::to_string(steps));
    std::filesystem::create_directories(at);
    files.stop_after(steps);
    const bool whole = DeviceIdentity::open(files, *box, random, at).ok();
    files.heal();
    const Result<DeviceIdentity> next = DeviceIdentity::open(files, *box, random, at);
    REQUIRE_MESSAGE(next.ok(), problem(next));
    const Result<DeviceIdentity> again = DeviceIdentity::open(files, *box, random, at);
    CHECK(again.value().key->id() == next.value().key->id());
    CHECK(again.value().secret == next.value().secret);
    ids.insert(next.value().key->id());
    if (whole) break;
  }
  CHECK(ids.size() > 3);
}

TEST_CASE_FIXTURE(Bench, "a lost device secret is not a first start") {
  REQUIRE(DeviceIdentity::open(files, *box, random, folder.path()).ok());
  std::filesystem::remove(folder / "device-secret");
  const Result<DeviceIdentity> next = DeviceIdentity::open(files, *box, random, folder.path());
  REQUIRE_FALSE(next.ok());
  CHECK(next.error().code == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(folder / "device-secret"));
}
