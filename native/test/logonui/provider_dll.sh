#!/bin/sh
# What ships is what it should be: provider_dll.sh <dll>
set -eu
dll=$1
objdump=x86_64-w64-mingw32-objdump
failed=0
fail() {
  echo "$1"
  failed=1
}

exports=$($objdump -p "$dll" | sed -n '/\[Ordinal\/Name Pointer\] Table/,/^$/s/^\s*\[ *[0-9]*\] \([A-Za-z]*\)$/\1/p' | tr '\n' ' ')
[ "$exports" = "DllCanUnloadNow DllGetClassObject DllRegisterServer DllUnregisterServer " ] || fail "exports: $exports"

for import in $($objdump -p "$dll" | sed -n 's/.*DLL Name: //p'); do
  case $(echo "$import" | tr '[:upper:]' '[:lower:]') in
    advapi32.dll | credui.dll | crypt32.dll | gdi32.dll | kernel32.dll | msvcrt.dll | ole32.dll | secur32.dll | user32.dll | wtsapi32.dll) ;;
    *) fail "imports $import" ;;
  esac
done
# The real ones, not the fakes of the test build.
for function in CredProtectW LsaLookupAuthenticationPackage CredPackAuthenticationBufferW; do
  $objdump -p "$dll" | grep -q "$function" || fail "does not call $function"
done

for flag in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
  $objdump -p "$dll" | grep -q "$flag" || fail "lacks $flag"
done
$objdump -t "$dll" 2>&1 | grep -q 'no symbols' || fail "is not stripped"
! grep -aq 'SwitchesForTest' "$dll" || fail "carries what belongs to tests"

size=$(wc -c <"$dll")
echo "figure: the DLL has $size bytes"
[ "$size" -lt 409600 ] || fail "is larger than 400 KB"
exit $failed
