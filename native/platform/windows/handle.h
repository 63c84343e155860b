#pragma once

// clang-format off
#include <windows.h>
// clang-format on

#include <string>
#include <utility>

#include "core/base/error.h"

namespace systemlog::windows {

/// A HANDLE that is closed at the end; both of Windows' ways to say "none" count as empty.
class Handle {
 public:
  Handle() noexcept = default;
  explicit Handle(HANDLE handle) noexcept : handle_(handle == INVALID_HANDLE_VALUE ? nullptr : handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      close();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }

  HANDLE get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  void close() noexcept {
    if (handle_ != nullptr) CloseHandle(handle_);
  }

  HANDLE handle_ = nullptr;
};

/// Memory that Windows allocated for us and LocalFree gives back.
class LocalMemory {
 public:
  explicit LocalMemory(void* memory) noexcept : memory_(memory) {}
  LocalMemory(const LocalMemory&) = delete;
  LocalMemory& operator=(const LocalMemory&) = delete;
  LocalMemory(LocalMemory&&) = delete;
  LocalMemory& operator=(LocalMemory&&) = delete;
  ~LocalMemory() { LocalFree(memory_); }

 private:
  void* memory_;
};

/// The error of a Windows code, by default the last one of this thread.
Error failure(const char* step, DWORD code = GetLastError());

}  // namespace systemlog::windows
