#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is needed, builds, and makes a call on this machine: two gst-launch-1.0
# processes find each other over ICE and carry five seconds of video. With --browser:
# docs/browser-call.py and a headless Chromium carry audio, video and data both ways.
# Leaves a picture and the logs in build/. Exit status 0: the call worked.
#
# Usage: sh tests/demo.sh [--browser]
set -eu

modules=ext/nice/libgstice.so
case $* in
  "") needs=demo; program=tests/demo.py ;;
  --browser) needs=browser; program=tests/demo-browser.py; modules="$modules ext/webrtc/libgsticewebrtc.so" ;;
  *) sed -n 's/^# Usage: /Usage: /p' "$0" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
exec </dev/null
sh tests/setup.sh "$needs"
mkdir -p build
log=build/demo-build.log
configured=
[ ! -f build/build.ninja ] || configured=--reconfigure
echo "Building the plugin ..."
# shellcheck disable=SC2086 # one word each
if ! meson setup $configured build >"$log" 2>&1 || ! ninja -C build $modules >>"$log" 2>&1; then
  tail -n 30 "$log"
  echo "The build failed; $log has all of it."
  exit 1
fi
# where python3 is not the system's, PyGObject is not there
[ "$needs" = demo ] || python3 -c "import gi" 2>/dev/null || PATH=/usr/bin:$PATH
exec python3 "$program" build
