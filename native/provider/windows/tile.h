// A tile as LogonUI sees it: hands what it is told to a TileMachine, does the one thing the machine says, and shows
// what changed.
#pragma once

#include <string>

#include "provider/tile_machine.h"
#include "provider/windows/com_object.h"
#include "provider/windows/logon_screen.h"
#include "provider/windows/ui_timer.h"

namespace systemlog::provider {

/// Whether a field is on the screen, as LogonUI has it.
com::FieldState state_of(Field field, const FieldView& view) noexcept;

class Tile final
    : public ComObject<com::ICredentialProviderCredential2, com::ICredentialProviderCredentialWithFieldOptions> {
 public:
  Tile(TileSetup setup, std::shared_ptr<const LogonScreen> screen);

  /// Finds out what it will ask before LogonUI draws it; as far as it gets in `limit`.
  void prepare(std::chrono::milliseconds limit);
  bool is_windows_own() const noexcept { return machine_.is_windows_own(); }
  bool may_submit_alone() const noexcept { return machine_.may_submit_alone(); }
  /// The provider goes.
  void forget();

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override;

  HRESULT STDMETHODCALLTYPE Advise(com::ICredentialProviderCredentialEvents* events) noexcept override;
  HRESULT STDMETHODCALLTYPE UnAdvise() noexcept override;
  HRESULT STDMETHODCALLTYPE SetSelected(BOOL* auto_logon) noexcept override;
  HRESULT STDMETHODCALLTYPE SetDeselected() noexcept override;
  HRESULT STDMETHODCALLTYPE GetFieldState(DWORD number, com::FieldState* state,
                                          com::FieldInteractiveState* interactive) noexcept override;
  HRESULT STDMETHODCALLTYPE GetStringValue(DWORD number, LPWSTR* out) noexcept override;
  HRESULT STDMETHODCALLTYPE GetBitmapValue(DWORD number, HBITMAP* out) noexcept override;
  HRESULT STDMETHODCALLTYPE GetCheckboxValue(DWORD number, BOOL* ticked, LPWSTR* label) noexcept override;
  HRESULT STDMETHODCALLTYPE GetSubmitButtonValue(DWORD number, DWORD* adjacent) noexcept override;
  HRESULT STDMETHODCALLTYPE GetComboBoxValueCount(DWORD number, DWORD* items, DWORD* selected) noexcept override;
  HRESULT STDMETHODCALLTYPE GetComboBoxValueAt(DWORD number, DWORD item, LPWSTR* out) noexcept override;
  HRESULT STDMETHODCALLTYPE SetStringValue(DWORD number, LPCWSTR text) noexcept override;
  HRESULT STDMETHODCALLTYPE SetCheckboxValue(DWORD number, BOOL ticked) noexcept override;
  HRESULT STDMETHODCALLTYPE SetComboBoxSelectedValue(DWORD number, DWORD item) noexcept override;
  HRESULT STDMETHODCALLTYPE CommandLinkClicked(DWORD number) noexcept override;
  HRESULT STDMETHODCALLTYPE GetSerialization(com::SerializationResponse* response, com::Serialization* serialization,
                                             LPWSTR* text, com::StatusIcon* icon) noexcept override;
  HRESULT STDMETHODCALLTYPE ReportResult(LONG status, LONG substatus, LPWSTR* text,
                                         com::StatusIcon* icon) noexcept override;
  HRESULT STDMETHODCALLTYPE GetUserSid(LPWSTR* out) noexcept override;
  HRESULT STDMETHODCALLTYPE GetFieldOptions(DWORD number, DWORD* options) noexcept override;

 private:
  /// Asks until the machine wants something else, no longer than `limit`.
  Step carry_out(Step step, std::chrono::milliseconds limit);
  std::shared_ptr<Pending> put(const Ask& ask);
  /// The same, but what takes longer than `patience` goes on by the timer.
  void look(Step step, std::chrono::milliseconds patience);
  /// While there is an answer to come, or a bridge to wait for, the timer runs.
  void go_on_looking();
  void tick();
  void stop_looking();
  HRESULT hand_over(const Result<PackedCredential>& packed, com::SerializationResponse* response,
                    com::Serialization* serialization, LPWSTR* text, com::StatusIcon* icon);

  /// Tells LogonUI what changed since it was last told.
  void refresh();
  void tell(com::ICredentialProviderCredentialEvents& events, const TileView& view);
  void tell_field(com::ICredentialProviderCredentialEvents& events, Field field, const FieldView& view);

  const std::string sid_;
  std::shared_ptr<const LogonScreen> screen_;
  TileMachine machine_;
  /// As LogonUI knows it.
  TileView shown_;
  ComPtr<com::ICredentialProviderCredentialEvents> events_;
  std::shared_ptr<Pending> looking_;
  std::uint64_t looking_since_ms_ = 0;
  UiTimer timer_;
  bool busy_ = false;
};

}  // namespace systemlog::provider
