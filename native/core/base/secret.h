// Memory that is wiped before it goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace systemlog {

/// Overwrites `size` bytes with zeros in a way the optimiser may not drop.
void secure_zero(void* memory, std::size_t size) noexcept;

/// Wipes what a text holds and empties it.
void wipe(std::string& text) noexcept;

/// Compares without an early exit, so that the time taken says nothing about where two values differ.
/// Only the lengths may show.
bool constant_time_equal(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) noexcept;

/// Wipes every block it gives back, also the old block of a vector that grew.
template <typename T>
class ZeroingAllocator {
 public:
  using value_type = T;

  ZeroingAllocator() noexcept = default;
  template <typename U>
  ZeroingAllocator(const ZeroingAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    secure_zero(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }

  friend bool operator==(const ZeroingAllocator& /*left*/, const ZeroingAllocator& /*right*/) noexcept {
    return true;
  }
};

/// Keys, secrets, passwords as bytes. (No string type: a short std::string lives inside its object and is not wiped.)
using SecretBytes = std::vector<std::uint8_t, ZeroingAllocator<std::uint8_t>>;
/// A password as Windows wants it.
using SecretUtf16 = std::vector<char16_t, ZeroingAllocator<char16_t>>;

}  // namespace systemlog
