// The seams of what ships: Windows itself.
#include "addon/windows/seams.h"

#include "addon/windows/pipe_server_facts.h"

namespace systemlog::addon::seams {

Result<PipeServerFacts> pipe_server(HANDLE pipe) noexcept {
  Result<PipeServerFacts> facts = pipe_server_facts(pipe);
  if (facts) facts.value().service = registered_bridge();
  return facts;
}

bool show_block_reason(HWND window, const std::wstring& text) noexcept {
  return ShutdownBlockReasonCreate(window, text.c_str()) != 0;
}

bool clear_block_reason(HWND window) noexcept {
  return ShutdownBlockReasonDestroy(window) != 0;
}

}  // namespace systemlog::addon::seams
