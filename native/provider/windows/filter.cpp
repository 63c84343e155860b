#include "provider/windows/filter.h"

#include "provider/remote_credential.h"
#include "provider/usage_scenario.h"
#include "provider/windows/logon_screen.h"
#include "provider/windows/registry.h"

namespace systemlog::provider {

HRESULT LogonFilter::QueryInterface(REFIID id, void** out) noexcept {
  if (out == nullptr) return E_POINTER;
  *out = nullptr;
  if (id != com::iid_unknown && id != com::iid_filter) return E_NOINTERFACE;
  *out = static_cast<com::ICredentialProviderFilter*>(this);
  AddRef();
  return S_OK;
}

HRESULT LogonFilter::Filter(com::UsageScenario usage, DWORD flags, GUID* providers, BOOL* allowed,
                            DWORD count) noexcept {
  // Whatever goes wrong in here leaves the list as it is: nobody is locked out by a filter that stumbled.
  guarded([&] {
    const std::optional<Scenario> scenario = scenario_of({.usage = usage,
                                                          .flags = flags,
                                                          .remote_session = seams::is_remote_session(),
                                                          .consent_prompt = seams::is_consent_prompt()});
    if (!scenario || providers == nullptr || allowed == nullptr || open_once().take()) return S_OK;
    const FilterDecision decision = ask_filter(*line_, *scenario, read_logon_mirror());
    for (DWORD i = 0; i < count; ++i) {
      if (!stays_visible(decision, class_id(providers[i]))) allowed[i] = FALSE;
    }
    return S_OK;
  });
  return S_OK;
}

HRESULT LogonFilter::UpdateRemoteCredential(const com::Serialization* in, com::Serialization* out) noexcept {
  if (in == nullptr || out == nullptr) return E_INVALIDARG;
  *out = com::Serialization{};
  return guarded([&]() -> HRESULT {
    if (!ask_filter(*line_, Scenario::remote_logon, read_logon_mirror()).hide_others) return E_NOTIMPL;
    const Result<std::uint32_t> negotiate = seams::auth_package()->negotiate_id();
    if (!negotiate || in->rgbSerialization == nullptr) return E_INVALIDARG;
    const std::span<const std::uint8_t> blob(in->rgbSerialization, in->cbSerialization);
    if (!read_remote_credential(in->ulAuthenticationPackage, negotiate.value(), blob)) return E_INVALIDARG;
    out->rgbSerialization = copied(blob);
    if (out->rgbSerialization == nullptr) return E_OUTOFMEMORY;
    out->cbSerialization = in->cbSerialization;
    out->ulAuthenticationPackage = in->ulAuthenticationPackage;
    out->clsidCredentialProvider = guid(our_class_id);
    return S_OK;
  });
}

}  // namespace systemlog::provider
