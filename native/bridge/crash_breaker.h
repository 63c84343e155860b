// Stands our logon screen down when it seems to be what brings LogonUI down. Pure but for its file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/slot_file.h"

namespace systemlog::bridge {

/// Whether a process that ended with this code fell over, rather than ended or was ended.
bool ended_abnormally(std::uint32_t exit_code) noexcept;

/// Counts processes that loaded our provider and ended abnormally. Not to be used from two threads at once.
class CrashBreaker {
 public:
  static constexpr std::size_t most_crashes = 3;
  static constexpr std::int64_t within_ms = std::int64_t{10} * 60'000;
  static constexpr std::int64_t stands_down_ms = std::int64_t{24} * 3'600'000;

  static Result<CrashBreaker> open(Files& files, const std::filesystem::path& path);

  /// @returns whether this one trips it
  bool crashed(std::int64_t wall_ms);
  bool tripped(std::int64_t wall_ms) const noexcept;
  /// By an administrator's word.
  Result<void> rearm();

 private:
  explicit CrashBreaker(SlotFile file) noexcept : file_(std::move(file)) {}
  Result<void> store();

  SlotFile file_;
  std::vector<std::int64_t> crashes_;
  /// 0: not tripped.
  std::int64_t tripped_at_ms_ = 0;
};

}  // namespace systemlog::bridge
