#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bridge/client_protocol.h"
#include "bridge/line_reader.h"
#include "test/fakes/client_desk.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;
using Json = nlohmann::json;

namespace {

using std::chrono::milliseconds;

struct Conversation {
  FakeClientDesk desk;
  RateLimit rate{1000, 1000, milliseconds(0)};
  ClientProtocol protocol{{{"S-1-5-21-1-2-3-1001", "PC-01", "太郎"}, "1-first"}, desk, rate, "9.9"};

  Reply say(std::string_view line) { return protocol.answer(line, milliseconds(0)); }
  Json ask(const std::string& method, const Json& params) {
    return Json::parse(say(Json{{"id", 7}, {"method", method}, {"params", params}}.dump()).line);
  }
  void hello() { ask("hello", {{"versions", {1}}, {"client", "test"}, {"clientVersion", "1"}}); }
  std::string refusal(const std::string& method, const Json& params) {
    const Json answer = ask(method, params);
    return answer.contains("error") ? answer["error"]["code"].get<std::string>() : "";
  }
};

}  // namespace

TEST_CASE("hello names the caller of the pipe, whatever the message says") {
  Conversation talk;
  const Json answer = talk.ask(
      "hello",
      {{"versions", {7, 1}}, {"client", "test"}, {"clientVersion", "1"}, {"account", {{"sid", "S-1-5-18"}}}});
  CHECK(answer["result"]["account"]["sid"] == "S-1-5-21-1-2-3-1001");
  CHECK(answer["result"]["account"]["name"] == "太郎");
  CHECK(answer["result"]["version"] == 1);
  CHECK(answer["result"]["registration"].is_null());
  CHECK(talk.protocol.greeted());
}

