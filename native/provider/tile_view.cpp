// How a tile looks: pure, from what it holds.
#include "provider/tile_state.h"

namespace systemlog::provider {
namespace {

class Drawing {
 public:
  Drawing(const TileSetup& setup, const TileState& state, Moment now) : setup_(setup), state_(state), now_(now) {}

  TileView finished() {
    for (std::size_t i = 0; i < field_count; ++i) fill(static_cast<Field>(i));
    show(Field::image);
    show(Field::heading, heading());
    show_page();
    const bool counts_down = state_.page == Page::waiting;
    const std::u16string message = state_.message.empty() || counts_down ? hint() : state_.message;
    if (!message.empty()) show(Field::status, message);
    place_submit_and_focus();
    return std::move(view_);
  }

 private:
  FieldView& at(Field field) { return view_.fields[index(field)]; }
  std::u16string say(Text which) const { return std::u16string(text(setup_.language, which)); }
  void show(Field field) { at(field).visible = true; }
  void show(Field field, std::u16string words) {
    at(field).visible = true;
    at(field).text = std::move(words);
  }

  void fill(Field field) {
    FieldView& shown = at(field);
    if (is_input(field)) {
      shown.written = state_.inputs.written(field);
      if (!is_secret(field)) shown.text = state_.inputs.text(field);
      return;
    }
    if (const auto& label = field_table()[index(field)].label) shown.text = say(*label);
    if (field == Field::seal) shown.ticked = state_.seal;
  }

  bool is_other_user() const noexcept { return !setup_.account; }
  bool is_known() const noexcept { return state_.asked.has_value(); }

  void show_page() {
    switch (state_.page) {
      case Page::waiting:
      case Page::denied:
        return;
      case Page::new_password:
        show_name();
        show(Field::old_password);
        show(Field::new_password);
        show(Field::new_password_again);
        return;
      case Page::recovery:
        show_name();
        show(Field::recovery_code);
        show_password();
        show_links();
        return;
      case Page::emergency:
        show_name();
        show(Field::challenge, text(setup_.language, Text::hint_emergency, {{u"challenge", state_.challenge}}));
        show(Field::emergency_response);
        show_password();
        show_links();
        return;
      case Page::sign_in:
        show_name();
        show_factors();
        return;
    }
  }

  void show_name() {
    if (is_other_user()) show(Field::user_name);
  }

  void show_password() {
    if (state_.remote_password.empty()) show(Field::password);
  }

  bool is_code_asked() const noexcept {
    if (state_.proven_until_tick_ms > now_.tick_ms) return false;
    // Nobody knows yet who it will be.
    if (!is_known()) return is_other_user();
    return chosen_factors(state_).contains(Factor::otp);
  }

  void show_factors() {
    const Factors factors = chosen_factors(state_);
    const bool code_first = !factors.empty() && factors.view().front() == Factor::otp;
    if (is_code_asked()) show(code_first ? Field::code_first : Field::code_last);
    if (!is_known() || factors.contains(Factor::password) || !is_code_asked()) show_password();
    if (is_known() && state_.asked->may_seal_password && at(Field::password).visible) show(Field::seal);
    show_links();
  }

  void show_links() {
    if (!is_known()) {
      if (is_other_user()) show_substitutes();
      return;
    }
    const Decision& decision = state_.asked->decision;
    if (is_code_asked() && !decision.code_optional) show_substitutes();
    if (state_.page == Page::sign_in && !decision.alternative.empty()) {
      show(Field::alternative_link, say(state_.alternative ? Text::link_password : Text::link_code_alone));
    }
  }

  void show_substitutes() {
    const bool none_left = is_known() && state_.asked->recovery_codes_left == 0;
    if (state_.page != Page::recovery && !none_left) show(Field::recovery_link);
    if (state_.page != Page::emergency) show(Field::emergency_link);
    const bool codes_off = is_known() && state_.asked->decision.substitutes_only;
    if (state_.page != Page::sign_in && !codes_off) show(Field::code_link);
  }

