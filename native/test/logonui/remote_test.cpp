// What Remote Desktop hands over: prefilled, never believed, never sent twice.
#include <cstring>
#include <random>

#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

/// Turned round, as the fake protector would have left it.
SecretUtf16 password_of(std::u16string_view text) {
  return {text.begin(), text.end()};
}

class RemoteBlob {
 public:
  RemoteBlob(std::u16string_view domain, std::u16string_view user, std::u16string_view password, ULONG package = 9) {
    const auto packed = pack_logon_blob(LogonMessage::interactive_logon, domain, user, password_of(password));
    bytes.assign(packed.value().begin(), packed.value().end());
    serialization.package = package;
    serialization.provider = guid(our_class);
  }
  Serialization* get() {
    serialization.size = static_cast<ULONG>(bytes.size());
    serialization.bytes = bytes.data();
    return &serialization;
  }
  Bytes bytes;
  Serialization serialization;
};

/// A page with nothing behind it: whoever reads a byte too far brings the process down.
class EndOfMemory {
 public:
  EndOfMemory() : pages_(static_cast<BYTE*>(VirtualAlloc(nullptr, 2 * page, MEM_RESERVE, PAGE_NOACCESS))) {
    if (pages_ == nullptr || VirtualAlloc(pages_, page, MEM_COMMIT, PAGE_READWRITE) == nullptr) std::abort();
  }
  EndOfMemory(const EndOfMemory&) = delete;
  EndOfMemory& operator=(const EndOfMemory&) = delete;
  EndOfMemory(EndOfMemory&&) = delete;
  EndOfMemory& operator=(EndOfMemory&&) = delete;
  ~EndOfMemory() { VirtualFree(pages_, 0, MEM_RELEASE); }

  /// Puts these at the very end.
  BYTE* place(const Bytes& bytes) const {
    BYTE* at = pages_ + page - bytes.size();
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return at;
  }

 private:
  static constexpr std::size_t page = 4096;
  BYTE* pages_;
};

struct Updated {
  HRESULT result;
  Serialization out;
};
Updated update(Serialization* in) {
  void* filter = make_object(iid::filter);
  Updated updated{};
  updated.result = call(filter, 4, static_cast<const Serialization*>(in), &updated.out);
  release(filter);
  return updated;
}

Screen::Options remote_screen(RemoteBlob& blob, Usage usage = logon) {
  switches().remote_session = true;
  Screen::Options options;
  options.usage = usage;
  options.users = {suzuki, tanaka};
  options.remote = blob.get();
  return options;
}

}  // namespace

TEST_CASE_FIXTURE(Pc, "a credential for Negotiate is copied and addressed to our provider") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"pw");
  blob.serialization.provider = guid(L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}");
  const Updated updated = update(blob.get());
  REQUIRE(updated.result == S_OK);
  CHECK(updated.out.provider == guid(our_class));
  CHECK(updated.out.package == 9);
  CHECK(updated.out.bytes != blob.bytes.data());
  CHECK(Bytes(updated.out.bytes, updated.out.bytes + updated.out.size) == blob.bytes);
  CoTaskMemFree(updated.out.bytes);
}

TEST_CASE_FIXTURE(Pc, "another package's credential, none, and one while we stand down are left alone") {
  RemoteBlob other(u"PC-01", u"tanaka", u"pw", 2);
  CHECK(update(other.get()).result == E_INVALIDARG);
  RemoteBlob blob(u"PC-01", u"tanaka", u"pw");
  Serialization empty = *blob.get();
  empty.bytes = nullptr;
  CHECK(update(&empty).result == E_INVALIDARG);
  script.filter = {.hide_others = false, .reason = Reason::enforcement_off, .smart_cards_stay = true};
  CHECK(update(blob.get()).result == E_NOTIMPL);
  switches().negotiate_fails = true;
  script.filter = {.hide_others = true, .reason = Reason::by_methods, .smart_cards_stay = true};
  CHECK(update(blob.get()).result == E_INVALIDARG);
}

TEST_CASE_FIXTURE(Pc, "a credential with lying lengths and offsets is refused, and nothing outside it is ever read") {
  const RemoteBlob good(u"PC-01", u"tanaka", u"pw");
  const EndOfMemory end;
  void* provider = make_object(iid::provider);
  Serialization early{9, guid(our_class), static_cast<ULONG>(good.bytes.size()), end.place(good.bytes)};
  CHECK(call(provider, 4, static_cast<const Serialization*>(&early)) == E_NOTIMPL);
  call(provider, 3, static_cast<int>(logon), DWORD{0});
  std::mt19937 random(7);
  int taken = 0;
  constexpr int rounds = 20'000;
  int disagreed = 0;
  for (int round = 0; round < rounds; ++round) {
    Bytes bytes = good.bytes;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes; ++i) bytes[random() % 64] = static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    Serialization hostile{9, guid(our_class), static_cast<ULONG>(bytes.size()), end.place(bytes)};
    const HRESULT result = call(provider, 4, static_cast<const Serialization*>(&hostile));
    disagreed += (result == S_OK) == unpack_logon_blob(bytes).ok() ? 0 : 1;
    taken += result == S_OK ? 1 : 0;
  }
  release(provider);
  CHECK(disagreed == 0);
  CHECK(taken > 0);
  CHECK(taken < rounds);
}

