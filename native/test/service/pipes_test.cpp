// The two pipes of the service as programs of one PC meet them: several at once, rude, slow, and one that was there
// first.
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
// clang-format on

#include <array>

#include "bridge/client_protocol.h"
#include "bridge/service_names.h"
#include "core/auth_frames.h"
#include "test/service/client.h"
#include "test/service/left.h"
#include "test/service/wine_service.h"

using namespace systemlog;
using namespace systemlog::test;
using std::chrono::milliseconds;

namespace {

/// A service whose PC has this process's session, and to which every caller is the system.
struct ServedPc {
  Json facts;

  ServedPc() {
    clean_pc();
    facts["sessions"][std::to_string(own_session())] = {
        {"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}};
    facts["everybodyIsSystem"] = true;
    tell_facts(facts);
    REQUIRE(setup(seam_program(), "install --auth")["ok"] == true);
    REQUIRE(wait_until_open());
  }
  ServedPc(const ServedPc&) = delete;
  ServedPc& operator=(const ServedPc&) = delete;
  ServedPc(ServedPc&&) = delete;
  ServedPc& operator=(ServedPc&&) = delete;
  ~ServedPc() { clean_pc(); }
};

std::unique_ptr<PipeConnection> auth_pipe() {
  return std::move(connect_pipe(std::string(auth::pipe_name), milliseconds(5'000), false)).value();
}

bool read_exactly(PipeConnection& pipe, std::span<std::uint8_t> into) {
  while (!into.empty()) {
    const Result<std::size_t> got = pipe.read_some(into, milliseconds(20'000));
    if (!got || got.value() == 0) return false;
    into = into.subspan(got.value());
  }
  return true;
}

std::optional<auth::Response> hear(PipeConnection& pipe) {
  std::array<std::uint8_t, auth::head_bytes> head_bytes{};
  if (!read_exactly(pipe, head_bytes)) return std::nullopt;
  const Result<auth::Head> head = auth::read_head(head_bytes);
  if (!head) return std::nullopt;
  SecretBytes payload(head.value().length);
  if (!read_exactly(pipe, payload)) return std::nullopt;
  Result<auth::Response> response = auth::read_response(head.value(), payload);
  if (!response) return std::nullopt;
  return std::move(response).value();
}

std::optional<auth::Response> ask(PipeConnection& pipe, const auth::Request& request) {
  if (!pipe.write_all(auth::write_frame(request), milliseconds(20'000))) return std::nullopt;
  return hear(pipe);
}

bool is_closed(PipeConnection& pipe) {
  std::array<std::uint8_t, 4096> buffer{};
  while (true) {
    const Result<std::size_t> got = pipe.read_some(buffer, milliseconds(20'000));
    if (!got) return got.error().code != ErrorCode::timed_out;
    if (got.value() == 0) return true;
  }
}

/// A pipe of somebody else's under a name of ours.
class Squatter {
 public:
  explicit Squatter(std::string_view name)
      : pipe_(CreateNamedPipeW(std::wstring(name.begin(), name.end()).c_str(),
                               PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 1, 4096, 4096, 0,
                               nullptr)) {}
  Squatter(const Squatter&) = delete;
  Squatter& operator=(const Squatter&) = delete;
  Squatter(Squatter&&) = delete;
  Squatter& operator=(Squatter&&) = delete;
  ~Squatter() { CloseHandle(pipe_); }
  bool holds() const { return pipe_ != INVALID_HANDLE_VALUE; }

 private:
  HANDLE pipe_;
};

}  // namespace

TEST_CASE("several tray apps of a session are served at once, each told of what is new") {
  const ServedPc pc;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<Client>());
    const Json hello = clients.back()->hello();
    REQUIRE(hello.contains("result"));
    CHECK(hello["result"]["version"] == 1);
    CHECK(hello["result"]["account"]["sid"] == own_sid());
  }
  tell_control({{"control", SERVICE_CONTROL_SESSIONCHANGE}, {"type", 7}, {"session", own_session()}});
  for (const std::unique_ptr<Client>& client : clients) {
    const std::optional<Json> notice = client->hear();
    REQUIRE(notice);
    CHECK((*notice)["notice"] == "journal");
    const std::vector<Json> events = client->events();
    REQUIRE(events.size() == 2);
    CHECK(events.back()["kind"] == "lock");
  }
}

TEST_CASE("clients over the limit are told so, and make room when they go") {
  const ServedPc pc;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>());
    REQUIRE(clients.back()->hello().contains("result"));
  }
  {
    Client one_more;
    const std::optional<Json> said = one_more.hear();
    REQUIRE(said);
    CHECK((*said)["error"]["code"] == "too-many-requests");
  }
  clients.pop_back();
  CHECK(wait_until([] { return Client().hello().contains("result"); }));
}

TEST_CASE("rude clients are cut off and nobody else notices") {
  const ServedPc pc;
  Client polite;
  REQUIRE(polite.hello().contains("result"));
  SUBCASE("no JSON") {
    Client client;
    REQUIRE(client.say("GET / HTTP/1.1\r\n"));
    CHECK((*client.hear())["error"]["code"] == "malformed-message");
  }
  SUBCASE("something else before hello") {
    Client client;
    CHECK(client.ask("status")["error"]["code"] == "hello-first");
  }
  SUBCASE("a version nobody speaks") {
    Client client;
    CHECK(client.ask("hello", {{"versions", {99}}, {"client", "t"}, {"clientVersion", "1"}})["error"]["code"] ==
          "version-unsupported");
  }
  SUBCASE("a line without an end") {
    Client client;
    REQUIRE(client.hello().contains("result"));
    const std::string much(64 * 1024, 'x');
    for (std::size_t sent = 0; sent <= bridge::longest_line; sent += much.size()) {
      if (!client.say(much)) break;
    }
    CHECK((*client.hear())["error"]["code"] == "line-too-long");
  }
  SUBCASE("another's events, and what is not there") {
    Client client;
    REQUIRE(client.hello().contains("result"));
    const Json other = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
    CHECK(client.ask("journal.acknowledge", {{"journal", other}, {"through", 1}})["error"]["code"] ==
          "unknown-journal");
    CHECK(client.ask("journal.read", {{"journal", nullptr}, {"after", 0}, {"limit", 100'000}})["error"]["code"] ==
          "invalid-params");
    CHECK(client.ask("ticket", {{"nonce", std::string(43, 'A')}})["error"]["code"] == "not-registered");
  }
  SUBCASE("asks without reading, and leaves in the middle") {
    for (int i = 0; i < 20; ++i) {
      Client client;
      REQUIRE(client.say(R"({"id":1,"method":"hello","params":{"versions":[1],"client":"t","clientVersion":"1"}})"));
      REQUIRE(client.say("\n{\"id\":2,\"method\":\"status\",\"params\":{}}\n{\"id\":3,"));
    }
  }
  CHECK(polite.ask("status").contains("result"));
  CHECK(service::state() == SERVICE_RUNNING);
}

TEST_CASE("questions faster than allowed are refused until the allowance has grown again") {
  const ServedPc pc;
  Client client;
  REQUIRE(client.hello().contains("result"));
  bool refused = false;
  for (int i = 0; i < 2'000 && !refused; ++i) refused = client.ask("status").contains("error");
  CHECK(refused);
  CHECK(wait_until([&client] { return client.ask("status").contains("result"); }));
}

TEST_CASE("the logon screen is answered frame by frame, several at once") {
  const ServedPc pc;
  const auto first = auth_pipe();
  const auto second = auth_pipe();
  for (const auto* pipe : {first.get(), second.get(), first.get()}) {
    auto& connection = const_cast<PipeConnection&>(*pipe);
    const std::optional<auth::Response> answer = ask(connection, auth::FilterQuestion{});
    REQUIRE(answer);
    REQUIRE(std::holds_alternative<auth::FilterAnswer>(*answer));
    CHECK_FALSE(std::get<auth::FilterAnswer>(*answer).hide_others);
  }
  const std::optional<auth::Response> noted = ask(*first, auth::Presence{});
  REQUIRE(noted);
  CHECK(std::holds_alternative<auth::PresenceNoted>(*noted));
  const std::optional<auth::Response> tile = ask(*second, auth::TileQuestion{Scenario::logon, own_sid(), false});
  REQUIRE(tile);
  CHECK(std::holds_alternative<auth::TileAnswer>(*tile));
}

TEST_CASE("frames that no provider would send end their connection and no other") {
  const ServedPc pc;
  const auto good = auth_pipe();
  REQUIRE(ask(*good, auth::FilterQuestion{}));
  SUBCASE("not ours") {
    const auto bad = auth_pipe();
    REQUIRE(bad->write_all(bytes_of("GET / HTTP/1.1\r\n\r\n"), milliseconds(5'000)));
    CHECK(is_closed(*bad));
  }
  SUBCASE("a length over all limits") {
    const auto bad = auth_pipe();
    const Bytes head{'S', 'L', 'A', '1', 1, 0, 1, 0, 0xff, 0xff, 0xff, 0x7f};
    REQUIRE(bad->write_all(head, milliseconds(5'000)));
    CHECK(is_closed(*bad));
  }
  SUBCASE("another protocol is told ours") {
    const auto bad = auth_pipe();
    const Bytes head{'S', 'L', 'A', '1', 9, 0, 1, 0, 0, 0, 0, 0};
    REQUIRE(bad->write_all(head, milliseconds(5'000)));
    const std::optional<auth::Response> said = hear(*bad);
    REQUIRE(said);
    REQUIRE(std::holds_alternative<auth::Failure>(*said));
    CHECK(std::get<auth::Failure>(*said).code == ErrorCode::unsupported_version);
  }
  SUBCASE("half a frame, and then nothing") {
    const auto bad = auth_pipe();
    REQUIRE(bad->write_all(bytes_of("SLA1"), milliseconds(5'000)));
    // After two seconds of patience.
    CHECK(is_closed(*bad));
  }
  SUBCASE("bytes by chance") {
    std::uint32_t state = 1;
    for (int i = 0; i < 50; ++i) {
      Bytes noise{'S', 'L', 'A', '1', 1, 0};
      for (int k = 0; k < 40; ++k)
        noise.push_back(static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24));
      const auto bad = auth_pipe();
      static_cast<void>(bad->write_all(noise, milliseconds(5'000)));
    }
  }
  CHECK(ask(*good, auth::FilterQuestion{}));
}

TEST_CASE("somebody who has the name of the logon screen's pipe keeps nothing else from being done, and no longer") {
  clean_pc();
  Json facts;
  facts["sessions"][std::to_string(own_session())] = {
      {"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}};
  facts["everybodyIsSystem"] = true;
  tell_facts(facts);
  auto squatter = std::make_unique<Squatter>(auth::pipe_name);
  REQUIRE(squatter->holds());
  REQUIRE(setup(seam_program(), "install --auth")["ok"] == true);
  REQUIRE(wait_until_open());
  CHECK(seam_events().find("error 16 The pipe for the logon screen cannot be opened") != std::string::npos);
  // What a provider does with such a server.
  CHECK(connect_pipe(std::string(auth::pipe_name), milliseconds(1'000), true).error().code == ErrorCode::refused);
  tell_control({{"control", SERVICE_CONTROL_SESSIONCHANGE}, {"type", 7}, {"session", own_session()}});
  Client client;
  REQUIRE(client.hello().contains("result"));
  CHECK(client.ask("status")["result"]["authPipe"] == "not-open");
  const std::vector<Json> events = client.events();
  REQUIRE(events.size() == 2);
  CHECK(events.back()["kind"] == "lock");

  squatter.reset();
  CHECK(wait_until([] {
    return seam_events().find("information 17 The pipe for the logon screen is open") != std::string::npos;
  }));
  CHECK(client.ask("status")["result"]["authPipe"] == "open");
  const auto screen = auth_pipe();
  const std::optional<auth::Response> answer = ask(*screen, auth::FilterQuestion{});
  REQUIRE(answer);
  CHECK(std::holds_alternative<auth::FilterAnswer>(*answer));
  REQUIRE(service::stop());
  CHECK(lines_of(left().events) == std::vector<std::string>{"logon system seen-at-start", "lock user"});
  clean_pc();
}

TEST_CASE(
    "somebody who has the name of the tray app's pipe gets no client of the service's; events are recorded, and read "
    "when he is gone") {
  clean_pc();
  Json facts;
  facts["sessions"][std::to_string(own_session())] = {
      {"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}};
  tell_facts(facts);
  auto squatter = std::make_unique<Squatter>(bridge::client_pipe_name);
  REQUIRE(squatter->holds());
  REQUIRE(setup(seam_program(), "install")["ok"] == true);
  REQUIRE(wait_until(
      [] { return seam_events().find("error 16 The pipe for the tray app cannot be opened") != std::string::npos; }));
  CHECK(service::state() == SERVICE_RUNNING);
  tell_control({{"control", SERVICE_CONTROL_SESSIONCHANGE}, {"type", 7}, {"session", own_session()}});
  squatter.reset();
  REQUIRE(wait_until(
      [] { return seam_events().find("information 17 The pipe for the tray app is open") != std::string::npos; }));
  Client client;
  REQUIRE(client.hello().contains("result"));
  const std::vector<Json> events = client.events();
  REQUIRE(events.size() == 2);
  CHECK(events.back()["kind"] == "lock");
  clean_pc();
}
