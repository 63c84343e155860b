#include "bridge/posix/processes.h"

#include <fstream>
#include <sstream>
#include <string>

namespace systemlog::bridge::posix {
namespace {

class PosixProcess final : public WatchedProcess {
 public:
  explicit PosixProcess(std::uint64_t started) noexcept : started_(started) {}
  std::uint64_t started() override { return started_; }
  std::optional<std::uint32_t> exit_code(std::chrono::milliseconds /*wait*/) override { return std::nullopt; }

 private:
  std::uint64_t started_;
};

class PosixProcesses final : public Processes {
 public:
  Result<std::unique_ptr<WatchedProcess>> watch(std::uint32_t process_id) override {
    std::ifstream file("/proc/" + std::to_string(process_id) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return Error{ErrorCode::not_found, "process"};
    // The name in brackets may hold anything; the 20th field behind it is when the process was started.
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 19; ++i) fields >> skipped;
    std::uint64_t started = 0;
    fields >> started;
    return std::unique_ptr<WatchedProcess>(std::make_unique<PosixProcess>(started));
  }
};

}  // namespace

std::unique_ptr<Processes> processes() {
  return std::make_unique<PosixProcesses>();
}

}  // namespace systemlog::bridge::posix
