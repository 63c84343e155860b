// The bridge of the tests: the shipping program but for what Wine does not have. It is told of its PC by two files,
// and by a control of the service's own:
//
//     C:\SystemLogSeam\facts.json      {"sessions":{"1":{"account":{…}, …}}, "shutdown":{…}, "bootId":…,
//     "everybodyIsSystem":true} C:\SystemLogSeam\control.json    what the service manager would say when control 200
//     comes:
//                                      {"control":14, "type":7, "session":1}   {"control":13, "type":4}
//                                      {"control":13, "type":32787, "display":1}   {"control":16, "movedMs":5000}
//                                      {"control":15}
//
// Never shipped: test/service/bridge_exe.sh looks for its mark in what is.
// clang-format off
#include <windows.h>
#include <wtsapi32.h>
// clang-format on

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bridge/setup_options.h"
#include "bridge/windows/service_main.h"
#include "bridge/windows/setup_verbs.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/file_event_sink.h"
#include "platform/windows/text.h"
#include "test/bridge/told_facts.h"

namespace {

using namespace systemlog;
using Json = nlohmann::json;

constexpr DWORD deliver_control = 200;
constexpr char mark[] = "SYSTEMLOG-SEAM";
constexpr wchar_t folder[] = L"C:\\SystemLogSeam";

/// `{}` when there is none.
Json read_told(const wchar_t* name) {
  std::ifstream file(std::filesystem::path(static_cast<const wchar_t*>(folder)) / name, std::ios::binary);
  Json told = Json::parse(file, nullptr, false);
  return told.is_object() ? told : Json::object();
}

class SeamMachine final : public bridge::Machine {
 public:
  std::map<std::uint32_t, bridge::SessionFacts> sessions() override {
    std::map<std::uint32_t, bridge::SessionFacts> found;
    const Json facts = read_told(L"facts.json");
    if (!facts.contains("sessions")) return found;
    for (const auto& [id, said] : facts["sessions"].items()) {
      found.emplace(static_cast<std::uint32_t>(std::stoul(id)), test::facts_in(said));
    }
    return found;
  }
  bridge::SessionFacts session(std::uint32_t id) override {
    const auto all = sessions();
    const auto found = all.find(id);
    return found == all.end() ? bridge::SessionFacts{} : found->second;
  }
  std::optional<std::uint64_t> idle_ms() override {
    const Json facts = read_told(L"facts.json");
    if (!facts.contains("idleMs")) return std::nullopt;
    return facts["idleMs"].get<std::uint64_t>();
  }
  std::string time_zone() override { return "Asia/Tokyo"; }
  std::optional<bridge::ShutdownNotice> shutdown_notice() override {
    return test::notice_in(read_told(L"facts.json"));
  }
  bridge::SystemLogFacts system_log(std::int64_t /*from*/, std::int64_t /*to*/) override { return {}; }
  std::string boot_id() override { return read_told(L"facts.json").value("bootId", "boot-1"); }
};

class SilentSink final : public EventSink {
 public:
  void report(Severity /*severity*/, std::uint32_t /*event_id*/, std::string_view /*text*/) noexcept override {}
};

bridge::windows::Surroundings surroundings() {
  bridge::windows::Surroundings made = bridge::windows::system_surroundings();
  made.machine = std::make_unique<SeamMachine>();
  made.rehearsals = bridge::windows::rehearsal_host(*made.machine);
  Result<std::unique_ptr<EventSink>> events =
      file_event_sink(std::filesystem::path(static_cast<const wchar_t*>(folder)) / L"events.log");
  if (events) {
    made.events = std::move(events).value();
  } else {
    made.events = std::make_unique<SilentSink>();
  }
  made.events->report(Severity::information, 0, static_cast<const char*>(mark));
  made.auth_limits.system_only = !read_told(L"facts.json").value("everybodyIsSystem", false);
  return made;
}

/// SERVICE_TIMECHANGE_INFO, which mingw's headers do not have.
struct TimeChange {
  LARGE_INTEGER new_time;
  LARGE_INTEGER old_time;
};

/// Says what control.json says with the structures Windows would use.
unsigned long own_control(unsigned long control, const bridge::windows::ServiceProgram::Deliver& deliver) {
  if (control != deliver_control) return ERROR_CALL_NOT_IMPLEMENTED;
  const Json told = read_told(L"control.json");
  const unsigned long said = told.value("control", 0UL);
  const unsigned long type = told.value("type", 0UL);
  if (said == SERVICE_CONTROL_SESSIONCHANGE) {
    WTSSESSION_NOTIFICATION notification{sizeof(WTSSESSION_NOTIFICATION), told.value("session", DWORD{0})};
    for (int i = 0; i < told.value("repeat", 0); ++i) {
      deliver(said, i % 2 == 0 ? WTS_SESSION_LOCK : WTS_SESSION_UNLOCK, &notification);
    }
    return told.contains("repeat") ? NO_ERROR : deliver(said, type, &notification);
  }
  if (said == SERVICE_CONTROL_TIMECHANGE) {
    TimeChange change{};
    change.old_time.QuadPart = 133'000'000'000'000'000;
    change.new_time.QuadPart = change.old_time.QuadPart + told.value("movedMs", std::int64_t{0}) * 10'000;
    return deliver(said, type, &change);
  }
  if (said == SERVICE_CONTROL_POWEREVENT && told.contains("display")) {
    alignas(POWERBROADCAST_SETTING) std::array<std::byte, sizeof(POWERBROADCAST_SETTING) + sizeof(DWORD)> room{};
    auto* setting = reinterpret_cast<POWERBROADCAST_SETTING*>(room.data());
    // GUID_CONSOLE_DISPLAY_STATE
    setting->PowerSetting = {0x6FE69556, 0x704A, 0x47A0, {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47}};
    setting->DataLength = sizeof(DWORD);
    const DWORD state = told["display"];
    std::memcpy(static_cast<void*>(setting->Data), &state, sizeof state);
    return deliver(said, type, setting);
  }
  return deliver(said, type, nullptr);
}

}  // namespace

int wmain(int count, wchar_t** arguments) {
  std::vector<std::string> words;
  for (int i = 1; i < count; ++i) words.push_back(windows::narrow(arguments[i]));
  if (words.empty()) return 2;
  if (words[0] == "run") return bridge::windows::run_service({surroundings, own_control});
  if (words[0] == "setup") {
    const Result<bridge::SetupOptions> options = bridge::parse_setup({words.begin() + 1, words.end()});
    if (options) return bridge::windows::run_setup(options.value());
  }
  return 2;
}
