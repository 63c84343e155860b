#include "test/logonui/programs.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

namespace systemlog::logonui {
namespace {

constexpr DWORD longest_ms = 60'000;

std::filesystem::path own_folder() {
  std::array<wchar_t, 1000> program{};
  GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  return std::filesystem::path(program.data()).parent_path();
}

}  // namespace

// --- a program ---------------------------------------------------------------------------------------------------

Program::Program(const std::string& name, const std::vector<std::string>& arguments) {
  std::string line = "\"" + (own_folder() / (name + ".exe")).string() + "\"";
  for (const std::string& argument : arguments) line += " \"" + argument + "\"";
  STARTUPINFOA start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  if (CreateProcessA(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &process) == 0) {
    std::abort();
  }
  CloseHandle(process.hThread);
  process_ = process.hProcess;
}

Program::~Program() {
  kill();
  CloseHandle(process_);
}

std::optional<std::uint32_t> Program::exit_code() const {
  DWORD code = 0;
  if (WaitForSingleObject(process_, longest_ms) != WAIT_OBJECT_0 || GetExitCodeProcess(process_, &code) == 0) {
    return std::nullopt;
  }
  return code;
}

void Program::kill() {
  TerminateProcess(process_, 1);
  WaitForSingleObject(process_, longest_ms);
}

// --- a typist ----------------------------------------------------------------------------------------------------

Typist::Typist(const std::string& what, const std::string& pipe, const std::string& more) {
  const std::filesystem::path report = own_folder() / ("typist-" + std::to_string(GetCurrentProcessId()) + ".report");
  std::filesystem::remove(report);
  exit_code_ = Program("typist", {what, pipe, report.string(), more}).exit_code();
  {
    std::ifstream file(report);
    for (std::string line; std::getline(file, line);) {
      while (!line.empty() && line.back() == '\r') line.pop_back();
      lines_.push_back(line);
    }
  }
  std::filesystem::remove(report);
}

bool Typist::says(const std::string& line) const {
  return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
}

bool Typist::mentions(const std::string& part) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&part](const std::string& line) { return line.find(part) != std::string::npos; });
}

int Typist::count(const std::string& when, const std::string& what, const std::string& place) const {
  for (const std::string& line : lines_) {
    if (!line.starts_with(when + " " + what + " ")) continue;
    const std::size_t at = line.find(place + "=");
    return at == std::string::npos ? -1 : std::atoi(line.c_str() + at + place.size() + 1);
  }
  return -1;
}

// --- a bridge ----------------------------------------------------------------------------------------------------

RealBridge::RealBridge(std::filesystem::path folder, std::string auth_pipe)
    : folder_(std::move(folder)), auth_pipe_(std::move(auth_pipe)) {
  lurks_ = CreateEventA(nullptr, TRUE, FALSE, (auth_pipe_.substr(auth_pipe_.rfind('\\') + 1) + "-lurks").c_str());
  caught_ = CreateEventA(nullptr, TRUE, FALSE, (auth_pipe_.substr(auth_pipe_.rfind('\\') + 1) + "-caught").c_str());
  if (lurks_ == nullptr || caught_ == nullptr) std::abort();
  if (Program("real_bridge", arguments("seed")).exit_code() != 0U) std::abort();
}

RealBridge::~RealBridge() {
  running_.reset();
  CloseHandle(lurks_);
  CloseHandle(caught_);
}

void RealBridge::kill_in(const std::function<void()>& answer) {
  ResetEvent(caught_);
  SetEvent(lurks_);
  std::thread killer([this] {
    if (WaitForSingleObject(caught_, longest_ms) == WAIT_OBJECT_0) running_->kill();
  });
  answer();
  killer.join();
  running_.reset();
  ResetEvent(lurks_);
}

std::vector<std::string> RealBridge::arguments(const std::string& what) const {
  return {what, folder_.string(), auth_pipe_, std::to_string(GetCurrentProcessId())};
}

}  // namespace systemlog::logonui
