#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "core/device_keys.h"
#include "core/journal.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::test;

namespace {

const std::string journal_id = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
const std::string device = "device";
const std::string genesis_mac(43, 'A');
const Bytes device_secret(32, 9);
/// Small, so that a few records fill one.
constexpr std::size_t small_segment = std::size_t{64} * 1024;

std::string record(std::uint64_t sequence, std::size_t padding = 0) {
  return R"({"sequence":)" + std::to_string(sequence) + R"(,"padding":")" + std::string(padding, 'x') + R"("})";
}

ServerReceipt receipt_of(std::uint64_t through, const Bytes& secret = device_secret) {
  const SecretBytes key = derived_key(secret, "receipt").value();
  crypto::Hmac hmac = std::move(crypto::Hmac::create(crypto::Hash::sha256, key)).value();
  const std::string input = "systemlog/v1/receipt\n" + device + "\n" + journal_id + "\n" + std::to_string(through);
  const crypto::Digest mac = hmac.of({bytes_of(input)}).value();
  ServerReceipt receipt{device, journal_id, through, {}};
  std::copy_n(mac.bytes.begin(), 32, receipt.mac.begin());
  return receipt;
}

struct Desk : Bench {
  std::filesystem::path at = folder / "journal";
  std::size_t segment = small_segment;

