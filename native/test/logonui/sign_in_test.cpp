// From what is typed to what LSA is handed, and from what LSA says to what is to be done.
#include "provider/change_password_blob.h"
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

TEST_CASE_FIXTURE(Pc, "the right code and a password make the blob of the scenario, for Negotiate, in our name") {
  for (const auto& [usage, message] : {std::pair(logon, 2U), std::pair(unlock, 7U)}) {
    Screen::Options options;
    options.usage = usage;
    options.users = {{u"S-1-5-21-1-2-3-1004", u"PC-01\\太郎", u"山田 太郎"}};
    Screen screen(options);
    TileOnScreen& tile = screen.tile();
    CHECK(tile.select());
    CHECK(tile.text(Field::heading) == (usage == logon ? u"サインイン" : u"ロックの解除"));
    type_in(tile, u"123456", u"P@ssあ🔑");
    const Submission done = tile.submit();
    REQUIRE(done.is_finished());
    CHECK(done.package == 9);
    CHECK(done.provider == guid(our_class));
    CHECK(done.text.empty());
    CHECK(done.logon().message == message);
    CHECK(done.logon().domain == u"PC-01");
    CHECK(done.logon().user == u"太郎");
    CHECK(done.logon().password == u"P@ssあ🔑");
    CHECK(script.given.back().about.scenario == (usage == logon ? Scenario::logon : Scenario::unlock));
    CHECK(script.given.back().about.sid == "S-1-5-21-1-2-3-1004");
  }
}

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
  // The fake packer writes the name, a zero and the length of the password.
  ByteReader reader(done.blob);
  std::u16string name;
  while (const std::uint16_t unit = reader.u16()) name.push_back(static_cast<char16_t>(unit));
  CHECK(name == u"MicrosoftAccount\\taro@example.com");
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
  std::u16string name;
  while (const std::uint16_t unit = reader.u16()) name.push_back(static_cast<char16_t>(unit));
  CHECK(name == u"MicrosoftAccount\\taro@example.com");
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

