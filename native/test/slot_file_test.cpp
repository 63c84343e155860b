#include <doctest/doctest.h>

#include <algorithm>

#include "core/slot_file.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

constexpr std::size_t slot_bytes = 4096;

Result<SlotFile> opened(Bench& bench) {
  return SlotFile::open(bench.files, bench.folder / "slots", slot_bytes);
}

std::string held(const SlotFile& slots) {
  return std::string(text_of(slots.payload()));
}

}  // namespace

TEST_CASE_FIXTURE(Bench, "what was stored last is held after opening anew") {
  {
    Result<SlotFile> slots = opened(*this);
    REQUIRE(slots.ok());
    CHECK(slots.value().condition() == SlotFile::Condition::created);
    CHECK(slots.value().payload().empty());
    for (const char* text : {"one", "two", "three"}) REQUIRE(slots.value().store(bytes_of(text)).ok());
  }
  Result<SlotFile> again = opened(*this);
  REQUIRE(again.ok());
  CHECK(again.value().condition() == SlotFile::Condition::intact);
  CHECK(held(again.value()) == "three");
}

TEST_CASE_FIXTURE(Bench, "a write torn at any byte leaves the state before or the new one, and says so") {
  for (int stores = 1; stores <= 3; ++stores) {
    std::filesystem::remove(folder / "slots");
    Bytes before;
    {
      Result<SlotFile> slots = opened(*this);
      REQUIRE(slots.ok());
      for (int i = 0; i < stores; ++i) REQUIRE(slots.value().store(bytes_of("state " + std::to_string(i))).ok());
      before = slurp(folder / "slots");
      REQUIRE(slots.value().store(bytes_of("the new state")).ok());
    }
    const Bytes after = slurp(folder / "slots");
    const std::string last = "state " + std::to_string(stores - 1);
    for (std::size_t cut = 0; cut < 64; ++cut) {
      const std::size_t begin = stores % 2 == 0 ? 0 : slot_bytes;
      Bytes torn = before;
      std::copy_n(after.begin() + static_cast<std::ptrdiff_t>(begin), cut,
                  torn.begin() + static_cast<std::ptrdiff_t>(begin));
      spit(folder / "slots", torn);
      Result<SlotFile> slots = opened(*this);
      REQUIRE(slots.ok());
      const bool whole = torn == after;
      CHECK(held(slots.value()) == (whole ? "the new state" : last));
      if (torn != before && !whole) CHECK(slots.value().condition() == SlotFile::Condition::recovered);
      REQUIRE(slots.value().store(bytes_of("later")).ok());
      CHECK(held(opened(*this).value()) == "later");
    }
  }
}

TEST_CASE_FIXTURE(Bench, "when neither slot reads that is damage, and nothing is overwritten") {
  {
    Result<SlotFile> slots = opened(*this);
    REQUIRE(slots.value().store(bytes_of("a")).ok());
    REQUIRE(slots.value().store(bytes_of("b")).ok());
  }
  overwrite(folder / "slots", 5, Bytes(4, 0xEE));
  overwrite(folder / "slots", slot_bytes + 5, Bytes(4, 0xEE));
  const Bytes before = slurp(folder / "slots");
  CHECK(opened(*this).error().code == ErrorCode::damaged);
  CHECK(slurp(folder / "slots") == before);
}

TEST_CASE_FIXTURE(Bench, "a failed store keeps the state before and may be tried again") {
  Result<SlotFile> slots = opened(*this);
  REQUIRE(slots.value().store(bytes_of("kept")).ok());
  for (const int steps : {0, 1}) {
    files.stop_after(steps);
    CHECK_FALSE(slots.value().store(bytes_of("lost")).ok());
    files.heal();
    CHECK(held(slots.value()) == "kept");
  }
  REQUIRE(slots.value().store(bytes_of("next")).ok());
  CHECK(held(opened(*this).value()) == "next");
}

TEST_CASE_FIXTURE(Bench, "a crash while the file is made leaves no file or an empty one") {
  for (int steps = 0; steps < 4; ++steps) {
    std::filesystem::remove(folder / "slots");
    files.stop_after(steps);
    static_cast<void>(opened(*this));
    files.heal();
    Result<SlotFile> slots = opened(*this);
    REQUIRE(slots.ok());
    CHECK(slots.value().payload().empty());
  }
}

TEST_CASE_FIXTURE(Bench, "a payload that does not fit is refused") {
  Result<SlotFile> slots = opened(*this);
  CHECK(slots.value().store(Bytes(slot_bytes)).error().code == ErrorCode::too_long);
}
