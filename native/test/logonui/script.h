// A bridge that answers as the case at hand needs it, and the machine around it put back before every case.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "provider/utf.h"
#include "test/logonui/dll_under_test.h"
#include "test/logonui/fake_bridge.h"
#include "test/logonui/logon_ui.h"

namespace systemlog::logonui {

inline const std::string tanaka_sid = "S-1-5-21-1-2-3-1001";
inline const std::string suzuki_sid = "S-1-5-21-1-2-3-1002";

namespace status {
inline constexpr std::uint32_t success = 0;
inline constexpr std::uint32_t wrong_password = 0xC000006D;
inline constexpr std::uint32_t restriction = 0xC000006E;
inline constexpr std::uint32_t expired = 0xC0000071;
inline constexpr std::uint32_t disabled = 0xC0000072;
inline constexpr std::uint32_t must_change = 0xC0000224;
inline constexpr std::uint32_t locked = 0xC0000234;
inline constexpr std::uint32_t too_short = 0xC000025A;
inline constexpr std::uint32_t not_supported = 0xC00000BB;
}  // namespace status

inline Question asking(Factors factors, Reason reason = Reason::by_methods) {
  return {.decision = {.action = Action::ask, .reason = reason, .factors = factors}, .recovery_codes_left = 8};
}
inline const Factors code_and_password(Factor::otp, Factor::password);
inline const Factors password_and_code(Factor::password, Factor::otp);

inline Answered granted(std::string method = "otp+password") {
  Answered answered;
  answered.granted = true;
  answered.method = std::move(method);
  return answered;
}
inline Answered refused(std::string refusal, std::uint64_t wait_ms = 0, std::int64_t offset_ms = 0) {
  Answered answered;
  answered.refusal = std::move(refusal);
  answered.wait_ms = wait_ms;
  answered.clock_offset_ms = offset_ms;
  return answered;
}

/// What the bridge says. Filled by a case before the screen opens, or between two calls.
struct Script {
  auth::FilterAnswer filter{.hide_others = true, .reason = Reason::by_methods, .smart_cards_stay = true};
  std::map<std::string, Question> questions;
  Question question_for_others = asking(code_and_password);
  /// By the name as the provider asks for it, UTF-8.
  std::map<std::string, auth::AccountAnswer> accounts;
  /// 123456 is right, everything else wrong.
  std::function<Answered(const auth::TileAnswers&)> judge = [](const auth::TileAnswers& typed) {
    if (!typed.answers.has_password) return refused("password-missing");
    return typed.answers.code == "123456" ? granted() : refused("wrong");
  };
  std::optional<ErrorCode> failure;

  std::vector<auth::TileQuestion> asked;
  std::vector<auth::TileAnswers> given;
  std::vector<auth::PasswordResult> results;
  std::vector<std::string> names;

  auth::Response answer(const auth::Request& request) {
    if (failure) return auth::Failure{*failure};
    return std::visit([this](const auto& held) { return to(held); }, request);
  }

 private:
  auth::Response to(const auth::Presence& /*presence*/) { return auth::PresenceNoted{}; }
  auth::Response to(const auth::FilterQuestion& /*question*/) { return filter; }
  auth::Response to(const auth::AccountQuestion& question) {
    names.push_back(question.name);
    const auto found = accounts.find(question.name);
    if (found == accounts.end()) return auth::Failure{ErrorCode::not_found};
    return found->second;
  }
  auth::Response to(const auth::TileQuestion& question) {
    asked.push_back(question);
    const auto found = questions.find(question.sid);
    return auth::TileAnswer{found == questions.end() ? question_for_others : found->second};
  }
  auth::Response to(const auth::TileAnswers& answers) {
    given.push_back(answers);
    return auth::TileVerdict{judge(answers)};
  }
  auth::Response to(const auth::PasswordResult& result) {
    results.push_back(result);
    return auth::PasswordResultNoted{};
  }
  auth::Response to(const auth::ChallengeQuestion& /*question*/) { return auth::ChallengeAnswer{"7K2M-9X4D"}; }
};

/// A PC on which the DLL is registered; its bridge is up unless a case takes it down.
class Pc {
 public:
  Pc() : name_(pipe_name()) {
    clear_mirror();
    switches() = Switches{};
    name_.copy(switches().pipe_name, sizeof switches().pipe_name - 1);
    start_bridge();
  }
  Pc(const Pc&) = delete;
  Pc& operator=(const Pc&) = delete;
  Pc(Pc&&) = delete;
  Pc& operator=(Pc&&) = delete;
  ~Pc() {
    if (bridge_) bridge_->release();
    // The worker of one case must not ask the bridge of the next.
    CHECK(dll_may_be_unloaded());
    bridge_.reset();
    clear_mirror();
  }

  Script script;
  /// Who answers from the next start of the bridge on.
  FakeBridge::Answer answered_by = [this](const auth::Request& request, const PipePeer& /*peer*/) {
    return script.answer(request);
  };

  void start_bridge() { bridge_ = std::make_unique<FakeBridge>(name_, answered_by); }
  void stop_bridge() { bridge_.reset(); }
  FakeBridge& bridge() { return *bridge_; }
  const std::string& pipe() const noexcept { return name_; }

 private:
  static std::string pipe_name() {
    static int count = 0;
    return "\\\\.\\pipe\\systemlog-auth-of-" + std::to_string(GetCurrentProcessId()) + "-" + std::to_string(++count);
  }

  std::string name_;
  std::unique_ptr<FakeBridge> bridge_;
};

/// Types both factors where they are asked for.
inline void type_in(TileOnScreen& tile, std::u16string_view code, std::u16string_view password) {
  if (tile.shows(Field::code_first)) tile.type(Field::code_first, code);
  if (tile.shows(Field::code_last)) tile.type(Field::code_last, code);
  if (tile.shows(Field::password)) tile.type(Field::password, password);
}

inline bool says(const std::u16string& text, std::u16string_view part) {
  return text.find(part) != std::u16string::npos;
}

}  // namespace systemlog::logonui

namespace doctest {
template <>
struct StringMaker<std::u16string> {
  static String convert(const std::u16string& text) { return systemlog::provider::utf8(text).c_str(); }
};
}  // namespace doctest
