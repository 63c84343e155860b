// The clock runs of this PC: a new one at every boot and every resume, and the same one for a service that was only
// restarted.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/slot_file.h"
#include "platform/clock.h"
#include "platform/random.h"

namespace systemlog::bridge {

/// Not to be used from two threads at once.
class ClockRuns final : public Clock {
 public:
  /// @param system whose uptime counts from the boot; its run is not used
  /// @param boot_id names this boot
  static Result<std::unique_ptr<ClockRuns>> open(Files& files, Random& random, Clock& system,
                                                 const std::filesystem::path& path, const std::string& boot_id);

  ClockReading read() noexcept override;

  /// The PC was resumed. A run that cannot be written down counts all the same.
  Result<void> begin_run();

  /// The system was booted since the service ran last.
  bool new_boot() const noexcept { return new_boot_; }

 private:
  ClockRuns(SlotFile file, Random& random, Clock& system, std::string boot_id) noexcept
      : file_(std::move(file)), random_(&random), system_(&system), boot_id_(std::move(boot_id)) {}
  bool load();
  Result<void> begin_run_at(std::uint64_t uptime_ms);

  SlotFile file_;
  Random* random_;
  Clock* system_;
  std::string boot_id_;
  bool new_boot_ = false;
  ClockRun run_{};
  std::uint64_t begun_ms_ = 0;
};

}  // namespace systemlog::bridge
