// What a tile does: from what LogonUI reports, what the bridge answers and what LSA says, to what is to be seen and
// the one thing to be done next. Pure: it asks nobody itself.
//
//     Step step = machine.submitted(now);
//     while (auto* ask = std::get_if<Ask>(&step)) step = machine.replied(put(ask->request), now);
//
// One question is open at a time; a new call of LogonUI drops it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/auth_frames.h"
#include "provider/lsa_status.h"
#include "provider/tile_state.h"

namespace systemlog::provider {

/// Nothing more to do.
struct Rest {};
/// Say this and stay.
struct Refuse {
  std::u16string text;
};
/// Put this to the bridge, then `replied`.
struct Ask {
  auth::Request request;
  /// An AccountQuestion for this computer's own lookup: there is no bridge, and break-glass accounts go by SID.
  bool locally = false;
};
/// All that is ours to check is proven: hand this to LSA, then `lsa_said`.
struct SignInNow {
  TileAccount account;
  SecretUtf16 password;
};
struct ChangePasswordNow {
  TileAccount account;
  SecretUtf16 old_password;
  SecretUtf16 new_password;
};
using Step = std::variant<Rest, Refuse, Ask, SignInNow, ChangePasswordNow>;

/// Wipes the codes of a question that has been put.
void wipe_codes(auth::Request& request) noexcept;

enum class MessageIcon : std::uint8_t { none, error, warning, success };

/// What follows from LSA's answer.
struct LsaReport {
  /// Empty when there is nothing to say.
  std::u16string text;
  MessageIcon icon = MessageIcon::none;
  /// To be told to the bridge.
  std::optional<auth::PasswordResult> result;
  /// LSA will not change a password for our tile: Windows' own screen is to be let in, for this sign-in only.
  bool open_windows_screen = false;
};

class TileMachine {
 public:
  explicit TileMachine(TileSetup setup);

  /// The tile was chosen: finds out what to ask.
  Step selected(Moment now);
  /// Another tile was chosen: forgets everything secret and what it was about to do.
  void deselected();
  /// The open question is not answered as fast as a tile wants to be drawn: shows what is known without the bridge.
  /// The question stays open.
  void kept_waiting(Moment now);
  /// While a tile waits for the bridge: asks again.
  Step polled(Moment now);
  bool wants_polling() const noexcept;

  void typed(Field field, std::u16string_view text);
  void ticked(bool seal) noexcept { state_.seal = seal; }
  Step clicked(Field link, Moment now);
  Step submitted(Moment now);

  /// The answer to the `Ask` that is open. Nothing happens when none is.
  Step replied(const Result<auth::Response>& answer, Moment now);
  /// The blob for LSA could not be made, though nobody did anything wrong.
  Refuse not_packed(const Error& error);

  LsaReport lsa_said(NtStatus status, NtStatus substatus, Moment now);

  /// Remote Desktop gave all that is asked for.
  bool may_submit_alone() const noexcept;
  /// Nothing is to be shown for this account: Windows' own tile is there.
  bool is_windows_own() const noexcept;

  TileView view(Moment now) const { return draw(setup_, state_, now); }
  Scenario scenario() const noexcept { return setup_.scenario; }

 private:
  /// What a chain of questions is for.
  enum class Goal : std::uint8_t { look, sign_in, emergency };
  enum class Open : std::uint8_t { none, account, local_account, question, verdict, challenge };
  /// What LSA is judging now.
  struct Sent {
    bool is_change = false;
    std::string sid;
    bool granted_by_bridge = false;
    /// The sealed password, released for a code alone.
    bool released = false;
    /// After a password change, which the code was proven before.
    bool after_change = false;
  };

  Step go_on(Moment now);
  Step ask(Open what, auth::Request request, bool locally = false);
  Step find_account();
  Step account_came(const Result<auth::Response>& answer, Moment now);
  Step nobody_found_account(ErrorCode code, Moment now);
  Step local_account_came(const Result<auth::Response>& answer);
  Step question_came(const Result<auth::Response>& answer, Moment now);
  Step verdict_came(const Result<auth::Response>& answer, Moment now);
  Step challenge_came(const Result<auth::Response>& answer);
  Step check_answers();
  Step change_password();
  Step sign_in_by_password(const TileAccount& account);
  Step refuse_without_bridge();
  Step refuse(std::u16string text);
  Step refuse(Text which) { return refuse(std::u16string(text(setup_.language, which))); }

  void take(Asked asked);
  Asked decide_alone(ErrorCode code, std::string_view sid, Moment now);
  std::u16string refusal_words(const Answered& answered, Moment now) const;
  TileAccount typed_account_now() const;
  bool is_proven(Moment now) const noexcept { return state_.proven_until_tick_ms > now.tick_ms; }
  LsaReport change_said(LsaOutcome outcome, NtStatus status);
  LsaReport sign_in_said(LsaOutcome outcome, NtStatus status, Moment now);

  TileSetup setup_;
  TileState state_;
  Goal goal_ = Goal::look;
  Open open_ = Open::none;
  bool asked_is_fresh_ = false;
  /// To be said once the question has been asked again.
  std::u16string pending_refusal_;
  std::optional<Sent> sent_;
  /// Of the sign-in that a password change came into.
  bool proven_by_bridge_ = false;
  bool seals_again_ = false;
};

}  // namespace systemlog::provider
