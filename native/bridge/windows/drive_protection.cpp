#include "bridge/windows/drive_protection.h"

// clang-format off
#include <windows.h>
#include <objbase.h>
#include <oleauto.h>
#include <wbemidl.h>
// clang-format on

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace systemlog::bridge::windows {
namespace {

using Steady = std::chrono::steady_clock;

/// BitLocker may be switched off, suspended or done with encrypting meanwhile.
constexpr std::chrono::minutes believed_for{10};
constexpr unsigned bitlocker_on = 1;
constexpr long answer_within_ms = 30'000;

class Text {
 public:
  explicit Text(const wchar_t* text) noexcept : text_(SysAllocString(text)) {}
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  Text(Text&&) = delete;
  Text& operator=(Text&&) = delete;
  ~Text() { SysFreeString(text_); }
  BSTR get() const noexcept { return text_; }

 private:
  BSTR text_;
};

template <typename Interface>
class Held {
 public:
  Held() noexcept = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  Held(Held&&) = delete;
  Held& operator=(Held&&) = delete;
  ~Held() {
    if (held_ != nullptr) held_->Release();
  }
  Interface** put() noexcept { return &held_; }
  Interface* get() const noexcept { return held_; }
  Interface* operator->() const noexcept { return held_; }

 private:
  Interface* held_ = nullptr;
};

/// COM on this thread.
class Com {
 public:
  Com() noexcept : begun_(SUCCEEDED(CoInitializeEx(nullptr, COINIT_MULTITHREADED))) {}
  Com(const Com&) = delete;
  Com& operator=(const Com&) = delete;
  Com(Com&&) = delete;
  Com& operator=(Com&&) = delete;
  ~Com() {
    if (begun_) CoUninitialize();
  }
  explicit operator bool() const noexcept { return begun_; }

 private:
  bool begun_;
};

/// `C:`
std::wstring system_drive() {
  wchar_t folder[MAX_PATH] = L"";
  const UINT length = GetSystemWindowsDirectoryW(static_cast<wchar_t*>(folder), MAX_PATH);
  return length < 2 ? std::wstring() : std::wstring(static_cast<const wchar_t*>(folder), 2);
}

std::optional<unsigned> number_of(IWbemClassObject& object, const wchar_t* property) {
  VARIANT value;
  VariantInit(&value);
  std::optional<unsigned> number;
  if (SUCCEEDED(object.Get(property, 0, &value, nullptr, nullptr)) && V_VT(&value) == VT_I4) {
    number = static_cast<unsigned>(V_I4(&value));
  }
  VariantClear(&value);
  return number;
}

}  // namespace

std::optional<bool> tpm_present() {
  // tbs.h of mingw does not have it; TPM_DEVICE_INFO.
  struct DeviceInfo {
    UINT32 struct_version = 1;
    UINT32 tpm_version = 0;
    UINT32 interface_type = 0;
    UINT32 implementation_revision = 0;
  };
  using GetDeviceInfo = UINT32(WINAPI*)(UINT32 size, void* info);
  constexpr UINT32 tpm_not_found = 0x8028400F;
  const HMODULE tbs = LoadLibraryExW(L"tbs.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (tbs == nullptr) return std::nullopt;
  // The detour by void* is how a function pointer of another type is said to be meant.
  const auto ask =
      reinterpret_cast<GetDeviceInfo>(reinterpret_cast<void*>(GetProcAddress(tbs, "Tbsi_GetDeviceInfo")));
  DeviceInfo info;
  const UINT32 said = ask != nullptr ? ask(sizeof info, &info) : ERROR_PROC_NOT_FOUND;
  FreeLibrary(tbs);
  if (said == 0) return info.tpm_version != 0;
  if (said == tpm_not_found) return false;
  return std::nullopt;
}

std::optional<unsigned> bitlocker_status() {
  const Com com;
  if (!com) return std::nullopt;
  Held<IWbemLocator> locator;
  if (FAILED(CoCreateInstance(CLSID_WbemLocator, nullptr, CLSCTX_INPROC_SERVER, IID_IWbemLocator,
                              reinterpret_cast<void**>(locator.put())))) {
    return std::nullopt;
  }
  Held<IWbemServices> services;
  const Text space(L"ROOT\\CIMV2\\Security\\MicrosoftVolumeEncryption");
  if (FAILED(locator->ConnectServer(space.get(), nullptr, nullptr, nullptr, WBEM_FLAG_CONNECT_USE_MAX_WAIT, nullptr,
                                    nullptr, services.put()))) {
    return std::nullopt;
  }
  // The provider looks at who asks, and wants packets to be private.
  if (FAILED(CoSetProxyBlanket(services.get(), RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, nullptr,
                               RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE, nullptr, EOAC_NONE))) {
    return std::nullopt;
  }
  Held<IEnumWbemClassObject> volumes;
  const Text language(L"WQL");
  const Text query(
      (L"SELECT ProtectionStatus FROM Win32_EncryptableVolume WHERE DriveLetter = '" + system_drive() + L"'")
          .c_str());
  if (FAILED(services->ExecQuery(language.get(), query.get(), WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY,
                                 nullptr, volumes.put()))) {
    return std::nullopt;
  }
  Held<IWbemClassObject> volume;
  ULONG count = 0;
  if (FAILED(volumes->Next(answer_within_ms, 1, volume.put(), &count)) || count == 0) return std::nullopt;
  return number_of(*volume.get(), L"ProtectionStatus");
}

struct DriveProtection::Found {
  std::atomic<bool> both = false;
  std::atomic<bool> looking = false;
  std::atomic<Steady::rep> believed_until{Steady::time_point::min().time_since_epoch().count()};
};

DriveProtection::DriveProtection() : found_(std::make_shared<Found>()) {}
DriveProtection::~DriveProtection() = default;

bool DriveProtection::tpm_and_bitlocker() {
  const bool stale = Steady::now().time_since_epoch().count() >= found_->believed_until;
  if (stale && !found_->looking.exchange(true)) {
    std::thread([found = found_] {
      found->both = tpm_present().value_or(false) && bitlocker_status() == bitlocker_on;
      found->believed_until = (Steady::now() + believed_for).time_since_epoch().count();
      found->looking = false;
    }).detach();
  }
  return found_->both;
}

}  // namespace systemlog::bridge::windows
