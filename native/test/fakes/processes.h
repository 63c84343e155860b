#pragma once

#include "bridge/auth_pipe.h"

namespace systemlog::test {

/// Every process was started at its own id and ends as told.
class FakeProcesses final : public bridge::Processes {
 public:
  std::optional<std::uint32_t> ends_with;

  Result<std::unique_ptr<bridge::WatchedProcess>> watch(std::uint32_t process_id) override {
    return std::unique_ptr<bridge::WatchedProcess>(std::make_unique<One>(process_id, ends_with));
  }

 private:
  class One final : public bridge::WatchedProcess {
   public:
    One(std::uint32_t id, std::optional<std::uint32_t> code) noexcept : id_(id), code_(code) {}
    std::uint64_t started() override { return id_; }
    std::optional<std::uint32_t> exit_code(std::chrono::milliseconds /*wait*/) override { return code_; }

   private:
    std::uint64_t id_;
    std::optional<std::uint32_t> code_;
  };
};

}  // namespace systemlog::test
