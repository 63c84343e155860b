#pragma once

#include <atomic>

#include "bridge/auth_pipe.h"

namespace systemlog::test {

/// Every process ends as told. It was started at its own id, or each is another one.
class FakeProcesses final : public bridge::Processes {
 public:
  std::optional<std::uint32_t> ends_with;
  bool each_is_another = false;

  Result<std::unique_ptr<bridge::WatchedProcess>> watch(std::uint32_t process_id) override {
    const std::uint64_t started = each_is_another ? ++watched_ : process_id;
    return std::unique_ptr<bridge::WatchedProcess>(std::make_unique<One>(started, ends_with));
  }

 private:
  class One final : public bridge::WatchedProcess {
   public:
    One(std::uint64_t started, std::optional<std::uint32_t> code) noexcept : started_(started), code_(code) {}
    std::uint64_t started() override { return started_; }
    std::optional<std::uint32_t> exit_code(std::chrono::milliseconds /*wait*/) override { return code_; }

   private:
    std::uint64_t started_;
    std::optional<std::uint32_t> code_;
  };

  std::atomic<std::uint64_t> watched_ = 0;
};

}  // namespace systemlog::test
