#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/contract_json.h"
#include "test/fakes/random.h"

using namespace systemlog;

TEST_CASE("an event is written as the contract has it, on one line") {
  SessionEvent event;
  event.id = "0190a6f0-7c00-7000-8000-000000000001";
  event.device = std::string(43, 'd');
  event.journal = "6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11";
  event.sequence = 12;
  event.kind = "lock";
  event.occurred_at_ms = 1'763'717'400'123;
  event.time_zone = "Asia/Tokyo";
  event.account = EventAccount{"S-1-5-21-1-2-3-1001", "会社", "田中\n\"太郎\""};
  event.session = "s-1";
  event.reason = "idle";
  event.clock = {0, {1, 2, 3}, 4567};
  const std::string text = write_event(event);
  CHECK(text.find('\n') == std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(text);
  CHECK(json.at("occurredAt") == "2025-11-21T09:30:00.123Z");
  CHECK(json.at("account").at("name") == "田中\n\"太郎\"");
  CHECK(json.at("authMethod").is_null());
  CHECK(json.at("initiator") == "user");
  CHECK(json.at("clock").at("bootId") == "01020300-0000-0000-0000-000000000000");
  CHECK(json.at("clock").at("uptimeMs") == 4567);
  const RecordHead head = read_record_head(text).value();
  CHECK(head.sequence == 12);
  CHECK(head.journal == event.journal);
  CHECK(head.sid == "S-1-5-21-1-2-3-1001");
}

TEST_CASE("text that is not UTF-8 does not stop an event") {
  SessionEvent event;
  event.account = EventAccount{"S-1-5-18", "\xFF\xFE", "a\xC0"};
  const nlohmann::json json = nlohmann::json::parse(write_event(event));
  CHECK(json.at("account").at("name") == "a\xEF\xBF\xBD");
}

TEST_CASE("an event of the machine has no account") {
  CHECK(read_record_head(write_event(SessionEvent{})).value().sid == std::nullopt);
}

TEST_CASE("records and receipts that are not what the contract says are malformed") {
  const char* records[] = {"",
                           "[]",
                           "{}",
                           R"({"journal":"j","sequence":-1,"account":null})",
                           R"({"journal":"j","sequence":1.5,"account":null})",
                           R"({"journal":"j","sequence":"1","account":null})",
                           R"({"journal":"j","sequence":9007199254740993,"account":null})",
                           R"({"journal":"j","sequence":1,"account":{}})",
                           R"({"journal":"j","sequence":1,"account":7})",
                           R"({"journal":"j","sequence":1})"};
  for (const char* record : records) CHECK_FALSE(read_record_head(record).ok());
  const std::string mac(43, 'A');
  CHECK(parse_receipt(R"({"device":"d","journal":"j","throughSequence":3,"mac":")" + mac + R"(","more":1})").ok());
  CHECK_FALSE(parse_receipt(R"({"device":"d","journal":"j","throughSequence":3,"mac":"AA"})").ok());
  CHECK_FALSE(parse_receipt(R"({"device":"d","journal":"j","mac":")" + mac + R"("})").ok());
  CHECK_FALSE(parse_receipt(std::string(100'000, '[')).ok());
  CHECK_FALSE(parse_receipt(std::string(5'000, '[')).ok());
}

TEST_CASE("instants are written in UTC with milliseconds") {
  CHECK(instant_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(instant_text(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(instant_text(1'709'164'800'000) == "2024-02-29T00:00:00.000Z");
  CHECK(instant_text(INT64_MAX) == "9999-12-31T23:59:59.999Z");
  CHECK(instant_text(INT64_MIN) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("names of events are UUIDs of version 7, in the order of their moments") {
  test::SeededRandom random;
  const std::string first = make_event_id(random, 1'700'000'000'000).value();
  const std::string second = make_event_id(random, 1'700'000'000'001).value();
  CHECK(first.size() == 36);
  CHECK(first[14] == '7');
  CHECK(std::string("89ab").find(first[19]) != std::string::npos);
  CHECK(first < second);
  CHECK(uuid_text(make_random_uuid(random).value())[14] == '4');
}
