#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The reports about candidate pairs agree with libnice: the same events in the same
order as in its log, which this test reads by itself; round-trip times against
ping's. ICE_TEST_LONG=1 makes 100 calls of it."""

import contextlib
import importlib
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

import wire
from icetest import ISOLATED, LONG, PATIENCE, Gst, IceTest, Pipeline, fields, get_stats, main, set_array

consent = importlib.import_module("test-consent")

CALLS = 100 if LONG else 5
AT_ONCE = 20
ADDRESSES = ("127.0.0.1", "127.0.0.2", "::1")
FAMILIES = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
HIGHEST = 2**31 - 1  # RFC 8445 section 5.1.2
DONE = ("failed", "succeeded")
DELAY = 0.04  # seconds, one way


class Trace:
    """One agent's pairs by libnice's log; a pair is (local, remote) endpoints."""

    LINE = re.compile(r"Agent (0x[0-9a-f]+) ?: (.*)")
    STATE = re.compile(r"pair (0x[0-9a-f]+) state ([A-Z_]+) \(")
    ENDPOINTS = re.compile(r"new pair (0x[0-9a-f]+) : \[([^]]+)\]:(\d+) --> \[([^]]+)\]:(\d+)$")
    ADDED = re.compile(r"added a new pair (0x[0-9a-f]+) with ")
    NOMINATED = re.compile(r"marking pair (0x[0-9a-f]+) \([^)]*\) as nominated")
    REMOVED = re.compile(r"pair (0x[0-9a-f]+) removed\.$")
    SELECTED = re.compile(r"(Local|Remote) selected pair: \S+ \S+ UDP (\S+):(\d+) ")

    def __init__(self):
        self.events = {}  # pair -> [(state, nominated)], repetitions left out
        self.shown = {}   # pair -> (state, nominated): what is to be seen now
        self.selected = []
        self._names = {}  # libnice's pointer -> pair
        self._states = {}  # ... -> state, of those that are being made
        self._local = None

    def _note(self, pair, state, nominated):
        if self.shown.get(pair) != (state, nominated):
            self.shown[pair] = (state, nominated)
            self.events.setdefault(pair, []).append((state, nominated))

    def _see_state(self, pointer, state):
        state = state.lower().replace("_", "-")
        if pair := self._names.get(pointer):
            self._note(pair, state, self.shown[pair][1])
        else:
            self._states[pointer] = state

    def _see_endpoints(self, pointer, *what):
        self._names[pointer] = ((what[0], int(what[1])), (what[2], int(what[3])))

    def _see_added(self, pointer):
        self._note(self._names[pointer], self._states.pop(pointer), False)

    def _see_nominated(self, pointer):
        pair = self._names[pointer]
        self._note(pair, self.shown[pair][0], True)

    def _see_removed(self, pointer):
        pair = self._names.pop(pointer)
        if self.shown[pair][0] != "failed":  # which are to be seen further on
            del self.shown[pair]

    def _see_selected(self, side, address, port):
        if side == "Local":
            self._local = (address, int(port))
        else:
            self.selected.append((self._local, (address, int(port))))

    def read(self, text):
        for pattern, see in ((self.STATE, self._see_state), (self.ENDPOINTS, self._see_endpoints),
                             (self.ADDED, self._see_added), (self.NOMINATED, self._see_nominated),
                             (self.REMOVED, self._see_removed), (self.SELECTED, self._see_selected)):
            if match := pattern.match(text):
                see(*match.groups())
                return

    def endpoints(self):
        """Its own; no other agent has them."""
        return {local for local, _ in self.events}


def read_log(text):
    """Traces, by each endpoint of their agents."""
    traces = {}
    for match in Trace.LINE.finditer(text):
        traces.setdefault(match[1], Trace()).read(match[2])
    return {endpoint: trace for trace in traces.values() for endpoint in trace.endpoints()}


def name_of(pair):
    return tuple((pair[f"{side}-address"], pair[f"{side}-port"]) for side in ("local", "remote"))


