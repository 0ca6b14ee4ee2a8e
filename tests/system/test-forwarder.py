#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The forwarder of docs/forwarding.md: peers come and go, fail or never
connect, and the stream to the others goes on without a gap; whole batches go to
each peer in one message; key frame requests of many peers become few."""

import struct
import sys
import time
from pathlib import Path

from icetest import LOOPBACK, Gst, IceTest, get_stats, main, push_list
from gi.repository import GLib

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))
from forwarder import INTERVAL, Forwarder, connect, pass_to  # noqa: E402

BATCH, SIZE, SSRC = 8, 1200, 0x1CE
PERIOD = 0.01  # s between batches
PLI = struct.pack("!BBHII", 0x81, 206, 2, 7, SSRC)
DEAD = "candidate:1 1 UDP 1 127.0.0.1 9 typ host"
FAILED = "ice-connection-state, new=(GstIceConnectionState)failed"


class End:
    """An icesink and an icesrc: what it gets is in `packets`."""

    def __init__(self, role, other):
        self.packets = []
        name = f"end{id(self)}"
        self.pipeline = Gst.parse_launch(
            f"appsrc name=in format=time is-live=true ! icesink sync=false connection-id={name} "
            f"icesrc name=ice connection-id={name} role={role} {LOOPBACK} ! "
            "fakesink name=out async=false sync=false signal-handoffs=true")
        self.pipeline.get_by_name("out").connect("handoff", self.on_packet)
        self.ice = self.pipeline.get_by_name("ice")
        self.pipeline.set_state(Gst.State.READY)
        connect(self.pipeline, self.ice, other(self.ice))

    def on_packet(self, fakesink, buffer, pad):
        self.packets.append(buffer.extract_dup(0, 12))

    def numbers(self):
        return [struct.unpack("!H", packet[2:4])[0] for packet in self.packets]

    def push(self, *packets):
        push_list(self.pipeline.get_by_name("in"), packets)


class TestForwarder(IceTest):
    def setUp(self):
        super().setUp()
        self.forwarder, self.sent, self.ends = Forwarder(), 0, []
        self.addCleanup(self.stop)
        self.publisher = self.add(End, "controlling", self.begin)

    def begin(self, ice):
        self.forwarder.publisher.connect("on-ice-candidate", pass_to(ice))
        self.forwarder.pipeline.set_state(Gst.State.PLAYING)
        return self.forwarder.publisher

    def add(self, make, *arguments):
        self.ends.append(make(*arguments))
        return self.ends[-1]

    def add_peer(self, name):
        return self.add(End, "controlled", lambda ice: self.forwarder.add_peer(name, pass_to(ice)))

    def stop(self):
        self.forwarder.pipeline.bus.remove_signal_watch()
        for end in self.ends:
            end.pipeline.set_state(Gst.State.NULL)
        self.forwarder.pipeline.set_state(Gst.State.NULL)

    def send(self):
        head = [struct.pack("!BBHII", 0x80, 96, (self.sent + i) & 0xFFFF, 0, SSRC) for i in range(BATCH)]
        self.publisher.push(*(packet.ljust(SIZE, b"\0") for packet in head))
        self.sent += BATCH

    def stream(self, seconds=0.0, until=lambda: True, limit=20):
        """Sends, and iterates the main loop, for so long and then until the condition holds."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds or not until():
            self.assertLess(time.monotonic(), begin + limit)
            self.send()
            while GLib.MainContext.default().iteration(False):
                pass
            time.sleep(PERIOD)

    def assert_no_gap(self, end):
        numbers = end.numbers()
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))

    def test_peers_come_and_go(self):
        self.forwarder.add_peer("silent", lambda *_: None)  # never connects
        dead = self.forwarder.add_peer("dead", lambda *_: None)
        dead.emit("set-remote-credentials", 0, "dead", "d" * 22)
        for candidate in DEAD, "":
            self.assertTrue(dead.emit("add-ice-candidate", 0, candidate))
        one, two = self.add_peer("one"), self.add_peer("two")
        self.stream(0.2, lambda: one.packets and two.packets)
        three = self.add_peer("three")
        self.stream(0.2, lambda: three.packets)
        self.forwarder.remove_peer("one")
        left = len(one.packets)
        # its own would come after 39.5 s (RFC 8863)
        dead.post_message(Gst.Message.new_element(dead, Gst.Structure.new_from_string(FAILED)))
        self.stream(0.2, lambda: "dead" not in self.forwarder.pads)
        self.assertEqual(sorted(self.forwarder.pads), ["silent", "three", "two"])
        self.assertLessEqual(len(one.packets), left + BATCH)  # those on their way
        for end in one, two, three:
            self.assert_no_gap(end)
        self.assertEqual(two.numbers()[-BATCH:], three.numbers()[-BATCH:])
        self.check_batches()

    def check_batches(self):
        """Each peer got each batch in one message, or several of them."""
        source = get_stats(self.forwarder.publisher)
        ice = self.forwarder.pipeline.get_by_name("two").get_by_name("ice")
        stats = get_stats(ice)["transport-0-1"]
        self.assertGreaterEqual(source["icesrc"]["buffers-pushed"], BATCH * source["icesrc"]["lists-pushed"])
        self.assertGreaterEqual(stats["offload-packets-sent"], BATCH * stats["offload-send-messages"])
        self.assertEqual(stats["offload-send-calls"], stats["offload-send-messages"])
        self.assertGreater(stats["packets-discarded-on-send"], 0)  # before it was connected

    def test_key_frames(self):
        """Ten peers that ask at once are one request, or two if one asked after it was sent; those that connect are few."""
        peers = [self.add_peer(f"peer{i}") for i in range(10)]
        begin = time.monotonic()
        self.stream(0.0, lambda: all(peer.packets for peer in peers))
        self.stream(2 * INTERVAL / 1e6)
        before = len(self.publisher.packets)
        self.assertGreater(before, 0)
        self.assertLessEqual(before, 1 + (time.monotonic() - begin) * 1e6 / INTERVAL)
        for peer in peers:
            peer.push(PLI)
        self.stream(2 * INTERVAL / 1e6)
        self.assertIn(len(self.publisher.packets) - before, (1, 2))
        self.assertEqual(self.publisher.packets[-1], struct.pack("!BBHII", 0x81, 206, 2, 1, SSRC))


main()
