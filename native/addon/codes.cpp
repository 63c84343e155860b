// One-time, recovery and emergency codes, and the seals of journal records. Each call runs by itself, none waits for
// another.
#include <algorithm>

#include "addon/job.h"
#include "addon/surface.h"
#include "addon/value_reader.h"
#include "core/device_keys.h"
#include "core/emergency.h"
#include "core/human_code.h"
#include "core/journal_format.h"
#include "core/recovery.h"

namespace systemlog::addon {
namespace {

using Info = Napi::CallbackInfo;

/// What one `findStep` computes at most: 34 days of 30 s, a fraction of a second of work.
constexpr TimeStep most_steps = 100'000;

Result<std::string> code_text(const SecretBytes& secret, const OtpParameters& parameters, std::uint64_t counter) {
  Result<OtpGenerator> generator = OtpGenerator::create(secret, parameters);
  if (!generator) return generator.error();
  const Result<OtpCode> code = generator.value().code(counter);
  if (!code) return code.error();
  return text_of(code.value());
}

Napi::Value hotp(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes secret = reader.bytes(info[0], "secret");
  const OtpParameters parameters = reader.parameters(info[1]);
  const std::uint64_t counter = reader.whole(info[2], "counter");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [secret = std::move(secret), parameters, counter] { return code_text(secret, parameters, counter); },
      show_text);
}

Napi::Value totp(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes secret = reader.bytes(info[0], "secret");
  const OtpParameters parameters = reader.parameters(info[1]);
  const std::int64_t at_ms = reader.instant(info[2], "atMs");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [secret = std::move(secret), parameters, at_ms]() -> Result<std::string> {
        // Before its use, because a period of 0 divides nothing.
        if (!is_supported(parameters)) return Error{ErrorCode::invalid_argument, "otp parameters"};
        return code_text(secret, parameters, step_at(at_ms, parameters.period_seconds));
      },
      show_text);
}

Napi::Value find_step(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes secret = reader.bytes(info[0], "secret");
  const OtpParameters parameters = reader.parameters(info[1]);
  std::string typed = reader.text(info[2], "typed");
  const TimeStep first = reader.whole(info[3], "first");
  const TimeStep last = reader.whole(info[4], "last");
  if (!reader.ok()) return reader.refusal();
  using Found = std::optional<TimeStep>;
  return start(
      info.Env(), nullptr,
      [secret = std::move(secret), parameters, typed = std::move(typed), first, last]() -> Result<Found> {
        if (last < first || last - first >= most_steps) return Error{ErrorCode::invalid_argument, "range of steps"};
        Result<OtpGenerator> generator = OtpGenerator::create(secret, parameters);
        if (!generator) return generator.error();
        const std::optional<OtpCode> code = parse_code(typed, parameters.digits);
        if (!code) return Error{ErrorCode::malformed, "code"};
        return generator.value().find(*code, first, last);
      },
      [](Napi::Env env, const Found& found) -> Napi::Value {
        if (!found) return env.Null();
        return Napi::Number::New(env, static_cast<double>(*found));
      });
}

Napi::Value otpauth(const Info& info) {
  ValueReader reader(info.Env());
  const Napi::Object of = reader.object(info[0], "what the URI is of");
  OtpAuth given;
  given.issuer = reader.text(reader.field(of, "issuer"), "issuer");
  given.account = reader.text(reader.field(of, "account"), "account");
  given.secret = reader.bytes(reader.field(of, "secret"), "secret");
  given.parameters = reader.parameters(reader.field(of, "parameters"));
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [given = std::move(given)]() -> Result<SecretBytes> {
        if (!is_supported(given.parameters)) return Error{ErrorCode::invalid_argument, "otp parameters"};
        if (given.secret.empty()) return Error{ErrorCode::invalid_argument, "otp secret"};
        return otpauth_uri(given);
      },
      show_secret_text);
}

Napi::Value recovery(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes salt = reader.bytes(info[0], "salt");
  SecretBytes typed = reader.secret_text(info[1], "typed");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [salt = std::move(salt), typed = std::move(typed)]() -> Result<RecoveryHash> {
        RecoverySalt exact{};
        if (salt.size() != exact.size()) return Error{ErrorCode::invalid_argument, "recovery salt"};
        std::copy(salt.begin(), salt.end(), exact.begin());
        std::optional<std::string> code = normalised_human_code(text_of(ByteView(typed)), recovery_code_characters);
        if (!code) return Error{ErrorCode::malformed, "recovery code"};
        Result<RecoveryHash> hash = recovery_hash(exact, *code);
        wipe(*code);
        return hash;
      },
      [](Napi::Env env, const RecoveryHash& hash) -> Napi::Value {
        return Napi::Buffer<std::uint8_t>::Copy(env, hash.data(), hash.size());
      });
}

Napi::Value emergency(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes device_secret = reader.bytes(info[0], "deviceSecret");
  std::string sid = reader.text(info[1], "sid");
  std::string challenge = reader.text(info[2], "challenge");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [device_secret = std::move(device_secret), sid = std::move(sid),
       challenge = std::move(challenge)]() -> Result<std::string> {
        const std::optional<std::string> plain = normalised_human_code(challenge, EmergencyAccess::code_characters);
        if (!plain) return Error{ErrorCode::malformed, "emergency challenge"};
        return emergency_response(device_secret, sid, *plain);
      },
      show_text);
}

/// A MAC on its way; nothing for a text that is none.
std::optional<journal_format::Mac> parse_mac(std::string_view text) {
  const std::optional<Bytes> bytes = from_base64url(text);
  journal_format::Mac mac{};
  if (!bytes || bytes->size() != mac.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), mac.begin());
  return mac;
}

Napi::Value check_seal(const Info& info) {
  ValueReader reader(info.Env());
  SecretBytes device_secret = reader.bytes(info[0], "deviceSecret");
  std::string journal = reader.text(info[1], "journal");
  const Napi::Object sealed = reader.object(info[2], "record");
  std::string record = reader.text(reader.field(sealed, "record"), "record.record");
  std::string previous_mac = reader.text(reader.field(sealed, "previousMac"), "record.previousMac");
  std::string mac = reader.text(reader.field(sealed, "mac"), "record.mac");
  if (!reader.ok()) return reader.refusal();
  return start(
      info.Env(), nullptr,
      [device_secret = std::move(device_secret), journal = std::move(journal), record = std::move(record),
       previous_mac = std::move(previous_mac), mac = std::move(mac)]() -> Result<bool> {
        const Result<SecretBytes> key = derived_key(device_secret, "journal/" + journal);
        if (!key) return key.error();
        Result<crypto::Hmac> hmac = crypto::Hmac::create(crypto::Hash::sha256, key.value());
        if (!hmac) return hmac.error();
        const std::optional<journal_format::Mac> previous = parse_mac(previous_mac);
        const std::optional<journal_format::Mac> given = parse_mac(mac);
        if (!previous || !given) return false;
        const Result<journal_format::Mac> expected = journal_format::record_mac(hmac.value(), *previous, record);
        if (!expected) return expected.error();
        return constant_time_equal(expected.value(), *given);
      },
      [](Napi::Env env, bool fits) -> Napi::Value { return Napi::Boolean::New(env, fits); });
}

}  // namespace

void add_codes(Napi::Object core) {
  add_function(core, "hotp", hotp);
  add_function(core, "totp", totp);
  add_function(core, "findStep", find_step);
  add_function(core, "otpauthUri", otpauth);
  add_function(core, "recoveryHash", recovery);
  add_function(core, "emergencyResponse", emergency);
  add_function(core, "checkSeal", check_seal);
}

}  // namespace systemlog::addon
