// What LogonUI gets to see: scenarios, fields, users, pages.
#include <chrono>

#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

TEST_CASE_FIXTURE(
    Pc, "sign-in and unlock are ours; passwords changed, network logon and what Windows thinks of next are not") {
  const auto result_of = [](Usage usage) {
    Screen::Options options;
    options.usage = usage;
    return Screen(options).usage_result();
  };
  CHECK(result_of(logon) == S_OK);
  CHECK(result_of(unlock) == S_OK);
  CHECK(result_of(change_password) == E_NOTIMPL);
  CHECK(result_of(plap) == E_NOTIMPL);
  CHECK(result_of(credui) == E_NOTIMPL);
  CHECK(result_of(invalid) == E_INVALIDARG);
  CHECK(result_of(unheard_of) == E_INVALIDARG);
}

TEST_CASE_FIXTURE(Pc, "of the prompts only UAC's is ours, once it is switched on, and never one for a program") {
  const auto result_of = [](DWORD flags) {
    Screen::Options options;
    options.usage = credui;
    options.flags = flags;
    return Screen(options).usage_result();
  };
  switches().consent_prompt = true;
  CHECK(result_of(0x1000) == S_OK);
  CHECK(result_of(0x1) == E_NOTIMPL);
  CHECK(result_of(0x10000000) == E_NOTIMPL);
  script.filter = {.hide_others = false, .reason = Reason::scenario_not_covered, .smart_cards_stay = true};
  CHECK(result_of(0x1000) == E_NOTIMPL);
  script.filter = {.hide_others = true, .reason = Reason::by_methods, .smart_cards_stay = true};
  switches().consent_prompt = false;
  CHECK(result_of(0x1000) == E_NOTIMPL);
}

TEST_CASE_FIXTURE(Pc, "a UAC prompt gets a blob of the interactive kind with the password as it is") {
  switches().consent_prompt = true;
  Screen::Options options;
  options.usage = credui;
  Screen screen(options);
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.text(Field::heading) == u"本人の確認");
  type_in(tile, u"123456", u"p@ss");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().message == 2);
  // The fake protector turns a password round, and so does logon(): here nobody had turned it.
  CHECK(done.logon().password == u"ss@p");
  CHECK(script.given.back().about.scenario == Scenario::credential_prompt);
}

TEST_CASE_FIXTURE(Pc, "every field is described, in the user's language, and none beyond the last") {
  struct Descriptor {
    DWORD number;
    int kind;
    LPWSTR label;
    GUID type;
  };
  const auto label_of = [](void* provider, DWORD number) -> std::u16string {
    Descriptor* descriptor = nullptr;
    if (call(provider, 8, number, &descriptor) != S_OK) return u"failed";
    const std::u16string label = reinterpret_cast<const char16_t*>(descriptor->label);
    CHECK(descriptor->number == number);
    CHECK(descriptor->kind >= 1);
    CHECK(descriptor->kind <= 9);
    CoTaskMemFree(descriptor->label);
    CoTaskMemFree(descriptor);
    return label;
  };
  {
    Screen screen;
    DWORD count = 0;
    REQUIRE(call(screen.provider(), 7, &count) == S_OK);
    CHECK(count == provider::field_count);
    for (DWORD i = 0; i < count; ++i) CHECK(label_of(screen.provider(), i) != u"failed");
    CHECK(label_of(screen.provider(), static_cast<DWORD>(index(Field::password))) == u"パスワード");
    CHECK(label_of(screen.provider(), count) == u"failed");
    CHECK(label_of(screen.provider(), 0xFFFFFFFF) == u"failed");
  }
  switches().english = true;
  Screen screen;
  CHECK(label_of(screen.provider(), static_cast<DWORD>(index(Field::password))) == u"Password");
}

TEST_CASE_FIXTURE(Pc, "the code asks for digits, a password may be looked at, nothing else has an option") {
  Screen screen;
  void* options = nullptr;
  REQUIRE(call(screen.tile().credential(), 0, guid(iid::field_options), &options) == S_OK);
  const auto option_of = [options](Field field) {
    DWORD option = 99;
    call(options, 3, static_cast<DWORD>(index(field)), &option);
    return option;
  };
  CHECK(option_of(Field::code_first) == 8);
  CHECK(option_of(Field::code_last) == 8);
  CHECK(option_of(Field::password) == 1);
  CHECK(option_of(Field::user_name) == 0);
  DWORD option = 0;
  CHECK(call(options, 3, DWORD{99}, &option) == E_INVALIDARG);
  release(options);
}