TEST_CASE_FIXTURE(Pc, "sizes at their limits: a head alone, more than any blob, and all ones") {
  RemoteBlob blob(u"", u"", u"");
  Serialization head = *blob.get();
  CHECK(update(&head).result == S_OK);
  head.size = 63;
  CHECK(update(&head).result == E_INVALIDARG);
  Bytes huge(20'000, 0xFF);
  Serialization ones{9, guid(our_class), static_cast<ULONG>(huge.size()), huge.data()};
  CHECK(update(&ones).result == E_INVALIDARG);
  Bytes ff(64, 0xFF);
  Serialization all{9, guid(our_class), 64, ff.data()};
  CHECK(update(&all).result == E_INVALIDARG);
}

TEST_CASE_FIXTURE(Pc, "user and password are prefilled and only the code is asked for") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"secret");
  Screen screen(remote_screen(blob));
  CHECK(screen.remote_result() == S_OK);
  REQUIRE(screen.count() == 2);
  CHECK(screen.chosen() == 1);
  CHECK_FALSE(screen.submits_alone());
  TileOnScreen& tile = screen.tile(1);
  CHECK(tile.select());
  CHECK(tile.inputs() == "code");
  CHECK(says(tile.text(Field::status), u"リモートデスクトップ"));
  CHECK(script.asked.back().scenario == Scenario::remote_logon);
  tile.type(Field::code_first, u"123456");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().password == u"secret");
  CHECK(script.given.back().answers.has_password);
}

TEST_CASE_FIXTURE(
    Pc, "a wrong password from the other side is never sent again: it is asked for, and nothing submits alone") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"wrong");
  Screen screen(remote_screen(blob));
  TileOnScreen& tile = screen.tile(1);
  CHECK(tile.select());
  tile.type(Field::code_first, u"123456");
  REQUIRE(tile.submit().is_finished());
  CHECK(says(tile.report(status::wrong_password).text, u"パスワードが正しくありません"));
  CHECK(tile.inputs() == "code password");
  tile.type(Field::code_first, u"123456");
  CHECK(says(tile.submit().text, u"パスワードを入力"));
  screen.count_again();
  CHECK_FALSE(screen.submits_alone());
  CHECK(screen.tile(1).select());
  CHECK(screen.tile(1).inputs() == "code password");
}

TEST_CASE_FIXTURE(
    Pc, "where the password is all that is asked for it is submitted without a keystroke, once in a process") {
  script.questions[tanaka_sid] = asking(Factor::password, Reason::not_enrolled);
  script.judge = [](const auth::TileAnswers& /*given*/) { return granted("password"); };
  {
    RemoteBlob blob(u"pc-01", u"TANAKA", u"secret");
    Screen screen(remote_screen(blob));
    CHECK(screen.chosen() == 1);
    CHECK(screen.submits_alone());
    CHECK(screen.tile(1).submit().logon().password == u"secret");
    screen.tile(1).report(status::wrong_password);
    screen.count_again();
    CHECK_FALSE(screen.submits_alone());
  }
  // LogonUI makes everything anew, with the same credential at hand.
  RemoteBlob again(u"PC-01", u"tanaka", u"secret");
  Screen screen(remote_screen(again));
  CHECK_FALSE(screen.submits_alone());
}

TEST_CASE_FIXTURE(Pc, "taking a disconnected session back asks for a code as an unlock does") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"secret");
  Screen screen(remote_screen(blob, unlock));
  TileOnScreen& tile = screen.tile(1);
  CHECK(tile.select());
  CHECK(script.asked.back().scenario == Scenario::remote_reconnect);
  CHECK(tile.inputs() == "code");
  CHECK(tile.text(Field::heading) == u"ロックの解除");
  CHECK(tile.submit().is_refused());
  tile.type(Field::code_first, u"123456");
  CHECK(tile.submit().logon().message == 7);
}

TEST_CASE_FIXTURE(Pc, "a user who is not on the list is prefilled at 'other user'") {
  script.accounts["CORP\\sato"] = {"S-1-5-21-9-9-9-7", "CORP", "sato"};
  RemoteBlob blob(u"CORP", u"sato", u"secret");
  Screen screen(remote_screen(blob));
  REQUIRE(screen.count() == 3);
  CHECK(screen.chosen() == 2);
  TileOnScreen& tile = screen.tile(2);
  CHECK(tile.select());
  CHECK(tile.content(Field::user_name) == u"CORP\\sato");
  CHECK(tile.inputs() == "name code");
  // Another name typed over it does not get the password of the first.
  script.accounts["PC-01\\suzuki"] = {suzuki_sid, "PC-01", "suzuki"};
  tile.type(Field::user_name, u".\\suzuki");
  tile.type(Field::code_first, u"123456");
  CHECK(says(tile.submit().text, u"パスワードを入力"));
}

TEST_CASE_FIXTURE(Pc, "a user name without a password prefills the name and asks for both") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"");
  Screen screen(remote_screen(blob));
  CHECK(screen.chosen() == 1);
  CHECK_FALSE(screen.submits_alone());
  CHECK(screen.tile(1).select());
  CHECK(screen.tile(1).inputs() == "code password");
}

TEST_CASE_FIXTURE(Pc, "a credential addressed to another provider is not taken") {
  RemoteBlob blob(u"PC-01", u"tanaka", u"pw");
  blob.serialization.provider = guid(L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}");
  Screen screen(remote_screen(blob));
  CHECK(screen.remote_result() == E_INVALIDARG);
  CHECK(screen.chosen() == 0xFFFFFFFF);
}

TEST_CASE_FIXTURE(Pc, "a remote password is gone when another tile is chosen, and is never sealed") {
  Question may_seal = asking(code_and_password, Reason::no_sealed_password);
  may_seal.may_seal_password = true;
  script.questions[tanaka_sid] = may_seal;
  RemoteBlob blob(u"PC-01", u"tanaka", u"secret");
  Screen screen(remote_screen(blob));
  TileOnScreen& tile = screen.tile(1);
  CHECK(tile.select());
  CHECK_FALSE(tile.shows(Field::seal));
  tile.deselect();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
}
