#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A controlling peer whose checks work and that nominates late, or never (RFC
8445 sections 8.1.1 and 12.1.1): its best valid pair is used after 5 s, and a
nomination is followed whenever it comes. From sockets of ours and through
libnice (relayed)."""

import importlib
import time

import forger
import peer
from icetest import ISOLATED, LONG, IceTest, main, push

relay = importlib.import_module("test-relay-consent")

PATIENCE = 5  # seconds, ICE_SELECTION_PATIENCE
LATE = 2  # seconds after which it must have happened
ALONE = 45 if LONG else 7  # seconds without a nomination; libnice gives up after 5


class Call:
    """An end of ours and a peer with two sockets, of which the first is the
    better one; `signalled`: whether its candidate is signalled before its check; otherwise the other
    one is silent."""

    def __init__(self, test, settings, signalled=True):
        self.end = peer.End(test, settings, peer.Peer(controlling=True))
        self.socks = [self.end.peer.sock, self.end.peer.open()]
        self.begun = time.monotonic()
        self.end.peer.code = lambda seen: 0 if signalled or seen.sock is self.socks[0] else None
        ice, other = self.end.ice, self.end.peer
        assert ice.emit("set-remote-credentials", 0, other.ufrag, other.password)
        for i, sock in enumerate(self.socks):
            if signalled or i == 1:
                assert ice.emit("add-ice-candidate", 0, other.line(sock, 2130706431 - 1000 * i, str(i + 1)))
        assert ice.emit("add-ice-candidate", 0, "")
        # the relay lets in whom we have sent to
        peer.until(lambda: self.socks[1] in [seen.sock for seen in other.checks], "it is checked")
        for i, sock in enumerate(self.socks):
            other.check(self.end.there, sock=sock, priority=2130706431 - 1000 * i)

    def port(self, i):
        return self.socks[i].getsockname()[1]

    def shows(self, i, nominated):
        """Checks the selected pair in all three places."""
        pair = self.end.selected()
        listed = [p for p in self.end.pairs() if p["selected"]]
        assert len(listed) == 1, listed
        for p in (pair, *listed):
            assert p["remote-port"] == self.port(i), (p, self.port(i))
            assert (p["state"], p["selected"], p["nominated"]) == ("succeeded", True, nominated), p

    def exchange(self, i, text):
        """Media both ways over the i-th pair."""
        out, back = f"out {text}".encode(), f"back {text}".encode()
        push(self.end.pipeline["in"], out)
        came = peer.until(lambda: [m for m in self.end.peer.media if m.data == out], f"{out} comes")
        assert came[0].sock is self.socks[i], "it came elsewhere"
        self.socks[i].sendto(back, self.end.there)
        peer.until(lambda: back in self.end.got, f"{back} comes")

    def asks(self, i, since):
        """Until it asks for consent over the i-th pair."""
        checks = self.end.peer.checks
        peer.until(lambda: [c for c in checks if c.sock is self.socks[i] and c.at > since], "it asks for consent")
        assert not any(c.has(forger.USE_CANDIDATE) for c in checks), "it is the controlled end"


class TestNeverNominated(IceTest):
    def be_used(self, call):
        call.end.wait_state("connected", PATIENCE + LATE)
        took = time.monotonic() - call.begun
        print(f"# connected after {took:.2f} s", flush=True)
        self.assertGreater(took, PATIENCE - 0.1)
        call.shows(0, False)
        call.exchange(0, "before")
        call.asks(0, call.begun + PATIENCE - 0.1)

    def be_followed(self, call, i):
        """It nominates the i-th pair."""
        self.assertEqual(call.end.states(), [("checking", "checks"), ("connected", "checks")])
        call.shows(0, False)
        before, since = call.end.selected(), time.monotonic()
        call.end.peer.check(call.end.there, True, call.socks[i])
        call.end.wait_state("completed", LATE)
        call.shows(i, True)
        if i == 0:  # it is no other pair, so its counters go on
            self.assertEqual(call.end.selected()["packets-sent"], before["packets-sent"])
        call.exchange(i, "after")
        call.asks(i, since)
        self.assertEqual([new for new, _ in call.end.states()], ["checking", "connected", "completed"])
        self.assertEqual(len(call.end.pipeline.messages("ice-selected-candidate-pair")), 1 if i == 0 else 2)
        self.assertEqual(call.end.pipeline.errors(), [])

    def test_is_used_and_follows(self):
        calls = {Call(self, ""): 1, Call(self, "offload=none"): 1, Call(self, ""): 0}
        if ISOLATED:  # else the relay's ports may be somebody else's
            turn = relay.Turn(self)
            calls |= {Call(self, turn.relay()): 1, Call(self, turn.relay()): 0, Call(self, turn.relay(), False): 0}
        for call in calls:
            self.be_used(call)
        time.sleep(ALONE)
        for call, nominated in calls.items():
            self.be_followed(call, nominated)


if __name__ == "__main__":
    main()
