#include "provider/filter_rule.h"

#include <algorithm>

#include "provider/bridge_health.h"

namespace systemlog::provider {
namespace {

// Windows' smart card providers: card, PIN, reader selection, WinRT.
constexpr std::array smart_card_providers = {
    ClassId{0x8FD7E19C, 0x3BF7, 0x489B, {0xA7, 0x2C, 0x84, 0x6A, 0xB3, 0x67, 0x8C, 0x96}},
    ClassId{0x94596C7E, 0x3744, 0x41CE, {0x89, 0x3E, 0xBB, 0xF0, 0x91, 0x22, 0xF7, 0x6A}},
    ClassId{0x1B283861, 0x754F, 0x4022, {0xAD, 0x47, 0xA5, 0xEA, 0xAA, 0x61, 0x88, 0x94}},
    ClassId{0x1EE7337F, 0x85AC, 0x45E2, {0xA2, 0x3C, 0x37, 0xC7, 0x53, 0x20, 0x97, 0x69}},
};

FilterDecision by_mirror(Scenario scenario, const LogonMirror& mirror, bool compatible) noexcept {
  MachineFacts facts = facts_without_bridge(mirror, false);
  facts.protocol_compatible = compatible;
  const Reason reason = filter_stands_down(scenario, facts);
  return {reason == Reason::by_methods, reason, mirror.smart_cards};
}

}  // namespace

FilterDecision decide_filter(Scenario scenario, const Result<auth::Response>& answer, const LogonMirror& mirror) {
  if (!answer) return by_mirror(scenario, mirror, silence_of(answer.error().code) != BridgeSilence::incompatible);
  if (const auto* failure = std::get_if<auth::Failure>(&answer.value())) {
    return by_mirror(scenario, mirror, silence_of(failure->code) != BridgeSilence::incompatible);
  }
  if (const auto* told = std::get_if<auth::FilterAnswer>(&answer.value())) {
    // A bridge that hides and gives a reason not to contradicts itself; what hides nobody's way in is believed.
    return {told->hide_others && told->reason == Reason::by_methods, told->reason, told->smart_cards_stay};
  }
  return by_mirror(scenario, mirror, true);
}

bool stays_visible(const FilterDecision& decision, const ClassId& provider) noexcept {
  if (!decision.hide_others || provider == our_class_id) return true;
  return decision.smart_cards_stay &&
         std::find(smart_card_providers.begin(), smart_card_providers.end(), provider) != smart_card_providers.end();
}

Stance stance_of(Reason reason) noexcept {
  if (reason == Reason::by_methods) return Stance::instead;
  return reason == Reason::enforcement_off ? Stance::beside : Stance::aside;
}

}  // namespace systemlog::provider
