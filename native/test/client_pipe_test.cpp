// Several clients at once over real pipes.
#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "bridge/client_pipe.h"
#include "test/fakes/client_desk.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;

namespace {

using std::chrono::milliseconds;

const std::string taro = "S-1-5-21-1-2-3-1001";

struct Pipe : Bench {
  FakeClientDesk desk;
  std::string name = test_pipe(folder, "client");
  ClientPipe pipe;

  explicit Pipe(const ClientLimits& limits = {}) : pipe(desk, "1", limits) {
    pipe.listen(std::move(serve_pipe({name, "D:(A;;GA;;;WD)"})).value(), [](const PipePeer&) {
      return ClientCaller{{taro, "PC-01", "taro"}, "1-a"};
    });
  }
  std::unique_ptr<PipeConnection> connect() {
    return std::move(connect_pipe(name, milliseconds(1'000), false)).value();
  }
};

void say(PipeConnection& connection, const std::string& text) {
  REQUIRE(connection.write_all(bytes_of(text), milliseconds(5'000)));
}

/// A line, or nothing when the bridge has closed.
std::string hear(PipeConnection& connection) {
  std::string line;
  while (true) {
    std::array<std::uint8_t, 1> one{};
    const Result<std::size_t> got = connection.read_some(one, milliseconds(10'000));
    REQUIRE(got);
    if (got.value() == 0 || one[0] == '\n') return line;
    line.push_back(static_cast<char>(one[0]));
  }
}

const std::string hello = R"({"id":1,"method":"hello","params":{"versions":[1],"client":"t","clientVersion":"1"}})"
                          "\n";
const std::string status = R"({"id":2,"method":"status","params":{}})"
                           "\n";

}  // namespace

TEST_CASE("clients talk at the same time, and each is told when its journal grew") {
  Pipe pipe;
  const auto first = pipe.connect();
  const auto second = pipe.connect();
  say(*second, hello);
  CHECK(hear(*second).find("\"version\":1") != std::string::npos);
  say(*first, hello);
  CHECK(hear(*first).find("\"version\":1") != std::string::npos);
  pipe.pipe.notify("S-1-5-21-9-9-9-9", "for somebody else");
  pipe.pipe.notify(taro, "it grew");
  CHECK(hear(*first) == "it grew");
  CHECK(hear(*second) == "it grew");
}

TEST_CASE("what grows while a client's hello is being answered it is told after the answer") {
  Pipe pipe;
  const auto first = pipe.connect();
  say(*first, hello);
  hear(*first);
  pipe.desk.at_hello = [&] {
    pipe.pipe.notify(taro, "it grew");
    CHECK(hear(*first) == "it grew");
  };
  const auto second = pipe.connect();
  say(*second, hello);
  CHECK(hear(*second).find("\"version\":1") != std::string::npos);
  CHECK(hear(*second) == "it grew");
}

TEST_CASE("a client too many is told so and let go") {
  ClientLimits limits;
  limits.clients_per_session = 1;
  Pipe pipe(limits);
  const auto first = pipe.connect();
  say(*first, hello);
  hear(*first);
  const auto second = pipe.connect();
  CHECK(hear(*second).find("too-many-requests") != std::string::npos);
}

TEST_CASE("more clients than the bridge serves at all are told so, whatever session they are of") {
  ClientLimits limits;
  limits.clients = 2;
  Pipe pipe(limits);
  const auto first = pipe.connect();
  const auto second = pipe.connect();
  for (PipeConnection* one : {first.get(), second.get()}) {
    say(*one, hello);
    hear(*one);
  }
  const auto third = pipe.connect();
  CHECK(hear(*third).find("too-many-requests") != std::string::npos);
}

TEST_CASE("a client that asks and never reads is left, and holds up nobody") {
  ClientLimits limits;
  limits.burst = 1e9;
  limits.patience = milliseconds(100);
  Pipe pipe(limits);
  const auto deaf = pipe.connect();
  say(*deaf, hello);
  // Until neither side takes any more: the bridge waits for this client with an answer in its hand.
  std::string many;
  for (int i = 0; i < 500; ++i) many += status;
  while (deaf->write_all(bytes_of(many), milliseconds(50))) {
  }
  const auto other = pipe.connect();
  say(*other, hello);
  hear(*other);
  say(*other, status);
  hear(*other);
  pipe.pipe.notify(taro, "it grew");
  CHECK(hear(*other) == "it grew");
}

TEST_CASE("all clients of a session share one allowance, and get a new one with time") {
  ClientLimits limits;
  limits.burst = 4;
  limits.per_second = 20;
  Pipe pipe(limits);
  const auto first = pipe.connect();
  const auto second = pipe.connect();
  for (PipeConnection* one : {first.get(), second.get()}) {
    say(*one, hello);
    hear(*one);
  }
  // All at once: asked one by one on a slow machine, the allowance would grow again in between.
  constexpr int flood = 10;
  for (int i = 0; i < flood; ++i) say(*first, status);
  std::string refused;
  for (int i = 0; i < flood; ++i) {
    std::string answer = hear(*first);
    if (answer.find("too-many-requests") != std::string::npos) refused = std::move(answer);
  }
  CHECK_FALSE(refused.empty());
  for (int i = 0; i < 500 && refused.find("too-many-requests") != std::string::npos; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    say(*second, status);
    refused = hear(*second);
  }
  CHECK(refused.find("headSequence") != std::string::npos);
}

TEST_CASE("after its last answer a client may read it and close, and is closed if it does not") {
  Pipe pipe;
  const auto client = pipe.connect();
  say(*client, "no JSON\n");
  CHECK(hear(*client).find("malformed-message") != std::string::npos);
  CHECK(hear(*client).empty());
}

TEST_CASE("a client that never says hello, or never ends its line, is left") {
  ClientLimits limits;
  limits.patience = milliseconds(100);
  Pipe pipe(limits);
  const auto silent = pipe.connect();
  const auto slow = pipe.connect();
  say(*slow, "{\"id\":1,");
  CHECK(hear(*silent).empty());
  CHECK(hear(*slow).empty());
}

TEST_CASE("the clients of a session that is over are cut off") {
  Pipe pipe;
  const auto client = pipe.connect();
  say(*client, hello);
  hear(*client);
  pipe.pipe.close_session("1-a");
  CHECK(hear(*client).empty());
}

TEST_CASE("a line longer than a line may be is refused and ends the conversation") {
  Pipe pipe;
  const auto client = pipe.connect();
  say(*client, hello);
  hear(*client);
  say(*client, std::string(longest_line + 1, 'x'));
  CHECK(hear(*client).find("line-too-long") != std::string::npos);
}
