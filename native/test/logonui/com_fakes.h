// LogonUI's own objects, with vtables laid out by hand.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "test/logonui/logon_ui.h"

namespace systemlog::logonui {

inline std::u16string units(const wchar_t* text) {
  return text == nullptr ? std::u16string() : std::u16string(reinterpret_cast<const char16_t*>(text));
}

inline const wchar_t* wide(const std::u16string& text) {
  return reinterpret_cast<const wchar_t*>(text.c_str());
}

/// A copy for whoever frees it by CoTaskMemFree.
inline LPWSTR given(std::u16string_view text) {
  auto* copy = static_cast<wchar_t*>(CoTaskMemAlloc((text.size() + 1) * sizeof(wchar_t)));
  std::memcpy(copy, text.data(), text.size() * sizeof(wchar_t));
  copy[text.size()] = 0;
  return copy;
}

/// Takes over a string that was given and frees it.
inline std::u16string taken(LPWSTR text) {
  std::u16string copy = units(text);
  CoTaskMemFree(text);
  return copy;
}

template <typename Function>
void* slot(Function* function) {
  return reinterpret_cast<void*>(function);
}

/// What every fake begins with. It lives as long as the test wants, and knows who still holds it.
struct Fake {
  void** vtable = nullptr;
  LONG references = 1;
  std::array<const wchar_t*, 2> ids{};

  static HRESULT STDMETHODCALLTYPE query(Fake* self, REFIID id, void** out) {
    *out = nullptr;
    const bool known = id == guid(iid::unknown) || std::any_of(self->ids.begin(), self->ids.end(), [&](auto* text) {
                         return text != nullptr && id == guid(text);
                       });
    if (!known) return E_NOINTERFACE;
    ++self->references;
    *out = self;
    return S_OK;
  }
  static ULONG STDMETHODCALLTYPE hold(Fake* self) { return static_cast<ULONG>(++self->references); }
  static ULONG STDMETHODCALLTYPE let_go(Fake* self) { return static_cast<ULONG>(--self->references); }
};

/// ICredentialProviderCredentialEvents2: draws the tile.
class TileEvents : public Fake {
 public:
  struct Drawn {
    int state = 0;
    int interactive = 0;
    std::u16string text;
    bool ticked = false;
  };

  TileEvents() {
    static std::array<void*, 16> slots = {
        slot(&query),           slot(&hold),       slot(&let_go),       slot(&set_state),
        slot(&set_interactive), slot(&set_string), slot(&set_checkbox), slot(&refuse),
        slot(&refuse),          slot(&refuse),     slot(&refuse),       slot(&set_submit),
        slot(&refuse),          slot(&begin),      slot(&end),          slot(&set_options)};
    vtable = slots.data();
    ids = {iid::credential_events, iid::credential_events2};
  }

  std::array<Drawn, provider::field_count> fields;
  DWORD submit_beside = 0;
  int open_batches = 0;
  /// Events that named no field, or came from another tile.
  int nonsense = 0;
  void* tile = nullptr;

 private:
  Drawn* field(void* from, DWORD number) {
    if (from == tile && number < fields.size()) return &fields[number];
    ++nonsense;
    return nullptr;
  }

  static HRESULT STDMETHODCALLTYPE set_state(TileEvents* self, void* from, DWORD number, int state) {
    if (Drawn* drawn = self->field(from, number)) drawn->state = state;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE set_interactive(TileEvents* self, void* from, DWORD number, int state) {
    Drawn* drawn = self->field(from, number);
    if (drawn == nullptr) return S_OK;
    // There is one caret.
    for (Drawn& other : self->fields) other.interactive = 0;
    drawn->interactive = state;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE set_string(TileEvents* self, void* from, DWORD number, LPCWSTR text) {
    if (Drawn* drawn = self->field(from, number)) drawn->text = units(text);
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE set_checkbox(TileEvents* self, void* from, DWORD number, BOOL ticked,
                                                LPCWSTR text) {
    if (Drawn* drawn = self->field(from, number)) drawn->ticked = ticked != FALSE, drawn->text = units(text);
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE set_submit(TileEvents* self, void* from, DWORD number, DWORD beside) {
    if (self->field(from, number) != nullptr) self->submit_beside = beside;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE begin(TileEvents* self) {
    ++self->open_batches;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE end(TileEvents* self) {
    --self->open_batches;
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE set_options(TileEvents* /*self*/, void* /*from*/, DWORD /*number*/,
                                               DWORD /*options*/) {
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE refuse(TileEvents* self) {
    ++self->nonsense;
    return E_NOTIMPL;
  }
};

/// ICredentialProviderUser.
class ListedUser : public Fake {
 public:
  explicit ListedUser(User described) : user_(std::move(described)) {
    static std::array<void*, 7> slots = {slot(&query),       slot(&hold),           slot(&let_go), slot(&sid),
                                         slot(&provider_id), slot(&property_value), slot(&refuse)};
    vtable = slots.data();
    ids = {iid::user, nullptr};
  }

 private:
  static HRESULT STDMETHODCALLTYPE sid(ListedUser* self, LPWSTR* out) {
    *out = nullptr;
    if (self->user_.sid.empty()) return E_FAIL;
    *out = given(self->user_.sid);
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE provider_id(ListedUser* self, GUID* out) {
    *out = guid(self->user_.lives_in);
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE property_value(ListedUser* self, const PROPERTYKEY& key, LPWSTR* out) {
    constexpr unsigned long qualified = 0xDA520E51;
    constexpr unsigned long display = 0x7D683FC9;
    *out = nullptr;
    if (key.pid != 100 || (key.fmtid.Data1 != qualified && key.fmtid.Data1 != display)) return E_INVALIDARG;
    *out = given(key.fmtid.Data1 == qualified ? self->user_.qualified_name : self->user_.display_name);
    return S_OK;
  }
  static HRESULT STDMETHODCALLTYPE refuse(ListedUser* /*self*/) { return E_NOTIMPL; }

  User user_;
};

}  // namespace systemlog::logonui
