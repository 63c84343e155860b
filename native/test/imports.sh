#!/bin/sh
# A Windows program of ours needs nothing that Windows does not have: imports.sh <program>
set -eu
imports=$(x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/.*DLL Name: //p')
echo "$imports"
if echo "$imports" | grep -qiE 'libstdc|libgcc|winpthread'; then
  echo "needs a library of the compiler"
  exit 1
fi
