#include "bridge/uplink/batch.h"

#include <nlohmann/json.hpp>

namespace systemlog::bridge {

std::string write_sealed_event(const SealedRecord& record) {
  const nlohmann::ordered_json json = {
      {"record", record.record}, {"previousMac", record.previous_mac}, {"mac", record.mac}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace systemlog::bridge
