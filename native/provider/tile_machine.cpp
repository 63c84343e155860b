#include "provider/tile_machine.h"

#include <utility>

#include "provider/utf.h"

namespace systemlog::provider {
namespace {

/// Longest name and code that fit the bridge's frames, UTF-8.
constexpr std::size_t longest_name_bytes = 1024;
constexpr std::size_t longest_code_bytes = 256;

}  // namespace

TileMachine::TileMachine(TileSetup setup) : setup_(std::move(setup)) {
  // Others are hidden because the bridge or the mirror said so a moment ago: a mirror that lags opens nothing now.
  if (setup_.stance == Stance::instead) setup_.mirror.enforcement = true;
  state_.account = setup_.account;
  state_.remote_password = std::exchange(setup_.remote_password, {});
  if (!setup_.account && !setup_.typed_name.empty()) state_.inputs.write(Field::user_name, setup_.typed_name);
}

Step TileMachine::selected(Moment now) {
  goal_ = Goal::look;
  asked_is_fresh_ = false;
  return go_on(now);
}

void TileMachine::deselected() {
  state_.inputs.clear_secrets();
  forget(state_.remote_password);
  const bool is_other_user = !setup_.account;
  if (is_other_user) state_.asked.reset();
  if (is_other_user || (state_.page != Page::waiting && state_.page != Page::denied)) state_.page = Page::sign_in;
  state_.seal = false;
  state_.alternative = false;
  state_.proven_until_tick_ms = 0;
  state_.challenge.clear();
  state_.message.clear();
  pending_refusal_.clear();
  goal_ = Goal::look;
  open_ = Open::none;
}

bool TileMachine::wants_polling() const noexcept {
  if (state_.page == Page::waiting) return true;
  return state_.asked && !state_.asked->by_bridge && state_.asked->decision.action != Action::stand_aside;
}

Step TileMachine::polled(Moment now) {
  if (!wants_polling()) return Rest{};
  goal_ = Goal::look;
  asked_is_fresh_ = false;
  return go_on(now);
}

void TileMachine::typed(Field field, std::u16string_view text) {
  if (!is_input(field)) return;
  const bool renames = field == Field::user_name && !setup_.account && state_.inputs.text(field) != text;
  state_.inputs.type(field, text);
  if (!renames) return;
  state_.account.reset();
  state_.asked.reset();
  state_.proven_until_tick_ms = 0;
  state_.challenge.clear();
  if (state_.page != Page::recovery) state_.page = Page::sign_in;
  forget(state_.remote_password);
}

Step TileMachine::clicked(Field link, Moment now) {
  open_ = Open::none;
  state_.message.clear();
  switch (link) {
    case Field::recovery_link:
      state_.page = Page::recovery;
      break;
    case Field::code_link:
      state_.page = Page::sign_in;
      break;
    case Field::alternative_link:
      state_.alternative = !state_.alternative;
      break;
    case Field::emergency_link:
      goal_ = Goal::emergency;
      return go_on(now);
    default:
      return Rest{};
  }
  for (const Field field : {Field::code_first, Field::code_last, Field::recovery_code, Field::emergency_response}) {
    state_.inputs.clear(field);
  }
  return Rest{};
}

Step TileMachine::submitted(Moment now) {
  state_.message.clear();
  pending_refusal_.clear();
  goal_ = Goal::sign_in;
  if (state_.page == Page::new_password) return change_password();
  return go_on(now);
}

Step TileMachine::go_on(Moment now) {
  if (!state_.account) return find_account();
  if (goal_ == Goal::sign_in && is_proven(now)) {
    sent_ = Sent{false, state_.account->sid, proven_by_bridge_, false, true};
    return SignInNow{*state_.account, state_.inputs.at(Field::password)};
  }
  if (!asked_is_fresh_) {
    return ask(Open::question, auth::TileQuestion{setup_.scenario, state_.account->sid, setup_.rehearsal});
  }
  const Decision& decision = state_.asked->decision;
  const bool only_emergency = decision.substitutes_only && state_.asked->recovery_codes_left == 0;
  if (goal_ == Goal::look && only_emergency && state_.page != Page::emergency) goal_ = Goal::emergency;
  if (goal_ == Goal::look) return Rest{};
  if (goal_ == Goal::emergency) return ask(Open::challenge, auth::ChallengeQuestion{state_.account->sid});
  switch (decision.action) {
    case Action::ask:
      return check_answers();
    case Action::stand_aside:
      return sign_in_by_password(*state_.account);
    case Action::wait:
      return refuse(Text::refusal_waiting);
    case Action::deny:
      break;
  }
  return refuse(Text::refusal_denied);
}

Step TileMachine::ask(Open what, auth::Request request, bool locally) {
  open_ = what;
  // Made in place: g++ 12 takes a moved-from variant for one that was never made.
  Step step;
  step.emplace<Ask>(Ask{std::move(request), locally});
  return step;
}

Step TileMachine::find_account() {
  const Result<AccountName> name = parse_account_name(state_.inputs.text(Field::user_name), setup_.computer_name);
  if (!name) {
    if (goal_ == Goal::look) return Rest{};
    const bool empty = state_.inputs.at(Field::user_name).empty();
    return refuse(empty ? Text::refusal_user_name_missing : Text::refusal_user_name_malformed);
  }
  std::string asked_name = utf8(qualified(name.value()));
  if (asked_name.size() > longest_name_bytes) return refuse(Text::refusal_too_long);
  return ask(Open::account, auth::AccountQuestion{std::move(asked_name)});
}

TileAccount TileMachine::typed_account_now() const {
  if (state_.account) return *state_.account;
  const Result<AccountName> name = parse_account_name(state_.inputs.text(Field::user_name), setup_.computer_name);
  return name ? typed_account(name.value(), setup_.computer_name) : TileAccount{};
}

Step TileMachine::check_answers() {
  const Factors factors = chosen_factors(state_);
  const SecretUtf16& password =
      state_.remote_password.empty() ? state_.inputs.at(Field::password) : state_.remote_password;
  auth::TileAnswers given{.about = {setup_.scenario, state_.account->sid, setup_.rehearsal}, .answers = {}};
  // Where the password alone is asked for, an empty one is an answer: accounts without one exist, and LSA knows them.
  given.answers.has_password = !password.empty() || factors == Factors(Factor::password);
  if (state_.page == Page::recovery) {
    given.answers.recovery_code = utf8(state_.inputs.text(Field::recovery_code));
  } else if (state_.page == Page::emergency) {
    given.answers.emergency_response = utf8(state_.inputs.text(Field::emergency_response));
  } else if (factors.contains(Factor::otp)) {
    const SecretUtf16& first = state_.inputs.at(Field::code_first);
    given.answers.code = utf8(state_.inputs.text(first.empty() ? Field::code_last : Field::code_first));
  }
  for (const std::string* typed :
       {&given.answers.code, &given.answers.recovery_code, &given.answers.emergency_response}) {
    if (typed->size() > longest_code_bytes) return refuse(Text::refusal_too_long);
  }
  return ask(Open::verdict, std::move(given));
}

Step TileMachine::change_password() {
  const SecretUtf16& fresh = state_.inputs.at(Field::new_password);
  if (fresh.empty()) return refuse(Text::refusal_new_password_missing);
  if (fresh != state_.inputs.at(Field::new_password_again)) return refuse(Text::refusal_new_passwords_differ);
  const TileAccount account = typed_account_now();
  sent_ = Sent{.is_change = true, .sid = account.sid};
  return ChangePasswordNow{account, state_.inputs.at(Field::old_password), fresh};
}

Step TileMachine::sign_in_by_password(const TileAccount& account) {
  // A password that LSA alone looks at rehearses nothing.
  if (setup_.rehearsal) {
    const bool by_bridge = state_.asked && state_.asked->by_bridge;
    return by_bridge ? refuse(refusal_text(setup_.language, "not-asked")) : refuse(Text::refusal_no_answer);
  }
  sent_ = Sent{.sid = account.sid};
  return SignInNow{account,
                   state_.remote_password.empty() ? state_.inputs.at(Field::password) : state_.remote_password};
}

Step TileMachine::refuse(std::u16string text) {
  goal_ = Goal::look;
  open_ = Open::none;
  state_.message = text;
  return Refuse{std::move(text)};
}

Refuse TileMachine::not_packed(const Error& error) {
  sent_.reset();
  const std::u16string code = utf16(name(error.code));
  state_.message = error.code == ErrorCode::too_long
                       ? std::u16string(text(setup_.language, Text::refusal_too_long))
                       : text(setup_.language, Text::refusal_not_packed, {{u"code", code}});
  return {state_.message};
}

void TileMachine::take(Asked asked) {
  const Decision& decision = asked.decision;
  if (decision.action == Action::wait) state_.page = Page::waiting;
  // At "other user" a break-glass account must still be able to say who it is.
  if (decision.action == Action::deny) state_.page = setup_.account ? Page::denied : Page::sign_in;
  const bool may_show = decision.action == Action::ask || decision.action == Action::stand_aside;
  if (may_show && (state_.page == Page::waiting || state_.page == Page::denied)) state_.page = Page::sign_in;
  if (decision.substitutes_only && state_.page == Page::sign_in && asked.recovery_codes_left > 0) {
    state_.page = Page::recovery;
  }
  const bool takes_code = decision.factors.contains(Factor::otp) || decision.alternative.contains(Factor::otp);
  const bool on_substitute = state_.page == Page::recovery || state_.page == Page::emergency;
  if (on_substitute && !takes_code) state_.page = Page::sign_in;
  if (decision.alternative.empty()) state_.alternative = false;
  if (!asked.may_seal_password) state_.seal = false;
  asked_is_fresh_ = false;
  state_.asked = asked;
}

bool TileMachine::may_submit_alone() const noexcept {
  if (state_.remote_password.empty() || !state_.asked || !state_.asked->by_bridge) return false;
  const Decision& decision = state_.asked->decision;
  return decision.action == Action::ask && decision.factors == Factors(Factor::password);
}

bool TileMachine::is_windows_own() const noexcept {
  return state_.asked && state_.asked->decision.action == Action::stand_aside;
}

}  // namespace systemlog::provider
