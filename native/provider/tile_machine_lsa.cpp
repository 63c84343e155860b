// What a tile makes of LSA's answer.
#include "provider/tile_machine.h"
#include "provider/utf.h"

namespace systemlog::provider {
namespace {

/// How long a code stands for the password change that came in between.
constexpr std::uint64_t proven_ms = 5ULL * 60 * 1000;

}  // namespace

LsaReport TileMachine::lsa_said(NtStatus status, NtStatus substatus, Moment now) {
  const LsaOutcome outcome = lsa_outcome(status, substatus);
  LsaReport report = sent_ && sent_->is_change ? change_said(outcome, status) : sign_in_said(outcome, status, now);
  sent_.reset();
  state_.inputs.clear_secrets();
  forget(state_.remote_password);
  state_.seal = false;
  state_.message = report.text;
  return report;
}

LsaReport TileMachine::sign_in_said(LsaOutcome outcome, NtStatus status, Moment now) {
  const Sent sent = sent_.value_or(Sent{});
  LsaReport report;
  if (outcome == LsaOutcome::accepted) {
    if (sent.granted_by_bridge) {
      report.result = auth::PasswordResult{sent.sid, true, {}};
      const bool by_wish = state_.seal && !sent.released && state_.remote_password.empty();
      if (by_wish || (sent.after_change && seals_again_)) {
        report.result->password_to_seal = secret_utf8(state_.inputs.at(Field::password));
      }
    }
    state_.proven_until_tick_ms = 0;
    seals_again_ = false;
    return report;
  }
  report.text = lsa_text(setup_.language, outcome, status);
  report.icon = MessageIcon::error;
  if (outcome == LsaOutcome::wrong_password && sent.granted_by_bridge) {
    report.result = auth::PasswordResult{sent.sid, false, {}};
  }
  const bool wants_change = outcome == LsaOutcome::must_change || outcome == LsaOutcome::expired;
  if (!wants_change || !sent_) return report;

  report.icon = MessageIcon::warning;
  if (typed_account_now().connected) {
    // Such a password lives in the cloud; only Windows' own screen can change it.
    report.open_windows_screen = true;
    report.text = std::u16string(text(setup_.language, Text::lsa_change_elsewhere));
    return report;
  }
  state_.page = Page::new_password;
  // For the account the blob was made for and for no other.
  const bool is_same = state_.account && state_.account->sid == sent.sid && !sent.sid.empty();
  state_.proven_until_tick_ms = is_same ? now.tick_ms + proven_ms : 0;
  proven_by_bridge_ = sent.granted_by_bridge;
  seals_again_ = sent.released;
  return report;
}

LsaReport TileMachine::change_said(LsaOutcome outcome, NtStatus status) {
  if (outcome == LsaOutcome::accepted) {
    state_.page = Page::sign_in;
    return {.text = std::u16string(text(setup_.language, Text::hint_password_changed)), .icon = MessageIcon::success};
  }
  if (outcome == LsaOutcome::not_supported) {
    state_.page = Page::sign_in;
    return {.text = std::u16string(text(setup_.language, Text::lsa_change_elsewhere)),
            .icon = MessageIcon::warning,
            .open_windows_screen = true};
  }
  return {.text = lsa_text(setup_.language, outcome, status), .icon = MessageIcon::error};
}

}  // namespace systemlog::provider
