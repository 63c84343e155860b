#!/bin/sh
# clang-format and clang-tidy over our code: tidy.sh <clang build folder> [<mingw build folder>]. Anything found is a
# failure. With the second folder what is only for Windows is looked at too, by clang with mingw's headers; that takes
# as long again.
set -eu
cd "$(dirname "$0")/.."
find core platform provider addon bridge test \( -name '*.h' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run -Werror

# @param 1 the build folder; 2 which files, as a pattern; and what clang is told besides
tidy() {
  build=$1
  files=$2
  shift 2
  run-clang-tidy -quiet -j 2 -p "$build" "$@" "$files" >"$build/tidy.log" 2>&1 || {
    grep -E 'error:|warning:' "$build/tidy.log" || tail -n 20 "$build/tidy.log"
    exit 1
  }
}

tidy "$1" "^$(pwd)/(core|platform|provider|bridge|test)/"
if [ $# -gt 1 ]; then
  # clang does not find the library of a mingw whose folder is named after its threads.
  library=$(dirname "$(x86_64-w64-mingw32-g++-posix -print-libgcc-file-name)")/include/c++
  tidy "$2" "^$(pwd)/(addon/|provider/rehearsal/|test/(logonui|service)/|.*/windows/)" \
    -extra-arg=--target=x86_64-w64-mingw32 -extra-arg=-isystem"$library" \
    -extra-arg=-isystem"$library/x86_64-w64-mingw32" -extra-arg=-isystem"$library/backward"
fi
echo "clang-format and clang-tidy have nothing to say"
