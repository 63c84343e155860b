// Runs the tests and leaves a file that says how it went: under Wine a console cannot be trusted.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "test/run_listener.h"

namespace {

unsigned passed = 0;
unsigned failed = 0;
int checks = 0;
int checks_failed = 0;

class Counter final : public systemlog::test::RunListener {
 public:
  explicit Counter(const doctest::ContextOptions& /*options*/) {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    failed = stats.numTestCasesFailed;
    passed = stats.numTestCasesPassingFilters - failed;
    checks = stats.numAsserts;
    checks_failed = stats.numAssertsFailed;
  }
};

}  // namespace

REGISTER_LISTENER("counter", 1, Counter);

/// `--result-file=<path>` gets `N passed, N failed` and a line about the checks in them; every other argument is
/// doctest's.
int main(int argc, char** argv) {
  constexpr std::string_view option = "--result-file=";
  std::string result_file;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(option)) result_file = argument.substr(option.size());
  }
  doctest::Context context(argc, argv);
  context.setOption("no-intro", true);
  const int code = context.run();
  if (!result_file.empty()) {
    std::FILE* file = std::fopen(result_file.c_str(), "w");
    if (file == nullptr) return 2;
    const bool written = std::fprintf(file, "%u passed, %u failed\n%d of %d checks passed\n", passed, failed,
                                      checks - checks_failed, checks) > 0;
    if (std::fclose(file) != 0 || !written) return 2;
  }
  return code;
}
