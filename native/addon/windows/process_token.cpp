#include "addon/windows/process_token.h"

// clang-format off
#include <sddl.h>
// clang-format on

#include <array>
#include <vector>

#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::addon {
namespace {

using windows::failure;
using windows::Handle;
using windows::LocalMemory;

/// A TOKEN_USER and the SID behind it.
Result<std::vector<std::uint8_t>> token_user(HANDLE token) {
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<std::uint8_t> bytes(size);
  if (size == 0 || GetTokenInformation(token, TokenUser, bytes.data(), size, &size) == 0) {
    return failure("user of a token");
  }
  return bytes;
}

Result<Handle> token_of(HANDLE process) noexcept {
  HANDLE token = nullptr;
  if (OpenProcessToken(process, TOKEN_QUERY, &token) == 0) return failure("token of a process");
  return Handle(token);
}

PSID sid_in(const std::vector<std::uint8_t>& user) noexcept {
  return reinterpret_cast<const TOKEN_USER*>(user.data())->User.Sid;
}

}  // namespace

Result<std::string> sid_text(PSID sid) noexcept {
  wchar_t* text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == 0) return failure("text of a SID");
  const LocalMemory owned(text);
  return windows::narrow(text);
}

Result<std::string> process_user(HANDLE process) noexcept {
  const Result<Handle> token = token_of(process);
  if (!token) return token.error();
  const Result<std::vector<std::uint8_t>> user = token_user(token.value().get());
  if (!user) return user.error();
  return sid_text(sid_in(user.value()));
}

Result<TokenUserFacts> own_user() noexcept {
  const Result<Handle> token = token_of(GetCurrentProcess());
  if (!token) return token.error();
  const Result<std::vector<std::uint8_t>> user = token_user(token.value().get());
  if (!user) return user.error();
  const PSID sid = sid_in(user.value());
  Result<std::string> text = sid_text(sid);
  if (!text) return text.error();

  TokenUserFacts facts;
  facts.sid = std::move(text).value();
  std::array<wchar_t, 512> name{};
  std::array<wchar_t, 512> domain{};
  DWORD name_size = name.size();
  DWORD domain_size = domain.size();
  SID_NAME_USE use{};
  if (LookupAccountSidW(nullptr, sid, name.data(), &name_size, domain.data(), &domain_size, &use) != 0) {
    facts.name = windows::narrow(name.data());
    facts.domain = windows::narrow(domain.data());
  }
  TOKEN_ELEVATION elevation{};
  DWORD size = sizeof(elevation);
  if (GetTokenInformation(token.value().get(), TokenElevation, &elevation, size, &size) == 0) {
    return failure("elevation of the token");
  }
  facts.elevated = elevation.TokenIsElevated != 0;
  return facts;
}

}  // namespace systemlog::addon
