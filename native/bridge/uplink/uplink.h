// The bridge's way to the server as one loop body.
#pragma once

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

/// What an uplink works on. `core` guards all of it but the connection; the uplink takes it for moments only and
/// never while it talks to the server.
struct UplinkParts {
  std::mutex& core;
  ServerConnection& connection;
  const DeviceIdentity& identity;
  Registering registering;
  Registration& registration;
  Journal& journal;
  Clock& clock;
  Reporter& reporter;
  /// Null when installed without the auth feature.
  LogonDesk* desk = nullptr;
  PolicySync* policy = nullptr;
};

/// For one thread of the bridge's own:
///
///     while (!stopping) {
///       wait until `due()` or somebody asks;
///       uplink.step(now());
///     }
class Uplink {
 public:
  explicit Uplink(UplinkParts parts) noexcept : parts_(std::move(parts)) {}

  /// When `step` has something to do. Takes `core`.
  Moment due();
  /// One exchange with the server at most. Takes `core`.
  /// @returns when to call again; not later than `now` when there is more to do at once
  Moment step(Moment now);

  /// Fetches an account's OTP secret for a code typed by its owner, or without one when it was enrolled here. Takes
  /// `core`; may run on another thread than `step`.
  /// @returns nothing when the secret is held now, else the code of the problem, as `logon.fetch-secret` answers it
  std::optional<std::string> fetch_secret(const std::string& sid, const std::optional<std::string>& code);

  /// Ticket and anchor for the caller of the client pipe, over the server's nonce. `refused` while the device is not
  /// registered. The caller holds `core`.
  struct TicketAndAnchor {
    SignedStatement ticket;
    SignedStatement anchor;
  };
  Result<TicketAndAnchor> ticket(const std::string& sid, const std::string& nonce);

 private:
  /// True when the device is known to the server after this.
  bool ensure_registered(Moment now);
  bool report_events(Moment now);
  bool keep_policy(Moment now);
  void note_problem(const ServerProblem& problem);
  Result<SignedStatement> anchor_for(const std::string& nonce);

  UplinkParts parts_;
};

}  // namespace systemlog::bridge
