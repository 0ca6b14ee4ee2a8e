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
RELAY = [{"kind": "ice-none", "name": "icesink offload=none", "send": 5803, "send_ratio": 1},
         {"kind": "ice", "name": "icesink", "send": 1651, "send_ratio": 3.5}]  # results of relay.py
PLOTS_OF = {"paced": {"plain"}, "throughput": {"single", "plain", "throughput"}, "delay": {"single"},
            "connect": {"connecting", "many"}, "forward": {"forwarder"}}
PLOTS = {"single", "connecting", "footprint", "idle", "many", "forwarder", "plain", "relay", "throughput"}
WITHOUT_TARGET = {"forwarder", "throughput"}
# a network namespace, whose loopback has 127.0.0.1 alone
LOOPBACK = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
SECOND_ADDRESS = ["sh", "-c", 'ip address add 127.0.0.2/8 dev lo && exec "$@"', "sh"]


def run(*arguments):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT)
    return done.returncode, done.stdout, done.stderr


def has_namespaces():
    return shutil.which("unshare") and shutil.which("ip") and run(*LOOPBACK, "true")[0] == 0


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
        results = self.folder / "relay.json"
        status, text, errors = run(sys.executable, FOLDER / "relay.py", "--rounds", "1", "--seconds", "0.1",
                                   "--json", results)
        self.assertEqual(status, 0, errors)
        rows = json.loads(results.read_text())["tables"]["relay"]
        self.assertEqual([row["kind"] for row in rows], ["ice-none", "ice"])
        for row in rows:
            self.assertGreater(row["send"], 0)
            self.assertRegex(text, rf"(?m)^\| {row['name']} +\| +{row['send']:.0f} \| +{row['send_ratio']:.2f} \|$")

    def test_every_row_is_printed(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        rows = [line for line in self.text.splitlines() if line.startswith("| ")]
        self.assertEqual(len(rows), sum(1 + len(table) for table in tables.values()))

    def test_scripts(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        tables["connect"] += [{**row, "candidates": 50} for row in tables["connect"]]
        results, relay = self.folder / "many.json", self.folder / "relayed.json"
        results.write_text(json.dumps({"tables": tables}))
        relay.write_text(json.dumps({"tables": {"relay": RELAY}}))
        status, text, errors = run(sys.executable, FOLDER / "targets.py", results, relay)
        self.assertEqual(status, 0, errors)
        self.assertIn("| connecting, 1 at once: p99, ms | <= 20 |", text)
        self.assertIn("| connecting, 50 candidates: median, ms | <= 100 |", text)
        self.assertIn("| relayed, burst 32: send, times cheaper than through libnice | >= 2 | 3.50 | yes |", text)

    def draw(self, tables):
        """Returns: the text of each picture that is drawn, by its name"""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        sources = []
        for name, rows in tables.items():
            sources.append(folder / f"{name}.json")
            sources[-1].write_text(json.dumps({"tables": {name: rows}}))
        status, text, errors = run(sys.executable, FOLDER / "plot.py", folder, *sources)
        self.assertEqual(status, 0, errors)
        pictures = {path.stem: path.read_text() for path in folder.glob("*.svg")}
        self.assertEqual({Path(line).stem for line in text.splitlines()}, set(pictures))
        return pictures

    @unittest.skipUnless(shutil.which("gnuplot"), "needs gnuplot")
    def test_plots(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        for row in tables["footprint"]:
            row["transports"] = 10  # fewer are not in the plot of idle ones
        tables["connect"] += [{**row, "candidates": 50} for row in tables["connect"]]
        tables["relay"] = RELAY
        pictures = self.draw(tables)
        self.assertEqual(set(pictures), PLOTS)
        for name, picture in pictures.items():
            with self.subTest(name):
                self.assertIn("</svg>", picture)
                self.assertIn("icesink", picture)
                self.assertEqual(">target" in picture, name not in WITHOUT_TARGET)
        for text in "50 candidates", ">Connecting: median<", ">Connecting: p99<", "single datagrams/s<":
            self.assertIn(text, pictures["connecting"] + pictures["single"])
        for text in ">5803<", ">1651<":
            self.assertIn(text, pictures["relay"])

    @unittest.skipUnless(shutil.which("gnuplot"), "needs gnuplot")
    def test_plots_of_a_part(self):
        tables = json.loads(Path(self.json).read_text())["tables"]
        for name, plots in PLOTS_OF.items():
            with self.subTest(name):
                self.assertEqual(set(self.draw({name: tables[name]})), plots)

    def test_no_gnuplot(self):
        done = subprocess.run([sys.executable, FOLDER / "plot.py", self.folder, self.json], env={"PATH": ""},
                              capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 1)
        self.assertIn("gnuplot is not installed", done.stdout)

    def test_one_kind_alone(self):
        results = self.folder / "one.json"
        status, text, errors = run(BENCH, "--smoke", "--only", "throughput", "-k", "ice", "--json", results)
        self.assertEqual(status, 0, errors)
        self.assertEqual(text.count("| icesink/icesrc |"), TABLES["throughput"])
        status, text, errors = run(sys.executable, FOLDER / "targets.py", results)
        self.assertEqual(status, 0, errors)
        self.assertIn("| flat out, burst 32: % lost | <= 0.1 |", text)

    def connect_with_two_candidates(self, *prefix):
        name = self.folder / "candidates.json"
        status, _, errors = run(*prefix, BENCH, "--smoke", "--only", "connect", "-k", "ice,nice",
                                "--candidates", "1,2", "--json", name)
        self.assertEqual(status, 0, errors)
        rows = json.loads(name.read_text())["tables"]["connect"]
        return [(row["kind"], row["candidates"]) for row in rows if row["median"] > 0], errors

    @unittest.skipUnless(has_namespaces(), "needs unshare and ip")
    def test_candidates(self):
        one = [("ice", 1), ("nice", 1)]
        rows, errors = self.connect_with_two_candidates(*LOOPBACK)
        self.assertEqual(rows, one)
        self.assertIn("connecting with 2 candidates is left out", errors)
        rows, errors = self.connect_with_two_candidates(*LOOPBACK, *SECOND_ADDRESS)
        self.assertEqual(rows, [*one, ("ice", 2), ("nice", 2)], errors)

    def test_wrong_options_are_refused(self):
        for option in ("--peers=0", "--bitrate=0", "--candidates=101", "-k=none", "--only=all", "-s=10", "-b=65",
                       "-r=0", "--memories=3"):
            with self.subTest(option):
                status, _, errors = run(BENCH, *option.split("="))
                self.assertEqual(status, 2)
                self.assertTrue(errors.startswith("bench: "), errors)


unittest.main()
