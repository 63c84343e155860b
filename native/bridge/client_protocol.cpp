#include "bridge/client_protocol.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bridge/uplink/statement.h"
#include "core/policy.h"

namespace systemlog::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t version = 1;
constexpr int deepest = 32;
/// What JSON readers in JavaScript hold exactly.
constexpr std::uint64_t most_exact_integer = 9007199254740991ULL;
/// Room for the frame of an answer around its records.
constexpr std::size_t most_record_bytes = longest_line - 4096;

/// Stops at a depth no request has. Also refuses what is not UTF-8.
Json parse(std::string_view text) {
  bool too_deep = false;
  const auto watch = [&too_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, /*allow_exceptions=*/false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

const Json* field(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// A whole number, however it was written.
std::optional<std::uint64_t> whole(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_number_unsigned()) {
    const auto number = value->get<std::uint64_t>();
    if (number <= most_exact_integer) return number;
  } else if (value->is_number_float()) {
    const auto number = value->get<double>();
    if (number >= 0 && number <= static_cast<double>(most_exact_integer) &&
        number == static_cast<double>(static_cast<std::uint64_t>(number))) {
      return static_cast<std::uint64_t>(number);
    }
  }
  return std::nullopt;
}

/// Length as JavaScript counts it, for a text known to be UTF-8.
std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte & 0xC0U) != 0x80U) length += byte >= 0xF0U ? 2 : 1;
  }
  return length;
}

std::optional<std::string> text(const Json* value, std::size_t least, std::size_t most) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto& held = value->get_ref<const std::string&>();
  const std::size_t length = utf16_length(held);
  if (length < least || length > most) return std::nullopt;
  return held;
}