TEST_CASE("lines that are no request are malformed, and close") {
  Conversation talk;
  for (const std::string& line :
       {std::string(), std::string("what is this"), std::string("[1,2]"),
        std::string("{\"id\":1,\"method\":\"hello\"}"), std::string("{\"id\":-1,\"method\":\"hello\",\"params\":{}}"),
        std::string("{\"id\":1.5,\"method\":\"hello\",\"params\":{}}"),
        std::string("{\"id\":1,\"method\":7,\"params\":{}}"), std::string("\"\xff\xfe\""),
        "{\"id\":1,\"method\":\"hello\",\"params\":" + std::string(5'000, '[') + std::string(5'000, ']') + "}",
        std::string("{\"id\":1,\"method\":\"hello\",\"params\":{}} {}"), std::string("{\"id\":1"),
        std::string("{\"id\":9007199254740993,\"method\":\"hello\",\"params\":{}}")}) {
    const Reply reply = talk.say(line);
    CHECK(reply.close);
    CHECK(Json::parse(reply.line)["error"]["code"] == "malformed-message");
  }
}

TEST_CASE("the id comes back, also as JavaScript writes whole numbers") {
  Conversation talk;
  CHECK(Json::parse(talk.say("{\"id\":1e3,\"method\":\"nonsense\",\"params\":{}}").line)["id"] == 1000);
  CHECK(Json::parse(talk.say("{\"id\":3,\"params\":{}}").line)["id"] == 3);
}

TEST_CASE("only hello is answered first, and only a common version") {
  Conversation talk;
  CHECK(talk.refusal("status", Json::object()) == "hello-first");
  CHECK(talk.refusal("nonsense", Json::object()) == "unknown-method");
  const Reply reply =
      talk.say(R"({"id":1,"method":"hello","params":{"versions":[2],"client":"t","clientVersion":"1"}})");
  CHECK(reply.close);
  CHECK(Json::parse(reply.line)["error"]["code"] == "version-unsupported");
  CHECK_FALSE(talk.protocol.greeted());
}

TEST_CASE("parameters outside the contract are refused and reach nobody") {
  Conversation talk;
  talk.hello();
  const std::string uuid = "11111111-1111-4111-8111-111111111111";
  const std::vector<std::pair<std::string, Json>> cases{
      {"hello", {{"versions", Json::array()}, {"client", "t"}, {"clientVersion", "1"}}},
      {"hello", {{"versions", {0}}, {"client", "t"}, {"clientVersion", "1"}}},
      {"hello", {{"versions", {1}}, {"client", std::string(41, 'x')}, {"clientVersion", "1"}}},
      {"journal.read", {{"journal", nullptr}, {"after", 0}, {"limit", 501}}},
      {"journal.read", {{"journal", nullptr}, {"after", 0}, {"limit", 0}}},
      {"journal.read", {{"journal", nullptr}, {"after", -1}, {"limit", 1}}},
      {"journal.read", {{"journal", "x"}, {"after", 0}, {"limit", 1}}},
      {"journal.read", {{"after", 0}, {"limit", 1}}},
      {"journal.acknowledge", {{"journal", nullptr}, {"through", 1}}},
      {"journal.acknowledge", {{"journal", uuid}, {"through", "1"}}},
      {"ticket", {{"nonce", "short"}}},
      {"ticket", {{"nonce", std::string(257, 'n')}}},
      {"ticket", {{"nonce", std::string(20, '"')}}},
      {"receipt", Json::object()},
      {"receipt", {{"receipt", {{"device", "x"}}}}},
      {"logon.fetch-secret", {{"code", ""}}},
      {"logon.fetch-secret", {{"code", std::string(65, '1')}}},
      {"logon.fetch-secret", Json::object()},
      {"status", nullptr},
      {"status", Json::array()},
  };
  const int before = talk.desk.calls;
  for (const auto& one : cases) {
    CAPTURE(one.first);
    CAPTURE(one.second.dump());
    CHECK(talk.refusal(one.first, one.second) == "invalid-params");
  }
  CHECK(talk.desk.calls == before);
}

TEST_CASE("every verb is judged by the caller's own SID") {
  Conversation talk;
  talk.hello();
  const std::string uuid = "11111111-1111-4111-8111-111111111111";
  const Json as_other{{"sid", "S-1-5-21-1-2-3-1002"}, {"account", {{"sid", "S-1-5-21-1-2-3-1002"}}}};
  for (const auto& [method, params] : std::vector<std::pair<std::string, Json>>{
           {"journal.read", {{"journal", nullptr}, {"after", 0}, {"limit", 1}}},
           {"journal.acknowledge", {{"journal", uuid}, {"through", 1}}},
           {"ticket", {{"nonce", std::string(20, 'n')}}},
           {"logon.standing", Json::object()},
           {"logon.fetch-secret", {{"code", "123456"}}},
           {"logon.rehearse", {{"session", 7}, {"program", R"(C:\Windows\System32\cmd.exe)"}}},
       }) {
    Json all = params;
    all.update(as_other);
    talk.desk.asked_by.clear();
    talk.ask(method, all);
    CHECK(talk.desk.asked_by == "S-1-5-21-1-2-3-1001");
  }
}

TEST_CASE("a rehearsal is asked for in the caller's own session, and its problem is an answer like any other") {
  Conversation talk;
  talk.hello();
  CHECK(talk.ask("logon.rehearse", {{"session", "7-another"}})["result"] == Json{{"started", true}});
  CHECK(talk.desk.rehearsed_in == "1-first");
  talk.desk.rehearsal_problem = "rehearsal-running";
  CHECK(talk.ask("logon.rehearse", Json::object())["result"] ==
        Json{{"started", false}, {"problem", "rehearsal-running"}});
}

TEST_CASE("an answer never grows past the longest line, and says where to go on") {
  Conversation talk;
  talk.hello();
  for (std::uint64_t sequence = 1; sequence <= 400; ++sequence) {
    // Quotes double on the wire.
    talk.desk.page.records.push_back({R"({"journal":"j","sequence":)" + std::to_string(sequence) +
                                          R"(,"account":null,"padding":")" + std::string(8'000, '.') + "\"}",
                                      "p", "m"});
  }
  talk.desk.page.through = 400;
  const Reply reply = talk.say(R"({"id":1,"method":"journal.read","params":{"journal":null,"after":0,"limit":500}})");
  CHECK(reply.line.size() <= longest_line);
  const Json result = Json::parse(reply.line)["result"];
  CHECK(result["more"] == true);
  CHECK(result["records"].size() > 100);
  CHECK(result["through"] == result["records"].size());
}

TEST_CASE("a flood is refused for a while") {
  FakeClientDesk desk;
  RateLimit rate(3, 2, milliseconds(0));
  ClientProtocol protocol({{"S-1-5-21-1-2-3-1001", "", ""}, "1-first"}, desk, rate, "1");
  const std::string line = R"({"id":1,"method":"status","params":{}})";
  for (int i = 0; i < 3; ++i)
    CHECK(protocol.answer(line, milliseconds(0)).line.find("hello-first") != std::string::npos);
  CHECK(protocol.answer(line, milliseconds(0)).line.find("too-many-requests") != std::string::npos);
  CHECK(protocol.answer(line, milliseconds(499)).line.find("too-many-requests") != std::string::npos);
  CHECK(protocol.answer(line, milliseconds(500)).line.find("hello-first") != std::string::npos);
}

TEST_CASE("lines come in any pieces, and one that is too long is noticed before it is held") {
  LineReader reader(5);
  reader.push("ab");
  CHECK_FALSE(reader.next());
  CHECK(reader.unfinished());
  reader.push("c\n\nde");
  CHECK(reader.next() == "abc");
  CHECK(reader.next() == "");
  CHECK_FALSE(reader.next());
  reader.push("fgh\n");
  CHECK(reader.next() == "defgh");
  CHECK_FALSE(reader.unfinished());
  reader.push("123456");
  CHECK_FALSE(reader.next());
  CHECK(reader.too_long());
}
