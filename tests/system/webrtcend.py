# SPDX-License-Identifier: LGPL-2.1-or-later
"""One end of a WebRTC call, made of icesrc, icesink and the DTLS-SRTP elements:
VP8 both ways, and the SDP of it. What docs/webrtc.md explains."""

import hashlib
import itertools
import queue
import re
import ssl
import threading
import time

from icetest import PATIENCE, Gst, element_message, get_stats

PAYLOAD = 96
VP8 = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000"
BITRATE = 300000
names = itertools.count()

PIPELINE = """
  rtpbin name=rtp
  videotestsrc name=video is-live=true pattern={pattern} ! video/x-raw,width=320,height=240,framerate=15/1 !
    valve name=valve ! vp8enc deadline=1 target-bitrate={bitrate} ! rtpvp8pay name=pay mtu=1200 ! rtp.send_rtp_sink_0
  rtp.send_rtp_src_0 ! enc.rtp_sink_0
  rtp.send_rtcp_src_0 ! enc.rtcp_sink_0
  dtlssrtpenc name=enc connection-id=dtls{n} ! icesink name=ice connection-id=ice{n} sync=false async=false {more}
  icesrc name=src connection-id=ice{n} {more} ! dtlssrtpdec name=dec connection-id=dtls{n}
  dec.rtp_src ! rtp.recv_rtp_sink_0
  dec.rtcp_src ! rtp.recv_rtcp_sink_0
"""

SDP = """\
v=0
o=- {session} {version} IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE {mid}
m=video 9 UDP/TLS/RTP/SAVPF {payload}
c=IN IP4 0.0.0.0
a=mid:{mid}
a={direction}
a=msid:- video
a=rtcp-mux
a=rtpmap:{payload} VP8/90000
a=rtcp-fb:{payload} nack pli
a=ice-ufrag:{ufrag}
a=ice-pwd:{pwd}
a=fingerprint:sha-256 {fingerprint}
a=setup:{setup}
"""


