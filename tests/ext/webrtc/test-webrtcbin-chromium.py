#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin with our agent and Chromium: video both ways; with ICE_TEST_LONG=1
whoever offers."""

import importlib
import queue
import unittest

from webrtcpeer import Peer, make_agent  # the first: it has the path
import chromium
from icetest import ISOLATED, LONG, PATIENCE, IceTest, main, set_array
from webrtcend import negotiate

foreign = importlib.import_module("test-foreign-chromium")


class End:
    """A Peer as webrtcend.negotiate() wants it."""

    def __init__(self, test, offers):
        agent = make_agent()
        set_array(agent, "local-addresses", [])
        self.found = queue.SimpleQueue()
        self.peer = Peer(test, "webrtcbin", agent=agent)
        self.peer.tell = lambda _, text: self.found.put(text)
        self.offers, self.trickle = offers, True
        self.peer.pipeline.play()

    def describe(self):
        return self.peer.set_local("offer" if self.offers else "answer")

    def hear(self, text):
        self.peer.hear("answer" if self.offers else "offer", text)

    def candidates(self):
        while text := self.found.get(timeout=PATIENCE):
            yield text
        yield ""

    def add(self, text):
        self.peer.add(0, text)

    def begin(self):
        """It plays."""


@unittest.skipUnless(ISOLATED, "makes network namespaces: needs root")
@unittest.skipIf(chromium.MISSING, chromium.MISSING)
class TestChromium(IceTest):
    browser = foreign.TestForeignChromium.browser

    def test_video_both_ways(self):
        browser = self.browser(*chromium.FAKE_CAMERA)
        for we_offer in (True, False) if LONG else (False,):
            with self.subTest(we_offer=we_offer):
                theirs = foreign.Peer(browser, not we_offer, send=True)
                ours = End(self, we_offer)
                negotiate(*((ours, theirs) if we_offer else (theirs, ours)))
                ours.peer.wait_state("completed")
                theirs.wait_state("connected")
                ours.peer.wait_media()
                theirs.wait_frames()
                ours.peer.pipeline.stop()


if __name__ == "__main__":
    main()
