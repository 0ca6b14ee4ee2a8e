#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs a test with AddressSanitizer. An interpreter was not built with it: it gets
# the library, ASAN_LIBRARY, before it loads the module, and its leaks are not ours;
# and that of C++, whose exceptions AddressSanitizer does not know if it comes later.
#
# Usage: sanitized.sh PROGRAM [ARGUMENT...]
set -eu

case $1 in
  *python* | */sh)
    ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
    export LD_PRELOAD="$ASAN_LIBRARY libstdc++.so.6"
    ;;
  */tests/gst/test-ice[!s]* | */tests/gst/test-ices[!ir]*) ;; # pure modules
  *) # slow, but lsan.supp needs whole stacks
    ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0
    ;;
esac
exec "$@"
