#pragma once

#include <functional>
#include <memory>

namespace systemlog::bridge::windows {

/// Tells when the PC has got an address: the moment to try the server again. Told on a thread of the system's.
class NetworkWatch {
 public:
  using Told = std::function<void()>;

  /// Tells nothing where the system does not; what waits is then sent by its own clock.
  explicit NetworkWatch(Told told);
  NetworkWatch(const NetworkWatch&) = delete;
  NetworkWatch& operator=(const NetworkWatch&) = delete;
  NetworkWatch(NetworkWatch&&) = delete;
  NetworkWatch& operator=(NetworkWatch&&) = delete;
  /// Returns when nothing is being told any more.
  ~NetworkWatch();

 private:
  /// The system keeps its address.
  std::unique_ptr<Told> told_;
  void* notification_ = nullptr;
};

}  // namespace systemlog::bridge::windows
