#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/device_keys.h"
#include "core/human_code.h"
#include "platform/crypto.h"
#include "platform/random.h"
#include "platform/session_events.h"

using namespace systemlog;

namespace {

Bytes hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Bytes random_bytes(std::mt19937& engine, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine());
  return bytes;
}

}  // namespace

TEST_CASE("base64url and base32 give back what went in") {
  std::mt19937 engine(1);
  for (std::size_t size = 0; size < 70; ++size) {
    const Bytes bytes = random_bytes(engine, size);
    CHECK(from_base64url(base64url(bytes)) == bytes);
    const std::optional<SecretBytes> back = from_base32(base32(bytes));
    REQUIRE(back.has_value());
    CHECK(Bytes(back->begin(), back->end()) == bytes);
  }
  CHECK(base64url(bytes_of("\xfb\xff")) == "-_8");
  CHECK(base64url(std::array<std::uint8_t, 32>{}) == std::string(43, 'A'));
  CHECK(base32(bytes_of("foobar")) == "MZXW6YTBOI");
}

TEST_CASE("base64url that is not canonical is refused") {
  for (const std::string_view text : {"A", "AB=", "AAAAA", "AB", "A+", "A/", "A A"}) {
    CHECK_MESSAGE(!from_base64url(text), text);
  }
  CHECK(from_base64url("AA").has_value());
}

TEST_CASE("reading past the end gives nothing and stays failed") {
  const Bytes bytes = {1, 0, 0, 0, 9};
  ByteReader reader(bytes);
  CHECK(reader.u32() == 1);
  CHECK(reader.u16() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  ByteReader blocks(bytes);
  CHECK(blocks.block(0).empty());
  CHECK_FALSE(blocks.ok());
}

TEST_CASE("secrets are compared by value") {
  CHECK(constant_time_equal(bytes_of("abc"), bytes_of("abc")));
  CHECK(constant_time_equal({}, {}));
  CHECK_FALSE(constant_time_equal(bytes_of("abc"), bytes_of("abd")));
  CHECK_FALSE(constant_time_equal(bytes_of("abc"), bytes_of("ab")));
}

TEST_CASE("the zeroing allocator wipes what it gives back") {
  alignas(16) std::array<std::uint8_t, 32> memory{};
  memory.fill(7);
  secure_zero(memory.data(), memory.size());
  CHECK(memory == std::array<std::uint8_t, 32>{});
}

TEST_CASE("CRC-32C has its check value") {
  CHECK(crc32c(bytes_of("123456789")) == 0xE3069283U);
  CHECK(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))) == 0xE3069283U);
}

TEST_CASE("HKDF gives RFC 5869, test case 3 (empty salt and info)") {
  const Bytes key(22, 0x0b);
  const Result<SecretBytes> made = hkdf_sha256(key, "", 42);
  REQUIRE(made.ok());
  CHECK(Bytes(made.value().begin(), made.value().end()) ==
        hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
}

TEST_CASE("HMAC and digests have their published values") {
  crypto::Hmac hmac = std::move(crypto::Hmac::create(crypto::Hash::sha256, bytes_of("Jefe"))).value();
  for (int twice = 0; twice < 2; ++twice) {
    const crypto::Digest mac = hmac.of({bytes_of("what do ya want "), bytes_of("for nothing?")}).value();
    CHECK(Bytes(mac.view().begin(), mac.view().end()) ==
          hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  }
  const crypto::Digest digest = crypto::digest(crypto::Hash::sha256, {bytes_of("a"), bytes_of("bc")}).value();
  CHECK(Bytes(digest.view().begin(), digest.view().end()) ==
        hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST_CASE("AES-GCM opens what it sealed and nothing else") {
  const Bytes key(32, 1);
  const Bytes nonce(12, 2);
  for (const std::string_view plain : {"", "secret"}) {
    const Bytes sealed = crypto::aes_gcm_seal(key, nonce, bytes_of("for"), bytes_of(plain)).value();
    CHECK(text_of(crypto::aes_gcm_open(key, nonce, bytes_of("for"), sealed).value()) == plain);
    CHECK(crypto::aes_gcm_open(key, nonce, bytes_of("other"), sealed).error().code ==
          ErrorCode::authentication_failed);
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      Bytes changed = sealed;
      changed[i] ^= 1;
      CHECK_FALSE(crypto::aes_gcm_open(key, nonce, bytes_of("for"), changed).ok());
    }
  }
  CHECK(crypto::aes_gcm_seal(Bytes(31), nonce, {}, {}).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("the system's random numbers differ") {
  const auto random = system_random();
  std::array<std::uint8_t, 32> first{};
  std::array<std::uint8_t, 32> second{};
  REQUIRE(random->fill(first).ok());
  REQUIRE(random->fill(second).ok());
  CHECK(first != second);
}

TEST_CASE("codes for people are read back as they are shown and as they are typed") {
  std::mt19937 engine(2);
  for (int i = 0; i < 200; ++i) {
    const std::string code = human_code(random_bytes(engine, 10));
    REQUIRE(code.size() == 16);
    std::string lower = grouped(code);
    for (char& character : lower) {
      if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
    }
    CHECK(normalised_human_code(lower, 16) == code);
  }
  CHECK(grouped("ABCDEFGH") == "ABCD-EFGH");
  CHECK(normalised_human_code("oil0 ｏＩＬ１", 8) == std::optional<std::string>("01100111"));
  CHECK(normalised_human_code("ABCDEFG", 8) == std::nullopt);
  CHECK(normalised_human_code("ABCDEFGHJ", 8) == std::nullopt);
  CHECK(normalised_human_code("ABCDEFGU", 8) == std::nullopt);
  CHECK(normalised_human_code("ABCDEFG\xEF\xBC", 8) == std::nullopt);
}

TEST_CASE("every error code has a name of its own") {
  std::vector<std::string_view> names;
  for (unsigned code = 0; code <= static_cast<unsigned>(ErrorCode::unsupported); ++code) {
    const std::string_view given = name(static_cast<ErrorCode>(code));
    CHECK(given != "unknown");
    CHECK(std::find(names.begin(), names.end(), given) == names.end());
    names.push_back(given);
  }
}

TEST_CASE("session changes have the meaning Windows gives them") {
  CHECK(session_change_of(7) == SessionChange::lock);
  CHECK(session_change_of(8) == SessionChange::unlock);
  CHECK(session_change_of(5) == SessionChange::logon);
  CHECK(session_change_of(6) == SessionChange::logoff);
  CHECK(session_change_of(9) == std::nullopt);
  CHECK(session_change_of(0) == std::nullopt);
}
