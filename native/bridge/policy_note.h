// A policy is kept in one file and its event in another. Whoever is cut off between the two finds here, at the next
// start, that a change was under way.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/slot_file.h"

namespace systemlog::bridge {

/// A change of policy from just before the first file is written until its event is in the journal. Not to be used
/// from two threads at once.
class PolicyNote {
 public:
  struct Pending {
    /// The journal's end before the change: its event, if it was written, stands behind it.
    std::string journal;
    std::uint64_t head = 0;
    /// Of what was asked of whom before (`LogonDesk::asked`), SHA-256.
    std::array<std::uint8_t, 32> asked{};
    /// Nobody was asked for anything.
    bool asked_nothing = true;
  };

  /// A file that does not read is begun anew: then nothing is known of a change.
  static Result<PolicyNote> open(Files& files, const std::filesystem::path& path);
  static std::array<std::uint8_t, 32> digest_of(std::string_view asked);

  const std::optional<Pending>& pending() const noexcept { return pending_; }
  /// Holds in memory, too, what could not be written.
  Result<void> begin(Pending pending);
  /// Its event is in the journal, or nothing was changed after all.
  Result<void> settle();

 private:
  explicit PolicyNote(SlotFile file) noexcept : file_(std::move(file)) {}
  void read();
  Result<void> store();

  SlotFile file_;
  std::optional<Pending> pending_;
};

}  // namespace systemlog::bridge