TEST_CASE_FIXTURE(Pc, "every refusal of the bridge has words of its own, and one it invents later is named") {
  const std::vector<std::string> refusals = {"password-missing",
                                             "code-missing",
                                             "one-answer-only",
                                             "wrong",
                                             "used",
                                             "too-old",
                                             "disabled",
                                             "clock-behind",
                                             "malformed",
                                             "unavailable",
                                             "recovery-wrong",
                                             "recovery-used",
                                             "recovery-malformed",
                                             "recovery-unavailable",
                                             "emergency-wrong",
                                             "emergency-malformed",
                                             "emergency-no-challenge",
                                             "emergency-unavailable",
                                             "sealed-password-lost",
                                             "not-asked",
                                             "waiting",
                                             "denied"};
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  std::map<std::u16string, std::string> seen;
  for (const std::string& refusal : refusals) {
    CAPTURE(refusal);
    script.judge = [&refusal](const auth::TileAnswers& /*given*/) { return refused(refusal); };
    type_in(tile, u"123456", u"pw");
    const Submission submission = tile.submit();
    CHECK(submission.is_refused());
    CHECK_FALSE(says(submission.text, u"{{"));
    CHECK(says(submission.text, u"。"));
    CHECK_FALSE(seen.contains(submission.text));
    seen[submission.text] = refusal;
  }
  script.judge = [](const auth::TileAnswers& /*given*/) { return refused("moon-phase"); };
  CHECK(says(tile.submit().text, u"moon-phase"));
  script.judge = [](const auth::TileAnswers& /*given*/) { return refused("throttled", 120'000); };
  CHECK(says(tile.submit().text, u":"));
  script.judge = [](const auth::TileAnswers& /*given*/) { return refused("wrong", 30'000); };
  CHECK(says(tile.submit().text, u"まで受け付けられません"));
  script.judge = [](const auth::TileAnswers& /*given*/) { return refused("clock-off", 0, -180'000); };
  CHECK(says(tile.submit().text, u"約 3 分進んで"));
  script.judge = [](const auth::TileAnswers& /*given*/) { return refused("clock-off", 0, 3'600'000); };
  CHECK(says(tile.submit().text, u"約 60 分遅れて"));
}

TEST_CASE_FIXTURE(Pc,
                  "what a refusal changes is shown at once: codes off, and only what takes their place asked for") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  script.judge = [this](const auth::TileAnswers& /*given*/) {
    Question off = asking(code_and_password, Reason::codes_disabled);
    off.decision.substitutes_only = true;
    script.questions[tanaka_sid] = off;
    return refused("disabled");
  };
  type_in(tile, u"000000", u"pw");
  CHECK(says(tile.submit().text, u"リカバリーコードか"));
  CHECK(tile.inputs() == "recovery password");
  CHECK_FALSE(tile.shows(Field::code_link));
  CHECK(tile.shows(Field::emergency_link));
}

TEST_CASE_FIXTURE(Pc, "a recovery code stands for the code, not for the password") {
  script.judge = [](const auth::TileAnswers& given) {
    return given.answers.recovery_code == "7KQ2-M9XD" && given.answers.code.empty() && given.answers.has_password
               ? granted("recovery-code+password")
               : refused("recovery-wrong");
  };
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.click(Field::recovery_link) == S_OK);
  CHECK(tile.inputs() == "recovery password");
  CHECK(tile.text(Field::heading) == u"リカバリーコードでサインイン");
  CHECK(says(tile.text(Field::status), u"残りのリカバリーコードは 8 個"));
  tile.type(Field::recovery_code, u"XXXX");
  tile.type(Field::password, u"pw");
  CHECK(says(tile.submit().text, u"リカバリーコードが正しく"));
  CHECK(tile.inputs() == "recovery password");
  tile.type(Field::recovery_code, u"7KQ2-M9XD");
  CHECK(tile.submit().is_finished());
  CHECK(tile.click(Field::code_link) == S_OK);
  CHECK(tile.inputs() == "code password");
  CHECK(tile.content(Field::recovery_code).empty());
}

TEST_CASE_FIXTURE(Pc, "a response code is given for a number the tile shows") {
  script.judge = [](const auth::TileAnswers& given) {
    return given.answers.emergency_response == "ABCD-EFGH" ? granted("emergency+password")
                                                           : refused("emergency-wrong");
  };
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.click(Field::emergency_link) == S_OK);
  CHECK(says(tile.text(Field::challenge), u"7K2M-9X4D"));
  CHECK(tile.inputs() == "response password");
  tile.type(Field::emergency_response, u"ABCD-EFGH");
  tile.type(Field::password, u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(Pc, "with codes off and no recovery code left the number for the administrator is shown at once") {
  Question off = asking(code_and_password, Reason::codes_disabled);
  off.decision.substitutes_only = true;
  off.recovery_codes_left = 0;
  script.questions[tanaka_sid] = off;
  Screen screen;
  CHECK(screen.tile().select());
  CHECK(screen.tile().inputs() == "response password");
  CHECK(says(screen.tile().text(Field::challenge), u"7K2M-9X4D"));
  CHECK_FALSE(screen.tile().shows(Field::recovery_link));
}

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

TEST_CASE_FIXTURE(Pc, "the code alone signs in with the password the bridge had sealed") {
  script.questions[tanaka_sid] = asking(Factor::otp);
  script.judge = [](const auth::TileAnswers& given) {
    Answered answered = given.answers.has_password ? refused("one-answer-only") : granted("otp");
    answered.password = provider::secret_utf8({u's', u'密', 0xD83D, 0xDD11});
    return answered;
  };
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code");
  CHECK(tile.submit_beside() == Field::code_first);
  tile.type(Field::code_first, u"123456");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().password == u"s密🔑");
  tile.report(status::wrong_password);
  REQUIRE(script.results.size() == 1);
  CHECK_FALSE(script.results[0].accepted);
}

TEST_CASE_FIXTURE(Pc,
                  "a ticked box seals the password LSA took, an unticked one and a refused password seal nothing") {
  Question may_seal = asking(code_and_password, Reason::no_sealed_password);
  may_seal.may_seal_password = true;
  script.questions[tanaka_sid] = may_seal;
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.text(Field::seal) == u"次からワンタイムパスワードだけでサインインする");
  CHECK(tile.tick(Field::seal, true) == S_OK);
  type_in(tile, u"123456", u"wrong");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::wrong_password);
  CHECK(script.results.back().password_to_seal.empty());
  type_in(tile, u"123456", u"pw");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::success);
  CHECK(script.results.back().password_to_seal.empty());
  CHECK(tile.tick(Field::seal, true) == S_OK);
  type_in(tile, u"123456", u"pw密");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::success);
  CHECK(script.results.back().accepted);
  CHECK(script.results.back().password_to_seal == provider::secret_utf8({u'p', u'w', u'密'}));
}

