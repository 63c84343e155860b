#include "test/service/enrolled.h"

#include <doctest/doctest.h>

#include "bridge/uplink/device_identity.h"
#include "core/logon_desk.h"
#include "platform/random.h"
#include "platform/windows/windows_platform.h"
#include "test/fakes/clock.h"
#include "test/service/wine_service.h"

namespace systemlog::test {

void enrol(LogonServer& server, std::int64_t now_ms) {
  std::filesystem::create_directories(bridge_folder());
  const auto files = system_files();
  const auto random = system_random();
  const auto box = windows::machine_secret_box();
  const bridge::DeviceIdentity identity =
      bridge::DeviceIdentity::open(*files, *box, *random, bridge_folder()).value();
  server.device = identity.key->id();
  server.device_secret.assign(identity.secret.begin(), identity.secret.end());
  std::filesystem::remove_all(bridge_folder() / "logon");
  std::filesystem::create_directories(bridge_folder() / "logon");
  constexpr std::int64_t ago_ms = 600'000;
  FakeClock clock(now_ms - ago_ms);
  LogonDesk desk = std::move(LogonDesk::open(*files, *box, *random, clock, bridge_folder() / "logon", server.device,
                                             server.device_secret))
                       .value();
  clock.pass(120'000);
  REQUIRE(desk.take_policy(server.policy(clock.read().wall_ms)).ok());
  for (const SecretDue& due : desk.secrets_due()) {
    REQUIRE(desk.take_secret(due.sid, server.released(due.sid, clock.read().wall_ms)).ok());
  }
}

}  // namespace systemlog::test
