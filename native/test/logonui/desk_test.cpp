// The whole way: LogonUI's calls, the tile, the pipe, and the real desk with its files behind it. What the desk
// decides is its own tests' matter; here both ends have to mean the same.
#include "core/emergency.h"
#include "provider/rehearsal/rehearsal_screen.h"
#include "test/logon_pc.h"
#include "test/logonui/com_fakes.h"
#include "test/logonui/fake_lsa.h"
#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

/// A PC whose bridge is the real desk.
class DeskPc : public Pc {
 public:
  DeskPc() {
    script.accounts["PC-01\\tanaka"] = {tanaka_sid, "PC-01", "tanaka"};
    answered_by = [this](const auth::Request& request, const PipePeer& peer) {
      return std::visit([this, &peer](const auto& asked) { return to(asked, peer); }, request);
    };
    stop_bridge();
    start_bridge();
  }

  test::LogonPc office;
  bool administrator = false;
  /// As long as the store cannot be read.
  bool damaged = false;

 private:
  SignIn sign_in(const auth::TileQuestion& about, const PipePeer& peer) const {
    return {.scenario = about.scenario,
            .attempt = {peer.process_id, 1, peer.session_id, about.sid},
            .administrator = administrator,
            .rehearsal = about.rehearsal};
  }
  auth::Response to(const auth::FilterQuestion& /*asked*/, const PipePeer& /*peer*/) {
    const bool enforced = office.server.enforcement;
    return auth::FilterAnswer{enforced, enforced ? Reason::by_methods : Reason::enforcement_off, true};
  }
  auth::Response to(const auth::TileQuestion& asked, const PipePeer& peer) {
    if (damaged) return auth::Failure{ErrorCode::damaged};
    return auth::TileAnswer{office.desk->question(sign_in(asked, peer), office.machine)};
  }
  auth::Response to(const auth::TileAnswers& given, const PipePeer& peer) {
    if (damaged) return auth::Failure{ErrorCode::damaged};
    return auth::TileVerdict{office.desk->answer(sign_in(given.about, peer), office.machine, given.answers)};
  }
  auth::Response to(const auth::PasswordResult& result, const PipePeer& peer) {
    const AttemptId attempt{peer.process_id, 1, peer.session_id, result.sid};
    const Result<void> noted = result.accepted
                                   ? office.desk->password_accepted(attempt, office.machine, result.password_to_seal)
                                   : office.desk->password_rejected(attempt);
    if (!noted) return auth::Failure{noted.error().code};
    return auth::PasswordResultNoted{};
  }
  auth::Response to(const auth::ChallengeQuestion& asked, const PipePeer& /*peer*/) {
    const Result<std::string> challenge = office.desk->emergency_challenge(asked.sid);
    if (!challenge) return auth::Failure{challenge.error().code};
    return auth::ChallengeAnswer{challenge.value()};
  }
  template <typename Other>
  auth::Response to(const Other& asked, const PipePeer& /*peer*/) {
    return script.answer(asked);
  }
};

std::u16string typed(std::string_view text) {
  return provider::utf16(text);
}

}  // namespace

