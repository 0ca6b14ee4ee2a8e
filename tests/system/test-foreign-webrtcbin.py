#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin as the peer: video both ways over DTLS-SRTP, whoever offers, whoever
is DTLS's client, candidate by candidate and all in the descriptions."""

import itertools
import queue

import gi

from icetest import LOOPBACK, PATIENCE, Gst, IceTest, get_object, main
from webrtcend import PAYLOAD, VP8, End, Frames, negotiate, show

gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GstSdp, GstWebRTC  # noqa: E402


class Peer:
    """What a webrtcbin application does. Candidates go into `found`, None last."""

    def __init__(self, test, offers, trickle):
        self.pipeline = test.pipeline(
            "webrtcbin name=ice bundle-policy=max-bundle videotestsrc is-live=true pattern=green "
            f"! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1 ! rtpvp8pay pt={PAYLOAD} ! "
            f"{VP8},payload={PAYLOAD} ! ice.")
        self.offers = offers
        self.trickle = trickle
        self.ice = self.pipeline["ice"]
        transport = get_object(self.ice, "ice-agent")
        transport.emit("add-local-ip-address", "127.0.0.1")
        transport.get_property("agent").set_property("upnp", False)
        self.found = queue.SimpleQueue()
        self.ice.connect("on-ice-candidate", lambda _, line, text: self.found.put(text))
        self.ice.connect("notify::ice-gathering-state", self._on_gathering)
        self.ice.connect("pad-added", self._on_pad)
        self.frames = Frames()
        self.pipeline.play()

    def _on_gathering(self, ice, _):
        if ice.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self.found.put("")  # it signals the end of candidates in no other way
            self.found.put(None)

    def _on_pad(self, _, pad):
        if pad.get_direction() == Gst.PadDirection.SRC:
            sink = show(self.frames)
            self.pipeline.element.add(sink)
            sink.sync_state_with_parent()
            pad.link(sink.get_static_pad("sink"))

    def _ask(self, name, *arguments):
        promise = Gst.Promise.new()
        self.ice.emit(name, *arguments, promise)
        assert promise.wait() == Gst.PromiseResult.REPLIED
        return promise.get_reply()

    def candidates(self):
        return iter(lambda: self.found.get(timeout=PATIENCE), None)

    def add(self, text):
        self.ice.emit("add-ice-candidate", 0, text)

    def describe(self):
        kind = "offer" if self.offers else "answer"
        reply = self._ask(f"create-{kind}", None)  # owns the description
        description = reply.get_value(kind)
        self._ask("set-local-description", description)
        if self.trickle:
            return description.sdp.as_text()
        return description.sdp.as_text() + "".join(f"a={text}\r\n" for text in self.candidates() if text)

    def set_remote(self, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        kind = GstWebRTC.WebRTCSDPType.ANSWER if self.offers else GstWebRTC.WebRTCSDPType.OFFER
        self._ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, sdp))

    def begin(self):
        """It plays already."""

    def state(self):
        return self.ice.get_property("ice-connection-state").value_nick


class TestForeignWebrtcbin(IceTest):
    def call(self, offers, trickle, setup):
        ours = End(self, offers, trickle, pattern="blue", setup=setup, more=LOOPBACK)
        theirs = Peer(self, not offers, trickle)
        negotiate(*((ours, theirs) if offers else (theirs, ours)))
        ours.wait_completed()
        return ours, theirs

    def check_colour(self, frames, expected):
        frames.wait()
        self.assertEqual(frames.size, (320, 240))
        for channel, wanted in zip(frames.colour, expected):
            self.assertAlmostEqual(channel, wanted, delta=20, msg=frames.colour)

    def check(self, offers, trickle, setup="passive"):
        ours, theirs = self.call(offers, trickle, setup)
        self.check_colour(ours.frames, (0, 255, 0))
        self.check_colour(theirs.frames, (0, 0, 255))
        ours.check_peer(self)
        ours.check_quiet(self)
        self.assertEqual(ours.states(), ["checking", "connected", "completed"])
        self.assertEqual(ours.ice.get_property("role").value_nick, "controlling" if offers else "controlled")
        self.assertIn(theirs.state(), ("connected", "completed"))
        ours.pipeline.stop()
        theirs.pipeline.stop()

    def test_we_offer(self):
        for trickle in True, False:
            with self.subTest(trickle=trickle):
                self.check(True, trickle)

    def test_webrtcbin_offers(self):
        for trickle, setup in itertools.product((True, False), ("active", "passive")):
            with self.subTest(trickle=trickle, setup=setup):
                self.check(False, trickle, setup)


if __name__ == "__main__":
    main()
