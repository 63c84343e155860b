#!/bin/sh
# The same sources give the same bytes, wherever they lie: provider_twice.sh <dll> <build folder> <native folder>
# The DLL is linked once more, and part of its sources is compiled again from another folder; the rest goes by the
# same options.
set -eu
dll=$1
build=$2
native=$3
scratch=$build/provider-twice
rm -rf "$scratch"
mkdir -p "$scratch/elsewhere"
# A compiler cache would hand back the first build.
export CCACHE_DISABLE=1

cd "$build"
relink=$(ninja -t commands systemlog_provider | tail -n 1 | sed "s#-o [^ ]*systemlog-provider.dll#-o $scratch/systemlog-provider.dll#")
case $relink in *"$scratch/systemlog-provider.dll"*) ;; *) echo "no link command: $relink"; exit 1 ;; esac
sh -c "$relink"
cmp "$dll" "$scratch/systemlog-provider.dll"

for part in core platform provider; do cp -r "$native/$part" "$scratch/elsewhere/"; done
for object in objects.dir/windows/dll parts.dir/tile_view objects.dir/__/core/auth_frames; do
  object=provider/CMakeFiles/systemlog_provider_$object.cpp.obj
  compile=$(ninja -t commands "$object" | tail -n 1 | sed "s#$native/#$scratch/elsewhere/#g; s#$native\([= ]\)#$scratch/elsewhere\1#g; s#$native\$#$scratch/elsewhere#; s# -o [^ ]*# -o $scratch/again.obj#; s# -MF [^ ]*# -MF $scratch/again.d#")
  case $compile in *"$scratch/again.obj"*"$scratch/elsewhere/"*) ;; *) echo "no compile command: $compile"; exit 1 ;; esac
  sh -c "$compile"
  cmp "$object" "$scratch/again.obj"
done
rm -rf "$scratch"
