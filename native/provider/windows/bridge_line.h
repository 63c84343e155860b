// The line to the bridge: a worker thread asks, LogonUI's thread waits no longer than it may. A question nobody waits
// for any more is dropped; a bridge that hangs holds up the worker, never the logon screen.
#pragma once

#include <chrono>
#include <memory>

#include "core/auth_frames.h"
#include "core/base/result.h"

namespace systemlog::provider {

/// An answer that comes or does not.
class Pending {
 public:
  Pending() = default;
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;
  Pending(Pending&&) = delete;
  Pending& operator=(Pending&&) = delete;
  virtual ~Pending() = default;

  /// Whether it has come after at most `limit`.
  virtual bool wait(std::chrono::milliseconds limit) noexcept = 0;
  /// The answer, once. `timed-out` while there is none.
  virtual Result<auth::Response> take() noexcept = 0;
  /// Nobody waits for it any more: if it has not begun, it need not.
  virtual void drop() noexcept = 0;
};

class BridgeLine {
 public:
  BridgeLine() = default;
  BridgeLine(const BridgeLine&) = delete;
  BridgeLine& operator=(const BridgeLine&) = delete;
  BridgeLine(BridgeLine&&) = delete;
  BridgeLine& operator=(BridgeLine&&) = delete;
  /// Tells the worker to end. It does so by itself and keeps the DLL loaded until then.
  virtual ~BridgeLine() = default;

  virtual std::shared_ptr<Pending> begin(auth::Request request) = 0;
  /// Finds an account by this computer's own means.
  virtual std::shared_ptr<Pending> begin_local_lookup(std::string name) = 0;

  /// Asks and waits. `timed-out` after `limit`.
  Result<auth::Response> ask(auth::Request request, std::chrono::milliseconds limit);

  /// The one line of this process, begun with the first and ended with the last who shares it. As long as it is
  /// there, the bridge knows by its `Presence` connection that this process has us loaded.
  static std::shared_ptr<BridgeLine> shared();
};

}  // namespace systemlog::provider