TEST_CASE_FIXTURE(DeskPc, "with the real desk: code and password, LSA's word, the next code") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
  type_in(tile, typed(office.code()), u"pw");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().password == u"pw");
  CHECK(tile.report(status::success).text.empty());
  type_in(tile, typed(office.code()), u"pw");
  CHECK(says(tile.submit().text, u"もう使われました"));
  office.next_step();
  type_in(tile, typed(office.code()), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: after a wrong code the right one is taken") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, typed(office.wrong_code()), u"pw");
  CHECK(says(tile.submit().text, u"正しくありません"));
  type_in(tile, typed(office.code()), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: a slip in the password costs no code, three times") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  for (int slip = 0; slip < 3; ++slip) {
    type_in(tile, typed(office.code()), u"slip");
    REQUIRE(tile.submit().is_finished());
    tile.report(status::wrong_password);
  }
  type_in(tile, typed(office.code()), u"right");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::wrong_password);
  type_in(tile, typed(office.code()), u"right");
  CHECK(says(tile.submit().text, u"もう使われました"));
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: five wrong codes wait, and the tile says until when") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  for (int guess = 0; guess < 5; ++guess) {
    type_in(tile, typed(office.wrong_code()), u"pw");
    CHECK(tile.submit().is_refused());
  }
  type_in(tile, typed(office.code()), u"pw");
  CHECK(says(tile.submit().text, u"までワンタイムパスワードは受け付けられません"));
  tile.deselect();
  CHECK(tile.select());
  CHECK(says(tile.text(Field::status), u"まで"));
  office.clock.pass(31'000);
  type_in(tile, typed(office.code()), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: a clock that is off is said so, and two codes in a row put it right") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  const TimeStep ahead = office.step() + 20;
  type_in(tile, typed(office.code_of(ahead)), u"pw");
  CHECK(says(tile.submit().text, u"約 10 分遅れて"));
  office.next_step();
  type_in(tile, typed(office.code_of(ahead + 1)), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: a recovery code works once, also across a slip in the password") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  const auto bring = [&tile](const std::string& code) {
    tile.click(Field::recovery_link);
    tile.type(Field::recovery_code, typed(code));
    tile.type(Field::password, u"pw");
    return tile.submit();
  };
  REQUIRE(bring(office.recovery_codes[0]).is_finished());
  tile.report(status::wrong_password);
  REQUIRE(bring(office.recovery_codes[0]).is_finished());
  tile.report(status::success);
  CHECK(says(bring(office.recovery_codes[0]).text, u"もう使われました"));
  CHECK(says(bring("7KQ2").text, u"形が違います"));
  CHECK(bring(office.recovery_codes[1]).is_finished());
  CHECK(office.desk->standing(tanaka_sid)->recovery_codes_left == 1);
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: the response to the number on the tile, and to no other number") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.click(Field::emergency_link) == S_OK);
  const std::u16string shown = tile.text(Field::challenge);
  const std::u16string number = shown.substr(shown.find(u": ") + 2);
  std::string challenge;
  for (const char16_t character : number) {
    if (character != u'-') challenge.push_back(static_cast<char>(character));
  }
  tile.type(Field::emergency_response, u"00000000");
  tile.type(Field::password, u"pw");
  CHECK(says(tile.submit().text, u"応答コードが正しくありません"));
  CHECK(tile.text(Field::challenge) == shown);
  const std::string response = emergency_response(office.server.device_secret, tanaka_sid, challenge).value();
  tile.type(Field::emergency_response, typed(response));
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(
    DeskPc, "with the real desk: one who is not enrolled is asked for the password alone, by any of his names") {
  office.hear();
  Screen::Options options;
  options.users = {suzuki};
  options.account_options = 1;
  Screen screen(options);
  CHECK(screen.tile(0).select());
  CHECK(screen.tile(0).inputs() == "password");
  screen.tile(0).type(Field::password, u"pw");
  CHECK(screen.tile(0).submit().is_finished());
  script.accounts["PC-01\\suzuki"] = {suzuki_sid, "PC-01", "suzuki"};
  CHECK(screen.tile(1).select());
  screen.tile(1).type(Field::user_name, u".\\suzuki");
  screen.tile(1).type(Field::password, u"pw");
  CHECK(screen.tile(1).submit().logon().user == u"suzuki");
}

TEST_CASE_FIXTURE(
    DeskPc, "with the real desk: rehearsed beside Windows' own tile, signed in through ours, enforced from then on") {
  office.server.enforcement = false;
  office.hear();
  office.rehearse();
  CHECK(office.enrolment() == Enrolment::probation);
  Screen::Options options;
  options.users = {suzuki, tanaka};
  Screen screen(options);
  REQUIRE(screen.count() == 1);
  TileOnScreen& tile = screen.tile();
  CHECK(tile.sid() == tanaka.sid);
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
  CHECK(says(tile.text(Field::status), u"空のままでも"));
  office.next_step();
  type_in(tile, typed(office.code()), u"pw");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::success);
  CHECK(office.enrolment() == Enrolment::enforced);
}

TEST_CASE_FIXTURE(
    DeskPc,
    "with the real desk: a rehearsal in the session brings the account to probation, and a refused one does not") {
  office.hear();
  CHECK(office.enrolment() == Enrolment::rehearsal_due);
  switches().rehearsal = true;
  FakeLsa lsa;
  const auto opened = provider::RehearsalScreen::open(GetModuleHandleW(L"systemlog-provider-under-test.dll"),
                                                      {tanaka.sid, tanaka.qualified_name, false}, lsa);
  REQUIRE(opened.ok());
  const auto try_with = [&](std::uint32_t lsa_says) {
    lsa.answer = ntstatus(lsa_says);
    opened.value()->type(Field::code_first, wide(typed(office.code())));
    opened.value()->type(Field::password, L"pw");
    return opened.value()->submit().done;
  };
  CHECK_FALSE(try_with(status::wrong_password));
  CHECK(office.enrolment() == Enrolment::rehearsal_due);
  CHECK(try_with(status::success));
  CHECK(office.enrolment() == Enrolment::probation);
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: sealed with consent, the code alone; refused by LSA, both again") {
  office.server.accounts[tanaka_sid].methods = "otp";
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
  REQUIRE(tile.shows(Field::seal));
  tile.tick(Field::seal, true);
  type_in(tile, typed(office.code()), u"秘密");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::success);
  tile.deselect();
  office.next_step();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code");
  type_in(tile, typed(office.code()), u"");
  const Submission alone = tile.submit();
  REQUIRE(alone.is_finished());
  CHECK(alone.logon().password == u"秘密");
  tile.report(status::wrong_password);
  tile.deselect();
  CHECK(tile.select());
  CHECK(tile.inputs() == "code password");
}

TEST_CASE_FIXTURE(DeskPc, "with the real desk: a store that cannot be read is nobody's wrong code") {
  set_mirror(L"Enforcement", 1);
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  damaged = true;
  type_in(tile, typed(office.code()), u"pw");
  CHECK(says(tile.submit().text, u"入力が間違っていたわけではありません"));
  CHECK(tile.inputs() == "password");
  CHECK(says(tile.text(Field::status), u"返事がありません"));
  tile.deselect();
  CHECK(tile.select());
  CHECK(says(tile.text(Field::status), u"データが壊れている"));
  damaged = false;
  CHECK(happens([&tile] { return tile.inputs() == "code password"; }));
}

TEST_CASE_FIXTURE(
    DeskPc, "with the real desk: a disk that takes nothing is said so, is nobody's wrong code, and lets nobody in") {
  office.enforce();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  type_in(tile, typed(office.code()), u"pw");
  office.files.set_fault([](std::string_view) { return ErrorCode::disk_full; });
  const Submission refused = tile.submit();
  CHECK(refused.is_refused());
  CHECK(says(refused.text, u"数字が間違っていたわけではありません"));
  CHECK(refused.blob.empty());
  office.files.heal();
  type_in(tile, typed(office.code()), u"pw");
  CHECK(tile.submit().is_finished());
}
