#include "bridge/windows/setup_verbs.h"

#include <cstdio>

#include "bridge/bridge.h"
#include "bridge/windows/event_source.h"
#include "bridge/windows/own_places.h"
#include "bridge/windows/service_registration.h"
#include "bridge/windows/surroundings.h"
#include "bridge/windows/windows_bridge.h"
#include "platform/windows/text.h"
#include "platform/windows/windows_platform.h"

namespace systemlog::bridge::windows {
namespace {

constexpr std::size_t longest_settings_file = 65536;

/// What was told before stays unless it is told anew.
Result<void> write_settings_of(const SetupOptions& options) {
  const auto files = system_files();
  const auto box = systemlog::windows::machine_secret_box();
  Settings settings;
  Result<Settings> before = load_settings(*files, *box, data_folder_path());
  if (before) {
    settings = std::move(before).value();
  } else if (before.error().code != ErrorCode::not_found && options.verb != SetupVerb::install) {
    return before.error();
  }
  if (!options.settings_file.empty()) {
    const Result<SecretBytes> text =
        read_whole(*files, systemlog::windows::wide(options.settings_file), longest_settings_file);
    if (!text) return text.error();
    Result<Settings> told = parse_settings(text_of(text.value()));
    if (!told) return told.error();
    settings = std::move(told).value();
  }
  if (options.says_server) settings.server = options.settings.server;
  if (!options.settings.company.empty()) settings.company = options.settings.company;
  if (!options.settings.name.empty()) settings.name = options.settings.name;
  if (options.says_auth) settings.auth_feature = options.settings.auth_feature;
  if (settings.name.empty()) settings.name = systemlog::windows::account_lookup()->computer_name();
  return save_settings(*files, *box, data_folder_path(), settings);
}

/// First of all when the product goes: nobody may be left before a logon screen that hides every other way in.
Result<void> open_logon_screen() {
  return mirror_store()->write({});
}

/// The service does it when it starts: what lies in the vault's folder is not even an administrator's.
Result<void> ask_for_repair() {
  return replace_whole(*system_files(), data_folder_path() / repair_file, {});
}

/// The service, and where the event viewer finds its texts.
Result<void> register_service_and_texts() {
  if (Result<void> registered = register_service(); !registered) return registered;
  return register_event_source();
}

Result<void> delete_service_and_texts() {
  if (Result<void> deleted = delete_service(); !deleted) return deleted;
  return remove_event_source();
}

/// Runs steps until one fails.
class Run {
 public:
  template <typename Work>
  void step(const char* name, Work work) {
    if (!succeeded(steps_)) return;
    const Result<void> done = work();
    steps_.push_back(
        {name, done ? std::string() : std::string(systemlog::name(done.error().code)) + ": " + done.error().detail});
  }
  const std::vector<SetupStep>& steps() const noexcept { return steps_; }

 private:
  std::vector<SetupStep> steps_;
};

}  // namespace

int run_setup(const SetupOptions& options) {
  Run run;
  run.step("rights", may_change_services);
  if (options.verb == SetupVerb::remove) {
    run.step("logon-screen", open_logon_screen);
    run.step("stop", stop_service);
    run.step("service", delete_service_and_texts);
    if (options.erase) run.step("data", erase_places);
  } else {
    run.step("stop", stop_service);
    run.step("folder", make_folder);
    run.step("registry", make_registry_key);
    run.step("settings", [&options] { return write_settings_of(options); });
    if (options.verb == SetupVerb::repair) run.step("logon-screen", ask_for_repair);
    run.step("service", register_service_and_texts);
    run.step("start", start_service);
  }
  const std::string said = setup_result(options.verb, run.steps(), options.json);
  std::fputs(said.c_str(), stdout);
  return succeeded(run.steps()) ? 0 : 1;
}

}  // namespace systemlog::bridge::windows
