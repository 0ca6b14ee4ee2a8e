#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is needed, builds, and makes a call: two gst-launch-1.0 processes
# find each other over ICE on this machine and carry five seconds of video.
# Leaves a picture and the logs in build/. Exit status 0: frames were decoded.
#
# Usage: sh tests/demo.sh
set -eu

cd "$(dirname "$0")/.."
exec </dev/null

sh tests/setup.sh demo
mkdir -p build
log=build/demo-build.log
echo "Building the plugin ..."
if ! { [ -f build/build.ninja ] || meson setup build; } >"$log" 2>&1 ||
   ! ninja -C build ext/nice/libgstice.so >>"$log" 2>&1; then
  tail -n 30 "$log"
  echo "The build failed; $log has all of it."
  exit 1
fi
exec python3 tests/demo.py build
