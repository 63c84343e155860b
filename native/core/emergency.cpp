#include "core/emergency.h"

#include "core/code_verifier.h"
#include "core/device_keys.h"
#include "core/human_code.h"
#include "platform/crypto.h"

namespace systemlog {

std::string_view name(EmergencyVerdict verdict) noexcept {
  switch (verdict) {
    case EmergencyVerdict::accepted:
      return "accepted";
    case EmergencyVerdict::wrong:
      return "wrong";
    case EmergencyVerdict::malformed:
      return "malformed";
    case EmergencyVerdict::no_challenge:
      return "no-challenge";
    case EmergencyVerdict::unavailable:
      return "unavailable";
  }
  return "unknown";
}

Result<std::string> emergency_response(ByteView device_secret, std::string_view sid, std::string_view challenge) {
  const Result<SecretBytes> key = derived_key(device_secret, "emergency");
  if (!key) return key.error();
  Result<crypto::Hmac> hmac = crypto::Hmac::create(crypto::Hash::sha256, key.value());
  if (!hmac) return hmac.error();
  const Result<crypto::Digest> mac = hmac.value().of(
      {bytes_of("systemlog/v1/emergency-sign-in\n"), bytes_of(sid), bytes_of("\n"), bytes_of(challenge)});
  if (!mac) return mac.error();
  return human_code(mac.value().view().first(5));
}

Result<std::string> EmergencyAccess::challenge(const std::string& sid) {
  std::array<std::uint8_t, challenge_bytes> bits{};
  if (Result<void> filled = random_->fill(bits); !filled) return filled.error();
  Pending& pending = pending_[sid];
  pending = {human_code(bits), clock_->read(), 0};
  return grouped(pending.challenge);
}

EmergencyVerdict EmergencyAccess::respond(const std::string& sid, ByteView device_secret, std::string_view typed) {
  const auto found = pending_.find(sid);
  if (found == pending_.end()) return EmergencyVerdict::no_challenge;
  Pending& pending = found->second;
  const ClockReading now = clock_->read();
  if (pending.at.run != now.run || now.uptime_ms - pending.at.uptime_ms > valid_ms) {
    pending_.erase(found);
    return EmergencyVerdict::no_challenge;
  }
  const std::optional<std::string> response = normalised_human_code(typed, code_characters);
  if (!response) return EmergencyVerdict::malformed;
  const Result<std::string> expected = emergency_response(device_secret, sid, pending.challenge);
  if (!expected) return EmergencyVerdict::unavailable;
  if (!constant_time_equal(bytes_of(*response), bytes_of(expected.value()))) {
    if (++pending.tries == most_tries) pending_.erase(found);
    return EmergencyVerdict::wrong;
  }
  pending_.erase(found);
  AccountAttempts account = store_->account(sid);
  forgive(account);
  if (Result<void> saved = store_->save(sid, std::move(account)); !saved) return EmergencyVerdict::unavailable;
  return EmergencyVerdict::accepted;
}

}  // namespace systemlog
