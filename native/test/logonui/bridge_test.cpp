// A bridge that is late, gone, broken or hostile: nobody is shut out by it, nobody let in, and nobody told he was
// wrong.
#include <cstdio>

#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

/// For cases whose bridge says nothing for good.
void hurry() {
  switches().call_ms = 300;
  switches().first_look_ms = 50;
}

}  // namespace

TEST_CASE_FIXTURE(
    Pc, "the first sign-in after boot: the service is not there yet, the tile says so and goes on when it is") {
  set_mirror(L"Enforcement", 1);
  stop_bridge();
  Screen screen;
  REQUIRE(screen.count() == 1);
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.text(Field::heading) == u"認証サービスを待っています");
  CHECK(says(tile.text(Field::status), u"秒"));
  CHECK(tile.inputs().empty());
  CHECK_FALSE(tile.shows(Field::submit));
  CHECK(tile.submit().is_refused());
  start_bridge();
  CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
  type_in(tile, u"123456", u"pw");
  CHECK(tile.submit().is_finished());
  CHECK(happens([this] { return bridge().presences() == 1; }));
}

TEST_CASE_FIXTURE(Pc, "after the wait the password alone will do, if the company says so, and the tile says why") {
  switches().wait_for_bridge_ms = 1;
  set_mirror(L"Enforcement", 1);
  stop_bridge();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(happens([&tile] { return tile.inputs() == "password"; }));
  CHECK(says(tile.text(Field::status), u"今回はパスワードだけで"));
  tile.type(Field::password, u"pw");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().password == u"pw");
}

TEST_CASE_FIXTURE(Pc,
                  "a bridge that comes back at the last moment is asked before the password alone is let through") {
  switches().wait_for_bridge_ms = 1;
  set_mirror(L"Enforcement", 1);
  stop_bridge();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(happens([&tile] { return tile.inputs() == "password"; }));
  tile.type(Field::password, u"pw");
  start_bridge();
  script.judge = [](const auth::TileAnswers& given) {
    return given.answers.code.empty() ? refused("code-missing") : granted();
  };
  CHECK(says(tile.submit().text, u"ワンタイムパスワードを入力"));
  CHECK(tile.inputs() == "code password");
}

TEST_CASE_FIXTURE(Pc, "after the wait nobody but the break-glass accounts gets in, if the company says so") {
  switches().wait_for_bridge_ms = 1;
  set_mirror(L"Enforcement", 1);
  set_mirror(L"WhenBridgeDown", 1);
  set_break_glass({L"S-1-5-21-1-2-3-499", L"S-1-5-21-1-2-3-500"});
  stop_bridge();
  Screen::Options options;
  options.users = {tanaka, {u"S-1-5-21-1-2-3-500", u"PC-01\\rescue"}};
  options.account_options = 1;
  Screen screen(options);
  REQUIRE(screen.count() == 3);
  CHECK(screen.tile(0).select());
  CHECK(happens([&screen] { return screen.tile(0).text(Field::heading) == u"いまはサインインできません"; }));
  CHECK(says(screen.tile(0).text(Field::status), u"会社の設定により"));
  CHECK(screen.tile(0).submit().is_refused());
  screen.tile(0).deselect();

  CHECK(screen.tile(1).select());
  CHECK(screen.tile(1).inputs() == "password");
  screen.tile(1).type(Field::password, u"pw");
  CHECK(screen.tile(1).submit().is_finished());

  TileOnScreen& other = screen.tile(2);
  CHECK(other.select());
  other.type(Field::user_name, u".\\tanaka");
  other.type(Field::password, u"pw");
  const Submission denied = other.submit();
  CHECK(denied.is_refused());
  CHECK(says(denied.text, u"会社の設定により"));
  other.type(Field::user_name, u".\\rescue");
  other.type(Field::password, u"pw");
  const Submission rescued = other.submit();
  REQUIRE(rescued.is_finished());
  CHECK(rescued.logon().user == u"rescue");
}

TEST_CASE_FIXTURE(Pc, "changing tiles begins no new wait") {
  switches().wait_for_bridge_ms = 400;
  set_mirror(L"Enforcement", 1);
  stop_bridge();
  Screen::Options options;
  options.users = {tanaka, suzuki};
  Screen screen(options);
  CHECK(screen.tile(0).select());
  CHECK(happens([&screen] { return screen.tile(0).inputs() == "password"; }));
  screen.tile(0).deselect();
  CHECK(screen.tile(1).select());
  CHECK(screen.tile(1).inputs() == "password");
}

