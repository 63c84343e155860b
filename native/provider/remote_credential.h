// The credential Remote Desktop hands over before anybody sees a tile. It comes from another machine: nothing in it
// is believed before it is checked.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/logon_blob.h"

namespace systemlog::provider {

/// Reads one that is meant for Negotiate. `unsupported` for another package, else as `unpack_logon_blob`.
inline Result<LogonBlob> read_remote_credential(std::uint32_t package, std::uint32_t negotiate, ByteView blob) {
  if (package != negotiate) return Error{ErrorCode::unsupported, "authentication package"};
  return unpack_logon_blob(blob);
}

}  // namespace systemlog::provider