  Journal create() {
    Result<Journal> made = Journal::create(files, at, journal_id, device, device_secret, segment);
    REQUIRE_MESSAGE(made.ok(), problem(made));
    return std::move(made).value();
  }
  Result<Journal> open() { return Journal::open(files, at, device, device_secret, segment); }
  Journal reopen() {
    Result<Journal> opened = open();
    REQUIRE_MESSAGE(opened.ok(), problem(opened));
    return std::move(opened).value();
  }
  static void append(Journal& journal, int count, std::size_t padding = 0) {
    for (int i = 0; i < count; ++i) REQUIRE(journal.append(record(journal.head_sequence() + 1, padding)).ok());
  }
  /// Everything a reader sees after a sequence, page by page.
  static std::vector<SealedRecord> read_all(Journal& journal, std::uint64_t after = 0, std::size_t limit = 7) {
    std::vector<SealedRecord> all;
    while (true) {
      Result<JournalPage> page = journal.read(after, limit);
      REQUIRE_MESSAGE(page.ok(), problem(page));
      for (SealedRecord& sealed : page.value().records) all.push_back(std::move(sealed));
      after = page.value().through;
      if (!page.value().more) return all;
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(Desk, "records are read back as they were appended, chained by their MACs") {
  std::vector<SealedRecord> written;
  {
    Journal journal = create();
    CHECK(journal.head_mac() == genesis_mac);
    for (std::uint64_t i = 1; i <= 20; ++i) written.push_back(journal.append(record(i)).value());
  }
  Journal journal = reopen();
  CHECK(journal.head_sequence() == 20);
  CHECK(journal.cut_bytes() == 0);
  const std::vector<SealedRecord> all = read_all(journal);
  REQUIRE(all.size() == 20);
  std::string previous = genesis_mac;
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].record == written[i].record);
    CHECK(all[i].mac == written[i].mac);
    CHECK(all[i].previous_mac == previous);
    previous = all[i].mac;
  }
  CHECK(journal.head_mac() == previous);
  CHECK(journal.verify().value() == 20);
}

TEST_CASE_FIXTURE(Desk, "MACs and receipts agree with the contract's vectors") {
  std::ifstream file(std::string(SYSTEMLOG_VECTORS) + "/journal.json");
  REQUIRE(file.good());
  const nlohmann::json vectors = nlohmann::json::parse(file);
  const Bytes secret = from_base64url(vectors.at("deviceSecret").get<std::string>()).value();
  Result<Journal> made = Journal::create(files, at, vectors.at("journal").get<std::string>(),
                                         vectors.at("device").get<std::string>(), secret, segment);
  REQUIRE(made.ok());
  Journal& journal = made.value();
  for (const nlohmann::json& row : vectors.at("records")) {
    const SealedRecord sealed = journal.append(row.at("record").get<std::string>()).value();
    CHECK(sealed.previous_mac == row.at("previousMac").get<std::string>());
    CHECK(sealed.mac == row.at("mac").get<std::string>());
  }
  REQUIRE(journal.take_receipt(parse_receipt(vectors.at("receipt").dump()).value()).ok());
  CHECK(journal.received_through() == 2);
}

TEST_CASE_FIXTURE(Desk, "what is no record is refused") {
  Journal journal = create();
  CHECK(journal.append("").error().code == ErrorCode::invalid_argument);
  CHECK(journal.append("{\n}").error().code == ErrorCode::invalid_argument);
  CHECK(journal.append(std::string(8193, 'x')).error().code == ErrorCode::too_long);
  CHECK(journal.append(std::string(8192, 'x')).ok());
  CHECK(journal.head_sequence() == 1);
}

TEST_CASE_FIXTURE(Desk,
                  "reading is page by page, and a filter hides other people's records but not how far it looked") {
  Journal journal = create();
  append(journal, 10);
  const JournalPage page = journal.read(2, 3).value();
  CHECK(page.records.size() == 3);
  CHECK(page.through == 5);
  CHECK(page.more);
  const JournalPage none = journal.read(0, 3, [](std::string_view) { return false; }).value();
  CHECK(none.records.empty());
  CHECK(none.through == 10);
  CHECK_FALSE(none.more);
  CHECK(journal.read(10, 3).value().records.empty());
  CHECK(journal.read(11, 3).error().code == ErrorCode::beyond_head);
}

TEST_CASE_FIXTURE(Desk, "only one may write") {
  const Journal journal = create();
  CHECK(open().error().code == ErrorCode::locked);
  CHECK(Journal::open_read_only(files, at, device, device_secret, segment).ok());
}

TEST_CASE_FIXTURE(Desk, "there is nothing to open where no journal was begun, and nothing to begin where one is") {
  CHECK(open().error().code == ErrorCode::not_found);
  { create(); }
  CHECK(Journal::create(files, at, journal_id, device, device_secret, segment).error().code == ErrorCode::refused);
}

TEST_CASE_FIXTURE(Desk, "a record torn at any byte is cut off, everything before it stays, and appending goes on") {
  std::size_t begin = 0;
  std::string mac_before;
  {
    Journal journal = create();
    append(journal, 3, 30);
    begin = journal_format::segment_header_bytes + 3 * (journal_format::frame_header_bytes + record(1, 30).size());
    mac_before = journal.head_mac();
    append(journal, 1, 30);
  }
  const std::size_t frame = journal_format::frame_header_bytes + record(4, 30).size();
  const Bytes whole = slurp(at / "segment-1");
  for (const int kind : {0, 1, 2}) {
    for (std::size_t kept = 0; kept < frame; ++kept) {
      Bytes torn = whole;
      const auto from = torn.begin() + static_cast<std::ptrdiff_t>(begin + kept);
      const auto to = torn.begin() + static_cast<std::ptrdiff_t>(begin + frame);
      if (kind == 0) torn.resize(begin + kept);                // the file ends there
      if (kind == 1) std::fill(from, to, std::uint8_t{0});     // the rest never reached the disk
      if (kind == 2) std::fill(from, to, std::uint8_t{0xA5});  // something else lies there
      spit(at / "segment-1", torn);
      Journal journal = reopen();
      REQUIRE(journal.head_sequence() == 3);
      REQUIRE(journal.head_mac() == mac_before);
      if (kind == 2) CHECK(journal.cut_bytes() == frame);
      const Result<SealedRecord> next = journal.append(record(4));
      REQUIRE(next.ok());
      CHECK(next.value().previous_mac == mac_before);
      REQUIRE(read_all(journal).size() == 4);
    }
  }
}

TEST_CASE_FIXTURE(Desk,
                  "a changed byte anywhere before the last record is damage: reported, and nothing is touched") {
  std::size_t last_begin = 0;
  {
    Journal journal = create();
    append(journal, 4, 10);
    last_begin =
        journal_format::segment_header_bytes + 3 * (journal_format::frame_header_bytes + record(1, 10).size());
  }
  const Bytes whole = slurp(at / "segment-1");
  for (std::size_t i = 0; i < last_begin; ++i) {
    const Bytes changed = {static_cast<std::uint8_t>(whole[i] ^ 0x10)};
    overwrite(at / "segment-1", i, changed);
    const Result<Journal> opened = open();
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::damaged);
    CHECK(slurp(at / "segment-1")[i] == changed[0]);
    overwrite(at / "segment-1", i, ByteView(whole).subspan(i, 1));
  }
  CHECK(open().ok());
}

