// What the bridge was told at its installation. One sealed file in its folder; nothing of it comes from a client.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "platform/files.h"
#include "platform/http.h"
#include "platform/secret_box.h"

namespace systemlog::bridge {

struct ProxySettings {
  /// `host:port`, and no more than that.
  std::string server;
  /// Empty: the proxy wants none.
  std::string account;
  std::string password;
};

struct Settings {
  /// Origin of the server; empty: not told yet, events are kept until it is.
  std::string server;
  /// 企業コード.
  std::string company;
  /// アクセストークン: creates the device and nothing else.
  std::string access_token;
  /// Under which the administrator sees this PC; empty: the computer's name.
  std::string name;
  /// 認証機能をインストールする was ticked.
  bool auth_feature = false;
  /// None: the system's own proxy settings.
  std::optional<ProxySettings> proxy;
};

/// As JSON. Reading tolerates unknown fields and refuses everything else that is not as written (`malformed`).
std::string write_settings(const Settings& settings);
Result<Settings> parse_settings(std::string_view json);

/// The proxy set by hand; none: the system's.
std::optional<HttpProxy> proxy_of(const Settings& settings);

/// `not-found` when there are none.
Result<Settings> load_settings(Files& files, SecretBox& box, const std::filesystem::path& folder);
Result<void> save_settings(Files& files, SecretBox& box, const std::filesystem::path& folder,
                           const Settings& settings);

}  // namespace systemlog::bridge
