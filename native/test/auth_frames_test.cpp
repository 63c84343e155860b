#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "core/auth_frames.h"

using namespace systemlog;
using namespace systemlog::auth;

namespace {

ByteView payload_of(ByteView frame) {
  return frame.subspan(head_bytes);
}

Result<Request> request_of(ByteView frame) {
  const auto head = read_head(frame.first(head_bytes));
  REQUIRE(head.ok());
  return read_request(head.value(), payload_of(frame));
}

Result<Response> response_of(ByteView frame) {
  const auto head = read_head(frame.first(head_bytes));
  REQUIRE(head.ok());
  return read_response(head.value(), payload_of(frame));
}

}  // namespace

TEST_CASE("what a tile asks arrives as it was asked") {
  const TileAnswers given{.about = {.scenario = Scenario::unlock, .sid = "S-1-5-21-1-2-3-1001", .rehearsal = true},
                          .answers = {.has_password = true, .code = "123456"}};
  const auto read = request_of(write_frame(Request(given)));
  REQUIRE(read.ok());
  const auto& same = std::get<TileAnswers>(read.value());
  CHECK(same.about.scenario == Scenario::unlock);
  CHECK(same.about.sid == "S-1-5-21-1-2-3-1001");
  CHECK(same.about.rehearsal);
  CHECK(same.answers.has_password);
  CHECK(same.answers.code == "123456");
}