TEST_CASE_FIXTURE(Pc, "numbers and pointers that make no sense are turned away by every method") {
  Screen screen;
  void* tile = screen.tile().credential();
  DWORD number = 0;
  int state = 0;
  LPWSTR text = nullptr;
  HBITMAP bitmap = nullptr;
  BOOL flag = FALSE;
  constexpr DWORD none = 99;
  CHECK(call(tile, 7, none, &state, &state) == E_INVALIDARG);
  CHECK(call(tile, 7, DWORD{0}, static_cast<int*>(nullptr), &state) == E_INVALIDARG);
  CHECK(call(tile, 8, none, &text) == E_INVALIDARG);
  CHECK(call(tile, 8, DWORD{3}, static_cast<LPWSTR*>(nullptr)) == E_INVALIDARG);
  CHECK(call(tile, 9, DWORD{3}, &bitmap) == E_INVALIDARG);
  CHECK(call(tile, 10, DWORD{3}, &flag, &text) == E_INVALIDARG);
  CHECK(call(tile, 11, DWORD{3}, &number) == E_INVALIDARG);
  CHECK(call(tile, 12, DWORD{3}, &number, &number) == E_INVALIDARG);
  CHECK(call(tile, 13, DWORD{3}, DWORD{0}, &text) == E_INVALIDARG);
  CHECK(call(tile, 14, none, static_cast<LPCWSTR>(L"x")) == E_INVALIDARG);
  CHECK(call(tile, 14, static_cast<DWORD>(index(Field::password)), static_cast<LPCWSTR>(nullptr)) == E_INVALIDARG);
  CHECK(call(tile, 15, DWORD{3}, TRUE) == E_INVALIDARG);
  CHECK(call(tile, 16, DWORD{3}, DWORD{0}) == E_INVALIDARG);
  CHECK(call(tile, 17, static_cast<DWORD>(index(Field::password))) == E_INVALIDARG);
  CHECK(call(tile, 18, nullptr, nullptr, nullptr, nullptr) == E_INVALIDARG);
  CHECK(call(tile, 19, LONG{0}, LONG{0}, nullptr, nullptr) == E_INVALIDARG);
  CHECK(call(screen.provider(), 10, DWORD{7}, &text) == E_INVALIDARG);
  CHECK(call(screen.provider(), 4, nullptr) == E_INVALIDARG);
  CHECK(screen.tile().type(Field::heading, u"x") == E_INVALIDARG);
}

TEST_CASE_FIXTURE(Pc, "a tile has a picture") {
  Screen screen;
  HBITMAP bitmap = nullptr;
  REQUIRE(call(screen.tile().credential(), 9, static_cast<DWORD>(index(Field::image)), &bitmap) == S_OK);
  BITMAP drawn{};
  CHECK(GetObjectW(bitmap, sizeof drawn, &drawn) == sizeof drawn);
  CHECK(drawn.bmWidth == 96);
  CHECK(DeleteObject(bitmap) != 0);
}

TEST_CASE_FIXTURE(Pc, "each listed user has a tile, by SID, and 'other user' only where Windows wants one") {
  Screen::Options options;
  options.users = {tanaka, suzuki};
  {
    Screen screen(options);
    REQUIRE(screen.count() == 2);
    CHECK(screen.tile(0).sid() == tanaka.sid);
    CHECK(screen.tile(1).sid() == suzuki.sid);
    CHECK(screen.chosen() == 0xFFFFFFFF);
    CHECK_FALSE(screen.submits_alone());
  }
  options.account_options = 1;
  Screen screen(options);
  REQUIRE(screen.count() == 3);
  CHECK(screen.tile(2).sid().empty());
  CHECK(screen.tile(2).select());
  CHECK(screen.tile(2).inputs() == "name password code");
}

TEST_CASE_FIXTURE(Pc, "an empty user list, as with 'don't display last signed-in', still gives one tile") {
  Screen::Options options;
  options.users = {};
  {
    Screen screen(options);
    REQUIRE(screen.count() == 1);
    CHECK(screen.tile().sid().empty());
  }
  options.gives_users = false;
  CHECK(Screen(options).count() == 1);
}

TEST_CASE_FIXTURE(Pc, "a listed user who does not say who he is costs nobody else the tile") {
  Screen::Options options;
  options.users = {User{u"", u"PC-01\\ghost"}, User{u"S-1-5-21-1-2-3-1003", u""}, tanaka};
  Screen screen(options);
  REQUIRE(screen.count() == 1);
  CHECK(screen.tile().sid() == tanaka.sid);
}

