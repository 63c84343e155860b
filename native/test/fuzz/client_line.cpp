// A line as a hostile client writes it: whatever it is, one JSON answer comes back, no longer than a line may be.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bridge/client_protocol.h"
#include "bridge/line_reader.h"
#include "test/fakes/client_desk.h"

using namespace systemlog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using std::chrono::milliseconds;
  test::FakeClientDesk desk;
  bridge::RateLimit rate(1e9, 1, milliseconds(0));
  bridge::ClientProtocol protocol({{"S-1-5-21-1-2-3-1001", "PC-01", "taro"}, "1-first"}, desk, rate, "1");
  static_cast<void>(protocol.answer(
      R"({"id":1,"method":"hello","params":{"versions":[1],"client":"f","clientVersion":"1"}})", milliseconds(0)));
  if (!protocol.greeted()) std::abort();
  bridge::LineReader reader(4096);
  reader.push(text_of(ByteView(data, size)));
  while (const std::optional<std::string_view> line = reader.next()) {
    const bridge::Reply reply = protocol.answer(*line, milliseconds(0));
    if (reply.line.size() > bridge::longest_line || reply.line.find('\n') != std::string::npos) std::abort();
    if (!nlohmann::json::parse(reply.line, nullptr, false).is_object()) std::abort();
    if (reply.close) break;
  }
  // Whoever asked, it was the caller of the pipe.
  if (!desk.asked_by.empty() && desk.asked_by != "S-1-5-21-1-2-3-1001") std::abort();
  return 0;
}
