#include "bridge/setup_options.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace systemlog::bridge {
namespace {

constexpr std::array verbs{SetupVerb::install, SetupVerb::upgrade, SetupVerb::repair, SetupVerb::remove};

Error misused(const std::string& word) {
  return {ErrorCode::invalid_argument, word};
}

}  // namespace

std::string_view name(SetupVerb verb) noexcept {
  switch (verb) {
    case SetupVerb::install:
      return "install";
    case SetupVerb::upgrade:
      return "upgrade";
    case SetupVerb::repair:
      return "repair";
    case SetupVerb::remove:
      return "remove";
  }
  return "install";
}

Result<SetupOptions> parse_setup(const std::vector<std::string>& words) {
  if (words.empty()) return misused("install, upgrade, repair or remove");
  SetupOptions options;
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](SetupVerb one) { return name(one) == words[0]; });
  if (verb == verbs.end()) return misused(words[0]);
  options.verb = *verb;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--json") {
      options.json = true;
    } else if (word == "--erase") {
      options.erase = true;
    } else if (word == "--auth" || word == "--no-auth") {
      options.says_auth = true;
      options.settings.auth_feature = word == "--auth";
    } else if (i + 1 == words.size()) {
      return misused(word);
    } else if (word == "--server") {
      options.says_server = true;
      options.settings.server = words[++i];
    } else if (word == "--company") {
      options.settings.company = words[++i];
    } else if (word == "--name") {
      options.settings.name = words[++i];
    } else if (word == "--settings-file") {
      options.settings_file = words[++i];
    } else {
      return misused(word);
    }
  }
  return options;
}

bool succeeded(const std::vector<SetupStep>& steps) noexcept {
  return std::all_of(steps.begin(), steps.end(), [](const SetupStep& step) { return step.problem.empty(); });
}

std::string setup_result(SetupVerb verb, const std::vector<SetupStep>& steps, bool json) {
  if (!json) {
    std::string text;
    for (const SetupStep& step : steps)
      text += step.name + ": " + (step.problem.empty() ? "ok" : step.problem) + "\n";
    return text;
  }
  nlohmann::ordered_json said{{"verb", name(verb)}, {"ok", succeeded(steps)}};
  for (const SetupStep& step : steps) {
    said["steps"].push_back(
        {{"step", step.name},
         {"ok", step.problem.empty()},
         {"problem", step.problem.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(step.problem)}});
  }
  return said.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace systemlog::bridge
