#include "core/json_reading.h"

namespace systemlog {

std::optional<Json> parse_object(std::string_view text, std::size_t longest) {
  constexpr int deepest = 32;
  if (text.size() > longest) return std::nullopt;
  bool too_deep = false;
  const auto watch = [&too_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  if (json.is_discarded() || too_deep || !json.is_object()) return std::nullopt;
  return json;
}

const Json* field(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const Json* object_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

const Json* array_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  return value != nullptr && value->is_array() ? value : nullptr;
}

std::optional<std::string> text_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->get_ref<const std::string&>();
}

std::optional<std::uint64_t> integer_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  if (value == nullptr || !value->is_number_unsigned()) return std::nullopt;
  const auto number = value->get<std::uint64_t>();
  if (number > most_exact_integer) return std::nullopt;
  return number;
}

std::optional<bool> bool_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

std::optional<NullableInteger> nullable_integer_field(const Json& object, const char* key) {
  const Json* value = field(object, key);
  if (value != nullptr && value->is_null()) return NullableInteger{};
  const std::optional<std::uint64_t> number = integer_field(object, key);
  if (!number) return std::nullopt;
  return NullableInteger{number};
}

std::optional<OtpParameters> otp_parameters_field(const Json& object, const char* key) {
  using Named = std::pair<const char*, crypto::Hash>;
  const Json* json = object_field(object, key);
  if (json == nullptr) return std::nullopt;
  const auto hash = named_field(*json, "algorithm",
                                std::array{Named("sha1", crypto::Hash::sha1), Named("sha256", crypto::Hash::sha256),
                                           Named("sha512", crypto::Hash::sha512)});
  const std::uint64_t digits = integer_field(*json, "digits").value_or(0);
  const std::uint64_t period = integer_field(*json, "periodSeconds").value_or(0);
  if (!hash || digits > 8 || period > 60) return std::nullopt;
  const OtpParameters parameters{*hash, static_cast<unsigned>(digits), static_cast<unsigned>(period)};
  if (!is_supported(parameters)) return std::nullopt;
  return parameters;
}

}  // namespace systemlog
