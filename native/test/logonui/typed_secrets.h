// What the typist types, both as LogonUI hands it over and as the bridge gets it.
#pragma once

#include <array>
#include <cstdlib>
#include <string_view>

namespace systemlog::logonui {

struct Secret {
  std::string_view name;
  /// Literals, so ended by a zero.
  std::u16string_view units;
  std::string_view bytes;
};

inline constexpr std::array<Secret, 6> typed_secrets = {{
    {"code", u"840217", "840217"},
    {"wrong-code", u"195306", "195306"},
    {"recovery-code", u"K7QW-2ZHM-9XRD-4VTP", "K7QW-2ZHM-9XRD-4VTP"},
    {"password", u"Kakushi#Kotoba93", "Kakushi#Kotoba93"},
    {"new-password", u"Atarashii!Kotoba57", "Atarashii!Kotoba57"},
    {"sealed-password", u"Fuuin&Kotoba64", "Fuuin&Kotoba64"},
}};

constexpr const Secret& secret_of(std::string_view name) {
  for (const Secret& secret : typed_secrets) {
    if (secret.name == name) return secret;
  }
  std::abort();
}

}  // namespace systemlog::logonui
