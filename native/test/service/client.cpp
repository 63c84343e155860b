#include "test/service/client.h"

#include <array>

#include "bridge/service_names.h"
#include "test/service/wine_service.h"

namespace systemlog::test {

using nlohmann::json;
using std::chrono::milliseconds;

Client::Client() {
  // Under Wine nobody is the system, so its server is not asked to be.
  constexpr bool require_system = false;
  wait_until([this] {
    Result<std::unique_ptr<PipeConnection>> pipe =
        connect_pipe(std::string(bridge::client_pipe_name), milliseconds(5'000), require_system);
    if (pipe) pipe_ = std::move(pipe).value();
    return pipe_ != nullptr;
  });
}

bool Client::say(std::string_view bytes) {
  return pipe_ && pipe_->write_all(bytes_of(bytes), milliseconds(20'000)).ok();
}

std::optional<json> Client::hear(milliseconds patience) {
  std::array<std::uint8_t, 65536> buffer{};
  while (pipe_) {
    if (const std::optional<std::string_view> line = lines_.next()) return json::parse(*line, nullptr, false);
    const Result<std::size_t> got = pipe_->read_some(buffer, patience);
    if (!got || got.value() == 0) return std::nullopt;
    lines_.push(text_of(ByteView(buffer).first(got.value())));
  }
  return std::nullopt;
}

json Client::ask(const std::string& method, const json& params) {
  const int id = ++id_;
  if (!say(json{{"id", id}, {"method", method}, {"params", params}}.dump() + "\n")) return nullptr;
  while (std::optional<json> said = hear()) {
    if (said->contains("id")) return *said;
    notices.push_back(*said);
  }
  return nullptr;
}

json Client::hello() {
  return ask("hello", {{"versions", {1}}, {"client", "test"}, {"clientVersion", "1"}});
}

std::vector<json> Client::events() {
  std::vector<json> all;
  std::uint64_t after = 0;
  json journal = nullptr;
  while (true) {
    const json page = ask("journal.read", {{"journal", journal}, {"after", after}, {"limit", 500}});
    if (!page.is_object() || !page.contains("result")) return all;
    const json& result = page["result"];
    for (const json& record : result["records"]) all.push_back(json::parse(record["record"].get<std::string>()));
    journal = result["journal"]["id"];
    after = result["through"];
    if (!result["more"].get<bool>()) return all;
  }
}

bool Client::is_closed(milliseconds patience) {
  std::array<std::uint8_t, 65536> buffer{};
  while (pipe_) {
    const Result<std::size_t> got = pipe_->read_some(buffer, patience);
    if (!got) return got.error().code != ErrorCode::timed_out;
    if (got.value() == 0) return true;
  }
  return true;
}

}  // namespace systemlog::test