TEST_CASE_FIXTURE(Desk, "what reads of a damaged journal can be read") {
  {
    Journal journal = create();
    append(journal, 10);
  }
  const std::size_t frame = journal_format::frame_header_bytes + record(1).size();
  overwrite(at / "segment-1", journal_format::segment_header_bytes + 4 * frame + 60, Bytes(1, 0));
  CHECK(open().error().code == ErrorCode::damaged);
  Journal journal = std::move(Journal::open_read_only(files, at, device, device_secret, segment)).value();
  const JournalPage page = journal.read(0, 100).value();
  CHECK(page.records.size() == 4);
  CHECK(page.more);
  CHECK(journal.read(page.through, 100).error().code == ErrorCode::damaged);
  CHECK(journal.verify().error().code == ErrorCode::damaged);
  CHECK(journal.append(record(11)).error().code == ErrorCode::needs_reopen);
}

TEST_CASE_FIXTURE(Desk, "records forged with fitting checksums do not fit their MACs") {
  {
    Journal journal = create();
    append(journal, 2);
  }
  const std::size_t frame = journal_format::frame_header_bytes + record(1).size();
  journal_format::Mac forged{};
  overwrite(at / "segment-1", journal_format::segment_header_bytes + frame,
            journal_format::write_frame({2, forged, record(2)}));
  CHECK(open().error().code == ErrorCode::damaged);
}

TEST_CASE_FIXTURE(Desk, "a journal of another device secret does not open") {
  {
    Journal journal = create();
    append(journal, 1);
  }
  CHECK_FALSE(Journal::open(files, at, device, Bytes(32, 8), segment).ok());
}

TEST_CASE_FIXTURE(Desk, "segments follow each other; receipts let the old ones go, and nothing else does") {
  Journal journal = create();
  append(journal, 1200, 120);
  CHECK(std::filesystem::exists(at / "segment-4"));
  CHECK(read_all(journal, 0, 500).size() == 1200);
  CHECK(read_all(journal, 600).size() == 600);

  CHECK(journal.compact().value() == 0);
  REQUIRE(journal.acknowledge("S-1-5-1", 1200).ok());
  CHECK(journal.compact().value() == 0);
  REQUIRE(journal.take_receipt(receipt_of(700)).ok());
  CHECK(journal.compact().value() >= 1);
  CHECK_FALSE(std::filesystem::exists(at / "segment-1"));
  const std::uint64_t first = journal.first_sequence();
  CHECK(first > 1);
  CHECK(first <= 701);
  CHECK(read_all(journal).size() == 1200 - first + 1);
  REQUIRE(journal.take_receipt(receipt_of(1200)).ok());
  CHECK(journal.compact().value() >= 1);
  CHECK(journal.compact().value() == 0);
  CHECK(std::filesystem::exists(at / "segment-4"));
  append(journal, 1);
  CHECK(journal.verify().ok());
}

