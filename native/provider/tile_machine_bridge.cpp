// What a tile makes of the bridge's answers, and of its silence.
#include <utility>

#include "provider/tile_machine.h"
#include "provider/utf.h"

namespace systemlog::provider {
namespace {

/// Why there is no answer. What went wrong on the way is never taken for the bridge's own word.
ErrorCode failure_of(const Result<auth::Response>& answer) noexcept {
  if (!answer) {
    return answer.error().code == ErrorCode::unsupported_version ? ErrorCode::unsupported_version
                                                                 : ErrorCode::timed_out;
  }
  if (const auto* failure = std::get_if<auth::Failure>(&answer.value())) return failure->code;
  return ErrorCode::malformed;
}

template <typename Wanted>
const Wanted* wanted(const Result<auth::Response>& answer) noexcept {
  return answer ? std::get_if<Wanted>(&answer.value()) : nullptr;
}

bool is_nobody(const Result<auth::Response>& answer) noexcept {
  const auto* failure = wanted<auth::Failure>(answer);
  return failure != nullptr && failure->code == ErrorCode::not_found;
}

}  // namespace

void wipe_codes(auth::Request& request) noexcept {
  auto* given = std::get_if<auth::TileAnswers>(&request);
  if (given == nullptr) return;
  wipe(given->answers.code);
  wipe(given->answers.recovery_code);
  wipe(given->answers.emergency_response);
}

Step TileMachine::replied(const Result<auth::Response>& answer, Moment now) {
  switch (std::exchange(open_, Open::none)) {
    case Open::account:
      return account_came(answer, now);
    case Open::local_account:
      return local_account_came(answer);
    case Open::question:
      return question_came(answer, now);
    case Open::verdict:
      return verdict_came(answer, now);
    case Open::challenge:
      return challenge_came(answer);
    case Open::none:
      break;
  }
  return Rest{};
}

Step TileMachine::account_came(const Result<auth::Response>& answer, Moment now) {
  if (const auto* found = wanted<auth::AccountAnswer>(answer)) {
    setup_.health->answered();
    const Result<AccountName> name = parse_account_name(state_.inputs.text(Field::user_name), setup_.computer_name);
    if (!name) return Rest{};
    state_.account = found_account(*found, name.value(), setup_.computer_name);
    asked_is_fresh_ = false;
    return go_on(now);
  }
  if (!is_nobody(answer)) return nobody_found_account(failure_of(answer), now);
  setup_.health->answered();
  if (goal_ == Goal::look) return Rest{};
  // Beside Windows' own tiles nothing is lost by letting LSA judge a name; instead of them, a spelling that only LSA
  // understands would be a way around the code.
  const bool lsa_may_judge = setup_.stance == Stance::beside && goal_ == Goal::sign_in;
  return lsa_may_judge ? sign_in_by_password(typed_account_now()) : refuse(Text::refusal_user_unknown);
}

Step TileMachine::nobody_found_account(ErrorCode code, Moment now) {
  take(decide_alone(code, {}, now));
  if (goal_ == Goal::look) return Rest{};
  if (goal_ == Goal::emergency) return refuse(Text::refusal_no_answer);
  const Action action = state_.asked->decision.action;
  if (action == Action::ask || action == Action::stand_aside) return sign_in_by_password(typed_account_now());
  if (setup_.mirror.break_glass_sids.empty()) return refuse_without_bridge();
  // Break-glass accounts neither wait nor are denied, and they go by SID.
  return ask(Open::local_account, auth::AccountQuestion{utf8(typed_account_now().qualified)}, true);
}

Step TileMachine::local_account_came(const Result<auth::Response>& answer) {
  const auto* found = wanted<auth::AccountAnswer>(answer);
  const Result<AccountName> name = parse_account_name(state_.inputs.text(Field::user_name), setup_.computer_name);
  if (found == nullptr || !name || !is_break_glass(setup_.mirror, found->sid)) return refuse_without_bridge();
  return sign_in_by_password(found_account(*found, name.value(), setup_.computer_name));
}

Step TileMachine::refuse_without_bridge() {
  const bool denied = state_.asked->decision.action == Action::deny;
  return refuse(denied ? Text::hint_bridge_denied : Text::refusal_no_answer);
}

Step TileMachine::question_came(const Result<auth::Response>& answer, Moment now) {
  if (const auto* told = wanted<auth::TileAnswer>(answer)) {
    setup_.health->answered();
    const Question& question = told->question;
    take({.decision = question.decision,
          .codes_from_tick_ms = question.wait_ms == 0 ? 0 : now.tick_ms + question.wait_ms,
          .recovery_codes_left = question.recovery_codes_left,
          .may_seal_password = question.may_seal_password,
          .by_bridge = true});
    asked_is_fresh_ = true;
    if (!pending_refusal_.empty()) return refuse(std::exchange(pending_refusal_, {}));
    return go_on(now);
  }
  take(decide_alone(failure_of(answer), state_.account->sid, now));
  if (!pending_refusal_.empty()) return refuse(std::exchange(pending_refusal_, {}));
  if (goal_ == Goal::look) return Rest{};
  if (goal_ == Goal::emergency) return refuse(Text::refusal_no_answer);
  const Action action = state_.asked->decision.action;
  if (action == Action::ask || action == Action::stand_aside) return sign_in_by_password(*state_.account);
  return refuse_without_bridge();
}

Step TileMachine::verdict_came(const Result<auth::Response>& answer, Moment now) {
  const auto* verdict = wanted<auth::TileVerdict>(answer);
  if (verdict == nullptr) {
    // Whether the code counted, nobody knows: the same one may be tried again, and the bridge tells.
    take(decide_alone(failure_of(answer), state_.account->sid, now));
    asked_is_fresh_ = false;
    return refuse(Text::refusal_no_answer);
  }
  setup_.health->answered();
  const Answered& answered = verdict->answered;
  if (answered.granted) {
    const bool released = !answered.password.empty();
    sent_ = Sent{false, state_.account->sid, true, released, false};
    if (released) return SignInNow{*state_.account, secret_utf16(answered.password)};
    return SignInNow{*state_.account,
                     state_.remote_password.empty() ? state_.inputs.at(Field::password) : state_.remote_password};
  }
  for (const Field field : {Field::code_first, Field::code_last, Field::recovery_code, Field::emergency_response}) {
    state_.inputs.clear(field);
  }
  // A refusal may change what is asked next: the wait, the codes left, the password besides the code.
  pending_refusal_ = refusal_words(answered, now);
  asked_is_fresh_ = false;
  return ask(Open::question, auth::TileQuestion{setup_.scenario, state_.account->sid, setup_.rehearsal});
}

Step TileMachine::challenge_came(const Result<auth::Response>& answer) {
  const auto* told = wanted<auth::ChallengeAnswer>(answer);
  if (told == nullptr) return refuse(Text::refusal_no_answer);
  setup_.health->answered();
  state_.challenge = utf16(told->challenge);
  state_.page = Page::emergency;
  goal_ = Goal::look;
  return Rest{};
}

void TileMachine::kept_waiting(Moment now) {
  if (open_ == Open::none) return;
  take(decide_alone(ErrorCode::timed_out, state_.account ? state_.account->sid : std::string(), now));
}

Asked TileMachine::decide_alone(ErrorCode code, std::string_view sid, Moment now) {
  const BridgeSilence silence = silence_of(code);
  if (silence == BridgeSilence::incompatible) {
    return {.decision = {.action = Action::stand_aside, .reason = Reason::protocol_incompatible}};
  }
  if (silence == BridgeSilence::silent) setup_.health->silent(now.tick_ms);
  const bool waited = silence == BridgeSilence::broken || setup_.health->waited(now.tick_ms);
  const AccountFacts account{.break_glass = is_break_glass(setup_.mirror, sid)};
  return {.decision = decide(setup_.scenario, facts_without_bridge(setup_.mirror, waited), account),
          .bridge_broken = silence == BridgeSilence::broken};
}

std::u16string TileMachine::refusal_words(const Answered& answered, Moment now) const {
  const Filling until{u"until", clock_time(now.second_of_day, answered.wait_ms)};
  if (answered.refusal == "throttled") return text(setup_.language, Text::refusal_throttled, {until});
  if (answered.refusal == "wrong" && answered.wait_ms > 0) {
    return text(setup_.language, Text::refusal_wrong_wait, {until});
  }
  if (answered.refusal == "clock-off") {
    const std::int64_t offset_ms = answered.clock_offset_ms;
    const std::uint64_t minutes =
        (static_cast<std::uint64_t>(offset_ms < 0 ? -offset_ms : offset_ms) + 30'000) / 60'000;
    return text(setup_.language, offset_ms < 0 ? Text::refusal_clock_fast : Text::refusal_clock_slow,
                {{u"minutes", number(minutes)}});
  }
  return refusal_text(setup_.language, answered.refusal);
}

}  // namespace systemlog::provider
