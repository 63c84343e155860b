// A value or an error; what C++23 calls std::expected.
#pragma once

#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace systemlog {

/// Holds a `T` or an `E`. Asking for the one that is not there ends the process: that is a bug, not a state.
///
///     Result<Vault> vault = Vault::open(...);
///     if (!vault) return vault.error();
///     use(vault.value());
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Error{...};` are the whole point.
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(E error) : held_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & noexcept { return *checked(std::get_if<0>(&held_)); }
  const T& value() const& noexcept { return *checked(std::get_if<0>(&held_)); }
  T&& value() && noexcept { return std::move(*checked(std::get_if<0>(&held_))); }
  const E& error() const noexcept { return *checked(std::get_if<1>(&held_)); }

 private:
  template <typename P>
  static P* checked(P* held) noexcept {
    if (held == nullptr) std::abort();
    return held;
  }

  std::variant<T, E> held_;
};

/// Success without a value, or an error.
template <typename E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  const E& error() const noexcept {
    if (!error_) std::abort();
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace systemlog
