#include "test/service/left.h"

#include <doctest/doctest.h>

#include "bridge/journal_shelf.h"
#include "bridge/uplink/device_identity.h"
#include "platform/random.h"
#include "platform/windows/windows_platform.h"
#include "test/service/wine_service.h"

namespace systemlog::test {

Left left() {
  const auto files = system_files();
  const auto random = system_random();
  const auto box = windows::machine_secret_box();
  const bridge::DeviceIdentity identity =
      bridge::DeviceIdentity::open(*files, *box, *random, bridge_folder()).value();
  bridge::JournalShelf::Opened opened =
      bridge::JournalShelf::open(*files, *random, bridge_folder(), identity.key->id(), identity.secret, {}).value();
  CHECK(opened.set_aside_now.empty());
  CHECK(opened.journal.verify().value() == opened.journal.head_sequence());
  Left found{identity.key->id(), opened.journal.id(), {}};
  while (found.events.size() < opened.journal.head_sequence()) {
    const Result<JournalPage> page = opened.journal.read(found.events.size(), 500);
    REQUIRE(page.ok());
    for (const SealedRecord& record : page.value().records) found.events.push_back(Json::parse(record.record));
  }
  return found;
}

std::vector<std::string> lines_of(const std::vector<nlohmann::json>& events) {
  std::vector<std::string> lines;
  for (const Json& event : events) {
    std::string line = event["kind"].get<std::string>() + " " + event["initiator"].get<std::string>();
    if (event.contains("reason") && event["reason"].is_string()) line += " " + event["reason"].get<std::string>();
    if (event["source"] != "bridge") line += " " + event["source"].get<std::string>();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace systemlog::test
