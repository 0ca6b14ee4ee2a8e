#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A wrong remote-pwd never connects: disconnected (checks-exhausted) once no
check is left, failed after the 39.5 s of RFC 8863, with words on what to check."""

import time

from icetest import ERROR, LOOPBACK, Gst, IceTest, element_message, main, tell, told

PATIENCE = 39.5  # RFC 8863 section 4
WRONG = 22 * "x"


class TestWrongPassword(IceTest):
    def call(self):
        pipelines = [self.pipeline(f"appsrc name=in ! icesink name=ice role=controlling {LOOPBACK}"),
                     self.pipeline(f"icesrc name=ice role=controlled {LOOPBACK} ! fakesink")]
        for pipeline in pipelines:
            pipeline.set_state(Gst.State.READY)
        sender, receiver = [pipeline["ice"] for pipeline in pipelines]
        tell(sender, receiver)
        sender.emit("set-remote-credentials", 0, receiver.get_property("local-ufrag"), WRONG)
        receiver.connect("on-ice-candidate", lambda _, stream, candidate: candidate is not None
                         and sender.emit("add-ice-candidate", stream, candidate))
        for pipeline in pipelines:
            pipeline.play()
        pipelines[0]["in"].emit("push-buffer", Gst.Buffer.new_wrapped(b"never sent"))
        return pipelines

    first_error = None

    def test_never_connects(self):
        start = time.monotonic()
        pipelines = self.call()
        for pipeline in pipelines:
            pipeline.wait(element_message("ice-transport-state", old="checking", new="disconnected",
                                          reason="checks-exhausted"), 30)
            error = told(pipeline.wait(ERROR, 60))
            TestWrongPassword.first_error = TestWrongPassword.first_error or error
            if error == "Internal data stream error.":  # the source's, see below
                error = told(pipeline.wait(ERROR, 5))
            self.assertGreater(time.monotonic() - start, PATIENCE - 0.5)
            self.assertLess(time.monotonic() - start, PATIENCE + 5)
            self.assert_says(error, "ICE failed on stream 0 component 1 (checks-exhausted): ",
                             "check that remote-ufrag and remote-pwd are the peer's")
            self.assertNotIn(WRONG, error)
            pipeline.wait(element_message("ice-transport-state", old="disconnected", new="failed",
                                          reason="checks-exhausted"), 5)
            states = [m["new"] for m in pipeline.messages("ice-transport-state")]
            self.assertEqual(states, ["checking", "disconnected", "failed"])

    def test_the_first_error_says_why(self):
        """That test's; the sender's comes first."""
        self.assertIn("ICE failed", self.first_error or "nothing: run both tests")


if __name__ == "__main__":
    main()
