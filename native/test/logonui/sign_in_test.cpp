// From what is typed to what LSA is handed.
#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

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

TEST_CASE_FIXTURE(Pc, "after UnAdvise nothing typed is left and nobody is called any more") {
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  tile.unadvise();
  CHECK(tile.submit().is_refused());
  CHECK_FALSE(script.given.back().answers.has_password);
}
