#include "platform/windows/sids.h"

// clang-format off
#include <windows.h>
#include <sddl.h>
// clang-format on

#include <cstdint>
#include <vector>

#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::windows {

Result<std::string> sid_text(void* sid) {
  wchar_t* text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == 0) return failure("sid");
  const LocalMemory owned(text);
  return narrow(text);
}

Result<std::string> token_sid(void* token) {
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<std::uint8_t> bytes(size);
  if (size == 0 || GetTokenInformation(token, TokenUser, bytes.data(), size, &size) == 0) {
    return failure("token user");
  }
  return sid_text(reinterpret_cast<TOKEN_USER*>(bytes.data())->User.Sid);
}

}  // namespace systemlog::windows
