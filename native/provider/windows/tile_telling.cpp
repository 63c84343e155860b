// What LogonUI is told of a tile: only what changed since it was last told.
#include "provider/windows/tile.h"

namespace systemlog::provider {
namespace {

LPCWSTR c_str(const std::u16string& text) noexcept {
  return reinterpret_cast<LPCWSTR>(text.c_str());
}

}  // namespace

com::FieldState state_of(Field field, const FieldView& view) noexcept {
  if (field == Field::image) return com::CPFS_DISPLAY_IN_BOTH;
  return view.visible ? com::CPFS_DISPLAY_IN_SELECTED_TILE : com::CPFS_HIDDEN;
}

void Tile::refresh() {
  TileView view = machine_.view(now());
  if (events_) {
    const ComPtr<com::ICredentialProviderCredentialEvents> events = events_;
    tell(*events.get(), view);
  }
  shown_ = std::move(view);
}

void Tile::tell(com::ICredentialProviderCredentialEvents& events, const TileView& view) {
  void* second = nullptr;
  const bool batches = SUCCEEDED(events.QueryInterface(com::iid_credential_events2, &second)) && second != nullptr;
  const auto batch = ComPtr<com::ICredentialProviderCredentialEvents2>::adopted(
      batches ? static_cast<com::ICredentialProviderCredentialEvents2*>(second) : nullptr);
  if (batch) batch->BeginFieldUpdates();

  bool inputs_changed = false;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    const FieldView& before = shown_.at(field);
    const FieldView& after = view.at(field);
    inputs_changed |= is_input(field) && (before.visible != after.visible || before.written != after.written);
    tell_field(events, field, after);
  }
  if (shown_.submit_beside != view.submit_beside) {
    events.SetFieldSubmitButton(this, static_cast<DWORD>(index(Field::submit)),
                                static_cast<DWORD>(index(view.submit_beside)));
  }
  // The caret is moved only when the page changed under the user, never while he types.
  for (std::size_t i = 0; inputs_changed && i < field_count; ++i) {
    if (!view.fields[i].focused) continue;
    events.SetFieldInteractiveState(this, static_cast<DWORD>(i), com::CPFIS_FOCUSED);
  }
  if (batch) batch->EndFieldUpdates();
}

void Tile::tell_field(com::ICredentialProviderCredentialEvents& events, Field field, const FieldView& view) {
  const FieldView& before = shown_.at(field);
  const auto number = static_cast<DWORD>(index(field));
  const bool changed = is_input(field) ? before.written != view.written : before.text != view.text;
  if (field == Field::seal) {
    if (before.ticked != view.ticked)
      events.SetFieldCheckbox(this, number, view.ticked ? TRUE : FALSE, c_str(view.text));
  } else if (changed) {
    events.SetFieldString(this, number, c_str(view.text));
  }
  if (state_of(field, before) != state_of(field, view)) events.SetFieldState(this, number, state_of(field, view));
}

}  // namespace systemlog::provider
