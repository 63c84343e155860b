// Starts typists (typist.cpp) and reads their reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace systemlog::logonui {

class Typist {
 public:
  /// Starts one and waits for its end.
  Typist(const std::string& what, const std::string& pipe, int times = 1);

  /// In time; one that did not was ended.
  bool ended() const noexcept { return ended_; }
  std::uint32_t exit_code() const noexcept { return exit_code_; }
  /// A whole line of the report.
  bool says(const std::string& line) const;
  bool mentions(const std::string& part) const;
  bool finds(const std::string& when, const std::string& what) const;
  /// Of `<when> <what> heap=N stack=N`; -1 when it was not looked for.
  int count(const std::string& when, const std::string& what, const std::string& place) const;

 private:
  bool ended_ = false;
  std::uint32_t exit_code_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace systemlog::logonui
