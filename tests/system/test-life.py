#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pipeline's life: the same elements play again, pause for longer than the
timeouts, flush in mid-call; the peer's checks come before its candidate does."""

import time

from icetest import EOS, LONG, LOOPBACK, Gst, IceTest, element_message, fields, main, push
from peer import End, Peer, until

TIMEOUTS = "disconnected-timeout=1000 failed-timeout=4000 on-failed=none"
PAUSE = 8 if LONG else 2.5  # seconds


class TestLife(IceTest):
    def check_media(self, end, word):
        end.peer.sock.sendto(b"to " + word, end.there)
        until(lambda: b"to " + word in end.got, "the peer's datagram")
        push(end.pipeline["in"], b"from " + word)
        until(lambda: b"from " + word in [m.data for m in end.peer.media], "ours")

    def test_again(self):
        """After NULL a new session; after READY the same one, which went on."""
        end, seen = End(self).connect(), set()
        for i, down in enumerate([Gst.State.NULL, Gst.State.READY, Gst.State.NULL, Gst.State.READY]):
            self.check_media(end, b"round %d" % i)
            seen.add(end.ice.get_property("local-ufrag"))
            end.pipeline.set_state(down)
            self.assertEqual(end.state(), "closed" if down == Gst.State.NULL else "completed")
            candidates = []
            handler = end.ice.connect("on-ice-candidate", lambda _, stream, text: candidates.append(text))
            end.pipeline.play()
            if down == Gst.State.READY:
                end.ice.disconnect(handler)
                continue
            words = until(lambda: candidates, "a candidate")[0].split()
            end.ice.disconnect(handler)
            end.there = words[4], int(words[5])
            end.peer.theirs = end.ice.get_property("local-ufrag"), end.ice.get_property("local-pwd")
            end.connect()
        self.assertEqual(len(seen), 3)

    def test_paused(self):
        """Consent and life do not depend on the streaming threads."""
        end = End(self, TIMEOUTS).connect()
        self.check_media(end, b"1")
        before = end.states()
        end.pipeline.set_state(Gst.State.PAUSED)
        time.sleep(PAUSE)
        end.pipeline.play()
        self.check_media(end, b"2")
        self.assertEqual(end.states(), before)
        self.assertEqual(end.pipeline.errors() + end.pipeline.warnings(), [])

    def test_timeout_set_while_waiting(self):
        """Before there is a socket, and in a call."""
        for connected in False, True:
            with self.subTest(connected=connected):
                if connected:
                    pipeline = End(self).connect().pipeline
                else:
                    pipeline = self.pipeline(f"icesrc name=src {LOOPBACK} ! fakesink").play()
                time.sleep(0.3)  # usually it waits by then
                pipeline["src"].set_property("timeout", 100 * Gst.MSECOND)
                for _ in range(2):
                    pipeline.wait(element_message("GstIceSrcTimeout", timeout=100 * Gst.MSECOND))
                pipeline["src"].set_property("timeout", 0)
                pipeline.stop()

    def test_buffer_waits_no_longer(self):
        sender = self.pipeline(f"fakesrc num-buffers=20 ! icesink name=ice {LOOPBACK}").play()
        time.sleep(0.3)  # usually the first buffer waits by then
        sender["ice"].set_property("wait-for-connection", False)
        sender.wait(EOS)
        stats = fields(sender["ice"].emit("get-stats"))
        self.assertEqual(stats["transport-0-1"]["packets-discarded-on-send"], 20)

    def test_step_in_each_state(self):
        """A flushing one ends waits, also where there is none."""
        sink = self.pipeline(f"icesink name=ice {LOOPBACK}")
        for state in Gst.State.NULL, Gst.State.READY, Gst.State.PLAYING, Gst.State.NULL:
            sink.set_state(state)
            self.assertTrue(sink["ice"].send_event(Gst.Event.new_step(Gst.Format.BUFFERS, 1, 1.0, True, False)))

    def test_flush(self):
        end = End(self).connect()
        pad = end.pipeline["snk"].get_static_pad("sink")
        segment = Gst.Segment()
        segment.init(Gst.Format.TIME)
        for i in range(5):
            pad.send_event(Gst.Event.new_flush_start())
            pad.send_event(Gst.Event.new_flush_stop(True))
            pad.send_event(Gst.Event.new_segment(segment))
            self.check_media(end, b"%d" % i)
        self.assertEqual(end.state(), "completed")

    def test_signalled_late(self):
        """A pair is made of the checks; its candidate is signalled later, twice, and makes
        no other pair."""
        for controlling in True, False:
            with self.subTest(controlling):
                end = End(self, peer=Peer(controlling))
                peer = end.peer
                self.assertTrue(end.ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password))
                peer.check(end.there, controlling)
                until(lambda: end.state() == "connected", "connected")
                pair = end.selected()["id"]
                for line in peer.line(), peer.line(), "":
                    self.assertTrue(end.ice.emit("add-ice-candidate", 0, line))
                until(lambda: end.state() == "completed", "completed")
                self.assertEqual([(p["id"], p["state"]) for p in end.pairs()], [(pair, "succeeded")])
                self.assertEqual(end.selected()["id"], pair)
                self.check_media(end, b"x")
                end.pipeline.stop()


if __name__ == "__main__":
    main()
