#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3-aioice as the peer: a stack that shares no code with libnice. Both
roles, role conflicts, two components, data both ways, signalled by signals; pairs
and round-trip times, outages, restarts, dead candidates."""

import asyncio
import json
import queue
import sys
import threading
import time
import unittest

import aioice.ice
from icetest import (LONG, Collector, IceTest, PATIENCE, datagrams, element_message, fields, free_port, get_stats,
                     main, push)

# no traffic but loopback: aioice leaves 127.0.0.1 out and knows no servers
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Peer:
    """An aioice connection, in a thread of its own."""

    def __init__(self, controlling, components):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._make(controlling, components))

    async def _make(self, controlling, components):
        self.ice = aioice.Connection(ice_controlling=controlling, components=components,
                                     stun_server=None, turn_server=None)

    def begin(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine):
        return self.begin(coroutine).result(PATIENCE)

    def gather(self):
        self.run(self.ice.gather_candidates())
        return ["candidate:" + c.to_sdp() for c in self.ice.local_candidates]

    def set_credentials(self, ufrag, pwd):
        self.ice.remote_username, self.ice.remote_password = ufrag, pwd

    def add(self, text):
        candidate = text and aioice.Candidate.from_sdp(text.removeprefix("candidate:"))
        self.run(self.ice.add_remote_candidate(candidate or None))

    def pause(self):
        """Stops until the event that it returns is set; its sockets stay open."""
        go_on = threading.Event()
        self._loop.call_soon_threadsafe(go_on.wait)
        return go_on

    def delay_answers(self, seconds):
        """As a long way would."""
        for protocol in self.ice._protocols:
            send = protocol.send_stun

            def later(message, address, send=send):
                self._loop.call_later(seconds, send, message, address)

            self._loop.call_soon_threadsafe(setattr, protocol, "send_stun", later)

    def close(self):
        self.run(self.ice.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class TestAioice(IceTest):
    def call(self, role, controlling, components=1, candidates_first=False, settings="", **theirs):
        # of the class: test-consent.py calls too
        pipeline, peer, collectors = TestAioice.prepare(self, role, controlling, components, settings)
        self.signal_theirs(pipeline["src1"], peer, candidates_first, **theirs)
        connecting = peer.begin(peer.ice.connect())
        pipeline.wait_connected()
        connecting.result(PATIENCE)
        return pipeline, peer, collectors

    def prepare(self, role, controlling, components=1, settings=""):
        """Both ends; the peer knows all of us, we nothing of it."""
        ends = [f"icesrc name=src{c} connection-id=aioice component={c} ! fakesink name=out{c} "
                f"appsrc name=in{c} ! icesink name=sink{c} connection-id=aioice component={c} sync=false"
                for c in range(1, components + 1)]
        pipeline = self.pipeline(" ".join(ends).replace(
            "connection-id=aioice", f"connection-id=aioice role={role} local-addresses=<127.0.0.1> {settings}"))
        peer = Peer(controlling, components)
        self.addCleanup(peer.close)
        collectors = [Collector(pipeline[f"out{c}"]) for c in range(1, components + 1)]

        ours = queue.SimpleQueue()
        pipeline["src1"].connect("on-ice-candidate", lambda *a: ours.put(a[1:]))
        pipeline.play()
        peer.set_credentials(pipeline["src1"].get_property("local-ufrag"),
                             pipeline["src1"].get_property("local-pwd"))
        self.signal_ours(ours, peer, components)
        return pipeline, peer, collectors

    def signal_ours(self, ours, peer, components):
        """Each component's candidates, "" once, NULL once."""
        found = []
        while (item := ours.get(timeout=PATIENCE)) != (0, ""):
            self.assertRegex(item[1], r"^candidate:\S+ [12] UDP \d+ 127\.0\.0\.1 \d+ typ host ufrag \S+$")
            found.append(item[1].split()[1])
            peer.add(item[1])
        self.assertEqual(sorted(found), [str(c) for c in range(1, components + 1)])
        peer.add("")
        self.assertEqual(ours.get(timeout=PATIENCE), (0, None))

    def signal_theirs(self, element, peer, candidates_first, end=True):
        def credentials():
            self.assertTrue(element.emit("set-remote-credentials", 0,
                                         peer.ice.local_username, peer.ice.local_password))
        if not candidates_first:
            credentials()
        for candidate in peer.gather():
            self.assertIn(" 127.0.0.1 ", candidate)
            self.assertTrue(element.emit("add-ice-candidate", 0, candidate))
        if end:
            self.assertTrue(element.emit("add-ice-candidate", 0, ""))
        if candidates_first:
            credentials()

    def exchange(self, pipeline, peer, collectors):
        for c, collector in enumerate(collectors, 1):
            there, back = datagrams(f"to aioice {c}"), datagrams(f"from aioice {c}")
            for data in there:
                push(pipeline[f"in{c}"], data)
            for data in there:
                self.assertEqual(peer.run(peer.ice.recvfrom()), (data, c))
            for data in back:
                peer.run(peer.ice.sendto(data, c))
            self.assertEqual(collector.take(len(back)), back)
        for collector in collectors:
            self.assertTrue(collector.is_empty())
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])

    def test_aioice_controlled(self):
        self.exchange(*self.call("controlling", False))

    def test_aioice_controlling(self):
        self.exchange(*self.call("controlled", True))

    def test_two_components_aioice_controlled(self):
        self.exchange(*self.call("controlling", False, components=2))

    def test_two_components_aioice_controlling(self):
        self.exchange(*self.call("controlled", True, components=2))

    def test_candidates_before_credentials(self):
        self.exchange(*self.call("controlling", False, candidates_first=True))

    def test_both_controlling(self):
        self.exchange(*self.call("controlling", True))

    def test_both_controlled(self):
        self.exchange(*self.call("controlled", False))

    def test_states(self):
        pipeline, peer, _ = self.call("controlling", False)
        states = [m["new"] for m in pipeline.messages("ice-connection-state")]
        if "completed" not in states:
            pipeline.wait(element_message("ice-connection-state", new="completed"))
            states = [m["new"] for m in pipeline.messages("ice-connection-state")]
        self.assertEqual(states, ["checking", "connected", "completed"])
        pair, = [m["pair"] for m in pipeline.messages("ice-selected-candidate-pair")]
        self.assertEqual(pair["remote-candidate"].split()[4:6],
                         peer.ice.local_candidates[0].to_sdp().split()[4:6])
        self.assertEqual(pair["state"], "succeeded")
        self.assertTrue(pair["nominated"] and pair["selected"])

    def state(self, pipeline):
        return pipeline["src1"].get_property("ice-connection-state").value_nick

    def wait_state(self, pipeline, new, timeout=PATIENCE):
        """Why it came."""
        message = pipeline.wait(element_message("ice-connection-state", new=new), timeout)
        return fields(message.get_structure())["reason"]

    def states(self, pipeline):
        return [(m["new"], m["reason"]) for m in pipeline.messages("ice-connection-state")]

    def pairs(self, pipeline):
        return [e for e in get_stats(pipeline["src1"]).values()
                if isinstance(e, dict) and e["type"] == "candidate-pair"]

    def selected(self, pipeline):
        return fields(pipeline["src1"].get_property("selected-candidate-pair"))

    def test_roles_after_a_conflict(self):
        """One of both has changed its role, and `role` shows it."""
        for role, controlling in ("controlling", True), ("controlled", False):
            with self.subTest(role):
                pipeline, peer, _ = self.call(role, controlling)
                self.assertEqual(pipeline["src1"].get_property("role").value_nick,
                                 "controlled" if peer.ice.ice_controlling else "controlling")
                pipeline.stop()

    def test_trickle(self):
        """Connected by the first candidate; completed after the last."""
        pipeline, peer, collectors = self.call("controlling", False, end=False)
        self.exchange(pipeline, peer, collectors)
        self.assertEqual(self.states(pipeline)[-1], ("connected", "checks"))
        self.assertTrue(pipeline["src1"].emit("add-ice-candidate", 0, ""))
        self.assertEqual(self.wait_state(pipeline, "completed"), "end-of-candidates")

    def test_no_trickle(self):
        """Completed without an end of candidates, because `trickle` is false."""
        pipeline, peer, collectors = self.call("controlling", False, settings="trickle=false", end=False)
        if self.state(pipeline) != "completed":
            self.wait_state(pipeline, "completed")
        self.exchange(pipeline, peer, collectors)

    def test_connects_before_candidates(self):
        """aioice checks first; it is learnt from its checks, its candidates later."""
        pipeline, peer, collectors = self.prepare("controlled", True)
        element = pipeline["src1"]
        candidates = peer.gather()
        connecting = peer.begin(peer.ice.connect())
        self.assertTrue(element.emit("set-remote-credentials", 0, peer.ice.local_username, peer.ice.local_password))
        pipeline.wait_connected()
        self.assertEqual(self.selected(pipeline)["remote-type"], "prflx")
        connecting.result(PATIENCE)
        for candidate in [*candidates, ""]:
            self.assertTrue(element.emit("add-ice-candidate", 0, candidate))
        self.wait_state(pipeline, "completed")
        self.exchange(pipeline, peer, collectors)

    def test_pairs(self):
        """A good candidate and a dead one: the state of each pair, also in aioice."""
        pipeline, peer, _ = self.prepare("controlling", False)
        element = pipeline["src1"]
        dead = free_port()
        self.assertTrue(element.emit("add-ice-candidate", 0, f"candidate:9 1 UDP 2130706431 127.0.0.1 {dead} typ host"))
        self.signal_theirs(element, peer, False)
        peer.run(peer.ice.connect())
        self.wait_state(pipeline, "completed")
        pairs = {pair["remote-port"]: pair for pair in self.pairs(pipeline)}
        good, = [pair for port, pair in pairs.items() if port != dead]
        self.assertEqual((good["state"], good["nominated"], good["selected"]), ("succeeded", True, True))
        self.assertEqual(pairs[dead]["state"], "failed")
        self.assertNotIn("current-round-trip-time", pairs[dead])
        self.assertEqual(pairs[dead]["responses-received"], 0)
        theirs, = [pair for pair in peer.ice._check_list if pair.remote_candidate.port == good["local-port"]]
        self.assertEqual(theirs.state, aioice.ice.CandidatePair.State.SUCCEEDED)
        self.assertEqual(theirs.local_candidate.port, good["remote-port"])
        self.assertTrue(theirs.nominated)
        self.assertGreater(good["current-round-trip-time"], 0)
        self.assertLess(good["current-round-trip-time"], 0.05)
        self.assertGreaterEqual(good["requests-received"], 1)

    def test_round_trip_time(self):
        """Answers that take 200 ms more, in checks and in consent."""
        pipeline, peer, _ = self.prepare("controlling", False, settings="disconnected-timeout=1500")
        candidates = peer.gather()
        peer.delay_answers(0.2)
        peer.gather = lambda: candidates
        self.signal_theirs(pipeline["src1"], peer, False)
        connecting = peer.begin(peer.ice.connect())
        pipeline.wait_connected()
        connecting.result(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while (pair := self.selected(pipeline)).get("consent-requests-sent", 0) < 4:
            self.assertLess(time.monotonic(), deadline, pair)
            time.sleep(0.05)
        print(f"# round-trip time {pair['current-round-trip-time'] * 1000:.1f} ms", flush=True)
        self.assertGreaterEqual(pair["current-round-trip-time"], 0.2)
        self.assertLess(pair["current-round-trip-time"], 0.3)
        self.assertGreaterEqual(pair["total-round-trip-time"], 2 * 0.2)
        self.assertNotIn("disconnected", [state for state, _ in self.states(pipeline)])

    def test_outage(self):
        """aioice stands still for a while."""
        pipeline, peer, collectors = self.call("controlling", False, settings="disconnected-timeout=1000")
        go_on = peer.pause()
        try:
            self.assertEqual(self.wait_state(pipeline, "disconnected", 1 + 2), "consent-missing")
        finally:
            go_on.set()
        self.assertEqual(self.wait_state(pipeline, "completed", 1), "consent-response")
        self.exchange(pipeline, peer, collectors)

    def test_killed(self):
        """Its process dies in the middle of the call."""
        pipeline, _, _ = self.prepare(
            "controlling", False, settings="disconnected-timeout=1000 failed-timeout=3000 on-failed=warning")
        element = pipeline["src1"]
        peer = self.run_self("aioice")
        peer.write_line(json.dumps([element.get_property("local-ufrag"), element.get_property("local-pwd"),
                             [c["candidate"] for c in get_stats(element).values()
                              if isinstance(c, dict) and c["type"] == "local-candidate"]]))
        ufrag, pwd, candidates = json.loads(next(peer.lines()))
        self.assertTrue(element.emit("set-remote-credentials", 0, ufrag, pwd))
        for candidate in [*candidates, ""]:
            self.assertTrue(element.emit("add-ice-candidate", 0, candidate))
        self.wait_state(pipeline, "completed")
        peer.wait_for("connected")
        start = time.monotonic()
        peer.kill()
        self.assertEqual(self.wait_state(pipeline, "disconnected", 1 + 2), "consent-missing")
        self.assertEqual(self.wait_state(pipeline, "failed"), "consent-expired")
        took = time.monotonic() - start
        print(f"# failed after {took:.2f} s", flush=True)
        self.assertLess(took, 3 + 2)
        self.assertEqual(self.state(pipeline), "failed")

    def replace_peer(self, pipeline, begin):
        """aioice knows no restart: another connection is its next generation.
        `begin` has our new credentials made."""
        element, found = pipeline["src1"], queue.SimpleQueue()
        old = element.get_property("local-ufrag")
        element.connect("on-ice-candidate", lambda *a: found.put(a[1:]))
        peer = Peer(False, 1)
        self.addCleanup(peer.close)
        candidates = peer.gather()
        begin(element, peer)
        self.assertNotEqual(element.get_property("local-ufrag"), old)
        peer.set_credentials(element.get_property("local-ufrag"), element.get_property("local-pwd"))
        self.signal_ours(found, peer, 1)
        return peer, candidates

    def check_restarted(self, pipeline, peer, collectors, seen):
        self.wait_state(pipeline, "completed")
        self.assertEqual(self.states(pipeline)[seen:], [("connected", "restart"), ("completed", "checks")])
        self.assertEqual(self.selected(pipeline)["remote-port"], peer.ice.local_candidates[0].port)
        self.exchange(pipeline, peer, collectors)

    def test_restart(self):
        """Media goes on over the old pair until the new connection is there."""
        pipeline, old, collectors = self.call("controlling", False)
        if self.state(pipeline) != "completed":
            self.wait_state(pipeline, "completed")
        for _ in range(3):
            seen = len(self.states(pipeline))
            peer, candidates = self.replace_peer(
                pipeline, lambda element, peer: self.assertTrue(element.emit("restart")))
            self.exchange(pipeline, old, collectors)
            peer.gather = lambda: candidates
            self.signal_theirs(pipeline["src1"], peer, False)
            peer.run(peer.ice.connect())
            self.check_restarted(pipeline, peer, collectors, seen)
            old = peer

    def test_restart_by_aioice(self):
        """Its new credentials come first, and make ours."""
        pipeline, _, collectors = self.call("controlling", False)
        if self.state(pipeline) != "completed":
            self.wait_state(pipeline, "completed")
        seen = len(self.states(pipeline))
        peer, candidates = self.replace_peer(pipeline, lambda element, peer: self.assertTrue(
            element.emit("set-remote-credentials", 0, peer.ice.local_username, peer.ice.local_password)))
        connecting = peer.begin(peer.ice.connect())
        for candidate in [*candidates, ""]:
            self.assertTrue(pipeline["src1"].emit("add-ice-candidate", 0, candidate))
        connecting.result(PATIENCE)
        self.check_restarted(pipeline, peer, collectors, seen)

    def bury(self, settings=""):
        """Candidates of an aioice that is gone, no end of them; the credentials of
        one that lives, which has not begun to check."""
        pipeline, peer, collectors = self.prepare("controlling", False, settings=settings)
        element, dead = pipeline["src1"], Peer(False, 1)
        buried = dead.gather()
        dead.close()
        self.assertTrue(element.emit("set-remote-credentials", 0, peer.ice.local_username, peer.ice.local_password))
        for candidate in buried:
            self.assertTrue(element.emit("add-ice-candidate", 0, candidate))
        self.assertEqual(self.wait_state(pipeline, "disconnected"), "checks-exhausted")
        self.assertEqual([pair["state"] for pair in self.pairs(pipeline)], ["failed"])
        return pipeline, peer, collectors

    def test_dead_candidates(self):
        """All checks failed; what comes then is checked too."""
        pipeline, peer, collectors = self.bury()
        connecting = peer.begin(self.gather_and_connect(pipeline["src1"], peer))
        self.wait_state(pipeline, "completed")
        connecting.result(PATIENCE)
        self.assertEqual(self.states(pipeline), [
            ("checking", "checks"), ("disconnected", "checks-exhausted"), ("checking", "checks"),
            ("connected", "checks"), ("completed", "checks")])
        self.exchange(pipeline, peer, collectors)

    async def gather_and_connect(self, element, peer):
        await peer.ice.gather_candidates()
        for candidate in peer.ice.local_candidates:
            self.assertTrue(element.emit("add-ice-candidate", 0, "candidate:" + candidate.to_sdp()))
        self.assertTrue(element.emit("add-ice-candidate", 0, ""))
        await peer.ice.connect()

    @unittest.skipUnless(LONG, "takes 40 s; ICE_TEST_LONG=1 runs it")
    def test_dead_candidates_only(self):
        """Not failed without the end of candidates, nor with it before its time."""
        start = time.monotonic()
        pipeline, _, _ = self.bury("on-failed=none")
        self.assertTrue(pipeline["src1"].emit("add-ice-candidate", 0, ""))
        self.assertEqual(self.wait_state(pipeline, "failed", 60), "checks-exhausted")
        self.assertGreater(time.monotonic() - start, 39.5 - 1)  # RFC 8863; counted from the credentials


def run_peer():
    """aioice in a process of its own, which connects and then just lives."""
    ufrag, pwd, candidates = json.loads(sys.stdin.readline())
    peer = Peer(False, 1)
    print(json.dumps([peer.ice.local_username, peer.ice.local_password, peer.gather()]), flush=True)
    peer.set_credentials(ufrag, pwd)
    for candidate in [*candidates, ""]:
        peer.add(candidate)
    peer.run(peer.ice.connect())
    print("connected", flush=True)
    sys.stdin.read()
    peer.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["aioice"]:
        run_peer()
    else:
        main()
