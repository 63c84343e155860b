#include "addon/windows/pipe_trust.h"

#include <doctest/doctest.h>

#include <array>

using namespace systemlog::addon;

namespace {

constexpr std::string_view user_sid = "S-1-5-21-1-2-3-1001";

PipeServerFacts bridge() {
  PipeServerFacts facts;
  facts.process_id = 700;
  facts.session_id = 0;
  facts.owner_sid = administrators_sid;
  facts.process_sid = std::string(system_sid);
  facts.service = {700, true};
  return facts;
}

}  // namespace

TEST_CASE("the service on its own pipe is trusted") {
  CHECK_FALSE(distrust(bridge()));
  PipeServerFacts owned_by_system = bridge();
  owned_by_system.owner_sid = system_sid;
  CHECK_FALSE(distrust(owned_by_system));
}

TEST_CASE("that a standard user may not look into the process of the system is no reason for distrust") {
  PipeServerFacts facts = bridge();
  facts.process_sid.reset();
  CHECK_FALSE(distrust(facts));
}

TEST_CASE("one thing that is not as with the bridge is enough to refuse") {
  struct Case {
    const char* what;
    void (*change)(PipeServerFacts&);
  };
  const std::array<Case, 9> cases{{
      {"no service is installed, or it does not run", [](PipeServerFacts& f) { f.service = {}; }},
      {"neither it nor the server has a process id",
       [](PipeServerFacts& f) {
         f.service.process_id = 0;
         f.process_id = 0;
       }},
      {"the service runs as an account", [](PipeServerFacts& f) { f.service.as_system = false; }},
      {"another process serves", [](PipeServerFacts& f) { f.process_id = 701; }},
      {"it serves from a user's session", [](PipeServerFacts& f) { f.session_id = 1; }},
      {"the process is a user's", [](PipeServerFacts& f) { f.process_sid = std::string(user_sid); }},
      {"the process is another service account's", [](PipeServerFacts& f) { f.process_sid = "S-1-5-19"; }},
      // A process id that came again: the pipe is from before.
      {"the pipe is a user's", [](PipeServerFacts& f) { f.owner_sid = std::string(user_sid); }},
      {"the pipe's owner is not known", [](PipeServerFacts& f) { f.owner_sid.clear(); }},
  }};
  for (const Case& one : cases) {
    CAPTURE(one.what);
    PipeServerFacts facts = bridge();
    one.change(facts);
    CHECK(distrust(facts));
  }
}
