// A pipe whose name somebody else may hold. A program that took the name first must not keep the bridge from
// recording: the bridge goes on, and takes the name when it is free.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "platform/pipe.h"

namespace systemlog::bridge {

class PatientPipe final : public PipeServer {
 public:
  /// Called with the problem when the first try fails, and without one when the pipe is open after all.
  using Told = std::function<void(const std::optional<Error>& problem)>;

  /// Opens the pipe. When that fails it is tried again in `accept`, for as long as it takes.
  /// @param retry between two tries
  PatientPipe(PipeAddress address, std::chrono::milliseconds retry, Told told);

  /// Why the pipe is not open; none when it is. From any thread.
  std::optional<Error> problem() const;

  /// As `PipeServer` has it; `timed-out`, too, while the name is somebody else's.
  Result<std::unique_ptr<PipeConnection>> accept(std::chrono::milliseconds timeout) noexcept override;
  void stop() noexcept override;

 private:
  void open();
  PipeServer* server();
  bool wait_for_next_try(std::chrono::milliseconds timeout);

  PipeAddress address_;
  std::chrono::milliseconds retry_;
  Told told_;
  mutable std::mutex mutex_;
  std::condition_variable stops_;
  bool stopped_ = false;
  std::optional<Error> problem_;
  std::unique_ptr<PipeServer> server_;
};

}  // namespace systemlog::bridge
