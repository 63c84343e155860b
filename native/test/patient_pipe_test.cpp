// Names of pipes that somebody else holds.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "bridge/patient_pipe.h"
#include "test/support.h"

using namespace systemlog;
using namespace systemlog::bridge;
using namespace systemlog::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* everybody = "D:(A;;GA;;;WD)";

struct Told {
  std::vector<std::string> words;
  PatientPipe::Told listener() {
    return [this](const std::optional<Error>& problem) {
      words.emplace_back(problem ? std::string(name(problem->code)) : "open");
    };
  }
};

}  // namespace

TEST_CASE_FIXTURE(Bench, "a free name is served at once, and nothing is said about it") {
  Told told;
  PatientPipe pipe({test_pipe(folder, "p"), everybody}, 10ms, told.listener());
  CHECK_FALSE(pipe.problem());
  const auto client = connect_pipe(test_pipe(folder, "p"), 1s, false);
  REQUIRE(client);
  CHECK(pipe.accept(5s).ok());
  CHECK(told.words.empty());
}

TEST_CASE_FIXTURE(Bench, "a waiting pipe can be stopped, whether it has its name or not") {
  Told told;
  std::string name = test_pipe(folder, "q");
  SUBCASE("with its name") {}
  SUBCASE("without") {
    name = test_pipe(folder, std::string(300, 'x'));
  }
  PatientPipe pipe({name, everybody}, 10s, told.listener());
  std::thread stopping([&] { pipe.stop(); });
  CHECK(pipe.accept(20s).error().code == ErrorCode::closed);
  stopping.join();
}

#ifndef _WIN32  // Wine does not hold FILE_FLAG_FIRST_PIPE_INSTANCE; test/service has the pipes that it does hold
TEST_CASE_FIXTURE(Bench, "a name that somebody else holds is taken when he is gone, and both is said once") {
  Told told;
  const std::string name = test_pipe(folder, "r");
  auto squatter = std::move(serve_pipe({name, everybody})).value();
  PatientPipe pipe({name, everybody}, 1ms, told.listener());
  REQUIRE(pipe.problem());
  for (int i = 0; i < 3; ++i) CHECK(pipe.accept(1ms).error().code == ErrorCode::timed_out);
  squatter.reset();
  CHECK(pipe.accept(10ms).error().code == ErrorCode::timed_out);
  CHECK_FALSE(pipe.problem());
  const auto client = connect_pipe(name, 1s, false);
  REQUIRE(client);
  CHECK(pipe.accept(5s).ok());
  CHECK(told.words == std::vector<std::string>{"locked", "open"});
}
#endif
