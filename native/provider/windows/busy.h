// Says that something is at work, so that what fires from within it changes nothing under it.
#pragma once

#include <utility>

namespace systemlog::provider {

/// As long as it lives; within another one it changes nothing.
class Busy {
 public:
  explicit Busy(bool& flag) noexcept : flag_(flag), before_(std::exchange(flag, true)) {}
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  Busy(Busy&&) = delete;
  Busy& operator=(Busy&&) = delete;
  ~Busy() { flag_ = before_; }

 private:
  bool& flag_;
  const bool before_;
};

}  // namespace systemlog::provider
