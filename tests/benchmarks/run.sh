#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a datagram costs: icesink/icesrc beside nicesink/nicesrc, udpsink/udpsrc and
# raw sockets, in one run. Installs what is needed, builds, prints tables in
# Markdown and where the plots are. docs/benchmarks.md says how to read them.
#
# Usage: sh tests/benchmarks/run.sh [--document] [OPTION...]
#   --document  the tables and plots replace those of docs/benchmarks.md too
#   OPTION      of build/tests/benchmarks/bench; --help lists them
set -eu

cd "$(dirname "$0")/../.."
exec </dev/null

document=
if [ "${1:-}" = --document ]; then
  document=docs/benchmarks.md
  shift
fi
build=build
out=$build/benchmarks
bench=$build/tests/benchmarks/bench
log=$out/build.log

sh tests/setup.sh benchmarks
mkdir -p "$out"
if ! { [ -f $build/build.ninja ] || meson setup $build; } >"$log" 2>&1 ||
   ! ninja -C $build ext/nice/libgstice.so tests/benchmarks/bench >>"$log" 2>&1; then
  tail -n 30 "$log"
  echo "The build failed; $log has all of it."
  exit 1
fi

# Nothing but us on loopback, where we may have one of our own; with 50 addresses for connecting.
alone () {
  if [ "$(id -u)" = 0 ] && unshare -n ip link set lo up 2>/dev/null; then
    unshare -n sh -c '
      ip link set lo up
      for i in $(seq 2 50); do ip address add "127.0.0.$i/8" dev lo; done
      exec "$@"' sh "$@"
  else
    "$@"
  fi
}

measure () {
  export GST_PLUGIN_PATH=$PWD/$build/ext/nice GST_REGISTRY=$PWD/$out/registry.bin
  alone $bench --json $out/results.json "$@"
}

# Only in a run of all parts.
relay () {
  if command -v turnserver >/dev/null && /usr/bin/python3 -c 'import gi' 2>/dev/null; then
    echo
    alone /usr/bin/python3 tests/benchmarks/relay.py --json $out/relay.json
  else
    echo "Without a TURN server: coturn or python3-gi is not installed." >&2
  fi
}

case " $* " in
  *" --help "*) exec $bench --help ;;
esac
rm -f $out/*.json $out/*.svg
{
  echo "- command: \`sh tests/benchmarks/run.sh${document:+ --document}${*:+ $*}\`"
  measure "$@"
  case " $* " in
    *" --only"*) ;;
    *) relay ;;
  esac
} | tee $out/results.md
if [ ! -f $out/results.json ]; then
  echo "The benchmark failed."
  exit 1
fi
python3 tests/benchmarks/targets.py $out/*.json | tee -a $out/results.md
if [ -n "$document" ]; then
  sed -i '/^<!-- run -->$/q' $document
  cat $out/results.md >>$document
fi
echo
python3 tests/benchmarks/plot.py $out $out/*.json
if [ -n "$document" ]; then
  for plot in $out/*.svg; do
    cp "$plot" "docs/benchmarks-${plot##*/}"
  done
fi
