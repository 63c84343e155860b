// What LogonUI is to a tile, for one account inside a session: loads the very DLL, lists one user, and hands what the
// tile gives to LSA. The tile, the bridge's judgement and the blob are those of a real sign-in.
#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "provider/fields.h"
#include "provider/rehearsal/lsa_logon.h"

namespace systemlog::provider {

/// Who rehearses.
struct RehearsedUser {
  std::u16string sid;
  /// `DOMAIN\user`; of a connected account `MicrosoftAccount\address` or `AzureAD\address`.
  std::u16string qualified_name;
  bool connected = false;
};

struct ShownField {
  FieldKind kind = FieldKind::small_text;
  std::u16string label;
  std::u16string text;
  /// Counts how often the tile wrote `text`: what stands in an input is to be replaced then.
  unsigned written = 0;
  bool visible = false;
  bool focused = false;
  bool ticked = false;
  bool numbers_only = false;
};

/// What came of a click on the button.
struct Rehearsed {
  /// LSA took what the tile gave, and the bridge was told so.
  bool done = false;
  /// To be said to the user; empty for nothing.
  std::u16string text;
};

class RehearsalScreen {
 public:
  /// `refused` when the DLL keeps out of it now: no auth feature, recovery flag, crash breaker, another version.
  static Result<std::unique_ptr<RehearsalScreen>> open(HMODULE dll, const RehearsedUser& user, LsaLogon& lsa);
  RehearsalScreen(const RehearsalScreen&) = delete;
  RehearsalScreen& operator=(const RehearsalScreen&) = delete;
  RehearsalScreen(RehearsalScreen&&) = delete;
  RehearsalScreen& operator=(RehearsalScreen&&) = delete;
  ~RehearsalScreen();

  const std::vector<ShownField>& fields() const noexcept;
  const ShownField& at(Field field) const { return fields()[index(field)]; }
  /// Called when the tile changed something of it by itself.
  void on_change(std::function<void()> changed);

  /// @param text ends with a zero; nothing is kept of it here
  void type(Field field, const wchar_t* text);
  void tick(Field field, bool ticked);
  void click(Field link);
  Rehearsed submit();

 private:
  struct Parts;
  explicit RehearsalScreen(std::unique_ptr<Parts> parts) noexcept;

  std::unique_ptr<Parts> parts_;
};

}  // namespace systemlog::provider
