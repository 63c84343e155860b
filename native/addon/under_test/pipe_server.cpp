// A pipe server for tests: pipe_server.exe PIPE echo, or PIPE single. `echo` gives back what it gets, over the
// platform's pipes, as the bridge serves them. `single` has one instance only and answers nothing: the second client
// finds it taken until the first has gone. Says so once the pipe stands, and runs until it is killed.
// clang-format off
#include <windows.h>
// clang-format on

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "platform/pipe.h"
#include "platform/windows/text.h"

using namespace systemlog;

namespace {

constexpr std::chrono::hours forever{1};

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

void give_back(std::unique_ptr<PipeConnection> connection) {
  std::array<std::uint8_t, 16 * 1024> bytes{};
  while (true) {
    const Result<std::size_t> got = connection->read_some(bytes, forever);
    if (!got || got.value() == 0) return;
    if (!connection->write_all(ByteView(bytes.data(), got.value()), forever)) return;
  }
}

int echo(const std::vector<std::string>& said) {
  Result<std::unique_ptr<PipeServer>> server = serve_pipe({said[1], "D:(A;;GA;;;WD)"});
  if (!server) return 3;
  say_ready();
  while (true) {
    Result<std::unique_ptr<PipeConnection>> connection = server.value()->accept(forever);
    if (connection) std::thread(give_back, std::move(connection).value()).detach();
  }
}

int single(const std::vector<std::string>& said) {
  HANDLE pipe = CreateNamedPipeW(windows::wide(said[1]).c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT, 1,
                                 4096, 4096, 0, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return 3;
  say_ready();
  while (true) {
    ConnectNamedPipe(pipe, nullptr);
    char byte = 0;
    DWORD got = 0;
    while (ReadFile(pipe, &byte, 1, &got, nullptr) != 0 && got > 0) {
    }
    DisconnectNamedPipe(pipe);
  }
}

}  // namespace

int main(int count, char** given) {
  const std::vector<std::string> said(given, given + count);
  if (said.size() < 3) return 2;
  return said[2] == "single" ? single(said) : echo(said);
}
