#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An offer has the same codecs before media flows and after, in the examples and in the ends of these
tests. An application that plays and asks for an offer gets either, as threads are scheduled."""

import re
import sys
import time
import unittest
from pathlib import Path

from webrtcpeer import OPUS, Gst, Peer  # the first: it has the path
from icetest import PATIENCE, IceTest, main

DOCS = Path(__file__).resolve().parents[3] / "docs"
sys.path.insert(0, str(DOCS))
import whip  # noqa: E402

INCOMPLETE = OPUS.replace("encoding-params=(string)2,", "")
AUDIO = f"audiotestsrc is-live=true ! opusenc ! rtpopuspay ! capsfilter name=send-audio caps={OPUS}"
CODECS = ["VP8/90000", "OPUS/48000/2"]  # RFC 7741 and RFC 7587, section 7 each


class TestOffer(IceTest):
    def make_end(self, media, ours):
        """A Peer that sends from the elements send-video and send-audio of a pipeline."""
        peer = Peer(self, "offerer", ours, video=False)
        source = Gst.parse_bin_from_description(media, False)
        peer.pipeline.element.add(source)
        for name in "send-video", "send-audio":
            if element := source.get_by_name(name):
                pad = Gst.GhostPad.new(name, element.get_static_pad("src"))
                source.add_pad(pad)
                source.link_pads(name, peer.ice, None)
        return peer.pipeline, peer.ice

    @staticmethod
    def read_codecs(webrtc):
        promise = Gst.Promise.new()
        webrtc.emit("create-offer", None, promise)
        promise.wait()
        reply = promise.get_reply()  # owns the description
        offer = reply.get_value("offer")
        return re.findall(r"(?m)^a=rtpmap:\d+ (\S+)", offer.sdp.as_text())

    def check(self, pipeline, webrtc, before=CODECS, after=CODECS):
        pipeline.set_state(Gst.State.READY)
        self.assertEqual(self.read_codecs(webrtc), before)
        self.assertEqual([pad.get_current_caps() for pad in webrtc.sinkpads], [None] * len(before))
        pipeline.set_state(Gst.State.PLAYING)
        deadline = time.monotonic() + PATIENCE
        while not all(pad.get_current_caps() for pad in webrtc.sinkpads):
            self.assertLess(time.monotonic(), deadline, "not each payloader has caps")
            time.sleep(0.05)
        self.assertEqual(self.read_codecs(webrtc), after)

    def test_ends_of_the_tests(self):
        peer = Peer(self, "offerer", audio=True)
        self.check(peer.pipeline, peer.ice)

    def test_browser_call(self):
        media = re.search(r'(?s)^MEDIA = """(.*?)"""', (DOCS / "browser-call.py").read_text(), re.M)[1]
        self.check(*self.make_end(media, True))

    def test_whip(self):
        end = whip.End("publish", "127.0.0.1", lambda *_: None)
        self.addCleanup(end.stop)
        for payload, (kind, medium) in enumerate(whip.MEDIA.items(), 96):
            end.add_source(kind, payload, medium[2])
        self.check(end.pipeline, end.webrtc)

    @unittest.skipUnless(Gst.version()[:2] == (1, 22), "other versions may complete the caps")
    def test_incomplete_caps(self):
        """What docs/webrtc.md has of webrtcbin, with each agent."""
        for ours in True, False:
            with self.subTest(ours=ours):
                media = AUDIO.replace(OPUS, INCOMPLETE)
                self.check(*self.make_end(media, ours), ["OPUS/48000"], ["OPUS/48000/2"])


if __name__ == "__main__":
    main()
