// The server as the device itself talks to it: every request signed over a fresh nonce of the server's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/uplink/answers.h"
#include "bridge/uplink/server_origin.h"
#include "bridge/uplink/statement.h"
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/journal.h"
#include "platform/device_key.h"
#include "platform/http.h"

namespace systemlog::bridge {

/// What a device says of itself when it registers; the key is added by the connection.
struct Registering {
  std::string company;
  std::string access_token;
  /// The computer's name.
  std::string name;
  std::string client_version;
};

/// The anchor for a nonce, made as late as can be. It is called on the thread that uploads.
using AnchorFor = std::function<Result<SignedStatement>(const std::string& nonce)>;

/// Blocks while it talks, up to twice the timeout; holds no lock and touches nothing but its HTTP and key. May be
/// used from several threads at once.
class ServerConnection {
 public:
  static constexpr std::chrono::milliseconds default_timeout{15'000};

  /// @param timeout of one exchange; a signed request takes two (the nonce, then the request)
  ServerConnection(Http& http, DeviceKey& key, ServerOrigin server,
                   std::chrono::milliseconds timeout = default_timeout) noexcept;

  const ServerOrigin& server() const noexcept { return server_; }
  const std::string& device() const noexcept { return key_->id(); }

  /// POST /v1/devices. Registering twice is the same as registering once.
  /// @param device_secret 32 bytes
  Answer<Registered> register_device(const Registering& device, ByteView device_secret);

  /// POST /v1/events, with the anchor made for the very nonce that the request is signed over.
  /// @param records at most `most_batch_events`, together at most `most_batch_bytes` (batch.h); none: only the anchor
  Answer<UploadAnswer> upload(const std::vector<SealedRecord>& records, const AnchorFor& anchor_for);

  /// GET /v1/device/policy: the JSON text of `devicePolicy`, for `LogonDesk::take_policy`.
  /// @param version of the policy in force; empty for none
  Answer<std::string> policy(const std::string& version);

  /// POST /v1/device/otp-secret: the JSON text of `releasedSecret`, for `LogonDesk::take_secret`.
  /// @param code as it was typed; none when the secret was enrolled here
  Answer<std::string> otp_secret(const std::string& sid, const std::optional<std::string>& code);

  /// POST /v1/device/logon-report with the JSON text of `LogonDesk::report`: the version of the policy in force now.
  Answer<std::string> logon_report(const std::string& report);

 private:
  /// A request before it has a nonce.
  struct Asked {
    std::string method;
    std::string path;
    /// With its leading `?`; empty for none.
    std::string query;
    /// Told the nonce, gives the body.
    std::function<Result<std::string>(const std::string& nonce)> body;
    std::size_t longest_answer = 0;
  };

  Answer<std::string> signed_request(const Asked& asked);
  Answer<std::string> fetch_nonce();
  Answer<std::string> exchange(const HttpRequest& request, std::size_t longest_answer);

  Http* http_;
  DeviceKey* key_;
  ServerOrigin server_;
  std::chrono::milliseconds timeout_;
};

}  // namespace systemlog::bridge
