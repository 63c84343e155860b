#include "addon/value_reader.h"

#include <cmath>

#include "addon/job.h"

namespace systemlog::addon {
namespace {

constexpr double largest_whole = static_cast<double>(ValueReader::largest_whole);

bool is_whole(double number) noexcept {
  return std::trunc(number) == number && std::abs(number) <= largest_whole;
}

std::optional<std::uint8_t> hex_digit(char character) noexcept {
  if (character >= '0' && character <= '9') return static_cast<std::uint8_t>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<std::uint8_t>(character - 'a' + 10);
  if (character >= 'A' && character <= 'F') return static_cast<std::uint8_t>(character - 'A' + 10);
  return std::nullopt;
}

std::optional<ClockRun> parse_uuid(std::string_view text) noexcept {
  constexpr std::size_t uuid_characters = 36;
  if (text.size() != uuid_characters) return std::nullopt;
  ClockRun run{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen_due = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen_due != (text[i] == '-')) return std::nullopt;
    if (hyphen_due) continue;
    const std::optional<std::uint8_t> digit = hex_digit(text[i]);
    if (!digit) return std::nullopt;
    run[digits / 2] = static_cast<std::uint8_t>((run[digits / 2] << 4) | *digit);
    ++digits;
  }
  return run;
}

}  // namespace

Napi::Object ValueReader::object(Napi::Value value, const char* what) {
  if (refused_) return {};
  if (value.IsObject()) return value.As<Napi::Object>();
  refuse(what, "an object");
  return {};
}

Napi::Value ValueReader::field(const Napi::Object& object, const char* name) {
  if (refused_) return {};
  const Napi::Value value = object.Get(name);
  if (!env_.IsExceptionPending()) return value;
  refused_ = true;
  reason_ = env_.GetAndClearPendingException().Value();
  return {};
}

std::string ValueReader::text(Napi::Value value, const char* what) {
  if (refused_) return {};
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  refuse(what, "a string");
  return {};
}

SecretBytes ValueReader::secret_text(Napi::Value value, const char* what) {
  if (refused_) return {};
  std::size_t size = 0;
  if (!value.IsString() || napi_get_value_string_utf8(env_, value, nullptr, 0, &size) != napi_ok) {
    refuse(what, "a string");
    return {};
  }
  // With room for the zero that is written behind the text.
  SecretBytes read(size + 1);
  napi_get_value_string_utf8(env_, value, reinterpret_cast<char*>(read.data()), read.size(), &size);
  read.resize(size);
  return read;
}

SecretBytes ValueReader::bytes(Napi::Value value, const char* what) {
  if (refused_) return {};
  napi_typedarray_type type = napi_int8_array;
  std::size_t size = 0;
  void* held = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env_, value, &type, &size, &held, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    refuse(what, "a Uint8Array");
    return {};
  }
  // Nothing of script runs between finding the bytes and having copied them.
  const auto* first = static_cast<const std::uint8_t*>(held);
  return size == 0 ? SecretBytes() : SecretBytes(first, first + size);
}

bool ValueReader::flag(Napi::Value value, const char* what) {
  if (refused_) return false;
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  refuse(what, "a boolean");
  return false;
}

std::uint64_t ValueReader::whole(Napi::Value value, const char* what, std::uint64_t most) {
  if (refused_) return 0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (is_whole(number) && number >= 0 && number <= static_cast<double>(most)) {
    return static_cast<std::uint64_t>(number);
  }
  refuse(what, "a whole number that is not negative and not too large");
  return 0;
}

std::int64_t ValueReader::instant(Napi::Value value, const char* what) {
  if (refused_) return 0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (is_whole(number)) return static_cast<std::int64_t>(number);
  refuse(what, "a whole number of milliseconds");
  return 0;
}

std::filesystem::path ValueReader::path(Napi::Value value, const char* what) {
  const std::string given = text(value, what);
  if (refused_) return {};
  if (given.empty() || given.find('\0') != std::string::npos) {
    refuse(what, "a path");
    return {};
  }
  std::error_code problem;
  // The core makes every name durable in its parent, so that there must be one.
  std::filesystem::path whole = std::filesystem::absolute(std::u8string(given.begin(), given.end()), problem);
  if (problem) refuse(what, "a path");
  // "a/b/" is the folder "a/b".
  return whole.has_filename() ? whole : whole.parent_path();
}

ClockReading ValueReader::clock(Napi::Value value) {
  const Napi::Object given = object(value, "clock");
  ClockReading reading;
  reading.wall_ms = instant(field(given, "wallMs"), "clock.wallMs");
  const std::string run = text(field(given, "bootId"), "clock.bootId");
  reading.uptime_ms = whole(field(given, "uptimeMs"), "clock.uptimeMs");
  if (refused_) return {};
  const std::optional<ClockRun> parsed = parse_uuid(run);
  if (parsed) {
    reading.run = *parsed;
  } else {
    refuse("clock.bootId", "a UUID");
  }
  return reading;
}

OtpParameters ValueReader::parameters(Napi::Value value) {
  using crypto::Hash;
  constexpr std::uint64_t most = 1000;
  const Napi::Object given = object(value, "parameters");
  OtpParameters parameters;
  parameters.hash = word<Hash>(field(given, "algorithm"), "parameters.algorithm",
                               {{"sha1", Hash::sha1}, {"sha256", Hash::sha256}, {"sha512", Hash::sha512}});
  parameters.digits = static_cast<unsigned>(whole(field(given, "digits"), "parameters.digits", most));
  parameters.period_seconds =
      static_cast<unsigned>(whole(field(given, "periodSeconds"), "parameters.periodSeconds", most));
  return parameters;
}

Napi::Value ValueReader::refusal() const {
  return rejected(env_, reason_);
}

void ValueReader::refuse(const char* what, const char* expected) {
  if (refused_) return;
  refused_ = true;
  reason_ = Napi::TypeError::New(env_, std::string(what) + " must be " + expected).Value();
}

}  // namespace systemlog::addon
