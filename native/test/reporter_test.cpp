#include "bridge/uplink/reporter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "bridge/uplink/batch.h"
#include "test/uplink_support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;
using namespace std::chrono_literals;

namespace {

const std::string sid = "S-1-5-21-1-2-3-1001";

ServerProblem unreachable() {
  return transport_problem({ErrorCode::timed_out, "x"});
}
ServerProblem said(const std::string& code, std::optional<Moment> retry_after = std::nullopt) {
  return {code, "", retry_after, std::nullopt, false};
}

struct ReportDesk : JournalBench {
  bool tray = false;
  Moment now{1'000'000};
  ReportingDelays delays;
  Reporter reporter{journal, random, [this](const RecordHead& /*record*/) { return tray; }, delays};

  /// All stored, and a receipt up to where it reaches.
  UploadAnswer stored(const Reporter::Batch& batch, std::optional<std::uint64_t> through = std::nullopt) const {
    UploadAnswer answer;
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
      answer.verdicts.push_back({EventVerdict::Status::stored, {}});
    }
    if (through) answer.receipts.push_back(receipt(*through));
    return answer;
  }
  /// Runs what is due against a server that stores everything.
  std::vector<std::uint64_t> run() {
    std::vector<std::uint64_t> sent;
    while (std::optional<Reporter::Batch> batch = reporter.next(now)) {
      sent.insert(sent.end(), batch->sequences.begin(), batch->sequences.end());
      reporter.answered(*batch, stored(*batch, sent.empty() ? 0 : sent.back()), now);
    }
    return sent;
  }
};

}  // namespace

TEST_CASE_FIXTURE(ReportDesk,
                  "what concerns the machine is sent soon, what a tray app may send only when it is overdue") {
  tray = true;
  reporter.recorded(record(), Recorded::machine, now);
  reporter.recorded(record(sid), Recorded::in_session, now);
  CHECK(reporter.due() == now + delays.machine);
  CHECK_FALSE(reporter.next(now).has_value());
  now += delays.machine;
  CHECK(run() == std::vector<std::uint64_t>{1});
  CHECK(reporter.outcome().reached);
  CHECK(reporter.outcome().problem.empty());
  CHECK(reporter.due() <= now + delays.overdue);
  now = reporter.due();
  CHECK(run() == std::vector<std::uint64_t>{2});
}

TEST_CASE_FIXTURE(ReportDesk, "a session without its tray app is reported by the bridge") {
  reporter.recorded(record(sid), Recorded::in_session, now);
  reporter.recorded(record(sid), Recorded::session_end, now);
  CHECK(reporter.due() == now + delays.session_end);
  now = reporter.due();
  CHECK(run() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE_FIXTURE(ReportDesk, "records of before a restart are overdue at once") {
  tray = true;
  record(sid);
  Reporter later(
      journal, random, [](const RecordHead&) { return true; }, delays);
  later.soon(0ms, now);
  CHECK(later.next(now)->sequences == std::vector<std::uint64_t>{1});
}

TEST_CASE_FIXTURE(ReportDesk, "with nothing to say an anchor is sent, and the next one after the longest silence") {
  reporter.soon(0ms, now);
  const std::optional<Reporter::Batch> batch = reporter.next(now);
  REQUIRE(batch.has_value());
  CHECK(batch->records.empty());
  reporter.answered(*batch, stored(*batch, 0), now);
  CHECK_FALSE(reporter.next(now).has_value());
  CHECK(reporter.due() == now + delays.anchor);
}

TEST_CASE_FIXTURE(ReportDesk, "a run that is asked for sends everything, and is done when it has ended") {
  tray = true;
  reporter.recorded(record(sid), Recorded::in_session, now);
  const std::uint64_t asked = reporter.ask(now);
  CHECK_FALSE(reporter.done(asked));
  CHECK(run() == std::vector<std::uint64_t>{1});
  CHECK(reporter.done(asked));
}

TEST_CASE_FIXTURE(ReportDesk, "asked for during a run: that run does not count, the next one begins at once") {
  record();
  reporter.soon(0ms, now);
  const std::optional<Reporter::Batch> batch = reporter.next(now);
  const std::uint64_t asked = reporter.ask(now);
  reporter.answered(*batch, stored(*batch, 1), now);
  CHECK_FALSE(reporter.next(now).has_value());
  CHECK_FALSE(reporter.done(asked));
  CHECK(reporter.due() <= now);
  run();
  CHECK(reporter.done(asked));
}

TEST_CASE_FIXTURE(ReportDesk, "an upload holds no more than the contract allows, in events and in bytes") {
  SUBCASE("events") {
    for (int i = 0; i < 1201; ++i) record();
    reporter.soon(0ms, now);
    std::vector<std::size_t> sizes;
    while (std::optional<Reporter::Batch> batch = reporter.next(now)) {
      sizes.push_back(batch->records.size());
      reporter.answered(*batch, stored(*batch, batch->sequences.back()), now);
    }
    CHECK(sizes.size() >= 3);
    CHECK(*std::max_element(sizes.begin(), sizes.end()) <= most_batch_events);
    CHECK(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}) == 1201);
  }
  SUBCASE("bytes") {
    // A text of quotes becomes four times as long: escaped in the record, and again on the way.
    for (int i = 0; i < 450; ++i) {
      const std::string sequence = std::to_string(journal.head_sequence() + 1);
      std::string quotes;
      for (int q = 0; q < 4000; ++q) quotes += "\\\"";
      REQUIRE(journal.append(R"({"journal":"j","sequence":)" + sequence + R"(,"account":null,"q":")" + quotes + "\"}")
                  .ok());
    }
    reporter.soon(0ms, now);
    std::vector<std::uint64_t> sent;
    while (std::optional<Reporter::Batch> batch = reporter.next(now)) {
      std::size_t bytes = 0;
      for (const SealedRecord& item : batch->records) bytes += write_sealed_event(item).size() + 1;
      CHECK(bytes <= most_batch_bytes);
      sent.insert(sent.end(), batch->sequences.begin(), batch->sequences.end());
      reporter.answered(*batch, stored(*batch), now);
    }
    std::vector<std::uint64_t> all(450);
    std::iota(all.begin(), all.end(), 1U);
    CHECK(sent == all);
  }
}

