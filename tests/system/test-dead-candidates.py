#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Candidates where nobody listens: disconnected, and not failed before both
the end of candidates and the 39.5 s of RFC 8863; a good one that comes before
that connects, also after libnice gave up. ICE_TEST_LONG=1 waits for failed."""

import itertools
import shutil
import socket
import subprocess
import threading
import time
import unittest

import peer
from icetest import ISOLATED, LONG, LOOPBACK, PATIENCE, Gst, IceTest, Pipeline, element_message, fields, main

RFC_8863 = 39.5  # seconds from both credentials on
GIVES_UP = 7.04  # seconds that libnice tries a dead candidate and waits for others
LATE = 3  # seconds that a loaded machine may be late
SOON = 2  # seconds until a good candidate is selected
UP = ("connected", "completed")
OTHER = {"controlling": "controlled", "controlled": "controlling"}
CREDENTIALS = ("late", "l" * 22)  # of a peer that is not there yet
GAVE_UP = [("checking", "checks"), ("disconnected", "checks-exhausted")]
CAN_DROP = ISOLATED and shutil.which("nft") is not None
names = itertools.count()


class Hole:
    """A candidate where nobody listens; its port is taken meanwhile."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.candidate = f"candidate:dead 1 udp 2130706431 127.0.0.1 {self.port} typ host"

    def fill(self):
        self._socket.close()


class End:
    """One end of a call, signalled by hand; media does not matter."""

    def __init__(self, role, settings=""):
        line = "appsrc ! icesink {}" if role == "controlling" else "icesrc {} ! fakesink async=false"
        self.pipeline = Pipeline(line.format(f"name=ice connection-id=dead{next(names)} role={role} {LOOPBACK} "
                                             f"on-failed=none {settings}"))
        self.ice = self.pipeline["ice"]
        self._gathered = threading.Event()
        self.candidates = []
        self.ice.connect("on-ice-candidate", self._note_candidate)
        self.pipeline.play()
        assert self._gathered.wait(PATIENCE)

    def _note_candidate(self, _, stream, text):
        if text is None:
            self._gathered.set()
        elif text != "":
            self.candidates.append(text)

    def credentials(self):
        return tuple(self.ice.get_property("agent").get_property(f"local-{name}") for name in ("ufrag", "pwd"))

    def meet(self, credentials):
        self.met = time.monotonic()
        assert self.ice.emit("set-remote-credentials", 0, *credentials)

    def add_candidates(self, *candidates):
        for candidate in candidates:
            assert self.ice.emit("add-ice-candidate", 0, candidate), candidate

    def restart(self):
        self.candidates.clear()
        self._gathered.clear()
        assert self.ice.emit("restart")
        assert self._gathered.wait(PATIENCE)

    def states(self):
        """All changes so far, and why."""
        return [(m["new"], m["reason"]) for m in self.pipeline.messages("ice-connection-state")]

    def wait(self, *states, timeout=PATIENCE):
        """For the next change to one of them; why."""
        def match(message):
            return any(element_message("ice-connection-state", new=state)(message) for state in states)
        match.__doc__ = f"ice-connection-state {states}"
        return fields(self.pipeline.wait(match, timeout).get_structure())["reason"]

    def stays(self, seconds):
        """Whether its state does not change for so long."""
        deadline = time.monotonic() + seconds
        before = self.states()
        while (left := deadline - time.monotonic()) > 0 and self.states() == before:
            message = self.pipeline.bus.timed_pop(int(left * Gst.SECOND))
            self.pipeline.history += [message] if message else []
        return self.states() == before

    def pair_states(self):
        """The last one of each pair, in order of their making."""
        pairs = {m["pair"]["id"]: m["pair"]["state"] for m in self.pipeline.messages("ice-candidate-pair")}
        return list(pairs.values())


class Meeting:
    """Two ends that know each other's credentials, and no good candidate."""

    def __init__(self, role, peer="good", candidates=True):
        self.end, self.peer, self.holes = End(role), None, []
        if candidates:
            self.end.add_candidates(self.dig())
        if peer == "nobody":
            self.end.meet(CREDENTIALS)
            return
        self.start_peer()
        self.end.meet(self.peer.credentials())
        if peer == "deaf":
            self.peer.add_candidates(self.dig())

    def start_peer(self, settings=""):
        self.peer = End(OTHER[self.end.ice.get_property("role").value_nick], settings)
        self.peer.meet(self.end.credentials())

    def dig(self):
        """One more dead candidate."""
        self.holes.append(Hole())
        return self.holes[-1].candidate

    def come_to_life(self):
        """The peer is where the dead candidate was, and finds us."""
        self.holes[0].fill()
        self.start_peer("local-ufrag={1} local-pwd={2} min-port={0} max-port={0}".format(
            self.holes[0].port, *CREDENTIALS))
        self.peer.add_candidates(*self.end.candidates)

    def stop(self):
        for end in filter(None, (self.end, self.peer)):
            end.pipeline.stop()
        for hole in self.holes:
            hole.fill()


