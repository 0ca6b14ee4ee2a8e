#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A wrong remote-pwd never connects: failed after the 39.5 s of RFC 8863, with
advice on what to check, though the peer goes on checking; where it does not signal
the end of its candidates, after end-of-candidates-timeout. All ends wait for
that at the same time."""

import threading
import time

import peer
from icetest import ERROR, LOOPBACK, Gst, IceTest, element_message, error_text, fields, main, signal_to

PATIENCE = 39.5  # RFC 8863 section 4
END = 42  # end-of-candidates-timeout, seconds
WRONG = 22 * "x"


class TestWrongPassword(IceTest):
    def call(self):
        pipelines = [self.pipeline(f"appsrc name=in ! icesink name=ice role=controlling {LOOPBACK}"),
                     self.pipeline(f"icesrc name=ice role=controlled {LOOPBACK} ! fakesink")]
        for pipeline in pipelines:
            pipeline.set_state(Gst.State.READY)
        sender, receiver = [pipeline["ice"] for pipeline in pipelines]
        signal_to(sender, receiver)
        sender.emit("set-remote-credentials", 0, receiver.get_property("local-ufrag"), WRONG)
        receiver.connect("on-ice-candidate", lambda _, stream, candidate: candidate is not None
                         and sender.emit("add-ice-candidate", stream, candidate))
        for pipeline in pipelines:
            pipeline.play()
        pipelines[0]["in"].emit("push-buffer", Gst.Buffer.new_wrapped(b"never sent"))
        return pipelines

    def begin_asked(self, settings="", ends=True):
        """An end whose peer checks it every 0.4 s, and answers nothing, as one
        does whose password we do not know: no check is ever done."""
        end = peer.End(self, f"on-failed=warning {settings}", peer.Peer(code=lambda seen: None))
        self.assertTrue(end.ice.emit("set-remote-credentials", 0, end.peer.ufrag, WRONG))
        for line in (end.peer.line(), *([""] if ends else [])):
            self.assertTrue(end.ice.emit("add-ice-candidate", 0, line))
        end.signalled_at = time.monotonic()
        end.over = threading.Event()
        self.addCleanup(end.over.set)

        def ask():
            while not end.over.wait(0.4):
                end.peer.check(end.there)
        threading.Thread(target=ask, daemon=True).start()
        return end

    def check_asked(self, end, seconds):
        """Failed in time, and no later check of the peer's undoes that."""
        self.assertEqual(end.wait_state("failed", 60), "checks-exhausted")
        self.assertGreater(time.monotonic() - end.signalled_at, seconds - 0.5)
        self.assertLess(time.monotonic() - end.signalled_at, seconds + 5)
        self.assertEqual([s for s, _ in end.states() if s not in ("checking", "disconnected")], ["failed"])
        self.assertGreater(len(end.peer.checks), 20, "the end was not asked to check again")
        time.sleep(1)
        self.assertEqual(end.state(), "failed")

    first_error = None

    def test_never_connects(self):
        start = time.monotonic()
        asked = self.begin_asked()
        # peers that do not signal the end of their candidates
        silent = self.begin_asked(f"end-of-candidates-timeout={END * 1000}", False)
        waiting = self.begin_asked("end-of-candidates-timeout=0", False)
        pipelines = self.call()
        sender, receiver = pipelines
        # whose checks the sender answers, but does not nominate
        receiver.wait(element_message("ice-transport-state", old="checking", new="connected"), 10)
        self.assertIs(fields(receiver["ice"].get_property("selected-candidate-pair"))["nominated"], False)
        error = error_text(sender.wait(ERROR, 60))
        TestWrongPassword.first_error = error
        if error == "Internal data stream error.":  # the source's, see below
            error = error_text(sender.wait(ERROR, 5))
        self.assertGreater(time.monotonic() - start, PATIENCE - 0.5)
        self.assertLess(time.monotonic() - start, PATIENCE + 5)
        self.assert_contains(error, "ICE failed on stream 0 component 1 (checks-exhausted): ",
                             "check that remote-ufrag and remote-pwd are the peer's")
        self.assertNotIn(WRONG, error)
        sender.wait(element_message("ice-transport-state", new="failed", reason="checks-exhausted"), 5)
        states = [m["new"] for m in sender.messages("ice-transport-state")]
        self.assertEqual(states[:1] + states[-1:], ["checking", "failed"])
        self.assertLessEqual(set(states[:-1]), {"checking", "disconnected"})
        self.check_asked(asked, PATIENCE)
        self.check_asked(silent, END)
        self.assertEqual(waiting.state(), "checking")

    def test_the_first_error_says_why(self):
        """That test's; the sender's comes first."""
        self.assertIn("ICE failed", self.first_error or "nothing: run both tests")


if __name__ == "__main__":
    main()
