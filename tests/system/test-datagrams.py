#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Datagrams of odd sizes, both ways, with and without offload: none is lost in
silence."""

from icetest import WARNING, Gst, IceTest, error_text, get_stats, main
from peer import End, until

ODD = [b"", b"one", b"", b"x" * 1501, b"\0" * 3, b"\x40\0\0\0", b"y" * 65507, b"last"]


class TestDatagrams(IceTest):
    def start(self, offload):
        end = End(self, f"offload={offload}").connect()
        return end, end.pipeline["in"]

    def transport(self, end):
        return get_stats(end.ice)["transport-0-1"]

    def test_received(self):
        """Empty ones are libnice's to drop where it reads; they come all the same."""
        for offload in "auto", "none":
            with self.subTest(offload):
                end, _ = self.start(offload)
                for data in ODD:
                    end.peer.sock.sendto(data, end.there)
                until(lambda: len(end.got) == len(ODD), "all are there")
                self.assertEqual(sorted(end.got), sorted(ODD))
                self.assertEqual([d for d in end.got if d], [d for d in ODD if d])
                self.assertEqual(self.transport(end)["packets-received"], len(ODD))
                end.pipeline.stop()

    def test_strangers(self):
        """Their empty ones neither."""
        end, _ = self.start("none")
        stranger = end.peer.open()
        stranger.sendto(b"", end.there)
        stranger.sendto(b"x", end.there)
        end.peer.sock.sendto(b"", end.there)
        until(lambda: end.got, "a datagram")
        self.assertEqual(end.got, [b""])
        self.assertEqual(self.transport(end)["packets-received"], 1)

    def test_sent(self):
        """What is too large is dropped and counted, with one warning."""
        for offload in "auto", "none":
            with self.subTest(offload):
                end, source = self.start(offload)
                for data in [b"a" * 65508] + ODD + [b"b" * 1228800, b"end"]:
                    source.emit("push-buffer", Gst.Buffer.new_wrapped(data) if data else Gst.Buffer.new())
                until(lambda: end.peer.media and end.peer.media[-1].data == b"end", "all were sent")
                self.assertEqual([m.data for m in end.peer.media], ODD + [b"end"])
                self.assertEqual(error_text(end.pipeline.wait(WARNING, 5)),
                                 "a datagram of 65508 bytes was not sent: UDP has room for 65507; send smaller buffers")
                transport = self.transport(end)
                self.assertEqual(transport["packets-discarded-on-send"], 2)
                self.assertEqual(transport["bytes-discarded-on-send"], 65508 + 1228800)
                self.assertEqual(len(end.pipeline.warnings()), 1)
                end.pipeline.stop()


if __name__ == "__main__":
    main()
