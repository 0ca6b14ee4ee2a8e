#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is needed, builds, and runs the tests. Its last line says how many
# passed and failed; the exit status is 0 if none failed.
set -eu

usage () {
  cat <<END
Usage: sh tests/check.sh [OPTION] [TEST...]
Runs all tests, or those named (see meson test --list).

  --all       the long tests in full length
  --asan      with AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan
  --tsan      with ThreadSanitizer, in build-tsan
  --valgrind  under valgrind
  --help      this text

CI=true in the environment makes compiler warnings errors.
END
}

cd "$(dirname "$0")/.."
exec </dev/null

build=build
needs=check
setup=
sanitize=none
slower=
while [ $# -gt 0 ]; do
  case $1 in
    --all) export ICE_TEST_LONG=1; slower=10 ;;
    --asan) setup=asan; sanitize=address,undefined; build="build-asan" ;;
    --tsan) setup=tsan; sanitize=thread; build="build-tsan" ;;
    --valgrind) setup=valgrind; needs=valgrind ;;
    --help) usage; exit ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
  shift
done

compile () {
  mkdir -p "$build"
  configured=
  [ ! -f "$build/build.ninja" ] || configured=--reconfigure
  werror=false
  [ "${CI:-}" != true ] || werror=true
  if ! meson setup $configured "$build" -Dwerror=$werror -Db_sanitize=$sanitize \
      -Db_lundef=false >"$build/check-setup.log" 2>&1; then
    tail -n 30 "$build/check-setup.log"
    echo "The set-up failed; $build/check-setup.log has all of it."
    exit 1
  fi
  if ! ninja -C "$build"; then
    echo "The build failed."
    exit 1
  fi
}

run_tests () {
  rm -f "$build"/meson-logs/check*.json
  meson test -C "$build" --no-rebuild --print-errorlogs --logbase check \
    ${slower:+--timeout-multiplier "$slower"} ${setup:+--setup "$setup"} "$@"
}

# One JSON object a test, as meson wrote it.
count_results () {
  python3 - "$build"/meson-logs/check*.json <<'END'
import collections, json, sys

GOOD = {"OK", "EXPECTEDFAIL"}
with open(sys.argv[1]) as log:
    results = collections.Counter(json.loads(line)["result"] for line in log)
passed = sum(results[name] for name in GOOD)
skipped = results["SKIP"]
failed = sum(results.values()) - passed - skipped
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(failed > 0 or passed == 0)
END
}

sh tests/setup.sh "$needs"
compile
status=0
run_tests "$@" || status=$?
count_results || status=1
exit "$status"
