// What every COM object of ours has in common: it is counted, it never throws, it gives strings as COM wants them.
#pragma once

// clang-format off
#include <windows.h>
#include <objbase.h>
// clang-format on

#include <atomic>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "provider/filter_rule.h"
#include "provider/windows/credential_provider_com.h"

namespace systemlog::provider {

/// Everything that must be gone before the DLL may be unloaded: objects, locks, the worker thread.
std::atomic<long>& live_count() noexcept;

/// Runs the body of a COM method. Nothing passes it: LogonUI dies of an exception.
template <typename Body>
HRESULT guarded(Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return E_OUTOFMEMORY;
  } catch (...) {
    return E_UNEXPECTED;
  }
}

/// A reference held to somebody else's object.
template <typename T>
class ComPtr {
 public:
  ComPtr() noexcept = default;
  explicit ComPtr(T* shared) noexcept : held_(shared) {
    if (held_ != nullptr) held_->AddRef();
  }
  ComPtr(const ComPtr& other) noexcept : ComPtr(other.held_) {}
  ComPtr(ComPtr&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  ComPtr& operator=(ComPtr other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~ComPtr() {
    if (held_ != nullptr) held_->Release();
  }

  /// For functions that give a reference away.
  static ComPtr adopted(T* given) noexcept {
    ComPtr pointer;
    pointer.held_ = given;
    return pointer;
  }

  T* get() const noexcept { return held_; }
  T* operator->() const noexcept { return held_; }
  explicit operator bool() const noexcept { return held_ != nullptr; }
  void reset() noexcept { *this = ComPtr(); }

 private:
  T* held_ = nullptr;
};

#if defined(__GNUC__)
#pragma GCC diagnostic push
// Nobody deletes an object through an interface; it deletes itself.
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
#endif
/// Reference count of an object with these interfaces. It lies behind them, so that their slots stay theirs.
template <typename... Interfaces>
class ComObject : public Interfaces... {
 public:
  ComObject() noexcept { ++live_count(); }
  ComObject(const ComObject&) = delete;
  ComObject& operator=(const ComObject&) = delete;
  ComObject(ComObject&&) = delete;
  ComObject& operator=(ComObject&&) = delete;

  ULONG STDMETHODCALLTYPE AddRef() noexcept override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() noexcept override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }

 protected:
  virtual ~ComObject() { --live_count(); }

 private:
  std::atomic<ULONG> references_ = 1;
};
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

inline std::u16string_view units(LPCWSTR text) noexcept {
  if (text == nullptr) return {};
  static_assert(sizeof(wchar_t) == sizeof(char16_t));
  return reinterpret_cast<const char16_t*>(text);
}

/// A copy the caller frees by CoTaskMemFree.
inline HRESULT give(std::u16string_view text, LPWSTR* out) noexcept {
  const std::size_t bytes = text.size() * sizeof(char16_t);
  auto* copy = static_cast<wchar_t*>(CoTaskMemAlloc(bytes + sizeof(wchar_t)));
  *out = copy;
  if (copy == nullptr) return E_OUTOFMEMORY;
  std::memcpy(copy, text.data(), bytes);
  copy[text.size()] = L'\0';
  return S_OK;
}

/// A copy of bytes the caller frees by CoTaskMemFree.
inline BYTE* copied(std::span<const std::uint8_t> bytes) noexcept {
  auto* copy = static_cast<BYTE*>(CoTaskMemAlloc(bytes.size()));
  if (copy != nullptr) std::memcpy(copy, bytes.data(), bytes.size());
  return copy;
}

inline ClassId class_id(const GUID& guid) noexcept {
  ClassId id{guid.Data1, guid.Data2, guid.Data3, {}};
  std::memcpy(id.rest.data(), static_cast<const unsigned char*>(guid.Data4), id.rest.size());
  return id;
}

inline GUID guid(const ClassId& id) noexcept {
  GUID made{id.first, id.second, id.third, {}};
  std::memcpy(static_cast<unsigned char*>(made.Data4), id.rest.data(), id.rest.size());
  return made;
}

}  // namespace systemlog::provider
