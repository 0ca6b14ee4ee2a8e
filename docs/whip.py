# SPDX-License-Identifier: LGPL-2.1-or-later
"""What whip-publish.py and whip-serve.py share: descriptions of WHIP (RFC 9725) and WHEP, and a webrtcbin with
GstIceWebRTCAgent."""
import argparse
import hashlib
import re
import ssl
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GObject, Gst, GstSdp, GstWebRTC
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
MEDIA = {  # kind: (codec, clock rate, source, payloader, depayloader)
    "video": ("VP8", 90000,
              "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1",
              "rtpvp8pay", "rtpvp8depay request-keyframe=true"),
    "audio": ("OPUS", 48000, "audiotestsrc is-live=true ! opusenc", "rtpopuspay", "rtpopusdepay")}


class Refused(Exception):
    """The request is refused; becomes an HTTP response."""

    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


# Descriptions and fragments of them. Parts of one have "\n" between lines.

def split(text):
    """The session part, before the first m=, and a part for each m=."""
    session, *media = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))
    return session, media


def join(*parts):
    return "".join(parts).replace("\n", "\r\n")


def find(name, *parts):
    """The value of an attribute in the first part that has it."""
    found = (re.search(rf"(?m)^a=(?:{name})(?::(.*))?$", part) for part in parts)
    return next((match[1] or "" for match in found if match), None)


def write_candidates(candidates):
    return "".join(f"a={text or 'end-of-candidates'}\n" for text in candidates)


def read_ice(text):
    """User name fragment, password and candidates of the first m=, which apply to all with BUNDLE. The candidate ""
    is the end of candidates."""
    session, media = split(text)
    ufrag, pwd = (find(f"ice-{name}", *media[:1], session) or "" for name in ("ufrag", "pwd"))
    if not re.fullmatch("[A-Za-z0-9+/]{4,256}", ufrag) or not re.fullmatch("[A-Za-z0-9+/]{22,256}", pwd):
        raise Refused(400, "a=ice-ufrag or a=ice-pwd is missing or malformed.")
    candidates = re.findall(r"(?m)^a=(?:(candidate:.*)|end-of-candidates)$", "".join((session, *media[:1])))
    for text in candidates:
        if text and not re.fullmatch(r"candidate:\S+ \d+ \S+ \d+ \S+ \d+ typ \S+( .*)?", text):
            raise Refused(400, f"This is not a candidate: {text[:100]}")
    return ufrag, pwd, candidates


def write_ice(text, ufrag, pwd, candidates):
    """The description with these credentials and candidates instead of its own."""
    for name, value in ("ufrag", ufrag), ("pwd", pwd):
        text = re.sub(rf"(?m)^a=ice-{name}:.*?(\r?)$", rf"a=ice-{name}:{value}\1", text)
    session, (first, *others) = split(re.sub(r"(?m)^a=(candidate:.*|end-of-candidates)\r?\n", "", text))
    return join(session, first, write_candidates(candidates), *others)


def read_fragment(text, description):
    """As read_ice(), of the body of a PATCH for a session with that description."""
    if not re.fullmatch(r"([am]=.+\n)*[am]=.+\n?", text.replace("\r\n", "\n")):
        raise Refused(400, "Each line of the fragment has to begin with a= or m=.")
    session, media = split(text)
    mids = [find("mid", part) for part in split(description)[1]]
    if not {find("mid", part) for part in media} <= set(mids):
        raise Refused(400, f"Each m= of the fragment needs an a=mid of the offer: {', '.join(mids)}.")
    first = [part for part in media if find("mid", part) == mids[0]]
    ufrag, pwd, candidates = read_ice(session + "".join(first or media))
    return ufrag, pwd, candidates if first or not media else []


def write_fragment(description, ufrag, pwd, candidates):
    """The body of a PATCH (RFC 8840)."""
    session, (first, *_) = split(description)
    same = re.findall(r"(?m)^a=(?:group:BUNDLE|ice-options|ice-lite|ice-pacing)\b.*\n", session)
    own = f"a=mid:{find('mid', first)}\na=ice-ufrag:{ufrag}\na=ice-pwd:{pwd}\n"
    return join(*same, re.match(".*\n", first)[0], own, write_candidates(candidates))


def complete(description):
    """Adds the attributes of each m= that RFC 9725 requires and webrtcbin does not write."""
    session, media = split(description)
    for i, part in enumerate(media):
        if find("rtcp-mux-only", part) is None:
            media[i] += "a=rtcp-mux-only\n"
        if find("sendonly", part) is not None:
            media[i] += f"a=msid:whip {part[2:7]}\n"
    return join(session, *media)


def write_caps(kind):
    codec, rate, *_ = MEDIA[kind]
    channels = ",encoding-params=(string)2" if codec == "OPUS" else ""  # RFC 7587 section 7
    return f"application/x-rtp,media={kind},encoding-name={codec}{channels},clock-rate={rate}"


