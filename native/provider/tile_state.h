// What a tile holds between two calls of LogonUI, and what of it is to be seen.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/logon_desk.h"
#include "core/logon_mirror.h"
#include "provider/bridge_health.h"
#include "provider/fields.h"
#include "provider/filter_rule.h"
#include "provider/tile_account.h"

namespace systemlog::provider {

/// When something happens.
struct Moment {
  /// Any monotonic clock.
  std::uint64_t tick_ms = 0;
  /// What the clock on the wall shows, for texts only.
  std::uint32_t second_of_day = 0;
};

/// What a tile is made for; it never changes.
struct TileSetup {
  Language language = Language::japanese;
  Scenario scenario = Scenario::logon;
  /// Others are hidden (`instead`), or Windows' own tiles are beside ours.
  Stance stance = Stance::instead;
  /// From within the session: nothing but what the bridge grants is handed to LSA.
  bool rehearsal = false;
  /// None: the tile "other user", where the name is typed.
  std::optional<TileAccount> account;
  std::u16string computer_name;
  /// Stands at "other user" from the beginning: the user Remote Desktop names, or whose session is locked.
  std::u16string typed_name;
  /// Handed over by Remote Desktop; empty for none.
  SecretUtf16 remote_password;
  LogonMirror mirror;
  /// Shared by the tiles of a logon screen.
  std::shared_ptr<BridgeHealth> health;
};

enum class Page : std::uint8_t { sign_in, recovery, emergency, new_password, waiting, denied };

/// What is asked now.
struct Asked {
  Decision decision;
  /// By `Moment::tick_ms`; 0 for no wait.
  std::uint64_t codes_from_tick_ms = 0;
  std::size_t recovery_codes_left = 0;
  bool may_seal_password = false;
  /// Decided by the bridge; otherwise by ourselves, as it does not answer.
  bool by_bridge = false;
  /// The bridge does answer, but cannot read what it holds.
  bool bridge_broken = false;
};

/// Wipes a password now, not when its memory is next needed.
inline void forget(SecretUtf16& password) noexcept {
  SecretUtf16().swap(password);
}

/// What stands in the input fields. Wiped when it goes.
class TileInputs {
 public:
  /// What the user typed.
  void type(Field field, std::u16string_view text) { held_[index(field)] = SecretUtf16(text.begin(), text.end()); }
  /// What we put there; LogonUI has to be told.
  void write(Field field, std::u16string_view text) {
    type(field, text);
    ++written_[index(field)];
  }
  /// Empties a field that holds anything.
  void clear(Field field) {
    if (!held_[index(field)].empty()) write(field, {});
  }
  void clear_secrets();

  const SecretUtf16& at(Field field) const noexcept { return held_[index(field)]; }
  std::u16string_view text(Field field) const noexcept { return {at(field).data(), at(field).size()}; }
  /// Counts what `write` did.
  std::uint32_t written(Field field) const noexcept { return written_[index(field)]; }

 private:
  std::array<SecretUtf16, field_count> held_;
  std::array<std::uint32_t, field_count> written_{};
};

struct TileState {
  Page page = Page::sign_in;
  /// At "other user": as found for what was typed.
  std::optional<TileAccount> account;
  std::optional<Asked> asked;
  TileInputs inputs;
  SecretUtf16 remote_password;
  bool seal = false;
  /// An employee in no group chose the other of his two ways.
  bool alternative = false;
  /// Our tile changed an expired password: the code has been proven, only the new password is still asked for.
  std::uint64_t proven_until_tick_ms = 0;
  std::u16string challenge;
  /// What was last said to the user; empty: the page's own hint.
  std::u16string message;
};

struct FieldView {
  bool visible = false;
  bool focused = false;
  bool ticked = false;
  /// What a text, a link or a check box says; of an input only what we wrote there, never a secret.
  std::u16string text;
  /// Changes when `text` of an input is to replace what stands there.
  std::uint32_t written = 0;

  friend bool operator==(const FieldView&, const FieldView&) = default;
};

struct TileView {
  std::array<FieldView, field_count> fields;
  /// The input the submit button stands beside: Enter there submits.
  Field submit_beside = Field::password;

  const FieldView& at(Field field) const noexcept { return fields[index(field)]; }
};

/// The factors asked for on the way the user chose.
Factors chosen_factors(const TileState& state) noexcept;

TileView draw(const TileSetup& setup, const TileState& state, Moment now);

}  // namespace systemlog::provider
