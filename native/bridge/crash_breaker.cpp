#include "bridge/crash_breaker.h"

#include <algorithm>

namespace systemlog::bridge {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::uint16_t version = 1;

}  // namespace

bool ended_abnormally(std::uint32_t exit_code) noexcept {
  constexpr std::uint32_t error = 0xC0000000U;
  constexpr std::uint32_t breakpoint = 0x80000003U;
  constexpr std::uint32_t ended_by_console = 0xC000013AU;
  return ((exit_code & error) == error && exit_code != ended_by_console) || exit_code == breakpoint;
}

Result<CrashBreaker> CrashBreaker::open(Files& files, const std::filesystem::path& path) {
  Result<SlotFile> file = SlotFile::open(files, path, slot_bytes);
  if (!file && file.error().code == ErrorCode::damaged) {
    if (Result<void> removed = files.remove(path); !removed) return removed.error();
    file = SlotFile::open(files, path, slot_bytes);
  }
  if (!file) return file.error();
  CrashBreaker breaker(std::move(file).value());
  ByteReader reader(breaker.file_.payload());
  if (reader.u16() == version) {
    breaker.tripped_at_ms_ = reader.i64();
    const std::size_t count = std::min<std::size_t>(reader.u32(), most_crashes);
    for (std::size_t i = 0; i < count; ++i) breaker.crashes_.push_back(reader.i64());
    if (!reader.ok()) breaker.crashes_.clear(), breaker.tripped_at_ms_ = 0;
  }
  return breaker;
}

bool CrashBreaker::crashed(std::int64_t wall_ms) {
  std::erase_if(crashes_, [wall_ms](std::int64_t at) { return at > wall_ms || wall_ms - at > within_ms; });
  crashes_.push_back(wall_ms);
  const bool trips = crashes_.size() >= most_crashes && !tripped(wall_ms);
  if (trips) {
    tripped_at_ms_ = wall_ms;
    crashes_.clear();
  }
  // What cannot be written down still counts for this run of the service.
  static_cast<void>(store());
  return trips;
}

bool CrashBreaker::tripped(std::int64_t wall_ms) const noexcept {
  if (tripped_at_ms_ == 0) return false;
  const std::int64_t since = wall_ms - tripped_at_ms_;
  // A clock that was set far back must not keep it tripped for good.
  return since < stands_down_ms && since > -stands_down_ms;
}

Result<void> CrashBreaker::rearm() {
  tripped_at_ms_ = 0;
  crashes_.clear();
  return store();
}

Result<void> CrashBreaker::store() {
  ByteWriter writer;
  writer.u16(version);
  writer.i64(tripped_at_ms_);
  writer.u32(static_cast<std::uint32_t>(crashes_.size()));
  for (const std::int64_t at : crashes_) writer.i64(at);
  return file_.store(writer.view());
}

}  // namespace systemlog::bridge
