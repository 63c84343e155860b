#include "bridge/clock_runs.h"

#include "core/contract_json.h"

namespace systemlog::bridge {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::uint16_t version = 1;
constexpr std::size_t longest_boot_id = 200;

}  // namespace

Result<std::unique_ptr<ClockRuns>> ClockRuns::open(Files& files, Random& random, Clock& system,
                                                   const std::filesystem::path& path, const std::string& boot_id) {
  Result<SlotFile> file = SlotFile::open(files, path, slot_bytes);
  if (!file && file.error().code == ErrorCode::damaged) {
    // A run nobody remembers is a new one.
    if (Result<void> removed = files.remove(path); !removed) return removed.error();
    file = SlotFile::open(files, path, slot_bytes);
  }
  if (!file) return file.error();
  std::unique_ptr<ClockRuns> runs(new ClockRuns(std::move(file).value(), random, system, boot_id));
  if (!runs->load()) {
    runs->new_boot_ = true;
    if (Result<void> begun = runs->begin_run_at(0); !begun) return begun.error();
  }
  return runs;
}

/// False when what is remembered is of another boot.
bool ClockRuns::load() {
  ByteReader reader(file_.payload());
  if (reader.u16() != version || reader.text(longest_boot_id) != boot_id_) return false;
  run_ = reader.array<16>();
  begun_ms_ = reader.u64();
  return reader.ok() && begun_ms_ <= system_->read().uptime_ms;
}

ClockReading ClockRuns::read() noexcept {
  const ClockReading now = system_->read();
  return {now.wall_ms, run_, now.uptime_ms - begun_ms_};
}

Result<void> ClockRuns::begin_run() {
  return begin_run_at(system_->read().uptime_ms);
}

Result<void> ClockRuns::begin_run_at(std::uint64_t uptime_ms) {
  const Result<ClockRun> run = make_random_uuid(*random_);
  if (!run) return run.error();
  run_ = run.value();
  begun_ms_ = uptime_ms;
  ByteWriter writer;
  writer.u16(version);
  writer.text(boot_id_);
  writer.raw(run_);
  writer.u64(begun_ms_);
  return file_.store(writer.view());
}

}  // namespace systemlog::bridge
