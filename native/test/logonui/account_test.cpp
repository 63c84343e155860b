// Whose tile it is: accounts as Windows, people and the bridge name them.
#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

auth::AccountAnswer account(std::string sid, std::string domain, std::string name) {
  return {std::move(sid), std::move(domain), std::move(name)};
}

Screen::Options other_user() {
  Screen::Options options;
  options.users = {};
  return options;
}

/// The fake packer writes the name, a zero and the length of the password.
std::u16string packed_name(ByteReader& reader) {
  std::u16string name;
  while (const std::uint16_t unit = reader.u16()) name.push_back(static_cast<char16_t>(unit));
  return name;
}

}  // namespace

TEST_CASE_FIXTURE(Pc, "the name LSA gets is the account's, never the display name") {
  Screen::Options options;
  options.users = {{tanaka.sid, u"CORP\\t.tanaka", u"田中 太郎 (営業部)"}};
  Screen screen(options);
  CHECK(screen.tile().select());
  type_in(screen.tile(), u"123456", u"pw");
  const auto signed_in = screen.tile().submit().logon();
  CHECK(signed_in.domain == u"CORP");
  CHECK(signed_in.user == u"t.tanaka");
}

TEST_CASE_FIXTURE(Pc, "a Microsoft or Entra account goes the way only Windows can pack") {
  Screen::Options options;
  options.users = {{tanaka.sid, u"MicrosoftAccount\\taro@example.com", u"たろう", cloud_users}};
  Screen screen(options);
  CHECK(screen.tile().select());
  type_in(screen.tile(), u"123456", u"12345");
  const Submission done = screen.tile().submit();
  REQUIRE(done.is_finished());
  ByteReader reader(done.blob);
  CHECK(packed_name(reader) == u"MicrosoftAccount\\taro@example.com");
  CHECK(reader.u32() == 5);
}

TEST_CASE_FIXTURE(Pc, "who is typed at 'other user' is asked for by name and signed in as whom the bridge found") {
  script.accounts["PC-01\\suzuki"] = account(suzuki_sid, "PC-01", "suzuki");
  script.accounts["CORP\\sato"] = account("S-1-5-21-9-9-9-7", "CORP", "sato");
  script.accounts["sato@corp.example"] = account("S-1-5-21-9-9-9-7", "CORP", "sato");
  script.accounts["Suzuki"] = account(suzuki_sid, "PC-01", "suzuki");
  struct Case {
    std::u16string_view typed;
    std::string sid;
    std::u16string_view domain, user;
  };
  for (const Case& expected : {Case{u".\\suzuki", suzuki_sid, u"PC-01", u"suzuki"},
                               Case{u" CORP\\sato ", "S-1-5-21-9-9-9-7", u"CORP", u"sato"},
                               Case{u"sato@corp.example", "S-1-5-21-9-9-9-7", u"CORP", u"sato"},
                               Case{u"Suzuki", suzuki_sid, u"PC-01", u"suzuki"}}) {
    Screen screen(other_user());
    TileOnScreen& tile = screen.tile();
    CHECK(tile.select());
    tile.type(Field::user_name, expected.typed);
    type_in(tile, u"123456", u"pw");
    const Submission done = tile.submit();
    REQUIRE(done.is_finished());
    CHECK(script.given.back().about.sid == expected.sid);
    CHECK(done.logon().domain == expected.domain);
    CHECK(done.logon().user == expected.user);
  }
}

TEST_CASE_FIXTURE(Pc, "an e-mail address typed at 'other user' that leads to this PC is a Microsoft account's") {
  script.accounts["taro@example.com"] = account(tanaka_sid, "PC-01", "taro");
  Screen screen(other_user());
  CHECK(screen.tile().select());
  screen.tile().type(Field::user_name, u"taro@example.com");
  type_in(screen.tile(), u"123456", u"pw");
  const Submission done = screen.tile().submit();
  REQUIRE(done.is_finished());
  ByteReader reader(done.blob);
  CHECK(packed_name(reader) == u"MicrosoftAccount\\taro@example.com");
}

TEST_CASE_FIXTURE(Pc,
                  "a name nobody has, no name and no kind of name are each said so, and none gets past the code") {
  Screen screen(other_user());
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  CHECK(says(tile.submit().text, u"ユーザー名を入力"));
  tile.type(Field::user_name, u"CORP\\\\x");
  CHECK(says(tile.submit().text, u"ユーザー名の形"));
  tile.type(Field::user_name, u"CORP\\nobody");
  const Submission unknown = tile.submit();
  CHECK(unknown.is_refused());
  CHECK(says(unknown.text, u"ユーザー名を確かめて"));
  CHECK(script.given.empty());
  // "Other user" and a password alone, after a wrong code at one's own tile: still a code.
  script.accounts["PC-01\\tanaka"] = account(tanaka_sid, "PC-01", "tanaka");
  script.judge = [](const auth::TileAnswers& given) {
    return given.answers.code.empty() ? refused("code-missing") : granted();
  };
  tile.type(Field::user_name, u".\\tanaka");
  tile.type(Field::code_last, u"");
  CHECK(says(tile.submit().text, u"ワンタイムパスワードを入力"));
  CHECK(tile.inputs() == "name code password");
}

TEST_CASE_FIXTURE(Pc, "another name typed after the first is another account, asked about anew") {
  script.accounts["PC-01\\tanaka"] = account(tanaka_sid, "PC-01", "tanaka");
  script.accounts["PC-01\\suzuki"] = account(suzuki_sid, "PC-01", "suzuki");
  script.questions[tanaka_sid] = asking(Factor::password, Reason::not_enrolled);
  Screen screen(other_user());
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  script.judge = [](const auth::TileAnswers& given) {
    return given.about.sid == tanaka_sid || given.answers.code == "123456" ? granted() : refused("code-missing");
  };
  tile.type(Field::user_name, u".\\tanaka");
  tile.type(Field::password, u"pw");
  CHECK(tile.submit().logon().user == u"tanaka");
  tile.report(status::wrong_password);
  tile.type(Field::user_name, u".\\suzuki");
  tile.type(Field::password, u"pw");
  CHECK(tile.submit().is_refused());
  CHECK(script.given.back().about.sid == suzuki_sid);
}

TEST_CASE_FIXTURE(
    Pc, "a wrong code says so, empties its field, keeps the password, and the right one after it is taken") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"000000", u"pw");
  const Submission wrong = tile.submit();
  CHECK(wrong.is_refused());
  CHECK(wrong.icon == 1);
  CHECK(says(wrong.text, u"ワンタイムパスワードが正しくありません"));
  CHECK(tile.text(Field::status) == wrong.text);
  CHECK(tile.content(Field::code_first).empty());
  CHECK(tile.has_focus(Field::code_first));
  tile.type(Field::code_first, u"123456");
  CHECK(tile.submit().is_finished());
}