TEST_CASE_FIXTURE(Pc, "an unlock without a list is for whoever the session belongs to") {
  script.accounts["PC-01\\tanaka"] = {tanaka_sid, "PC-01", "tanaka"};
  std::u16string_view(u"PC-01\\tanaka").copy(static_cast<char16_t*>(switches().session_user), 99);
  Screen::Options options;
  options.usage = unlock;
  options.users = {};
  Screen screen(options);
  CHECK(screen.tile().select());
  CHECK(screen.tile().content(Field::user_name) == u"PC-01\\tanaka");
  CHECK(screen.tile().inputs() == "name code password");
  type_in(screen.tile(), u"123456", u"pw");
  const Submission done = screen.tile().submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().user == u"tanaka");
  CHECK(done.logon().message == 7);
}

TEST_CASE_FIXTURE(Pc, "code and password stand on one page, in the order of the group's setting") {
  script.questions[tanaka_sid] = asking(code_and_password);
  script.questions[suzuki_sid] = asking(password_and_code);
  Screen::Options options;
  options.users = {tanaka, suzuki};
  Screen screen(options);
  CHECK(screen.tile(0).select());
  CHECK(screen.tile(0).inputs() == "code password");
  CHECK(screen.tile(0).has_focus(Field::code_first));
  CHECK(screen.tile(0).submit_beside() == Field::password);
  screen.tile(0).deselect();
  CHECK(screen.tile(1).select());
  CHECK(screen.tile(1).inputs() == "password code");
  CHECK(screen.tile(1).has_focus(Field::password));
  CHECK(screen.tile(1).submit_beside() == Field::code_last);
  CHECK(screen.tile(1).text(Field::heading) == u"サインイン");
}

TEST_CASE_FIXTURE(Pc, "each decision of the bridge has its page and its words") {
  struct Case {
    Question question;
    std::string inputs;
    std::u16string_view words;
  };
  Question optional = asking(code_and_password, Reason::probation);
  optional.decision.code_optional = true;
  Question off = asking(code_and_password, Reason::codes_disabled);
  off.decision.substitutes_only = true;
  Question waiting = asking(code_and_password);
  waiting.wait_ms = 600'000;
  const Question denied{.decision = {.action = Action::deny, .reason = Reason::bridge_down_denied}};
  const std::vector<Case> cases = {
      {asking(Factor::password, Reason::not_enrolled), "password", u""},
      {asking(Factor::otp), "code", u""},
      {optional, "code password", u"空のままでも"},
      {off, "recovery password", u"残りのリカバリーコードは 8 個"},
      {waiting, "code password", u"まで"},
      {asking(code_and_password, Reason::no_sealed_password), "code password", u"今回はパスワードも"},
      {asking(code_and_password, Reason::otp_alone_not_for_administrators), "code password", u"管理者アカウントでは"},
      {asking(Factor::password, Reason::lapsed), "password", u"期限内に確かめられなかった"},
      {denied, "", u"サインインできません"},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.inputs);
    script.questions[tanaka_sid] = expected.question;
    Screen screen;
    CHECK(screen.tile().select());
    CHECK(screen.tile().inputs() == expected.inputs);
    CHECK(says(screen.tile().text(Field::status), expected.words));
    CHECK(screen.tile().shows(Field::submit) == !expected.inputs.empty());
  }
}

TEST_CASE_FIXTURE(Pc, "one who may do either chooses between password and code") {
  Question either = asking(Factor::password);
  either.decision.alternative = Factor::otp;
  script.questions[tanaka_sid] = either;
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.inputs() == "password");
  CHECK(tile.text(Field::alternative_link) == u"ワンタイムパスワードだけでサインインする");
  CHECK(tile.click(Field::alternative_link) == S_OK);
  CHECK(tile.inputs() == "code");
  CHECK(tile.text(Field::alternative_link) == u"パスワードでサインインする");
  script.judge = [](const auth::TileAnswers& given) {
    Answered answered = granted("otp");
    if (given.answers.code == "123456") answered.password = provider::secret_utf8({u'秘', u'密'});
    return answered;
  };
  tile.type(Field::code_first, u"123456");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().password == u"秘密");
  CHECK_FALSE(script.given.back().answers.has_password);
}

TEST_CASE_FIXTURE(Pc, "English is for who reads English") {
  switches().english = true;
  Screen screen;
  CHECK(screen.tile().select());
  CHECK(screen.tile().text(Field::heading) == u"Sign in");
  screen.tile().type(Field::password, u"pw");
  CHECK(screen.tile().submit().text ==
        u"The one-time password is wrong. Check the digits your authenticator app shows.");
}
