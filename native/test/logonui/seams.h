// What the host sets in the test build of the DLL, where the shipping one asks Windows. Both are built by one
// compiler from this header; the struct lies in the DLL and is reached by its one extra export.
#pragma once

#include <cstdint>

namespace systemlog::logonui {

struct Switches {
  char pipe_name[200] = "";
  bool remote_session = false;
  bool consent_prompt = false;
  bool rehearsal = false;
  bool english = false;
  char16_t session_user[100] = u"";
  std::uint32_t negotiate = 9;
  bool negotiate_fails = false;
  /// Whoever protects a password now brings the process down.
  bool falls_over = false;
  /// Longer than what ships: a busy machine that tests is no bridge that hangs.
  int call_ms = 5000;
  int first_look_ms = 5000;
  int poll_ms = 20;
  int wait_for_bridge_ms = 60'000;
};

using SwitchesOf = Switches*(__cdecl*)();

}  // namespace systemlog::logonui