TEST_CASE_FIXTURE(Pc,
                  "an empty password is an answer where it is all that is asked for, and none where a code is too") {
  script.questions[tanaka_sid] = asking(Factor::password, Reason::not_enrolled);
  script.judge = [](const auth::TileAnswers& given) {
    return given.answers.has_password ? granted("password") : refused("password-missing");
  };
  {
    Screen screen;
    CHECK(screen.tile().select());
    const Submission done = screen.tile().submit();
    REQUIRE(done.is_finished());
    CHECK(done.logon().password.empty());
    CHECK(done.logon().user == u"tanaka");
  }
  script.questions[tanaka_sid] = asking(code_and_password);
  Screen screen;
  CHECK(screen.tile().select());
  screen.tile().type(Field::code_first, u"123456");
  CHECK(says(screen.tile().submit().text, u"パスワードを入力"));
}

TEST_CASE_FIXTURE(Pc, "passwords of 256 and 4096 characters pass whole, a longer one is said to be too long") {
  for (const std::size_t length : {std::size_t{256}, std::size_t{4096}, std::size_t{4097}}) {
    Screen screen;
    TileOnScreen& tile = screen.tile();
    CHECK(tile.select());
    std::u16string password;
    for (std::size_t i = 0; i < length; ++i) password.push_back(static_cast<char16_t>(u'a' + i % 26));
    type_in(tile, u"123456", password);
    const Submission submission = tile.submit();
    CHECK(submission.is_finished() == (length <= 4096));
    if (length <= 4096) CHECK(submission.logon().password == password);
    if (length > 4096) CHECK(says(submission.text, u"長すぎます"));
  }
}

TEST_CASE_FIXTURE(Pc, "a code or a name too long to be one is refused here and never sent") {
  Screen::Options options;
  options.account_options = 1;
  Screen screen(options);
  CHECK(screen.tile(0).select());
  type_in(screen.tile(0), std::u16string(300, u'1'), u"pw");
  CHECK(says(screen.tile(0).submit().text, u"長すぎます"));
  CHECK(screen.tile(1).select());
  screen.tile(1).type(Field::user_name, std::u16string(200, u'あ') + u"\\" + std::u16string(250, u'い'));
  CHECK(says(screen.tile(1).submit().text, u"長すぎます"));
  CHECK(script.given.empty());
  CHECK(script.names.empty());
}

TEST_CASE_FIXTURE(Pc, "submitted twice without a word from LSA in between, the same blob is made again") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  const Submission first = tile.submit();
  const Submission second = tile.submit();
  REQUIRE(first.is_finished());
  CHECK(first.blob == second.blob);
}

TEST_CASE_FIXTURE(Pc, "what was typed is gone when another tile is chosen, and the page is the first one again") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  tile.deselect();
  CHECK(tile.content(Field::password).empty());
  CHECK(tile.content(Field::code_first).empty());
  CHECK(tile.select());
  CHECK(tile.submit().is_refused());
  CHECK_FALSE(script.given.back().answers.has_password);
  CHECK(script.given.back().answers.code.empty());

  tile.click(Field::emergency_link);
  tile.deselect();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
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

TEST_CASE_FIXTURE(Pc, "after UnAdvise nothing typed is left and nobody is called any more") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  tile.unadvise();
  CHECK(tile.submit().is_refused());
  CHECK_FALSE(script.given.back().answers.has_password);
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
