#include "test/fakes/logon_server.h"

#include <algorithm>

#include "core/contract_json.h"

namespace systemlog::test {
namespace {

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

std::string word(bool value) {
  return value ? "true" : "false";
}

template <typename List, typename Text>
std::string listed(const List& list, Text text) {
  std::string joined;
  for (const auto& entry : list) joined += (joined.empty() ? "" : ",") + text(entry);
  return '[' + joined + ']';
}

std::string step_or_null(const std::optional<std::uint64_t>& step) {
  return step ? std::to_string(*step) : "null";
}

constexpr std::string_view parameters = R"({"algorithm":"sha1","digits":6,"periodSeconds":30})";

std::string recovery_json(const ServerAccount& account) {
  std::string codes;
  for (std::size_t i = 0; i < account.recovery.hashes.size(); ++i) {
    const RecoveryHash& hash = account.recovery.hashes[i];
    const auto& used = account.used_recovery_codes;
    if (i > 0) codes += ',';
    codes += R"({"id":)" + in_quotes(base64url(recovery_code_id(hash))) + R"(,"hash":)" + in_quotes(base64url(hash)) +
             R"(,"used":)" + word(std::find(used.begin(), used.end(), i) != used.end()) + '}';
  }
  return R"({"salt":)" + in_quotes(base64url(account.recovery.salt)) + R"(,"codes":[)" + codes + "]}";
}

std::string otp_json(const ServerAccount& account) {
  if (account.credential.empty()) return "null";
  return R"({"credential":)" + in_quotes(account.credential) + R"(,"parameters":)" + std::string(parameters) +
         R"(,"enrolledAt":"2026-11-01T00:00:00.000Z","enrolledHere":)" + word(account.enrolled_here) +
         R"(,"lastAcceptedStep":)" + step_or_null(account.last_accepted_step) + R"(,"recovery":)" +
         recovery_json(account) + '}';
}

std::string account_json(const std::pair<const std::string, ServerAccount>& entry) {
  const auto& [sid, account] = entry;
  return R"({"sid":)" + in_quotes(sid) + R"(,"employee":{"code":"1001","lastName":"田中","firstName":"花子"})" +
         R"(,"methods":)" + in_quotes(account.methods) + R"(,"otp":)" + otp_json(account) +
         R"(,"sealedPasswordEpoch":)" + std::to_string(account.sealed_password_epoch) + R"(,"forgivenEpoch":)" +
         std::to_string(account.forgiven_epoch) + '}';
}

}  // namespace

std::string LogonServer::content() const {
  return R"("rules":{"enforcement":)" + word(enforcement) + R"(,"probationDays":)" + std::to_string(probation_days) +
         R"(,"whenBridgeDown":)" + in_quotes(when_bridge_down) + R"(,"breakGlassSids":)" +
         listed(break_glass_sids, in_quotes) + R"(,"prompts":)" + word(prompts) +
         R"(,"smartCards":true,"sealedPassword":)" + in_quotes(sealed_password) + R"(},"accounts":)" +
         listed(accounts, account_json);
}

std::string LogonServer::version() const {
  return base64url(crypto::digest(crypto::Hash::sha256, {bytes_of(content())}).value().view());
}

std::string LogonServer::policy(std::int64_t now_ms) const {
  return R"({"status":"current","version":)" + in_quotes(version()) + ',' + content() + R"(,"serverTime":)" +
         in_quotes(instant_text(now_ms)) + '}';
}

std::string LogonServer::unchanged(std::int64_t now_ms) const {
  return R"({"status":"unchanged","version":)" + in_quotes(version()) + R"(,"serverTime":)" +
         in_quotes(instant_text(now_ms)) + '}';
}

std::string LogonServer::released(const std::string& sid, std::int64_t now_ms) const {
  const ServerAccount& account = accounts.at(sid);
  const std::string algorithm = "device-secret+hkdf-sha256+a256gcm";
  const std::string context =
      "systemlog/v1/otp-secret\n" + algorithm + '\n' + device + '\n' + sid + '\n' + account.credential;
  const SecretBytes key = hkdf_sha256(device_secret, "systemlog/v1/vault", 32).value();
  const Bytes iv(crypto::gcm_nonce_bytes, 9);
  const Bytes sealed = crypto::aes_gcm_seal(key, iv, bytes_of(context), account.secret).value();
  return R"({"credential":)" + in_quotes(account.credential) + R"(,"parameters":)" + std::string(parameters) +
         R"(,"algorithm":)" + in_quotes(algorithm) + R"(,"iv":)" + in_quotes(base64url(iv)) + R"(,"ciphertext":)" +
         in_quotes(base64url(sealed)) + R"(,"lastAcceptedStep":)" + step_or_null(account.last_accepted_step) +
         R"(,"serverTime":)" + in_quotes(instant_text(now_ms)) + '}';
}

}  // namespace systemlog::test
