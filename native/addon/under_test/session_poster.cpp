// Sends window messages to the session windows of another process, as Windows would: for tests.
// session_poster.exe REPORT PROCESS send|post TIMES MESSAGE WPARAM LPARAM [MESSAGE WPARAM LPARAM…], MESSAGE a number
// or `taskbar-created`. session_poster.exe REPORT PROCESS title The report gets a line for each window and message:
// the first answer; or the title.
// clang-format off
#include <windows.h>
// clang-format on

#include <cstdio>
#include <string>
#include <vector>

#include "platform/windows/text.h"

namespace {

constexpr UINT answer_ms = 20'000;

std::vector<HWND> session_windows(DWORD process) {
  std::vector<HWND> found;
  for (HWND window = nullptr;;) {
    window = FindWindowExW(nullptr, window, nullptr, nullptr);
    if (window == nullptr) return found;
    DWORD owner = 0;
    GetWindowThreadProcessId(window, &owner);
    wchar_t name[64] = {};
    GetClassNameW(window, static_cast<wchar_t*>(name), 64);
    if (owner == process && std::wstring_view(static_cast<wchar_t*>(name)).starts_with(L"SystemLog.Session.")) {
      found.push_back(window);
    }
  }
}

UINT message_of(const std::string& given) {
  return given == "taskbar-created" ? RegisterWindowMessageW(L"TaskbarCreated")
                                    : static_cast<UINT>(std::stoul(given, nullptr, 0));
}

struct Message {
  UINT message;
  WPARAM wparam;
  LPARAM lparam;
};

std::string deliver(HWND window, const Message& what, bool post) {
  if (post) return PostMessageW(window, what.message, what.wparam, what.lparam) != 0 ? "posted" : "not posted";
  DWORD_PTR answer = 0;
  const bool answered =
      SendMessageTimeoutW(window, what.message, what.wparam, what.lparam, SMTO_NORMAL, answer_ms, &answer) != 0;
  return answered ? std::to_string(answer) : "no answer";
}

std::string title_of(HWND window) {
  wchar_t title[256] = {};
  DWORD_PTR length = 0;
  SendMessageTimeoutW(window, WM_GETTEXT, 256, reinterpret_cast<LPARAM>(&title[0]), SMTO_NORMAL, answer_ms, &length);
  return systemlog::windows::narrow(static_cast<wchar_t*>(title));
}

}  // namespace

int main(int count, char** given) {
  const std::vector<std::string> said(given, given + count);
  if (said.size() < 4) return 2;
  std::FILE* report = std::fopen(said[1].c_str(), "wb");
  if (report == nullptr) return 3;
  for (HWND window : session_windows(std::stoul(said[2]))) {
    if (said[3] == "title") {
      std::fprintf(report, "%s\n", title_of(window).c_str());
      continue;
    }
    const unsigned long times = std::stoul(said[4]);
    for (std::size_t at = 5; at + 2 < said.size(); at += 3) {
      const Message message{message_of(said[at]), std::stoull(said[at + 1], nullptr, 0),
                            static_cast<LPARAM>(std::stoull(said[at + 2], nullptr, 0))};
      for (unsigned long n = 0; n < times; ++n) {
        const std::string answer = deliver(window, message, said[3] == "post");
        if (n == 0) std::fprintf(report, "%s\n", answer.c_str());
      }
    }
  }
  return std::fclose(report) == 0 ? 0 : 4;
}