TEST_CASE_FIXTURE(Pc, "a break-glass account does not wait for the bridge") {
  set_mirror(L"Enforcement", 1);
  set_break_glass({L"S-1-5-21-1-2-3-1001"});
  stop_bridge();
  Screen screen;
  CHECK(screen.tile().select());
  CHECK(screen.tile().inputs() == "password");
}

TEST_CASE_FIXTURE(Pc, "a store that is damaged or put back is said so, at once, and is nobody's wrong code") {
  set_mirror(L"Enforcement", 1);
  for (const ErrorCode code : {ErrorCode::damaged, ErrorCode::rolled_back}) {
    script.failure = code;
    Screen screen;
    CHECK(screen.tile().select());
    CHECK(screen.tile().inputs() == "password");
    CHECK(says(screen.tile().text(Field::status), u"データが壊れている"));
    screen.tile().type(Field::password, u"pw");
    CHECK(screen.tile().submit().is_finished());
  }
  set_mirror(L"WhenBridgeDown", 1);
  Screen screen;
  CHECK(screen.tile().select());
  CHECK(says(screen.tile().text(Field::status), u"直るまで"));
  CHECK(screen.tile().submit().is_refused());
}

TEST_CASE_FIXTURE(Pc, "a bridge that says it cannot is waited for, whatever it says") {
  set_mirror(L"Enforcement", 1);
  for (const ErrorCode code : {ErrorCode::io_failed, ErrorCode::disk_full, ErrorCode::locked, ErrorCode::refused,
                               ErrorCode::not_found, ErrorCode::crypto_failed}) {
    script.failure = code;
    Screen screen;
    CHECK(screen.tile().select());
    CHECK(screen.tile().text(Field::heading) == u"認証サービスを待っています");
  }
}

TEST_CASE_FIXTURE(Pc, "an answer that is garbage, too long, cut off or another's is no answer") {
  set_mirror(L"Enforcement", 1);
  for (const Fault fault :
       {Fault::garbage, Fault::oversized, Fault::dies_mid_answer, Fault::wrong_answer, Fault::closes_at_once}) {
    CAPTURE(static_cast<int>(fault));
    bridge().misbehave(Fault::none);
    Screen screen;
    TileOnScreen& tile = screen.tile();
    CHECK(tile.select());
    CHECK(tile.inputs() == "code password");
    bridge().misbehave(fault);
    type_in(tile, u"123456", u"pw");
    const Submission submission = tile.submit();
    CHECK(submission.is_refused());
    CHECK(says(submission.text, u"認証サービスから返事がありません"));
    CHECK(submission.blob.empty());
    CHECK(tile.text(Field::heading) == u"認証サービスを待っています");
    bridge().misbehave(Fault::none);
    CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
    CHECK(tile.content(Field::password) == u"pw");
    CHECK(tile.submit().is_finished());
  }
}

TEST_CASE_FIXTURE(Pc, "an answer that comes in single bytes is an answer") {
  bridge().misbehave(Fault::dribbles);
  Screen screen;
  CHECK(screen.tile().select());
  type_in(screen.tile(), u"123456", u"pw");
  CHECK(screen.tile().submit().is_finished());
}

TEST_CASE_FIXTURE(Pc, "a bridge that is slow is waited for on the tile, and its answer taken when it comes") {
  switches().first_look_ms = 50;
  set_mirror(L"Enforcement", 1);
  Screen screen;
  TileOnScreen& tile = screen.tile();
  bridge().misbehave(Fault::slow);
  CHECK(tile.select());
  CHECK(tile.text(Field::heading) == u"認証サービスを待っています");
  CHECK(tile.inputs().empty());
  bridge().release();
  CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
  CHECK(tile.text(Field::heading) == u"サインイン");
}

TEST_CASE_FIXTURE(Pc, "the screen does not flash: waiting for the bridge never has LogonUI begin anew") {
  set_mirror(L"Enforcement", 1);
  stop_bridge();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  const std::u16string first = tile.text(Field::status);
  // The seconds that are left count down, by many a poll.
  CHECK(happens([&] { return tile.text(Field::status) != first; }));
  start_bridge();
  CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
  CHECK(screen.times_changed() == 0);
}

