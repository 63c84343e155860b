// What the credential provider and the bridge say to each other over the pipe `auth`: fixed binary frames, so that
// nothing parses text inside LogonUI. Both ends read each other's bytes as hostile.
//
//     frame = "SLA1" | protocol u16 | type u16 | length u32 | payload (length bytes)
//
// Little-endian. The provider asks, the bridge answers with the frame type of the question's answer or with
// `failure`; one question at a time on a connection; the provider closes first. Who asks (process, session) the
// bridge knows from the pipe, never from a frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/logon_desk.h"
#include "core/pipe_names.h"
#include "core/policy.h"

namespace systemlog::auth {

inline constexpr std::uint16_t protocol = 1;
inline constexpr std::size_t head_bytes = 12;
inline constexpr std::size_t longest_payload = std::size_t{16} * 1024;

/// "I am loaded in this process." The connection stays open as long as the process lives: how the process ends tells
/// the crash breaker.
struct Presence {};
struct PresenceNoted {};

/// What the filter has to know.
struct FilterQuestion {
  Scenario scenario = Scenario::logon;
};
struct FilterAnswer {
  bool hide_others = false;
  Reason reason = Reason::enforcement_off;
  bool smart_cards_stay = true;
};

/// Whose name was typed at the "other user" tile; answered by `failure` `not-found` when it is nobody's.
struct AccountQuestion {
  /// As typed, UTF-8.
  std::string name;
};
struct AccountAnswer {
  std::string sid;
  std::string domain;
  std::string name;
};

struct TileQuestion {
  Scenario scenario = Scenario::logon;
  std::string sid;
  bool rehearsal = false;
};
struct TileAnswer {
  Question question;
};

struct TileAnswers {
  TileQuestion about;
  Answers answers;
};
struct TileVerdict {
  Answered answered;
};

/// What LSA said about the password.
struct PasswordResult {
  std::string sid;
  bool accepted = false;
  /// UTF-8, when its owner ticked that the code alone shall do; empty otherwise.
  SecretBytes password_to_seal;
};
struct PasswordResultNoted {};

struct ChallengeQuestion {
  std::string sid;
};
struct ChallengeAnswer {
  /// As shown.
  std::string challenge;
};

/// The bridge could not answer. `incompatible` protocols get this with `unsupported-version` and the bridge's own
/// number in the head.
struct Failure {
  ErrorCode code = ErrorCode::refused;
};

using Request = std::variant<Presence, FilterQuestion, AccountQuestion, TileQuestion, TileAnswers, PasswordResult,
                             ChallengeQuestion>;
using Response = std::variant<PresenceNoted, FilterAnswer, AccountAnswer, TileAnswer, TileVerdict,
                              PasswordResultNoted, ChallengeAnswer, Failure>;

/// What stands before a payload.
struct Head {
  std::uint16_t protocol = auth::protocol;
  std::uint16_t type = 0;
  std::uint32_t length = 0;
};

/// Whole frames. What they hold is wiped when the bytes go.
SecretBytes write_frame(const Request& request);
SecretBytes write_frame(const Response& response);

/// `malformed` for a wrong mark, `too-long` for a length over `longest_payload`, `unsupported-version` for another
/// protocol.
Result<Head> read_head(ByteView head);

/// The payload of a head that was read; `malformed` for anything `write_frame` would not have written.
Result<Request> read_request(const Head& head, ByteView payload);
Result<Response> read_response(const Head& head, ByteView payload);

}  // namespace systemlog::auth
