#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace systemlog::bridge {

/// Cuts a stream of bytes into lines, and never keeps more than one line's worth and what came with its end.
class LineReader {
 public:
  explicit LineReader(std::size_t longest) noexcept : longest_(longest) {}

  void push(std::string_view bytes) {
    held_.erase(0, taken_);
    taken_ = 0;
    held_.append(bytes);
  }

  /// The next whole line without its end; valid until the next `push`.
  std::optional<std::string_view> next() noexcept {
    const std::string_view rest = std::string_view(held_).substr(taken_);
    const std::size_t end = rest.find('\n');
    if (std::min(end, rest.size()) > longest_) {
      too_long_ = true;
      return std::nullopt;
    }
    if (end == std::string_view::npos) return std::nullopt;
    taken_ += end + 1;
    return rest.substr(0, end);
  }

  /// A line passed the limit. Nothing after it can be trusted to begin a line.
  bool too_long() const noexcept { return too_long_; }
  /// A line was begun and not ended.
  bool unfinished() const noexcept { return held_.size() > taken_; }

 private:
  std::size_t longest_;
  std::string held_;
  std::size_t taken_ = 0;
  bool too_long_ = false;
};

}  // namespace systemlog::bridge
