// The seams of the build for tests. Under Wine nobody is the system and nothing keeps a block reason; all else is as
// it is in what ships. Never part of it.
#include "addon/windows/seams.h"

#include <array>
#include <string_view>

#include "addon/windows/pipe_server_facts.h"

namespace systemlog::addon::seams {
namespace {

/// SYSTEMLOG_TEST_BRIDGE says which process is the service: its id, or `any` for whoever serves the pipe.
bool is_the_service(DWORD process_id) {
  std::array<wchar_t, 16> said{};
  const DWORD length = GetEnvironmentVariableW(L"SYSTEMLOG_TEST_BRIDGE", said.data(), said.size());
  if (length == 0 || length >= said.size()) return false;
  const std::wstring_view who(said.data(), length);
  return who == L"any" || who == std::to_wstring(process_id);
}

}  // namespace

Result<PipeServerFacts> pipe_server(HANDLE pipe) noexcept {
  Result<PipeServerFacts> facts = pipe_server_facts(pipe);
  if (!facts || !is_the_service(facts.value().process_id)) return facts;
  PipeServerFacts& server = facts.value();
  server.session_id = 0;
  server.owner_sid = system_sid;
  server.process_sid = system_sid;
  server.service = {server.process_id, true};
  return facts;
}

/// The window's title stands for what Windows would show.
bool show_block_reason(HWND window, const std::wstring& text) noexcept {
  return SetWindowTextW(window, text.c_str()) != 0;
}

bool clear_block_reason(HWND window) noexcept {
  return SetWindowTextW(window, L"") != 0;
}

}  // namespace systemlog::addon::seams
