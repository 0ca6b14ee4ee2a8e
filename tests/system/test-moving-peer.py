#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bare peer that moves in mid-call, as behind a NAT that gives it another port: it
is checked back there, and media follows. A replayed or forged check moves nothing."""

import time

import forger
from icetest import LONG, IceTest, main
from peer import End, Peer, until

COUNTED = ("packets-sent", "bytes-sent", "packets-received", "bytes-received", "packets-discarded-on-send",
           "consent-requests-sent", "total-round-trip-time")
WITHIN = 5  # seconds until media goes both ways again


class TestMovingPeer(IceTest):
    def move(self, end, sock, interval=0.5, nominate=True):
        """The peer is at `sock` from now on; how long until both ways work, and the
        states meanwhile."""
        peer, there = end.peer, end.there
        peer.shut(peer.sock)
        peer.sock = sock
        before, start, seen = end.states(), time.monotonic(), len(end.got)
        marks = len(peer.media)
        n, came, next_check = 0, None, start
        while time.monotonic() < start + WITHIN:
            if time.monotonic() >= next_check:
                peer.check(there, nominate and peer.controlling, sock)
                next_check += interval
            sock.sendto(b"moved", there)
            end.send(b"back %d" % n)
            n += 1
            time.sleep(0.02)
            came = next((m for m in peer.media[marks:] if m.sock is sock), None)
            if came and b"moved" in end.got[seen:]:
                break
        self.assertIsNotNone(came, "nothing came to the new address")
        self.assertIn(b"moved", end.got[seen:])
        took = time.monotonic() - start
        print(f"# both ways after {took:.2f} s", flush=True)
        until(lambda: end.selected()["remote-port"] == sock.getsockname()[1], "it is selected", 1)
        return took, end.states()[len(before):]

    def check_pairs(self, end):
        """The new one is there, prflx, nominated, and reported."""
        pair, = [p for p in end.pairs() if p["selected"]]
        port = end.peer.sock.getsockname()[1]
        self.assertEqual((pair["remote-port"], pair["remote-type"], pair["state"], pair["nominated"]),
                         (port, "prflx", "succeeded", True))
        reported = [m["pair"]["remote-port"] for m in end.pipeline.messages("ice-selected-candidate-pair")]
        self.assertEqual(reported[-1], port)
        self.assertEqual(len({p["id"] for p in end.pairs()}), len(end.pairs()))

    def test_moves(self):
        for controlling in (False, True):
            for offload in ("auto", "none"):
                with self.subTest(controlling=controlling, offload=offload):
                    end = End(self, f"offload={offload}", Peer(controlling)).connect()
                    took, states = self.move(end, end.peer.open())
                    self.assertLess(took, WITHIN)
                    self.assertEqual(states, [])
                    self.check_pairs(end)

    def test_moves_on_and_back(self):
        """Again and again, also to where it was before. What was counted on a pair
        stays there while another one is selected, and goes on when it is selected again."""
        end = End(self, peer=Peer(True)).connect()
        old = [end.peer.sock]
        counts = self.assert_counts_grow(end, {})
        for _ in range(10 if LONG else 2):
            self.move(end, end.peer.open())
            self.check_pairs(end)
            counts = self.assert_counts_grow(end, counts)
        end.peer.sockets += old
        self.move(end, old[0])
        self.assertTrue([p for p in end.pairs() if p["selected"]])
        now = self.assert_counts_grow(end, counts)
        self.assertGreater(now[end.selected()["id"]]["packets-sent"], counts[end.selected()["id"]]["packets-sent"])

    def assert_counts_grow(self, end, before):
        counts = {pair["id"]: {name: pair[name] for name in COUNTED if name in pair} for pair in end.pairs()}
        for id, old in before.items():
            self.assertLessEqual(set(old), set(counts[id]), id)
            for name, value in old.items():
                self.assertGreaterEqual(counts[id][name], value, (id, name))
        self.assertEqual(set(counts[end.selected()["id"]]), set(COUNTED))
        return counts

    def test_does_not_nominate(self):
        """A controlling peer that checks only: later, but in time."""
        end = End(self, peer=Peer(True)).connect()
        took, states = self.move(end, end.peer.open(), nominate=False)
        self.assertEqual(states, [("connected", "checks")])  # the pair is not nominated
        self.assertGreater(took, 1.5)
        end.peer.check(end.there, True)  # a nomination is followed whenever it comes
        until(lambda: end.state() == "completed", "completed")
        self.assertTrue(end.selected()["nominated"])

    def test_consent_goes_on(self):
        """On the new pair, past the time when it would have expired on the old one."""
        end = End(self, "disconnected-timeout=2000 failed-timeout=5000", Peer(False)).connect()
        self.move(end, end.peer.open())
        before = end.states()
        time.sleep(6)
        self.assertEqual(end.states(), before)
        self.assertEqual(end.state(), "completed")

    def intrude(self, end, make, answer=None):
        """Somebody sends the peer's checks from an address of its own, while the
        selected pair is silent, then lives again."""
        stranger = Peer(end.peer.controlling, lambda seen: answer, "127.0.0.66")
        self.addCleanup(stranger.close)
        end.peer.sockets.remove(end.peer.sock)  # deaf for a while
        start = time.monotonic()
        while time.monotonic() < start + 3:
            stranger.sock.sendto(make(), end.there)
            stranger.sock.sendto(b"stranger", end.there)
            end.send(b"secret")
            time.sleep(0.02)
        end.peer.sockets.append(end.peer.sock)
        until(lambda: end.state() == "completed", "the peer answers again")
        self.assertEqual(stranger.media, [])
        self.assertEqual(end.selected()["remote-port"], end.peer.sock.getsockname()[1])
        return end, stranger

    def test_replayed(self):
        """The peer's own check, with its integrity, from elsewhere: checked back, some
        times a second; nobody answers with integrity, nothing moves."""
        for controlling in (False, True):
            with self.subTest(controlling=controlling):
                end = End(self, "offload=auto", Peer(controlling)).connect()
                more = (forger.attribute(forger.USE_CANDIDATE),) if controlling else ()
                replay = end.peer.make_check(*more)
                end, stranger = self.intrude(end, lambda: replay, 400)
                self.assertNotIn(b"stranger", end.got)
                self.assertGreater(len(stranger.checks), 0)
                self.assertLess(len(stranger.checks), 30)

    def test_forged(self):
        end = End(self, "offload=auto", Peer(True)).connect()
        ufrag, _ = end.peer.theirs
        end, stranger = self.intrude(end, lambda: forger.check(
            f"{ufrag}:{end.peer.ufrag}", "0" * 32, forger.attribute(forger.USE_CANDIDATE)), 0)
        self.assertNotIn(b"stranger", end.got)
        self.assertEqual(stranger.checks, [])

    def test_replays_from_everywhere(self):
        """What is checked back is bounded: addresses and rate."""
        end = End(self, peer=Peer(True)).connect()
        replay = end.peer.make_check(forger.attribute(forger.USE_CANDIDATE))
        strangers = [Peer(host="127.0.0.66") for _ in range(60)]
        for stranger in strangers:
            stranger.code = lambda seen: None
            self.addCleanup(stranger.close)
        end.peer.sockets.remove(end.peer.sock)
        start = time.monotonic()
        while time.monotonic() < start + 2:
            for stranger in strangers:
                stranger.sock.sendto(replay, end.there)
            time.sleep(0.1)
        ours = sum(len([c for c in s.checks if not c.has(forger.USE_CANDIDATE)]) for s in strangers)
        print(f"# {ours} checks in 2 s", flush=True)
        end.peer.sockets.append(end.peer.sock)
        until(lambda: end.state() == "completed", "the peer answers again")
        self.assertEqual(end.selected()["remote-port"], end.peer.sock.getsockname()[1])


if __name__ == "__main__":
    main()
