#include <cstdlib>

#include "core/contract_json.h"
#include "core/human_code.h"
#include "core/otp.h"

using namespace systemlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  static_cast<void>(parse_code(text, 6));
  static_cast<void>(normalised_human_code(text, 16));
  static_cast<void>(read_record_head(text));
  static_cast<void>(parse_receipt(text));
  static_cast<void>(from_base64url(text));
  if (const Result<OtpAuth> otpauth = parse_otpauth(text)) {
    const SecretBytes uri = otpauth_uri(otpauth.value());
    const Result<OtpAuth> again = parse_otpauth(text_of(uri));
    // Percent-encoding may make a text too long to be read; else it says the same.
    if (!again && again.error().code != ErrorCode::too_long) std::abort();
    if (again && again.value().secret != otpauth.value().secret) std::abort();
  }
  return 0;
}
