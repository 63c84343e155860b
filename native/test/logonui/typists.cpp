#include "test/logonui/typists.h"

// clang-format off
#include <windows.h>
// clang-format on

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace systemlog::logonui {
namespace {

constexpr DWORD longest_ms = 60'000;

std::filesystem::path own_folder() {
  std::array<wchar_t, 1000> program{};
  GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  return std::filesystem::path(program.data()).parent_path();
}

}  // namespace

Typist::Typist(const std::string& what, const std::string& pipe, int times) {
  const std::filesystem::path report =
      own_folder() / ("typist-" + std::to_string(GetCurrentProcessId()) + ".report");
  std::filesystem::remove(report);
  const std::filesystem::path program = own_folder() / "typist.exe";
  std::string line = "\"" + program.string() + "\" " + what + " " + pipe + " \"" + report.string() + "\" " +
                     std::to_string(times);
  STARTUPINFOA start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  if (CreateProcessA(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &process) == 0) {
    return;
  }
  ended_ = WaitForSingleObject(process.hProcess, longest_ms) == WAIT_OBJECT_0;
  if (!ended_) TerminateProcess(process.hProcess, 0);
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  exit_code_ = code;
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  std::ifstream file(report);
  for (std::string read; std::getline(file, read);) {
    while (!read.empty() && read.back() == '\r') read.pop_back();
    lines_.push_back(read);
  }
  file.close();
  std::filesystem::remove(report);
}

bool Typist::says(const std::string& line) const {
  return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
}

bool Typist::mentions(const std::string& part) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&part](const std::string& line) { return line.find(part) != std::string::npos; });
}

bool Typist::finds(const std::string& when, const std::string& what) const {
  return count(when, what, "heap") > 0;
}

int Typist::count(const std::string& when, const std::string& what, const std::string& place) const {
  for (const std::string& line : lines_) {
    if (!line.starts_with(when + " " + what + " ")) continue;
    const std::size_t at = line.find(place + "=");
    return at == std::string::npos ? -1 : std::atoi(line.c_str() + at + place.size() + 1);
  }
  return -1;
}

}  // namespace systemlog::logonui
