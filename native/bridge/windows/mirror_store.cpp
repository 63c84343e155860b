// clang-format off
#include <windows.h>
// clang-format on

#include "bridge/windows/windows_bridge.h"
#include "platform/windows/handle.h"
#include "platform/windows/text.h"

namespace systemlog::bridge::windows {
namespace {

using systemlog::windows::narrow;
using systemlog::windows::wide;

const wchar_t* text(std::u16string_view name) {
  // Of one width and one encoding on Windows; all the names are literals.
  return reinterpret_cast<const wchar_t*>(name.data());
}

class Key {
 public:
  explicit Key(REGSAM access) {
    problem_ = RegCreateKeyExW(HKEY_LOCAL_MACHINE, text(logon_mirror_key::path), 0, nullptr, 0,
                               access | KEY_WOW64_64KEY, nullptr, &key_, nullptr);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  Key(Key&&) = delete;
  Key& operator=(Key&&) = delete;
  ~Key() {
    if (problem_ == ERROR_SUCCESS) RegCloseKey(key_);
  }
  LSTATUS problem() const noexcept { return problem_; }

  DWORD number(std::u16string_view name, DWORD otherwise) const {
    DWORD value = 0;
    DWORD size = sizeof value;
    DWORD type = 0;
    const bool read =
        problem_ == ERROR_SUCCESS &&
        RegQueryValueExW(key_, text(name), nullptr, &type, reinterpret_cast<BYTE*>(&value), &size) == ERROR_SUCCESS &&
        type == REG_DWORD && size == sizeof value;
    return read ? value : otherwise;
  }
  void set(std::u16string_view name, DWORD value) {
    note(RegSetValueExW(key_, text(name), 0, REG_DWORD, reinterpret_cast<const BYTE*>(&value), sizeof value));
  }
  void set(std::u16string_view name, const std::vector<std::string>& values) {
    std::wstring all;
    for (const std::string& value : values) all.append(wide(value)).push_back(L'\0');
    all.push_back(L'\0');
    note(RegSetValueExW(key_, text(name), 0, REG_MULTI_SZ, reinterpret_cast<const BYTE*>(all.data()),
                        static_cast<DWORD>(all.size() * sizeof(wchar_t))));
  }
  LSTATUS written() const noexcept { return problem_ != ERROR_SUCCESS ? problem_ : first_problem_; }

 private:
  void note(LSTATUS result) noexcept {
    if (first_problem_ == ERROR_SUCCESS) first_problem_ = result;
  }

  HKEY key_ = nullptr;
  LSTATUS problem_ = ERROR_SUCCESS;
  LSTATUS first_problem_ = ERROR_SUCCESS;
};

class RegistryMirror final : public MirrorStore {
 public:
  LogonMirror read() override {
    const Key key(KEY_READ);
    LogonMirror mirror;
    mirror.enforcement = key.number(logon_mirror_key::enforcement, 0) != 0;
    mirror.recovery_flag = key.number(logon_mirror_key::recovery_flag, 0) != 0;
    mirror.crash_breaker = key.number(logon_mirror_key::crash_breaker, 0) != 0;
    mirror.smart_cards = key.number(logon_mirror_key::smart_cards, 1) != 0;
    mirror.prompts = key.number(logon_mirror_key::prompts, 0) != 0;
    mirror.when_bridge_down =
        key.number(logon_mirror_key::when_bridge_down, 0) == 1 ? WhenBridgeDown::deny : WhenBridgeDown::password_only;
    return mirror;
  }

  Result<void> write(const LogonMirror& mirror) override {
    Key key(KEY_READ | KEY_WRITE);
    if (key.problem() == ERROR_SUCCESS) {
      key.set(logon_mirror_key::enforcement, mirror.enforcement ? 1 : 0);
      key.set(logon_mirror_key::crash_breaker, mirror.crash_breaker ? 1 : 0);
      key.set(logon_mirror_key::smart_cards, mirror.smart_cards ? 1 : 0);
      key.set(logon_mirror_key::prompts, mirror.prompts ? 1 : 0);
      key.set(logon_mirror_key::when_bridge_down, mirror.when_bridge_down == WhenBridgeDown::deny ? 1 : 0);
      key.set(logon_mirror_key::break_glass_sids, mirror.break_glass_sids);
    }
    if (key.written() != ERROR_SUCCESS) {
      return systemlog::windows::failure("registry", static_cast<DWORD>(key.written()));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<MirrorStore> mirror_store() {
  return std::make_unique<RegistryMirror>();
}

}  // namespace systemlog::bridge::windows
