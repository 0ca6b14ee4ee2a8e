#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two launch lines are a call: every byte arrives, both end by themselves, -m
prints what happened. The examples in the elements' docs run as written."""

import os
import re
import shlex

from icetest import LONG, IceTest, free_port, main, read_examples

RECEIVER = ("""gst-launch-1.0 icesrc signalling-uri="URI?mode=listener" """
            """local-addresses='<"127.0.0.1">' ! filesink location=out""")
SENDER = ("gst-launch-1.0 -m fakesrc num-buffers=500 sizetype=fixed sizemax=1000 "
          """filltype=pattern ! icesink sync=false signalling-uri="URI?mode=caller" """
          """local-addresses='<"127.0.0.1">'""")


def pattern(buffers, size=1000):
    """What fakesrc filltype=pattern makes: a byte counter in each buffer."""
    return bytes(i % 256 for i in range(size)) * buffers


class TestLaunchLines(IceTest):
    def uri(self):
        return f"tcp://127.0.0.1:{free_port()}"

    def call(self, uri, buffers=500, caller_first=False):
        lines = [RECEIVER.replace("URI", uri),
                 SENDER.replace("URI", uri).replace("=500", f"={buffers}")]
        if caller_first:
            sender = self.run_line(lines[1])
            sender.wait_for("Setting pipeline to PLAYING")
            receiver = self.run_line(lines[0])
        else:
            receiver, sender = [self.run_line(line) for line in lines]
        self.assert_ends_well(sender, receiver)
        data = self.read("out")
        self.assertEqual(len(data), buffers * 1000)
        self.assertEqual(data, pattern(buffers))
        return receiver, sender

    def test_as_typed(self):
        receiver, sender = self.call(self.uri())
        self.assert_in_order(
            sender.text,
            "ice-gathering-state, old=(GstIceGatheringState)new, new=(GstIceGatheringState)gathering",
            "ice-candidate, stream=(uint)0, candidate=(string)\"candidate:",
            "ice-candidate, stream=(uint)0, candidate=(string)\"\"",
            "ice-gathering-state, old=(GstIceGatheringState)gathering, new=(GstIceGatheringState)complete",
            "ice-candidate, stream=(uint)0, candidate=(string)NULL")
        self.assert_in_order(
            sender.text,
            "ice-transport-state, stream=(uint)0, component=(uint)1, old=(GstIceConnectionState)new, "
            "new=(GstIceConnectionState)checking, reason=(string)checks",
            "ice-connection-state, old=(GstIceConnectionState)new, new=(GstIceConnectionState)checking",
            "ice-selected-candidate-pair, stream=(uint)0, component=(uint)1, pair=(structure)\"candidate-pair",
            "ice-transport-state, stream=(uint)0, component=(uint)1, old=(GstIceConnectionState)checking, "
            "new=(GstIceConnectionState)connected",
            "ice-connection-state, old=(GstIceConnectionState)checking, new=(GstIceConnectionState)connected",
            "Got EOS")  # `completed` may come later: connected is enough to send all buffers
        for once in ('candidate=(string)""', "candidate=(string)NULL", "): ice-selected-candidate-pair"):
            self.assertEqual(sender.text.count(once), 1, once)
        self.assert_contains(receiver.text, "Got EOS")

    def test_caller_first(self):
        self.call(self.uri(), caller_first=True)

    def test_no_byte_is_ever_lost(self):
        for i in range(200 if LONG else 20):
            self.call(self.uri(), caller_first=i % 2 == 1)

    def test_many_datagrams(self):
        self.call(self.uri(), buffers=50000 if LONG else 5000)

    def test_unix_socket(self):
        path = self.path("call")
        self.call(f"unix://{path}")
        self.assertFalse(os.path.exists(path), "the socket file is left behind")
        self.call(f"unix://{path}", caller_first=True)

    def test_ipv6(self):
        uri = f"tcp://[::1]:{free_port(host='::1')}"
        ipv6 = [line.replace("URI", uri).replace("127.0.0.1\">", "::1\">") for line in (RECEIVER, SENDER)]
        self.assert_ends_well(*[self.run_line(line) for line in ipv6])
        self.assertEqual(self.read("out"), pattern(500))


class TestExamples(IceTest):
    """A windowless machine shows frames to a fakesink that prints each."""

    def replace(self, line, uri):
        line = re.sub(r"(tcp://127\.0\.0\.1:5000|unix:///tmp/call)", uri, line)
        return line.replace("autovideosink", "fakesink silent=false")

    def run_pair(self, index, uri):
        source, sink = [read_examples(f"gstice{end}.c")[index] for end in ("src", "sink")]
        self.assertIn("icesrc", shlex.split(source))
        self.assertIn("icesink", shlex.split(sink))
        # ten seconds of live video are two by default
        sink = sink.replace("num-buffers=300", "num-buffers=300" if LONG else "num-buffers=60")
        receiver = self.run_line(self.replace(source, uri) + " -v")
        sender = self.run_line(self.replace(sink, uri))
        self.assert_ends_well(sender, receiver)
        return receiver, sender

    def test_there_are_two_each(self):
        for name in ("gsticesrc.c", "gsticesink.c"):
            lines = read_examples(name)
            self.assertGreaterEqual(len(lines), 2)
            for line in lines:
                self.assertTrue(line.startswith("gst-launch-1.0 "), line)

    def test_bytes(self):
        self.run_pair(0, f"tcp://127.0.0.1:{free_port()}")
        self.assertEqual(self.read("out"), pattern(500))

    def test_video(self):
        receiver, sender = self.run_pair(1, f"unix://{self.path('call')}")
        frames = receiver.text.count("chain   *******")
        self.assertGreaterEqual(frames, 290 if LONG else 50, receiver.text)


if __name__ == "__main__":
    main()
