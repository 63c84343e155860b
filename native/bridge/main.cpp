// bridge.exe: run | console | setup <install|upgrade|repair|remove>
#include <cstdio>
#include <string>
#include <vector>

#ifdef _WIN32
#include "bridge/windows/service_main.h"
#include "bridge/windows/setup_verbs.h"
#include "platform/windows/text.h"
#else
#include "bridge/posix/console_main.h"
#endif
#include "bridge/setup_options.h"

namespace {

using namespace systemlog;

int explain() {
  std::fputs(
      "bridge run                       started by the service manager\n"
      "bridge console                   the same in the foreground\n"
      "bridge setup install|upgrade|repair|remove [--json]\n"
      "       [--server URL] [--company CODE] [--name NAME] [--auth|--no-auth] [--settings-file FILE] [--erase]\n",
      stderr);
  return 2;
}

int follow(const std::vector<std::string>& words) {
  if (words.empty()) return explain();
#ifdef _WIN32
  if (words[0] == "run" && words.size() == 1) return bridge::windows::run_service();
  if (words[0] == "console" && words.size() == 1) return bridge::windows::run_console();
  if (words[0] == "setup") {
    const Result<bridge::SetupOptions> options = bridge::parse_setup({words.begin() + 1, words.end()});
    if (options) return bridge::windows::run_setup(options.value());
    std::fprintf(stderr, "setup: not understood: %s\n", options.error().detail.c_str());
  }
#else
  if (words[0] == "console" && words.size() == 2) return bridge::posix::run_console(words[1]);
#endif
  return explain();
}

}  // namespace

#ifdef _WIN32
int wmain(int count, wchar_t** arguments) {
  std::vector<std::string> words;
  for (int i = 1; i < count; ++i) words.push_back(windows::narrow(arguments[i]));
  return follow(words);
}
#else
int main(int count, char** arguments) {
  return follow({arguments + 1, arguments + count});
}
#endif
