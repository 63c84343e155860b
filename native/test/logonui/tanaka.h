// Whom every bridge of these tests knows, and what his authenticator shows.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/otp.h"

namespace systemlog::logonui {

inline constexpr std::string_view tanaka_sid_text = "S-1-5-21-1-2-3-1001";

inline std::int64_t wall_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// By the secret the stand-in for the server gives every account.
inline std::string tanaka_code(std::int64_t step) {
  OtpGenerator generator = std::move(OtpGenerator::create(Bytes(20, 0x42), {})).value();
  return std::string(text_of(generator.code(static_cast<TimeStep>(step)).value()));
}

}  // namespace systemlog::logonui
