// A machine that is what a test says it is.
#pragma once

#include "bridge/machine.h"

namespace systemlog::test {

class ToldMachine final : public bridge::Machine {
 public:
  std::map<std::uint32_t, bridge::SessionFacts> present;
  std::string zone = "Asia/Tokyo";
  std::string boot = "boot-1";
  std::optional<bridge::ShutdownNotice> notice;
  bridge::SystemLogFacts log;

  std::map<std::uint32_t, bridge::SessionFacts> sessions() override { return present; }
  bridge::SessionFacts session(std::uint32_t id) override { return present[id]; }
  std::optional<std::uint64_t> idle_ms() override { return std::nullopt; }
  std::string time_zone() override { return zone; }
  std::optional<bridge::ShutdownNotice> shutdown_notice() override { return notice; }
  bridge::SystemLogFacts system_log(std::int64_t /*from*/, std::int64_t /*to*/) override { return log; }
  std::string boot_id() override { return boot; }
};

}  // namespace systemlog::test
