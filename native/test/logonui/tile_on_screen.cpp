#include <array>

#include "test/logonui/com_fakes.h"
#include "test/logonui/logon_ui.h"

namespace systemlog::logonui {

Submission::Logon Submission::logon() const {
  const Result<LogonBlob> read = unpack_logon_blob(blob);
  if (!read) return {};
  const SecretUtf16& turned = read.value().password;
  return {static_cast<unsigned>(read.value().message), read.value().domain, read.value().user,
          std::u16string(turned.rbegin(), turned.rend())};
}

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

}  // namespace systemlog::logonui
