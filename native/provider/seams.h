// What the provider takes from the system. `windows/seams.cpp` is what ships; the test build links
// `test/logonui/seams.cpp` in its place, so that nothing of a test can be switched on in the shipped DLL.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "platform/account_lookup.h"
#include "platform/auth_package.h"
#include "platform/connected_blob_packer.h"
#include "platform/password_protector.h"
#include "platform/pipe.h"
#include "provider/texts.h"

namespace systemlog::provider {

/// How long things may take. LogonUI's own thread never waits longer than `call`.
struct Pace {
  std::chrono::milliseconds call{1400};
  /// For the first answer a tile needs before it is drawn; a later one is shown when it comes.
  std::chrono::milliseconds first_look{300};
  /// Between two questions to a bridge that does not answer.
  std::chrono::milliseconds poll{500};
  /// How long a tile waits for the bridge before `whenBridgeDown` holds.
  std::chrono::milliseconds wait_for_bridge{60'000};
};

namespace seams {

std::unique_ptr<PasswordProtector> password_protector();
std::unique_ptr<AuthPackage> auth_package();
std::unique_ptr<ConnectedBlobPacker> connected_blob_packer();
std::unique_ptr<AccountLookup> account_lookup();

/// The pipe `auth`, only if the system itself serves it.
Result<std::unique_ptr<PipeConnection>> connect_to_bridge(std::chrono::milliseconds timeout) noexcept;

/// Whether this logon screen is shown over Remote Desktop.
bool is_remote_session() noexcept;
/// Whether this process is Windows' own UAC prompt.
bool is_consent_prompt() noexcept;
/// Whether this process is our own rehearsal (rehearsal/main.cpp) and no logon screen.
bool is_rehearsal() noexcept;
/// `DOMAIN\user` of the session that is locked; empty for none.
std::u16string session_user();
Language language() noexcept;
Pace pace() noexcept;

}  // namespace seams
}  // namespace systemlog::provider
