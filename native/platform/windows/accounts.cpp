// Account names.
// clang-format off
#include <windows.h>
#include <sddl.h>
// clang-format on

#include <array>
#include <vector>

#include "core/account_names.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::windows {
namespace {

Result<std::string> sid_text(PSID sid) {
  wchar_t* text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == 0) return failure("ConvertSidToStringSid");
  const LocalMemory owned(text);
  return narrow(text);
}

class WindowsAccounts final : public AccountLookup {
 public:
  Result<SystemAccount> by_name(const std::string& name) noexcept override {
    const std::wstring wanted = wide(name);
    DWORD sid_bytes = 0;
    DWORD domain_size = 0;
    SID_NAME_USE use = SidTypeUnknown;
    LookupAccountNameW(nullptr, wanted.c_str(), nullptr, &sid_bytes, nullptr, &domain_size, &use);
    if (sid_bytes == 0) return Error{ErrorCode::not_found, "account"};
    std::vector<std::uint8_t> sid(sid_bytes);
    std::wstring domain(domain_size, L'\0');
    if (LookupAccountNameW(nullptr, wanted.c_str(), sid.data(), &sid_bytes, domain.data(), &domain_size, &use) == 0) {
      return Error{ErrorCode::not_found, "account"};
    }
    // A group or a computer is nobody who signs in.
    if (use != SidTypeUser) return Error{ErrorCode::not_found, "account is no user"};
    return by_binary_sid(sid.data());
  }

  Result<SystemAccount> by_sid(const std::string& text) noexcept override {
    if (!is_sid(text)) return Error{ErrorCode::invalid_argument, "sid"};
    PSID sid = nullptr;
    if (ConvertStringSidToSidW(wide(text).c_str(), &sid) == 0) return Error{ErrorCode::invalid_argument, "sid"};
    const LocalMemory owned(sid);
    return by_binary_sid(sid);
  }

  std::string computer_name() noexcept override {
    std::array<wchar_t, MAX_COMPUTERNAME_LENGTH + 1> name{};
    auto size = static_cast<DWORD>(name.size());
    if (GetComputerNameW(name.data(), &size) == 0) return {};
    return narrow({name.data(), size});
  }

 private:
  static Result<SystemAccount> by_binary_sid(PSID sid) {
    std::array<wchar_t, 512> name{};
    std::array<wchar_t, 512> domain{};
    auto name_size = static_cast<DWORD>(name.size());
    auto domain_size = static_cast<DWORD>(domain.size());
    SID_NAME_USE use = SidTypeUnknown;
    if (LookupAccountSidW(nullptr, sid, name.data(), &name_size, domain.data(), &domain_size, &use) == 0) {
      return Error{ErrorCode::not_found, "account"};
    }
    const Result<std::string> text = sid_text(sid);
    if (!text) return text.error();
    SystemAccount account{text.value(), narrow({domain.data(), domain_size}), narrow({name.data(), name_size}),
                          false};
    account.is_administrator = text.value().starts_with("S-1-5-21-") && text.value().ends_with("-500");
    return account;
  }
};

}  // namespace

std::unique_ptr<AccountLookup> account_lookup() {
  return std::make_unique<WindowsAccounts>();
}

}  // namespace systemlog::windows