class Outage(Meeting):
    """Two ends that know all of each other; the network comes late."""

    def __init__(self):
        super().__init__("controlling", candidates=False)
        ports = [candidate.split()[5] for end in (self.end, self.peer) for candidate in end.candidates]
        self._rule("table inet ice { chain in { type filter hook input priority 0; udp dport {"
                   + ", ".join(ports) + "} drop; }; }")
        self.signal()

    def _rule(self, text):
        subprocess.run(["nft", "-f", "-"], input=text.encode() + b"\n", check=True, timeout=PATIENCE)

    def mend(self):
        self._rule("flush ruleset")

    def signal(self):
        self.end.add_candidates(*self.peer.candidates)
        self.peer.add_candidates(*self.end.candidates)


# What comes after libnice gave up.
NEWS = {
    "the peer's candidate": lambda m: m.end.add_candidates(*m.peer.candidates),
    "ours at the peer": lambda m: m.peer.add_candidates(*m.end.candidates),
    "both's": lambda m: (m.end.add_candidates(*m.peer.candidates), m.peer.add_candidates(*m.end.candidates)),
    "a dead one and the peer's": lambda m: m.end.add_candidates(m.dig(), *m.peer.candidates),
    "the peer's and a dead one": lambda m: m.end.add_candidates(*m.peer.candidates, m.dig()),
    "the peer's, deaf so far": lambda m: m.end.add_candidates(*m.peer.candidates),
    "ours at the peer, deaf so far": lambda m: m.peer.add_candidates(*m.end.candidates),
    "life at the dead one": lambda m: m.come_to_life(),
}


class TestLate(IceTest):
    """All meetings begin before the first test: libnice gives up but once."""

    @classmethod
    def setUpClass(cls):
        kinds = {"life": "nobody", "ours at the peer, deaf": "deaf", "the peer's, deaf": "deaf"}
        cls.late = {(news, role): Meeting(role, next((kinds[k] for k in kinds if news.startswith(k)), "good"))
                    for news in NEWS for role in OTHER}
        cls.complete = [Meeting(role) for role in OTHER]
        cls.outage = [Outage()] if CAN_DROP else []

    @classmethod
    def tearDownClass(cls):
        for meeting in [*cls.late.values(), *cls.complete, *cls.outage]:
            meeting.stop()

    def wait_given_up(self, meeting):
        self.assertEqual(meeting.end.wait("disconnected", timeout=GIVES_UP + LATE), "checks-exhausted")
        self.assertEqual(meeting.end.pair_states(), ["failed"])

    def check_connects(self, meeting, news, role):
        begin = time.monotonic()
        NEWS[news](meeting)
        for end in (meeting.end, meeting.peer):
            end.wait(*UP, timeout=SOON + LATE)
        took = time.monotonic() - begin
        print(f"# {news}, {role}: {took * 1000:.0f} ms", flush=True)
        self.assertLess(took, SOON)
        self.assertEqual(meeting.end.states(), GAVE_UP + [("checking", "checks"), ("connected", "checks")])
        self.assertIn("succeeded", meeting.end.pair_states())

    def test_news_after_libnice_gave_up(self):
        for meeting in self.late.values():
            self.wait_given_up(meeting)
        for (news, role), meeting in self.late.items():
            with self.subTest(news, role=role):
                self.check_connects(meeting, news, role)

    def test_end_of_candidates_before_patience_is_over(self):
        for meeting in self.complete:
            self.wait_given_up(meeting)
            meeting.end.add_candidates("")
        for meeting in self.complete:
            self.assertTrue(meeting.end.stays(1), meeting.end.states())
            meeting.peer.add_candidates(*meeting.end.candidates)
            meeting.end.wait(*UP, timeout=SOON + LATE)

    @unittest.skipUnless(CAN_DROP, "needs a network namespace and nft")
    def test_network_after_libnice_gave_up(self):
        """No news: nobody checks again before a restart."""
        outage, = self.outage
        for end in (outage.end, outage.peer):
            self.assertEqual(end.wait("disconnected", timeout=GIVES_UP + LATE), "checks-exhausted")
        outage.mend()
        self.assertTrue(outage.end.stays(1), outage.end.states())
        outage.end.restart()
        outage.peer.meet(outage.end.credentials())
        outage.end.meet(outage.peer.credentials())
        outage.signal()
        for end in (outage.end, outage.peer):
            end.wait(*UP, timeout=SOON + LATE)


