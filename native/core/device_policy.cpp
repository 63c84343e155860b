#include "core/device_policy.h"

#include "core/account_names.h"
#include "core/contract_json.h"
#include "core/json_reading.h"

namespace systemlog {
namespace {

/// 1,000 accounts with 40 recovery codes each have about half of it.
constexpr std::size_t longest_policy = std::size_t{8} * 1024 * 1024;
constexpr std::uint64_t most_probation_days = 3650;

std::optional<DeviceRules> parse_rules(const Json& json) {
  using Down = std::pair<const char*, WhenBridgeDown>;
  using Sealed = std::pair<const char*, SealedPasswords>;
  const std::optional<bool> enforcement = bool_field(json, "enforcement");
  const std::optional<std::uint64_t> days = integer_field(json, "probationDays");
  const auto down = named_field(
      json, "whenBridgeDown",
      std::array{Down("password-only", WhenBridgeDown::password_only), Down("deny", WhenBridgeDown::deny)});
  const std::optional<bool> prompts = bool_field(json, "prompts");
  const std::optional<bool> smart_cards = bool_field(json, "smartCards");
  const auto sealed = named_field(json, "sealedPassword",
                                  std::array{Sealed("allowed", SealedPasswords::allowed),
                                             Sealed("tpm-and-bitlocker", SealedPasswords::tpm_and_bitlocker),
                                             Sealed("off", SealedPasswords::off)});
  const Json* break_glass = array_field(json, "breakGlassSids");
  if (!enforcement || !days || !down || !prompts || !smart_cards || !sealed || break_glass == nullptr) {
    return std::nullopt;
  }
  if (*days == 0 || *days > most_probation_days || break_glass->size() > most_break_glass_sids) return std::nullopt;
  DeviceRules rules{*enforcement, static_cast<std::uint32_t>(*days), *down, *prompts, *smart_cards, *sealed, {}};
  for (const Json& sid : *break_glass) {
    if (!sid.is_string() || !is_sid(sid.get_ref<const std::string&>())) return std::nullopt;
    rules.break_glass_sids.push_back(sid.get<std::string>());
  }
  return rules;
}

/// Adds a code to the set, and to those that are used.
bool parse_recovery_code(const Json& json, PolicyOtp& otp) {
  const auto id = bytes_field<16>(json, "id");
  const auto hash = bytes_field<32>(json, "hash");
  const std::optional<bool> used = bool_field(json, "used");
  if (!id || !hash || !used || *id != recovery_code_id(*hash)) return false;
  otp.recovery.hashes.push_back(*hash);
  if (*used) otp.used_recovery_codes.push_back(*id);
  return true;
}

bool parse_recovery(const Json& json, PolicyOtp& otp) {
  const auto salt = bytes_field<16>(json, "salt");
  const Json* codes = array_field(json, "codes");
  if (!salt || codes == nullptr || codes->size() > most_recovery_codes) return false;
  otp.recovery.salt = *salt;
  for (const Json& code : *codes) {
    if (!code.is_object() || !parse_recovery_code(code, otp)) return false;
  }
  return true;
}

std::optional<PolicyOtp> parse_otp(const Json& json) {
  PolicyOtp otp;
  const std::optional<std::string> credential = text_field(json, "credential");
  const std::optional<OtpParameters> parameters = otp_parameters_field(json, "parameters");
  const std::optional<bool> enrolled_here = bool_field(json, "enrolledHere");
  const std::optional<NullableInteger> step = nullable_integer_field(json, "lastAcceptedStep");
  const Json* recovery = object_field(json, "recovery");
  if (!credential || !is_uuid(*credential) || !parameters || !enrolled_here || !step || recovery == nullptr) {
    return std::nullopt;
  }
  otp.credential = *credential;
  otp.parameters = *parameters;
  otp.enrolled_here = *enrolled_here;
  otp.last_accepted_step = step->value;
  if (!parse_recovery(*recovery, otp)) return std::nullopt;
  return otp;
}

std::optional<PolicyAccount> parse_account(const Json& json) {
  using Named = std::pair<const char*, Methods>;
  const auto methods =
      named_field(json, "methods",
                  std::array{Named("password", Methods::password), Named("otp", Methods::otp),
                             Named("password+otp", Methods::password_then_otp),
                             Named("otp+password", Methods::otp_then_password), Named("either", Methods::either)});
  const std::optional<std::uint64_t> sealed_epoch = integer_field(json, "sealedPasswordEpoch");
  const std::optional<std::uint64_t> forgiven_epoch = integer_field(json, "forgivenEpoch");
  const Json* otp = field(json, "otp");
  if (!methods || !sealed_epoch || !forgiven_epoch || otp == nullptr) return std::nullopt;
  PolicyAccount account{*methods, std::nullopt, *sealed_epoch, *forgiven_epoch};
  if (otp->is_null()) return account;
  if (otp->is_object()) account.otp = parse_otp(*otp);
  if (!account.otp) return std::nullopt;
  return account;
}

std::optional<CurrentPolicy> parse_current(const Json& json) {
  const Json* rules = object_field(json, "rules");
  const Json* accounts = array_field(json, "accounts");
  if (!bytes_field<32>(json, "version") || rules == nullptr || accounts == nullptr) return std::nullopt;
  if (accounts->size() > most_vault_accounts) return std::nullopt;
  const std::optional<DeviceRules> parsed_rules = parse_rules(*rules);
  if (!parsed_rules) return std::nullopt;
  CurrentPolicy policy{*text_field(json, "version"), *parsed_rules, {}};
  for (const Json& entry : *accounts) {
    if (!entry.is_object()) return std::nullopt;
    const std::optional<std::string> sid = text_field(entry, "sid");
    std::optional<PolicyAccount> account = parse_account(entry);
    if (!sid || !is_sid(*sid) || !account) return std::nullopt;
    if (!policy.accounts.emplace(*sid, std::move(*account)).second) return std::nullopt;
  }
  return policy;
}

}  // namespace

Result<DevicePolicy> parse_device_policy(std::string_view text) {
  const Error malformed{ErrorCode::malformed, "device policy"};
  const std::optional<Json> json = parse_object(text, longest_policy);
  if (!json) return malformed;
  const std::optional<std::string> status = text_field(*json, "status");
  const std::optional<std::int64_t> server_time = parse_instant(text_field(*json, "serverTime").value_or(""));
  if (!status || !server_time) return malformed;
  DevicePolicy policy{*server_time, std::nullopt};
  if (*status == "unchanged") return policy;
  if (*status == "current") policy.current = parse_current(*json);
  if (!policy.current) return malformed;
  return policy;
}

}  // namespace systemlog
