// What the service leaves on the disk when it is stopped or killed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace systemlog::test {

struct Left {
  std::string device;
  std::string journal;
  std::vector<nlohmann::json> events;
};

/// Read as the service itself reads it, every record's seal checked; the service must not run.
Left left();

/// `kind initiator reason` of each event, and its source unless that is the bridge.
std::vector<std::string> lines_of(const std::vector<nlohmann::json>& events);

}  // namespace systemlog::test
