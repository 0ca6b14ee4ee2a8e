#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Built-in signalling: an end that goes to NULL, from any state, sends bye, and the
other end's icesrc ends its stream."""

from icetest import EOS, LOOPBACK, Gst, IceTest, element_message, free_port, main

CLOSED = element_message("ice-connection-state", new="closed")


class TestEnding(IceTest):
    def call(self):
        port = free_port()
        receiver = self.pipeline(f"icesrc name=ice {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
                                 "fakesink async=false").play()
        sender = self.pipeline(f"videotestsrc is-live=true ! icesink name=ice {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller").play()
        receiver.wait_connected()
        sender.wait_connected()
        return receiver, sender

    def test_sender_to_null(self):
        for state in Gst.State.PLAYING, Gst.State.PAUSED, Gst.State.READY:
            with self.subTest(state=state.value_nick):
                receiver, sender = self.call()
                sender.set_state(state)
                with self.within(1, "NULL"):
                    sender.stop()
                with self.within(3, "EOS"):
                    receiver.wait(EOS)
                self.assertEqual(receiver.errors() + receiver.warnings(), [])

    def test_receiver_to_null(self):
        """A sender has no stream to end: it reports the end, which is no error."""
        receiver, sender = self.call()
        receiver.stop()
        with self.within(1, "NULL"):
            sender.stop()
        self.assertEqual(sender.errors() + sender.warnings(), [])

    def test_sink_leaves(self):
        """An icesink that goes while the icesrc of its agent stays."""
        port = free_port()
        here = self.pipeline(
            f"icesrc name=src connection-id=here {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
            f"fakesink async=false videotestsrc name=in is-live=true ! icesink name=sink connection-id=here").play()
        there = self.pipeline(f"icesrc name=src {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=caller ! "
                              "fakesink async=false").play()
        here.wait_connected()
        there.wait_connected()
        here["sink"].set_locked_state(True)
        here["sink"].set_state(Gst.State.NULL)
        there.wait(EOS)
        self.assertEqual(there.errors() + there.warnings(), [])

    def test_nobody_called(self):
        receiver = self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{free_port()}?mode=listener ! "
                                 "fakesink async=false").play()
        with self.within(1, "NULL"):
            receiver.stop()


if __name__ == "__main__":
    main()
