// Which credential providers stay visible. Pure; by Windows' own class ids.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/auth_frames.h"
#include "core/base/result.h"
#include "core/logon_mirror.h"

namespace systemlog::provider {

/// A GUID as Windows lays it out.
struct ClassId {
  std::uint32_t first = 0;
  std::uint16_t second = 0;
  std::uint16_t third = 0;
  std::array<std::uint8_t, 8> rest{};

  friend bool operator==(const ClassId&, const ClassId&) = default;
};

/// Provider and filter alike: one class, so that no upgrade can leave one of two behind.
inline constexpr ClassId our_class_id{0x6E422B75, 0xE4CF, 0x4436, {0xB8, 0xBF, 0x5F, 0xFC, 0x23, 0xA0, 0x7D, 0x79}};

/// What the filter does at one logon screen.
struct FilterDecision {
  bool hide_others = false;
  Reason reason = Reason::enforcement_off;
  bool smart_cards_stay = true;
};

/// @param answer of the bridge, or why there was none in time: then the mirror decides
FilterDecision decide_filter(Scenario scenario, const Result<auth::Response>& answer, const LogonMirror& mirror);

/// Whether a provider stays visible under a decision.
bool stays_visible(const FilterDecision& decision, const ClassId& provider) noexcept;

/// The part our own provider plays.
enum class Stance : std::uint8_t {
  /// Others are hidden: a tile for everybody.
  instead,
  /// Others are visible: tiles only for those who are to prove themselves on them.
  beside,
  /// None.
  aside,
};
Stance stance_of(Reason reason) noexcept;

}  // namespace systemlog::provider
