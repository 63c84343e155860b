#include "bridge/uplink/request_signature.h"

#include <algorithm>

#include "bridge/uplink/statement.h"
#include "platform/crypto.h"

namespace systemlog::bridge {
namespace {

/// Base64 with padding (RFC 4648 section 4), as structured fields carry bytes.
std::string base64(ByteView bytes) {
  std::string text = base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

}  // namespace

Result<std::string> content_digest(ByteView body) {
  const Result<crypto::Digest> digest = crypto::digest(crypto::Hash::sha256, {body});
  if (!digest) return digest.error();
  return "sha-256=:" + base64(digest.value().view()) + ":";
}

std::string signature_params(std::string_view key_id, std::string_view nonce) {
  std::string params = R"(("@method" "@authority" "@path" "@query" "content-digest");keyid=")";
  params.append(key_id).append(R"(";nonce=")").append(nonce);
  return params.append(R"(";alg="ecdsa-p256-sha256";tag="systemlog-device")");
}

std::string signature_base(const RequestTarget& target, std::string_view digest, std::string_view params) {
  std::string base = R"("@method": )" + target.method;
  base.append("\n\"@authority\": ").append(target.authority);
  base.append("\n\"@path\": ").append(target.path);
  base.append("\n\"@query\": ").append(target.query.empty() ? "?" : target.query);
  base.append("\n\"content-digest\": ").append(digest);
  return base.append("\n\"@signature-params\": ").append(params);
}

Result<RequestHeaders> sign_request(DeviceKey& key, const RequestTarget& target, ByteView body,
                                    std::string_view nonce) {
  if (!is_nonce(nonce)) return Error{ErrorCode::invalid_argument, "nonce"};
  Result<std::string> digest = content_digest(body);
  if (!digest) return digest.error();
  const std::string params = signature_params(key.id(), nonce);
  const Result<Signature> signature = key.sign(bytes_of(signature_base(target, digest.value(), params)));
  if (!signature) return signature.error();
  return RequestHeaders{{"content-digest", std::move(digest).value()},
                        {"signature-input", "sig=" + params},
                        {"signature", "sig=:" + base64(signature.value()) + ":"}};
}

}  // namespace systemlog::bridge
