#include "bridge/uplink/statement.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/contract_json.h"

namespace systemlog::bridge {
namespace {

using Json = nlohmann::ordered_json;

/// What `signedStatement` takes.
constexpr std::size_t longest_statement = 4096;

Result<SignedStatement> sign_statement(DeviceKey& key, const Json& content) {
  std::string text = content.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > longest_statement) return Error{ErrorCode::too_long, "statement"};
  const Result<Signature> signature = key.sign(bytes_of("systemlog/v1/statement\n" + text));
  if (!signature) return signature.error();
  return SignedStatement{std::move(text), base64url(signature.value())};
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// `S-1-` and 2 to 16 numbers, as the contract has it.
bool is_sid(std::string_view text) noexcept {
  if (!text.starts_with("S-1-") || text.size() > 200) return false;
  std::size_t numbers = 0;
  for (std::size_t at = 4; at <= text.size(); ++numbers) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    if (end == at || !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                                  text.begin() + static_cast<std::ptrdiff_t>(end), is_digit)) {
      return false;
    }
    at = end + 1;
  }
  return numbers >= 2 && numbers <= 16;
}

}  // namespace

bool is_nonce(std::string_view text) noexcept {
  constexpr std::size_t shortest = 16;
  constexpr std::size_t longest = 256;
  return text.size() >= shortest && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

Result<SignedStatement> sign_ticket(DeviceKey& key, const Ticket& ticket) {
  if (!is_nonce(ticket.nonce)) return Error{ErrorCode::invalid_argument, "nonce"};
  if (!is_sid(ticket.sid)) return Error{ErrorCode::invalid_argument, "sid"};
  return sign_statement(key, {{"purpose", "ticket"},
                              {"server", ticket.server},
                              {"company", ticket.company},
                              {"device", key.id()},
                              {"sid", ticket.sid},
                              {"nonce", ticket.nonce}});
}

Result<SignedStatement> sign_anchor(DeviceKey& key, const Anchor& anchor) {
  if (!is_nonce(anchor.nonce)) return Error{ErrorCode::invalid_argument, "nonce"};
  const Json clock = {{"bootId", uuid_text(anchor.clock.run)}, {"uptimeMs", anchor.clock.uptime_ms}};
  const Json journal = {{"id", anchor.journal.id},
                        {"headSequence", anchor.journal.head_sequence},
                        {"headMac", anchor.journal.head_mac}};
  return sign_statement(key, {{"purpose", "anchor"},
                              {"server", anchor.server},
                              {"device", key.id()},
                              {"nonce", anchor.nonce},
                              {"clock", clock},
                              {"journal", journal}});
}

}  // namespace systemlog::bridge