TEST_CASE_FIXTURE(Pc, "switching users back and forth, with a bridge and without, always ends at a tile") {
  set_mirror(L"Enforcement", 1);
  Screen::Options options;
  options.users = {tanaka, suzuki};
  options.account_options = 1;
  for (int round = 0; round < 20; ++round) {
    if (round == 10) stop_bridge();
    Screen screen(options);
    REQUIRE(screen.count() == 3);
    for (const std::size_t number : {0U, 1U, 2U, 1U, 0U}) {
      CHECK(screen.tile(number).select());
      CHECK_FALSE(screen.tile(number).text(Field::heading).empty());
      screen.tile(number).deselect();
    }
    CHECK(screen.times_changed() == 0);
  }
}

TEST_CASE_FIXTURE(Pc, "a bridge that hangs holds up no call of LogonUI's") {
  // At the pace that ships: the calls below come back while the bridge still hangs.
  switches().call_ms = 1400;
  switches().first_look_ms = 300;
  set_mirror(L"Enforcement", 1);
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  bridge().misbehave(Fault::hangs);
  const ULONGLONG before = GetTickCount64();
  const Submission submission = tile.submit();
  const ULONGLONG submitted = GetTickCount64();
  CHECK(says(submission.text, u"認証サービスから返事がありません"));
  CHECK(tile.select());
  const ULONGLONG selected = GetTickCount64();
  CHECK(tile.text(Field::heading) == u"認証サービスを待っています");
  std::printf("figure: with a bridge that hangs, a submission comes back after %llu ms, a selection after %llu ms\n",
              submitted - before, selected - submitted);
  bridge().release();
}

TEST_CASE_FIXTURE(
    Pc, "the code was right but the service died before it said so: the same code is taken when it is back") {
  set_mirror(L"Enforcement", 1);
  int used = 0;
  script.judge = [&used](const auth::TileAnswers& given) {
    if (given.answers.code != "123456") return refused("wrong");
    ++used;
    return granted();
  };
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, u"123456", u"pw");
  bridge().misbehave(Fault::closes_at_once);
  const Submission lost = tile.submit();
  CHECK(says(lost.text, u"入力が間違っていたわけではありません"));
  stop_bridge();
  start_bridge();
  CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
  CHECK(tile.submit().is_finished());
  CHECK(used == 1);
}

TEST_CASE_FIXTURE(Pc, "LogonUI may let go of a tile that still waits for its answer") {
  hurry();
  set_mirror(L"Enforcement", 1);
  bridge().misbehave(Fault::hangs);
  {
    Screen::Options options;
    options.users = {tanaka, suzuki};
    Screen screen(options);
    CHECK(screen.tile(0).select());
    screen.tile(0).unadvise();
    CHECK(screen.tile(1).select());
    screen.tile(1).deselect();
    CHECK(screen.tile(1).select());
  }
  bridge().release();
}

TEST_CASE_FIXTURE(
    Pc, "a bridge of another version makes us stand down: a password signs in, and the filter hides nobody") {
  set_mirror(L"Enforcement", 1);
  Screen screen;
  CHECK(screen.tile().select());
  bridge().misbehave(Fault::other_protocol);
  type_in(screen.tile(), u"", u"pw");
  CHECK(screen.tile().select());
  CHECK(screen.tile().inputs() == "password");
  CHECK(screen.tile().submit().is_finished());
  CHECK(filtered(logon, {L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}"})[0]);
  CHECK(Screen(Screen::Options()).usage_result() == E_NOTIMPL);
  bridge().misbehave(Fault::none);
  script.failure = ErrorCode::unsupported_version;
  CHECK(Screen(Screen::Options()).usage_result() == E_NOTIMPL);
}

TEST_CASE_FIXTURE(Pc, "an emergency number cannot be had from a bridge that is gone, and the tile says why") {
  set_mirror(L"Enforcement", 1);
  Screen screen;
  CHECK(screen.tile().select());
  stop_bridge();
  CHECK(screen.tile().click(Field::emergency_link) == S_OK);
  CHECK(says(screen.tile().text(Field::status), u"認証サービスから返事がありません"));
  CHECK(screen.tile().inputs() == "code password");
}

TEST_CASE_FIXTURE(Pc, "with enforcement off a bridge that is gone costs nobody a tile or a password") {
  stop_bridge();
  Screen::Options options;
  options.account_options = 1;
  Screen screen(options);
  REQUIRE(screen.count() == 1);
  TileOnScreen& other = screen.tile();
  CHECK(other.sid().empty());
  CHECK(other.select());
  other.type(Field::user_name, u".\\suzuki");
  other.type(Field::password, u"pw");
  CHECK(other.submit().is_finished());
}
