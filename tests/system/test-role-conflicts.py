#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that refuses both roles (RFC 8445 sections 7.2.5.1 and 7.3.1.1), before
and after the call is connected: the role changes a few times and then stays, the
peer is not asked more often than otherwise, and there is one warning."""

import time

import forger
from icetest import IceTest, main
from peer import End, Peer, until

SWITCHES = 5  # ICE_ROLE_CONFLICT_SWITCHES
HIGH, LOW = b"\xff" * 8, b"\0" * 7 + b"\1"  # tie-breakers


class TestRoleConflicts(IceTest):
    def watch(self, end):
        end.roles = []
        end.ice.connect("notify::role", lambda *_: end.roles.append(end.role()))
        return end

    def check_told_once(self, end):
        warnings = end.pipeline.warnings()
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("give the two ends different values of role", warnings[0])
        self.assertIn(f'stays "{end.role()}"', warnings[0])

    def test_connected(self):
        """Consent requests: all 487 are life, and none is consent."""
        ends = [self.watch(End(self, "disconnected-timeout=3000 failed-timeout=0", Peer(controlling)).connect())
                for controlling in (False, True)]
        states = [end.states() for end in ends]
        start = time.monotonic()
        for end in ends:
            end.peer.code = lambda seen: 487
        time.sleep(12)
        for end, before in zip(ends, states):
            self.assertEqual(end.states(), before)
            self.assertEqual(len(end.roles), SWITCHES)
            at = [c.at for c in end.peer.checks if c.at > start]
            gaps = [b - a for a, b in zip(at, at[1:])]
            self.assertLess(gaps[0], 0.3)  # asked again at once
            self.assertGreater(min(gaps[1:]), 0.4)  # and then not at once
            self.assertEqual(len([g for g in gaps if g < 0.8]), SWITCHES, gaps)
            self.assertGreater(len(gaps), SWITCHES)
            self.check_told_once(end)
            self.assertEqual(end.pipeline.errors(), [])

    def test_not_connected(self):
        """Checks of libnice's, which follows every 487 and asks again at once; the
        call connects where the peer comes to its senses."""
        end = self.watch(End(self, peer=Peer(True, lambda seen: 487)))
        peer = end.peer
        self.assertTrue(end.ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password))
        self.assertTrue(end.ice.emit("add-ice-candidate", 0, peer.line()))
        self.assertTrue(end.ice.emit("add-ice-candidate", 0, ""))
        until(lambda: peer.checks, "a check")
        time.sleep(3)
        self.assertEqual(len(end.roles), SWITCHES)
        self.assertLess(len(peer.checks), 20)  # 250 without a limit
        self.check_told_once(end)
        peer.code, peer.tie_breaker = lambda seen: 0, HIGH
        deadline = time.monotonic() + 10
        while end.state() != "completed":
            peer.check(end.there, True)
            time.sleep(0.2)
            self.assertLess(time.monotonic(), deadline, end.states())

    def test_old_credentials(self):
        """After a restart in place those are answered beside libnice, by the same rule:
        the greater tie-breaker controls."""
        for controlling in (False, True):
            for tie_breaker in (LOW, HIGH):
                with self.subTest(controlling=controlling, tie_breaker=tie_breaker):
                    end = self.watch(End(self, peer=Peer(controlling)).connect())
                    peer = end.peer
                    texts = []
                    end.ice.connect("on-ice-candidate", lambda _, stream, text, texts=texts: texts.append(text))
                    self.assertTrue(end.ice.emit("restart"))
                    until(lambda: "" in texts, "the restart is carried out")
                    peer.controlling = not controlling  # as ours
                    peer.tie_breaker = tie_breaker
                    asked = peer.check(end.there)
                    seen = until(lambda: [a for a in peer.answers if forger.id_of(a.data) == asked], "an answer")[0]
                    loses = (tie_breaker == HIGH) == (not controlling)
                    self.assertEqual(forger.kind_of(seen.data), forger.SUCCESS if loses else forger.ERROR)
                    if loses:
                        until(lambda: end.roles == ["controlling" if controlling else "controlled"], "the other role")
                    else:
                        self.assertEqual(seen.attributes[forger.ERROR_CODE][2:4], b"\x04\x57")
                        self.assertEqual(end.roles, [])
                    end.pipeline.stop()

    def test_conflicting_requests(self):
        """The peer's own checks, in one role and the other: libnice follows them, the
        property `role` follows now and then."""
        end = self.watch(End(self).connect())
        peer = end.peer
        states = end.states()
        for _ in range(50):
            for controlling, tie_breaker in ((False, LOW), (True, HIGH)):
                peer.controlling, peer.tie_breaker = controlling, tie_breaker
                peer.check(end.there)
                time.sleep(0.01)
        time.sleep(0.5)
        self.assertEqual(len(end.roles), SWITCHES)
        self.check_told_once(end)
        until(lambda: end.role() == "controlled", "libnice's role", 12)
        self.assertLessEqual(len(end.roles), SWITCHES + 1)
        self.assertEqual(end.states(), states)


if __name__ == "__main__":
    main()