class End:
    """One end of a call, and its reports about its pairs."""

    def __init__(self, description):
        self.pipeline = Pipeline(description)
        self.ice = self.pipeline["ice"]
        set_array(self.ice, "local-addresses", ADDRESSES)
        self.reports, self.selected, self.unchecked = [], [], []
        self._more = threading.Condition()
        self.ice.connect("on-candidate-pair-state-change", self._note, self.reports)
        self.ice.connect("on-selected-candidate-pair-change", self._note, self.selected)
        self.ice.connect("notify::ice-connection-state", self._see_state)

    def _note(self, _, stream, component, pair, where):
        with self._more:
            where.append((stream, component, fields(pair)))
            self._more.notify_all()

    def _see_state(self, *_):
        completed = self.ice.get_property("ice-connection-state").value_nick == "completed"
        with self._more:
            if completed:
                self.unchecked += [pair for pair in self.pairs() if pair["state"] not in DONE]
            self._more.notify_all()

    def pairs(self):
        """Those of get-stats: Python can not read a GstValueArray."""
        entries = [entry for entry in get_stats(self.ice).values() if isinstance(entry, dict)]
        return [entry for entry in entries if entry["type"] == "candidate-pair"]

    def _is_done(self, dead, state):
        pairs = self.pairs()
        return (self.ice.get_property("ice-connection-state").value_nick == state
                and {name_of(pair)[1] for pair in pairs}.issuperset(dead)
                and all(pair["state"] in DONE for pair in pairs))

    def wait_begun(self, dead):
        """Until the dead candidates are checked: libnice forgets pairs that it has not begun to
        check when another one is nominated."""
        with self._more:
            assert self._more.wait_for(lambda: {name_of(pair)[1] for *_, pair in self.reports
                                                if pair["state"] == "in-progress"}.issuperset(dead),
                                       PATIENCE), self.reports

    def wait_done(self, dead, state):
        """Until no check is left; those of the dead candidates had begun."""
        with self._more:
            assert self._more.wait_for(lambda: self._is_done(dead, state), PATIENCE), self.pairs()


