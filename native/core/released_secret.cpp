#include "core/released_secret.h"

#include "core/contract_json.h"
#include "core/device_keys.h"
#include "core/json_reading.h"
#include "core/vault.h"

namespace systemlog {
namespace {

constexpr std::string_view algorithm = "device-secret+hkdf-sha256+a256gcm";
constexpr std::size_t longest_release = 65536;

}  // namespace

Result<ReleasedSecret> parse_released_secret(std::string_view text) {
  const Error malformed{ErrorCode::malformed, "released secret"};
  const std::optional<Json> json = parse_object(text, longest_release);
  if (!json) return malformed;
  const std::optional<std::string> said_algorithm = text_field(*json, "algorithm");
  if (!said_algorithm) return malformed;
  if (*said_algorithm != algorithm) return Error{ErrorCode::unsupported, "algorithm of a released secret"};

  const std::optional<std::string> credential = text_field(*json, "credential");
  const std::optional<OtpParameters> parameters = otp_parameters_field(*json, "parameters");
  const auto iv = bytes_field<crypto::gcm_nonce_bytes>(*json, "iv");
  const std::optional<Bytes> sealed = from_base64url(text_field(*json, "ciphertext").value_or(""));
  const std::optional<NullableInteger> step = nullable_integer_field(*json, "lastAcceptedStep");
  const std::optional<std::int64_t> server_time = parse_instant(text_field(*json, "serverTime").value_or(""));
  if (!credential || !is_uuid(*credential) || !parameters || !iv || !sealed || !step || !server_time)
    return malformed;
  const bool has_room =
      sealed->size() > crypto::gcm_tag_bytes && sealed->size() <= longest_otp_secret + crypto::gcm_tag_bytes;
  if (!has_room) return malformed;
  return ReleasedSecret{*credential, *parameters, {iv->begin(), iv->end()}, *sealed, step->value, *server_time};
}

Result<SecretBytes> open_released_secret(const ReleasedSecret& released, ByteView device_secret,
                                         std::string_view device, std::string_view sid) {
  const Result<SecretBytes> key = derived_key(device_secret, "vault");
  if (!key) return key.error();
  std::string context = "systemlog/v1/otp-secret";
  for (const std::string_view part : {algorithm, device, sid, std::string_view(released.credential)}) {
    context.append("\n").append(part);
  }
  return crypto::aes_gcm_open(key.value(), released.iv, bytes_of(context), released.sealed);
}

}  // namespace systemlog