TEST_CASE_FIXTURE(Desk, "receipts and reading positions are kept over a restart and only ever move on") {
  {
    Journal journal = create();
    append(journal, 10);
    REQUIRE(journal.take_receipt(receipt_of(7)).ok());
    REQUIRE(journal.take_receipt(receipt_of(3)).ok());
    REQUIRE(journal.acknowledge("S-1-5-1", 5).ok());
    REQUIRE(journal.acknowledge("S-1-5-1", 4).ok());
    CHECK(journal.acknowledge("S-1-5-1", 11).error().code == ErrorCode::beyond_head);
  }
  const Journal journal = reopen();
  CHECK(journal.received_through() == 7);
  CHECK(journal.acknowledged_through("S-1-5-1") == 5);
  CHECK(journal.acknowledged_through("S-1-5-2") == 0);
}

TEST_CASE_FIXTURE(Desk, "a receipt nobody but the server could have made is the only one taken") {
  Journal journal = create();
  append(journal, 5);
  ServerReceipt receipt = receipt_of(5);
  SUBCASE("another number") {
    receipt.through_sequence = 4;
    CHECK(journal.take_receipt(receipt).error().code == ErrorCode::receipt_invalid);
  }
  SUBCASE("another key") {
    CHECK(journal.take_receipt(receipt_of(5, Bytes(32, 1))).error().code == ErrorCode::receipt_invalid);
  }
  SUBCASE("another device") {
    receipt.device = "other";
    CHECK(journal.take_receipt(receipt).error().code == ErrorCode::receipt_invalid);
  }
  SUBCASE("another journal") {
    receipt.journal = "00000000-0000-4000-8000-000000000000";
    CHECK(journal.take_receipt(receipt).error().code == ErrorCode::unknown_journal);
  }
  SUBCASE("beyond the head") {
    CHECK(journal.take_receipt(receipt_of(6)).error().code == ErrorCode::beyond_head);
  }
  CHECK(journal.received_through() == 0);
}

TEST_CASE_FIXTURE(Desk, "a segment that is missing is damage") {
  {
    Journal journal = create();
    append(journal, 1200, 120);
  }
  SUBCASE("in the middle") {
    std::filesystem::remove(at / "segment-2");
  }
  SUBCASE("the oldest, without a receipt for it") {
    std::filesystem::remove(at / "segment-1");
  }
  CHECK(open().error().code == ErrorCode::damaged);
}

