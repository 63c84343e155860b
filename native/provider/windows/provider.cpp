#include "provider/windows/provider.h"

#include <algorithm>

#include "provider/remote_credential.h"
#include "provider/usage_scenario.h"
#include "provider/utf.h"
#include "provider/windows/registry.h"

namespace systemlog::provider {
namespace {

using std::chrono::milliseconds;

/// What LogonUI's list of users may cost altogether before anything is drawn.
constexpr milliseconds list_limit{1000};

/// A string COM gave us.
class GivenText {
 public:
  GivenText() = default;
  GivenText(const GivenText&) = delete;
  GivenText& operator=(const GivenText&) = delete;
  GivenText(GivenText&&) = delete;
  GivenText& operator=(GivenText&&) = delete;
  ~GivenText() { CoTaskMemFree(text_); }
  LPWSTR* out() noexcept { return &text_; }
  std::u16string_view view() const noexcept { return units(text_); }

 private:
  LPWSTR text_ = nullptr;
};

/// Nothing for a user of whom LogonUI does not say who he is.
std::optional<TileAccount> account_of(com::ICredentialProviderUser& user) {
  GivenText sid;
  GivenText name;
  GUID kind{};
  if (FAILED(user.GetSid(sid.out())) || FAILED(user.GetStringValue(com::qualified_user_name, name.out()))) {
    return std::nullopt;
  }
  if (sid.view().empty() || name.view().empty()) return std::nullopt;
  // Who does not say where he lives lives here: the blob for local users is the one LSA always takes.
  const bool connected =
      SUCCEEDED(user.GetProviderID(&kind)) && kind != com::identity_local_user_provider && kind != GUID{};
  return listed_account(utf8(sid.view()), name.view(), connected);
}

GUID field_type(Field field) noexcept {
  switch (field) {
    case Field::image:
      return com::field_provider_logo;
    case Field::label:
      return com::field_provider_label;
    case Field::user_name:
      return com::field_logon_user_name;
    case Field::password:
      return com::field_logon_password;
    default:
      return GUID{};
  }
}

std::u16string joined(const LogonBlob& blob) {
  return blob.domain.empty() ? blob.user : blob.domain + u"\\" + blob.user;
}

}  // namespace

LogonProvider::LogonProvider() : screen_(std::make_shared<LogonScreen>()) {
  screen_->pace = seams::pace();
  screen_->line = BridgeLine::shared();
  screen_->blobs = std::make_shared<LogonBlobMaker>(seams::password_protector(), seams::auth_package(),
                                                    seams::connected_blob_packer());
  screen_->open_windows_screen = [this] { open_windows_screen(); };
  health_ = std::make_shared<BridgeHealth>(static_cast<std::uint64_t>(screen_->pace.wait_for_bridge.count()));
}

LogonProvider::~LogonProvider() {
  drop_tiles();
  // A tile that LogonUI still holds must not call an object that is gone.
  screen_->open_windows_screen = [] {};
}

HRESULT LogonProvider::QueryInterface(REFIID id, void** out) noexcept {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  if (id == com::iid_unknown || id == com::iid_provider) {
    *out = static_cast<com::ICredentialProvider*>(this);
  } else if (id == com::iid_set_user_array) {
    *out = static_cast<com::ICredentialProviderSetUserArray*>(this);
  } else {
    return E_NOINTERFACE;
  }
  AddRef();
  return S_OK;
}

HRESULT LogonProvider::SetUsageScenario(com::UsageScenario usage, DWORD flags) noexcept {
  return guarded([&]() -> HRESULT {
    if (!is_known_usage(usage)) return E_INVALIDARG;
    drop_tiles();
    scenario_ = scenario_of({.usage = usage,
                             .flags = flags,
                             .remote_session = seams::is_remote_session(),
                             .consent_prompt = seams::is_consent_prompt()});
    if (!scenario_) return E_NOTIMPL;
    mirror_ = read_logon_mirror();
    stance_ = stance_of(ask_filter(*screen_->line, *scenario_, mirror_).reason);
    // Rehearsed is before anything is enforced.
    rehearsal_ = *scenario_ == Scenario::logon && seams::is_rehearsal();
    if (rehearsal_ && stance_ == Stance::beside) stance_ = Stance::instead;
    screen_->unlocks = usage == com::CPUS_UNLOCK_WORKSTATION;
    if (stance_ != Stance::aside) return S_OK;
    scenario_.reset();
    return E_NOTIMPL;
  });
}

HRESULT LogonProvider::SetSerialization(const com::Serialization* serialization) noexcept {
  if (serialization == nullptr) return E_INVALIDARG;
  return guarded([&]() -> HRESULT {
    if (!scenario_ || *scenario_ == Scenario::credential_prompt) return E_NOTIMPL;
    if (class_id(serialization->clsidCredentialProvider) != our_class_id) return E_INVALIDARG;
    const Result<std::uint32_t> negotiate = screen_->blobs->package();
    if (!negotiate || serialization->rgbSerialization == nullptr) return E_INVALIDARG;
    Result<LogonBlob> blob =
        read_remote_credential(serialization->ulAuthenticationPackage, negotiate.value(),
                               {serialization->rgbSerialization, serialization->cbSerialization});
    if (!blob) return E_INVALIDARG;
    remote_ = std::move(blob).value();
    drop_tiles();
    return S_OK;
  });
}

HRESULT LogonProvider::Advise(com::ICredentialProviderEvents* events, UINT_PTR context) noexcept {
  return guarded([&] {
    events_ = ComPtr(events);
    events_context_ = context;
    return S_OK;
  });
}

HRESULT LogonProvider::UnAdvise() noexcept {
  return guarded([&] {
    events_.reset();
    for (const ComPtr<Tile>& tile : tiles_) tile->forget();
    remote_.reset();
    return S_OK;
  });
}

HRESULT LogonProvider::GetFieldDescriptorCount(DWORD* count) noexcept {
  if (count == nullptr) return E_INVALIDARG;
  *count = static_cast<DWORD>(field_count);
  return S_OK;
}

HRESULT LogonProvider::GetFieldDescriptorAt(DWORD number, com::FieldDescriptor** out) noexcept {
  if (out == nullptr) return E_INVALIDARG;
  *out = nullptr;
  const std::optional<Field> field = field_of(number);
  if (!field) return E_INVALIDARG;
  return guarded([&]() -> HRESULT {
    const FieldDescription& description = field_table()[index(*field)];
    auto* descriptor = static_cast<com::FieldDescriptor*>(CoTaskMemAlloc(sizeof(com::FieldDescriptor)));
    if (descriptor == nullptr) return E_OUTOFMEMORY;
    *descriptor = {number, static_cast<int>(description.kind), nullptr, field_type(*field)};
    const std::u16string_view label =
        description.label ? text(seams::language(), *description.label) : std::u16string_view();
    const HRESULT given = give(label, &descriptor->pszLabel);
    if (FAILED(given)) {
      CoTaskMemFree(descriptor);
      return given;
    }
    *out = descriptor;
    return S_OK;
  });
}

HRESULT LogonProvider::GetCredentialCount(DWORD* count, DWORD* chosen, BOOL* auto_logon) noexcept {
  if (count == nullptr || chosen == nullptr || auto_logon == nullptr) return E_INVALIDARG;
  *count = 0;
  *chosen = com::CREDENTIAL_PROVIDER_NO_DEFAULT;
  *auto_logon = FALSE;
  return guarded([&]() -> HRESULT {
    if (!scenario_) return E_UNEXPECTED;
    if (!tiles_made_) make_tiles();
    *count = static_cast<DWORD>(tiles_.size());
    if (!remote_tile_) return S_OK;
    *chosen = static_cast<DWORD>(*remote_tile_);
    const bool alone = tiles_[*remote_tile_]->may_submit_alone() && !submitted_alone().exchange(true);
    *auto_logon = alone ? TRUE : FALSE;
    return S_OK;
  });
}

HRESULT LogonProvider::GetCredentialAt(DWORD number, com::ICredentialProviderCredential** out) noexcept {
  if (out == nullptr) return E_INVALIDARG;
  *out = nullptr;
  if (number >= tiles_.size()) return E_INVALIDARG;
  void* credential = nullptr;
  const HRESULT found = tiles_[number]->QueryInterface(com::iid_credential, &credential);
  *out = static_cast<com::ICredentialProviderCredential*>(credential);
  return found;
}

HRESULT LogonProvider::SetUserArray(com::ICredentialProviderUserArray* users) noexcept {
  return guarded([&] {
    users_ = ComPtr(users);
    drop_tiles();
    return S_OK;
  });
}

std::vector<TileAccount> LogonProvider::listed_users() const {
  std::vector<TileAccount> accounts;
  DWORD count = 0;
  if (!users_ || FAILED(users_->GetCount(&count))) return accounts;
  for (DWORD i = 0; i < count; ++i) {
    com::ICredentialProviderUser* given = nullptr;
    if (FAILED(users_->GetAt(i, &given)) || given == nullptr) continue;
    const auto user = ComPtr<com::ICredentialProviderUser>::adopted(given);
    if (std::optional<TileAccount> account = account_of(*user.get())) accounts.push_back(std::move(*account));
  }
  return accounts;
}

bool LogonProvider::lists_other_user() const {
  com::AccountOptions options = com::CPAO_NONE;
  return users_ && SUCCEEDED(users_->GetAccountOptions(&options)) && options != com::CPAO_NONE;
}

TileSetup LogonProvider::setup_for(std::optional<TileAccount> account) const {
  return {.language = seams::language(),
          .scenario = *scenario_,
          .stance = stance_,
          .rehearsal = rehearsal_,
          .account = std::move(account),
          .computer_name = utf16(seams::account_lookup()->computer_name()),
          .typed_name = {},
          .remote_password = {},
          .mirror = mirror_,
          .health = health_};
}

void LogonProvider::make_tiles() {
  tiles_made_ = true;
  const std::uint64_t deadline = now().tick_ms + static_cast<std::uint64_t>(list_limit.count());
  const auto left = [deadline] {
    const std::uint64_t tick = now().tick_ms;
    return milliseconds(deadline > tick ? deadline - tick : 0);
  };
  // What Remote Desktop handed over is used once, whatever comes of it.
  std::optional<LogonBlob> remote = std::exchange(remote_, std::nullopt);
  const std::vector<TileAccount> users = listed_users();
  for (const TileAccount& user : users) {
    TileSetup setup = setup_for(user);
    if (remote && is_same_account(user, remote->domain, remote->user)) {
      setup.remote_password = std::move(remote->password);
      remote.reset();
      remote_tile_ = tiles_.size();
    }
    add_tile(std::move(setup), left());
  }
  // An empty list ("don't display last signed-in") must not leave an empty screen.
  if (!users.empty() && !lists_other_user() && !remote) return;
  TileSetup setup = setup_for(std::nullopt);
  if (remote) {
    setup.typed_name = joined(*remote);
    setup.remote_password = std::move(remote->password);
    remote_tile_ = tiles_.size();
  } else if (screen_->unlocks) {
    setup.typed_name = seams::session_user();
  }
  add_tile(std::move(setup), left());
}

void LogonProvider::add_tile(TileSetup setup, milliseconds limit) {
  const bool is_other_user = !setup.account;
  const bool is_remote = remote_tile_ == tiles_.size();
  auto tile = ComPtr<Tile>::adopted(new Tile(std::move(setup), screen_));
  // Beside Windows' own tiles ours is for those who are to prove themselves on it; with a password at hand it may be
  // all that is asked for.
  const bool asks_first = (stance_ == Stance::beside && !is_other_user) || is_remote;
  if (asks_first) tile->prepare(limit);
  if (stance_ == Stance::beside && !is_other_user && tile->is_windows_own()) {
    if (is_remote) remote_tile_.reset();
    return;
  }
  tiles_.push_back(std::move(tile));
}

void LogonProvider::open_windows_screen() noexcept {
  open_once().allow();
  // Held: LogonUI may let go of us while it draws anew.
  const ComPtr<com::ICredentialProviderEvents> events = events_;
  if (events) events->CredentialsChanged(events_context_);
}

void LogonProvider::drop_tiles() noexcept {
  tiles_.clear();
  tiles_made_ = false;
  remote_tile_.reset();
}

}  // namespace systemlog::provider
