#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls with a peer that takes RFC 8445, 8489 and 7675 at their word (as libjuice
does): nothing that we send is refused, and once connected no state changes, idle
and with media both ways, in both roles, and after a role conflict.
ICE_TEST_LONG=1: for 3 minutes."""

import faulthandler
import time

import forger
import peer
from icetest import LONG, IceTest, main, push

SECONDS = 180 if LONG else 12
# Consent that is refused shows in the short form, too.
SHORT = "" if LONG else "failed-timeout=6000 disconnected-timeout=3000"
HIGH, LOW = 2**64 - 1, 1  # tie-breakers
ROLES = ("controlled", "controlling")


class Call:
    """`role`: ours, where it is the peer's too."""

    def __init__(self, test, controlling, media=False, role=None, tie_breaker=None):
        self.name = f"peer {ROLES[controlling]}, {'media' if media else 'idle'}, we {role or ROLES[not controlling]}"
        self.media, self.sent = media, 0
        self.peer = peer.StrictPeer(controlling, tie_breaker)
        test.addCleanup(self.peer.stop)
        self.end = peer.End(test, SHORT + (f" role={role}" if role else ""), self.peer)
        ice = self.end.ice
        assert ice.emit("set-remote-credentials", 0, self.peer.ufrag, self.peer.password)
        assert ice.emit("add-ice-candidate", 0, self.peer.line())
        assert ice.emit("add-ice-candidate", 0, "")

    def connect(self):
        """It checks until one is answered, and nominates where it controls."""
        first, nominates = set(), None
        while self.end.state() != "completed":
            first.add(self.peer.check(self.end.there))
            time.sleep(0.1)
            if self.peer.controlling and first & self.peer.answered() and not nominates:
                nominates = self.peer.check(self.end.there, True)
            assert len(first) < 50, (self.name, self.end.states(), self.peer.faults)
        self.peer.ask_for_consent()
        self.begun, self.checks = time.monotonic(), len(self.peer.checks)

    def exchange(self):
        if not self.media:
            return
        self.sent += 1
        push(self.end.pipeline["in"], b"out %d" % self.sent)
        sock, there = self.peer.nominated
        sock.sendto(b"back %d" % self.sent, there)

    def judge(self, test):
        """Nothing was refused and nothing has happened."""
        states = [new for new, _ in self.end.states()]
        test.assertEqual(states[:1] + states[-1:], ["checking", "completed"], self.name)
        test.assertEqual(states, sorted(set(states), key=states.index), self.name)
        test.assertEqual(self.peer.faults, [], self.name)
        test.assertEqual(len(self.peer.tie_breakers), 1, self.name)
        test.assertEqual(self.end.role(), ROLES[not self.peer.controlling], self.name)
        test.assertEqual(self.end.pipeline.errors() + self.end.pipeline.warnings(), [], self.name)
        asked = self.peer.checks[self.checks:]
        test.assertGreaterEqual(len(asked), (time.monotonic() - self.begun) // 6, f"{self.name}: consent is asked for")
        for seen in asked:
            test.assertEqual(seen.has(forger.USE_CANDIDATE), not self.peer.controlling, self.name)
        last = [id for id, at in self.peer.open_checks.items() if self.begun < at < time.monotonic() - 1]
        test.assertTrue(last and set(last) <= self.peer.answered(), f"{self.name}: all of the peer's are answered")
        if self.media:
            peer.until(lambda: len(self.end.got) == self.sent == len(self.peer.media), f"{self.name}: media")


class TestStrictPeer(IceTest):
    def test_no_state_changes(self):
        faulthandler.dump_traceback_later(SECONDS + 60, exit=True)
        calls = [Call(self, controlling, media) for controlling in (False, True) for media in (False, True)]
        # both ends have one role at first; who has the greater tie-breaker keeps it
        calls += [Call(self, controlling, False, ROLES[controlling], tie) for controlling in (False, True)
                  for tie in (LOW, HIGH)]
        for call in calls:
            call.connect()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            for call in calls:
                call.exchange()
            time.sleep(0.05)
        for call in calls:
            call.judge(self)


if __name__ == "__main__":
    main()
