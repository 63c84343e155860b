#!/bin/sh
# Makes the build's own Wine prefix, once, as a Windows 11: wine-prefix.sh <build folder>. Prints its path.
set -eu
export WINEPREFIX="$1/wine" WINEDEBUG=-all WINEARCH=win64
# No menus in the home folder of whoever runs this; no .NET and no HTML engine to be asked about.
export WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe='
if [ ! -f "$WINEPREFIX/ready" ]; then
  rm -rf "$WINEPREFIX"
  wineboot -i </dev/null >/dev/null 2>&1
  # Wine 8 knows Windows 11 only by its build number; Node asks for it.
  wine winecfg /v win10 </dev/null >/dev/null 2>&1
  for value in CurrentBuild CurrentBuildNumber; do
    wine reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion' /v "$value" /d 22631 /f </dev/null >/dev/null 2>&1
  done
  # The registry reaches the disk when the last process of the prefix has ended.
  wineserver -w
  : >"$WINEPREFIX/ready"
fi
printf '%s\n' "$WINEPREFIX"
