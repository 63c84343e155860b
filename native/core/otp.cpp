#include "core/otp.h"

#include <algorithm>

namespace systemlog {
namespace {

constexpr std::uint32_t power_of_ten(unsigned exponent) noexcept {
  std::uint32_t power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

std::array<std::uint8_t, 8> big_endian(std::uint64_t value) noexcept {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56U - 8U * i));
  return bytes;
}

/// 1 when equal, else 0, without a branch.
constexpr std::uint32_t equal_bit(std::uint32_t left, std::uint32_t right) noexcept {
  const std::uint32_t difference = left ^ right;
  return 1U ^ ((difference | (0U - difference)) >> 31U);
}

/// The digit at `at` (ASCII, or full-width U+FF10–FF19 in UTF-8), and how many bytes it takes; 0 bytes when none.
struct TypedDigit {
  std::uint32_t digit = 0;
  std::size_t bytes = 0;
};
TypedDigit digit_at(std::string_view typed, std::size_t at) noexcept {
  const char first = typed[at];
  if (first >= '0' && first <= '9') return {static_cast<std::uint32_t>(first - '0'), 1};
  if (typed.substr(at, 2) == "\xEF\xBC" && at + 2 < typed.size()) {
    const auto last = static_cast<std::uint8_t>(typed[at + 2]);
    if (last >= 0x90 && last <= 0x99) return {last - 0x90U, 3};
  }
  return {};
}

}  // namespace

bool is_supported(const OtpParameters& parameters) noexcept {
  return (parameters.hash == crypto::Hash::sha1 || parameters.hash == crypto::Hash::sha256 ||
          parameters.hash == crypto::Hash::sha512) &&
         (parameters.digits == 6 || parameters.digits == 8) &&
         (parameters.period_seconds == 30 || parameters.period_seconds == 60);
}

std::string text_of(const OtpCode& code) {
  std::string digits = std::to_string(code.value);
  if (digits.size() < code.digits) digits.insert(0, code.digits - digits.size(), '0');
  return digits;
}

std::optional<OtpCode> parse_code(std::string_view typed, unsigned digits) noexcept {
  OtpCode code{0, digits};
  unsigned count = 0;
  for (std::size_t at = 0; at < typed.size();) {
    const bool ideographic_space = typed.substr(at, 3) == "\xE3\x80\x80";
    if (typed[at] == ' ' || typed[at] == '-' || ideographic_space) {
      at += ideographic_space ? 3 : 1;
      continue;
    }
    const TypedDigit read = digit_at(typed, at);
    if (read.bytes == 0 || ++count > digits) return std::nullopt;
    code.value = code.value * 10 + read.digit;
    at += read.bytes;
  }
  if (count != digits) return std::nullopt;
  return code;
}

TimeStep step_at(std::int64_t wall_ms, unsigned period_seconds) noexcept {
  if (wall_ms < 0) return 0;
  return static_cast<TimeStep>(wall_ms) / (static_cast<TimeStep>(period_seconds) * 1000);
}

OtpGenerator::OtpGenerator(crypto::Hmac hmac, const OtpParameters& parameters) noexcept
    : hmac_(std::move(hmac)), parameters_(parameters) {}

Result<OtpGenerator> OtpGenerator::create(ByteView secret, const OtpParameters& parameters) noexcept {
  if (!is_supported(parameters) || secret.empty()) return Error{ErrorCode::invalid_argument, "otp parameters"};
  Result<crypto::Hmac> hmac = crypto::Hmac::create(parameters.hash, secret);
  if (!hmac) return hmac.error();
  return OtpGenerator(std::move(hmac).value(), parameters);
}

Result<OtpCode> OtpGenerator::code(std::uint64_t counter) noexcept {
  const std::array<std::uint8_t, 8> message = big_endian(counter);
  const Result<crypto::Digest> mac = hmac_.of({message});
  if (!mac) return mac.error();
  // RFC 4226 section 5.3: the low four bits of the last byte say where to read 31 bits.
  const ByteView bytes = mac.value().view();
  const std::size_t offset = bytes.back() & 0x0FU;
  const std::uint32_t truncated = (static_cast<std::uint32_t>(bytes[offset] & 0x7FU) << 24U) |
                                  (static_cast<std::uint32_t>(bytes[offset + 1]) << 16U) |
                                  (static_cast<std::uint32_t>(bytes[offset + 2]) << 8U) | bytes[offset + 3];
  return OtpCode{truncated % power_of_ten(parameters_.digits), parameters_.digits};
}

Result<std::optional<TimeStep>> OtpGenerator::find(const OtpCode& code, TimeStep first, TimeStep last) noexcept {
  TimeStep found = 0;
  std::uint32_t any = 0;
  for (TimeStep step = first; step <= last; ++step) {
    const Result<OtpCode> candidate = this->code(step);
    if (!candidate) return candidate.error();
    const std::uint32_t hit =
        equal_bit(candidate.value().value, code.value) & equal_bit(code.digits, parameters_.digits);
    const TimeStep mask = TimeStep{0} - hit;
    found = (found & ~mask) | (step & mask);
    any |= hit;
  }
  if (any == 0) return std::optional<TimeStep>();
  return std::optional<TimeStep>(found);
}

}  // namespace systemlog
