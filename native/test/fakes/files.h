#pragma once

#include <functional>
#include <optional>

#include "platform/files.h"

namespace systemlog::test {

/// The real files, until something is to go wrong.
class FaultyFiles final : public Files {
 public:
  /// What is about to be done: "open", "write", "flush", "preallocate", "replace", "remove".
  using Fault = std::function<std::optional<ErrorCode>(std::string_view step)>;

  explicit FaultyFiles(Files& real) noexcept : real_(&real) {}

  void set_fault(Fault fault) { fault_ = std::move(fault); }
  /// Lets `count` changing steps happen and fails all that follow: a crash, as far as the files can tell.
  void stop_after(int count, ErrorCode code = ErrorCode::io_failed);
  void heal() { fault_ = nullptr; }
  int steps() const noexcept { return steps_; }

  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, Open mode) noexcept override;
  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) noexcept override;
  Result<void> remove(const std::filesystem::path& path) noexcept override;
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) noexcept override {
    return real_->list(folder);
  }
  Result<void> make_folder(const std::filesystem::path& folder) noexcept override {
    return real_->make_folder(folder);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) noexcept override {
    return real_->lock(path);
  }

  /// Counts a step and says whether it is to fail.
  Result<void> step(std::string_view name);

 private:
  Files* real_;
  Fault fault_;
  int steps_ = 0;
};

}  // namespace systemlog::test
