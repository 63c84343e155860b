#!/bin/sh
# Compares our codes with oathtool's for random secrets, times and parameters: oathtool.sh <otp_codes> [rounds]
set -eu
program=$1
rounds=${2:-40}
if ! command -v oathtool >/dev/null; then
  echo "skipped: oathtool is not installed"
  exit 77
fi
compared=0
for hash in sha1 sha256 sha512; do
  for digits in 6 8; do
    for period in 30 60; do
      round=0
      while [ "$round" -lt "$((rounds / 12 + 1))" ]; do
        secret=$(head -c "$((10 + $(od -An -N1 -tu1 /dev/urandom) % 55))" /dev/urandom | base32 -w0 | tr -d =)
        seconds=$(($(od -An -N4 -tu4 /dev/urandom) * 3))
        ours=$("$program" "$secret" $hash $digits $period $seconds 50)
        theirs=$(oathtool --totp=$hash -b -d $digits -s ${period}s -N "@$seconds" -w 49 "$secret")
        if [ "$ours" != "$theirs" ]; then
          echo "differs: $hash $digits $period at $seconds"
          exit 1
        fi
        compared=$((compared + 50))
        round=$((round + 1))
      done
    done
  done
done
echo "$compared codes agree with oathtool"
