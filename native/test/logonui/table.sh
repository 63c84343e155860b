#!/bin/sh
# Each case the table names is there: table.sh <folder of the tests>
set -eu
folder=$1
cases=$(mktemp)
trap 'rm -f "$cases"' EXIT
# A name that was broken over two lines is one again.
cat "$folder"/logonui/*_test.cpp "$folder"/*_test.cpp | tr '\n' ' ' | sed 's/" *"//g' >"$cases"
failed=0
sed -n 's/^|[^|]*|//p' "$folder/logonui/README.md" | grep -o '"[^"]*"' | tr -d '"' | sort -u | while read -r name; do
  grep -qF "\"$name\"" "$cases" || { echo "no such case: $name"; exit 1; }
done || failed=1
exit $failed
