#include "provider/windows/tile.h"

#include <cstring>

#include "provider/tile_image.h"
#include "provider/utf.h"
#include "provider/windows/busy.h"

namespace systemlog::provider {
namespace {

using std::chrono::milliseconds;

/// How long LogonUI waits for the bridge to hear what LSA said.
constexpr milliseconds result_limit{1000};

com::StatusIcon icon_of(MessageIcon icon) noexcept {
  switch (icon) {
    case MessageIcon::error:
      return com::CPSI_ERROR;
    case MessageIcon::warning:
      return com::CPSI_WARNING;
    case MessageIcon::success:
      return com::CPSI_SUCCESS;
    case MessageIcon::none:
      break;
  }
  return com::CPSI_NONE;
}

HBITMAP make_bitmap() {
  BITMAPINFO info{};
  info.bmiHeader.biSize = sizeof info.bmiHeader;
  info.bmiHeader.biWidth = tile_image_size;
  info.bmiHeader.biHeight = -tile_image_size;  // top row first
  info.bmiHeader.biPlanes = 1;
  info.bmiHeader.biBitCount = 32;
  void* bits = nullptr;
  const HBITMAP bitmap = CreateDIBSection(nullptr, &info, DIB_RGB_COLORS, &bits, nullptr, 0);
  if (bitmap == nullptr) return nullptr;
  const std::vector<std::uint32_t> pixels = tile_image();
  std::memcpy(bits, pixels.data(), pixels.size() * sizeof(std::uint32_t));
  return bitmap;
}

}  // namespace

Tile::Tile(TileSetup setup, std::shared_ptr<const LogonScreen> screen)
    : sid_(setup.account ? setup.account->sid : std::string()),
      screen_(std::move(screen)),
      machine_(std::move(setup)),
      shown_(machine_.view(now())) {}

void Tile::prepare(milliseconds limit) {
  const Busy busy(busy_);
  static_cast<void>(carry_out(machine_.selected(now()), limit));
  refresh();
}

void Tile::forget() {
  stop_looking();
  machine_.deselected();
}

HRESULT Tile::QueryInterface(REFIID id, void** out) noexcept {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  if (id == com::iid_unknown || id == com::iid_credential || id == com::iid_credential2) {
    *out = static_cast<com::ICredentialProviderCredential2*>(this);
  } else if (id == com::iid_credential_with_field_options) {
    *out = static_cast<com::ICredentialProviderCredentialWithFieldOptions*>(this);
  } else {
    return E_NOINTERFACE;
  }
  AddRef();
  return S_OK;
}

HRESULT Tile::Advise(com::ICredentialProviderCredentialEvents* events) noexcept {
  return guarded([&] {
    events_ = ComPtr(events);
    return S_OK;
  });
}

HRESULT Tile::UnAdvise() noexcept {
  return guarded([&] {
    events_.reset();
    forget();
    shown_ = machine_.view(now());
    return S_OK;
  });
}

HRESULT Tile::SetSelected(BOOL* auto_logon) noexcept {
  if (auto_logon == nullptr) return E_INVALIDARG;
  *auto_logon = FALSE;
  return guarded([&] {
    const Busy busy(busy_);
    stop_looking();
    look(machine_.selected(now()), screen_->pace.first_look);
    refresh();
    return S_OK;
  });
}

HRESULT Tile::SetDeselected() noexcept {
  return guarded([&] {
    const Busy busy(busy_);
    forget();
    refresh();
    return S_OK;
  });
}

HRESULT Tile::GetFieldState(DWORD number, com::FieldState* state, com::FieldInteractiveState* interactive) noexcept {
  const std::optional<Field> field = field_of(number);
  if (!field || state == nullptr || interactive == nullptr) return E_INVALIDARG;
  *state = state_of(*field, shown_.at(*field));
  *interactive = shown_.at(*field).focused ? com::CPFIS_FOCUSED : com::CPFIS_NONE;
  return S_OK;
}

HRESULT Tile::GetStringValue(DWORD number, LPWSTR* out) noexcept {
  if (out == nullptr) return E_INVALIDARG;
  *out = nullptr;
  const std::optional<Field> field = field_of(number);
  if (!field || *field == Field::image) return E_INVALIDARG;
  return give(shown_.at(*field).text, out);
}

HRESULT Tile::GetBitmapValue(DWORD number, HBITMAP* out) noexcept {
  if (out == nullptr) return E_INVALIDARG;
  *out = nullptr;
  if (field_of(number) != Field::image) return E_INVALIDARG;
  return guarded([&] {
    *out = make_bitmap();
    return *out == nullptr ? E_OUTOFMEMORY : S_OK;
  });
}

HRESULT Tile::GetCheckboxValue(DWORD number, BOOL* ticked, LPWSTR* label) noexcept {
  if (ticked == nullptr || label == nullptr) return E_INVALIDARG;
  *ticked = FALSE;
  *label = nullptr;
  if (field_of(number) != Field::seal) return E_INVALIDARG;
  *ticked = shown_.at(Field::seal).ticked ? TRUE : FALSE;
  return give(shown_.at(Field::seal).text, label);
}

HRESULT Tile::GetSubmitButtonValue(DWORD number, DWORD* adjacent) noexcept {
  if (adjacent == nullptr || field_of(number) != Field::submit) return E_INVALIDARG;
  *adjacent = static_cast<DWORD>(index(shown_.submit_beside));
  return S_OK;
}

HRESULT Tile::GetComboBoxValueCount(DWORD /*number*/, DWORD* /*items*/, DWORD* /*selected*/) noexcept {
  return E_INVALIDARG;
}

HRESULT Tile::GetComboBoxValueAt(DWORD /*number*/, DWORD /*item*/, LPWSTR* /*out*/) noexcept {
  return E_INVALIDARG;
}

HRESULT Tile::SetComboBoxSelectedValue(DWORD /*number*/, DWORD /*item*/) noexcept {
  return E_INVALIDARG;
}

HRESULT Tile::SetStringValue(DWORD number, LPCWSTR text) noexcept {
  const std::optional<Field> field = field_of(number);
  if (!field || !is_input(*field) || text == nullptr) return E_INVALIDARG;
  return guarded([&] {
    machine_.typed(*field, units(text));
    return S_OK;
  });
}

HRESULT Tile::SetCheckboxValue(DWORD number, BOOL ticked) noexcept {
  if (field_of(number) != Field::seal) return E_INVALIDARG;
  machine_.ticked(ticked != FALSE);
  shown_.fields[index(Field::seal)].ticked = ticked != FALSE;
  return S_OK;
}

HRESULT Tile::CommandLinkClicked(DWORD number) noexcept {
  const std::optional<Field> field = field_of(number);
  if (!field || kind_of(*field) != FieldKind::command_link) return E_INVALIDARG;
  return guarded([&] {
    const Busy busy(busy_);
    stop_looking();
    static_cast<void>(carry_out(machine_.clicked(*field, now()), screen_->pace.call));
    go_on_looking();
    refresh();
    return S_OK;
  });
}

HRESULT Tile::GetSerialization(com::SerializationResponse* response, com::Serialization* serialization, LPWSTR* text,
                               com::StatusIcon* icon) noexcept {
  if (response == nullptr || serialization == nullptr || text == nullptr || icon == nullptr) return E_INVALIDARG;
  *response = com::CPGSR_NO_CREDENTIAL_NOT_FINISHED;
  *serialization = com::Serialization{};
  *text = nullptr;
  *icon = com::CPSI_NONE;
  return guarded([&]() -> HRESULT {
    const Busy busy(busy_);
    stop_looking();
    const Step step = carry_out(machine_.submitted(now()), screen_->pace.call);
    HRESULT result = S_OK;
    if (const auto* refused = std::get_if<Refuse>(&step)) {
      *icon = com::CPSI_ERROR;
      result = give(refused->text, text);
    } else if (const auto* sign_in = std::get_if<SignInNow>(&step)) {
      const Scenario scenario = machine_.scenario();
      result = hand_over(screen_->blobs->sign_in(*sign_in, scenario, screen_->unlocks), response, serialization, text,
                         icon);
    } else if (const auto* change = std::get_if<ChangePasswordNow>(&step)) {
      result = hand_over(screen_->blobs->change_password(*change), response, serialization, text, icon);
    }
    // While LSA judges, nothing changes under it; its answer goes on.
    if (*response == com::CPGSR_NO_CREDENTIAL_NOT_FINISHED) go_on_looking();
    refresh();
    return result;
  });
}

HRESULT Tile::hand_over(const Result<PackedCredential>& packed, com::SerializationResponse* response,
                        com::Serialization* serialization, LPWSTR* text, com::StatusIcon* icon) {
  if (!packed) {
    *icon = com::CPSI_ERROR;
    return give(machine_.not_packed(packed.error()).text, text);
  }
  BYTE* blob = copied(packed.value().blob);
  if (blob == nullptr) return E_OUTOFMEMORY;
  serialization->ulAuthenticationPackage = packed.value().package;
  serialization->clsidCredentialProvider = guid(our_class_id);
  serialization->cbSerialization = static_cast<ULONG>(packed.value().blob.size());
  serialization->rgbSerialization = blob;
  *response = com::CPGSR_RETURN_CREDENTIAL_FINISHED;
  return S_OK;
}

HRESULT Tile::ReportResult(LONG status, LONG substatus, LPWSTR* text, com::StatusIcon* icon) noexcept {
  if (text == nullptr || icon == nullptr) return E_INVALIDARG;
  *text = nullptr;
  *icon = com::CPSI_NONE;
  return guarded([&]() -> HRESULT {
    const Busy busy(busy_);
    LsaReport report = machine_.lsa_said(status, substatus, now());
    if (report.result) static_cast<void>(screen_->line->ask(std::move(*report.result), result_limit));
    go_on_looking();
    refresh();
    if (report.open_windows_screen) screen_->open_windows_screen();
    if (report.text.empty()) return S_OK;
    *icon = icon_of(report.icon);
    return give(report.text, text);
  });
}

HRESULT Tile::GetUserSid(LPWSTR* out) noexcept {
  if (out == nullptr) return E_INVALIDARG;
  *out = nullptr;
  // None: the tile "other user".
  if (sid_.empty()) return S_FALSE;
  return guarded([&] { return give(utf16(sid_), out); });
}

HRESULT Tile::GetFieldOptions(DWORD number, DWORD* options) noexcept {
  const std::optional<Field> field = field_of(number);
  if (!field || options == nullptr) return E_INVALIDARG;
  *options = field_table()[index(*field)].options;
  return S_OK;
}

}  // namespace systemlog::provider
