// LogonUI, the DLL and the bridge, each in a process of its own, with nothing between them but the pipe.
#include <algorithm>
#include <cstdio>

#include "test/logonui/programs.h"
#include "test/logonui/script.h"
#include "test/logonui/tanaka.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

const std::vector<const wchar_t*> windows_own = {L"{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}"};

/// A PC whose bridge is a process, and not up yet.
class BridgePc : public Pc {
 public:
  BridgePc() { stop_bridge(); }

  /// The code of now, and the one after it, which is taken already.
  std::u16string code() const { return provider::utf16(tanaka_code(step_)); }
  std::u16string next_code() const { return provider::utf16(tanaka_code(step_ + 1)); }
  /// Starts the bridge and waits until it has said what the filter has to know.
  void up(const std::string& falls_before = "nothing") {
    real.start(falls_before);
    REQUIRE(happens([] { return !filtered(logon, windows_own)[0]; }));
  }
  /// The tile once the bridge has told it what to ask.
  bool asks(TileOnScreen& tile) {
    CHECK(tile.select());
    return happens([&tile] { return tile.inputs() == "code password"; });
  }

  test::Folder folder;
  RealBridge real{folder.path(), pipe()};

 private:
  const std::int64_t step_ = wall_now_ms() / 30'000;
};

}  // namespace

TEST_CASE_FIXTURE(
    BridgePc, "with the real bridge: it hides Windows' own ways in, takes a code once, and is told what LSA said") {
  up();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  REQUIRE(asks(tile));
  type_in(tile, code(), u"slip");
  REQUIRE(tile.submit().is_finished());
  tile.report(status::wrong_password);
  type_in(tile, code(), u"pw");
  const Submission done = tile.submit();
  REQUIRE(done.is_finished());
  CHECK(done.logon().user == u"tanaka");
  CHECK(done.logon().password == u"pw");
  CHECK(tile.report(status::success).text.empty());
  type_in(tile, code(), u"pw");
  CHECK(says(tile.submit().text, u"もう使われました"));
  type_in(tile, next_code(), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(BridgePc,
                  "with the real bridge: started late, the tile goes on when it is there, and nobody touched a key") {
  set_mirror(L"Enforcement", 1);
  Screen screen;
  TileOnScreen& tile = screen.tile();
  CHECK(tile.select());
  CHECK(tile.text(Field::heading) == u"認証サービスを待っています");
  const ULONGLONG before = GetTickCount64();
  real.start();
  REQUIRE(happens([&tile] { return tile.inputs() == "code password"; }));
  std::printf("figure: from the start of the bridge's process to the fields on a tile that waits %llu ms\n",
              GetTickCount64() - before);
  CHECK(screen.times_changed() == 0);
  type_in(tile, code(), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(BridgePc,
                  "with the real bridge: killed before it wrote the code down, it takes that code when it is back") {
  up("write");
  Screen screen;
  TileOnScreen& tile = screen.tile();
  REQUIRE(asks(tile));
  type_in(tile, code(), u"pw");
  Submission lost;
  real.kill_in([&] { lost = tile.submit(); });
  CHECK(lost.is_refused());
  CHECK(says(lost.text, u"入力が間違っていたわけではありません"));
  CHECK(lost.blob.empty());
  CHECK(happens([&tile] { return tile.inputs().empty(); }));
  real.start();
  REQUIRE(happens([&tile] { return tile.inputs() == "code password"; }));
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(BridgePc,
                  "with the real bridge: killed after it wrote the code down, it takes no code twice, and says so") {
  up("flush");
  Screen screen;
  TileOnScreen& tile = screen.tile();
  REQUIRE(asks(tile));
  type_in(tile, code(), u"pw");
  Submission lost;
  real.kill_in([&] { lost = tile.submit(); });
  CHECK(lost.is_refused());
  CHECK(lost.blob.empty());
  real.start();
  REQUIRE(happens([&tile] { return tile.inputs() == "code password"; }));
  CHECK(says(tile.submit().text, u"もう使われました"));
  type_in(tile, next_code(), u"pw");
  CHECK(tile.submit().is_finished());
}

TEST_CASE_FIXTURE(BridgePc,
                  "with the real bridge: a hundred logon screens that nobody touched trip no breaker, three that "
                  "fell over in GetSerialization do") {
  up();
  Screen::Options options;
  {
    Screen screen(options);
    REQUIRE(asks(screen.tile()));
  }
  for (int i = 0; i < 5; ++i) {
    const Typist looks("look", pipe(), "20");
    CHECK(looks.exit_code() == 0U);
    CHECK(looks.says("counted 20 tiles"));
  }
  CHECK_FALSE(filtered(logon, windows_own)[0]);
  // Three codes, of which the first is about to be too old.
  REQUIRE(happens([] { return wall_now_ms() % 30'000 < 25'000; }));
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(filtered(logon, windows_own)[0]);
    const Typist falls("fall", pipe(), tanaka_code(wall_now_ms() / 30'000 - 1 + i));
    CHECK(falls.exit_code() == EXCEPTION_ACCESS_VIOLATION);
    CHECK(falls.says("did select"));
    CHECK_FALSE(falls.mentions("survive"));
  }
  // It stands down: for the filter, for the provider, and for one that cannot reach the bridge.
  CHECK(happens([] { return bool{filtered(logon, windows_own)[0]}; }));
  CHECK(Screen(options).usage_result() == E_NOTIMPL);
  real.kill();
  CHECK(filtered(logon, windows_own)[0]);
  CHECK(Screen(options).usage_result() == E_NOTIMPL);
}

TEST_CASE_FIXTURE(BridgePc, "with the real bridge: what a tile costs through the pipe") {
  up();
  Screen screen;
  TileOnScreen& tile = screen.tile();
  REQUIRE(asks(tile));
  std::vector<double> took_ms;
  LARGE_INTEGER frequency{};
  QueryPerformanceFrequency(&frequency);
  for (int i = 0; i < 300; ++i) {
    LARGE_INTEGER before{};
    LARGE_INTEGER after{};
    tile.deselect();
    QueryPerformanceCounter(&before);
    tile.select();
    QueryPerformanceCounter(&after);
    took_ms.push_back(1000.0 * static_cast<double>(after.QuadPart - before.QuadPart) /
                      static_cast<double>(frequency.QuadPart));
  }
  CHECK(tile.inputs() == "code password");
  std::sort(took_ms.begin(), took_ms.end());
  std::printf("figure: a tile chosen, asked about at the bridge and drawn: median %.2f ms, p99 %.2f ms (Wine)\n",
              took_ms[took_ms.size() / 2], took_ms[took_ms.size() * 99 / 100]);
}
