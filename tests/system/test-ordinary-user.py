#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The unit tests and some of whole processes once more, as an ordinary user. Those
that need root skip; none fails.

Usage: test-ordinary-user.py BUILD_ROOT
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

NOBODY = "65534"
SUITES = {"gst-ice:core", "gst-ice:elements", "gst-ice:nice"}
OTHERS = {"candidate-lines", "datagrams", "early-data", "inspect", "interruptible", "network-lab",
          "network-one-to-one", "offload", "role", "servers", "stun-servers", "wrong-things"}
# Most of their time they wait.
AT_ONCE = 4
FIRST = ("gsticenicetcpadmission", "icestate-transitions", "gsticesteering")
PATIENCE_S = 1200


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit()


def list_tests(build):
    tests = json.loads((build / "meson-info/intro-tests.json").read_text())
    wanted = [test for test in tests if test["name"] in OTHERS or SUITES & set(test["suite"])]
    missing = OTHERS - {test["name"] for test in wanted}
    assert not missing, f"no such tests: {missing}"
    return sorted(wanted, key=lambda test: test["name"] not in FIRST)


def as_nobody(command):
    return ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--inh-caps=-all",
            "--bounding-set=-all", "--no-new-privs", *command]


def make_home(folder, name):
    home = folder / name
    home.mkdir()
    os.chown(home, int(NOBODY), int(NOBODY))
    home.chmod(0o700)
    return str(home)


def judge(code, output):
    """Returns the reason of a skip, "" for a success, None for a failure."""
    if code == 77:
        return (output.strip().splitlines() or ["no reason"])[-1]
    if code != 0 or re.search(r"^\s*(not ok\b(?!.*# (TODO|SKIP))|Bail out!)", output, re.MULTILINE):
        return None
    reasons = re.findall(r"^(?:ok\b.*|1\.\.0.*)# SKIP\s*(.*)", output, re.MULTILINE | re.IGNORECASE)
    if reasons and not re.search(r"^ok\b(?!.*# SKIP)", output, re.MULTILINE | re.IGNORECASE):
        return reasons[0] or "no reason"
    return ""


def run(test, folder):
    home = make_home(folder, test["name"])
    env = {**os.environ, **test["env"], "HOME": home, "TMPDIR": home, "XDG_RUNTIME_DIR": home,
           "GST_REGISTRY": home + "/registry.bin", "USER": "nobody", "LOGNAME": "nobody"}
    for name in [name for name in env if name.startswith("XDG_") and name != "XDG_RUNTIME_DIR"]:
        del env[name]
    with subprocess.Popen(as_nobody(test["cmd"]), cwd=test["workdir"] or home, env=env, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=PATIENCE_S)
            return judge(process.returncode, output), output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0] + f"not done after {PATIENCE_S} s"


def main():
    build = pathlib.Path(sys.argv[1])
    if os.geteuid() != 0:
        skip_all("everything runs as an ordinary user already")
    if shutil.which("setpriv") is None:
        skip_all("setpriv is not installed")
    if "use_after_return" in os.environ.get("ASAN_OPTIONS", ""):  # as tests/meson.build sets it
        skip_all("with AddressSanitizer the tests run once")
    if subprocess.run(as_nobody(["test", "-r", build / "build.ninja"]), check=False).returncode != 0:
        reason = f"an ordinary user may not read {build}"
        sys.exit(f"{reason}: clone to another folder") if os.environ.get("CI") == "true" else skip_all(reason)
    tests, failed = list_tests(build), False
    print(f"1..{len(tests)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="ice-user-") as folder, \
            concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        os.chmod(folder, 0o755)
        results = pool.map(lambda test: run(test, pathlib.Path(folder)), tests)
        for i, (test, (result, output)) in enumerate(zip(tests, results), 1):
            if result is None:
                failed = True
                print("\n".join("# " + line for line in output.splitlines()[-40:]))
            print("not ok" if result is None else "ok", i, "-", test["name"],
                  f"# SKIP {result}" if result else "", flush=True)
    sys.exit(failed)


main()
