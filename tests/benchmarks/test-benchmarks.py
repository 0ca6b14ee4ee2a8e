#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Do the benchmarks still work? As little as can be of everything, nothing about
time. Usage: test-benchmarks.py BENCH FOLDER"""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BENCH, FOLDER = Path(sys.argv.pop(1)), Path(sys.argv.pop(1))
LIMIT = 120  # s, for each process
ICE = {"ice", "ice-none"}
TABLES = {"paced": 2 * 2 + 1, "throughput": 2 * 2 + 1, "delay": 2, "connect": 1,
          "footprint": 2, "forward": 2}  # rows of a kind
# a network namespace, whose loopback has 127.0.0.1 alone
LOOPBACK = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
SECOND_ADDRESS = ["sh", "-c", 'ip address add 127.0.0.2/8 dev lo && exec "$@"', "sh"]


def run(*arguments):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT)
    return done.returncode, done.stdout, done.stderr


class TestBenchmarks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.json = str(cls.folder / "results.json")
        cls.status, cls.text, cls.errors = run(BENCH, "--smoke", "--json", cls.json)

    def test_every_kind_is_in_every_table(self):
        self.assertEqual(self.status, 0, self.errors)
        tables = json.loads(Path(self.json).read_text())["tables"]
        self.assertEqual(set(tables), set(TABLES))
        for name, rows in tables.items():
            for kind in ICE:
                self.assertEqual(sum(row["kind"] == kind for row in rows), TABLES[name])

    def test_datagrams_arrived(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        for row in tables["paced"] + tables["throughput"]:
            with self.subTest(str(row)):
                self.assertEqual(row.get("lost", 0), 0)
                for key in "send", "receive":
                    self.assertGreater(row[key], 0)
        for row in tables["throughput"]:
            self.assertGreater(row["flat_out_rate"], 0, row)
        for row in tables["forward"]:
            self.assertEqual(row["lost"], 0, row)
            self.assertGreater(row["cpu"], 0, row)
        for row in tables["delay"]:
            self.assertEqual(row["lost"], 0, row)
            for key in "median", "send", "receive":
                self.assertGreater(row[key], 0, row)

    @unittest.skipUnless(shutil.which("turnserver"), "needs coturn")
    def test_relay(self):
        status, text, errors = run(sys.executable, str(FOLDER / "relay.py"), "--rounds", "1", "--seconds", "0.1")
        self.assertEqual(status, 0, errors)
        self.assertRegex(text, r"(?m)^[0-9.]+ times cheaper, median of 1 rounds$")

    def test_every_row_is_printed(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        rows = [line for line in self.text.splitlines() if line.startswith("| ")]
        self.assertEqual(len(rows), sum(1 + len(table) for table in tables.values()))

    def test_scripts(self):
        status, text, errors = run(sys.executable, FOLDER / "targets.py", self.json)
        self.assertEqual(status, 0, errors)
        self.assertIn("| connecting, 1 at once: p99, ms | <= 20 |", text)
        picture = self.folder / "results.svg"
        status, text, errors = run(sys.executable, FOLDER / "plot.py", self.json, picture)
        if shutil.which("gnuplot") is None:
            self.assertIn("gnuplot is not installed", text)
        else:
            self.assertEqual(status, 0, errors)
            self.assertIn("<svg", picture.read_text())

    def test_one_kind_alone(self):
        status, text, errors = run(BENCH, "--smoke", "--only", "throughput", "-k", "ice")
        self.assertEqual(status, 0, errors)
        self.assertEqual(text.count("| icesink/icesrc |"), TABLES["throughput"])

    def connect_with_two_candidates(self, *prefix):
        name = self.folder / "candidates.json"
        status, _, errors = run(*prefix, BENCH, "--smoke", "--only", "connect", "-k", "ice,nice",
                                "--candidates", "1,2", "--json", name)
        self.assertEqual(status, 0, errors)
        rows = json.loads(name.read_text())["tables"]["connect"]
        return [(row["kind"], row["candidates"]) for row in rows if row["median"] > 0], errors

    @unittest.skipIf(subprocess.run([*LOOPBACK, "true"], capture_output=True).returncode, "needs unshare and ip")
    def test_candidates(self):
        one = [("ice", 1), ("nice", 1)]
        rows, errors = self.connect_with_two_candidates(*LOOPBACK)
        self.assertEqual(rows, one)
        self.assertIn("connecting with 2 candidates is left out", errors)
        rows, errors = self.connect_with_two_candidates(*LOOPBACK, *SECOND_ADDRESS)
        self.assertEqual(rows, [*one, ("ice", 2), ("nice", 2)], errors)

    def test_wrong_options_are_refused(self):
        for option in "--peers=0", "--bitrate=0", "--candidates=101", "-k=none", "--only=all", "-s=10", "-b=65", "-r=0", "--memories=3":
            with self.subTest(option):
                status, _, errors = run(BENCH, *option.split("="))
                self.assertEqual(status, 2)
                self.assertTrue(errors.startswith("bench: "), errors)


unittest.main()