std::optional<std::string> uuid(const Json* value) {
  std::optional<std::string> held = text(value, 36, 36);
  if (!held || held->size() != 36) return std::nullopt;
  for (std::size_t i = 0; i < held->size(); ++i) {
    const char character = (*held)[i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
                     (character >= 'A' && character <= 'F');
    if (hyphen ? character != '-' : !hex) return std::nullopt;
  }
  return held;
}

std::string write(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::string& held) {
  return held.empty() ? Json(nullptr) : Json(held);
}

Json head_json(const ClientDesk::Head& head) {
  return {{"id", head.journal}, {"headSequence", head.sequence}};
}

Json statement_json(const ClientDesk::Statement& said) {
  return {{"statement", said.statement}, {"signature", said.signature}};
}

Refusal invalid(std::string_view what) {
  return {"invalid-params", "Not as the contract says: " + std::string(what)};
}

/// Everything a method needs.
struct Call {
  const ClientCaller& caller;
  ClientDesk& desk;
  const std::string& bridge_version;
  const Json& params;
};
using Answered = Granted<Json>;

Answered hello(const Call& call) {
  const Json* versions = field(call.params, "versions");
  if (versions == nullptr || !versions->is_array() || versions->empty()) return invalid("versions");
  bool common = false;
  for (const Json& one : *versions) {
    const std::optional<std::uint64_t> number = whole(&one);
    if (!number || *number == 0) return invalid("versions");
    common = common || *number == version;
  }
  if (!text(field(call.params, "client"), 0, 40)) return invalid("client");
  if (!text(field(call.params, "clientVersion"), 0, 40)) return invalid("clientVersion");
  if (!common) return Refusal{"version-unsupported", "This bridge speaks version 1"};
  const ClientDesk::Hello said = call.desk.hello();
  Json registration = nullptr;
  if (said.registration) {
    registration = {{"server", said.registration->server}, {"company", said.registration->company}};
  }
  return Json{{"version", version},
              {"bridgeVersion", call.bridge_version},
              {"account",
               {{"sid", call.caller.account.sid},
                {"domain", call.caller.account.domain},
                {"name", call.caller.account.name}}},
              {"device", said.device},
              {"registration", std::move(registration)},
              {"journal", head_json(said.head)}};
}

Answered read(const Call& call) {
  const Json* named = field(call.params, "journal");
  std::optional<std::string> journal;
  if (named == nullptr) return invalid("journal");
  if (!named->is_null()) {
    journal = uuid(named);
    if (!journal) return invalid("journal");
  }
  const std::optional<std::uint64_t> after = whole(field(call.params, "after"));
  if (!after) return invalid("after");
  const std::optional<std::uint64_t> limit = whole(field(call.params, "limit"));
  if (!limit || *limit == 0 || *limit > most_read_records) return invalid("limit");

  Granted<ClientDesk::Page> page =
      call.desk.read(call.caller.account.sid, journal, *after, static_cast<std::size_t>(*limit));
  if (!page) return page.error();
  const ClientDesk::Page& read = page.value();
  Json records = Json::array();
  std::uint64_t through = read.through;
  bool more = read.more;
  std::size_t bytes = 0;
  for (const SealedRecord& record : read.records) {
    Json item{{"record", record.record}, {"previousMac", record.previous_mac}, {"mac", record.mac}};
    bytes += write(item).size() + 1;
    if (bytes > most_record_bytes && !records.empty()) {
      more = true;
      const Result<RecordHead> first_left = read_record_head(record.record);
      if (!first_left) return Refusal{"internal-error", "The bridge failed; nothing was changed"};
      through = first_left.value().sequence - 1;
      break;
    }
    records.push_back(std::move(item));
  }
  return Json{
      {"journal", head_json(read.head)}, {"records", std::move(records)}, {"through", through}, {"more", more}};
}

Answered acknowledge(const Call& call) {
  const std::optional<std::string> journal = uuid(field(call.params, "journal"));
  if (!journal) return invalid("journal");
  const std::optional<std::uint64_t> through = whole(field(call.params, "through"));
  if (!through) return invalid("through");
  const Granted<std::uint64_t> moved = call.desk.acknowledge(call.caller.account.sid, *journal, *through);
  if (!moved) return moved.error();
  return Json{{"acknowledgedThrough", moved.value()}};
}

Answered receipt(const Call& call) {
  const Json* said = field(call.params, "receipt");
  if (said == nullptr || !said->is_object()) return invalid("receipt");
  const Result<ServerReceipt> parsed = parse_receipt(write(*said));
  if (!parsed) return invalid("receipt");
  const Granted<std::uint64_t> taken = call.desk.take_receipt(parsed.value());
  if (!taken) return taken.error();
  return Json{{"receivedThrough", taken.value()}};
}

Answered ticket(const Call& call) {
  const std::optional<std::string> nonce = text(field(call.params, "nonce"), 16, 256);
  if (!nonce || !is_nonce(*nonce)) return invalid("nonce");
  const Granted<ClientDesk::Tickets> given = call.desk.ticket(call.caller.account.sid, *nonce);
  if (!given) return given.error();
  return Json{{"ticket", statement_json(given.value().ticket)}, {"anchor", statement_json(given.value().anchor)}};
}

Answered sync(const Call& call) {
  const ClientDesk::Sync done = call.desk.sync();
  return Json{{"reached", done.reached}, {"problem", text_or_null(done.problem)}};
}

Answered status(const Call& call) {
  const ClientDesk::Status said = call.desk.status();
  Json told{{"registered", said.registered},
            {"journal", head_json(said.head)},
            {"receivedThrough", said.received_through},
            {"lastSyncAt", said.last_sync_wall_ms ? Json(instant_text(*said.last_sync_wall_ms)) : Json(nullptr)},
            {"lastProblem", text_or_null(said.last_problem)}};
  if (said.auth_pipe_is_open) told["authPipe"] = *said.auth_pipe_is_open ? "open" : "not-open";
  return told;
}

Answered standing(const Call& call) {
  const std::optional<LogonDesk::Standing> stands = call.desk.standing(call.caller.account.sid);
  if (!stands) return Json{{"account", nullptr}};
  return Json{{"account",
               {{"methods", name(stands->methods)},
                {"enforcement", name(stands->enrolment)},
                {"secretHeld", stands->secret_held},
                {"codesDisabled", stands->codes_disabled},
                {"waitMs", stands->wait_ms},
                {"recoveryCodesLeft", stands->recovery_codes_left},
                {"passwordSealed", stands->password_sealed}}}};
}

Answered fetch_secret(const Call& call) {
  const Json* typed = field(call.params, "code");
  if (typed == nullptr) return invalid("code");
  std::optional<std::string> code;
  if (!typed->is_null()) {
    code = text(typed, 1, 64);
    if (!code) return invalid("code");
  }
  const std::optional<std::string> problem = call.desk.fetch_secret(call.caller.account.sid, code);
  if (problem) return Json{{"held", false}, {"problem", *problem}};
  return Json{{"held", true}};
}

/// Of the caller in the caller's own session: whatever else the request says is passed over.
Answered rehearse(const Call& call) {
  const std::optional<std::string_view> problem = call.desk.rehearse(call.caller);
  if (problem) return Json{{"started", false}, {"problem", *problem}};
  return Json{{"started", true}};
}

using Method = Answered (*)(const Call&);
struct NamedMethod {
  std::string_view name;
  Method method;
};
constexpr std::array methods{
    NamedMethod{"hello", hello},
    NamedMethod{"journal.read", read},
    NamedMethod{"journal.acknowledge", acknowledge},
    NamedMethod{"receipt", receipt},
    NamedMethod{"ticket", ticket},
    NamedMethod{"sync", sync},
    NamedMethod{"status", status},
    NamedMethod{"logon.standing", standing},
    NamedMethod{"logon.fetch-secret", fetch_secret},
    NamedMethod{"logon.rehearse", rehearse},
};

std::string error_line(const Json& id, std::string_view code, std::string_view message) {
  return write({{"id", id}, {"error", {{"code", code}, {"message", message}}}});
}

}  // namespace