TEST_CASE_FIXTURE(Desk, "damage in an old segment is found by reading it") {
  Journal journal = create();
  append(journal, 600, 120);
  REQUIRE(std::filesystem::exists(at / "segment-2"));
  overwrite(at / "segment-1", 30'000, Bytes(1, 0xEE));
  CHECK(journal.verify().error().code == ErrorCode::damaged);
  // What lies behind it is there for who asks from there.
  CHECK(journal.read(560, 10).ok());
}

TEST_CASE_FIXTURE(Desk, "after a failed write nothing more is appended until the journal is opened anew") {
  for (const int steps : {0, 1}) {
    std::filesystem::remove_all(at);
    {
      Journal journal = create();
      append(journal, 3);
      files.stop_after(steps);
      CHECK(journal.append(record(4)).error().code == ErrorCode::io_failed);
      files.heal();
      CHECK(journal.append(record(4)).error().code == ErrorCode::needs_reopen);
      CHECK(journal.read(0, 10).value().records.size() == 3);
    }
    Journal journal = reopen();
    CHECK(journal.head_sequence() >= 3);
    append(journal, 1);
    CHECK(journal.verify().ok());
  }
}

TEST_CASE_FIXTURE(Desk, "on a full disk the reserve takes at least 4 MB more, then appending waits for space") {
  segment = journal_format::segment_bytes;
  Journal journal = create();
  append(journal, 10, 8000);
  files.set_fault([](std::string_view step) -> std::optional<ErrorCode> {
    if (step == "preallocate" || step == "open") return ErrorCode::disk_full;
    return std::nullopt;
  });
  std::size_t bytes = 0;
  while (true) {
    const Result<SealedRecord> appended = journal.append(record(journal.head_sequence() + 1, 8000));
    if (!appended) {
      CHECK(appended.error().code == ErrorCode::disk_full);
      break;
    }
    bytes += 8000;
  }
  CHECK(bytes >= 4'000'000);
  CHECK_FALSE(journal.reserve_ready());
  const std::uint64_t head = journal.head_sequence();
  REQUIRE(journal.take_receipt(receipt_of(head)).ok());
  CHECK(journal.append(record(head + 1, 8000)).error().code == ErrorCode::disk_full);
  files.heal();
  append(journal, 1, 8000);
  CHECK(journal.reserve_ready());
  CHECK(journal.verify().value() == head + 1);
}

TEST_CASE_FIXTURE(Desk, "a crash at any step of beginning a segment loses nothing") {
  for (int steps = 0; steps < 12; ++steps) {
    std::filesystem::remove_all(at);
    std::uint64_t head = 0;
    {
      Journal journal = create();
      // Fill the first segment so that the next append begins the second.
      while (journal_format::segment_header_bytes +
                 (journal.head_sequence() + 1) * (journal_format::frame_header_bytes + 8192) <=
             segment) {
        REQUIRE(journal.append(std::string(8192, 'x')).ok());
      }
      head = journal.head_sequence();
      files.stop_after(steps);
      static_cast<void>(journal.append(std::string(8192, 'y')));
      files.heal();
    }
    Journal journal = reopen();
    CHECK(journal.head_sequence() >= head);
    CHECK(journal.head_sequence() <= head + 1);
    append(journal, 2, 3000);
    CHECK(journal.reserve_ready());
    CHECK(journal.verify().value() == journal.head_sequence());
  }
}

TEST_CASE_FIXTURE(Desk, "a crash while a journal is created leaves nothing, or a journal") {
  for (int steps = 0; steps < 16; ++steps) {
    std::filesystem::remove_all(at);
    files.stop_after(steps);
    static_cast<void>(Journal::create(files, at, journal_id, device, device_secret, segment).ok());
    files.heal();
    Result<Journal> opened = open();
    if (!opened && opened.error().code == ErrorCode::not_found) {
      opened = Journal::create(files, at, journal_id, device, device_secret, segment);
    }
    REQUIRE_MESSAGE(opened.ok(), problem(opened));
    append(opened.value(), 1);
  }
}

TEST_CASE_FIXTURE(Desk, "whatever is done in whatever order, the journal holds what a list would hold") {
  std::mt19937 engine(5);
  for (int round = 0; round < 3; ++round) {
    std::filesystem::remove_all(at);
    std::vector<std::string> model;
    std::uint64_t received = 0;
    std::optional<Journal> journal(create());
    for (int i = 0; i < 900; ++i) {
      switch (engine() % 12) {
        case 0: {
          journal.reset();
          journal.emplace(reopen());
          CHECK(journal->head_sequence() == model.size());
          break;
        }
        case 1: {
          if (model.empty()) break;
          const std::uint64_t through = 1 + engine() % model.size();
          REQUIRE(journal->take_receipt(receipt_of(through)).ok());
          received = std::max(received, through);
          REQUIRE(journal->compact().ok());
          break;
        }
        case 2: {
          const std::uint64_t after = engine() % (model.size() + 1);
          const JournalPage page = journal->read(after, 1 + engine() % 50).value();
          std::uint64_t sequence = std::max(after, journal->first_sequence() - 1);
          for (const SealedRecord& sealed : page.records) CHECK(sealed.record == model[sequence++]);
          CHECK(page.through == sequence);
          CHECK(page.more == (sequence < model.size()));
          break;
        }
        default: {
          model.push_back(record(model.size() + 1, engine() % 800));
          REQUIRE(journal->append(model.back()).ok());
        }
      }
      CHECK(journal->first_sequence() <= received + 1);
      CHECK(journal->received_through() == received);
    }
    CHECK(journal->verify().value() == model.size() - journal->first_sequence() + 1);
  }
}
