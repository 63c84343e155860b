// How a device signs its requests: the profile of RFC 9421 in contract/http-signature.ts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "platform/device_key.h"

namespace systemlog::bridge {

/// What is called. `query` with its leading `?`, or empty.
struct RequestTarget {
  std::string method;
  std::string authority;
  std::string path;
  std::string query;
};

/// Content-Digest (RFC 9530) of a body as sent.
Result<std::string> content_digest(ByteView body);
/// The covered components and parameters: the value of `Signature-Input` after `sig=`.
std::string signature_params(std::string_view key_id, std::string_view nonce);
/// The text whose bytes are signed.
std::string signature_base(const RequestTarget& target, std::string_view digest, std::string_view params);

using RequestHeaders = std::vector<std::pair<std::string, std::string>>;

/// `Content-Digest`, `Signature-Input` and `Signature` of a request.
/// @param nonce one that `is_nonce`: `invalid-argument` else
Result<RequestHeaders> sign_request(DeviceKey& key, const RequestTarget& target, ByteView body,
                                    std::string_view nonce);

}  // namespace systemlog::bridge
