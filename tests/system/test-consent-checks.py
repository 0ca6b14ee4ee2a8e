#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consent requests are connectivity checks (RFC 8445 section 7.1), and what their
answers prove: a bare peer that is strict, one that answers with errors, one with
the same role."""

import faulthandler
import struct
import time

import forger
from icetest import LONG, Gst, IceTest, get_stats, main
from peer import ROLES, End, Peer, until

IDLE = 180 if LONG else 8  # seconds of a call; what is refused shows in the first request


def strict(seen):
    """RFC 8445 section 7.1.1: these must be there; a tie-breaker of 0 is taken for
    none by some."""
    roles = [seen.attributes[r] for r in ROLES if seen.has(r)]
    fine = (len(roles) == 1 and len(roles[0]) == 8 and any(roles[0]) and seen.has(forger.PRIORITY)
            and seen.has(forger.FINGERPRINT) and seen.has(forger.MESSAGE_INTEGRITY))
    return 0 if fine else 400


class TestConsentChecks(IceTest):
    def requests(self, end, since):
        """Consent requests: what came after the call was made."""
        return [c for c in end.peer.checks if c.at > since]

    def test_strict_peer(self):
        """Both roles, idle and with media: no state changes, no request refused."""
        faulthandler.dump_traceback_later(2 * IDLE + 60, exit=True)
        ends = [(End(self, "disconnected-timeout=3000 failed-timeout=6000", Peer(controlling, strict)).connect(), media)
                for controlling in (False, True) for media in (False, True)]
        start, before = time.monotonic(), [end.states() for end, _ in ends]
        while time.monotonic() < start + IDLE:
            for end, media in ends:
                if media:
                    end.peer.sock.sendto(b"media", end.there)
            time.sleep(0.1)
        for (end, media), states in zip(ends, before):
            self.assertEqual(end.states(), states)
            requests = self.requests(end, start)
            self.assertGreaterEqual(len(requests), IDLE // 2 - 1)
            self.assertEqual([strict(r) for r in requests], [0] * len(requests))
            for request in requests:
                # the peer's role is the other one; who controls nominates
                self.assertEqual(request.has(forger.ICE_CONTROLLED), end.peer.controlling)
                self.assertEqual(request.has(forger.USE_CANDIDATE), not end.peer.controlling)
                priority, = struct.unpack("!I", request.attributes[forger.PRIORITY])
                self.assertEqual(priority >> 24, 110)
            self.assertEqual(len({r.attributes[ROLES[not end.peer.controlling]] for r in end.peer.checks}), 1)

    def test_errors_are_life_and_no_consent(self):
        """400 to everything: the peer is there, and does not consent."""
        end = End(self, "disconnected-timeout=1000 failed-timeout=5000 on-failed=none").connect()
        connected = time.monotonic()
        end.peer.code = lambda seen: 400
        self.assertEqual(end.wait_state("failed", 8), "consent-expired")
        self.assertLess(time.monotonic() - connected, 6.5)
        self.assertNotIn("disconnected", [new for new, _ in end.states()])

    def test_unsigned_errors_are_nothing(self):
        end = End(self, "disconnected-timeout=1000 failed-timeout=0").connect()

        def answer(seen):
            seen.sock.sendto(forger.error(400, id=forger.id_of(seen.data)), seen.source)
            seen.sock.sendto(forger.error(400, id=forger.id_of(seen.data), password="0" * 32), seen.source)
            seen.sock.sendto(forger.error(487, id=forger.id_of(seen.data), password="0" * 32), seen.source)

        end.peer.code = answer
        self.assertEqual(end.wait_state("disconnected", 5), "consent-missing")
        self.assertEqual(end.role(), "controlling")

    def test_revoked(self):
        end = End(self, "on-failed=none").connect()
        end.peer.code = lambda seen: 403
        self.assertEqual(end.wait_state("failed", 8), "consent-revoked")

    def check_role_conflict(self, controlling):
        end = End(self, peer=Peer(controlling)).connect()
        wrong, right = ROLES[not controlling], ROLES[controlling]
        roles = []
        end.ice.connect("notify::role", lambda *_: roles.append(end.role()))
        end.peer.code = lambda seen: 487 if seen.has(wrong) else 0
        before = end.states()
        until(lambda: roles, "another role")
        refused = end.peer.checks[-1].at
        until(lambda: end.peer.checks[-1].has(right), "it asks in the other role")
        self.assertEqual(roles, ["controlling" if controlling else "controlled"])
        self.assertLess(end.peer.checks[-1].at - refused, 0.3)
        time.sleep(1)
        self.assertEqual(len(roles), 1)
        self.assertEqual(end.states(), before)
        self.assertEqual(end.peer.checks[-1].has(forger.USE_CANDIDATE), controlling)

    def test_role_conflict(self):
        """487: the role changes, which is reported, and the request is repeated at once."""
        for controlling in (False, True):
            with self.subTest(controlling=controlling):
                self.check_role_conflict(controlling)

    def test_endless_conflict(self):
        """A peer that refuses either role: ten requests a second at most."""
        end = End(self).connect()
        end.peer.code = lambda seen: 487
        start = time.monotonic()
        time.sleep(5)
        self.assertLess(len(self.requests(end, start)), 55)
        self.assertGreater(len(self.requests(end, start)), 1)


class TestLife(IceTest):
    """What proves that the peer is there has come on the selected pair."""

    TIMEOUTS = "disconnected-timeout=1500 failed-timeout=0"

    def make(self, offload):
        """Two pairs, both good; the first one is selected."""
        peer = Peer(controlling=True)
        other = peer.open("127.0.0.2")
        end = End(self, f"{self.TIMEOUTS} offload={offload}", peer).connect(peer.sock, other)
        self.assertEqual(end.selected()["remote-port"], peer.sock.getsockname()[1])
        return end, other

    def silence(self, offload):
        """The selected pair's remote end falls silent, the other one sends on."""
        end, other = self.make(offload)
        end.peer.sock.sendto(b"one", end.there)
        until(lambda: end.got == [b"one"], "a datagram")
        before = end.selected()["packets-received"], end.selected()["bytes-received"]
        self.assertEqual(before, (1, 3))
        end.peer.shut(end.peer.sock)
        start = time.monotonic()
        while end.state() != "disconnected":
            other.sendto(b"media", end.there)
            time.sleep(0.05)
            self.assertLess(time.monotonic(), start + 3)
        self.assertGreater(len(end.got), 10)
        self.assertEqual((end.selected()["packets-received"], end.selected()["bytes-received"]), before)
        self.assertEqual(get_stats(end.ice)["transport-0-1"]["packets-received"], len(end.got))

    def test_silent_selected_pair(self):
        for offload in ("auto", "none"):
            with self.subTest(offload=offload):
                self.silence(offload)

    def keep(self, offload, send, end=None):
        """Consent requests go unanswered; what `send` sends keeps it connected, and
        brings it back."""
        end = end or End(self, f"{self.TIMEOUTS} offload={offload}", Peer(controlling=True)).connect()
        end.peer.code = lambda seen: None
        before = end.states()
        start = time.monotonic()
        while time.monotonic() < start + 3:
            send(end)
            time.sleep(0.2)
        self.assertEqual(end.states(), before)
        self.assertEqual(end.wait_state("disconnected", 4), "consent-missing")
        send(end)
        self.assertEqual(end.wait_state("completed", 2), "consent-response")

    def test_requests_are_life(self):
        self.keep("auto", lambda end: end.peer.check(end.there))

    def test_media_is_life(self):
        """Whether one address may send or several: libnice does not report the source of
        a datagram."""
        for offload in ("auto", "none"):
            for several in (False, True):
                with self.subTest(offload=offload, several=several):
                    end = self.make(offload)[0] if several else None
                    self.keep(offload, lambda end: end.peer.sock.sendto(b"media", end.there), end)

    def test_counted_on_its_pair(self):
        """Not those of the other pair; a stranger's not at all."""
        for offload in ("auto", "none"):
            with self.subTest(offload=offload):
                end, other = self.make(offload)
                stranger = end.peer.open()
                sent = [(end.peer.sock, b"one"), (other, b"two"), (end.peer.sock, b""), (other, b""), (stranger, b"no"),
                        (end.peer.sock, b"\x40\0\0\0")]
                for sock, data in sent:
                    sock.sendto(data, end.there)
                until(lambda: len(end.got) == 5, "all that are ours")
                self.assertEqual((end.selected()["packets-received"], end.selected()["bytes-received"]), (3, 7))
                until(lambda: get_stats(end.ice)["transport-0-1"]["packets-discarded-unknown-source"] == 1, "a stranger's")
                transport = get_stats(end.ice)["transport-0-1"]
                self.assertEqual((transport["packets-received"], transport["bytes-received"]), (5, 10))
                end.pipeline.stop()

    def test_offload_changes(self):
        """In mid-call: nothing is lost, counted twice, or counted elsewhere."""
        end, other = self.make("none")
        stranger = end.peer.open()
        for i, offload in enumerate(["auto", "none", "auto", "none"]):
            for sock in (end.peer.sock, other, stranger, end.peer.sock):
                sock.sendto(b"x", end.there)
            until(lambda: len(end.got) == 3 * (i + 1), "three datagrams")
            until(lambda: get_stats(end.ice)["transport-0-1"]["packets-discarded-unknown-source"] == i + 1, "a stranger's")
            self.assertEqual(end.selected()["packets-received"], 2 * (i + 1))
            Gst.util_set_object_arg(end.ice, "offload", offload)
            until(lambda: end.ice.get_property("offload-active") == (offload == "auto"), "offload")

    def watch_end(self, code, media=False):
        """Of both roles, with and without offload, all at once: what the states
        become while `code` answers consent requests, and when."""
        timeouts = "disconnected-timeout=1000 failed-timeout=4000 on-failed=none"
        ends = []
        for controlling in (False, True):
            for offload in ("auto", "none"):
                peer = Peer(controlling)
                end = End(self, f"{timeouts} offload={offload}", peer)
                other = peer.open("127.0.0.2")
                end.connect(peer.sock, other)
                ends.append((end, other, len(end.states())))
        start = time.monotonic()
        for end, other, _ in ends:
            end.peer.code = lambda seen, other=other, end=end: code(end, seen, other)
        while any(end.state() != "failed" for end, _, _ in ends):
            self.assertLess(time.monotonic(), start + 8)
            for end, _, _ in ends:
                if media:
                    end.peer.sock.sendto(b"media", end.there)
            time.sleep(0.1)
        self.assertGreater(time.monotonic() - start, 2.5)
        result = [end.states()[n:] for end, _, n in ends]
        for end, _, _ in ends:
            end.pipeline.stop()
        return result

    def test_errors_are_life(self):
        """RFC 7675 section 5.1: of the errors 403 alone is about consent."""
        codes = iter([400, 420, 487, 500] * 100)
        for states in self.watch_end(lambda end, seen, other: next(codes)):
            self.assertEqual(states, [("failed", "consent-expired")])

    def test_media_is_no_consent(self):
        """The peer goes on sending and answers nothing (RFC 7675 section 5.1)."""
        for states in self.watch_end(lambda end, seen, other: None, media=True):
            self.assertEqual(states, [("failed", "consent-expired")])

    def test_answers_from_elsewhere(self):
        """From the address of the other pair, which is good too (RFC 8445 section
        7.2.5.2.1), a success and a 403: neither is life, consent or its end."""
        def answer(end, seen, other):
            what = {"id": forger.id_of(seen.data), "password": end.peer.password}
            if seen.sock is end.peer.sock:
                other.sendto(forger.success(seen.source, **what), seen.source)
                other.sendto(forger.error(403, **what), seen.source)

        for states in self.watch_end(answer):
            self.assertEqual(states, [("disconnected", "consent-missing"), ("failed", "consent-expired")])

    def test_forged_answers(self):
        def answer(end, seen, other):
            what = {"id": forger.id_of(seen.data), "password": "0" * 32}
            for message in forger.success(seen.source, **what), forger.error(403, **what), forger.error(400, **what):
                seen.sock.sendto(message, seen.source)

        for states in self.watch_end(answer):
            self.assertEqual(states, [("disconnected", "consent-missing"), ("failed", "consent-expired")])

    def test_forged_requests_are_none(self):
        end = End(self, self.TIMEOUTS, Peer(controlling=True)).connect()
        end.peer.code = lambda seen: None
        ufrag, _ = end.peer.theirs
        start = time.monotonic()
        while end.state() != "disconnected":
            end.peer.sock.sendto(forger.check(f"{ufrag}:{end.peer.ufrag}", "0" * 32), end.there)
            time.sleep(0.05)
            self.assertLess(time.monotonic(), start + 3)


if __name__ == "__main__":
    main()
