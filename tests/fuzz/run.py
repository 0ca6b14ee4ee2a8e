#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a fuzz target for a while, from its corpus and with its dictionary.

Usage: run.py TARGET CORPUS-PROGRAM CORPUS DICTIONARY EDGES

ICE_TEST_SECONDS: for how long, 20 by default; ICE_TEST_RUNS: how many inputs at most. The
corpus reaches EDGES edges of the modules under test at least; how many it does, and how
many are reached in the end, is printed. An input that fails is printed in hexadecimal
digits, for the corpus.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

target, corpus_program, corpus, dictionary, wanted = sys.argv[1:]
wanted = int(wanted)
SECONDS = os.environ.get("ICE_TEST_SECONDS", "20")
RUNS = os.environ.get("ICE_TEST_RUNS", "-1")  # -1: no limit
n_tests = 0
n_failed = 0


def check(passed, text):
    global n_tests, n_failed
    n_tests += 1
    n_failed += not passed
    print(f"{'ok' if passed else 'not ok'} {n_tests} - {text}", flush=True)


def explain(output, folder):
    for line in output.splitlines()[-40:]:
        print("#", line)
    for path in sorted(folder.glob("failing-*")):
        print("# the input:", path.read_bytes()[:4096].hex())


def run(folder, *arguments):
    """Returns the edges that were reached, and how many inputs were run."""
    ran = subprocess.run([target, f"-artifact_prefix={folder}/failing-", "-rss_limit_mb=1024",
                          "-timeout=30", "-max_len=4096", *arguments],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace")
    lines = re.findall(r"^#(\d+)\s.*? cov: (\d+) ", ran.stdout, re.MULTILINE)
    if ran.returncode != 0 or not lines:
        explain(ran.stdout, folder)
        return 0, 0
    return int(lines[-1][1]), int(lines[-1][0])


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    seeds, found = folder / "seeds", folder / "found"
    seeds.mkdir()
    found.mkdir()
    subprocess.run([corpus_program, corpus, seeds], stdout=subprocess.DEVNULL, check=True)
    reached, _ = run(folder, "-runs=0", seeds)
    check(reached >= wanted, f"the corpus reaches {reached} edges; {wanted} are wanted")
    start = time.monotonic()
    reached, runs = run(folder, f"-max_total_time={SECONDS}", f"-runs={RUNS}", f"-dict={dictionary}", found, seeds)
    check(reached >= wanted, f"{time.monotonic() - start:.0f} s, {runs} inputs: {reached} edges")
print(f"1..{n_tests}")
sys.exit(n_failed > 0)
