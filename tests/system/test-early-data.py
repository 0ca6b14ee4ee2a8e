#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a peer sends before our own check of it succeeded (RFC 8445 section 12.2): it is
taken where a check with our password came from one of its signalled candidates, and
from nowhere else: whoever repeats that check from another address is a stranger."""

import secrets
import socket
import time

from aioice import stun

from icetest import LOOPBACK, PATIENCE, Collector, IceTest, element_message, fields, get_stats, main

THEIRS = "peer", 22 * "x"
PRIORITY = 1862270975  # of a peer-reflexive candidate


class Peer:
    """A socket that asks, and does not answer."""

    def __init__(self, test, ice, candidate):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        test.addCleanup(self._socket.close)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self._username = f"{ice.get_property('local-ufrag')}:{THEIRS[0]}"
        self._to = candidate.split()[4], int(candidate.split()[5])
        self.candidate = f"candidate:1 1 UDP 1 127.0.0.1 {self._socket.getsockname()[1]} typ host"

    def make_check(self, password):
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        request.attributes.update({"USERNAME": self._username, "PRIORITY": PRIORITY,
                                   "ICE-CONTROLLING": secrets.randbits(64)})
        request.add_message_integrity(password.encode())
        return request

    def check(self, request):
        """The class of the answer to it."""
        self.send(bytes(request))
        while True:
            answer = stun.parse_message(self._socket.recv(2048))
            if answer.transaction_id == request.transaction_id:
                return answer.message_class

    def send(self, data):
        self._socket.sendto(data, self._to)


class TestEarlyData(IceTest):
    def wait_discarded(self, ice, n):
        deadline = time.monotonic() + PATIENCE
        while get_stats(ice)["transport-0-1"]["packets-discarded-unknown-source"] < n:
            self.assertLess(time.monotonic(), deadline)

    def begin(self):
        """What was received, our element, and a peer that has signalled its candidate."""
        pipeline = self.pipeline(f"icesrc name=ice role=controlled {LOOPBACK} ! fakesink name=out sync=false")
        collector = Collector(pipeline["out"])
        pipeline.play()
        ice = pipeline["ice"]
        self.assertTrue(ice.emit("set-remote-credentials", 0, *THEIRS))
        ours = fields(pipeline.wait(element_message("ice-candidate")).get_structure())["candidate"]
        peers = [Peer(self, ice, ours) for _ in range(2)]
        self.assertTrue(ice.emit("add-ice-candidate", 0, peers[0].candidate))
        return pipeline, ice, collector, peers

    def test_after_a_check(self):
        pipeline, ice, collector, (peer, stranger) = self.begin()
        peer.send(b"before a check")
        self.wait_discarded(ice, 1)
        self.assertEqual(peer.check(peer.make_check("wrong" * 5)), stun.Class.ERROR)
        peer.send(b"with a wrong password")
        self.wait_discarded(ice, 2)
        check = peer.make_check(ice.get_property("local-pwd"))
        self.assertEqual(peer.check(check), stun.Class.RESPONSE)
        peer.send(b"early")
        self.assertEqual(collector.take(1), [b"early"])
        self.assertIn(ice.get_property("ice-connection-state").value_nick, ("new", "checking"))
        with self.subTest("the same check, by a stranger"):
            self.assertEqual(stranger.check(check), stun.Class.RESPONSE)
            stranger.send(b"of a stranger")
            self.wait_discarded(ice, 3)
            peer.send(b"still")
            self.assertEqual(collector.take(1), [b"still"])
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])

    def test_replayed_first(self):
        """The stranger's copy is there before the peer's."""
        _, ice, collector, (peer, stranger) = self.begin()
        check = peer.make_check(ice.get_property("local-pwd"))
        self.assertEqual(stranger.check(check), stun.Class.RESPONSE)
        stranger.send(b"of a stranger")
        peer.send(b"before a check")
        self.wait_discarded(ice, 2)
        self.assertTrue(collector.is_empty())

    def test_check_before_candidate(self):
        _, ice, collector, (_, peer) = self.begin()
        self.assertEqual(peer.check(peer.make_check(ice.get_property("local-pwd"))), stun.Class.RESPONSE)
        peer.send(b"before it is known")
        self.wait_discarded(ice, 1)
        self.assertTrue(ice.emit("add-ice-candidate", 0, peer.candidate))
        deadline = time.monotonic() + PATIENCE
        while collector.is_empty():
            self.assertLess(time.monotonic(), deadline)
            peer.send(b"after it")
            time.sleep(0.01)
        self.assertEqual(collector.take(1), [b"after it"])
        self.assertIn(ice.get_property("ice-connection-state").value_nick, ("new", "checking"))


if __name__ == "__main__":
    main()
