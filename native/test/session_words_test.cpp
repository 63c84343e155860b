#include "addon/windows/session_words.h"

#include <doctest/doctest.h>

using namespace systemlog::addon;

TEST_CASE("session changes have the words of their numbers, others none") {
  CHECK(session_change_word(1) == "console-connect");
  CHECK(session_change_word(2) == "console-disconnect");
  CHECK(session_change_word(3) == "remote-connect");
  CHECK(session_change_word(4) == "remote-disconnect");
  CHECK(session_change_word(5) == "logon");
  CHECK(session_change_word(6) == "logoff");
  CHECK(session_change_word(7) == "lock");
  CHECK(session_change_word(8) == "unlock");
  CHECK(session_change_word(9) == "remote-control");
  for (const std::uint64_t other : {std::uint64_t{0}, std::uint64_t{10}, std::uint64_t{11}, ~std::uint64_t{0}}) {
    CHECK_FALSE(session_change_word(other));
  }
}

TEST_CASE("power has words for sleep and waking, and none for batteries and requests") {
  CHECK(power_word(4) == "suspend");
  CHECK(power_word(0x12) == "resume");
  CHECK(power_word(7) == "resume-by-user");
  for (const std::uint64_t other : {0U, 6U, 0xAU, 0xBU, 0x8013U}) CHECK_FALSE(power_word(other));
}

TEST_CASE("why a session ends is read from the flags") {
  CHECK(session_end(0).cause == "shutdown");
  CHECK_FALSE(session_end(0).critical);
  CHECK(session_end(0x80000000).cause == "logoff");
  CHECK(session_end(0x1).cause == "close-app");
  CHECK(session_end(0x40000000).cause == "shutdown");
  CHECK(session_end(0x40000000).critical);
  CHECK(session_end(0xC0000000).cause == "logoff");
  CHECK(session_end(0xC0000000).critical);
  // As a 64-bit LPARAM that was extended from a signed 32-bit one.
  CHECK(session_end(0xFFFFFFFF80000000).cause == "logoff");
}

TEST_CASE("locked is 0 on every Windows but 6.1, where it is 1") {
  CHECK(is_locked(0, 10, 0) == true);
  CHECK(is_locked(1, 10, 0) == false);
  CHECK(is_locked(0, 6, 2) == true);
  CHECK(is_locked(0, 6, 1) == false);
  CHECK(is_locked(1, 6, 1) == true);
  CHECK_FALSE(is_locked(-1, 10, 0));
  CHECK_FALSE(is_locked(-1, 6, 1));
  CHECK_FALSE(is_locked(2, 10, 0));
}

TEST_CASE("a session is at the console, remote or disconnected, and unknown where nothing is said") {
  constexpr std::int32_t active = 0;
  constexpr std::int32_t disconnected = 4;
  CHECK(connection_word(active, std::uint16_t{0}) == "console");
  CHECK(connection_word(std::nullopt, std::uint16_t{0}) == "console");
  CHECK(connection_word(active, std::uint16_t{2}) == "remote");
  CHECK(connection_word(disconnected, std::uint16_t{0}) == "disconnected");
  CHECK(connection_word(disconnected, std::nullopt) == "disconnected");
  CHECK(connection_word(active, std::nullopt) == "unknown");
}

TEST_CASE("file times become Unix times; one that is not set becomes none") {
  CHECK(wall_ms_of(133'000'000'000'000'000) == 1'655'526'400'000);
  CHECK(wall_ms_of(116'444'736'000'010'000) == 1);
  CHECK_FALSE(wall_ms_of(0));
  CHECK_FALSE(wall_ms_of(-1));
}
