#include "addon/windows/bridge_pipe.h"

#include "addon/windows/seams.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::addon {
namespace {

constexpr std::string_view local_pipes = R"(\\.\pipe\)";
/// Not GENERIC_WRITE: it includes the right to serve the name (FILE_CREATE_PIPE_INSTANCE), which no client is given.
constexpr DWORD access = FILE_GENERIC_READ | (FILE_GENERIC_WRITE & ~DWORD{FILE_CREATE_PIPE_INSTANCE});
/// The server may see who we are (SECURITY_IDENTIFICATION) and no more: a false one must not act as the user.
constexpr DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;

NoBridgePipe none(NoBridge why, std::string_view detail) {
  return {why, std::string(detail)};
}

Result<BridgePipe> checked(OpenPipe pipe) {
  const Result<PipeServerFacts> server = seams::pipe_server(pipe.get());
  // Who cannot be known cannot be trusted.
  if (!server) return BridgePipe(none(NoBridge::not_trusted, server.error().detail));
  if (const std::optional<std::string_view> why = distrust(server.value())) {
    return BridgePipe(none(NoBridge::not_trusted, *why));
  }
  return BridgePipe(std::move(pipe));
}

}  // namespace

Result<BridgePipe> open_bridge_pipe(const std::string& name, std::chrono::milliseconds wait) noexcept {
  // A pipe of another machine has no process here to be looked at.
  if (!name.starts_with(local_pipes) || name.find('\0') != std::string::npos) {
    return Error{ErrorCode::invalid_argument, "name of a pipe"};
  }
  const std::wstring path = windows::wide(name);
  const ULONGLONG deadline = GetTickCount64() + static_cast<ULONGLONG>(wait.count());
  while (true) {
    HANDLE pipe = CreateFileW(path.c_str(), access, 0, nullptr, OPEN_EXISTING, flags, nullptr);
    if (pipe != INVALID_HANDLE_VALUE) return checked(OpenPipe(pipe));
    switch (const DWORD problem = GetLastError()) {
      case ERROR_FILE_NOT_FOUND:
      case ERROR_PATH_NOT_FOUND:
        return BridgePipe(none(NoBridge::absent, "nobody serves the pipe"));
      case ERROR_ACCESS_DENIED:
        // The bridge lets everybody in who sits at the PC.
        return BridgePipe(none(NoBridge::not_trusted, "the pipe refuses the user"));
      case ERROR_PIPE_BUSY:
        break;
      default:
        return windows::failure("open the pipe", problem);
    }
    const ULONGLONG now = GetTickCount64();
    if (now >= deadline) return BridgePipe(none(NoBridge::busy, "every instance of the pipe is taken"));
    // Whether it ends with an instance or without, the next try tells. 0 would mean the server's idea of a wait.
    WaitNamedPipeW(path.c_str(), static_cast<DWORD>(deadline - now));
  }
}

}  // namespace systemlog::addon
