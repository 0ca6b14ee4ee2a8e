#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a peer sends before our own check of it succeeded (RFC 8445 section 12.2):
it is taken once a check of the peer's, with our password, came from there."""

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

    def check(self, password):
        """A check, and the answer to it: its class."""
        request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        request.attributes.update({"USERNAME": self._username, "PRIORITY": PRIORITY,
                                   "ICE-CONTROLLING": secrets.randbits(64)})
        request.add_message_integrity(password.encode())
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

    def test_after_a_check(self):
        pipeline = self.pipeline(f"icesrc name=ice role=controlled {LOOPBACK} ! fakesink name=out sync=false")
        collector = Collector(pipeline["out"])
        pipeline.play()
        ice = pipeline["ice"]
        self.assertTrue(ice.emit("set-remote-credentials", 0, *THEIRS))
        peer = Peer(self, ice, fields(pipeline.wait(element_message("ice-candidate")).get_structure())["candidate"])
        peer.send(b"of a stranger")
        self.wait_discarded(ice, 1)
        self.assertEqual(peer.check("wrong" * 5), stun.Class.ERROR)
        peer.send(b"with a wrong password")
        self.wait_discarded(ice, 2)
        self.assertEqual(peer.check(ice.get_property("local-pwd")), stun.Class.RESPONSE)
        peer.send(b"early")
        self.assertEqual(collector.take(1), [b"early"])
        self.assertIn(ice.get_property("ice-connection-state").value_nick, ("new", "checking"))
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])


if __name__ == "__main__":
    main()
