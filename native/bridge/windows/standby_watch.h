#pragma once

#include <functional>
#include <memory>

namespace systemlog::bridge::windows {

/// Tells of Modern Standby, of which services get no power event: Kernel-Power 506 (entered) and 507 (left). Told on
/// a thread of the system's.
class StandbyWatch {
 public:
  using Told = std::function<void(bool entered)>;

  explicit StandbyWatch(Told told);
  StandbyWatch(const StandbyWatch&) = delete;
  StandbyWatch& operator=(const StandbyWatch&) = delete;
  StandbyWatch(StandbyWatch&&) = delete;
  StandbyWatch& operator=(StandbyWatch&&) = delete;
  ~StandbyWatch();

  /// False where the log cannot be followed, or not yet: then it tells nothing.
  bool follows() const noexcept { return subscription_ != nullptr; }

 private:
  /// The system keeps its address.
  std::unique_ptr<Told> told_;
  void* subscription_ = nullptr;
};

}  // namespace systemlog::bridge::windows
