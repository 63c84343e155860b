// What the tests of the uplink share: a device, its journal, and receipts as the server makes them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>

#include "bridge/uplink/schedule.h"
#include "core/device_keys.h"
#include "core/journal.h"
#include "platform/device_key.h"
#include "platform/key_keepers.h"
#include "test/support.h"

namespace systemlog::test {

inline const std::string journal_name = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
inline const Bytes shared_secret(32, 9);

/// The sealed file alone: tests leave the key store of the machine in peace.
inline KeyKeepers file_keeper() {
  KeyKeepers keepers = system_key_keepers();
  keepers.erase(keepers.begin(), keepers.end() - 1);
  return keepers;
}

struct UplinkBench : Bench {
  std::unique_ptr<DeviceKey> key =
      std::move(open_device_key(files, *box, folder / "device-key", file_keeper())).value();
};

/// A journal of a few small segments.
struct JournalBench : UplinkBench {
  static constexpr std::size_t segment = std::size_t{64} * 1024;
  Journal journal =
      std::move(Journal::create(files, folder / "journal", journal_name, key->id(), shared_secret, segment)).value();

  /// @param sid empty for what concerns the machine
  std::uint64_t record(const std::string& sid = {}, std::size_t padding = 0) {
    return record_into(journal, sid, padding);
  }
  static std::uint64_t record_into(Journal& into, const std::string& sid = {}, std::size_t padding = 0) {
    const std::uint64_t sequence = into.head_sequence() + 1;
    const std::string account = sid.empty() ? "null" : R"({"sid":")" + sid + R"("})";
    const Result<SealedRecord> appended =
        into.append(R"({"journal":")" + into.id() + R"(","sequence":)" + std::to_string(sequence) + R"(,"account":)" +
                    account + R"(,"padding":")" + std::string(padding, 'x') + R"("})");
    REQUIRE_MESSAGE(appended.ok(), problem(appended));
    return sequence;
  }

  ServerReceipt receipt(std::uint64_t through, const std::string& of = journal_name) const {
    const SecretBytes receipt_key = derived_key(shared_secret, "receipt").value();
    crypto::Hmac hmac = std::move(crypto::Hmac::create(crypto::Hash::sha256, receipt_key)).value();
    const std::string input = "systemlog/v1/receipt\n" + key->id() + "\n" + of + "\n" + std::to_string(through);
    const crypto::Digest mac = hmac.of({bytes_of(input)}).value();
    ServerReceipt made{key->id(), of, through, {}};
    std::copy_n(mac.bytes.begin(), 32, made.mac.begin());
    return made;
  }
};

}  // namespace systemlog::test
