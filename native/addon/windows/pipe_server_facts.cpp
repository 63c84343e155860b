#include "addon/windows/pipe_server_facts.h"

// clang-format off
#include <aclapi.h>
// clang-format on

#include <memory>
#include <type_traits>
#include <vector>

#include "addon/windows/process_token.h"
#include "bridge/service_names.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::addon {
namespace {

using windows::failure;
using windows::Handle;
using windows::LocalMemory;

struct CloseService {
  void operator()(SC_HANDLE service) const noexcept { CloseServiceHandle(service); }
};
using ServiceHandle = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, CloseService>;

Result<std::string> owner_of(HANDLE pipe) noexcept {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD problem = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                        nullptr, &descriptor);
  if (problem != ERROR_SUCCESS) return failure("owner of the pipe", problem);
  const LocalMemory owned(descriptor);
  // Wine's pipes have none.
  if (owner == nullptr) return std::string();
  return sid_text(owner);
}

std::optional<std::string> user_of_process(DWORD process_id) noexcept {
  const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process_id));
  if (!process) return std::nullopt;
  const Result<std::string> sid = process_user(process.get());
  if (!sid) return std::nullopt;
  return sid.value();
}

bool runs_as_system(SC_HANDLE service) {
  DWORD size = 0;
  QueryServiceConfigW(service, nullptr, 0, &size);
  std::vector<std::uint8_t> bytes(size);
  auto* config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(bytes.data());
  if (size < sizeof(*config) || QueryServiceConfigW(service, config, size, &size) == 0) return false;
  return config->lpServiceStartName != nullptr && _wcsicmp(config->lpServiceStartName, L"LocalSystem") == 0;
}

}  // namespace

Result<PipeServerFacts> pipe_server_facts(HANDLE pipe) noexcept {
  PipeServerFacts facts;
  ULONG process_id = 0;
  ULONG session_id = 0;
  if (GetNamedPipeServerProcessId(pipe, &process_id) == 0) return failure("process that serves the pipe");
  if (GetNamedPipeServerSessionId(pipe, &session_id) == 0) return failure("session that serves the pipe");
  Result<std::string> owner = owner_of(pipe);
  if (!owner) return owner.error();
  facts.process_id = process_id;
  facts.session_id = session_id;
  facts.owner_sid = std::move(owner).value();
  facts.process_sid = user_of_process(process_id);
  return facts;
}

RegisteredService registered_bridge() noexcept {
  const ServiceHandle services(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
  if (!services) return {};
  const ServiceHandle service(
      OpenServiceW(services.get(), bridge::service_name.data(), SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG));
  if (!service) return {};
  SERVICE_STATUS_PROCESS status{};
  DWORD size = 0;
  if (QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof(status),
                           &size) == 0) {
    return {};
  }
  return {status.dwProcessId, runs_as_system(service.get())};
}

}  // namespace systemlog::addon
