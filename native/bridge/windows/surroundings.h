// What the service borrows from the system it runs on, and what of it a test build replaces by its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bridge/host.h"
#include "platform/account_lookup.h"
#include "platform/clock.h"

namespace systemlog::bridge::windows {

struct Surroundings {
  std::filesystem::path folder;
  std::unique_ptr<Files> files;
  std::unique_ptr<Random> random;
  std::unique_ptr<SystemClock> clock;
  std::unique_ptr<SecretBox> box;
  std::unique_ptr<Machine> machine;
  std::unique_ptr<Processes> processes;
  std::unique_ptr<AccountLookup> accounts;
  std::unique_ptr<MirrorStore> mirror;
  /// Asks `machine`.
  std::unique_ptr<RehearsalHost> rehearsals;
  std::unique_ptr<EventSink> events;
  AuthLimits auth_limits;
  std::function<bool()> tpm_and_bitlocker;

  /// Borrows: this must outlive the host.
  HostParts host_parts() const;
};

/// %ProgramData%\SystemLog\Bridge
std::filesystem::path data_folder_path();

/// All as Windows has it. Asks nothing of any other process, so that it takes no time at a boot.
Surroundings system_surroundings();

}  // namespace systemlog::bridge::windows
