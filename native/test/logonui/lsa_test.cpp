// What LSA says of a sign-in, and what is to be done then.
#include "provider/change_password_blob.h"
#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

/// One UNICODE_STRING of a packed blob.
std::u16string string_at(const Bytes& blob, std::size_t head_offset) {
  const auto number = [&blob](std::size_t at, unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= std::uint64_t{blob.at(at + i)} << (8 * i);
    return value;
  };
  const std::uint64_t length = number(head_offset, 2);
  const std::uint64_t offset = number(head_offset + 8, 8);
  std::u16string text;
  for (std::uint64_t i = 0; i < length; i += 2) text.push_back(static_cast<char16_t>(number(offset + i, 2)));
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(Pc,
                  "a wrong password is told to the bridge, empties the fields, and the same code is taken again") {
  int accepted = 0;
  script.judge = [this, &accepted](const auth::TileAnswers& given) {
    if (given.answers.code != "123456") return refused("wrong");
    const bool again = accepted > 0;
    if (again && (script.results.empty() || script.results.back().accepted)) return refused("used");
    ++accepted;
    return granted();
  };
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"wrong");
  REQUIRE(tile.submit().is_finished());
  const Report report = tile.report(status::wrong_password);
  CHECK(report.icon == 1);
  CHECK(says(report.text, u"パスワードが正しくありません"));
  CHECK(tile.content(Field::password).empty());
  CHECK(tile.content(Field::code_first).empty());
  REQUIRE(script.results.size() == 1);
  CHECK(script.results[0].sid == tanaka_sid);
  CHECK_FALSE(script.results[0].accepted);
  type_in(tile, u"123456", u"right");
  const Submission again = tile.submit();
  REQUIRE(again.is_finished());
  CHECK(again.logon().password == u"right");
  CHECK(tile.report(status::success).text.empty());
  REQUIRE(script.results.size() == 2);
  CHECK(script.results[1].accepted);
  CHECK(script.results[1].password_to_seal.empty());
}

TEST_CASE_FIXTURE(Pc, "what LSA says of the account has words of its own, and is no wrong password") {
  struct Case {
    std::uint32_t status, substatus;
    std::u16string_view words;
  };
  for (const Case& expected :
       {Case{status::restriction, status::disabled, u"無効になっています"},
        Case{status::disabled, 0, u"無効になっています"}, Case{status::locked, 0, u"ロックされています"},
        Case{status::restriction, 0xC000006F, u"時間帯"}, Case{status::restriction, 0xC0000070, u"このPCには"},
        Case{status::restriction, 0, u"制限により"}, Case{0xC0000193, 0, u"アカウントの有効期限"},
        Case{0xC000005E, 0, u"サーバーに接続できません"}, Case{0xC0000133, 0, u"時計"},
        Case{0xC000018D, 0, u"関係が切れています"}, Case{0xC000015B, 0, u"許可されていません"},
        Case{0xC00002FA, 0, u"スマートカード"}, Case{0xC0000999, 0, u"0xC0000999"}}) {
    CAPTURE(expected.status);
    Screen screen;
    TileOnScreen& tile = screen.tile();
    CHECK(tile.select());
    type_in(tile, u"123456", u"pw");
    REQUIRE(tile.submit().is_finished());
    const Report report = tile.report(expected.status, expected.substatus);
    CHECK(report.icon == 1);
    CHECK(says(report.text, expected.words));
    CHECK(tile.inputs() == "code password");
  }
  CHECK(script.results.empty());
}

TEST_CASE_FIXTURE(Pc,
                  "an expired password, or one that must go, is changed on our tile, and no new code is asked for") {
  struct Case {
    std::uint32_t status, substatus;
    std::u16string_view words;
  };
  for (const Usage usage : {logon, unlock}) {
    for (const Case& expected :
         {Case{status::must_change, 0, u"変更する必要"}, Case{status::expired, 0, u"有効期限が切れて"},
          Case{status::restriction, status::expired, u"有効期限が切れて"}}) {
      script.given.clear();
      script.results.clear();
      Screen::Options options;
      options.usage = usage;
      Screen screen(options);
      TileOnScreen& tile = screen.tile();
      CHECK(tile.select());
      type_in(tile, u"123456", u"old");
      REQUIRE(tile.submit().is_finished());
      const Report report = tile.report(expected.status, expected.substatus);
      CHECK(report.icon == 2);
      CHECK(says(report.text, expected.words));
      CHECK(tile.inputs() == "old new again");
      CHECK(tile.text(Field::heading) == u"パスワードの変更");

      tile.type(Field::old_password, u"old");
      tile.type(Field::new_password, u"New1");
      CHECK(says(tile.submit().text, u"確認のパスワードが違い"));
      tile.type(Field::new_password_again, u"New1");
      const Submission change = tile.submit();
      REQUIRE(change.is_finished());
      CHECK(change.blob[0] == 7);
      CHECK(string_at(change.blob, offsetof(provider::blob_layout::ChangePassword, domain)) == u"PC-01");
      CHECK(string_at(change.blob, offsetof(provider::blob_layout::ChangePassword, account)) == u"tanaka");
      CHECK(string_at(change.blob, offsetof(provider::blob_layout::ChangePassword, old_password)) == u"old");
      CHECK(string_at(change.blob, offsetof(provider::blob_layout::ChangePassword, new_password)) == u"New1");
      CHECK(says(tile.report(status::too_short).text, u"条件を満たしていません"));
      CHECK(tile.inputs() == "old new again");

      for (const Field field : {Field::old_password}) tile.type(field, u"old");
      for (const Field field : {Field::new_password, Field::new_password_again}) tile.type(field, u"New12345");
      REQUIRE(tile.submit().is_finished());
      const Report changed = tile.report(status::success);
      CHECK(changed.icon == 3);
      CHECK(says(changed.text, u"変更しました"));
      CHECK(tile.inputs() == "password");
      tile.type(Field::password, u"New12345");
      const Submission done = tile.submit();
      REQUIRE(done.is_finished());
      CHECK(done.logon().password == u"New12345");
      CHECK(script.given.size() == 1);
      tile.report(status::success);
      REQUIRE(script.results.size() == 1);
      CHECK(script.results[0].accepted);
    }
  }
}

TEST_CASE_FIXTURE(Pc, "where LSA takes no change from us, Windows' own screen is let in, for that sign-in only") {
  const std::vector<const wchar_t*> windows_own = {L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}"};
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"old");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::must_change);
  tile.type(Field::new_password, u"n");
  tile.type(Field::new_password_again, u"n");
  REQUIRE(tile.submit().is_finished());
  CHECK_FALSE(filtered(logon, windows_own)[0]);
  const Report report = tile.report(status::not_supported);
  CHECK(says(report.text, u"このサインインに限り"));
  CHECK(screen.times_changed() == 1);
  CHECK(filtered(logon, windows_own)[0]);
  CHECK_FALSE(filtered(logon, windows_own)[0]);
}

TEST_CASE_FIXTURE(Pc, "a code proven before a password change is forgotten with the tile") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"old");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::must_change);
  tile.deselect();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
  tile.type(Field::password, u"new");
  CHECK(tile.submit().is_refused());
}

TEST_CASE_FIXTURE(Pc, "when LSA has no Negotiate nobody is told his password was wrong") {
  switches().negotiate_fails = true;
  Screen screen;
  CHECK(screen.tile().select());
  type_in(screen.tile(), u"123456", u"pw");
  const Submission submission = screen.tile().submit();
  CHECK(submission.is_refused());
  CHECK(says(submission.text, u"Windows に渡せませんでした（io-failed）"));
}
