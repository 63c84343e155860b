#!/bin/sh
# clang-format and clang-tidy over our code: tidy.sh <clang build folder>. Anything found is a failure.
set -eu
cd "$(dirname "$0")/.."
find core platform addon bridge test \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 clang-format --dry-run -Werror
run-clang-tidy -quiet -j 2 -p "$1" "$(pwd)/(core|platform|bridge|test)/" >"$1/tidy.log" 2>&1 || {
  grep -E 'error:|warning:' "$1/tidy.log"
  exit 1
}
echo "clang-format and clang-tidy have nothing to say"
