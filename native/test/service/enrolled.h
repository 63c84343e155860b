// A vault as the service has it some minutes after its server enrolled somebody.
#pragma once

#include <cstdint>

#include "test/fakes/logon_server.h"

namespace systemlog::test {

/// Gives the service, which must not run, a vault with the server's accounts and their secrets, taken ten minutes
/// before `now_ms`. The server is told the device it speaks to.
void enrol(LogonServer& server, std::int64_t now_ms);

}  // namespace systemlog::test