TEST_CASE("what the desk decided arrives as it was decided") {
  TileAnswer answer;
  answer.question.decision = {.action = Action::ask,
                              .reason = Reason::probation,
                              .factors = {Factor::otp, Factor::password},
                              .code_optional = true};
  answer.question.wait_ms = 30'000;
  const auto read = response_of(write_frame(Response(answer)));
  REQUIRE(read.ok());
  const Question& same = std::get<TileAnswer>(read.value()).question;
  CHECK(same.decision.reason == Reason::probation);
  CHECK(same.decision.factors == Factors(Factor::otp, Factor::password));
  CHECK(same.decision.code_optional);
  CHECK(same.wait_ms == 30'000);
}

TEST_CASE("an answer is never taken for a question, nor the other way round") {
  const SecretBytes answer = write_frame(Response(PresenceNoted{}));
  CHECK_FALSE(request_of(answer).ok());
  const SecretBytes question = write_frame(Request(Presence{}));
  CHECK_FALSE(response_of(question).ok());
}

TEST_CASE("a frame that is cut, longer, of another protocol or of no known type is refused") {
  const SecretBytes frame = write_frame(Request(TileQuestion{.sid = "S-1-5-18"}));
  for (std::size_t size = head_bytes; size < frame.size(); ++size) {
    const auto head = read_head(ByteView(frame).first(head_bytes));
    CHECK_FALSE(read_request(head.value(), ByteView(frame).subspan(head_bytes, size - head_bytes)).ok());
  }
  SecretBytes longer = frame;
  longer.push_back(0);
  CHECK_FALSE(request_of(longer).ok());

  SecretBytes other = frame;
  other[4] = 2;
  CHECK(read_head(ByteView(other).first(head_bytes)).error().code == ErrorCode::unsupported_version);
  SecretBytes unknown = frame;
  unknown[6] = 99;
  CHECK_FALSE(request_of(unknown).ok());
  SecretBytes huge = frame;
  huge[11] = 0x7f;
  CHECK(read_head(ByteView(huge).first(head_bytes)).error().code == ErrorCode::too_long);
}

TEST_CASE("a number outside its enumeration is refused") {
  SecretBytes frame = write_frame(Request(FilterQuestion{}));
  frame[head_bytes] = 200;
  CHECK_FALSE(request_of(frame).ok());
}

namespace {

/// One of each, with something in every field.
std::vector<Request> every_request() {
  SecretBytes password = {0xE7, 0xA7, 0x98};
  return {Presence{},
          FilterQuestion{.scenario = Scenario::safe_mode},
          AccountQuestion{.name = "CORP\\田中"},
          TileQuestion{.scenario = Scenario::remote_reconnect, .sid = "S-1-5-21-1-2-3-1001", .rehearsal = true},
          TileAnswers{.about = {.scenario = Scenario::credential_prompt, .sid = "S-1-12-1-4", .rehearsal = false},
                      .answers = {.has_password = true,
                                  .code = "１２３ 456",
                                  .recovery_code = "7KQ2-M9XD",
                                  .emergency_response = "ABCD-EFGH"}},
          PasswordResult{.sid = "S-1-5-18", .accepted = true, .password_to_seal = password},
          ChallengeQuestion{.sid = "S-1-5-18"}};
}

std::vector<Response> every_response() {
  TileAnswer answer;
  answer.question.decision = {.action = Action::deny,
                              .reason = Reason::codes_disabled,
                              .factors = {Factor::password, Factor::otp},
                              .alternative = Factor::otp,
                              .code_optional = true,
                              .substitutes_only = true,
                              .alarm = true};
  answer.question.wait_ms = 900'000;
  answer.question.recovery_codes_left = 7;
  answer.question.may_seal_password = true;
  TileVerdict verdict;
  verdict.answered.granted = true;
  verdict.answered.refusal = "emergency-no-challenge";
  verdict.answered.code_verdict = "accepted-again";
  verdict.answered.wait_ms = 1;
  verdict.answered.clock_offset_ms = -180'000;
  verdict.answered.resynchronised = true;
  verdict.answered.recovery_codes_left = 9;
  verdict.answered.method = "emergency+password";
  verdict.answered.password = {0x70, 0x77};
  return {PresenceNoted{},
          FilterAnswer{.hide_others = true, .reason = Reason::crash_breaker, .smart_cards_stay = false},
          AccountAnswer{.sid = "S-1-5-21-1-2-3-1001", .domain = "CORP", .name = "田中"},
          answer,
          verdict,
          PasswordResultNoted{},
          ChallengeAnswer{.challenge = "K7Q2-M9XD"},
          Failure{.code = ErrorCode::rolled_back}};
}

bool is_request(ByteView frame) {
  const auto head = read_head(frame.first(head_bytes));
  return head.ok() && read_request(head.value(), payload_of(frame)).ok();
}

bool is_response(ByteView frame) {
  const auto head = read_head(frame.first(head_bytes));
  return head.ok() && read_response(head.value(), payload_of(frame)).ok();
}

}  // namespace

TEST_CASE("every question and every answer comes back as the bytes it was written to") {
  const std::vector<Request> requests = every_request();
  REQUIRE(requests.size() == std::variant_size_v<Request>);
  for (const Request& request : requests) {
    const SecretBytes frame = write_frame(request);
    const auto read = request_of(frame);
    REQUIRE(read.ok());
    CHECK(read.value().index() == request.index());
    CHECK(write_frame(read.value()) == frame);
  }
  const std::vector<Response> responses = every_response();
  REQUIRE(responses.size() == std::variant_size_v<Response>);
  for (const Response& response : responses) {
    const SecretBytes frame = write_frame(response);
    const auto read = response_of(frame);
    REQUIRE(read.ok());
    CHECK(read.value().index() == response.index());
    CHECK(write_frame(read.value()) == frame);
  }
}

TEST_CASE("no frame is taken when it is cut anywhere or has a byte too many, whatever its head says of its length") {
  std::vector<SecretBytes> frames;
  for (const Request& request : every_request()) frames.push_back(write_frame(request));
  for (const Response& response : every_response()) frames.push_back(write_frame(response));
  for (const SecretBytes& frame : frames) {
    for (std::size_t size = head_bytes; size <= frame.size() + 1; ++size) {
      SecretBytes other = frame;
      other.resize(size);
      other[8] = static_cast<std::uint8_t>(size - head_bytes);
      other[9] = static_cast<std::uint8_t>((size - head_bytes) >> 8);
      CHECK((is_request(other) || is_response(other)) == (size == frame.size()));
    }
  }
}

TEST_CASE("the longest answer there is fits a frame, and a longer one is not taken") {
  TileVerdict verdict;
  verdict.answered.password.assign(std::size_t{12} * 1024, 'p');
  CHECK(response_of(write_frame(Response(verdict))).ok());
  verdict.answered.password.push_back('p');
  CHECK_FALSE(response_of(write_frame(Response(verdict))).ok());
}
