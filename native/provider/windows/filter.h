// The credential provider filter: hides the other ways in while enforcement is on, and takes what Remote Desktop
// brings to our own tile.
#pragma once

#include <memory>

#include "provider/windows/bridge_line.h"
#include "provider/windows/com_object.h"

namespace systemlog::provider {

class LogonFilter final : public ComObject<com::ICredentialProviderFilter> {
 public:
  LogonFilter() : line_(BridgeLine::shared()) {}

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void** out) noexcept override;

  HRESULT STDMETHODCALLTYPE Filter(com::UsageScenario usage, DWORD flags, GUID* providers, BOOL* allowed,
                                   DWORD count) noexcept override;
  HRESULT STDMETHODCALLTYPE UpdateRemoteCredential(const com::Serialization* in,
                                                   com::Serialization* out) noexcept override;

 private:
  std::shared_ptr<BridgeLine> line_;
};

}  // namespace systemlog::provider
