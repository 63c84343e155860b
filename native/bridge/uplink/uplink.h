// The bridge's way to the server as one loop body.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "bridge/uplink/device_identity.h"
#include "bridge/uplink/policy_sync.h"
#include "bridge/uplink/registration.h"
#include "bridge/uplink/reporter.h"
#include "bridge/uplink/schedule.h"
#include "bridge/uplink/server_connection.h"
#include "core/journal.h"
#include "platform/clock.h"

namespace systemlog::bridge {

/// What an uplink works on. `core` guards all of it but the connection, the identity and `now`; the uplink takes it
/// for moments only, and never while it signs or talks to the server.
struct UplinkParts {
  std::mutex& core;
  ServerConnection& connection;
  const DeviceIdentity& identity;
  Registering registering;
  Registration& registration;
  Journal& journal;
  Clock& clock;
  Reporter& reporter;
  /// Both null when installed without the auth feature.
  PolicyHolder* desk = nullptr;
  PolicySync* policy = nullptr;
  /// Reads the clock that `Moment` is of.
  std::function<Moment()> now;
};

/// For one thread of the bridge's own, which holds `core` while it waits and not while it steps:
///
///     while (!stopping) {
///       wake.wait_until(lock, reporter.due() or policy.due(), or somebody asked);
///       uplink.step();
///     }
class Uplink {
 public:
  explicit Uplink(UplinkParts parts) noexcept : parts_(std::move(parts)) {}

  /// When `step` has something to do. Takes `core`.
  Moment due();
  /// Does what is due: one request to the server at most, so that the thread can end between two. Takes `core`.
  /// @returns when to call again
  Moment step();

  /// Fetches an account's OTP secret for a code typed by its owner, or without one when it was enrolled here. Takes
  /// `core`; may run on another thread than `step`.
  /// @returns nothing when the secret is held now, else the problem, as `logon.fetch-secret` answers it
  std::optional<std::string> fetch_secret(const std::string& sid, const std::optional<std::string>& code);

  /// Ticket and anchor for the caller of the client pipe, over the server's nonce. Takes `core`; may run on another
  /// thread than `step`. `refused` while the device is not registered, `invalid-argument` for a nonce that is none.
  struct TicketAndAnchor {
    SignedStatement ticket;
    SignedStatement anchor;
  };
  Result<TicketAndAnchor> ticket(const std::string& sid, const std::string& nonce);

 private:
  Moment due_locked() const;
  void register_device();
  void report_events();
  void keep_policy();
  Answer<std::string> perform(const PolicyTask& task);
  Result<void> take_released(const std::string& sid, const std::string& secret);
  /// To be called with `core` held.
  void heed(const ServerProblem& problem);
  Result<SignedStatement> anchor_for(const std::string& nonce);

  UplinkParts parts_;
  /// Events and policy take turns, so that a long backlog of one does not hold up the other.
  bool policy_next_ = false;
};

}  // namespace systemlog::bridge
