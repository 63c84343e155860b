// What stays visible, what does not, and when we keep out of it.
#include <algorithm>

#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

constexpr const wchar_t* windows_password = L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}";
/// As registered on a Windows 11, and a stranger's.
const std::vector<const wchar_t*> others = {windows_password,
                                            L"{cb82ea12-9f71-446d-89e1-8d0924e1256e}",
                                            L"{D6886603-9D2F-4EB2-B667-1971041FA96B}",
                                            L"{8AF662BF-65A0-4D0A-A540-A338A999D36F}",
                                            L"{BEC09223-B018-416D-A0AC-523971B639F5}",
                                            L"{F8A0B131-5F68-486c-8040-7E8FC3C85BB6}",
                                            L"{F8A1793B-7873-4046-B2A7-1F318747F427}",
                                            L"{2135f72a-90b5-4ed3-a7f1-8bb705ac276a}",
                                            L"{25CBB996-92ED-457e-B28C-4774084BD562}",
                                            L"{01A30791-40AE-4653-AB2E-FD210019AE88}",
                                            L"{12345678-9abc-def0-1234-56789abcdef0}"};
const std::vector<const wchar_t*> smart_cards = {
    L"{8FD7E19C-3BF7-489B-A72C-846AB3678C96}", L"{94596c7e-3744-41ce-893e-bbf09122f76a}",
    L"{1b283861-754f-4022-ad47-a5eaaa618894}", L"{1ee7337f-85ac-45e2-a23c-37c753209769}"};

std::vector<const wchar_t*> everything() {
  std::vector<const wchar_t*> all = others;
  all.insert(all.end(), smart_cards.begin(), smart_cards.end());
  all.push_back(our_class);
  return all;
}

/// `others hidden, cards shown, ours shown`
std::string outcome(Usage usage, DWORD flags = 0) {
  const std::vector<bool> allowed = filtered(usage, everything(), flags);
  const auto all = [&allowed](std::size_t from, std::size_t to, bool value) {
    return std::all_of(allowed.begin() + static_cast<std::ptrdiff_t>(from),
                       allowed.begin() + static_cast<std::ptrdiff_t>(to), [value](bool one) { return one == value; });
  };
  const std::size_t cards = others.size();
  const std::size_t ours = cards + smart_cards.size();
  const auto word = [&all](std::size_t from, std::size_t to) {
    return all(from, to, true) ? "shown" : all(from, to, false) ? "hidden" : "mixed";
  };
  return std::string("others ") + word(0, cards) + ", cards " + word(cards, ours) + ", ours " + word(ours, ours + 1);
}

const std::string hides = "others hidden, cards shown, ours shown";
const std::string hides_cards_too = "others hidden, cards hidden, ours shown";
const std::string untouched = "others shown, cards shown, ours shown";

}  // namespace

TEST_CASE_FIXTURE(
    Pc, "while enforcement is on every other way in is hidden at sign-in and unlock, smart cards by policy") {
  CHECK(outcome(logon) == hides);
  CHECK(outcome(unlock) == hides);
  script.filter.smart_cards_stay = false;
  CHECK(outcome(logon) == hides_cards_too);
}

TEST_CASE_FIXTURE(
    Pc, "password changes, network logon, other prompts and what Windows thinks of next are left as they are") {
  for (const Usage usage : {change_password, plap, invalid, unheard_of, credui}) CHECK(outcome(usage) == untouched);
  switches().consent_prompt = true;
  CHECK(outcome(credui) == hides);
  CHECK(outcome(credui, 0x1) == untouched);
}

TEST_CASE_FIXTURE(Pc, "with no provider in the list nothing happens, and what was hidden before stays hidden") {
  CHECK(filtered(logon, {}).empty());
  void* filter = nullptr;
  REQUIRE(CoCreateInstance(guid(our_class), nullptr, CLSCTX_INPROC_SERVER, guid(iid::filter), &filter) == S_OK);
  GUID ids[] = {guid(windows_password), guid(our_class)};
  BOOL allowed[] = {FALSE, FALSE};
  CHECK(call(filter, 3, static_cast<int>(logon), DWORD{0}, static_cast<GUID*>(ids), static_cast<BOOL*>(allowed),
             DWORD{2}) == S_OK);
  CHECK(allowed[0] == FALSE);
  CHECK(allowed[1] == FALSE);
  CHECK(call(filter, 3, static_cast<int>(logon), DWORD{0}, nullptr, nullptr, DWORD{2}) == S_OK);
  release(filter);
}

