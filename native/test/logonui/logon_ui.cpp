#include "test/logonui/logon_ui.h"

#include <array>
#include <filesystem>

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

// --- a submission ------------------------------------------------------------------------------------------------

Submission::Logon Submission::logon() const {
  const Result<LogonBlob> read = unpack_logon_blob(blob);
  if (!read) return {};
  const SecretUtf16& turned = read.value().password;
  return {static_cast<unsigned>(read.value().message), read.value().domain, read.value().user,
          std::u16string(turned.rbegin(), turned.rend())};
}

// --- a tile ------------------------------------------------------------------------------------------------------

TileOnScreen::TileOnScreen(void* credential) : credential_(credential), events_(std::make_unique<TileEvents>()) {
  events_->tile = credential;
  call(credential_, 3, static_cast<void*>(events_.get()));
  for (DWORD i = 0; i < provider::field_count; ++i) {
    TileEvents::Drawn& drawn = events_->fields[i];
    call(credential_, 7, i, &drawn.state, &drawn.interactive);
    LPWSTR text = nullptr;
    if (call(credential_, 8, i, &text) == S_OK) drawn.text = taken(text);
  }
  call(credential_, 11, static_cast<DWORD>(index(Field::submit)), &events_->submit_beside);
}

TileOnScreen::~TileOnScreen() {
  if (advised_) unadvise();
  // Whoever still held our events would call into nothing.
  if (events_->references != 1 || events_->open_batches != 0 || events_->nonsense != 0) std::abort();
  release(credential_);
}

void TileOnScreen::unadvise() {
  call(credential_, 4);
  advised_ = false;
}

std::u16string TileOnScreen::sid() const {
  void* second = nullptr;
  if (call(credential_, 0, guid(iid::credential2), &second) != S_OK) return u"no ICredentialProviderCredential2";
  LPWSTR text = nullptr;
  const HRESULT result = call(second, 20, &text);
  release(second);
  if (result == S_FALSE) return {};
  return result == S_OK ? taken(text) : u"failed";
}

bool TileOnScreen::select() {
  BOOL auto_logon = 77;
  return call(credential_, 5, &auto_logon) == S_OK && auto_logon == FALSE;
}

void TileOnScreen::deselect() {
  call(credential_, 6);
}

HRESULT TileOnScreen::type(Field field, std::u16string_view text) {
  const std::u16string typed(text);
  const HRESULT result = call(credential_, 14, static_cast<DWORD>(index(field)), wide(typed));
  if (result == S_OK) events_->fields[index(field)].text = typed;
  return result;
}

HRESULT TileOnScreen::tick(Field field, bool ticked) {
  const HRESULT result = call(credential_, 15, static_cast<DWORD>(index(field)), static_cast<BOOL>(ticked));
  if (result == S_OK) events_->fields[index(field)].ticked = ticked;
  return result;
}

HRESULT TileOnScreen::click(Field link) {
  return call(credential_, 17, static_cast<DWORD>(index(link)));
}

Submission TileOnScreen::submit() {
  Submission submission;
  Serialization serialization;
  LPWSTR text = nullptr;
  submission.result = call(credential_, 18, &submission.response, &serialization, &text, &submission.icon);
  submission.text = taken(text);
  submission.package = serialization.package;
  submission.provider = serialization.provider;
  if (serialization.bytes != nullptr) {
    submission.blob.assign(serialization.bytes, serialization.bytes + serialization.size);
    CoTaskMemFree(serialization.bytes);
  }
  return submission;
}

Report TileOnScreen::report(std::uint32_t status, std::uint32_t substatus) {
  Report report;
  LPWSTR text = nullptr;
  report.result = call(credential_, 19, static_cast<LONG>(status), static_cast<LONG>(substatus), &text, &report.icon);
  report.text = taken(text);
  return report;
}

