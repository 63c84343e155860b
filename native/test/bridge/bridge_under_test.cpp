// The bridge as a process whose machine is told what happens to it, by JSON lines on standard input: for tests that
// speak to it over its pipes, kill it and start it again. Never part of what is shipped.
//
//     {"do":"start", "folder":…, "bootId":…, "settings":{…}, "reportsBySelf":false, "sessions":[{"id":1,
//     "account":{…}, "pipe":…}]}
//     {"do":"session", "change":"lock", "id":1, "account":{…}, "pipe":…, "idleMs":…, "signOn":…,
//     "shutdown":{"byUser":…, "restart":…}}
//     {"do":"power", "kind":"suspend"}   {"do":"shutdown"}   {"do":"clock", "movedMs":5000}   {"do":"stop",
//     "graceMs":0}   {"do":"rehearsals"}   {"do":"close-rehearsal", "id":1}
//
// Each is answered by a line when it is recorded. A logon's `pipe` is served for programs of that session: it stands
// for the account, as the caller of the real pipe does.
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "bridge/bridge.h"
#include "bridge/client_pipe.h"
#include "platform/file_event_sink.h"
#include "platform/file_secret_box.h"
#include "test/bridge/told_facts.h"
#include "test/bridge/told_machine.h"
#include "test/fakes/mirror.h"
#include "test/fakes/rehearsals.h"
#include "test/fakes/windows_seams.h"

using namespace systemlog;
using namespace systemlog::bridge;
using test::facts_in;
using test::notice_in;
using Json = nlohmann::json;

namespace {

constexpr Moment hardly_ever{3'600'000};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result, const char* what) {
  if (!result)
    give_up(std::string(what) + ": " + std::string(name(result.error().code)) + " " + result.error().detail);
  return std::move(result).value();
}

SessionChange change_in(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, SessionChange>, 8> changes{{
      {"console-connect", SessionChange::console_connect},
      {"console-disconnect", SessionChange::console_disconnect},
      {"remote-connect", SessionChange::remote_connect},
      {"remote-disconnect", SessionChange::remote_disconnect},
      {"logon", SessionChange::logon},
      {"logoff", SessionChange::logoff},
      {"lock", SessionChange::lock},
      {"unlock", SessionChange::unlock},
  }};
  for (const auto& [known, change] : changes) {
    if (known == name) return change;
  }
  give_up("no such change: " + name);
}

PowerSignal::Kind power_in(const std::string& name) {
  if (name == "suspend") return PowerSignal::Kind::suspend;
  if (name == "resumed") return PowerSignal::Kind::resumed;
  if (name == "user-present") return PowerSignal::Kind::user_present;
  if (name == "standby") return PowerSignal::Kind::standby;
  if (name == "standby-ended") return PowerSignal::Kind::standby_ended;
  give_up("no such power signal: " + name);
}

class BridgeUnderTest {
 public:
  Json obey(const Json& said) {
    const std::string what = said["do"];
    if (what == "start") return start(said);
    if (what == "session") {
      SessionSignal signal{change_in(said["change"]), said["id"], facts_in(said), notice_in(said)};
      if (signal.change == SessionChange::logon) listen(said);
      return follow(signal);
    }
    if (what == "power") {
      PowerSignal signal{power_in(said["kind"]), std::nullopt, said.value("fastStartup", false)};
      if (said.contains("idleMs")) signal.idle_ms = said["idleMs"].get<std::uint64_t>();
      return follow(signal);
    }
    if (what == "shutdown") return follow(ShutdownSignal{notice_in(said)});
    if (what == "clock") return follow(ClockSignal{said["movedMs"]});
    if (what == "rehearsals") {
      Json opened = Json::array();
      for (const auto& [id, sid] : rehearsals_.opened()) opened.push_back(sid);
      return {{"done", what}, {"opened", std::move(opened)}};
    }
    if (what == "close-rehearsal") {
      constexpr std::uint32_t closed_by_user = 1;
      rehearsals_.end(said["id"], closed_by_user);
      return {{"done", what}};
    }
    if (what == "stop") {
      bridge_->release_clients();
      clients_->stop();
      bridge_->set_clients(nullptr);
      bridge_->stop(std::chrono::milliseconds(said.value("graceMs", 0)));
      return {{"done", "stop"}};
    }
    give_up("no such command: " + what);
  }

 private:
  Json start(const Json& said) {
    const auto folder_name = said["folder"].get<std::string>();
    const std::filesystem::path folder(std::u8string(folder_name.begin(), folder_name.end()));
    if (Result<void> made = files_->make_folder(folder); !made) give_up("folder");
    box_ = must(file_secret_box(*files_, *random_, folder / "box-key"), "secret box");
    events_ = must(file_event_sink(folder / "events.log"), "event sink");
    machine_.boot = said.value("bootId", "boot-1");
    machine_.zone = said.value("timeZone", "Asia/Tokyo");
    for (const Json& session : said.value("sessions", Json::array()))
      machine_.present[session["id"]] = facts_in(session);
    BridgeDelays delays;
    if (!said.value("reportsBySelf", false)) {
      delays.reporting = {hardly_ever, hardly_ever, hardly_ever, hardly_ever, hardly_ever, hardly_ever};
      delays.policy = {hardly_ever, hardly_ever, hardly_ever, hardly_ever, hardly_ever, hardly_ever};
    }
    Settings settings = must(parse_settings(said["settings"].dump()), "settings");
    bridge_ = must(
        bridge::Bridge::start({*files_, *random_, *clock_, *box_, machine_, *events_, folder, std::move(settings),
                               delays, LogonParts{accounts_, mirror_, [] { return false; }, &rehearsals_}}),
        "bridge");
    clients_.emplace(*bridge_, std::string(bridge_version));
    bridge_->set_clients(&*clients_);
    for (const Json& session : said.value("sessions", Json::array())) listen(session);
    return {{"done", "start"}, {"device", bridge_->device()}};
  }

  void listen(const Json& said) {
    if (!said.contains("pipe")) return;
    const std::uint32_t id = said["id"];
    const std::string sid = said["account"]["sid"];
    clients_->listen(must(serve_pipe({said["pipe"], {}}), "pipe"),
                     [this, id, sid](const PipePeer&) { return bridge_->caller(id, sid); });
  }

  Json follow(Signal signal) {
    bridge_->signal(std::move(signal));
    bridge_->drain();
    return {{"done", "signal"}, {"headSequence", bridge_->status().head.sequence}};
  }

  std::unique_ptr<Files> files_ = system_files();
  std::unique_ptr<Random> random_ = system_random();
  std::unique_ptr<SystemClock> clock_ = system_clock({});
  std::unique_ptr<SecretBox> box_;
  std::unique_ptr<EventSink> events_;
  test::ToldMachine machine_;
  test::FakeAccountLookup accounts_;
  test::FakeMirror mirror_;
  test::FakeRehearsalHost rehearsals_;
  std::unique_ptr<bridge::Bridge> bridge_;
  std::optional<ClientPipe> clients_;
};

}  // namespace

int main() {
  BridgeUnderTest under_test;
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json said = Json::parse(line);
    std::cout << under_test.obey(said).dump() << std::endl;
    if (said["do"] == "stop") return 0;
  }
  // Nobody tells it any more what happens: its test is gone.
  std::_Exit(0);
}
