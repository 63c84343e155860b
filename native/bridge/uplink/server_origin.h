// Where the server is.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace systemlog::bridge {

/// The origin of a server, written as browsers do: lower case, without the scheme's own port.
struct ServerOrigin {
  /// `https://systemlog.example`, without a slash at the end.
  std::string text;
  /// Host, and port unless it is the scheme's own: what requests are signed for.
  std::string authority;

  /// Takes `https://host[:port][/]`, and `http://` for the loopback address. `invalid-argument` for anything else: a
  /// path, an account, characters outside ASCII (a name of those is written in punycode).
  static Result<ServerOrigin> parse(std::string_view url);
};

}  // namespace systemlog::bridge
