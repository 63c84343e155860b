// One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238). Pure; whether a code may be used is `code_verifier.h`'s job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "platform/crypto.h"

namespace systemlog {

/// Number of whole periods since the Unix epoch (RFC 6238's T with T0 = 0).
using TimeStep = std::uint64_t;

struct OtpParameters {
  crypto::Hash hash = crypto::Hash::sha1;
  unsigned digits = 6;
  unsigned period_seconds = 30;

  friend bool operator==(const OtpParameters&, const OtpParameters&) = default;
};

/// SHA-1, SHA-256 or SHA-512; 6 or 8 digits; 30 or 60 seconds. Nothing else is made or taken.
bool is_supported(const OtpParameters& parameters) noexcept;

/// A code as a number with its count of digits.
struct OtpCode {
  std::uint32_t value = 0;
  unsigned digits = 6;

  friend bool operator==(const OtpCode&, const OtpCode&) = default;
};

/// The code as shown, leading zeros included.
std::string text_of(const OtpCode& code);

/// What a person typed: spaces and hyphens are passed over, full-width digits (Japanese input left on) count as
/// digits. Nothing unless exactly `digits` digits remain.
std::optional<OtpCode> parse_code(std::string_view typed, unsigned digits) noexcept;

/// The step a moment lies in; moments before 1970 lie in step 0.
TimeStep step_at(std::int64_t wall_ms, unsigned period_seconds) noexcept;

/// Makes and compares the codes of one secret. Not to be used from two threads at once.
class OtpGenerator {
 public:
  /// `invalid-argument` for unsupported parameters or an empty secret.
  static Result<OtpGenerator> create(ByteView secret, const OtpParameters& parameters) noexcept;

  /// HOTP of a counter; a TOTP code is the one of its time step.
  Result<OtpCode> code(std::uint64_t counter) noexcept;

  /// The last step in [first, last] whose code is `code`. Every step is computed and compared without an early exit,
  /// so that the time taken does not tell which one matched.
  Result<std::optional<TimeStep>> find(const OtpCode& code, TimeStep first, TimeStep last) noexcept;

  const OtpParameters& parameters() const noexcept { return parameters_; }

 private:
  OtpGenerator(crypto::Hmac hmac, const OtpParameters& parameters) noexcept;

  crypto::Hmac hmac_;
  OtpParameters parameters_;
};

/// What an authenticator app reads from a QR code.
struct OtpAuth {
  std::string issuer;
  std::string account;
  SecretBytes secret;
  OtpParameters parameters;
};

/// `otpauth://totp/Issuer:account?secret=…&issuer=…&algorithm=…&digits=…&period=…`, percent-encoded UTF-8.
/// The text holds the secret: show it, do not keep it.
SecretBytes otpauth_uri(const OtpAuth& otpauth);

/// Reads such a text: `malformed`, or `unsupported` for hotp and parameters we do not take.
Result<OtpAuth> parse_otpauth(std::string_view uri);

}  // namespace systemlog
