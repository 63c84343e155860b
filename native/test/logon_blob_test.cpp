#include <doctest/doctest.h>

#include <random>

#include "core/logon_blob.h"

#ifdef _WIN32
// clang-format off
#include <windows.h>
#include <ntsecapi.h>
// clang-format on
#include <cstddef>

namespace {
using namespace systemlog::blob_layout;
static_assert(sizeof(UnlockLogon) == sizeof(KERB_INTERACTIVE_UNLOCK_LOGON));
static_assert(sizeof(PackedString) == sizeof(UNICODE_STRING));
static_assert(offsetof(UnlockLogon, domain) == offsetof(KERB_INTERACTIVE_LOGON, LogonDomainName));
static_assert(offsetof(UnlockLogon, user) == offsetof(KERB_INTERACTIVE_LOGON, UserName));
static_assert(offsetof(UnlockLogon, password) == offsetof(KERB_INTERACTIVE_LOGON, Password));
static_assert(offsetof(UnlockLogon, logon_id_low) == offsetof(KERB_INTERACTIVE_UNLOCK_LOGON, LogonId));
static_assert(static_cast<int>(systemlog::LogonMessage::interactive_logon) == KerbInteractiveLogon);
static_assert(static_cast<int>(systemlog::LogonMessage::workstation_unlock) == KerbWorkstationUnlockLogon);
}  // namespace
#endif

using namespace systemlog;

namespace {

SecretUtf16 secret(std::u16string_view text) {
  return {text.begin(), text.end()};
}

void put_u16(SecretBytes& blob, std::size_t at, unsigned value) {
  blob[at] = static_cast<std::uint8_t>(value);
  blob[at + 1] = static_cast<std::uint8_t>(value >> 8U);
}

std::string_view verdict(ByteView blob) {
  const Result<LogonBlob> read = unpack_logon_blob(blob);
  return read ? "ok" : name(read.error().code);
}

constexpr std::size_t user_at = 24;

}  // namespace

TEST_CASE("a blob is unpacked as it was packed") {
  for (const LogonMessage message : {LogonMessage::interactive_logon, LogonMessage::workstation_unlock}) {
    const SecretBytes blob = pack_logon_blob(message, u"会社", u"田中 太郎", secret(u"pä§§ワード")).value();
    CHECK(blob.size() == 64 + 2 * (2 + 5 + 7));
    const LogonBlob read = std::move(unpack_logon_blob(blob)).value();
    CHECK(read.message == message);
    CHECK(read.domain == u"会社");
    CHECK(read.user == u"田中 太郎");
    CHECK(read.password == secret(u"pä§§ワード"));
  }
}

TEST_CASE("the head has the layout LSA reads: offsets from the start, lengths in bytes, no closing zeros") {
  const SecretBytes blob = pack_logon_blob(LogonMessage::workstation_unlock, u"D", u"us", secret(u"pwd")).value();
  const Bytes head(blob.begin(), blob.begin() + 64);
  const Bytes expected = {7, 0, 0, 0, 0, 0, 0, 0,                           //
                          2, 0, 2, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0,  //
                          4, 0, 4, 0, 0, 0, 0, 0, 66, 0, 0, 0, 0, 0, 0, 0,  //
                          6, 0, 6, 0, 0, 0, 0, 0, 70, 0, 0, 0, 0, 0, 0, 0,  //
                          0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(head == expected);
  CHECK(Bytes(blob.begin() + 64, blob.end()) == Bytes{'D', 0, 'u', 0, 's', 0, 'p', 0, 'w', 0, 'd', 0});
}

TEST_CASE("empty and very long parts pack, and what is too long does not") {
  CHECK(verdict(pack_logon_blob(LogonMessage::interactive_logon, u"", u"", {}).value()) == "ok");
  const SecretUtf16 longest(longest_blob_password, u'x');
  const std::u16string name(longest_blob_name, u'n');
  CHECK(verdict(pack_logon_blob(LogonMessage::interactive_logon, name, name, longest).value()) == "ok");
  CHECK_FALSE(pack_logon_blob(LogonMessage::interactive_logon, name + u"n", u"", {}).ok());
  CHECK_FALSE(
      pack_logon_blob(LogonMessage::interactive_logon, u"", u"", SecretUtf16(longest_blob_password + 1)).ok());
}

TEST_CASE("a hostile blob is refused") {
  const SecretBytes good = pack_logon_blob(LogonMessage::interactive_logon, u"D", u"us", secret(u"pwd")).value();
  const auto changed = [&good](auto change) {
    SecretBytes blob = good;
    change(blob);
    return verdict(blob);
  };
  for (std::size_t size = 0; size < good.size(); ++size) CHECK(verdict(ByteView(good).first(size)) == "malformed");
  CHECK(verdict(Bytes(longest_blob_bytes + 1)) == "too-long");
  CHECK(changed([](SecretBytes& b) { b[0] = 10; }) == "unsupported");
  CHECK(changed([](SecretBytes& b) { put_u16(b, user_at, 3), put_u16(b, user_at + 2, 4); }) == "malformed");
  CHECK(changed([](SecretBytes& b) { put_u16(b, user_at + 2, 2); }) == "malformed");
  CHECK(changed([](SecretBytes& b) { put_u16(b, user_at, 0xFFFE), put_u16(b, user_at + 2, 0xFFFE); }) == "malformed");
  CHECK(changed([](SecretBytes& b) { b[user_at + 8] = 0; }) == "malformed");
  CHECK(changed([](SecretBytes& b) { b[user_at + 8] = 63; }) == "malformed");
  CHECK(changed([](SecretBytes& b) { b[user_at + 8] = 74; }) == "malformed");
  CHECK(changed([](SecretBytes& b) { b[user_at + 15] = 0x80; }) == "malformed");
  CHECK(changed([](SecretBytes& b) {
          for (std::size_t i = 8; i < 16; ++i) b[user_at + i] = 0xFF;
        }) == "malformed");
}

TEST_CASE("no blob of random bytes reads outside itself") {
  std::mt19937 engine(3);
  for (int i = 0; i < 20'000; ++i) {
    SecretBytes blob = pack_logon_blob(LogonMessage::interactive_logon, u"DOM", u"user", secret(u"pass")).value();
    for (auto changes = engine() % 6; changes > 0; --changes) {
      blob[engine() % 64] = static_cast<std::uint8_t>(engine());
    }
    blob.resize(engine() % (blob.size() + 1));
    const Result<LogonBlob> read = unpack_logon_blob(blob);
    if (read) CHECK(read.value().user.size() <= blob.size() / 2);
  }
}
