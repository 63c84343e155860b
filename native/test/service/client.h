// A client of the pipe `client`, as the tray app is one.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bridge/line_reader.h"
#include "platform/pipe.h"

namespace systemlog::test {

class Client {
 public:
  /// Connects as soon as the pipe is there.
  Client();

  bool connected() const { return pipe_ != nullptr; }
  /// Bytes as they are.
  bool say(std::string_view bytes);
  /// The next line; none when the bridge closed or said nothing for `patience`.
  std::optional<nlohmann::json> hear(std::chrono::milliseconds patience = std::chrono::seconds(20));
  /// A request and its answer; notices that come between are kept in `notices`. `null` when the bridge closed.
  nlohmann::json ask(const std::string& method, const nlohmann::json& params = nlohmann::json::object());
  nlohmann::json hello();
  /// All of the caller's records, as the events they are.
  std::vector<nlohmann::json> events();
  /// Whether the bridge closes the connection within `patience`.
  bool is_closed(std::chrono::milliseconds patience = std::chrono::seconds(20));

  std::vector<nlohmann::json> notices;

 private:
  std::unique_ptr<PipeConnection> pipe_;
  bridge::LineReader lines_{std::size_t{2} * 1024 * 1024};
  int id_ = 0;
};

}  // namespace systemlog::test
