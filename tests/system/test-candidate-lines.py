#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Candidate lines as other stacks send them: a call connects by one of these alone;
the others are refused, and the error names the wrong field."""

import subprocess
import unittest

from icetest import ISOLATED, PATIENCE, WARNING, Gst, IceTest, error_text, get_stats, main, set_array
from peer import End, until

TAKEN = [  # by browsers too
    "candidate:1 1 udp 2122260223 {} {} typ host generation 0 ufrag {ufrag} network-id 1 network-cost 900",
    "a=candidate:1 1 Udp 2122260223 {} {} typ host\r\n",
    "candidate:1 1 udp 2122260223 {} {} typ host \n",
    "candidate:1 1 udp 2122260223 {} {} typ host raddr 127.0.0.1 rport 9",
    "candidate:1 1 udp 1694498815 {} {} typ relay rport 9 raddr 127.0.0.1 generation 0",
    "candidate:1 1 udp 1694498815 {} {} typ srflx raddr 0.0.0.0",
    "candidate:aa-bb-cc-dd-ee-ff-00-11-22-33-44-55-66 1 udp 2122260223 {} {} typ host",
    # what the peer learnt of itself by its own checks
    "candidate:1 1 udp 1845501695 {} {} typ prflx raddr 10.0.0.1 rport 5",
]
REFUSED = [
    ("candidate:1 1 udp 2122260223 127.0.0.1 70000 typ host", 'port "70000"'),
    ("candidate:1 257 udp 2122260223 127.0.0.1 9 typ host", 'component "257"'),
    ("candidate:1 1 udp 2122260223 010.0.0.1 9 typ host", 'address "010.0.0.1"'),
    ("candidate:1 1 udp 2122260223 127.0.0.1 9 typ moon", 'type "moon"'),
    ("Candidate:1 1 udp 2122260223 127.0.0.1 9 typ host", 'begin with "candidate:"'),
]
NO_HOST = [  # the connection-address and port; the words of the refusal
    ("0.0.0.0 5", "unspecified"), ("0.1.2.3 5", "unspecified"), (":: 5", "unspecified"),
    ("224.0.0.251 5353", "multicast"), ("239.1.2.3 5000", "multicast"), ("ff02::fb 5353", "multicast"),
    ("255.255.255.255 67", "broadcast"), ("240.0.0.1 9", "reserved"), ("::ffff:224.0.0.1 9", "multicast"),
    ("10.9.9.78 0", "port 0"), ("127.0.0.1 53", "loopback"), ("127.9.9.9 53", "loopback"),
    ("::1 53", "loopback"), ("::ffff:127.0.0.1 53", "loopback"),
]


class TestCandidateLines(IceTest):
    def test_taken(self):
        for line in TAKEN:
            with self.subTest(line):
                end = End(self)
                peer = end.peer
                line = line.format(*peer.sock.getsockname(), ufrag=peer.ufrag)
                self.assertTrue(end.ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password))
                self.assertTrue(end.ice.emit("add-ice-candidate", 0, line))
                until(lambda: end.state() == "connected", "connected")
                pair = end.selected()
                self.assertEqual((pair["remote-address"], pair["remote-port"]), peer.sock.getsockname())
                self.assertEqual(pair["remote-type"], line.split(" typ ")[1].split()[0])
                self.assertEqual(end.pipeline.warnings(), [])
                end.pipeline.stop()

    def test_refused(self):
        """By the action: FALSE, nothing changes. By the property: a warning too."""
        for line, field in REFUSED:
            with self.subTest(line):
                end = End(self)
                good = end.peer.line()
                self.assertFalse(end.ice.emit("add-ice-candidate", 0, line))
                set_array(end.ice, "remote-candidates", [line, good])
                warning = error_text(end.pipeline.wait(WARNING, 5))
                self.assertIn(f'remote-candidates: "{line}" was refused: ICE candidate: ', warning)
                self.assertIn(field, warning)
                ports = [e["port"] for e in get_stats(end.ice).values()
                         if isinstance(e, dict) and e["type"] == "remote-candidate"]
                self.assertEqual(ports, [end.peer.sock.getsockname()[1]])
                end.pipeline.stop()

    def test_no_host(self):
        """Addresses at which no host can be are never given to libnice, nor loopback where none is gathered from."""
        sink = Gst.ElementFactory.make("icesink")
        sink.props.auto_gather = False
        for index, (address, word) in enumerate(NO_HOST):
            with self.subTest(address):
                line = f"candidate:{index} 1 UDP 2130706431 {address} typ host"
                self.assertFalse(sink.emit("add-ice-candidate", 0, line), word)
                self.assertNotIn("remote-candidate", [e["type"] for e in get_stats(sink).values() if isinstance(e, dict)])
        set_array(sink, "local-addresses", ["127.0.0.0/8"])
        for address, word in NO_HOST:
            line = f"candidate:9 1 UDP 2130706431 {address} typ host"
            self.assertEqual(sink.emit("add-ice-candidate", 0, line), word == "loopback", address)

    @unittest.skipUnless(ISOLATED, "makes a network link: needs root")
    def test_directed_broadcast(self):
        """The broadcast address of a network that this machine is in is no host's; of others nobody knows."""
        for line in ("link add ice0 type veth peer name ice1", "addr add 10.9.8.1/22 dev ice0", "addr add 10.7.7.6/31 dev ice0",
                     "link set ice0 up", "link set ice1 up"):
            subprocess.run(["ip", *line.split()], check=True, timeout=PATIENCE)
        sink = Gst.ElementFactory.make("icesink")
        sink.props.auto_gather = False
        for index, (address, taken) in enumerate((("10.9.11.255", False), ("::ffff:10.9.11.255", False), ("10.9.8.255", True),
                                                  ("10.7.7.7", True), ("10.9.12.255", True), ("192.0.2.255", True))):
            line = f"candidate:{index} 1 UDP 2130706431 {address} 9 typ host"
            self.assertEqual(sink.emit("add-ice-candidate", 0, line), taken, address)
        subprocess.run(["ip", "link", "del", "ice0"], check=True, timeout=PATIENCE)


if __name__ == "__main__":
    main()