Reply ClientProtocol::answer(std::string_view line, std::chrono::milliseconds now) {
  const Json request = parse(line);
  const std::optional<std::uint64_t> id = request.is_object() ? whole(field(request, "id")) : std::nullopt;
  const Json* named = id ? field(request, "method") : nullptr;
  const Json* params = id ? field(request, "params") : nullptr;
  if (named == nullptr || !named->is_string() || params == nullptr) {
    return {error_line(id ? Json(*id) : Json(nullptr), "malformed-message",
                       "A line must be a JSON request with id, method and params"),
            true};
  }
  if (!rate_->take(now)) return {error_line(*id, "too-many-requests", "Ask again a little later"), false};
  const auto& name = named->get_ref<const std::string&>();
  const auto method =
      std::find_if(methods.begin(), methods.end(), [&name](const NamedMethod& one) { return one.name == name; });
  if (method == methods.end()) return {error_line(*id, "unknown-method", "This bridge has no such method"), false};
  const bool is_hello = method->name == "hello";
  if (!greeted_ && !is_hello) return {error_line(*id, "hello-first", "The first request must be hello"), false};
  if (!params->is_object()) return {error_line(*id, "invalid-params", "params must be an object"), false};
  const Answered answered = method->method({caller_, *desk_, bridge_version_, *params});
  if (!answered) {
    const Refusal& refusal = answered.error();
    return {error_line(*id, refusal.code, refusal.message), refusal.code == "version-unsupported"};
  }
  greeted_ = greeted_ || is_hello;
  return {write({{"id", *id}, {"result", answered.value()}}), false};
}

std::string refusal_line(std::string_view code, std::string_view message) {
  return error_line(nullptr, code, message);
}

std::string journal_notice(const std::string& journal, std::uint64_t head_sequence) {
  return write({{"notice", "journal"}, {"params", {{"id", journal}, {"headSequence", head_sequence}}}});
}

}  // namespace systemlog::bridge
