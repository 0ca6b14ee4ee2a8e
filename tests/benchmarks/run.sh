#!/bin/sh
# What a datagram costs: icesink/icesrc beside nicesink/nicesrc and
# udpsink/udpsrc, one run, one table.  sh tests/benchmarks/run.sh [-n PACKETS] [-s BYTES] [-r ROUNDS]
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$top/build
[ -f "$build/build.ninja" ] || meson setup "$build" "$top" >/dev/null
ninja -C "$build" >/dev/null
GST_PLUGIN_PATH=$build/ext/nice GST_REGISTRY=$build/benchmark-registry.bin \
  exec "$build/tests/benchmarks/bench-datagrams" "$@"
