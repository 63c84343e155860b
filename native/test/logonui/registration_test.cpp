// The DLL is entered once for all cases and taken out at the end.
#include "test/logonui/script.h"
#include "test/run_listener.h"

using namespace systemlog;
using namespace systemlog::logonui;

namespace {

const std::wstring providers =
    L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers\\";
const std::wstring filters =
    L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider Filters\\";
const std::wstring classes = L"SOFTWARE\\Classes\\CLSID\\";

bool is_entered() {
  return key_exists(providers + our_class) && key_exists(filters + our_class) &&
         key_exists(classes + our_class + L"\\InprocServer32");
}

bool is_gone() {
  return !key_exists(providers + our_class) && !key_exists(filters + our_class) && !key_exists(classes + our_class);
}

class Installation final : public systemlog::test::RunListener {
 public:
  explicit Installation(const doctest::ContextOptions& /*options*/) {}
  void test_run_start() override {
    if (FAILED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED))) std::abort();
    if (run_regsvr32(L"/s \"" + dll_path() + L"\"") != 0) std::abort();
  }
  void test_run_end(const doctest::TestRunStats& /*stats*/) override {
    run_regsvr32(L"/s /u \"" + dll_path() + L"\"");
    CoUninitialize();
  }
};

}  // namespace

REGISTER_LISTENER("installation", 2, Installation);

TEST_CASE("regsvr32 enters class, provider and filter, takes all three out again, and may do either twice") {
  const std::wstring dll = L"\"" + dll_path() + L"\"";
  CHECK(is_entered());
  CHECK(run_regsvr32(L"/s " + dll) == 0);
  CHECK(is_entered());
  CHECK(run_regsvr32(L"/s /u " + dll) == 0);
  CHECK(is_gone());
  CHECK(run_regsvr32(L"/s /u " + dll) == 0);
  CHECK(run_regsvr32(L"/s " + dll) == 0);
  CHECK(is_entered());
}

TEST_CASE_FIXTURE(Pc,
                  "one class makes provider and filter, nothing it does not have, and nothing for another class") {
  void* object = nullptr;
  const auto make = [&object](const wchar_t* what) {
    return CoCreateInstance(guid(our_class), nullptr, CLSCTX_INPROC_SERVER, guid(what), &object);
  };
  for (const wchar_t* what : {iid::provider, iid::filter, iid::unknown, iid::set_user_array}) {
    CHECK(make(what) == S_OK);
    CHECK(release(object) == 0);
  }
  CHECK(make(iid::credential) == E_NOINTERFACE);
  CHECK(object == nullptr);

  const auto get_class = reinterpret_cast<HRESULT(STDAPICALLTYPE*)(REFCLSID, REFIID, void**)>(reinterpret_cast<void*>(
      GetProcAddress(GetModuleHandleW(L"systemlog-provider-under-test.dll"), "DllGetClassObject")));
  CHECK(get_class(guid(iid::nothing_of_ours), guid(iid::class_factory), &object) == CLASS_E_CLASSNOTAVAILABLE);
  REQUIRE(get_class(guid(our_class), guid(iid::class_factory), &object) == S_OK);
  void* made = nullptr;
  CHECK(call(object, 3, object, guid(iid::provider), &made) == CLASS_E_NOAGGREGATION);
  CHECK(made == nullptr);
  release(object);
}

TEST_CASE_FIXTURE(Pc, "provider and tile are reached by each of their interfaces, and by no other") {
  const Screen::Options options;
  Screen screen(options);
  const auto has = [](void* object, const wchar_t* what) {
    void* found = nullptr;
    const HRESULT result = call(object, 0, guid(what), &found);
    if (result == S_OK) release(found);
    return result == S_OK;
  };
  CHECK(has(screen.provider(), iid::unknown));
  CHECK(has(screen.provider(), iid::provider));
  CHECK(has(screen.provider(), iid::set_user_array));
  CHECK_FALSE(has(screen.provider(), iid::filter));
  CHECK_FALSE(has(screen.provider(), iid::nothing_of_ours));
  void* tile = screen.tile().credential();
  for (const wchar_t* what : {iid::unknown, iid::credential, iid::credential2, iid::field_options})
    CHECK(has(tile, what));
  CHECK_FALSE(has(tile, iid::provider));
  CHECK(call(tile, 0, guid(iid::credential), static_cast<void**>(nullptr)) == E_POINTER);
}

TEST_CASE_FIXTURE(Pc, "the DLL may go once everything is given back, its worker included, and not before") {
  const auto may_unload = reinterpret_cast<HRESULT(STDAPICALLTYPE*)()>(reinterpret_cast<void*>(
      GetProcAddress(GetModuleHandleW(L"systemlog-provider-under-test.dll"), "DllCanUnloadNow")));
  {
    Screen screen;
    CHECK(may_unload() == S_FALSE);
  }
  CHECK(dll_may_be_unloaded());
}

TEST_CASE_FIXTURE(Pc, "the bridge knows of the process as long as it has us at work, and not longer") {
  {
    Screen screen;
    CHECK(happens([this] { return bridge().presences() == 1; }));
    Screen second;
    CHECK(happens([this] { return bridge().presences() == 1; }));
  }
  CHECK(happens([this] { return bridge().presences() == 0; }));
}
