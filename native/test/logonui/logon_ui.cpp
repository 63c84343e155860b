#include "test/logonui/logon_ui.h"

#include <array>

#include "test/logonui/com_fakes.h"

namespace systemlog::logonui {

ULONG add_ref(void* object) {
  return (*static_cast<ULONG(STDMETHODCALLTYPE***)(void*)>(object))[1](object);
}
ULONG release(void* object) {
  return (*static_cast<ULONG(STDMETHODCALLTYPE***)(void*)>(object))[2](object);
}
GUID guid(const wchar_t* text) {
  GUID read{};
  if (FAILED(IIDFromString(text, &read))) std::abort();
  return read;
}

/// ICredentialProviderEvents.
struct Screen::Listener : Fake {
  Listener() {
    static std::array<void*, 4> slots = {slot(&query), slot(&hold), slot(&let_go), slot(&changed)};
    vtable = slots.data();
    ids = {iid::provider_events, nullptr};
  }
  int times = 0;
  static HRESULT STDMETHODCALLTYPE changed(Listener* self, UINT_PTR context) {
    if (context == 42) ++self->times;
    return S_OK;
  }
};

/// ICredentialProviderUserArray.
struct Screen::Users : Fake {
  explicit Users(const Options& options) : account_options(options.account_options) {
    static std::array<void*, 7> slots = {slot(&query),       slot(&hold),  slot(&let_go), slot(&set_filter),
                                         slot(&get_options), slot(&count), slot(&at)};
    vtable = slots.data();
    ids = {iid::user_array, nullptr};
    for (const User& user : options.users) users.push_back(std::make_unique<ListedUser>(user));
  }
  std::vector<std::unique_ptr<ListedUser>> users;
  int account_options;

  static HRESULT STDMETHODCALLTYPE set_filter(Users* /*self*/, REFGUID /*id*/) { return S_OK; }
  static HRESULT STDMETHODCALLTYPE get_options(Users* self, int* out) {
    *out = self->account_options;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE count(Users* self, DWORD* out) {
    *out = static_cast<DWORD>(self->users.size());
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE at(Users* self, DWORD number, void** out) {
    *out = nullptr;
    if (number >= self->users.size()) return E_INVALIDARG;
    Fake::hold(self->users[number].get());
    *out = self->users[number].get();
    return S_OK;
  }
};

void* make_object(const wchar_t* what, HMODULE dll) {
  void* object = nullptr;
  if (dll == nullptr) {
    const HRESULT made = CoCreateInstance(guid(our_class), nullptr, CLSCTX_INPROC_SERVER, guid(what), &object);
    return made == S_OK ? object : (std::abort(), nullptr);
  }
  using GetClass = HRESULT(STDAPICALLTYPE*)(REFCLSID, REFIID, void**);
  const auto get_class =
      reinterpret_cast<GetClass>(reinterpret_cast<void*>(GetProcAddress(dll, "DllGetClassObject")));
  void* factory = nullptr;
  if (get_class(guid(our_class), guid(iid::class_factory), &factory) != S_OK) std::abort();
  if (call(factory, 3, nullptr, guid(what), &object) != S_OK) std::abort();
  release(factory);
  return object;
}

Screen::Screen(const Options& options)
    : listener_(std::make_unique<Listener>()), users_(std::make_unique<Users>(options)) {
  provider_ = make_object(iid::provider, options.dll);
  usage_result_ = call(provider_, 3, static_cast<int>(options.usage), options.flags);
  call(provider_, 5, static_cast<void*>(listener_.get()), static_cast<UINT_PTR>(42));
  if (options.remote != nullptr) {
    remote_result_ = call(provider_, 4, static_cast<const Serialization*>(options.remote));
  }
  if (options.gives_users) {
    void* taker = nullptr;
    if (call(provider_, 0, guid(iid::set_user_array), &taker) != S_OK) std::abort();
    call(taker, 3, static_cast<void*>(users_.get()));
    release(taker);
  }
  if (usage_result_ == S_OK) count_again();
}

void Screen::count_again() {
  tiles_.clear();
  if (call(provider_, 9, &count_, &chosen_, &auto_logon_) != S_OK) std::abort();
  for (DWORD i = 0; i < count_; ++i) {
    void* credential = nullptr;
    if (call(provider_, 10, i, &credential) != S_OK) std::abort();
    tiles_.push_back(std::make_unique<TileOnScreen>(credential));
  }
}

Screen::~Screen() {
  tiles_.clear();
  call(provider_, 6);
  // Every reference given is given back: to us by name, to LogonUI's objects by count.
  if (release(provider_) != 0 || listener_->references != 1 || users_->references != 1) std::abort();
  for (const auto& user : users_->users) {
    if (user->references != 1) std::abort();
  }
}

int Screen::times_changed() const {
  return listener_->times;
}

std::vector<bool> filtered(Usage usage, const std::vector<const wchar_t*>& providers, DWORD flags) {
  void* filter = make_object(iid::filter);
  std::vector<GUID> ids;
  for (const wchar_t* provider : providers) ids.push_back(guid(provider));
  std::vector<BOOL> allowed(providers.size(), TRUE);
  const HRESULT result =
      call(filter, 3, static_cast<int>(usage), flags, ids.data(), allowed.data(), static_cast<DWORD>(ids.size()));
  if (release(filter) != 0 || result != S_OK) std::abort();
  return {allowed.begin(), allowed.end()};
}

bool happens(const std::function<bool()>& it) {
  const ULONGLONG deadline = GetTickCount64() + 30'000;
  while (!it()) {
    if (GetTickCount64() > deadline) return false;
    MsgWaitForMultipleObjects(0, nullptr, FALSE, 10, QS_ALLINPUT);
    MSG message{};
    while (PeekMessageW(&message, nullptr, 0, 0, PM_REMOVE) != 0) DispatchMessageW(&message);
  }
  return true;
}

}  // namespace systemlog::logonui
