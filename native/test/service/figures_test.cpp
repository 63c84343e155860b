// Figures of the service under Wine. The long one is for the bench: `--no-skip`.
#include <doctest/doctest.h>

// clang-format off
#include <windows.h>
// clang-format on

#include <algorithm>
#include <cstdio>

#include "core/auth_frames.h"
#include "core/otp.h"
#include "platform/windows/windows_platform.h"
#include "provider/auth_client.h"
#include "test/service/client.h"
#include "test/service/enrolled.h"
#include "test/service/wine_service.h"

using namespace systemlog;
using namespace systemlog::test;
using std::chrono::milliseconds;

namespace {

constexpr int accounts = 40;
/// The fifth failure in a row makes an account wait.
constexpr int wrong_codes = 4;

std::string sid_of(int account) {
  return "S-1-5-21-1-2-3-" + std::to_string(2000 + account);
}

std::string code_of(const LogonServer& server, const std::string& sid) {
  constexpr int period_s = 30;
  OtpGenerator generator = std::move(OtpGenerator::create(server.accounts.at(sid).secret, {})).value();
  const std::int64_t now_ms = system_clock({})->read().wall_ms;
  return std::string(text_of(generator.code(step_at(now_ms, period_s)).value()));
}

/// Asks as the tile does.
Answered rehearse(provider::AuthClient& client, const std::string& sid, const std::string& code) {
  const auth::TileAnswers typed{{Scenario::logon, sid, true}, {true, code, {}, {}}};
  Result<auth::Response> response = client.ask(typed, milliseconds(20'000));
  REQUIRE(response.ok());
  REQUIRE(std::holds_alternative<auth::TileVerdict>(response.value()));
  return std::get<auth::TileVerdict>(std::move(response).value()).answered;
}

double ticks_ms() {
  LARGE_INTEGER now{};
  LARGE_INTEGER frequency{};
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&frequency);
  return static_cast<double>(now.QuadPart) * 1000 / static_cast<double>(frequency.QuadPart);
}

/// What one flushed write of a page takes here, in ms: no check that remembers anything can be quicker.
double flush_ms() {
  const auto files = system_files();
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "flushed";
  const std::unique_ptr<File> file = std::move(files->open(path, Files::Open::create_new)).value();
  const Bytes page(4096, 1);
  std::vector<double> taken;
  for (int i = 0; i < 50; ++i) {
    const double before = ticks_ms();
    REQUIRE(file->write_at(0, page).ok());
    REQUIRE(file->flush().ok());
    taken.push_back(ticks_ms() - before);
  }
  std::sort(taken.begin(), taken.end());
  return taken[taken.size() / 2];
}

double at_share(std::vector<double> all, double share) {
  std::sort(all.begin(), all.end());
  return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
}

}  // namespace

TEST_CASE("codes are checked through the pipe of the logon screen, right and wrong, by the vault on the disk") {
  clean_pc();
  tell_facts({{"everybodyIsSystem", true}});
  REQUIRE(setup(seam_program(), "install --auth")["ok"] == true);
  REQUIRE(wait_until_open());
  REQUIRE(service::stop());
  LogonServer server;
  for (int i = 0; i < accounts; ++i) server.accounts[sid_of(i)].secret[0] = static_cast<std::uint8_t>(i);
  enrol(server, system_clock({})->read().wall_ms);
  REQUIRE(service::start() == NO_ERROR);
  REQUIRE(wait_until_open());

  provider::AuthClient client(
      std::move(connect_pipe(std::string(auth::pipe_name), milliseconds(5'000), false)).value());
  std::vector<double> taken;
  for (int i = 0; i < accounts; ++i) {
    const std::string right = code_of(server, sid_of(i));
    std::string wrong = right;
    wrong[0] = wrong[0] == '9' ? '0' : static_cast<char>(wrong[0] + 1);
    for (int k = 0; k <= wrong_codes; ++k) {
      const bool is_right = k == wrong_codes;
      const double before = ticks_ms();
      const Answered answered = rehearse(client, sid_of(i), is_right ? right : wrong);
      taken.push_back(ticks_ms() - before);
      CHECK_MESSAGE(answered.granted == is_right, answered.refusal, answered.code_verdict);
    }
  }
  std::printf(
      "figure: code checked through the pipe auth, %zu checks: median %.2f ms, p99 %.2f ms (one flushed write: "
      "%.2f ms)\n",
      taken.size(), at_share(taken, 0.5), at_share(taken, 0.99), flush_ms());
  clean_pc();
}

TEST_CASE("private memory stays where it is over 100,000 events" * doctest::skip()) {
  clean_pc();
  Json facts;
  facts["sessions"][std::to_string(own_session())] = {
      {"account", {{"sid", own_sid()}, {"domain", "PC-01"}, {"name", "taro"}}}};
  tell_facts(facts);
  REQUIRE(setup(seam_program(), "install")["ok"] == true);
  REQUIRE(wait_until_open());
  Client client;
  REQUIRE(client.hello().contains("result"));
  const std::size_t idle = service::private_bytes();
  REQUIRE(idle > 0);
  constexpr std::uint64_t events = 100'000;
  // The client does not read while they are recorded: few enough for what it is told of them to wait in the pipe.
  constexpr std::uint64_t batch = 200;
  // None while so many questions are refused.
  const auto head = [&client]() -> std::optional<std::uint64_t> {
    const Json said = client.ask("status");
    if (!said.contains("result")) return std::nullopt;
    return said["result"]["journal"]["headSequence"].get<std::uint64_t>();
  };
  std::uint64_t wanted = head().value();
  const double before = ticks_ms();
  for (std::uint64_t done = 0; done < events; done += batch) {
    tell_control({{"control", SERVICE_CONTROL_SESSIONCHANGE}, {"session", own_session()}, {"repeat", batch}});
    wanted += batch;
    REQUIRE(wait_until([&] { return head().value_or(0) >= wanted; }));
    const std::uint64_t recorded = done + batch;
    if (recorded % 20'000 != 0) continue;
    std::printf("figure: private memory of the bridge: %.1f MB idle, %.1f MB after %llu events (%.0f events/s)\n",
                static_cast<double>(idle) / 1e6, static_cast<double>(service::private_bytes()) / 1e6,
                static_cast<unsigned long long>(recorded),
                static_cast<double>(recorded) * 1000 / (ticks_ms() - before));
    std::fflush(stdout);
  }
  const std::size_t after = service::private_bytes();
  CHECK(after < idle + 20'000'000);
  clean_pc();
}
