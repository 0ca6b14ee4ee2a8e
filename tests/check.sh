#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what is needed, builds, and runs the tests. Its last line says how many
# passed and failed; the exit status is 0 if none failed.
set -eu

usage () {
  cat <<END
Usage: sh tests/check.sh [OPTION] [TEST...]
Runs all tests, or those named (see meson test --list).

  --all       the long tests in full length; none is repeated
  --asan      with AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan
  --tsan      with ThreadSanitizer, in build-tsan
  --valgrind  under valgrind
  --no-skip   a test that is skipped has failed
  --help      this text

CI=true in the environment makes compiler warnings errors.

The tests with real networks and real time fail where the machine stands still for
too long. One that fails is run once more by itself; the last line names it.
END
}

cd "$(dirname "$0")/.."
exec </dev/null

build=build
needs=check
setup=
sanitize=none
slower=
skip=may
while [ $# -gt 0 ]; do
  case $1 in
    --all) export ICE_TEST_LONG=1; slower=10 ;;
    --asan) setup=asan; sanitize=address,undefined; build="build-asan" ;;
    --tsan) setup=tsan; sanitize=thread; build="build-tsan" ;;
    --valgrind) setup=valgrind; needs=valgrind ;;
    --no-skip) skip=never ;;
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
  meson test -C "$build" --no-rebuild --print-errorlogs \
    ${slower:+--timeout-multiplier "$slower"} ${setup:+--setup "$setup"} "$@"
}

# Those of the suite `waiting` take a tenth of a processor each.
run_all_tests () {
  run_tests --logbase check --no-suite waiting || status=$?
  run_tests --logbase check-waiting --suite waiting --num-processes 4 || status=$?
}

repeat_tests () {
  meson test -C "$build" --no-rebuild --print-errorlogs --logbase repeat \
    --num-processes 1 "$@" || true
}

# What meson wrote of its tests, a JSON object each:
#   results to-repeat   prints those that failed and may be repeated
#   results count STATUS SKIP
#                       prints how many passed and failed; exits with 1 if any failed,
#                       if any was skipped and SKIP is `never`, or if meson ended with
#                       STATUS for another reason
results () {
  python3 - "$build"/meson-logs "$@" <<'END'
import collections, json, pathlib, re, sys

GOOD = {"OK", "EXPECTEDFAIL"}
REAL_TIME = {"system", "long"}


def read(which):
    for path in pathlib.Path(sys.argv[1]).glob(which + "*.json"):
        for line in path.read_text().splitlines():
            yield json.loads(line)


def is_bad(test):
    return test["result"] not in GOOD | {"SKIP"}


def split(name):
    """(suites, test); meson writes "gst-ice:system / role", from 1.9.2 on "system - gst-ice:role"; and
    "system+long" for two suites."""
    left, _, right = name.partition(" / " if " / " in name else " - ")
    return left.rpartition(":")[2], right.rpartition(":")[2]


def find_reason(test):
    """Why a test is skipped, as it printed it."""
    output = test.get("stdout", "")
    reasons = re.findall(r"# SKIP:?\s*(.*)", output)
    return (reasons or output.strip().splitlines()[-1:] or ["no reason"])[0]


tests = list(read("check"))
if sys.argv[2] == "to-repeat":
    bad = (split(test["name"]) for test in tests if is_bad(test))
    print(*(name for suites, name in bad if REAL_TIME & set(suites.split("+"))))
    sys.exit()
better = {test["name"] for test in read("repeat") if test["result"] in GOOD}
repeated = [test["name"] for test in tests if is_bad(test) and test["name"] in better]
results = collections.Counter("OK" if test["name"] in repeated else test["result"] for test in tests)
passed = sum(results[name] for name in GOOD)
skipped = results["SKIP"]
failed = sum(results.values()) - passed - skipped
for test in tests:
    if test["result"] == "SKIP":
        print(f"skipped: {split(test['name'])[1]}: {find_reason(test)}")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
      + (f"; passed only when repeated: {', '.join(repeated)}" if repeated else ""))
meson_stopped = sys.argv[3] != "0" and not any(map(is_bad, tests))
sys.exit(failed > 0 or passed == 0 or meson_stopped or skipped > 0 and sys.argv[4] == "never")
END
}

sh tests/setup.sh "$needs"
compile
status=0
rm -f "$build"/meson-logs/check*.json "$build"/meson-logs/repeat*.json
if [ $# -gt 0 ]; then
  run_tests --logbase check "$@" || status=$?
else
  run_all_tests
fi
if [ -z "$slower$setup" ]; then
  names=$(results to-repeat)
  [ -z "$names" ] || repeat_tests $names
fi
results count "$status" "$skip"