TEST_CASE_FIXTURE(Pc, "a list of a thousand providers is gone through whole") {
  std::vector<const wchar_t*> many(1000, windows_password);
  many[500] = our_class;
  const std::vector<bool> allowed = filtered(logon, many);
  CHECK(std::count(allowed.begin(), allowed.end(), true) == 1);
  CHECK(allowed[500]);
}

TEST_CASE_FIXTURE(Pc, "enforcement off, recovery flag, crash breaker and a removed feature each open the filter") {
  for (const Reason reason : {Reason::enforcement_off, Reason::recovery_flag, Reason::crash_breaker,
                              Reason::protocol_incompatible, Reason::feature_not_installed}) {
    script.filter = {.hide_others = false, .reason = reason, .smart_cards_stay = true};
    CHECK(outcome(logon) == untouched);
    CHECK(Screen(Screen::Options()).usage_result() == (reason == Reason::enforcement_off ? S_OK : E_NOTIMPL));
  }
  // It cannot be talked into hiding without saying that enforcement is why.
  script.filter = {.hide_others = true, .reason = Reason::crash_breaker, .smart_cards_stay = true};
  CHECK(outcome(logon) == untouched);
}

TEST_CASE_FIXTURE(Pc, "a bridge that is down is no reason to stand down: the registry says what it last said") {
  stop_bridge();
  CHECK(outcome(logon) == untouched);
  set_mirror(L"Enforcement", 1);
  CHECK(outcome(logon) == hides);
  CHECK(outcome(unlock) == hides);
  set_mirror(L"SmartCards", 0);
  CHECK(outcome(logon) == hides_cards_too);
  for (const wchar_t* flag : {L"RecoveryFlag", L"CrashBreaker"}) {
    set_mirror(flag, 1);
    CHECK(outcome(logon) == untouched);
    CHECK(Screen(Screen::Options()).usage_result() == E_NOTIMPL);
    set_mirror(flag, 0);
  }
  switches().consent_prompt = true;
  CHECK(outcome(credui) == untouched);
  set_mirror(L"Prompts", 1);
  CHECK(outcome(credui) == hides_cards_too);
}

TEST_CASE_FIXTURE(Pc, "garbage from the pipe neither opens the filter nor shuts it") {
  for (const Fault fault : {Fault::garbage, Fault::oversized, Fault::dies_mid_answer, Fault::closes_at_once}) {
    clear_mirror();
    bridge().misbehave(fault);
    CHECK(outcome(logon) == untouched);
    set_mirror(L"Enforcement", 1);
    CHECK(outcome(logon) == hides);
  }
  bridge().misbehave(Fault::none);
  script.failure = ErrorCode::damaged;
  CHECK(outcome(logon) == hides);
}

TEST_CASE_FIXTURE(Pc,
                  "with enforcement off only those who are to prove themselves get our tile beside Windows' own") {
  script.filter = {.hide_others = false, .reason = Reason::enforcement_off, .smart_cards_stay = true};
  Question proving = asking(code_and_password, Reason::probation);
  proving.decision.code_optional = true;
  script.questions[tanaka_sid] = proving;
  script.questions[suzuki_sid] = {.decision = {.action = Action::stand_aside, .reason = Reason::enforcement_off}};
  Screen::Options options;
  options.users = {suzuki, tanaka};
  Screen screen(options);
  REQUIRE(screen.count() == 1);
  CHECK(screen.tile().sid() == tanaka.sid);
  CHECK(screen.tile().select());
  CHECK(screen.tile().inputs() == "code password");
}

TEST_CASE_FIXTURE(Pc, "installed and nobody enrolled: no tile of ours, nothing hidden") {
  script.filter = {.hide_others = false, .reason = Reason::enforcement_off, .smart_cards_stay = true};
  script.question_for_others = {.decision = {.action = Action::stand_aside, .reason = Reason::enforcement_off}};
  Screen::Options options;
  options.users = {tanaka, suzuki};
  CHECK(Screen(options).count() == 0);
  CHECK(outcome(logon) == untouched);
}
