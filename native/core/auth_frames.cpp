#include "core/auth_frames.h"

#include <array>
#include <utility>

#include "core/base/checked_reading.h"

namespace systemlog::auth {
namespace {

constexpr std::array<std::uint8_t, 4> mark{'S', 'L', 'A', '1'};
/// Responses are told from requests by this bit, so that an answer is never taken for a question.
constexpr std::uint16_t response_bit = 0x8000;

constexpr std::size_t longest_sid = 200;
constexpr std::size_t longest_name = 1100;
constexpr std::size_t longest_typed = 256;
constexpr std::size_t longest_password = std::size_t{12} * 1024;
constexpr std::size_t longest_word = 64;

SecretBytes secret(ByteReader& reader, std::size_t limit) {
  const ByteView bytes = reader.block(limit);
  return {bytes.begin(), bytes.end()};
}

void write_flag(ByteWriter& writer, bool value) {
  writer.u8(value ? 1 : 0);
}

template <typename E>
void write_name(ByteWriter& writer, E value) {
  writer.u8(static_cast<std::uint8_t>(value));
}

void write_factors(ByteWriter& writer, const Factors& factors) {
  writer.u8(static_cast<std::uint8_t>(factors.view().size()));
  for (const Factor factor : factors.view()) write_name(writer, factor);
}

Factors read_factors(ByteReader& reader) noexcept {
  const std::uint8_t count = reader.u8();
  if (count > 2) reader.fail();
  if (count == 0 || !reader.ok()) return {};
  const Factor first = enumerated(reader, Factor::otp);
  if (count == 1) return {first};
  return {first, enumerated(reader, Factor::otp)};
}

void write(ByteWriter& /*writer*/, const Presence& /*presence*/) {}
void write(ByteWriter& /*writer*/, const PresenceNoted& /*noted*/) {}
void write(ByteWriter& /*writer*/, const PasswordResultNoted& /*noted*/) {}

void write(ByteWriter& writer, const FilterQuestion& asked) {
  write_name(writer, asked.scenario);
}

void write(ByteWriter& writer, const FilterAnswer& answer) {
  write_flag(writer, answer.hide_others);
  write_name(writer, answer.reason);
  write_flag(writer, answer.smart_cards_stay);
}

void write(ByteWriter& writer, const AccountQuestion& asked) {
  writer.text(asked.name);
}

void write(ByteWriter& writer, const AccountAnswer& answer) {
  writer.text(answer.sid);
  writer.text(answer.domain);
  writer.text(answer.name);
}

void write(ByteWriter& writer, const TileQuestion& asked) {
  write_name(writer, asked.scenario);
  writer.text(asked.sid);
  write_flag(writer, asked.rehearsal);
}

void write(ByteWriter& writer, const TileAnswer& answer) {
  const Question& question = answer.question;
  const Decision& decision = question.decision;
  write_name(writer, decision.action);
  write_name(writer, decision.reason);
  write_factors(writer, decision.factors);
  write_factors(writer, decision.alternative);
  write_flag(writer, decision.code_optional);
  write_flag(writer, decision.substitutes_only);
  write_flag(writer, decision.alarm);
  writer.u64(question.wait_ms);
  writer.u32(static_cast<std::uint32_t>(question.recovery_codes_left));
  write_flag(writer, question.may_seal_password);
}

void write(ByteWriter& writer, const TileAnswers& given) {
  write(writer, given.about);
  write_flag(writer, given.answers.has_password);
  writer.text(given.answers.code);
  writer.text(given.answers.recovery_code);
  writer.text(given.answers.emergency_response);
}

void write(ByteWriter& writer, const TileVerdict& verdict) {
  const Answered& answered = verdict.answered;
  write_flag(writer, answered.granted);
  writer.text(answered.refusal);
  writer.text(answered.code_verdict);
  writer.u64(answered.wait_ms);
  writer.i64(answered.clock_offset_ms);
  write_flag(writer, answered.resynchronised);
  writer.u32(static_cast<std::uint32_t>(answered.recovery_codes_left));
  writer.text(answered.method);
  writer.block(answered.password);
}

void write(ByteWriter& writer, const PasswordResult& result) {
  writer.text(result.sid);
  write_flag(writer, result.accepted);
  writer.block(result.password_to_seal);
}

void write(ByteWriter& writer, const ChallengeQuestion& asked) {
  writer.text(asked.sid);
}

void write(ByteWriter& writer, const ChallengeAnswer& answer) {
  writer.text(answer.challenge);
}

void write(ByteWriter& writer, const Failure& failure) {
  write_name(writer, failure.code);
}

void read(ByteReader& /*reader*/, Presence& /*presence*/) {}
void read(ByteReader& /*reader*/, PresenceNoted& /*noted*/) {}
void read(ByteReader& /*reader*/, PasswordResultNoted& /*noted*/) {}

void read(ByteReader& reader, FilterQuestion& asked) {
  asked.scenario = enumerated(reader, Scenario::safe_mode);
}

void read(ByteReader& reader, FilterAnswer& answer) {
  answer.hide_others = flag(reader);
  answer.reason = enumerated(reader, Reason::codes_disabled);
  answer.smart_cards_stay = flag(reader);
}

void read(ByteReader& reader, AccountQuestion& asked) {
  asked.name = reader.text(longest_name);
}

void read(ByteReader& reader, AccountAnswer& answer) {
  answer.sid = reader.text(longest_sid);
  answer.domain = reader.text(longest_name);
  answer.name = reader.text(longest_name);
}

void read(ByteReader& reader, TileQuestion& asked) {
  asked.scenario = enumerated(reader, Scenario::safe_mode);
  asked.sid = reader.text(longest_sid);
  asked.rehearsal = flag(reader);
}

void read(ByteReader& reader, TileAnswer& answer) {
  Question& question = answer.question;
  Decision& decision = question.decision;
  decision.action = enumerated(reader, Action::deny);
  decision.reason = enumerated(reader, Reason::codes_disabled);
  decision.factors = read_factors(reader);
  decision.alternative = read_factors(reader);
  decision.code_optional = flag(reader);
  decision.substitutes_only = flag(reader);
  decision.alarm = flag(reader);
  question.wait_ms = reader.u64();
  question.recovery_codes_left = reader.u32();
  question.may_seal_password = flag(reader);
}

void read(ByteReader& reader, TileAnswers& given) {
  read(reader, given.about);
  given.answers.has_password = flag(reader);
  given.answers.code = reader.text(longest_typed);
  given.answers.recovery_code = reader.text(longest_typed);
  given.answers.emergency_response = reader.text(longest_typed);
}

void read(ByteReader& reader, TileVerdict& verdict) {
  Answered& answered = verdict.answered;
  answered.granted = flag(reader);
  answered.refusal = reader.text(longest_word);
  answered.code_verdict = reader.text(longest_word);
  answered.wait_ms = reader.u64();
  answered.clock_offset_ms = reader.i64();
  answered.resynchronised = flag(reader);
  answered.recovery_codes_left = reader.u32();
  answered.method = reader.text(longest_word);
  answered.password = secret(reader, longest_password);
}

void read(ByteReader& reader, PasswordResult& result) {
  result.sid = reader.text(longest_sid);
  result.accepted = flag(reader);
  result.password_to_seal = secret(reader, longest_password);
}

void read(ByteReader& reader, ChallengeQuestion& asked) {
  asked.sid = reader.text(longest_sid);
}

void read(ByteReader& reader, ChallengeAnswer& answer) {
  answer.challenge = reader.text(longest_word);
}

void read(ByteReader& reader, Failure& failure) {
  failure.code = enumerated(reader, ErrorCode::unsupported);
}

template <typename Message>
SecretBytes frame(const Message& message, std::uint16_t bit) {
  ByteWriter payload;
  std::visit([&payload](const auto& held) { write(payload, held); }, message);
  ByteWriter whole;
  whole.raw(mark);
  whole.u16(protocol);
  whole.u16(static_cast<std::uint16_t>(message.index() | bit));
  whole.block(payload.view());
  return std::move(whole).take();
}

/// Makes the alternative of that number, reads into it, and takes it only if the payload is used up to its end.
template <typename Message, std::size_t Index = 0>
Result<Message> read_as(std::size_t index, ByteView payload) {
  if constexpr (Index < std::variant_size_v<Message>) {
    if (index != Index) return read_as<Message, Index + 1>(index, payload);
    ByteReader reader(payload);
    std::variant_alternative_t<Index, Message> held;
    read(reader, held);
    if (!reader.ok() || !reader.at_end()) return Error{ErrorCode::malformed, "auth frame"};
    return Message(std::in_place_index<Index>, std::move(held));
  } else {
    return Error{ErrorCode::malformed, "auth frame of an unknown type"};
  }
}

}  // namespace

SecretBytes write_frame(const Request& request) {
  return frame(request, 0);
}

SecretBytes write_frame(const Response& response) {
  return frame(response, response_bit);
}

Result<Head> read_head(ByteView head) {
  if (head.size() != head_bytes) return Error{ErrorCode::malformed, "auth frame head"};
  ByteReader reader(head);
  if (reader.array<4>() != mark) return Error{ErrorCode::malformed, "auth frame mark"};
  Head read;
  read.protocol = reader.u16();
  read.type = reader.u16();
  read.length = reader.u32();
  if (read.length > longest_payload) return Error{ErrorCode::too_long, "auth frame"};
  if (read.protocol != protocol) return Error{ErrorCode::unsupported_version, "auth frame"};
  return read;
}

Result<Request> read_request(const Head& head, ByteView payload) {
  if ((head.type & response_bit) != 0 || payload.size() != head.length) {
    return Error{ErrorCode::malformed, "auth request"};
  }
  return read_as<Request>(head.type, payload);
}

Result<Response> read_response(const Head& head, ByteView payload) {
  if ((head.type & response_bit) == 0 || payload.size() != head.length) {
    return Error{ErrorCode::malformed, "auth response"};
  }
  return read_as<Response>(static_cast<std::size_t>(head.type & ~response_bit), payload);
}

}  // namespace systemlog::auth
