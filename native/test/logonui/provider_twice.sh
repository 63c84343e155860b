#!/bin/sh
# The same sources give the same bytes, wherever they lie: provider_twice.sh <dll> <native folder> <scratch folder>
set -eu
dll=$1
native=$2
scratch=$3
rm -rf "$scratch"
mkdir -p "$scratch/elsewhere/native"
cp "$native/../package.json" "$scratch/elsewhere/"
for part in "$native"/*; do
  case $part in */build-*) ;; *) cp -r "$part" "$scratch/elsewhere/native/" ;; esac
done
# A compiler cache would hand back the first build.
export CCACHE_DISABLE=1
cmake -G Ninja -S "$scratch/elsewhere/native" -B "$scratch/build" -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_TOOLCHAIN_FILE="$scratch/elsewhere/native/cmake/mingw.cmake" >"$scratch/cmake.log" || { cat "$scratch/cmake.log"; exit 1; }
cmake --build "$scratch/build" --target systemlog_provider -j 2 >"$scratch/build.log" || { cat "$scratch/build.log"; exit 1; }
cmp "$dll" "$scratch/build/provider/systemlog-provider.dll"
rm -rf "$scratch"
