// What the bridge leaves in the registry about logon, under a key only administrators may change: the credential
// provider reads it when the bridge itself does not answer in time. A bridge that is down is no reason to stand down.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy.h"

namespace systemlog {

struct LogonMirror {
  bool enforcement = false;
  bool recovery_flag = false;
  bool crash_breaker = false;
  /// Smart card providers stay visible while enforcement hides the others.
  bool smart_cards = true;
  /// The administrator enabled our tile for UAC.
  bool prompts = false;
  WhenBridgeDown when_bridge_down = WhenBridgeDown::password_only;
  std::vector<std::string> break_glass_sids;
};

/// Where it lies: below HKEY_LOCAL_MACHINE, in the 64-bit view. REG_DWORD 0 or 1 each, but for `break_glass_sids`
/// (REG_MULTI_SZ) and `when_bridge_down` (REG_DWORD, 0 password-only, 1 deny). A missing value is the default above.
namespace logon_mirror_key {
inline constexpr std::u16string_view path = u"SOFTWARE\\SystemLog\\Logon";
inline constexpr std::u16string_view enforcement = u"Enforcement";
inline constexpr std::u16string_view recovery_flag = u"RecoveryFlag";
inline constexpr std::u16string_view crash_breaker = u"CrashBreaker";
inline constexpr std::u16string_view smart_cards = u"SmartCards";
inline constexpr std::u16string_view prompts = u"Prompts";
inline constexpr std::u16string_view when_bridge_down = u"WhenBridgeDown";
inline constexpr std::u16string_view break_glass_sids = u"BreakGlassSids";
}  // namespace logon_mirror_key

/// The machine as the mirror shows it while the bridge does not answer.
inline MachineFacts facts_without_bridge(const LogonMirror& mirror, bool waited) noexcept {
  return {.enforcement_on = mirror.enforcement,
          .recovery_flag = mirror.recovery_flag,
          .crash_breaker = mirror.crash_breaker,
          .bridge = waited ? Bridge::down : Bridge::starting,
          .waited_for_bridge = waited,
          .when_bridge_down = mirror.when_bridge_down,
          .prompts_enabled = mirror.prompts};
}

/// @param sid empty for somebody whose SID nobody could tell
inline bool is_break_glass(const LogonMirror& mirror, std::string_view sid) noexcept {
  return !sid.empty() && std::find(mirror.break_glass_sids.begin(), mirror.break_glass_sids.end(), sid) !=
                             mirror.break_glass_sids.end();
}

}  // namespace systemlog
