#include "provider/rehearsal/rehearsal_screen.h"

#include <array>

#include "provider/windows/com_object.h"

namespace systemlog::provider {
namespace {

using com::FieldInteractiveState;
using com::FieldState;
using com::ICredentialProviderCredential;

/// The tile's picture as this window has it.
class TileListener final : public ComObject<com::ICredentialProviderCredentialEvents2> {
 public:
  std::vector<ShownField> fields{field_count};
  std::function<void()> changed;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override {
    if (out == nullptr) return E_POINTER;
    *out = nullptr;
    if (id != com::iid_unknown && id != com::iid_credential_events && id != com::iid_credential_events2) {
      return E_NOINTERFACE;
    }
    *out = static_cast<com::ICredentialProviderCredentialEvents2*>(this);
    AddRef();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE SetFieldState(ICredentialProviderCredential*, DWORD number,
                                          FieldState state) noexcept override {
    return change(number,
                  [state](ShownField& field) { field.visible = state == com::CPFS_DISPLAY_IN_SELECTED_TILE; });
  }
  HRESULT STDMETHODCALLTYPE SetFieldInteractiveState(ICredentialProviderCredential*, DWORD number,
                                                     FieldInteractiveState state) noexcept override {
    for (ShownField& field : fields) field.focused = false;
    return change(number, [state](ShownField& field) { field.focused = state == com::CPFIS_FOCUSED; });
  }
  HRESULT STDMETHODCALLTYPE SetFieldString(ICredentialProviderCredential*, DWORD number,
                                           LPCWSTR text) noexcept override {
    return change(number, [text](ShownField& field) {
      field.text = units(text);
      ++field.written;
    });
  }
  HRESULT STDMETHODCALLTYPE SetFieldCheckbox(ICredentialProviderCredential*, DWORD number, BOOL ticked,
                                             LPCWSTR text) noexcept override {
    return change(number, [ticked, text](ShownField& field) {
      field.ticked = ticked != FALSE;
      field.text = units(text);
    });
  }
  HRESULT STDMETHODCALLTYPE SetFieldBitmap(ICredentialProviderCredential*, DWORD, HBITMAP) noexcept override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE SetFieldComboBoxSelectedItem(ICredentialProviderCredential*, DWORD,
                                                         DWORD) noexcept override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE DeleteFieldComboBoxItem(ICredentialProviderCredential*, DWORD, DWORD) noexcept override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE AppendFieldComboBoxItem(ICredentialProviderCredential*, DWORD,
                                                    LPCWSTR) noexcept override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE SetFieldSubmitButton(ICredentialProviderCredential*, DWORD, DWORD) noexcept override {
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE OnCreatingWindow(HWND*) noexcept override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE BeginFieldUpdates() noexcept override {
    ++open_batches_;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE EndFieldUpdates() noexcept override {
    --open_batches_;
    return tell();
  }
  HRESULT STDMETHODCALLTYPE SetFieldOptions(ICredentialProviderCredential*, DWORD, DWORD) noexcept override {
    return S_OK;
  }

 private:
  ~TileListener() override = default;

  template <typename Change>
  HRESULT change(DWORD number, Change apply) noexcept {
    if (number >= fields.size()) return E_INVALIDARG;
    return guarded([&] {
      apply(fields[number]);
      return tell();
    });
  }
  HRESULT tell() noexcept {
    return guarded([this] {
      if (open_batches_ == 0 && changed) changed();
      return S_OK;
    });
  }

  int open_batches_ = 0;
};

class ListedUser final : public ComObject<com::ICredentialProviderUser> {
 public:
  explicit ListedUser(RehearsedUser user) : user_(std::move(user)) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override {
    if (out == nullptr) return E_POINTER;
    *out = nullptr;
    if (id != com::iid_unknown && id != com::iid_user) return E_NOINTERFACE;
    *out = static_cast<com::ICredentialProviderUser*>(this);
    AddRef();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetSid(LPWSTR* out) noexcept override { return give(user_.sid, out); }
  HRESULT STDMETHODCALLTYPE GetProviderID(GUID* out) noexcept override {
    // Whoever is not local lives at another provider; which one the DLL does not ask.
    *out = user_.connected ? com::iid_user : com::identity_local_user_provider;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetStringValue(REFPROPERTYKEY key, LPWSTR* out) noexcept override {
    *out = nullptr;
    const bool asks_name = key.fmtid == com::qualified_user_name.fmtid && key.pid == com::qualified_user_name.pid;
    return asks_name ? give(user_.qualified_name, out) : E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE GetValue(REFPROPERTYKEY, PROPVARIANT*) noexcept override { return E_NOTIMPL; }

 private:
  ~ListedUser() override = default;
  RehearsedUser user_;
};

class UserList final : public ComObject<com::ICredentialProviderUserArray> {
 public:
  explicit UserList(RehearsedUser user) : user_(ComPtr<ListedUser>::adopted(new ListedUser(std::move(user)))) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override {
    if (out == nullptr) return E_POINTER;
    *out = nullptr;
    if (id != com::iid_unknown && id != com::iid_user_array) return E_NOINTERFACE;
    *out = static_cast<com::ICredentialProviderUserArray*>(this);
    AddRef();
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE SetProviderFilter(REFGUID) noexcept override { return S_OK; }
  HRESULT STDMETHODCALLTYPE GetAccountOptions(com::AccountOptions* out) noexcept override {
    *out = com::CPAO_NONE;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetCount(DWORD* out) noexcept override {
    *out = 1;
    return S_OK;
  }
  HRESULT STDMETHODCALLTYPE GetAt(DWORD number, com::ICredentialProviderUser** out) noexcept override {
    *out = nullptr;
    if (number != 0) return E_INVALIDARG;
    user_->AddRef();
    *out = user_.get();
    return S_OK;
  }

 private:
  ~UserList() override = default;
  ComPtr<ListedUser> user_;
};

/// One of our DLL's objects' interfaces.
template <typename T>
ComPtr<T> interface_of(IUnknown& object, REFIID id) {
  void* found = nullptr;
  if (FAILED(object.QueryInterface(id, &found))) return {};
  return ComPtr<T>::adopted(static_cast<T*>(found));
}

ComPtr<com::ICredentialProvider> provider_in(HMODULE dll) {
  using GetClass = HRESULT(STDAPICALLTYPE*)(REFCLSID, REFIID, void**);
  const auto get_class =
      reinterpret_cast<GetClass>(reinterpret_cast<void*>(GetProcAddress(dll, "DllGetClassObject")));
  void* factory = nullptr;
  if (get_class == nullptr || FAILED(get_class(guid(our_class_id), com::iid_class_factory, &factory))) return {};
  const auto owned = ComPtr<IClassFactory>::adopted(static_cast<IClassFactory*>(factory));
  void* made = nullptr;
  if (FAILED(owned->CreateInstance(nullptr, com::iid_provider, &made))) return {};
  return ComPtr<com::ICredentialProvider>::adopted(static_cast<com::ICredentialProvider*>(made));
}

/// Takes over a string COM gave.
std::u16string taken(LPWSTR text) {
  std::u16string copy(units(text));
  CoTaskMemFree(text);
  return copy;
}

}  // namespace

struct RehearsalScreen::Parts {
  LsaLogon* lsa = nullptr;
  ComPtr<com::ICredentialProvider> provider;
  ComPtr<com::ICredentialProviderCredential> tile;
  ComPtr<TileListener> listener = ComPtr<TileListener>::adopted(new TileListener());

  /// As LogonUI reads a tile before it draws it.
  void read() {
    const auto options = interface_of<com::ICredentialProviderCredentialWithFieldOptions>(
        *tile.get(), com::iid_credential_with_field_options);
    for (DWORD number = 0; number < field_count; ++number) {
      ShownField& field = listener->fields[number];
      com::FieldDescriptor* descriptor = nullptr;
      if (provider->GetFieldDescriptorAt(number, &descriptor) == S_OK) {
        field.kind = static_cast<FieldKind>(descriptor->cpft);
        field.label = taken(descriptor->pszLabel);
        CoTaskMemFree(descriptor);
      }
      FieldState state = com::CPFS_HIDDEN;
      FieldInteractiveState interactive = com::CPFIS_NONE;
      tile->GetFieldState(number, &state, &interactive);
      field.visible = state == com::CPFS_DISPLAY_IN_SELECTED_TILE;
      field.focused = interactive == com::CPFIS_FOCUSED;
      LPWSTR text = nullptr;
      if (tile->GetStringValue(number, &text) == S_OK) field.text = taken(text);
      DWORD option = 0;
      if (options && options->GetFieldOptions(number, &option) == S_OK) {
        field.numbers_only = option == field_option::numbers_only;
      }
    }
  }
};

RehearsalScreen::RehearsalScreen(std::unique_ptr<Parts> parts) noexcept : parts_(std::move(parts)) {}

RehearsalScreen::~RehearsalScreen() {
  parts_->tile->SetDeselected();
  parts_->tile->UnAdvise();
  parts_->tile.reset();
  parts_->provider->UnAdvise();
}

Result<std::unique_ptr<RehearsalScreen>> RehearsalScreen::open(HMODULE dll, const RehearsedUser& user,
                                                               LsaLogon& lsa) {
  auto parts = std::make_unique<Parts>();
  parts->lsa = &lsa;
  parts->provider = provider_in(dll);
  if (!parts->provider) return Error{ErrorCode::not_found, "provider"};
  const HRESULT usage = parts->provider->SetUsageScenario(com::CPUS_LOGON, 0);
  if (FAILED(usage)) return Error{ErrorCode::refused, "provider stands down"};
  const auto takes_users =
      interface_of<com::ICredentialProviderSetUserArray>(*parts->provider.get(), com::iid_set_user_array);
  const auto users = ComPtr<UserList>::adopted(new UserList(user));
  if (!takes_users || FAILED(takes_users->SetUserArray(users.get()))) return Error{ErrorCode::refused, "user list"};
  DWORD count = 0;
  DWORD chosen = 0;
  BOOL submits_alone = FALSE;
  com::ICredentialProviderCredential* tile = nullptr;
  if (FAILED(parts->provider->GetCredentialCount(&count, &chosen, &submits_alone)) || count == 0 ||
      FAILED(parts->provider->GetCredentialAt(0, &tile))) {
    return Error{ErrorCode::refused, "tile"};
  }
  parts->tile = ComPtr<com::ICredentialProviderCredential>::adopted(tile);
  parts->tile->Advise(parts->listener.get());
  parts->read();
  BOOL alone = FALSE;
  parts->tile->SetSelected(&alone);
  return std::unique_ptr<RehearsalScreen>(new RehearsalScreen(std::move(parts)));
}

const std::vector<ShownField>& RehearsalScreen::fields() const noexcept {
  return parts_->listener->fields;
}

void RehearsalScreen::on_change(std::function<void()> changed) {
  parts_->listener->changed = std::move(changed);
}

void RehearsalScreen::type(Field field, const wchar_t* text) {
  parts_->tile->SetStringValue(static_cast<DWORD>(index(field)), text);
}

void RehearsalScreen::tick(Field field, bool ticked) {
  parts_->listener->fields[index(field)].ticked = ticked;
  parts_->tile->SetCheckboxValue(static_cast<DWORD>(index(field)), ticked ? TRUE : FALSE);
}

void RehearsalScreen::click(Field link) {
  parts_->tile->CommandLinkClicked(static_cast<DWORD>(index(link)));
}

Rehearsed RehearsalScreen::submit() {
  com::SerializationResponse response = com::CPGSR_NO_CREDENTIAL_NOT_FINISHED;
  com::Serialization given{};
  LPWSTR text = nullptr;
  com::StatusIcon icon = com::CPSI_NONE;
  const HRESULT result = parts_->tile->GetSerialization(&response, &given, &text, &icon);
  Rehearsed rehearsed{.text = taken(text)};
  if (FAILED(result) || response != com::CPGSR_RETURN_CREDENTIAL_FINISHED) return rehearsed;
  const std::span blob(given.rgbSerialization, given.cbSerialization);
  // What signs in here is what signs in at the logon screen; a password changed on the way is only the way.
  constexpr std::uint8_t change_password = 7;
  const bool signs_in = !blob.empty() && blob[0] != change_password;
  const LsaAnswer said = parts_->lsa->judge(given.ulAuthenticationPackage, blob);
  SecureZeroMemory(given.rgbSerialization, given.cbSerialization);
  CoTaskMemFree(given.rgbSerialization);
  LPWSTR report = nullptr;
  parts_->tile->ReportResult(said.status, said.substatus, &report, &icon);
  return {.done = signs_in && said.status >= 0, .text = taken(report)};
}

}  // namespace systemlog::provider
