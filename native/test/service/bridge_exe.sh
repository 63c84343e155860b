#!/bin/sh
# The service program is what should ship: bridge_exe.sh <bridge.exe> <the same, linked again> <bridge of the tests>
set -eu
exe=$1
again=$2
seam=$3
objdump=x86_64-w64-mingw32-objdump
failed=0
fail() {
  echo "$1"
  failed=1
}

for import in $($objdump -p "$exe" | sed -n 's/.*DLL Name: //p'); do
  case $(echo "$import" | tr '[:upper:]' '[:lower:]') in
    advapi32.dll | bcrypt.dll | crypt32.dll | iphlpapi.dll | kernel32.dll | msvcrt.dll | ncrypt.dll | ole32.dll | oleaut32.dll | \
      user32.dll | userenv.dll | wevtapi.dll | winhttp.dll | wtsapi32.dll) ;;
    *) fail "imports $import" ;;
  esac
done
for flag in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
  $objdump -p "$exe" | grep -q "$flag" || fail "lacks $flag"
done
$objdump -t "$exe" 2>&1 | grep -q 'no symbols' || fail "is not stripped"
$objdump -h "$exe" | grep -q '\.rsrc' || fail "has no version resource"
! strings -a "$exe" | grep -q "$(pwd)" || fail "says where it was built"
cmp "$exe" "$again" || fail "is another one when it is linked again"

# The tests' bridge carries this mark beside all that it lets a test say; the shipping one has neither.
mark='SYSTEMLOG-SEAM'
strings -a "$seam" | grep -q "$mark" || fail "the mark of the tests' bridge is not in it either: this check sees nothing"
! strings -a "$exe" | grep -q "$mark" || fail "carries what belongs to tests"
! strings -a -e l "$exe" | grep -q "$mark" || fail "carries what belongs to tests"

size=$(wc -c <"$exe")
echo "figure: bridge.exe has $size bytes"
exit $failed
