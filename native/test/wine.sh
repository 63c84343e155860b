#!/bin/sh
# Runs a Windows program under Wine in a prefix of the build's own: wine.sh <build folder> <program> [argument...]
# The program says how it went in the file of its --result-file argument; the exit code alone is not believed.
set -eu
build=$1
shift
WINEPREFIX=$("$(dirname "$0")/wine-prefix.sh" "$build")
export WINEPREFIX WINEDEBUG=-all WINEARCH=win64
result=
for argument in "$@"; do
  case $argument in --result-file=*) result=${argument#--result-file=} ;; esac
done
[ -z "$result" ] || rm -f "$result"
code=0
wine "$@" </dev/null 2>/dev/null || code=$?
[ -z "$result" ] || { cat "$result" && grep -q ', 0 failed' "$result"; } || exit 1
exit "$code"