class End:
    """A pipeline of a webrtcbin with our ICE agent. tell() hears what happens, in any thread: ("candidate", text),
    ("ice", state), ("connection", state) or ("error", text)."""

    def __init__(self, name, address, tell):
        self.name, self.is_secure = name, False
        self.agent = GObject.new(Gst.DynamicTypeFactory.load("GstIceWebRTCAgent"))
        Gst.util_set_object_arg(self.agent, "local-addresses", f"<{address}>")
        self.webrtc = Gst.ElementFactory.make_with_properties("webrtcbin", ["ice-agent"], [self.agent])
        Gst.util_set_object_arg(self.webrtc, "bundle-policy", "max-bundle")
        self.pipeline = Gst.Pipeline()
        self.pipeline.add(self.webrtc)
        self.pipeline.use_clock(Gst.SystemClock.obtain())  # one time for all pipelines: frames keep theirs
        self.pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
        self.pipeline.set_base_time(0)
        self.webrtc.connect("on-ice-candidate", lambda _, line, text: tell("candidate", text))
        # each state is reported, so it is read where it changes
        self.agent.connect("notify::ice-connection-state", lambda agent, _: tell(
            "ice", agent.get_property("ice-connection-state").value_nick))
        self.webrtc.connect("notify::connection-state", lambda webrtc, _: tell(
            "connection", webrtc.get_property("connection-state").value_nick))
        bus = self.pipeline.get_bus()
        bus.enable_sync_message_emission()
        bus.connect("sync-message", self.on_message, tell)

    @staticmethod
    def on_message(bus, message, tell):
        bus.pop()  # the one before, for nobody else reads them
        if message.type == Gst.MessageType.ERROR:
            tell("error", message.parse_error()[0].message)

    def take(self, event, what):
        """Of an event: raises Refused where it is the end of the connection."""
        if event == "ice":
            print(f"{self.name}: {what}", flush=True)
        if event == "error":
            raise Refused(503, what)
        if event != "candidate" and what in ("failed", "closed"):
            raise Refused(503, "the connection is lost")
        if (event, what) == ("connection", "connected") and not self.is_secure:
            self.check_certificate()
            self.is_secure = True

    def check_certificate(self):
        """webrtcbin does not compare the certificate with the description."""
        transport = self.webrtc.emit("get-transceiver", 0).get_property("sender").get_property("transport")
        algorithm, digest = self.fingerprint.split()
        certificate = ssl.PEM_cert_to_DER_cert(transport.get_property("remote-certificate"))
        if hashlib.new(algorithm.replace("-", ""), certificate).digest().hex(":") != digest.lower():
            raise Refused(403, "the peer's certificate is not that of its description")

    def add_source(self, kind, payload, description):
        source = Gst.parse_bin_from_description(
            f"{description} ! {MEDIA[kind][3]} ! capsfilter caps={write_caps(kind)},payload={payload}", True)
        self.pipeline.add(source)
        source.link(self.webrtc)
        transceiver = source.get_static_pad("src").get_peer().get_property("transceiver")
        Gst.util_set_object_arg(transceiver, "direction", "sendonly")
        return source

    def ask(self, name, *arguments):
        promise = Gst.Promise.new()
        self.webrtc.emit(name, *arguments, promise)
        promise.wait()  # webrtcbin's thread does not wait for this one
        reply = promise.get_reply()
        if reply and reply.has_field("error"):
            raise Refused(422, f"{name}: {reply.get_value('error').message}")
        return reply

    def set_local(self, kind, change=lambda text: text):
        """Makes a description, changes it and sets it; its text."""
        reply = self.ask(f"create-{kind}", None)
        description = reply.get_value(kind)
        text = complete(change(description.sdp.as_text()))
        self.ask("set-local-description", GstWebRTC.WebRTCSessionDescription.new(
            description.type, GstSdp.SDPMessage.new_from_text(text)[1]))
        return text

    def set_remote(self, kind, text, ufrag, pwd, candidates):
        session, media = split(text)
        fingerprint = find("fingerprint", *media[:1], session)
        if not media or not re.fullmatch("sha-(1|224|256|384|512) [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", fingerprint or ""):
            raise Refused(400, "There is no m=, or a=fingerprint is missing or malformed.")
        result, sdp = GstSdp.SDPMessage.new_from_text(write_ice(text, ufrag, pwd, []))
        if result != GstSdp.SDPResult.OK:
            raise Refused(400, "The body is not a session description.")
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(
            getattr(GstWebRTC.WebRTCSDPType, kind), sdp))
        self.remote, self.fingerprint = (ufrag, pwd), fingerprint
        self.add_candidates(candidates)

    def add_candidates(self, candidates):
        for text in candidates:
            self.webrtc.emit("add-ice-candidate", 0, text)

    def local_credentials(self):
        return self.agent.get_property("local-ufrag"), self.agent.get_property("local-pwd")

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)
        self.pipeline = self.webrtc = self.agent = None  # they hold this object by their handlers


def read_token(path):
    try:
        with open(path) as file:
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{path}: {getattr(error, 'strerror', error)}") from None
    if not re.fullmatch("[A-Za-z0-9._~+/-]+=*", token):
        raise argparse.ArgumentTypeError(
            f"{path} has to contain a bearer token only: letters, digits, - . _ ~ + / and = at its end")
    return token


def start(parser):
    """Adds the options of both programs, reads all of them, and starts GStreamer."""
    parser.add_argument("--address", default="127.0.0.1", help="of this machine, to use (default: 127.0.0.1)")
    parser.add_argument("--token-file", dest="token", type=read_token, help="file with a bearer token")
    options = parser.parse_args()
    Gst.init(None)
    for name in "GstIceWebRTCAgent", "webrtcbin", "nicesrc", "vp8enc", "opusenc":
        if not Gst.Registry.get().lookup_feature(name):
            sys.exit(f"{parser.prog}: GStreamer has no {name}; whip.md says what is needed")
    return options
