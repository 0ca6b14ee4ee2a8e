#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin with our agent and Chromium, whoever offers: video, audio and data both ways."""

import importlib
import queue
import unittest

from webrtcpeer import AUDIO, OPUS, Peer, make_agent  # the first: it has the path
import chromium
from icetest import ISOLATED, PATIENCE, IceTest, main, set_array
from webrtcend import negotiate

foreign = importlib.import_module("test-foreign-chromium")


class End:
    """A Peer as webrtcend.negotiate() wants it."""

    def __init__(self, test, offers):
        agent = make_agent()
        set_array(agent, "local-addresses", [])
        self.found = queue.SimpleQueue()
        self.peer = Peer(test, "webrtcbin", agent=agent)
        self.peer.add_media(AUDIO, OPUS.replace("payload=97", "payload=111"))  # as Chromium has it
        self.peer.signal_candidate = lambda _, text: self.found.put(text)
        self.offers, self.trickle = offers, True
        self.peer.pipeline.play()
        if offers:
            self.peer.open_channel()

    def describe(self):
        return self.peer.set_local("offer" if self.offers else "answer")

    def set_remote(self, text):
        self.peer.set_remote("answer" if self.offers else "offer", text)

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

    def test_video_audio_and_data_both_ways(self):
        browser = self.browser(*chromium.FAKE_CAMERA)
        for we_offer in True, False:
            with self.subTest(we_offer=we_offer):
                theirs = foreign.Peer(browser, not we_offer, send=True)
                theirs.page.ask("startSoundAndData", not we_offer)
                ours = End(self, we_offer)
                negotiate(*((ours, theirs) if we_offer else (theirs, ours)))
                ours.peer.wait_state("completed")
                self.check_media(ours.peer, theirs)
                self.check_data(ours.peer, theirs)
                ours.peer.pipeline.stop()
                theirs.page.close()

    def check_media(self, ours, theirs):
        ours.wait_media("video")
        ours.wait_media("audio")
        theirs.wait_frames()
        theirs.page.ask("receiveSound", 20)

    def check_data(self, ours, theirs):
        ours.wait(ours.is_open, "channel")
        ours.channel.emit("send-string", "from webrtcbin")
        self.assertEqual(theirs.page.ask("exchange", "from the page"), "from webrtcbin")
        ours.wait(lambda: ours.messages == ["from the page"], "message")


if __name__ == "__main__":
    main()
