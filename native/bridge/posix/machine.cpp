#include "bridge/posix/machine.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace systemlog::bridge::posix {
namespace {

class PosixMachine final : public Machine {
 public:
  std::map<std::uint32_t, SessionFacts> sessions() override { return {}; }
  SessionFacts session(std::uint32_t /*id*/) override { return {}; }
  std::optional<std::uint64_t> idle_ms() override { return std::nullopt; }
  std::optional<ShutdownNotice> shutdown_notice() override { return std::nullopt; }
  SystemLogFacts system_log(std::int64_t /*from*/, std::int64_t /*to*/) override { return {}; }

  std::string time_zone() override {
    if (const char* zone = std::getenv("TZ"); zone != nullptr && *zone != '\0' && *zone != ':') return zone;
    std::error_code problem;
    const std::string target = std::filesystem::read_symlink("/etc/localtime", problem).string();
    constexpr std::string_view marker = "zoneinfo/";
    const std::size_t at = target.find(marker);
    return at == std::string::npos ? "Etc/UTC" : target.substr(at + marker.size());
  }

  std::string boot_id() override {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
  }
};

}  // namespace

std::unique_ptr<Machine> machine() {
  return std::make_unique<PosixMachine>();
}

}  // namespace systemlog::bridge::posix
