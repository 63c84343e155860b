// What the device says under its key (contract/statement.ts): used towards the server and towards the tray app.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/clock.h"
#include "platform/device_key.h"

namespace systemlog::bridge {

/// `statement` is JSON text, `signature` base64url: both go on the wire as they are.
struct SignedStatement {
  std::string statement;
  std::string signature;
};

/// Whether a text may be a nonce: 16 to 256 printable ASCII characters without quote and backslash, as
/// http-signature.ts takes them. What is not is never signed.
bool is_nonce(std::string_view text) noexcept;

/// "The person at my pipe is this account."
struct Ticket {
  /// Origin of the server, as `ServerOrigin::text`.
  std::string server;
  std::string company;
  std::string sid;
  std::string nonce;
};
/// `invalid-argument` for a nonce that is none or a SID that is none.
Result<SignedStatement> sign_ticket(DeviceKey& key, const Ticket& ticket);

/// Where a journal ends. `head_mac` is base64url, `GENESIS_MAC` for an empty journal.
struct JournalHead {
  std::string id;
  std::uint64_t head_sequence = 0;
  std::string head_mac;
};

/// "When I saw this nonce my clock run stood here, and my journal ended there."
struct Anchor {
  std::string server;
  std::string nonce;
  ClockReading clock;
  JournalHead journal;
};
/// `invalid-argument` for a nonce that is none.
Result<SignedStatement> sign_anchor(DeviceKey& key, const Anchor& anchor);

}  // namespace systemlog::bridge