  std::u16string heading() const {
    switch (state_.page) {
      case Page::recovery:
        return say(Text::heading_recovery);
      case Page::emergency:
        return say(Text::heading_emergency);
      case Page::new_password:
        return say(Text::heading_new_password);
      case Page::waiting:
        return say(Text::heading_waiting);
      case Page::denied:
        return say(Text::heading_denied);
      case Page::sign_in:
        break;
    }
    if (setup_.rehearsal) return say(Text::heading_rehearsal);
    if (setup_.scenario == Scenario::credential_prompt) return say(Text::heading_prompt);
    const bool unlocks = setup_.scenario == Scenario::unlock || setup_.scenario == Scenario::remote_reconnect;
    return say(unlocks ? Text::heading_unlock : Text::heading_logon);
  }

  std::u16string hint() const {
    if (!is_known()) return is_other_user() ? say(Text::hint_other_user) : std::u16string();
    const Asked& asked = *state_.asked;
    if (state_.page == Page::waiting) {
      const std::uint64_t seconds = (setup_.health->left_ms(now_.tick_ms) + 999) / 1000;
      return text(setup_.language, Text::hint_waiting, {{u"seconds", number(seconds)}});
    }
    if (state_.page == Page::recovery) {
      return text(setup_.language, Text::hint_recovery_left, {{u"left", number(asked.recovery_codes_left)}});
    }
    if (state_.page == Page::sign_in && is_code_asked() && asked.codes_from_tick_ms > now_.tick_ms) {
      const std::u16string until = clock_time(now_.second_of_day, asked.codes_from_tick_ms - now_.tick_ms);
      return text(setup_.language, Text::hint_throttled, {{u"until", until}});
    }
    return hint_of(asked);
  }

  std::u16string hint_of(const Asked& asked) const {
    switch (asked.decision.reason) {
      case Reason::bridge_down_password_only:
        return say(asked.bridge_broken ? Text::hint_store_damaged : Text::hint_bridge_down);
      case Reason::bridge_down_denied:
        return say(asked.bridge_broken ? Text::hint_store_damaged_denied : Text::hint_bridge_denied);
      case Reason::probation:
        return asked.decision.code_optional ? say(Text::hint_code_optional) : std::u16string();
      case Reason::codes_disabled:
        return asked.decision.substitutes_only ? say(Text::hint_codes_disabled) : std::u16string();
      case Reason::no_sealed_password:
        return say(Text::hint_no_sealed_password);
      case Reason::otp_alone_not_for_administrators:
        return say(Text::hint_not_for_administrators);
      case Reason::lapsed:
        return say(Text::hint_lapsed);
      default:
        return state_.remote_password.empty() ? std::u16string() : say(Text::hint_remote_password);
    }
  }

  /// Submit stands beside the last input; the first empty one has the caret.
  void place_submit_and_focus() {
    bool has_input = false;
    bool has_focus = false;
    for (std::size_t i = 0; i < field_count; ++i) {
      const auto field = static_cast<Field>(i);
      if (!is_input(field) || !at(field).visible) continue;
      has_input = true;
      view_.submit_beside = field;
      if (has_focus || !state_.inputs.at(field).empty()) continue;
      at(field).focused = true;
      has_focus = true;
    }
    if (has_input) show(Field::submit);
  }

  const TileSetup& setup_;
  const TileState& state_;
  Moment now_;
  TileView view_;
};

}  // namespace

void TileInputs::clear_secrets() {
  for (std::size_t i = 0; i < field_count; ++i) {
    if (is_secret(static_cast<Field>(i))) clear(static_cast<Field>(i));
  }
}

Factors chosen_factors(const TileState& state) noexcept {
  if (!state.asked) return {};
  const Decision& decision = state.asked->decision;
  if (decision.action != Action::ask) return Factor::password;
  return state.alternative && !decision.alternative.empty() ? decision.alternative : decision.factors;
}

TileView draw(const TileSetup& setup, const TileState& state, Moment now) {
  return Drawing(setup, state, now).finished();
}

}  // namespace systemlog::provider