def fingerprint(pem):
    """RFC 8122 section 5."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest().hex(":").upper()


def show(frames):
    """A bin that decodes VP8 from RTP and gives the pictures to `frames`."""
    sink = Gst.parse_bin_from_description(
        "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB ! "
        "fakesink name=out sync=false async=false signal-handoffs=true", True)
    sink.get_by_name("out").connect("handoff", frames.note)
    return sink


def negotiate(offerer, answerer):
    """The application between two ends."""
    answerer.set_remote(offerer.describe())
    offerer.set_remote(answerer.describe())
    for end in offerer, answerer:
        end.begin()
    if offerer.trickle:
        for end, other in (offerer, answerer), (answerer, offerer):
            for text in end.candidates():
                other.add(text)


def attribute(sdp, name):
    """The first a=name: of it."""
    return re.search(rf"^a={name}:(.*?)\r?$", sdp, re.M).group(1)


class End:
    """Our end; `offers`: whether it writes the first description."""

    def __init__(self, test, offers, trickle=True, pattern="smpte", setup="passive", more=""):
        self.offers = offers
        self.trickle = trickle
        self.setup = setup  # as who answers
        self.session, self.version = next(names), 0
        self.mid, self.payload, self.direction = "0", PAYLOAD, "sendrecv"
        role = "controlling" if offers else "controlled"
        self.pipeline = test.pipeline(PIPELINE.format(
            n=self.session, pattern=pattern, bitrate=BITRATE,
            more=f"role={role} trickle={trickle} {more}").replace("\n", " "))
        self.ice = self.pipeline["ice"]
        self.found = queue.SimpleQueue()
        self.ice.connect("on-ice-candidate", lambda _, stream, text: self.found.put(text))
        self.pipeline["rtp"].connect("request-pt-map", lambda *_: Gst.Caps.from_string(VP8))
        self.pipeline["rtp"].connect("pad-added", self._on_pad)
        self.frames = Frames()
        self.peer_fingerprint = None  # what its description promised
        self.pipeline.set_state(Gst.State.READY)  # credentials are there from now on

    def _on_pad(self, _, pad):
        if pad.get_name().startswith("recv_rtp_src"):
            sink = show(self.frames)
            self.pipeline.element.add(sink)
            sink.sync_state_with_parent()
            pad.link(sink.get_static_pad("sink"))

    def candidates(self):
        """Ours, as they are found, until all are."""
        return iter(lambda: self.found.get(timeout=PATIENCE), None)

    def add(self, text):
        assert self.ice.emit("add-ice-candidate", 0, text), text

    def describe(self):
        """Our description: an offer, or the answer to the remote one."""
        candidates = []
        if not self.trickle:
            assert self.ice.emit("gather-candidates")
            candidates = list(self.candidates())
        self.version += 1
        sdp = SDP.format(
            session=self.session, version=self.version, mid=self.mid, payload=self.payload, direction=self.direction,
            ufrag=self.ice.get_property("local-ufrag"), pwd=self.ice.get_property("local-pwd"),
            fingerprint=fingerprint(self.pipeline["dec"].get_property("pem")),
            setup="actpass" if self.offers else self.setup)
        lines = [f"a={text}" for text in candidates if text]
        lines.append("a=ice-options:trickle" if self.trickle else "a=end-of-candidates")
        return (sdp + "\n".join(lines) + "\n").replace("\n", "\r\n")

    def set_remote(self, sdp):
        """The peer's description."""
        self.mid = attribute(sdp, "mid")
        self.payload = int(re.search(r"^a=rtpmap:(\d+) VP8/", sdp, re.M).group(1))
        self.pipeline["pay"].set_property("pt", self.payload)
        if "\na=recvonly" in sdp:
            self.direction = "sendonly"
        algorithm, self.peer_fingerprint = attribute(sdp, "fingerprint").split()
        assert algorithm == "sha-256"
        # RFC 5763 section 5: who is active is DTLS's client
        is_client = attribute(sdp, "setup") == "passive" if self.offers else self.setup == "active"
        if self.pipeline["enc"].get_state(0)[1] == Gst.State.READY:
            self.pipeline["enc"].set_property("is-client", is_client)
        assert self.ice.emit("set-remote-credentials", 0, attribute(sdp, "ice-ufrag"), attribute(sdp, "ice-pwd"))
        for text in re.findall(r"^a=(candidate:.*?)\r?$", sdp, re.M):
            self.add(text)

    def begin(self):
        self.pipeline.play()

    def check_peer(self, test):
        """DTLS's certificate is the one that was promised."""
        test.assertEqual(fingerprint(self.pipeline["dec"].get_property("peer-pem")), self.peer_fingerprint)

    def restart(self):
        """The next description is an offer with other credentials."""
        self.offers = True
        assert self.ice.emit("restart")

    def stop_video(self):
        self.pipeline["valve"].set_property("drop", True)

    def find(self, kind):
        return [entry for entry in get_stats(self.ice).values() if isinstance(entry, dict) and entry["type"] == kind]

    def selected_pair(self):
        pair, = [pair for pair in self.find("candidate-pair") if pair["selected"]]
        return pair

    def state(self):
        return self.ice.get_property("ice-connection-state").value_nick

    def states(self):
        return [m["new"] for m in self.pipeline.messages("ice-connection-state")]

    def wait_completed(self):
        self.pipeline.wait(element_message("ice-connection-state", new="completed"))

    def check_quiet(self, test):
        test.assertEqual(self.pipeline.errors() + self.pipeline.warnings(), [])


class Frames:
    """Decoded pictures: how many, their size, the mean colour of the newest, and
    the longest time without one."""

    def __init__(self):
        self._more = threading.Condition()
        self._last = None
        self.n = 0
        self.size = None
        self.colour = None
        self.gap = 0

    def note(self, _, buffer, pad):
        now = time.monotonic()
        caps = pad.get_current_caps().get_structure(0)
        data = buffer.extract_dup(0, buffer.get_size())
        with self._more:
            self.n += 1
            self.size = tuple(caps.get_value(name) for name in ("width", "height"))
            self.colour = tuple(sum(data[i::3 * 97]) // len(data[i::3 * 97]) for i in range(3))
            if self._last is not None:
                self.gap = max(self.gap, now - self._last)
            self._last = now
            self._more.notify_all()

    def reset(self):
        with self._more:
            self.gap = 0

    def wait(self, n=5):
        """For so many more of them."""
        with self._more:
            wanted = self.n + n
            assert self._more.wait_for(lambda: self.n >= wanted, PATIENCE), f"{self.n} pictures came, not {wanted}"
