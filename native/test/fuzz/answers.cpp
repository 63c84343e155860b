#include "bridge/uplink/answers.h"

#include <cstdlib>

#include "bridge/uplink/server_origin.h"
#include "bridge/uplink/statement.h"

using namespace systemlog;
using namespace systemlog::bridge;

// Whatever a server sends is a value within its limits or a problem with a code.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of({data, size});
  if (const Answer<std::string> nonce = parse_nonce(text); nonce && !is_nonce(nonce.value())) std::abort();
  for (std::size_t events = 0; events < 3; ++events) {
    const Answer<UploadAnswer> answer = parse_upload_answer(text, events);
    if (answer && answer.value().verdicts.size() != events) std::abort();
    if (!answer && answer.error().code != "unreadable-answer") std::abort();
  }
  if (const Answer<Registered> registered = parse_registered(text); registered && registered.value().device.empty()) {
    std::abort();
  }
  static_cast<void>(parse_report_answer(text));
  const ServerProblem problem = parse_problem({500, Bytes(data, data + size), std::string(text.substr(0, 32))});
  if (problem.code.empty() || problem.code.size() > 64 || problem.detail.size() > 500) std::abort();
  if (const Result<ServerOrigin> origin = ServerOrigin::parse(text)) {
    const Result<ServerOrigin> again = ServerOrigin::parse(origin.value().text);
    if (!again || again.value().authority != origin.value().authority) std::abort();
  }
  return 0;
}
