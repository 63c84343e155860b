#!/bin/sh
# Runs the tests that need a disk that is really full: full_disk.sh <unit test program>
# A small tmpfs is mounted for them, which only root may do.
set -eu
if [ "$(id -u)" != 0 ]; then
  echo "skipped: only root can mount a small disk"
  exit 77
fi
disk=$(mktemp -d)
if ! mount -t tmpfs -o size=24m tmpfs "$disk" 2>/dev/null; then
  rmdir "$disk"
  echo "skipped: mounting a tmpfs is not allowed here"
  exit 77
fi
trap 'umount "$disk"; rmdir "$disk"' EXIT
SYSTEMLOG_SMALL_DISK="$disk" "$1" --test-case='on a disk*' --result-file="${2:-full-disk.result}"
