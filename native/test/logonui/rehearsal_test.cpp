// The rehearsal's own player of LogonUI, over the same DLL and the same bridge; LSA is played.
#include "provider/rehearsal/rehearsal_screen.h"
#include "provider/windows/com_object.h"
#include "test/logonui/fake_lsa.h"
#include "test/logonui/script.h"

namespace systemlog::provider {

/// The player's objects are counted here as the DLL's are there.
std::atomic<long>& live_count() noexcept {
  static constinit std::atomic<long> alive = 0;
  return alive;
}

}  // namespace systemlog::provider

using namespace systemlog;
using namespace systemlog::logonui;
using provider::RehearsalScreen;
using provider::Rehearsed;

namespace {

/// Enrolled and not yet enforced: the company has enforcement off, or the account has still to rehearse.
class RehearsingPc : public Pc {
 public:
  RehearsingPc() {
    switches().rehearsal = true;
    script.filter = {.hide_others = false, .reason = Reason::enforcement_off, .smart_cards_stay = true};
  }
  Result<std::unique_ptr<RehearsalScreen>> open() {
    return RehearsalScreen::open(GetModuleHandleW(L"systemlog-provider-under-test.dll"),
                                 {tanaka.sid, tanaka.qualified_name, false}, lsa);
  }
  static void type_in(RehearsalScreen& screen, const wchar_t* code, const wchar_t* password) {
    screen.type(Field::code_first, code);
    screen.type(Field::password, password);
  }
  FakeLsa lsa;
};

}  // namespace

TEST_CASE_FIXTURE(
    RehearsingPc,
    "a rehearsal asks for code and password before anything is enforced, and says at the bridge that it is one") {
  const auto opened = open();
  REQUIRE(opened.ok());
  RehearsalScreen& screen = *opened.value();
  CHECK(screen.at(Field::heading).text == u"サインインのテスト");
  CHECK(screen.at(Field::code_first).visible);
  CHECK(screen.at(Field::code_first).numbers_only);
  CHECK(screen.at(Field::password).visible);
  CHECK(screen.at(Field::password).kind == provider::FieldKind::password_text);
  CHECK(screen.at(Field::submit).visible);
  REQUIRE_FALSE(script.asked.empty());
  CHECK(script.asked.back().rehearsal);
  type_in(screen, L"000000", L"pw");
  const Rehearsed wrong = screen.submit();
  CHECK_FALSE(wrong.done);
  CHECK(says(wrong.text, u"ワンタイムパスワードが正しくありません"));
  CHECK(lsa.blobs.empty());
  type_in(screen, L"123456", L"pw");
  CHECK(screen.submit().done);
  CHECK(script.given.back().about.rehearsal);
  REQUIRE(script.results.size() == 1);
  CHECK(script.results[0].accepted);
  REQUIRE(lsa.blobs.size() == 1);
  const Result<LogonBlob> blob = unpack_logon_blob(lsa.blobs[0]);
  REQUIRE(blob.ok());
  CHECK(blob.value().user == u"tanaka");
}

TEST_CASE_FIXTURE(RehearsingPc, "what LSA refuses in a rehearsal has not been rehearsed, and is said") {
  const auto opened = open();
  REQUIRE(opened.ok());
  lsa.answer = ntstatus(status::wrong_password);
  type_in(*opened.value(), L"123456", L"slip");
  const Rehearsed refused = opened.value()->submit();
  CHECK_FALSE(refused.done);
  CHECK(says(refused.text, u"パスワードが正しくありません"));
  REQUIRE(script.results.size() == 1);
  CHECK_FALSE(script.results[0].accepted);
}

TEST_CASE_FIXTURE(
    RehearsingPc,
    "an expired password is changed in a rehearsal as at the logon screen, and only the sign-in after it counts") {
  const auto opened = open();
  REQUIRE(opened.ok());
  RehearsalScreen& screen = *opened.value();
  lsa.answer = ntstatus(status::must_change);
  type_in(screen, L"123456", L"old");
  CHECK_FALSE(screen.submit().done);
  CHECK(screen.at(Field::new_password).visible);
  lsa.answer = ntstatus(status::success);
  screen.type(Field::old_password, L"old");
  screen.type(Field::new_password, L"new");
  screen.type(Field::new_password_again, L"new");
  CHECK_FALSE(screen.submit().done);
  REQUIRE(lsa.blobs.size() == 2);
  CHECK(lsa.blobs[1][0] == 7);
  screen.type(Field::password, L"new");
  CHECK(screen.submit().done);
}

TEST_CASE_FIXTURE(RehearsingPc,
                  "a password alone rehearses nothing: not without a bridge, and not where nothing is asked for") {
  set_mirror(L"Enforcement", 0);
  switches().wait_for_bridge_ms = 1;
  {
    const auto opened = open();
    REQUIRE(opened.ok());
    stop_bridge();
    type_in(*opened.value(), L"123456", L"pw");
    CHECK(says(opened.value()->submit().text, u"認証サービスから返事がありません"));
    CHECK(happens([&] {
      return opened.value()->at(Field::password).visible && !opened.value()->at(Field::code_first).visible;
    }));
    opened.value()->type(Field::password, L"pw");
    CHECK_FALSE(opened.value()->submit().done);
  }
  start_bridge();
  script.question_for_others = {.decision = {.action = Action::stand_aside, .reason = Reason::enforcement_off}};
  const auto opened = open();
  REQUIRE(opened.ok());
  opened.value()->type(Field::password, L"pw");
  CHECK(says(opened.value()->submit().text, u"設定が変わりました"));
  CHECK(lsa.blobs.empty());
}

TEST_CASE_FIXTURE(RehearsingPc, "where the provider stands down there is nothing to rehearse") {
  script.filter.reason = Reason::crash_breaker;
  const auto opened = open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::refused);
}
