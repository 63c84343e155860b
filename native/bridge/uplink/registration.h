// Whether the server knows this device.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bridge/uplink/server_connection.h"
#include "core/base/result.h"
#include "platform/files.h"
#include "platform/secret_box.h"

namespace systemlog::bridge {

/// Outlives a restart, sealed, in one file. Not to be used from two threads at once.
class Registration {
 public:
  struct State {
    /// Origin of the server.
    std::string server;
    std::string company;
  };

  /// A registration with another server or company than the one wanted counts as none, and so does a file that does
  /// not read: registering again is harmless. Any other failure of the disk is an error.
  /// @param wanted origin of the server, and company code
  static Result<Registration> open(Files& files, SecretBox& box, std::filesystem::path file, State wanted);

  const std::optional<State>& state() const noexcept { return state_; }

  /// The server knows the device. It counts, even when the disk does not take it: then it is asked for again at the
  /// next start.
  Result<void> registered();
  /// The server says it does not, as when its store was made anew.
  void forget() noexcept { state_.reset(); }

 private:
  Registration(Files& files, SecretBox& box, std::filesystem::path file, State wanted) noexcept;

  Files* files_;
  SecretBox* box_;
  std::filesystem::path file_;
  State wanted_;
  std::optional<State> state_;
};

}  // namespace systemlog::bridge
