#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls in every network of networks.py: whether they connect, over which kind of
pair, in what time; that it agrees with theory.py and docs/networks.md.

--only REGEX   those networks, and not the document
--repeat N     so many times; every other time the other end is controlling
--write        the table into the document"""

import argparse
import collections
import concurrent.futures
import contextlib
import faulthandler
import itertools
import os
import re
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
import theory  # noqa: E402
import turn  # noqa: E402
from icetest import IceTest, main  # noqa: E402
from networks import NETWORKS  # noqa: E402

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/networks.md"
AT_ONCE = 30  # networks, of which most wait for their calls to fail
BUSY = threading.BoundedSemaphore(2 * (os.cpu_count() or 1))  # those that do not
CONNECT = 30  # seconds that a call may take
PATIENCE = 39.5  # seconds until failed, RFC 8863
MANY = 300  # pairs; two symmetric NATs would make one of each check
LATE = 10  # seconds that a loaded machine may be late
RUN_LIMIT = 300  # seconds for the whole matrix
# column: policy, and whether there is a TURN server
COLUMNS = {"all": ("all", True), "relay": ("relay", True), "no TURN server": ("all", False)}

Cell = collections.namedtuple("Cell", "text seconds problem is_best", defaults=[None, True])


def words_of(candidate):
    """Address, port, type, related address and port."""
    words = candidate.split()
    return (*words[4:6], words[7], *words[9:12:2])


def types_of(report):
    """What the pair's local candidate may count as. An address that a check shows
    before the STUN server does is peer-reflexive, and is not found again (RFC 8445
    sections 7.2.5.3.1 and 5.1.3): whether it is also the STUN server's is not known."""
    pair = report["pair"]
    signalled = [words_of(candidate) for candidate in filter(None, report["candidates"])]
    kinds = {words[2] for words in signalled if words[:2] == (pair["local-address"], str(pair["local-port"]))}
    if pair["local-type"] != "prflx":
        return kinds & {pair["local-type"]}
    base = words_of(pair["local-candidate"])[3:]
    is_known = any(words[2:] == ("srflx", *base) for words in signalled)
    return kinds or ({"prflx"} if is_known else {"prflx", "srflx"})


def do_agree(left, right):
    return all(one[f"local-{what}"] == other[f"remote-{what}"]
               for one, other in ((left, right), (right, left)) for what in ("address", "port"))


def connects_always(name):
    nodes = lab.parse(NETWORKS[name])
    return all(theory.expect(nodes, *column).best for column in COLUMNS.values())


class Network:
    """One network, up, and the calls in it: one for each column, all at the same time."""

    def __init__(self, name, controlling):
        self._description, self._controlling = NETWORKS[name], controlling

    def run(self):
        """column -> cell"""
        with contextlib.ExitStack() as self._stack:
            with BUSY:
                made = self._make()
                cells = {column: self._watch(*made[column]) for column in COLUMNS if made[column][1].best}
            return cells | {column: self._watch(*made[column]) for column in COLUMNS if column not in cells}

    def _make(self):
        """column -> call, expectation"""
        network = self._stack.enter_context(lab.Lab(self._description))
        server = self._stack.enter_context(contextlib.closing(turn.Server(network)))
        hosts = {me: self._stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
        made = {}
        for number, (column, (policy, has_turn)) in enumerate(COLUMNS.items()):
            versions = {me: min(network.nodes[me].versions) for me in lab.HOSTS}
            settings = {me: f"stun-server={server.stun(v)} ice-transport-policy={policy}" for me, v in versions.items()}
            arrays = {me: {"turn-servers": server.uris(v) if has_turn else []} for me, v in versions.items()}
            call = calls.Call(hosts, f"call{number}", settings, arrays, self._controlling)
            made[column] = call, theory.expect(network.nodes, policy, has_turn)
        return made

    def _watch(self, call, expected):
        if expected.best:
            cell = self._see_connected(call, expected)
        else:
            cell = self._see_failed(call)
        call.stop()
        return cell

    @staticmethod
    def _see_failed(call):
        ends = call.wait_states(("connected", "failed"), PATIENCE + LATE)
        if all(end and end["new"] == "failed" for end in ends.values()):
            seconds = max(end["at"] for end in ends.values())
            problem = None if seconds >= PATIENCE - 0.1 else "failed before RFC 8863's time"
            pairs = [call.ask(me, "count_pairs", "pairs")["n"] for me in lab.HOSTS]
            if max(pairs) > MANY:
                problem = f"{pairs} pairs"
            return Cell("fails", seconds, problem)
        return Cell("fails", 0, f"should fail: {call.story()}")

    @staticmethod
    def _see_connected(call, expected):
        ends = call.wait_states(("completed", "failed"), CONNECT)
        if not all(end and end["new"] == "completed" for end in ends.values()):
            return Cell(show_types(expected), 0, f"should be completed: {call.story()}")
        problem = None if call.exchange() else f"data does not flow both ways: {call.story()}"
        reports = call.reports()
        pairs = [reports[me]["pair"] for me in lab.HOSTS]
        types = set(itertools.product(*(types_of(reports[me]) for me in lab.HOSTS)))
        if not types & (expected.best | expected.others):
            problem = f"the pair is {types}: {pairs}"
        if not do_agree(*pairs):
            problem = f"the ends have different pairs: {pairs}"
        connected = call.wait_states(("connected",), 0)
        seconds = max(end["at"] for end in connected.values())
        return Cell(show_types(expected), seconds, problem, bool(types & expected.best))


def show_types(expected):
    return " or ".join(sorted(f"{left}-{right}" for left, right in expected.best))


def show(cell):
    return cell.text + (f", {cell.seconds:.1f} s" if cell.seconds else "")


def table(results):
    lines = [f"| left, right | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {name} | {' | '.join(show(cells[column]) for column in COLUMNS)} |"
              for name, cells in results.items()]
    return "\n".join(lines) + "\n"


def without_times(text):
    return re.sub(r", [\d.]+ s", "", text)


WRITTEN = re.compile(r"^\| left, right \|.*?\n(?!\|)", re.M | re.S)


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestMatrix(IceTest):
    def test_matrix(self):
        names = [name for name in NETWORKS if re.search(OPTIONS.only, name)]
        for repetition in range(OPTIONS.repeat):
            faulthandler.dump_traceback_later(RUN_LIMIT, exit=True)
            results = self.run_all(names, lab.HOSTS[repetition % 2])
            self.check(results)
        if OPTIONS.write:
            DOCUMENT.write_text(WRITTEN.sub(lambda _: table(results), DOCUMENT.read_text()))
        if not OPTIONS.only:
            written = WRITTEN.search(DOCUMENT.read_text()).group(0)
            self.assertEqual(without_times(table(results)), without_times(written))

    def run_all(self, names, controlling):
        start = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = {name: pool.submit(Network(name, controlling).run) for name in sorted(names, key=connects_always)}
            results = {name: running[name].result() for name in names}
        for line in table(results).splitlines():
            print("#", line)
        worse = [f"{name}: {column}" for name, cells in results.items() for column, c in cells.items() if not c.is_best]
        print(f"# {controlling} controlling, {time.monotonic() - start:.0f} s, not the best pair: {worse}", flush=True)
        return results

    def check(self, results):
        for name, cells in results.items():
            for column, cell in cells.items():
                with self.subTest(f"{name}: {column}: {show(cell)}"):
                    self.assertIsNone(cell.problem)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    OPTIONS, sys.argv[1:] = parser.parse_known_args()
    main()
