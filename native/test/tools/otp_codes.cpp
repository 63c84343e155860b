// Prints TOTP codes: otp_codes <base32 secret> <sha1|sha256|sha512> <digits> <period> <unix seconds> <count>
// One line per step, as `oathtool --window` does.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/otp.h"

using namespace systemlog;

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string name = argv[2];
  OtpParameters parameters;
  parameters.hash = name == "sha512"   ? crypto::Hash::sha512
                    : name == "sha256" ? crypto::Hash::sha256
                                       : crypto::Hash::sha1;
  parameters.digits = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  parameters.period_seconds = static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10));
  const std::optional<SecretBytes> secret = from_base32(argv[1]);
  if (!secret) return 2;
  Result<OtpGenerator> generator = OtpGenerator::create(*secret, parameters);
  if (!generator) return 2;
  const TimeStep first = step_at(std::strtoll(argv[5], nullptr, 10) * 1000, parameters.period_seconds);
  const TimeStep count = std::strtoull(argv[6], nullptr, 10);
  for (TimeStep step = first; step < first + count; ++step) {
    const Result<OtpCode> code = generator.value().code(step);
    if (!code) return 1;
    std::printf("%s\n", text_of(code.value()).c_str());
  }
  return 0;
}
