// The credential provider's tile without Windows: what it asks, shows and does next.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "provider/filter_rule.h"
#include "provider/tile_image.h"
#include "provider/tile_machine.h"
#include "provider/usage_scenario.h"
#include "provider/utf.h"

using namespace systemlog;
using namespace systemlog::provider;

namespace {

const Moment start{.tick_ms = 1'000'000, .second_of_day = 9 * 3600};

Moment after(std::uint64_t ms) {
  return {start.tick_ms + ms, start.second_of_day + static_cast<std::uint32_t>(ms / 1000)};
}

TileSetup setup_for(std::optional<TileAccount> account) {
  TileSetup setup;
  setup.account = std::move(account);
  setup.computer_name = u"PC-01";
  setup.health = std::make_shared<BridgeHealth>(60'000);
  return setup;
}

TileSetup tanaka() {
  return setup_for(listed_account("S-1-5-21-1-2-3-1001", u"PC-01\\tanaka", false));
}

Result<auth::Response> silence() {
  return Error{ErrorCode::timed_out, "no answer"};
}

Result<auth::Response> question(Factors factors, Reason reason = Reason::by_methods) {
  auth::TileAnswer answer;
  answer.question.decision = {.action = Action::ask, .reason = reason, .factors = factors};
  answer.question.recovery_codes_left = 3;
  return auth::Response(answer);
}

Result<auth::Response> grant() {
  auth::TileVerdict verdict;
  verdict.answered.granted = true;
  return auth::Response(verdict);
}

const Factors both(Factor::otp, Factor::password);

template <typename Wanted>
bool is(const Step& step) {
  return std::holds_alternative<Wanted>(step);
}

template <typename Wanted>
const Wanted& asks(const Step& step) {
  REQUIRE(is<Ask>(step));
  const auto& request = std::get<Ask>(step).request;
  REQUIRE(std::holds_alternative<Wanted>(request));
  return std::get<Wanted>(request);
}

std::string inputs(const TileMachine& machine, Moment now = start) {
  const TileView view = machine.view(now);
  std::string shown;
  for (const FieldDescription& description : field_table()) {
    if (!is_input(description.field) || !view.at(description.field).visible) continue;
    shown += std::to_string(index(description.field)) + " ";
  }
  return shown;
}

std::string fields(std::initializer_list<Field> wanted) {
  std::string text;
  for (const Field field : wanted) text += std::to_string(index(field)) + " ";
  return text;
}

}  // namespace

TEST_CASE("a tile asks the bridge when it is chosen and shows what it says") {
  TileMachine machine(tanaka());
  const Step step = machine.selected(start);
  CHECK(asks<auth::TileQuestion>(step).sid == "S-1-5-21-1-2-3-1001");
  CHECK(is<Rest>(machine.replied(question(both), start)));
  CHECK(inputs(machine) == fields({Field::code_first, Field::password}));
}

TEST_CASE("answers are judged by the bridge, and LSA gets the account it was asked about") {
  TileMachine machine(tanaka());
  machine.selected(start);
  machine.replied(question(both), start);
  machine.typed(Field::code_first, u"123456");
  machine.typed(Field::password, u"pw");
  const Step check = machine.submitted(start);
  const auth::TileAnswers& given = asks<auth::TileAnswers>(check);
  CHECK(given.answers.code == "123456");
  CHECK(given.answers.has_password);
  const Step done = machine.replied(grant(), start);
  REQUIRE(is<SignInNow>(done));
  CHECK(std::get<SignInNow>(done).account.user == u"tanaka");
  CHECK(std::get<SignInNow>(done).password == SecretUtf16{u'p', u'w'});
}

TEST_CASE("an answer to a question nobody has open changes nothing") {
  TileMachine machine(tanaka());
  CHECK(is<Rest>(machine.replied(grant(), start)));
  machine.selected(start);
  machine.deselected();
  CHECK(is<Rest>(machine.replied(question(both), start)));
  CHECK(is<Rest>(machine.replied(grant(), start)));
}

TEST_CASE("a grant that answers a question instead of a verdict lets nobody in") {
  TileMachine machine(tanaka());
  machine.selected(start);
  const Step step = machine.replied(grant(), start);
  CHECK_FALSE(is<SignInNow>(step));
  machine.typed(Field::password, u"pw");
  machine.submitted(start);
  CHECK_FALSE(is<SignInNow>(machine.replied(grant(), start)));
}

TEST_CASE("the wait for a silent bridge is counted from its first silence, and ends by the company's setting") {
  for (const WhenBridgeDown setting : {WhenBridgeDown::password_only, WhenBridgeDown::deny}) {
    TileSetup setup = tanaka();
    setup.mirror.when_bridge_down = setting;
    TileMachine machine(std::move(setup));
    machine.selected(start);
    machine.replied(silence(), start);
    CHECK(machine.wants_polling());
    CHECK(inputs(machine).empty());
    CHECK(machine.view(after(30'000)).at(Field::status).text.find(u"30") != std::u16string::npos);
    machine.polled(after(59'999));
    machine.replied(silence(), after(59'999));
    CHECK(inputs(machine).empty());
    machine.polled(after(60'000));
    machine.replied(silence(), after(60'000));
    CHECK(inputs(machine) == (setting == WhenBridgeDown::password_only ? fields({Field::password}) : std::string()));
    // And it is still asked for, should it come back.
    CHECK(machine.wants_polling());
    machine.polled(after(61'000));
    machine.replied(question(both), after(61'000));
    CHECK(inputs(machine) == fields({Field::code_first, Field::password}));
    CHECK_FALSE(machine.wants_polling());
  }
}

TEST_CASE("a bridge that answers in between begins a new wait") {
  TileMachine machine(tanaka());
  machine.selected(start);
  machine.replied(silence(), start);
  machine.polled(after(50'000));
  machine.replied(question(both), after(50'000));
  machine.selected(after(51'000));
  machine.replied(silence(), after(51'000));
  machine.polled(after(70'000));
  machine.replied(silence(), after(70'000));
  CHECK(inputs(machine).empty());
}

TEST_CASE("what goes wrong on the way to the bridge is never taken for its own word") {
  // Named like the bridge's own troubles, but from the pipe: to be waited for.
  for (const ErrorCode code : {ErrorCode::damaged, ErrorCode::rolled_back, ErrorCode::not_found}) {
    TileMachine machine(tanaka());
    machine.selected(start);
    machine.replied(Error{code, "pipe"}, start);
    CHECK(machine.view(start).at(Field::heading).text == text(Language::japanese, Text::heading_waiting));
  }
  TileMachine other_user(setup_for(std::nullopt));
  other_user.selected(start);
  other_user.typed(Field::user_name, u".\\suzuki");
  other_user.submitted(start);
  const Step step = other_user.replied(Error{ErrorCode::not_found, "pipe"}, start);
  REQUIRE(is<Refuse>(step));
  CHECK(std::get<Refuse>(step).text == text(Language::japanese, Text::refusal_no_answer));
}

TEST_CASE("a mirror that lags behind the filter opens nothing while the bridge is silent") {
  TileSetup setup = tanaka();
  setup.stance = Stance::instead;
  setup.mirror.enforcement = false;
  TileMachine machine(std::move(setup));
  machine.selected(start);
  machine.replied(silence(), start);
  CHECK(inputs(machine).empty());
  machine.typed(Field::password, u"pw");
  machine.submitted(start);
  CHECK(is<Refuse>(machine.replied(silence(), start)));
}

TEST_CASE("a slow answer shows the wait at once and is taken when it comes") {
  TileMachine machine(tanaka());
  machine.selected(start);
  machine.kept_waiting(after(300));
  CHECK(inputs(machine).empty());
  machine.replied(question(both), after(400));
  CHECK(inputs(machine) == fields({Field::code_first, Field::password}));
}

TEST_CASE(
    "a name only LSA understands is no way around the code while others are hidden, and none is lost beside them") {
  const Result<auth::Response> nobody = auth::Response(auth::Failure{ErrorCode::not_found});
  for (const Stance stance : {Stance::instead, Stance::beside}) {
    TileSetup setup = setup_for(std::nullopt);
    setup.stance = stance;
    TileMachine machine(std::move(setup));
    machine.typed(Field::user_name, u"AzureAD\\sato@corp.example");
    machine.typed(Field::password, u"pw");
    machine.submitted(start);
    CHECK(is<SignInNow>(machine.replied(nobody, start)) == (stance == Stance::beside));
  }
}

TEST_CASE("a break-glass account says who it is at 'other user', waits for nobody, and nobody else gets in by it") {
  for (const bool waited : {false, true}) {
    TileSetup setup = setup_for(std::nullopt);
    setup.mirror.when_bridge_down = WhenBridgeDown::deny;
    setup.mirror.break_glass_sids = {"S-1-5-21-1-2-3-500"};
    if (waited) setup.health->silent(start.tick_ms - 60'000);
    TileMachine machine(std::move(setup));
    for (const bool is_break_glass : {false, true}) {
      machine.typed(Field::user_name, is_break_glass ? u".\\rescue" : u".\\tanaka");
      machine.typed(Field::password, u"pw");
      machine.submitted(start);
      const Step lookup = machine.replied(silence(), start);
      CHECK(asks<auth::AccountQuestion>(lookup).name == (is_break_glass ? "PC-01\\rescue" : "PC-01\\tanaka"));
      CHECK(std::get<Ask>(lookup).locally);
      const auth::AccountAnswer found{is_break_glass ? "S-1-5-21-1-2-3-500" : "S-1-5-21-1-2-3-1001", "PC-01", "x"};
      CHECK(is<SignInNow>(machine.replied(auth::Response(found), start)) == is_break_glass);
      if (waited) CHECK(inputs(machine) == fields({Field::user_name, Field::password}));
      if (!waited) CHECK(inputs(machine).empty());
    }
    machine.deselected();
    CHECK(inputs(machine) == fields({Field::user_name, Field::password, Field::code_last}));
  }
}

TEST_CASE("after five minutes a code no longer stands for the password change it came before") {
  TileMachine machine(tanaka());
  machine.selected(start);
  machine.replied(question(both), start);
  machine.typed(Field::code_first, u"123456");
  machine.submitted(start);
  machine.replied(grant(), start);
  constexpr auto must_change = static_cast<NtStatus>(0xC0000224U);
  machine.lsa_said(must_change, 0, start);
  for (const Field field : {Field::new_password, Field::new_password_again}) machine.typed(field, u"new");
  REQUIRE(is<ChangePasswordNow>(machine.submitted(after(60'000))));
  machine.lsa_said(0, 0, after(60'000));
  CHECK(inputs(machine, after(60'000)) == fields({Field::password}));
  machine.typed(Field::password, u"new");
  const Moment late = after(5 * 60'000);
  CHECK(inputs(machine, late) == fields({Field::code_first, Field::password}));
  CHECK_FALSE(is<SignInNow>(machine.submitted(late)));
}

TEST_CASE("a sealed password that had to be changed is sealed anew, by the consent there is") {
  TileMachine machine(tanaka());
  machine.selected(start);
  machine.replied(question(Factor::otp), start);
  machine.typed(Field::code_first, u"123456");
  machine.submitted(start);
  auth::TileVerdict verdict;
  verdict.answered.granted = true;
  verdict.answered.password = secret_utf8({u'o', u'l', u'd'});
  machine.replied(auth::Response(verdict), start);
  machine.lsa_said(static_cast<NtStatus>(0xC0000071U), 0, start);
  for (const Field field : {Field::new_password, Field::new_password_again}) machine.typed(field, u"new");
  machine.submitted(start);
  machine.lsa_said(0, 0, start);
  machine.typed(Field::password, u"new");
  REQUIRE(is<SignInNow>(machine.submitted(start)));
  const LsaReport report = machine.lsa_said(0, 0, start);
  REQUIRE(report.result.has_value());
  CHECK(report.result->accepted);
  CHECK(report.result->password_to_seal == secret_utf8({u'n', u'e', u'w'}));
}

TEST_CASE("an expired password that lives in the cloud is left to Windows' own screen") {
  TileMachine machine(setup_for(listed_account("S-1-12-1-1-2-3-4", u"AzureAD\\sato", true)));
  machine.selected(start);
  machine.replied(question(Factor::password), start);
  machine.typed(Field::password, u"pw");
  machine.submitted(start);
  machine.replied(grant(), start);
  const LsaReport report = machine.lsa_said(static_cast<NtStatus>(0xC0000071U), 0, start);
  CHECK(report.open_windows_screen);
  CHECK(inputs(machine) == fields({Field::password}));
}

TEST_CASE("an account by any of its spellings is the one Remote Desktop means, another is not") {
  const TileAccount account = listed_account("S-1-5-21-1-2-3-1001", u"CORP\\Tanaka", false);
  CHECK(is_same_account(account, u"corp", u"tanaka"));
  CHECK(is_same_account(account, u"", u"TANAKA"));
  CHECK(is_same_account(account, u"", u"corp\\tanaka"));
  CHECK_FALSE(is_same_account(account, u"OTHER", u"tanaka"));
  CHECK_FALSE(is_same_account(account, u"CORP", u"suzuki"));
  const TileAccount cloud = listed_account("S-1-5-21-1-2-3-1002", u"MicrosoftAccount\\taro@example.com", true);
  CHECK(is_same_account(cloud, u"MicrosoftAccount", u"taro@example.com"));
}

TEST_CASE("texts cross UTF-8 and UTF-16 unharmed, and what is not text becomes a replacement character") {
  for (const std::u16string_view text : {u"", u"abc", u"パスワード", u"é", u"🔑鍵"}) CHECK(utf16(utf8(text)) == text);
  CHECK(utf8(u"あ") == "\xE3\x81\x82");
  const std::u16string lone = {u'a', 0xD800, u'b', 0xDC00};
  CHECK(utf8(lone) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(utf16("\xC0\x80") == u"\uFFFD\uFFFD");
  CHECK(utf16("\xED\xA0\x80") == u"\uFFFD\uFFFD\uFFFD");
  CHECK(utf16("\xE3\x81") == u"\uFFFD\uFFFD");
  CHECK(utf16("\xF4\x90\x80\x80").size() == 4);
  const SecretUtf16 password = {u'秘', 0xD83D, 0xDD11};
  CHECK(secret_utf16(secret_utf8(password)) == password);
}

TEST_CASE("a time on the tile is rounded up to the minute and goes past midnight") {
  CHECK(clock_time(9 * 3600, 0) == u"09:00");
  CHECK(clock_time(9 * 3600, 1) == u"09:01");
  CHECK(clock_time(9 * 3600 + 30, 30'000) == u"09:01");
  CHECK(clock_time(23 * 3600 + 59 * 60, 15 * 60'000) == u"00:14");
}

TEST_CASE("every kind of English is answered in English, every other language in Japanese") {
  CHECK(language_of(0x0409) == Language::english);
  CHECK(language_of(0x0809) == Language::english);
  CHECK(language_of(0x0411) == Language::japanese);
  CHECK(language_of(0x0407) == Language::japanese);
}

TEST_CASE("every text with a placeholder has it filled") {
  const auto filled = text(Language::english, Text::refusal_throttled, {{u"until", u"09:30"}});
  CHECK(filled.find(u"09:30") != std::u16string::npos);
  CHECK(filled.find(u"{{") == std::u16string::npos);
}

TEST_CASE("the picture of a tile is opaque and has both of its colours") {
  const std::vector<std::uint32_t> pixels = tile_image();
  REQUIRE(pixels.size() == static_cast<std::size_t>(tile_image_size) * tile_image_size);
  std::size_t white = 0;
  for (const std::uint32_t pixel : pixels) {
    CHECK((pixel >> 24) == 0xFF);
    white += pixel == 0xFFFFFFFF ? 1 : 0;
  }
  CHECK(white > 500);
  CHECK(white < pixels.size() / 2);
}

TEST_CASE(
    "whatever LogonUI, bridge and LSA do in whatever order, nobody is signed in without grant, setting or change") {
  // A seeded walk over every call there is. What it must never see: a blob for LSA while the bridge has granted
  // nothing, nothing stood aside, and it was not silent for its whole minute.
  std::uint32_t seed = 20261121;
  const auto roll = [&seed](std::uint32_t below) {
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
  };
  const std::vector<Field> typeable = {Field::user_name,    Field::code_first,         Field::password,
                                       Field::code_last,    Field::recovery_code,      Field::emergency_response,
                                       Field::new_password, Field::new_password_again, Field::old_password};
  const std::vector<Field> links = {Field::recovery_link, Field::emergency_link, Field::code_link,
                                    Field::alternative_link};
  int signed_in = 0;
  for (int walk = 0; walk < 3000; ++walk) {
    TileSetup setup = roll(2) == 0 ? tanaka() : setup_for(std::nullopt);
    setup.mirror.when_bridge_down = WhenBridgeDown::deny;
    TileMachine machine(std::move(setup));
    std::uint64_t elapsed = 0;
    bool change_was_due = false;
    bool handed_over = false;
    for (int i = 0; i < 40; ++i) {
      elapsed += roll(2000);
      const Moment now = after(elapsed);
      Step step = Rest{};
      switch (roll(8)) {
        case 0:
          step = machine.selected(now);
          break;
        case 1:
          machine.deselected();
          change_was_due = false;
          break;
        case 2:
          step = machine.polled(now);
          break;
        case 3:
          machine.typed(typeable[roll(static_cast<std::uint32_t>(typeable.size()))], u".\\x");
          break;
        case 4:
          step = machine.clicked(links[roll(static_cast<std::uint32_t>(links.size()))], now);
          break;
        case 5: {
          const bool expires = roll(2) == 0;
          machine.lsa_said(static_cast<NtStatus>(expires ? 0xC0000071U : 0xC000006DU), 0, now);
          change_was_due = change_was_due || (expires && handed_over);
          handed_over = false;
          break;
        }
        default:
          step = machine.submitted(now);
      }
      bool granted = false;
      while (is<Ask>(step)) {
        const bool is_verdict = std::holds_alternative<auth::TileAnswers>(std::get<Ask>(step).request);
        granted = false;
        switch (roll(6)) {
          case 0:
            step = machine.replied(silence(), now);
            break;
          case 1:
            step = machine.replied(question(both), now);
            break;
          case 2:
            step = machine.replied(auth::Response(auth::AccountAnswer{"S-1-5-21-1-2-3-1002", "PC-01", "x"}), now);
            break;
          case 3:
            granted = is_verdict && roll(4) == 0;
            step = granted ? machine.replied(grant(), now) : machine.replied(silence(), now);
            break;
          case 4:
            step = machine.replied(auth::Response(auth::ChallengeAnswer{"1234"}), now);
            break;
          default: {
            auth::TileVerdict verdict;
            verdict.answered.refusal = "wrong";
            step = machine.replied(auth::Response(verdict), now);
          }
        }
      }
      if (is<SignInNow>(step)) {
        ++signed_in;
        handed_over = true;
        // After a change the code was proven before: LSA judged a blob of ours, and found the password expired.
        CHECK((granted || change_was_due));
      }
      static_cast<void>(machine.view(now));
    }
  }
  CHECK(signed_in > 100);
}

TEST_CASE("scenarios of Windows are ours by number, place and flags") {
  CHECK(scenario_of({.usage = 1}) == Scenario::logon);
  CHECK(scenario_of({.usage = 1, .remote_session = true}) == Scenario::remote_logon);
  CHECK(scenario_of({.usage = 2}) == Scenario::unlock);
  CHECK(scenario_of({.usage = 2, .remote_session = true}) == Scenario::remote_reconnect);
  CHECK(scenario_of({.usage = 4, .consent_prompt = true}) == Scenario::credential_prompt);
  for (const std::int32_t usage : {-1, 0, 3, 5, 6, 77}) CHECK_FALSE(scenario_of({.usage = usage}).has_value());
}