TEST_CASE_FIXTURE(ReportDesk,
                  "a receipt compacts the journal; one that is not the server's changes nothing and is told") {
  for (int i = 0; i < 60; ++i) record({}, 4000);
  reporter.soon(0ms, now);
  const std::optional<Reporter::Batch> batch = reporter.next(now);
  UploadAnswer answer = stored(*batch, 60);
  SUBCASE("the server's") {
    reporter.answered(*batch, answer, now);
    run();
    CHECK(journal.received_through() == 60);
    CHECK(journal.first_sequence() > 1);
    CHECK(reporter.outcome().problem.empty());
  }
  SUBCASE("a made-up one") {
    answer.receipts[0].mac[0] ^= 1U;
    reporter.answered(*batch, answer, now);
    CHECK_FALSE(reporter.next(now).has_value());
    CHECK(journal.received_through() == 0);
    CHECK(journal.first_sequence() == 1);
    CHECK(reporter.outcome().problem == "receipt-invalid");
  }
  SUBCASE("one that reaches further than the journal, as after a restored image") {
    answer.receipts[0] = receipt(61);
    reporter.answered(*batch, answer, now);
    CHECK_FALSE(reporter.next(now).has_value());
    CHECK(journal.received_through() == 0);
    CHECK(reporter.outcome().problem == "beyond-head");
  }
}

TEST_CASE_FIXTURE(ReportDesk, "a refused event is final: it is not sent again, and does not hold up the others") {
  for (int i = 0; i < 3; ++i) record();
  reporter.soon(0ms, now);
  const std::optional<Reporter::Batch> batch = reporter.next(now);
  UploadAnswer answer = stored(*batch, 1);
  answer.verdicts[1] = {EventVerdict::Status::refused, "chain-broken"};
  reporter.answered(*batch, answer, now);
  CHECK_FALSE(reporter.next(now).has_value());
  CHECK(reporter.outcome().refused == 1);
  CHECK(reporter.outcome().refusal == "chain-broken");
  record();
  reporter.ask(now);
  CHECK(reporter.next(now)->sequences == std::vector<std::uint64_t>{4});
}