bool TileOnScreen::shows(Field field) const {
  return events_->fields[index(field)].state == 1;
}
bool TileOnScreen::has_focus(Field field) const {
  return events_->fields[index(field)].interactive == 3;
}
std::u16string TileOnScreen::text(Field field) const {
  return shows(field) ? events_->fields[index(field)].text : std::u16string();
}
std::u16string TileOnScreen::content(Field field) const {
  return events_->fields[index(field)].text;
}
Field TileOnScreen::submit_beside() const {
  return static_cast<Field>(events_->submit_beside);
}

std::string TileOnScreen::inputs() const {
  constexpr std::array<std::pair<Field, const char*>, 9> names = {{{Field::user_name, "name"},
                                                                   {Field::code_first, "code"},
                                                                   {Field::recovery_code, "recovery"},
                                                                   {Field::emergency_response, "response"},
                                                                   {Field::old_password, "old"},
                                                                   {Field::password, "password"},
                                                                   {Field::code_last, "code"},
                                                                   {Field::new_password, "new"},
                                                                   {Field::new_password_again, "again"}}};
  std::string shown;
  for (const auto& [field, name] : names) {
    if (!shows(field)) continue;
    if (!shown.empty()) shown += ' ';
    shown += name;
  }
  return shown;
}

ULONG TileOnScreen::references() {
  add_ref(credential_);
  return release(credential_);
}

// --- a screen ----------------------------------------------------------------------------------------------------

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

// --- the DLL -----------------------------------------------------------------------------------------------------

namespace {

constexpr const wchar_t* dll_name = L"systemlog-provider-under-test.dll";

FARPROC entrance(const char* name) {
  const HMODULE dll = GetModuleHandleW(dll_name);
  return dll == nullptr ? nullptr : GetProcAddress(dll, name);
}

HKEY mirror_key() {
  HKEY key = nullptr;
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\SystemLog\\Logon", 0, nullptr, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY,
                  nullptr, &key, nullptr);
  return key;
}

}  // namespace

std::wstring dll_path() {
  std::array<wchar_t, 1000> program{};
  GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  return (std::filesystem::path(program.data()).parent_path() / dll_name).wstring();
}

Switches& switches() {
  // Held for good: the switches live in the DLL.
  static const HMODULE dll = LoadLibraryW(dll_path().c_str());
  if (dll == nullptr) std::abort();
  const auto switches_of = reinterpret_cast<SwitchesOf>(reinterpret_cast<void*>(entrance("SwitchesForTest")));
  return *switches_of();
}

bool dll_is_loaded() {
  return GetModuleHandleW(dll_name) != nullptr;
}

bool dll_may_be_unloaded() {
  const auto may_unload =
      reinterpret_cast<HRESULT(STDAPICALLTYPE*)()>(reinterpret_cast<void*>(entrance("DllCanUnloadNow")));
  return happens([may_unload] { return may_unload() == S_OK; });
}

DWORD run_regsvr32(const std::wstring& arguments) {
  std::wstring line = L"regsvr32 " + arguments;
  STARTUPINFOW start{};
  start.cb = sizeof start;
  PROCESS_INFORMATION process{};
  if (CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &start, &process) == 0) {
    return 999;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 999;
  GetExitCodeProcess(process.hProcess, &code);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return code;
}

bool key_exists(const std::wstring& path) {
  HKEY key = nullptr;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS) {
    return false;
  }
  RegCloseKey(key);
  return true;
}

void set_mirror(const wchar_t* value, DWORD number) {
  const HKEY key = mirror_key();
  RegSetValueExW(key, value, 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
  RegCloseKey(key);
}

void set_break_glass(const std::vector<std::wstring>& sids) {
  std::wstring texts;
  for (const std::wstring& sid : sids) texts += sid + L'\0';
  const HKEY key = mirror_key();
  RegSetValueExW(key, L"BreakGlassSids", 0, REG_MULTI_SZ, reinterpret_cast<const BYTE*>(texts.c_str()),
                 static_cast<DWORD>((texts.size() + 1) * sizeof(wchar_t)));
  RegCloseKey(key);
}

void clear_mirror() {
  HKEY key = nullptr;
  if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE", 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
    return;
  RegDeleteTreeW(key, L"SystemLog");
  RegCloseKey(key);
}

}  // namespace systemlog::logonui
