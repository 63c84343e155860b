// The four entrances of the DLL, and the factory behind the first.
// clang-format off
#include <windows.h>
#include <objbase.h>
#include <olectl.h>
// clang-format on

#include <string>

#include "provider/windows/com_object.h"
#include "provider/windows/filter.h"
#include "provider/windows/provider.h"
#include "provider/windows/registry.h"

namespace systemlog::provider {
namespace {

constinit std::atomic<long> alive = 0;
constinit HINSTANCE own_module = nullptr;

/// A new object, asked for one of its interfaces.
template <typename Object>
HRESULT make(REFIID id, void** out) {
  const auto object = ComPtr<Object>::adopted(new Object());
  return object->QueryInterface(id, out);
}

class Factory final : public ComObject<IClassFactory> {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override {
    if (out == nullptr) return E_POINTER;
    *out = nullptr;
    if (id != com::iid_unknown && id != com::iid_class_factory) return E_NOINTERFACE;
    *out = static_cast<IClassFactory*>(this);
    AddRef();
    return S_OK;
  }

  HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown* outer, REFIID id, void** out) noexcept override {
    if (out == nullptr) return E_POINTER;
    *out = nullptr;
    if (outer != nullptr) return CLASS_E_NOAGGREGATION;
    return guarded([&] { return id == com::iid_filter ? make<LogonFilter>(id, out) : make<LogonProvider>(id, out); });
  }

  HRESULT STDMETHODCALLTYPE LockServer(BOOL lock) noexcept override {
    lock != FALSE ? ++live_count() : --live_count();
    return S_OK;
  }
};

std::wstring own_path() {
  std::wstring path(MAX_PATH, L'\0');
  while (true) {
    const DWORD length = GetModuleFileNameW(own_module, path.data(), static_cast<DWORD>(path.size()));
    if (length == 0) return {};
    if (length < path.size()) return path.substr(0, length);
    path.resize(path.size() * 2);
  }
}

}  // namespace

std::atomic<long>& live_count() noexcept {
  return alive;
}

}  // namespace systemlog::provider

using namespace systemlog::provider;

STDAPI DllGetClassObject(REFCLSID clsid, REFIID id, void** out) {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  if (class_id(clsid) != our_class_id) return CLASS_E_CLASSNOTAVAILABLE;
  return guarded([&] { return make<Factory>(id, out); });
}

STDAPI DllCanUnloadNow() {
  return live_count() == 0 ? S_OK : S_FALSE;
}

STDAPI DllRegisterServer() {
  return guarded([] {
    const std::wstring path = own_path();
    return !path.empty() && register_provider(path.c_str()) ? S_OK : SELFREG_E_CLASS;
  });
}

STDAPI DllUnregisterServer() {
  return guarded([] { return unregister_provider() ? S_OK : SELFREG_E_CLASS; });
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID /*reserved*/) {
  if (reason == DLL_PROCESS_ATTACH) own_module = module;
  return TRUE;
}