TEST_CASE_FIXTURE(ReportDesk,
                  "an upload without an answer is sent again, later and later, never sooner than the server asks") {
  record();
  reporter.soon(0ms, now);
  Moment longest{0};
  for (int i = 0; i < 12; ++i) {
    const std::optional<Reporter::Batch> batch = reporter.next(now);
    REQUIRE(batch.has_value());
    CHECK(batch->sequences == std::vector<std::uint64_t>{1});
    reporter.answered(*batch, unreachable(), now);
    CHECK_FALSE(reporter.outcome().reached);
    CHECK(reporter.outcome().problem == "unreachable");
    const Moment wait = reporter.due() - now;
    CHECK(wait >= delays.retry_first / 2);
    CHECK(wait <= delays.retry_longest);
    longest = std::max(longest, wait);
    now = reporter.due();
  }
  CHECK(longest >= delays.retry_longest / 2);
  const std::optional<Reporter::Batch> batch = reporter.next(now);
  reporter.answered(*batch, said("unavailable", 200s), now);
  CHECK(reporter.outcome().reached);
  reporter.recorded(record(), Recorded::machine, now);
  CHECK(reporter.due() >= now + 200s);
  reporter.network_up(now);
  CHECK(run() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE_FIXTURE(ReportDesk, "a failed run answers those who asked for it, and the first delay follows a success") {
  const std::uint64_t asked = reporter.ask(now);
  reporter.failed(said("access-token-expired"), now);
  CHECK(reporter.done(asked));
  CHECK(reporter.outcome().problem == "access-token-expired");
  reporter.network_up(now);
  run();
  reporter.soon(0ms, now);
  reporter.answered(*reporter.next(now), unreachable(), now);
  CHECK(reporter.due() - now <= delays.retry_first);
}

TEST_CASE_FIXTURE(ReportDesk, "while the PC sleeps nothing is sent") {
  reporter.recorded(record(), Recorded::machine, now);
  reporter.pause();
  CHECK(reporter.due() == never);
  CHECK_FALSE(reporter.next(now + 24h).has_value());
  reporter.recorded(record(), Recorded::machine, now + 24h);
  now += 24h + delays.machine;
  CHECK(run() == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE_FIXTURE(ReportDesk, "a tray app's receipt spares the bridge the work") {
  tray = true;
  reporter.recorded(record(sid), Recorded::in_session, now);
  REQUIRE(journal.take_receipt(receipt(1)).ok());
  now = reporter.due();
  CHECK(run().empty());
}

TEST_CASE_FIXTURE(ReportDesk, "what reads of a journal that was set aside is sent first, and told once") {
  const std::string old_name = "11111111-7a53-4d0c-9c1e-0d3b1f7a2b11";
  {
    Journal old =
        std::move(Journal::create(files, folder / "old", old_name, key->id(), shared_secret, segment)).value();
    for (int i = 0; i < 40; ++i) record_into(old, {}, 2000);
  }
  // The second segment is spoilt: the first one is what can be proved.
  overwrite(folder / "old" / "segment-2", 3000, Bytes(64, 0xEE));
  Result<Journal> damaged = Journal::open_read_only(files, folder / "old", key->id(), shared_secret, segment);
  REQUIRE_MESSAGE(damaged.ok(), problem(damaged));
  int told = 0;
  reporter.add_set_aside(std::move(damaged).value(), [&told] { ++told; });
  record();
  reporter.soon(0ms, now);

  std::optional<Reporter::Batch> batch = reporter.next(now);
  REQUIRE(batch.has_value());
  CHECK(batch->set_aside);
  CHECK(batch->journal == old_name);
  CHECK(batch->sequences.front() == 1);
  CHECK(batch->sequences.size() > 10);
  CHECK(batch->sequences.size() < 40);
  UploadAnswer answer = stored(*batch);
  answer.receipts.push_back(receipt(batch->sequences.back(), old_name));
  reporter.answered(*batch, answer, now);
  CHECK(journal.received_through() == 0);

  std::vector<std::uint64_t> rest;
  while ((batch = reporter.next(now))) {
    if (!batch->set_aside) rest = batch->sequences;
    reporter.answered(*batch, stored(*batch), now);
    if (!rest.empty()) break;
  }
  CHECK(rest == std::vector<std::uint64_t>{1});
  CHECK(told == 1);
  CHECK(reporter.outcome().problem.empty());
}

TEST_CASE_FIXTURE(ReportDesk, "a journal begun anew in the place of the old one is reported from its start") {
  for (int i = 0; i < 3; ++i) record();
  reporter.soon(0ms, now);
  CHECK(run().size() == 3);
  journal = std::move(Journal::create(files, folder / "new", "22222222-7a53-4d0c-9c1e-0d3b1f7a2b11", key->id(),
                                      shared_secret, segment))
                .value();
  record();
  reporter.soon(0ms, now);
  CHECK(reporter.next(now)->sequences == std::vector<std::uint64_t>{1});
}
