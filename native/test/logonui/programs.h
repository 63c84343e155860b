// Starts the programs beside this one: typists (typist.cpp) and real bridges (real_bridge.cpp).
#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace systemlog::logonui {

/// A process started from this program's own folder; killed when nobody wants it any more.
class Program {
 public:
  Program(const std::string& name, const std::vector<std::string>& arguments);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program();

  /// How it ended; none when it did not within 60 s.
  std::optional<std::uint32_t> exit_code() const;
  /// As `taskkill /f`; returns when it is gone.
  void kill();

 private:
  HANDLE process_ = nullptr;
};

class Typist {
 public:
  /// Starts one and waits for its end.
  Typist(const std::string& what, const std::string& pipe, const std::string& more = {});

  /// None: it did not end in time.
  std::optional<std::uint32_t> exit_code() const noexcept { return exit_code_; }
  /// A whole line of its report.
  bool says(const std::string& line) const;
  bool mentions(const std::string& part) const;
  /// Of `<when> <what> heap=N stack=N`; -1 when it was not looked for.
  int count(const std::string& when, const std::string& what, const std::string& place) const;

 private:
  std::optional<std::uint32_t> exit_code_;
  std::vector<std::string> lines_;
};

/// A bridge with its files in a folder, enforced for tanaka; started and killed as the case wants.
class RealBridge {
 public:
  /// Makes the files: tanaka is enrolled, has rehearsed and signed in.
  RealBridge(std::filesystem::path folder, std::string auth_pipe);
  RealBridge(const RealBridge&) = delete;
  RealBridge& operator=(const RealBridge&) = delete;
  RealBridge(RealBridge&&) = delete;
  RealBridge& operator=(RealBridge&&) = delete;
  ~RealBridge();

  /// @param falls_before what it is about to do with a file when `kill_in` gets it: "write" or "flush"
  void start(const std::string& falls_before = "nothing") {
    running_.emplace("real_bridge", arguments(falls_before));
  }
  void kill() { running_.reset(); }
  /// Runs `answer`, and kills the bridge in the middle of it.
  void kill_in(const std::function<void()>& answer);

 private:
  std::vector<std::string> arguments(const std::string& what) const;

  std::filesystem::path folder_;
  std::string auth_pipe_;
  /// Set by the test: the bridge stops before its next step of a kind, and says so.
  HANDLE lurks_ = nullptr;
  HANDLE caught_ = nullptr;
  std::optional<Program> running_;
};

}  // namespace systemlog::logonui
