// The service manager, programs of ours, and what they are told, for the tests of the service.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace systemlog::test {

using Json = nlohmann::json;

/// Of `--bridge=` and `--seam=`: the shipping program, and the one with a PC that tests play.
std::wstring bridge_program();
std::wstring seam_program();

struct Ran {
  unsigned long code = 0;
  /// What it said on standard output.
  std::string out;
};
/// Runs a program to its end.
Ran run(const std::wstring& program, const std::string& words);
/// `setup <words> --json`: its answer, with `exitCode` beside it.
Json setup(const std::wstring& program, const std::string& words);
/// The names of the steps of an answer; those that failed end with `!`.
std::vector<std::string> steps_of(const Json& answer);

/// Until it is true or half a minute has passed.
bool wait_until(const std::function<bool()>& what);

/// The service `SystemLogBridge`, looked at anew each time.
namespace service {

bool exists();
/// SERVICE_STOPPED …
unsigned long state();
unsigned long process_id();
unsigned long accepted_controls();
unsigned long exit_code();
/// As `sc start` does; returns when it runs or has stopped again.
unsigned long start();
/// As `sc stop` does; returns when the process has ended.
bool stop();
/// TerminateProcess; returns when the process is gone.
void kill();
bool control(unsigned long code);
/// Milliseconds from the start of the service's process until its pipe `auth` was there.
double ready_ms();
/// Private (anonymous) memory of the seam program's service, in bytes; under Wine only.
std::size_t private_bytes();

}  // namespace service

/// %ProgramData%\SystemLog\Bridge
std::filesystem::path bridge_folder();
/// What the seam program is told of its PC.
void tell_facts(const Json& facts);
/// A control as the service manager would send it, through the service's own handler.
void tell_control(const Json& control);
/// What the seam program told administrators.
std::string seam_events();
/// Returns when everything behind the pipe `auth` is open: files and the pipe `client`.
bool wait_until_open();
/// No service, no files, nothing told: where each test begins.
void clean_pc();

/// Whose process this is.
std::string own_sid();
unsigned long own_session();

}  // namespace systemlog::test

/// Steps and events, one under the other, where a comparison fails.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static doctest::String convert(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += "\n  " + one;
    return text.c_str();
  }
};
