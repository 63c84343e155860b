#include <doctest/doctest.h>

#include <string_view>

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
