#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin with our agent and an ICE-lite peer, whoever offers: we control, nominate,
and ask for consent; video both ways."""

import contextlib
import itertools
import re
import socket
import threading
import time

from webrtcpeer import Peer, walk  # the first: it has the path
import forger
import peer
from icetest import PATIENCE, Gst, IceTest, free_port, get_stats, main
from webrtcend import SDP, attribute, fingerprint

PIPELINE = """
  videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 !
    vp8enc deadline=1 ! rtpvp8pay name=pay ! enc.rtp_sink_0
  dtlssrtpenc name=enc connection-id=lite{n} ! fakesink name=out sync=false async=false signal-handoffs=true
  udpsrc address=127.0.0.1 port={port} ! dtlssrtpdec name=dec connection-id=lite{n}
  dec.rtp_src ! fakesink name=media sync=false async=false signal-handoffs=true
  dec.rtcp_src ! fakesink sync=false async=false
"""
numbers = itertools.count()


class LitePeer(peer.StrictPeer):
    """RFC 8445 sections 2.5 and 7.3: one host candidate, answers checks and sends none. It
    sends media where the check with USE-CANDIDATE came from; DTLS's server."""

    def __init__(self, test):
        super().__init__(controlling=False)
        test.addCleanup(self.close)
        self.received, self.more = 0, threading.Condition()
        self.inside = "127.0.0.1", free_port(socket.SOCK_DGRAM)  # where its media goes into the pipeline
        self.pipeline = test.pipeline(PIPELINE.format(n=next(numbers), port=self.inside[1]))
        self.pipeline["media"].connect("handoff", self._count)
        self.pipeline["out"].connect("handoff", self._send)
        self.pipeline.set_state(Gst.State.READY)  # the certificate is there

    def _count(self, *_):
        with self.more:
            self.received += 1
            self.more.notify_all()

    def _send(self, _, buffer, pad):
        if self.nominated:
            sock, there = self.nominated
            sock.sendto(buffer.extract_dup(0, buffer.get_size()), there)

    def take_media(self, seen):
        with contextlib.suppress(BrokenPipeError):  # it is being closed
            seen.sock.sendto(seen.data, self.inside)

    def describe(self, offer=None):
        """The answer to that offer, or an offer."""
        mid = attribute(offer, "mid") if offer else "0"
        payload = int(re.search(r"^a=rtpmap:(\d+) VP8/", offer, re.M).group(1)) if offer else 96
        self.pipeline["pay"].set_property("pt", payload)
        sdp = SDP.format(session=1, version=1, mid=mid, payload=payload, direction="sendrecv",
                         ufrag=self.ufrag, pwd=self.password, setup="passive" if offer else "actpass",
                         fingerprint=fingerprint(self.pipeline["dec"].get_property("pem")))
        sdp = sdp.replace("a=group", "a=ice-lite\na=group") + f"a={self.line()}\na=end-of-candidates\n"
        return sdp.replace("\n", "\r\n")

    def set_remote(self, description):
        """Before the first check: it has to know the user name. The same text."""
        self.theirs = attribute(description, "ice-ufrag"), attribute(description, "ice-pwd")
        self.pipeline.play()
        return description

    def wait_media(self, n=20):
        with self.more:
            wanted = self.received + n
            assert self.more.wait_for(lambda: self.received >= wanted, PATIENCE), self.received


class TestLite(IceTest):
    def negotiate(self, end, lite, lite_offers):
        end.pipeline.play()
        if lite_offers:
            end.set_remote("offer", lite.describe())
            end.set_local("answer", lambda _, text: lite.set_remote(text))
        else:
            offer = end.set_local("offer", lambda _, text: lite.set_remote(text))
            end.set_remote("answer", lite.describe(offer))
        end.add(0, "")  # webrtcbin 1.22 does not pass a=end-of-candidates on

    def check(self, end, lite):
        end.wait_state("completed")
        connected = time.monotonic()
        end.wait_media()
        lite.wait_media()
        source, = walk(end.ice, "icesrc")
        self.assertEqual(source.get_property("role").value_nick, "controlling")
        pair, = [entry for entry in get_stats(end.agent).values()
                 if isinstance(entry, dict) and entry.get("selected")]
        self.assertEqual((pair["nominated"], pair["remote-type"], pair["remote-port"]),
                         (True, "host", lite.sock.getsockname()[1]))
        self.assertEqual(pair["requests-received"], 0)
        self.assertTrue(all(seen.has(forger.ICE_CONTROLLING) for seen in lite.checks))
        self.assertTrue(any(seen.has(forger.USE_CANDIDATE) for seen in lite.checks))
        peer.until(lambda: lite.checks[-1].at > connected + 1, "a request for consent")
        self.assertEqual(lite.faults, [])
        self.assertEqual(end.states[-1], "completed")
        self.assertNotIn("disconnected", end.states)

    def test_video_both_ways(self):
        calls = [(Peer(self, "full"), LitePeer(self)) for _ in range(2)]
        for lite_offers, (end, lite) in enumerate(calls):
            self.negotiate(end, lite, lite_offers)
        for lite_offers, (end, lite) in enumerate(calls):
            with self.subTest(lite_offers=bool(lite_offers)):
                self.check(end, lite)


if __name__ == "__main__":
    main()
