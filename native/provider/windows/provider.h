// The credential provider: makes a tile for each user LogonUI lists, and one for whoever is not on the list.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/logon_blob.h"
#include "provider/windows/com_object.h"
#include "provider/windows/logon_screen.h"
#include "provider/windows/tile.h"

namespace systemlog::provider {

class LogonProvider final : public ComObject<com::ICredentialProvider, com::ICredentialProviderSetUserArray> {
 public:
  LogonProvider();

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override;

  HRESULT STDMETHODCALLTYPE SetUsageScenario(com::UsageScenario usage, DWORD flags) noexcept override;
  HRESULT STDMETHODCALLTYPE SetSerialization(const com::Serialization* serialization) noexcept override;
  HRESULT STDMETHODCALLTYPE Advise(com::ICredentialProviderEvents* events, UINT_PTR context) noexcept override;
  HRESULT STDMETHODCALLTYPE UnAdvise() noexcept override;
  HRESULT STDMETHODCALLTYPE GetFieldDescriptorCount(DWORD* count) noexcept override;
  HRESULT STDMETHODCALLTYPE GetFieldDescriptorAt(DWORD number, com::FieldDescriptor** out) noexcept override;
  HRESULT STDMETHODCALLTYPE GetCredentialCount(DWORD* count, DWORD* chosen, BOOL* auto_logon) noexcept override;
  HRESULT STDMETHODCALLTYPE GetCredentialAt(DWORD number, com::ICredentialProviderCredential** out) noexcept override;

  HRESULT STDMETHODCALLTYPE SetUserArray(com::ICredentialProviderUserArray* users) noexcept override;

 private:
  ~LogonProvider() override;
  LogonProvider(const LogonProvider&) = delete;
  LogonProvider& operator=(const LogonProvider&) = delete;
  LogonProvider(LogonProvider&&) = delete;
  LogonProvider& operator=(LogonProvider&&) = delete;

  void make_tiles();
  std::vector<TileAccount> listed_users() const;
  bool lists_other_user() const;
  TileSetup setup_for(std::optional<TileAccount> account) const;
  void add_tile(TileSetup setup, std::chrono::milliseconds limit);
  void open_windows_screen() noexcept;
  void drop_tiles() noexcept;

  std::shared_ptr<LogonScreen> screen_;
  std::optional<Scenario> scenario_;
  Stance stance_ = Stance::aside;
  bool rehearsal_ = false;
  LogonMirror mirror_;
  std::shared_ptr<BridgeHealth> health_;
  ComPtr<com::ICredentialProviderUserArray> users_;
  ComPtr<com::ICredentialProviderEvents> events_;
  UINT_PTR events_context_ = 0;
  std::optional<LogonBlob> remote_;
  std::optional<std::size_t> remote_tile_;
  bool tiles_made_ = false;
  std::vector<ComPtr<Tile>> tiles_;
};

}  // namespace systemlog::provider
