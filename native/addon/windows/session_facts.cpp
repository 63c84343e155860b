#include "addon/windows/session_facts.h"

// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include "addon/windows/process_token.h"
#include "addon/windows/session_words.h"
#include "platform/windows/handle.h"

namespace systemlog::addon {
namespace {

/// WTSSessionInfoEx and its level 1, up to what we read; not every SDK's header has them.
constexpr auto session_info_ex = static_cast<WTS_INFO_CLASS>(25);
struct SessionInfoLevel1 {
  ULONG session_id;
  WTS_CONNECTSTATE_CLASS state;
  LONG flags;
  WCHAR station[33];
  WCHAR user[21];
  WCHAR domain[18];
  LARGE_INTEGER logon_time;
};
struct SessionInfoEx {
  DWORD level;
  SessionInfoLevel1 data;
};

/// What the terminal service says of our session; null when it says nothing of that size.
template <typename T>
class SessionAnswer {
 public:
  explicit SessionAnswer(WTS_INFO_CLASS about) noexcept {
    DWORD size = 0;
    if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, about, &memory_, &size) == 0) {
      memory_ = nullptr;
    }
    if (memory_ != nullptr && size >= sizeof(T)) answer_ = reinterpret_cast<const T*>(memory_);
  }
  SessionAnswer(const SessionAnswer&) = delete;
  SessionAnswer& operator=(const SessionAnswer&) = delete;
  SessionAnswer(SessionAnswer&&) = delete;
  SessionAnswer& operator=(SessionAnswer&&) = delete;
  ~SessionAnswer() {
    if (memory_ != nullptr) WTSFreeMemory(memory_);
  }

  const T* get() const noexcept { return answer_; }

 private:
  LPWSTR memory_ = nullptr;
  const T* answer_ = nullptr;
};

struct WindowsVersion {
  std::uint32_t major = 10;
  std::uint32_t minor = 0;
};

/// The true one: GetVersionEx says what a program's manifest would like to hear.
WindowsVersion windows_version() noexcept {
  using Ask = LONG(WINAPI*)(OSVERSIONINFOW*);
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  if (ntdll == nullptr) return {};
  const auto ask = reinterpret_cast<Ask>(reinterpret_cast<void*>(GetProcAddress(ntdll, "RtlGetVersion")));
  OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof(version);
  if (ask == nullptr || ask(&version) != 0) return {};
  return {version.dwMajorVersion, version.dwMinorVersion};
}

}  // namespace

Result<SessionFacts> session_facts() noexcept {
  SessionFacts facts;
  DWORD session_id = 0;
  if (ProcessIdToSessionId(GetCurrentProcessId(), &session_id) == 0)
    return windows::failure("session of the process");
  facts.session_id = session_id;
  Result<TokenUserFacts> user = own_user();
  if (!user) return user.error();
  facts.sid = std::move(user.value().sid);
  facts.domain = std::move(user.value().domain);
  facts.name = std::move(user.value().name);
  facts.elevated = user.value().elevated;

  std::optional<std::int32_t> state;
  const SessionAnswer<SessionInfoEx> session(session_info_ex);
  if (session.get() != nullptr && session.get()->level == 1) {
    const SessionInfoLevel1& said = session.get()->data;
    const WindowsVersion version = windows_version();
    state = static_cast<std::int32_t>(said.state);
    facts.locked = is_locked(said.flags, version.major, version.minor);
    facts.logon_wall_ms = wall_ms_of(said.logon_time.QuadPart);
  }
  const SessionAnswer<USHORT> protocol(WTSClientProtocolType);
  facts.connection = connection_word(
      state, protocol.get() == nullptr ? std::nullopt : std::optional<std::uint16_t>(*protocol.get()));
  return facts;
}

}  // namespace systemlog::addon
