// JavaScript values as the core takes them.
#pragma once

#include <napi.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/code_verifier.h"
#include "core/otp.h"
#include "platform/clock.h"

namespace systemlog::addon {

/// Reads arguments and their fields. After the first that is not what it should be every read gives nothing and
/// `ok()` is false, so that a function may read all and ask once. Everything is copied; what is secret into memory
/// that is wiped.
class ValueReader {
 public:
  static constexpr std::uint64_t largest_whole = (std::uint64_t{1} << 53) - 1;

  explicit ValueReader(Napi::Env env) : env_(env) {}

  /// @param what names the value in a message
  Napi::Object object(Napi::Value value, const char* what);
  /// A field; `undefined` for one that is not there. May run script (a getter), which may throw.
  Napi::Value field(const Napi::Object& object, const char* name);
  std::string text(Napi::Value value, const char* what);
  SecretBytes secret_text(Napi::Value value, const char* what);
  /// The bytes of a Uint8Array.
  SecretBytes bytes(Napi::Value value, const char* what);
  bool flag(Napi::Value value, const char* what);
  std::uint64_t whole(Napi::Value value, const char* what, std::uint64_t most = largest_whole);
  /// A whole number of milliseconds, which may lie before 1970.
  std::int64_t instant(Napi::Value value, const char* what);
  std::filesystem::path path(Napi::Value value, const char* what);
  ClockReading clock(Napi::Value value);
  OtpParameters parameters(Napi::Value value);

  /// One of several words.
  template <typename T>
  T word(Napi::Value value, const char* what, std::initializer_list<std::pair<const char*, T>> words) {
    const std::string given = text(value, what);
    for (const auto& [word, meaning] : words) {
      if (given == word) return meaning;
    }
    refuse(what, "one of the words it may be");
    return T{};
  }

  bool ok() const noexcept { return !refused_; }
  /// A promise refused with what was wrong: a TypeError, or what a getter threw.
  Napi::Value refusal() const;

 private:
  void refuse(const char* what, const char* expected);

  Napi::Env env_;
  bool refused_ = false;
  Napi::Value reason_;
};

}  // namespace systemlog::addon
