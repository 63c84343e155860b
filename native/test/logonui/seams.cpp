// The seams of the test build: fakes where Wine has nothing or says yes to everything.
#include "provider/seams.h"

// clang-format off
#include <windows.h>
// clang-format on

#include "test/fakes/windows_seams.h"
#include "test/logonui/seams.h"

namespace systemlog::logonui {
namespace {

Switches switches;

/// Turns a password round, as the fake does, unless it is to bring the process down.
class ProtectorForTest final : public PasswordProtector {
 public:
  Result<SecretUtf16> protect(const SecretUtf16& password) noexcept override {
    if (switches.falls_over) RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, nullptr);
    return fake_.protect(password);
  }

 private:
  test::FakePasswordProtector fake_;
};

class FailingAuthPackage final : public AuthPackage {
 public:
  Result<std::uint32_t> negotiate_id() noexcept override { return Error{ErrorCode::io_failed, "negotiate"}; }
};

}  // namespace
}  // namespace systemlog::logonui

extern "C" systemlog::logonui::Switches* SwitchesForTest() {
  return &systemlog::logonui::switches;
}

namespace systemlog::provider::seams {

using logonui::switches;

std::unique_ptr<PasswordProtector> password_protector() {
  return std::make_unique<logonui::ProtectorForTest>();
}
std::unique_ptr<AuthPackage> auth_package() {
  if (switches.negotiate_fails) return std::make_unique<logonui::FailingAuthPackage>();
  auto package = std::make_unique<test::FakeAuthPackage>();
  package->id = switches.negotiate;
  return package;
}
std::unique_ptr<ConnectedBlobPacker> connected_blob_packer() {
  return std::make_unique<test::FakeConnectedBlobPacker>();
}
std::unique_ptr<AccountLookup> account_lookup() {
  auto lookup = std::make_unique<test::FakeAccountLookup>();
  lookup->accounts = {{"S-1-5-21-1-2-3-500", "PC-01", "rescue", true},
                      {"S-1-5-21-1-2-3-1001", "PC-01", "tanaka", false}};
  return lookup;
}
Result<std::unique_ptr<PipeConnection>> connect_to_bridge(std::chrono::milliseconds timeout) noexcept {
  // Nobody is SYSTEM under Wine.
  constexpr bool require_system = false;
  return connect_pipe(static_cast<const char*>(switches.pipe_name), timeout, require_system);
}
bool is_remote_session() noexcept {
  return switches.remote_session;
}
bool is_consent_prompt() noexcept {
  return switches.consent_prompt;
}
bool is_rehearsal() noexcept {
  return switches.rehearsal;
}
std::u16string session_user() {
  return static_cast<const char16_t*>(switches.session_user);
}
Language language() noexcept {
  return switches.english ? Language::english : Language::japanese;
}
Pace pace() noexcept {
  using std::chrono::milliseconds;
  return {milliseconds(switches.call_ms), milliseconds(switches.first_look_ms), milliseconds(switches.poll_ms),
          milliseconds(switches.wait_for_bridge_ms)};
}

}  // namespace systemlog::provider::seams
