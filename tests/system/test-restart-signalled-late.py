#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An ICE restart is signalled to the peer late, or never. Until then the call goes on:
checks and consent requests with the old credentials are answered, requests to the
peer have them, and media flows both ways. ICE_TEST_LONG=1: with default timeouts,
signalled after 8 s, after 25 s, and not for 40 s."""

import hashlib
import hmac
import importlib
import itertools
import shutil
import subprocess
import time
import unittest

import forger
import peer
from icetest import ISOLATED, LONG, PATIENCE, Gst, IceTest, main, push

restart = importlib.import_module("test-restart")

GAP = 0.5  # seconds without media; eight calls at once
# For how long the restart is not signalled. Short times show the same with short timeouts.
LATE = (8, 25, 40) if LONG else (3.5,)
TIMEOUTS = "" if LONG else "disconnected-timeout=800 failed-timeout=2500"


def run_ip(line):
    subprocess.run(["ip", *line.split()], check=True, timeout=PATIENCE)


class Call:
    """Two ends with media both ways; end 0 restarts. `kinds` of its restarts:
    "place": with the same candidates; "anew": gathers anew, because it has more
    addresses than before; "always": gathers anew, libnice goes on with the old pair."""

    def __init__(self, test, role, kinds, more="", keep=None):
        other = "controlled" if role == "controlling" else "controlling"
        self.kinds, self.test = kinds, test
        self.networks = [test.new_network() for _ in range(2)]
        self.n_addresses = 0
        for i in range(2):
            self.add_address(i)
        self.name = f"{role} {'+'.join(kinds)} {more}"
        self.ends = [restart.End(test, f"role={role} local-addresses=<{network}.0/24> {TIMEOUTS} {more}")
                     for role, network in zip((role, other), self.networks)]
        for end in self.ends:
            end.pipeline.set_state(Gst.State.READY)
            if keep is not None:
                end.ice.connect("filter-candidate", lambda _, stream, text, local: text if keep in text else None)
        self.signalling = [restart.Signalling(a.ice, b.ice) for a, b in (self.ends, reversed(self.ends))]
        for signalling in self.signalling:
            signalling.begin()
        for end in self.ends:
            end.pipeline.play()

    def add_address(self, i):
        self.n_addresses += 1
        self.test.add_host(f"{self.networks[i]}.{self.n_addresses}")

    def begin(self, held=0):
        """Holds back the signalling of end `held` from now on."""
        for end in self.ends:
            end.wait_state("completed")
            end.gaps.wait(20)
        for end in self.ends:
            end.pipeline.drain()
            end.pipeline.history.clear()
            end.gaps.reset()
            end.take_candidates()
        self.signalling[held].hold()

    def restart(self, kind):
        if kind == "anew":
            self.add_address(0)
        ports = self.ports()
        old = self.ends[0].ufrag()
        self.test.assertTrue(self.ends[0].ice.emit("restart"))
        self.test.assertNotEqual(self.ends[0].ufrag(), old)
        deadline = time.monotonic() + PATIENCE
        while self.ends[0].take_candidates()[-1:] != [None]:
            self.test.assertLess(time.monotonic(), deadline, self.name)
            time.sleep(0.02)
        check = self.test.assertTrue if kind == "place" else self.test.assertFalse
        check(ports <= self.ports(), f"{self.name}: {kind}")

    def ports(self):
        return {entry["port"] for entry in self.ends[0].find("local-candidate")}

    def states(self):
        return [[(m["old"], m["new"], m["reason"]) for m in end.pipeline.messages("ice-transport-state")]
                for end in self.ends]

    def pair(self, end):
        return next(p for p in end.find("candidate-pair") if p.get("selected"))

    def check_unnoticed(self, what):
        """And that both ends send and answer consent requests."""
        with self.test.subTest(self.name, what=what):
            self.test.assertEqual(self.states()[1], [])
            self.test.assertEqual(self.states()[0], [("completed", "connected", "restart")])
            for end in self.ends:
                self.test.assertLess(end.gaps.longest, GAP)
                end.gaps.wait(20)

    def check_restarted(self):
        with self.test.subTest(self.name):
            for end in self.ends:
                end.wait_state("completed")
                end.gaps.wait(20)
                self.test.assertLess(end.gaps.longest, GAP)
                self.test.assertEqual(end.pipeline.errors(), [])
            restarted = ("completed", "connected", "restart")
            for states in self.states():
                self.test.assertEqual(states[0], restarted)
                self.test.assertLessEqual({new for _, new, _ in states}, set(restart.UP))
            self.test.assertEqual([s.refused for s in self.signalling], [[], []])


class Networks:
    """One of its own for each end of each call."""

    def setUp(self):
        super().setUp()
        self.n_networks = 0

    def add_host(self, host):
        run_ip(f"addr add {host}/32 dev lo")
        self.addCleanup(run_ip, f"addr del {host}/32 dev lo")

    def new_network(self):
        self.n_networks += 1
        return f"10.9.{self.n_networks}"

    def run_calls(self, calls, late):
        for call in calls:
            call.begin()
        for i in range(max(len(call.kinds) for call in calls)):
            for call in calls:
                if i < len(call.kinds):
                    call.restart(call.kinds[i])
        time.sleep(late)
        for call in calls:
            call.check_unnoticed(f"for {late} s")
        for call in calls:
            call.signalling[0].release()
        for call in calls:
            call.check_restarted()
            for end in call.ends:
                end.pipeline.stop()


@unittest.skipUnless(ISOLATED, "needs a network namespace")
class TestSignalledLate(Networks, IceTest):
    def test_one_restart(self):
        for late in LATE:
            self.run_calls([Call(self, role, (kind,), more) for role in ("controlling", "controlled")
                            for kind in ("place", "anew") for more in ("", "offload=none")], late)

    def test_many_restarts(self):
        """None of them is signalled."""
        orders = ("place", "place", "place"), ("anew", "anew"), ("place", "anew", "place"), ("anew", "place")
        self.run_calls([Call(self, role, kinds) for role in ("controlling", "controlled") for kinds in orders], LATE[-1])

    def test_answer_is_late(self):
        """The restart is signalled to the peer, which has a new pair where it nominates;
        its answer is held back, and this end goes on with the old pair. What the peer
        sends from a new port is dropped until that is signalled, so only the media to a
        peer with new ports is checked."""
        calls = [Call(self, role, kinds) for role in ("controlling", "controlled")
                 for kinds in (("place", "place"), ("anew", "place"), ("place", "anew"))]
        for call in calls:
            call.begin(held=1)
            if call.kinds[1] == "anew":
                call.add_address(1)
            call.restart(call.kinds[0])
        # once a new pair is selected, the old credentials are answered for 30 s at most
        time.sleep(25 if LONG else 10)
        for call in calls:
            self.check_old_pair(call)
            call.signalling[1].release()
        for call in calls:
            call.check_restarted()

    def check_old_pair(self, call):
        with self.subTest(call.name):
            self.assertEqual(call.states()[0], [("completed", "connected", "restart")])
            self.assertLessEqual({new for _, new, _ in call.states()[1]}, set(restart.UP))
            for end in call.ends[call.kinds[1] == "anew":]:
                end.gaps.wait(20)
                self.assertLess(end.gaps.longest, GAP)
        if call.kinds[1] == "anew":
            call.ends[0].gaps = restart.Gaps(call.ends[0].pipeline["out"])

    def test_tcp_and_relayed(self):
        calls = [Call(self, role, ("always", "place"), "ice-tcp=true", " TCP ")
                 for role in ("controlling", "controlled")]
        if shutil.which("turnserver"):
            host = f"{self.new_network()}.1"  # a peer's loopback candidates are refused here
            self.add_host(host)
            turn = importlib.import_module("test-relay-consent").Turn(self, host)
            calls += [Call(self, role, ("always", "place"), turn.relay(transport))
                      for role in ("controlling", "controlled") for transport in ("udp", "tcp")]
        self.run_calls(calls, LATE[-1])


def is_signed(data, password):
    """Whether MESSAGE-INTEGRITY, before FINGERPRINT, is by this password."""
    signed, mac = data[:-32], data[-28:-8]
    header = signed[:2] + (len(data) - forger.HEADER - 8).to_bytes(2, "big") + signed[4:]
    return hmac.compare_digest(mac, hmac.new(password.encode(), header, hashlib.sha1).digest())


class TestBarePeer(IceTest):
    """A peer of a few lines to which no restart is signalled: it checks with the old
    credentials each second."""

    def setUp(self):
        super().setUp()
        self.peers = []

    def begin(self, controlling, restarts, settings=""):
        bare = peer.End(self, f"{TIMEOUTS} {settings}", peer.Peer(controlling)).connect()
        bare.name = f"controlling={controlling} restarts={restarts} {settings}"
        bare.old = bare.peer.theirs
        bare.pipeline.drain()
        bare.pipeline.history.clear()
        bare.since = len(bare.peer.checks)
        for _ in range(restarts):
            self.assertTrue(bare.ice.emit("restart"))
            bare.new = tuple(bare.ice.get_property(f"local-{name}") for name in ("ufrag", "pwd"))
        return bare

    def answer_to(self, bare, credentials, ufrag=None, within=PATIENCE):
        """The answer to a check with these credentials; None: there is none, or it is
        not authenticated."""
        bare.peer.theirs, ours = credentials, bare.peer.ufrag
        bare.peer.ufrag = ufrag or ours
        id = bare.peer.check(bare.there, nominate=bare.peer.controlling)
        bare.peer.ufrag = ours
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for seen in list(bare.peer.answers):
                if forger.id_of(seen.data) == id:
                    return seen if seen.has(forger.MESSAGE_INTEGRITY) else None
            time.sleep(0.005)
        return None

    def check_answers(self, bare):
        """With both generations' credentials, on one port."""
        for user, (ufrag, password) in (("old", bare.old), ("new", bare.new)):
            seen = self.answer_to(bare, (ufrag, password))
            self.assertIsNotNone(seen, f"{bare.name}: {user}")
            self.assertEqual(forger.kind_of(seen.data), forger.SUCCESS)
            self.assertTrue(is_signed(seen.data, password))
            self.assertEqual(seen.source, bare.there)
            host, port = bare.peer.sock.getsockname()
            self.assertEqual(seen.attributes[forger.XOR_MAPPED_ADDRESS],
                             forger.success((host, port))[forger.HEADER + 4:forger.HEADER + 12])
        wrong = "x" * 24
        for credentials, ufrag in (((bare.old[0], bare.new[1]), None), ((bare.new[0], bare.old[1]), None),
                                   ((bare.old[0], wrong), None), (bare.old, "stranger")):
            self.assertIsNone(self.answer_to(bare, credentials, ufrag, 0.2), bare.name)

    def check_asked(self, bare):
        """Every request to the peer has the old credentials of both ends."""
        asked = bare.peer.checks[bare.since:]
        self.assertGreaterEqual(len(asked), 2, bare.name)
        for seen in asked:
            self.assertEqual(seen.attributes[forger.USERNAME].decode(), f"{bare.peer.ufrag}:{bare.old[0]}")
            self.assertTrue(is_signed(seen.data, bare.peer.password))

    def check_media(self, bare):
        datagram = f"to {bare.name}".encode()
        push(bare.pipeline["in"], datagram)
        peer.until(lambda: datagram in [seen.data for seen in bare.peer.media], bare.name)
        bare.peer.sock.sendto(datagram[::-1], bare.there)
        peer.until(lambda: datagram[::-1] in bare.got, bare.name)

    def test_never_signalled(self):
        bare = [self.begin(controlling, restarts, settings) for controlling in (False, True)
                for restarts in (1, 3) for settings in ("", "offload=none")]
        until = time.monotonic() + (40 if LONG else 5)
        while time.monotonic() < until:
            for one in bare:
                self.assertIsNotNone(self.answer_to(one, one.old), one.name)
            time.sleep(0.8)
        for one in bare:
            before = one.selected()
            self.check_answers(one)
            self.check_asked(one)
            self.check_media(one)
            self.assertEqual(one.states(), [("connected", "restart")])
            self.assertGreaterEqual(before["consent-requests-sent"], 2)
            pair, = one.pairs()
            self.assertGreaterEqual(pair["requests-received"], 5)
            self.assertEqual(pair["requests-received"], pair["responses-sent"])

    def test_signalled_at_last(self):
        """Then checks with the old credentials are not answered any more, once the peer
        has stopped using them."""
        bare = self.begin(False, 1)
        time.sleep(2)
        first, bare.peer.ufrag = bare.peer.ufrag, "another1"
        bare.peer.theirs, bare.peer.password = bare.new, "y" * 24
        bare.connect()
        self.check_media(bare)
        self.assertIsNotNone(self.answer_to(bare, bare.old, first))
        self.assertIsNotNone(self.answer_to(bare, bare.new))
        self.assertNotIn("disconnected", [state for state, _ in bare.states()])
        time.sleep(8)  # RFC 7675: a peer that still had them would have asked
        self.assertIsNone(self.answer_to(bare, bare.old, first, 0.5))


if __name__ == "__main__":
    main()
