// The DLL that ships, with nothing behind its seams but Windows, as far as Wine can go: it loads, it draws, it goes.
// To sign in it would ask CredProtect, which ends the process under Wine.
#include <array>
#include <cstdio>

#include "test/logonui/script.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

class ShippingDll {
 public:
  ShippingDll() : dll_(LoadLibraryW(path().c_str())) {
    if (dll_ == nullptr) std::abort();
  }
  ShippingDll(const ShippingDll&) = delete;
  ShippingDll& operator=(const ShippingDll&) = delete;
  ShippingDll(ShippingDll&&) = delete;
  ShippingDll& operator=(ShippingDll&&) = delete;
  ~ShippingDll() { FreeLibrary(dll_); }

  HMODULE get() const noexcept { return dll_; }
  bool may_be_unloaded() const {
    const auto may_unload = reinterpret_cast<HRESULT(STDAPICALLTYPE*)()>(
        reinterpret_cast<void*>(GetProcAddress(dll_, "DllCanUnloadNow")));
    return happens([may_unload] { return may_unload() == S_OK; });
  }
  static bool is_loaded() { return GetModuleHandleW(L"systemlog-provider.dll") != nullptr; }
  static std::wstring path() {
    const std::wstring here = dll_path();
    const std::wstring_view test_folder = L"test\\logonui\\";
    const std::size_t at = here.rfind(test_folder);
    // Visual Studio builds into a folder for each configuration.
    const std::size_t inside = at + test_folder.size();
    const std::wstring configuration = here.substr(inside, here.rfind(L'\\') + 1 - inside);
    return here.substr(0, at) + L"provider\\" + configuration + L"systemlog-provider.dll";
  }

 private:
  HMODULE dll_;
};

double milliseconds_since(LARGE_INTEGER before) {
  LARGE_INTEGER now{};
  LARGE_INTEGER frequency{};
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&frequency);
  return 1000.0 * static_cast<double>(now.QuadPart - before.QuadPart) / static_cast<double>(frequency.QuadPart);
}

}  // namespace

TEST_CASE("the DLL that ships waits for the real bridge on its tile, and leaves nothing behind when it goes") {
  set_mirror(L"Enforcement", 1);
  for (int round = 0; round < 3; ++round) {
    LARGE_INTEGER before{};
    QueryPerformanceCounter(&before);
    {
      const ShippingDll dll;
      {
        Screen::Options options;
        options.dll = dll.get();
        Screen screen(options);
        REQUIRE(screen.count() == 1);
        CHECK(screen.tile().sid() == tanaka.sid);
        CHECK(screen.tile().select());
        if (round > 0)
          std::printf("figure: from loading the DLL to its first tile %.1f ms\n", milliseconds_since(before));
        CHECK(screen.tile().inputs().empty());
        CHECK_FALSE(screen.tile().text(Field::heading).empty());
        CHECK(screen.tile().submit().is_refused());
      }
      CHECK(dll.may_be_unloaded());
    }
    CHECK(happens([] { return !ShippingDll::is_loaded(); }));
  }
  clear_mirror();
}

TEST_CASE("with the bridge's answer in between, the first tile is there as fast") {
  Pc pc;
  LARGE_INTEGER before{};
  QueryPerformanceCounter(&before);
  Screen screen;
  const bool selected = screen.tile().select();
  std::printf("figure: from CoCreateInstance to the first tile, bridge asked twice, %.1f ms\n",
              milliseconds_since(before));
  CHECK(selected);
  CHECK(screen.tile().inputs() == "code password");
}

TEST_CASE("whoever serves the bridge's pipe and is not the system is told nothing") {
  set_mirror(L"Enforcement", 1);
  {
    FakeBridge impostor(std::string(auth::pipe_name), [](const auth::Request& /*request*/, const PipePeer& /*peer*/) {
      return auth::FilterAnswer{.hide_others = false, .reason = Reason::recovery_flag, .smart_cards_stay = true};
    });
    const ShippingDll dll;
    {
      Screen::Options options;
      options.dll = dll.get();
      Screen screen(options);
      CHECK(screen.usage_result() == S_OK);
      CHECK(screen.tile().select());
      CHECK(screen.tile().inputs().empty());
    }
    CHECK(dll.may_be_unloaded());
    CHECK(impostor.questions() == 0);
    CHECK(impostor.presences() == 0);
  }
  clear_mirror();
}

TEST_CASE("the DLL says what it is, in Japanese") {
  const std::wstring path = ShippingDll::path();
  DWORD handle = 0;
  std::vector<BYTE> version(GetFileVersionInfoSizeW(path.c_str(), &handle));
  REQUIRE_FALSE(version.empty());
  REQUIRE(GetFileVersionInfoW(path.c_str(), 0, static_cast<DWORD>(version.size()), version.data()) != 0);
  void* text = nullptr;
  UINT size = 0;
  REQUIRE(VerQueryValueW(version.data(), L"\\StringFileInfo\\041104B0\\ProductName", &text, &size) != 0);
  CHECK(std::u16string(static_cast<const char16_t*>(text)) == u"システムログ");
}
