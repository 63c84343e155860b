#include "provider/rehearsal/lsa_logon.h"

// clang-format off
#include <windows.h>
#include <ntsecapi.h>
// clang-format on

#include <cstring>
#include <string>

namespace systemlog::provider {
namespace {

constexpr NtStatus not_started = static_cast<NtStatus>(0xC0000001U);  // STATUS_UNSUCCESSFUL

LSA_STRING lsa_string(std::string& text) noexcept {
  return {static_cast<USHORT>(text.size()), static_cast<USHORT>(text.size() + 1), text.data()};
}

bool changes_password(std::span<const std::uint8_t> blob) noexcept {
  std::uint32_t message = 0;
  if (blob.size() < sizeof message) return false;
  std::memcpy(&message, blob.data(), sizeof message);
  return message == KerbChangePasswordMessage;
}

class SystemLsa final : public LsaLogon {
 public:
  LsaAnswer judge(std::uint32_t package, std::span<std::uint8_t> blob) noexcept override {
    std::string name = "SystemLog rehearsal";
    LSA_STRING process = lsa_string(name);
    LSA_OPERATIONAL_MODE mode = 0;
    HANDLE lsa = nullptr;
    const NTSTATUS connected = LsaRegisterLogonProcess(&process, &lsa, &mode);
    if (connected < 0) return {connected, 0};
    const LsaAnswer answer =
        changes_password(blob) ? change_password(lsa, package, blob) : log_on(lsa, package, blob);
    LsaDeregisterLogonProcess(lsa);
    return answer;
  }

 private:
  static LsaAnswer log_on(HANDLE lsa, std::uint32_t package, std::span<std::uint8_t> blob) noexcept {
    std::string name = "SystemLog";
    LSA_STRING origin = lsa_string(name);
    TOKEN_SOURCE source{};
    std::memcpy(source.SourceName, "SysLog  ", sizeof source.SourceName);
    if (AllocateLocallyUniqueId(&source.SourceIdentifier) == 0) return {not_started, 0};
    void* profile = nullptr;
    ULONG profile_bytes = 0;
    LUID session{};
    HANDLE token = nullptr;
    QUOTA_LIMITS quotas{};
    NTSTATUS substatus = 0;
    const NTSTATUS status =
        LsaLogonUser(lsa, &origin, Interactive, package, blob.data(), static_cast<ULONG>(blob.size()), nullptr,
                     &source, &profile, &profile_bytes, &session, &token, &quotas, &substatus);
    if (profile != nullptr) LsaFreeReturnBuffer(profile);
    if (token != nullptr) CloseHandle(token);
    return {status, substatus};
  }

  static LsaAnswer change_password(HANDLE lsa, std::uint32_t package, std::span<std::uint8_t> blob) noexcept {
    void* said = nullptr;
    ULONG said_bytes = 0;
    NTSTATUS substatus = 0;
    const NTSTATUS status = LsaCallAuthenticationPackage(lsa, package, blob.data(), static_cast<ULONG>(blob.size()),
                                                         &said, &said_bytes, &substatus);
    if (said != nullptr) LsaFreeReturnBuffer(said);
    return status < 0 ? LsaAnswer{status, substatus} : LsaAnswer{substatus, 0};
  }
};

}  // namespace

std::unique_ptr<LsaLogon> system_lsa() {
  return std::make_unique<SystemLsa>();
}

}  // namespace systemlog::provider