class CallInHere:
    """Two ends with three addresses each. One of them gets candidates where nobody
    listens: one first of all, and one when it is connected, which makes libnice
    forget the first."""

    def __init__(self, number):
        self.ends = [End("appsrc ! icesink name=ice role=controlling"),
                     End("icesrc name=ice role=controlled ! fakesink async=false")]
        self.unlucky = self.ends[number % 2]
        self.address = list(FAMILIES)[number // 2 % 2]
        self.holes = []
        self.refused = []

    def add_dead_candidate(self, address):
        hole = socket.socket(FAMILIES[address], socket.SOCK_DGRAM)
        hole.bind((address, 0))
        self.holes.append(hole)
        text = f"candidate:dead 1 udp {HIGHEST} {address} {hole.getsockname()[1]} typ host"
        assert self.unlucky.ice.emit("add-ice-candidate", 0, text)

    def signal(self, end, other):
        """Credentials and candidates, without the end of candidates."""
        def forward(_, stream, candidate):
            if candidate and not other.ice.emit("add-ice-candidate", stream, candidate):
                self.refused.append(candidate)

        end.ice.connect("on-ice-candidate", forward)
        ours = [end.ice.get_property("agent").get_property(f"local-{name}") for name in ("ufrag", "pwd")]
        assert other.ice.emit("set-remote-credentials", 0, *ours)

    def begin(self):
        for end in self.ends:
            end.pipeline.set_state(Gst.State.READY)
        self.signal(*self.ends)
        self.add_dead_candidate(self.address)
        self.signal(*reversed(self.ends))
        for end in sorted(self.ends, key=lambda end: end is not self.unlucky):
            end.pipeline.play()
            end.wait_begun(self.dead(end))

    def go_on(self):
        self.add_dead_candidate("::1")
        for end in self.ends:
            assert end.ice.emit("add-ice-candidate", 0, "")

    def dead(self, end):
        return [hole.getsockname()[:2] for hole in self.holes] if end is self.unlucky else []

    def wait_done(self, state):
        for end in self.ends:
            end.wait_done(self.dead(end), state)

    def finish(self):
        results = [{"reports": end.reports, "selected": end.selected, "pairs": end.pairs(), "dead": self.dead(end)}
                   for end in self.ends]
        for end in self.ends:
            end.pipeline.stop()
        for hole in self.holes:
            hole.close()
        assert self.refused == [], self.refused
        for end in self.ends:
            assert end.unchecked == [], end.unchecked  # when it was completed
        return results


def make_calls(first, n, path):
    """The other process: makes calls and writes their reports into a file."""
    calls = [CallInHere(i) for i in range(int(first), int(first) + int(n))]
    for call in calls:
        call.begin()
    for call in calls:
        call.wait_done("connected")
    for call in calls:
        call.go_on()
    for call in calls:
        call.wait_done("completed")
    results = [end for call in calls for end in call.finish()]
    with open(path, "w", encoding="ascii") as file:
        json.dump(results, file)


class TestEvents(IceTest):
    def test_the_same_as_in_the_log(self):
        if ISOLATED:  # where gathering looks for addresses
            subprocess.run("ip addr add 127.0.0.2/8 dev lo".split(), check=True, timeout=PATIENCE)
        ends = failed = events = 0
        for first in range(0, CALLS, AT_ONCE):
            n = min(AT_ONCE, CALLS - first)
            process = self.run_self("calls", str(first), str(n), self.path("reports"),
                                    env={"G_MESSAGES_DEBUG": "libnice"})
            self.assertEqual(process.wait(60), 0, re.sub(".*libnice-DEBUG.*\n", "", process.text))
            traces = read_log(process.text)
            results = json.loads(self.read("reports"))
            self.assertEqual(len(results), 2 * n)
            for end in results:
                ends += 1
                events += len(end["reports"])
                failed += self.check(end, traces)
        self.assertEqual(ends, 2 * CALLS)
        self.assertGreaterEqual(failed, 2 * CALLS)
        print(f"# {CALLS} calls, {events} events, {failed} dead pairs failed", flush=True)

    def check(self, end, traces):
        """Checks the reports of one end; returns the number of its failed pairs."""
        reported = {}
        for stream, component, pair in end["reports"]:
            self.assertEqual((stream, component), (0, 1))
            reported.setdefault(name_of(pair), []).append((pair["state"], pair["nominated"]))
        trace = traces[next(iter(reported))[0]]
        self.assertEqual(reported, trace.events)
        shown = {name_of(pair): (pair["state"], pair["nominated"]) for pair in end["pairs"]}
        self.assertEqual(shown, trace.shown)
        selected = [name_of(pair) for _, _, pair in end["selected"]]
        self.assertEqual(selected, trace.selected)
        self.assertEqual([name_of(pair) for pair in end["pairs"] if pair["selected"]], selected[-1:])
        return self.check_dead(end)

    def check_dead(self, end):
        dead = [pair for pair in end["pairs"] if list(name_of(pair)[1]) in end["dead"]]
        failed = [pair for pair in end["pairs"] if pair["state"] == "failed"]
        self.assertEqual(dead, failed)
        self.assertEqual({name_of(pair)[1] for pair in dead}, {tuple(address) for address in end["dead"]})
        for pair in dead:
            self.assertFalse(pair["nominated"])
            self.assertEqual((pair["requests-sent"], pair["responses-received"]), (1, 0))
            self.assertNotIn("current-round-trip-time", pair)
        selected = next(pair for pair in end["pairs"] if pair["selected"])
        for pair in dead:  # those below the selected one are given up when that is nominated
            if pair["priority"] > selected["priority"]:
                self.assertEqual(pair["retransmissions-sent"], 2)
        return len(dead)


@unittest.skipUnless(ISOLATED, "needs a network namespace")
@unittest.skipUnless(shutil.which("ping"), "needs ping")
class TestRoundTripTime(IceTest):
    """Two namespaces and a slow wire between them, which ping uses as well."""

    @contextlib.contextmanager
    def pinging(self, address):
        """Meanwhile; the round-trip times, seconds, in order."""
        process = self.run_line(["ping", "-n", "-c", "20", "-i", "0.1", address])
        times = []
        yield times
        self.assert_ends_well(process)
        times += sorted(float(time) / 1000 for time in re.findall(r"time=([\d.]+) ms", process.text))
        self.assertGreaterEqual(len(times), 10, process.text)

    def call(self):
        here, there = [f"local-addresses=<{address}>" for address in wire.ADDRESSES]
        return consent.Call(self, "duplex", "disconnected-timeout=400", prefix=("unshare", "-n"), address=here,
                            peer_address=there, prepare=lambda peer: wire.lay(self, DELAY, peer.pid))

    def consent_times(self, call, n):
        """The last n times that the peer's consent took, as the user sees them."""
        times, asked = [], 0
        deadline = time.monotonic() + PATIENCE
        while len(times) < n:
            self.assertLess(time.monotonic(), deadline)
            call.flow.wait(1)
            pair = call.pair()
            if pair.get("consent-requests-sent", 0) > asked and "current-round-trip-time" in pair:
                asked = pair["consent-requests-sent"]
                times.append(pair["current-round-trip-time"])
        return sorted(times)

    def test_against_ping(self):
        call = self.call()
        call.wait_completed()
        pairs = [message["pair"] for message in call.here.messages("ice-candidate-pair")]
        check = min(pair["current-round-trip-time"] for pair in pairs if pair["state"] == "succeeded")
        with self.pinging(wire.ADDRESSES[1]) as pings:
            times = self.consent_times(call, 10)
        real, consent_time = pings[len(pings) // 2], times[len(times) // 2]
        print(f"# ping {real * 1000:.2f} ms, check {check * 1000:.2f} ms, consent {consent_time * 1000:.2f} ms "
              f"({times[0] * 1000:.2f} to {times[-1] * 1000:.2f})", flush=True)
        self.assertGreater(real, 2 * DELAY)
        for measured in (check, consent_time):
            self.assertLess(abs(measured - real), 0.2 * real)
        call.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["calls"]:
        make_calls(*sys.argv[2:])
    elif sys.argv[1:2] == ["end"]:
        consent.end(*sys.argv[2:])
    else:
        main()
