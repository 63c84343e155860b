// Emergency sign-in: the tile shows a challenge, the administrator's console answers it. It replaces the code, never
// the password.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/attempt_store.h"
#include "platform/random.h"

namespace systemlog {

/// The response to a challenge. The server computes the same:
///
///     key       = HKDF-SHA-256(salt empty, key material = device secret (32 bytes), info "systemlog/v1/emergency",
///     32 bytes) message   = UTF-8 "systemlog/v1/emergency-sign-in" 0x0A sid 0x0A challenge response  =
///     human_code(first 5 bytes of HMAC-SHA-256(key, message))
///
/// `sid` is the string form (`S-1-5-21-…`); `challenge` is in its normal form: 8 characters of Crockford's base 32,
/// capitals, no hyphen. `human_code` writes bytes in that alphabet (`0123456789ABCDEFGHJKMNPQRSTVWXYZ`), most
/// significant bits first: 5 bytes are exactly 8 characters. Vectors: test/vectors/emergency.json.
Result<std::string> emergency_response(ByteView device_secret, std::string_view sid, std::string_view challenge);

enum class EmergencyVerdict : std::uint8_t {
  accepted,
  wrong,
  malformed,
  /// No challenge is waiting: none was shown, it is older than 10 minutes, was used, or five answers were wrong.
  no_challenge,
  unavailable,
};
std::string_view name(EmergencyVerdict verdict) noexcept;

/// Challenges that wait for their response; in memory only, so a restart voids them.
/// Not to be used from two threads at once.
class EmergencyAccess {
 public:
  static constexpr std::size_t challenge_bytes = 5;
  static constexpr std::size_t code_characters = 8;
  static constexpr std::uint64_t valid_ms = 600'000;
  static constexpr unsigned most_tries = 5;

  EmergencyAccess(AttemptStore& store, Clock& clock, Random& random) noexcept
      : store_(&store), clock_(&clock), random_(&random) {}

  /// A new challenge for the account, as shown (`K7Q2-M9XD`). It voids the one before.
  Result<std::string> challenge(const std::string& sid);

  /// Takes the challenge away and forgives failures and waits before it says `accepted`.
  EmergencyVerdict respond(const std::string& sid, ByteView device_secret, std::string_view typed);

 private:
  struct Pending {
    std::string challenge;
    ClockReading at;
    unsigned tries = 0;
  };

  AttemptStore* store_;
  Clock* clock_;
  Random* random_;
  std::map<std::string, Pending> pending_;
};

}  // namespace systemlog
