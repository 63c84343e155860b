// The words of `bridge.exe setup`, and what it says when it is done. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bridge/settings.h"
#include "core/base/result.h"

namespace systemlog::bridge {

enum class SetupVerb : std::uint8_t { install, upgrade, repair, remove };
std::string_view name(SetupVerb verb) noexcept;

struct SetupOptions {
  SetupVerb verb = SetupVerb::install;
  /// Only what was said on the command line; the rest stays as it is.
  Settings settings;
  bool says_server = false;
  bool says_auth = false;
  /// Settings as JSON in a file only administrators read; so that no token stands on a command line.
  std::string settings_file;
  bool json = false;
  /// `remove`: the journal, the keys and the vault go too.
  bool erase = false;
};

/// @param words behind `setup`
Result<SetupOptions> parse_setup(const std::vector<std::string>& words);

struct SetupStep {
  std::string name;
  /// Empty: done.
  std::string problem;
};
/// One line of JSON, or a line for people of each step.
std::string setup_result(SetupVerb verb, const std::vector<SetupStep>& steps, bool json);
bool succeeded(const std::vector<SetupStep>& steps) noexcept;

}  // namespace systemlog::bridge
