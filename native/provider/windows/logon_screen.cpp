#include "provider/windows/logon_screen.h"

// clang-format off
#include <windows.h>
// clang-format on

namespace systemlog::provider {
namespace {

constexpr std::uint64_t open_for_ms = 120'000;
/// The filter is asked before anything is drawn.
constexpr std::chrono::milliseconds filter_limit{1000};

constinit OpenOnce the_open_once;
constinit std::atomic<bool> has_submitted_alone = false;

}  // namespace

void OpenOnce::allow() noexcept {
  until_tick_ms_ = GetTickCount64() + open_for_ms;
}

bool OpenOnce::take() noexcept {
  return until_tick_ms_.exchange(0) > GetTickCount64();
}

OpenOnce& open_once() noexcept {
  return the_open_once;
}

std::atomic<bool>& submitted_alone() noexcept {
  return has_submitted_alone;
}

Moment now() noexcept {
  SYSTEMTIME wall{};
  GetLocalTime(&wall);
  return {GetTickCount64(), (wall.wHour * 60U + wall.wMinute) * 60U + wall.wSecond};
}

FilterDecision ask_filter(BridgeLine& line, Scenario scenario, const LogonMirror& mirror) {
  return decide_filter(scenario, line.ask(auth::FilterQuestion{scenario}, filter_limit), mirror);
}

}  // namespace systemlog::provider
