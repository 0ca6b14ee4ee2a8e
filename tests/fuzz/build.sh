#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds one fuzz target with clang's libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer. libFuzzer counts the edges of the modules under test
# only, those in gst/ice and ext/nice among the sources; other code comes from the
# libraries.
#
# Usage: build.sh CLANG OUTPUT DEPFILE SOURCE... -- FLAG...
set -eu

clang=$1
output=$2
depfile=$3
shift 3
sources=
while [ "$1" != -- ]; do
  sources="$sources $1"
  shift
done
shift

objects=$output.objects
mkdir -p "$objects"
printf 'src:%s\n' '*/gst/ice/*' '*/ext/nice/*' >"$objects/modules"
echo 'fun:*' >>"$objects/modules"
: >"$depfile"
for source in $sources; do
  object=$objects/$(basename "$source" .c).o
  "$clang" -O1 -gline-tables-only -Wno-unused-command-line-argument -fno-omit-frame-pointer \
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
    -fsanitize-coverage-allowlist="$objects/modules" \
    -MD -MF "$object.d" -MT "$output" "$@" -c "$source" -o "$object"
  cat "$object.d" >>"$depfile"
done
"$clang" -fsanitize=fuzzer,address,undefined "$objects"/*.o "$@" -o "$output"