class TestMany(IceTest):
    """More than the hundred pairs that libnice checks by itself."""

    def begin(self, n):
        end, there = End("controlling"), peer.Peer()
        self.addCleanup(end.pipeline.stop)
        self.addCleanup(there.close)
        end.meet((there.ufrag, there.password))
        end.add_candidates(*(f"candidate:{i} 1 udp {2130706431 - i} 127.0.{1 + i // 200}.{1 + i % 200} 9 typ host"
                   for i in range(n)))
        return end, there

    def test_relayed_beside_many(self):
        end, there = self.begin(120)
        end.add_candidates(there.line(priority=41885695).replace("typ host", "typ relay raddr 0.0.0.0 rport 0"))
        end.wait("connected", timeout=PATIENCE)

    def test_late_after_many_failed(self):
        end, there = self.begin(120)
        self.assertEqual(end.wait("disconnected", timeout=2 * PATIENCE), "checks-exhausted")
        end.add_candidates(there.line(priority=1))
        end.wait("connected", timeout=SOON + LATE)


@unittest.skipUnless(LONG, "takes 45 seconds; ICE_TEST_LONG=1 runs it")
class TestPatience(IceTest):
    def setUp(self):
        super().setUp()
        roles = itertools.cycle(OTHER)
        self.endless, self.ended, self.dead_again, self.saved_by_candidate, self.saved_by_check = self.meetings = [
            Meeting(next(roles)) for _ in range(5)]
        self.nothing = Meeting(next(roles), candidates=False)
        self.meetings.append(self.nothing)
        self.addCleanup(lambda: [meeting.stop() for meeting in self.meetings])

    def check_fails(self, meeting, earliest):
        reason = meeting.end.wait("failed", timeout=RFC_8863 + LATE)
        took = time.monotonic() - meeting.end.met
        print(f"# failed after {took:.2f} s", flush=True)
        self.assertEqual(reason, "checks-exhausted")
        self.assertGreaterEqual(took, earliest)
        self.assertLess(took, earliest + LATE)

    def check_connects(self, meeting, state):
        meeting.end.wait(state, timeout=SOON + LATE)
        took = time.monotonic() - meeting.end.met
        print(f"# {state} after {took:.2f} s", flush=True)
        self.assertLess(took, RFC_8863)

    def until(self, seconds):
        """On the clock of the meeting that began first."""
        self.meetings[0].end.stays(self.meetings[0].end.met + seconds - time.monotonic())

    def test_when_it_fails(self):
        self.nothing.end.add_candidates("")
        for meeting in self.meetings[:-1]:
            self.assertEqual(meeting.end.wait("disconnected", timeout=GIVES_UP + LATE), "checks-exhausted")
        self.dead_again.end.add_candidates(self.dead_again.dig())
        for meeting in (self.ended, self.saved_by_check):
            meeting.end.add_candidates("")
        self.dead_again.end.wait("checking", timeout=SOON)
        self.dead_again.end.wait("disconnected", timeout=GIVES_UP + LATE)

        self.until(RFC_8863 - 5)
        self.assertEqual([meeting.end.states() for meeting in self.meetings],
                         [GAVE_UP, GAVE_UP, 2 * GAVE_UP, GAVE_UP, GAVE_UP, []])
        self.saved_by_candidate.end.add_candidates(*self.saved_by_candidate.peer.candidates, "")
        self.check_connects(self.saved_by_candidate, "completed")
        self.saved_by_check.peer.add_candidates(*self.saved_by_check.end.candidates)
        self.check_connects(self.saved_by_check, "completed")

        for meeting in (self.ended, self.nothing):
            self.check_fails(meeting, RFC_8863)
        self.until(RFC_8863 + LATE)
        self.assertEqual([meeting.end.states()[len(GAVE_UP):] for meeting in (self.endless, self.dead_again)],
                         [[], GAVE_UP])
        self.endless.end.add_candidates("")
        self.check_fails(self.endless, RFC_8863 + LATE)
        for meeting in (self.saved_by_candidate, self.saved_by_check):
            self.assertEqual(meeting.end.states()[-1][0], "completed")


if __name__ == "__main__":
    main()
