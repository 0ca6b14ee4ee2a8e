# SPDX-License-Identifier: LGPL-2.1-or-later
"""WHIP (RFC 9725) and WHEP over webrtcbin with GstIceWebRTCAgent; whip.md describes it."""
import argparse
import hashlib
import hmac
import http
import re
import secrets
import signal
import ssl
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib, GObject, Gst, GstSdp, GstWebRTC, Soup
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
MAX_BODY = 1 << 16  # bytes
MAX_SESSIONS = 8
RETRY_AFTER = 2  # seconds
CAPS = {"video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000",
        "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000"}
SOURCES = {"video": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1",
           "audio": "audiotestsrc is-live=true ! opusenc"}
PAYLOADERS = {"video": "rtpvp8pay", "audio": "rtpopuspay"}
DEPAYLOADERS = {"video": "rtpvp8depay request-keyframe=true", "audio": "rtpopusdepay"}
PAGE = """<!DOCTYPE html><title>WHEP</title><video autoplay muted controls></video><pre></pre><script type="module">
const pc = new RTCPeerConnection({bundlePolicy: "max-bundle"}), stream = new MediaStream()
pc.ontrack = event => { stream.addTrack(event.track); document.querySelector("video").srcObject = stream }
for (const kind of ["audio", "video"])
  pc.addTransceiver(kind, {direction: "recvonly"})
await pc.setLocalDescription()
while (pc.iceGatheringState != "complete")
  await new Promise(done => pc.onicegatheringstatechange = done)
const token = location.hash.slice(1)
const headers = {"Content-Type": "application/sdp", ...token && {Authorization: `Bearer ${token}`}}
const reply = await fetch("/whep", {method: "POST", headers, body: pc.localDescription.sdp})
const answer = await reply.text()
if (reply.status == 201) {
  addEventListener("pagehide", () => fetch(reply.headers.get("Location"), {method: "DELETE", headers, keepalive: true}))
  await pc.setRemoteDescription({type: "answer", sdp: answer})
} else
  document.querySelector("pre").textContent = answer
</script>"""


class Refused(Exception):
    """What was asked for is not done; for an HTTP response."""

    def __init__(self, status, text, **headers):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, headers


# Descriptions and fragments of them. Parts of one have "\n" between lines.

def split(text):
    """What is before the first m=, and a part for each m=."""
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
    """User name fragment, password and candidates of the first m=, which has those of all with BUNDLE. The candidate ""
    is the end of them."""
    session, media = split(text)
    ufrag, pwd = (find(f"ice-{name}", *media[:1], session) or "" for name in ("ufrag", "pwd"))
    if not re.fullmatch("[A-Za-z0-9+/]{4,256}", ufrag) or not re.fullmatch("[A-Za-z0-9+/]{22,256}", pwd):
        raise Refused(400, "a=ice-ufrag or a=ice-pwd is missing or malformed.")
    candidates = re.findall(r"(?m)^a=(?:(candidate:.*)|end-of-candidates)$", "".join((session, *media[:1])))
    for text in candidates:
        if text and not re.fullmatch(r"candidate:\S+ \d+ \S+ \d+ \S+ \d+ typ \S+( .*)?", text):
            raise Refused(400, f"This is no candidate: {text[:100]}")
    return ufrag, pwd, candidates


def write_ice(text, ufrag, pwd, candidates):
    """The description with these instead of its own."""
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
    return join(*same, re.match(".*\n", first)[0], f"a=mid:{find('mid', first)}\na=ice-ufrag:{ufrag}\na=ice-pwd:{pwd}\n",
                write_candidates(candidates))


def complete(description):
    """With what each m= has to have (RFC 9725) and webrtcbin does not write."""
    session, media = split(description)
    for i, part in enumerate(media):
        if find("rtcp-mux-only", part) is None:
            media[i] += "a=rtcp-mux-only\n"
        if find("sendonly", part) is not None:
            media[i] += f"a=msid:whip {part[2:7]}\n"
    return join(session, *media)


def read_medium(part, session, first, theirs):
    """A part of an offer, with what may be left to the session or, bundled, to the first m=; its kind and payload type."""
    line = re.match(r"m=(audio|video) \d+ UDP/TLS/RTP/SAVPF( \d+)+\n", part)
    if not line:
        raise Refused(422, "This endpoint takes audio and video over UDP/TLS/RTP/SAVPF only.")
    kind = line[1]
    if find("bundle-only", part) is not None:
        part = part.replace(f"m={kind} 0 ", f"m={kind} 9 ")
    if part.startswith(f"m={kind} 0 ") or find(f"{theirs}|sendrecv", part) is None:
        raise Refused(422, f"m={kind}: its direction has to be {theirs} or sendrecv, and its port not 0.")
    for name in "ice-ufrag", "ice-pwd", "setup", "fingerprint", "rtcp-mux":
        value = find(name, part, session, first)
        if value is None:
            raise Refused(400, f"m={kind}: a={name} is missing.")
        if find(name, part) is None:
            part += f"a={name}{':' if value else ''}{value}\n"
    codec = "/".join(re.findall(r"(?:encoding-name|clock-rate)=(\w+)", CAPS[kind]))
    payload = re.search(rf"(?mi)^a=rtpmap:(\d+) {codec}\b", part)
    if not payload:
        raise Refused(422, f"m={kind}: {codec} is the only codec here, and it is not offered.")
    return part, kind, payload[1]


def read_offer(text, theirs):
    """The offer as webrtcbin needs it, and its payload types: {kind: type}. `theirs` is the direction."""
    session, media = split(text)
    if not media or not re.match(r"v=0\no=\S+ \d+ \d+ IN IP[46] \S+\ns=.*\n", session):
        raise Refused(400, "The body is no session description with v=0, o=, s=, ... and m=.")
    read_ice(text)
    mids = [find("mid", part) or "" for part in media]
    if len(set(mids)) < len(mids) or f"a=group:BUNDLE {' '.join(mids)}\n" not in session:
        raise Refused(422, "All m= have to be in one a=group:BUNDLE, each with an a=mid of its own.")
    media, kinds, payloads = zip(*(read_medium(part, session, media[0], theirs) for part in media))
    if len(set(kinds)) < len(kinds):
        raise Refused(422, "This endpoint takes one audio and one video.")
    session = re.sub(r"(?m)^a=(ice-ufrag|ice-pwd|setup|fingerprint):.*\n", "", session)
    return join(session, *media), dict(zip(kinds, payloads))


class End:
    """A pipeline of a webrtcbin with our ICE agent. Its on_... functions run in the main loop."""

    def __init__(self, name, address):
        self.name = name
        self.agent = GObject.new(Gst.DynamicTypeFactory.load("GstIceWebRTCAgent"))
        Gst.util_set_object_arg(self.agent, "local-addresses", f"<{address}>")
        self.webrtc = Gst.ElementFactory.make_with_properties("webrtcbin", ["ice-agent"], [self.agent])
        Gst.util_set_object_arg(self.webrtc, "bundle-policy", "max-bundle")
        self.pipeline = Gst.Pipeline()
        self.pipeline.add(self.webrtc)
        self.pipeline.use_clock(Gst.SystemClock.obtain())  # one time for all pipelines: frames keep theirs
        self.pipeline.set_start_time(Gst.CLOCK_TIME_NONE)
        self.pipeline.set_base_time(0)
        self.candidates, self.state, self.is_secure, self.has_ended = [], "new", False, False
        self.webrtc.connect("on-ice-candidate", lambda _, line, text: GLib.idle_add(self.on_candidate, text))
        self.webrtc.connect("notify::connection-state", lambda *_: GLib.idle_add(self.on_connection))
        # each state is reported, so it is read where it changes
        self.agent.connect("notify::ice-connection-state", lambda agent, _: GLib.idle_add(
            self.on_state, agent.get_property("ice-connection-state").value_nick))
        self.bus = self.pipeline.get_bus()
        self.bus.add_signal_watch()
        self.bus.connect("message::error", lambda _, message: self.end(message.parse_error()[0].message))

    def add_source(self, kind, payload, description):
        source = Gst.parse_bin_from_description(
            f"{description} ! {PAYLOADERS[kind]} ! capsfilter caps={CAPS[kind]},payload={payload}", True)
        self.pipeline.add(source)
        source.link(self.webrtc)
        transceiver = source.get_static_pad("src").get_peer().get_property("transceiver")
        Gst.util_set_object_arg(transceiver, "direction", "sendonly")
        return source

    def ask(self, name, *arguments):
        promise = Gst.Promise.new()
        self.webrtc.emit(name, *arguments, promise)
        promise.wait()  # webrtcbin's thread waits for nobody
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

    def set_remote(self, kind, text):
        ufrag, pwd, candidates = read_ice(text)
        session, media = split(text)
        fingerprint = find("fingerprint", *media[:1], session)
        if not media or not re.fullmatch("sha-(1|224|256|384|512) [0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", fingerprint or ""):
            raise Refused(400, "There is no m=, or a=fingerprint is missing or malformed.")
        result, sdp = GstSdp.SDPMessage.new_from_text(write_ice(text, ufrag, pwd, []))
        if result != GstSdp.SDPResult.OK:
            raise Refused(400, "The body is no session description.")
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(
            getattr(GstWebRTC.WebRTCSDPType, kind), sdp))
        self.remote, self.fingerprint = (ufrag, pwd), fingerprint
        self.add_candidates(candidates)

    def add_candidates(self, candidates):
        for text in candidates:
            self.webrtc.emit("add-ice-candidate", 0, text)

    def local_credentials(self):
        return self.agent.get_property("local-ufrag"), self.agent.get_property("local-pwd")

    def on_candidate(self, text):
        self.candidates.append(text)
        if not text and not self.has_ended:
            self.on_gathered()

    def on_state(self, state):
        if self.has_ended:
            return
        self.state = state
        print(f"{self.name}: {state}", flush=True)
        self.on_connection()

    def on_connection(self):
        if self.has_ended:
            return
        connection = self.webrtc.get_property("connection-state").value_nick
        if self.state == "failed" or connection in ("failed", "closed"):
            self.end("the connection is lost")
        elif connection == "connected" and not self.is_secure:
            self.check_certificate()

    def check_certificate(self):
        """webrtcbin does not compare it with the description's."""
        transport = self.webrtc.emit("get-transceiver", 0).get_property("sender").get_property("transport")
        algorithm, digest = self.fingerprint.split()
        certificate = ssl.PEM_cert_to_DER_cert(transport.get_property("remote-certificate"))
        if hashlib.new(algorithm.replace("-", ""), certificate).digest().hex(":") != digest.lower():
            return self.end("the peer's certificate is not that of its description")
        self.is_secure = True
        self.on_secure()

    def on_secure(self):
        """For subclasses: the peer is who it says."""

    def end(self, why):
        if not self.has_ended:
            self.has_ended = True
            print(f"{self.name}: {why}", flush=True)
            self.bus.remove_signal_watch()
            self.pipeline.set_state(Gst.State.NULL)
            self.pipeline = self.webrtc = self.agent = self.bus = None  # they hold this object by their handlers
            self.on_end()


def respond(message, status, text="", kind="text/plain; charset=utf-8", **headers):
    """Answers an HTTP request."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Location, Retry-After", **headers}
    for name, value in headers.items():
        message.get_response_headers().replace(name.replace("_", "-"), str(value))
    message.set_status(status, http.HTTPStatus(status).phrase)
    if text:
        message.set_response(kind, Soup.MemoryUse.COPY, text.encode())


class Session(End):
    """The server's end of a publisher (whip) or a player (whep)."""

    def __init__(self, server, name, offer):
        self.offer, payloads = read_offer(offer, "sendonly" if name == "whip" else "recvonly")
        super().__init__(name, server.address)
        self.server, self.waiting, self.sources, self.video_sink = server, None, {}, None
        self.frames = dict.fromkeys(payloads, 0)
        self.webrtc.connect("pad-added", self.on_pad)
        for kind, payload in payloads.items():
            if name == "whip":
                self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                                 Gst.Caps.from_string(CAPS[kind]))
            else:
                source = self.add_source(kind, payload, "appsrc name=source is-live=true format=time max-buffers=64 "
                                                        "leaky-type=downstream")
                self.sources[kind] = source.get_by_name("source")
                self.sources[kind].get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_UPSTREAM, self.on_event)

    def negotiate(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.set_remote("OFFER", self.offer)
        self.answer = self.set_local("answer")
        if re.search(r"(?m)^m=\S+ 0 |^a=inactive", self.answer):
            raise Refused(422, "webrtcbin does not take all m= of this offer.")

    def respond_gathered(self, message, write):
        """When all candidates are known: the server can not tell them later. write() sets the response."""
        self.etag = f'"{secrets.token_urlsafe(8)}"'
        self.waiting = message, write
        message.pause()

    def on_gathered(self):
        if self.waiting:
            (message, write), self.waiting = self.waiting, None
            write()
            message.unpause()

    def patch(self, message, text):
        match = message.get_request_headers().get_list("If-Match")
        if match is None:
            raise Refused(428, "If-Match has to have the ETag of the session, or * for an ICE restart.")
        if not {self.etag, "*", '"*"'} & {tag.strip() for tag in match.split(",")}:
            raise Refused(412, "If-Match is not the ETag of the session: ICE was restarted since.")
        ufrag, pwd, candidates = read_fragment(text, self.offer)
        if (ufrag, pwd) == self.remote:
            self.add_candidates(candidates)
            return respond(message, 204)
        if ufrag == self.remote[0] or pwd == self.remote[1]:
            raise Refused(400, "An ICE restart changes both a=ice-ufrag and a=ice-pwd.")
        if self.waiting:
            raise Refused(409, "An ICE restart of this session is under way.")
        print(f"{self.name}: restarts ICE", flush=True)
        self.candidates = []
        self.set_remote("OFFER", write_ice(self.offer, ufrag, pwd, candidates))  # webrtcbin restarts ICE
        self.set_local("answer", lambda text: write_ice(text, *self.local_credentials(), []))
        self.respond_gathered(message, lambda: respond(
            message, 200, write_fragment(self.answer, *self.local_credentials(), self.candidates), FRAGMENT, ETag=self.etag))

    def on_pad(self, _, pad):
        """In a thread of GStreamer, as on_sample and on_event."""
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_value("media")
        bin = Gst.parse_bin_from_description(f"{DEPAYLOADERS[kind]} ! appsink name=sink emit-signals=true sync=false "
                                             "async=false max-buffers=64 drop=true", True)
        sink = bin.get_by_name("sink")
        sink.connect("new-sample", self.on_sample, kind)
        self.pipeline.add(bin)
        bin.sync_state_with_parent()
        pad.link(bin.get_static_pad("sink"))
        if kind == "video":
            self.video_sink = sink

    def on_sample(self, sink, kind):
        sample = sink.emit("pull-sample")
        if self.is_secure:
            self.frames[kind] += 1
            for session in self.server.sessions.values():
                session.send(kind, sample)
        return Gst.FlowReturn.OK

    def send(self, kind, sample):
        source = self.sources.get(kind)
        if source and self.is_secure:
            self.frames[kind] += 1
            source.emit("push-sample", sample)

    def on_event(self, pad, info):
        event = info.get_event().get_structure()
        if event and event.get_name() == "GstForceKeyUnit":
            self.server.ask_for_key_frame()
        return Gst.PadProbeReturn.OK

    def on_secure(self):
        self.server.ask_for_key_frame()  # which a player that comes late begins with

    def on_end(self):
        print(f"{self.name}: {', '.join(f'{n} frames of {kind}' for kind, n in self.frames.items())}", flush=True)
        self.sources, self.video_sink = {}, None
        self.server.remove(self)
        if self.waiting:
            (message, _), self.waiting = self.waiting, None
            respond(message, 503, "The session has ended.", Retry_After=RETRY_AFTER)
            message.unpause()


class Server:
    """WHIP at /whip, WHEP at /whep, and at / a page that plays."""

    def __init__(self, address, port, token, quit):
        self.address, self.token, self.quit, self.status = address, token, quit, 0
        self.sessions = {}  # {path: Session}; other threads iterate, so it is replaced, not changed
        self.soup = Soup.Server()
        # libsoup 3.2 keeps the sockets of clients that went away after a response
        self.soup.connect("request-started", lambda _, message: message.get_response_headers().replace("Connection", "close"))
        self.soup.add_early_handler(None, self.on_headers)
        self.soup.add_handler(None, self.on_request)
        self.soup.listen(Gio.InetSocketAddress.new_from_string(address, port), 0)
        print(f"http://{f'[{address}]' if ':' in address else address}:{port}: /whip, /whep", flush=True)

    def publisher(self):
        return next((session for session in self.sessions.values() if session.name == "whip"), None)

    def ask_for_key_frame(self):
        publisher = self.publisher()
        sink = publisher and publisher.video_sink
        if sink:
            sink.get_static_pad("sink").push_event(Gst.Event.new_custom(
                Gst.EventType.CUSTOM_UPSTREAM, Gst.Structure.new_empty("GstForceKeyUnit")))

    def on_headers(self, _, message, path, query):
        """Before the body comes."""
        self.attempt(message, self.check, message, path)
        if message.get_status():
            message.get_request_body().set_accumulate(False)

    def on_request(self, _, message, path, query):
        self.attempt(message, self.do, message, path)

    def attempt(self, message, function, *arguments):
        try:
            function(*arguments)
        except Refused as refused:
            print(f"refused: {refused.status} {refused.text!r}", flush=True)
            respond(message, refused.status, refused.text, **refused.headers)
        except Exception:
            respond(message, 500, "The server has a bug.")  # a status: on_request is not called then
            raise

    def check(self, message, path):
        method, headers = message.get_method(), message.get_request_headers()
        own = ["POST"] if path in ("/whip", "/whep") else ["PATCH", "DELETE"] if path != "/" else []
        allowed = ", ".join(["GET", "HEAD", "OPTIONS", *own])
        kind = {"POST": SDP, "PATCH": FRAGMENT}.get(own[0] if own else None)
        accept = {f"Accept-{own[0].capitalize()}": kind} if own else {}
        if method == "OPTIONS":
            return respond(message, 200, Allow=allowed, Access_Control_Allow_Methods=allowed,
                           Access_Control_Allow_Headers="Authorization, Content-Type, If-Match", **accept)
        scheme, _, given = (headers.get_one("Authorization") or "").partition(" ")
        if self.token and own and not (scheme.lower() == "bearer" and hmac.compare_digest(
                given.encode(errors="replace"), self.token.encode())):
            raise Refused(401, "The bearer token is missing or wrong.", WWW_Authenticate="Bearer")
        self.find_session(path)
        if method not in allowed.split(", "):
            raise Refused(405, f"{method[:20]} is not for this resource.", Allow=allowed)
        has_body = method in ("POST", "PATCH")
        if headers.get_one("Transfer-Encoding") or has_body and not headers.get_one("Content-Length"):
            raise Refused(411, "The request has to have a Content-Length.")
        if headers.get_content_length() > MAX_BODY:
            raise Refused(413, f"The body has more than {MAX_BODY} bytes.")
        if has_body and headers.get_content_type()[0] != kind:
            raise Refused(415, f"The Content-Type has to be {kind}.", **accept)

    def find_session(self, path):
        """None where the path is an endpoint or the page. A session may end while the body comes."""
        if path not in ("/", "/whip", "/whep") and path not in self.sessions:
            raise Refused(404, "There is no such resource; a session that has ended is none.")
        return self.sessions.get(path)

    def do(self, message, path):
        method, session = message.get_method(), self.find_session(path)
        try:
            text = message.get_request_body().flatten().get_data().decode()
        except UnicodeDecodeError:
            raise Refused(400, "The body is not UTF-8.") from None
        if method == "POST":
            self.post(message, path[1:], text)
        elif method == "PATCH":
            session.patch(message, text)
        elif method == "DELETE":
            session.end("deleted")
            respond(message, 200)
        elif path == "/":
            respond(message, 200, PAGE, "text/html; charset=utf-8")
        elif session:
            respond(message, 204)
        else:
            respond(message, 200, Content_Type=SDP)  # by which players recognize an endpoint

    def post(self, message, name, text):
        if (name == "whip") == bool(self.publisher()):
            raise Refused(409, "There is a publisher already." if name == "whip" else "There is no publisher yet.",
                          Retry_After=RETRY_AFTER)
        if len(self.sessions) >= MAX_SESSIONS:
            raise Refused(503, f"There are {MAX_SESSIONS} sessions already.", Retry_After=RETRY_AFTER)
        session, path = Session(self, name, text), f"/{name}/{secrets.token_urlsafe(16)}"
        self.sessions = {**self.sessions, path: session}
        try:
            session.negotiate()
        except Refused as refused:
            session.end(refused.text)
            raise
        written = []
        message.connect("wrote-body", lambda _: written.append(True))
        message.connect("finished", lambda _: written or session.end("nobody was there for the answer"))
        session.respond_gathered(message, lambda: respond(
            message, 201, write_ice(session.answer, *session.local_credentials(), session.candidates), SDP,
            Location=path, ETag=session.etag))

    def remove(self, session):
        self.sessions = {path: other for path, other in self.sessions.items() if other is not session}

    def stop(self):
        for session in list(self.sessions.values()):
            session.end("the server ends")
        self.quit()


class Publisher(End):
    """Of a test picture and a tone, to a WHIP endpoint."""

    def __init__(self, url, address, token, quit):
        super().__init__("publish", address)
        self.url, self.token, self.quit, self.status = url, token, quit, 1
        self.session = self.etag = None
        self.n_redirects, self.is_patching, self.is_restarting = 0, False, False
        self.http = Soup.Session(timeout=30)
        for payload, (kind, description) in enumerate(SOURCES.items(), 96):
            self.add_source(kind, payload, description)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.offer = self.set_local("offer")
        self.post()

    def request(self, method, url, done, body="", kind=None, match=None):
        """done(status, headers, text) hears the response; its status is 0 where there is none."""
        message = Soup.Message.new(method, url)
        message.add_flags(Soup.MessageFlags.NO_REDIRECT)  # libsoup redirects no POST
        headers = {"Authorization": self.token and f"Bearer {self.token}", "If-Match": match}
        for name, value in headers.items():
            if value:
                message.get_request_headers().append(name, value)
        if body:
            message.set_request_body_from_bytes(kind, GLib.Bytes.new(body.encode()))

        def finish(session, result):
            try:
                text = session.send_and_read_finish(result).get_data().decode(errors="replace")
            except GLib.Error as error:
                return done(0, None, f"{method}: {error.message}")
            status = message.props.status_code
            if status >= 300:
                text = f"{method}: {status} {message.get_reason_phrase()}: {text[:200]!r}"
            done(status, message.get_response_headers(), text)
        self.http.send_and_read_async(message, GLib.PRIORITY_DEFAULT, None, finish)

    def post(self):
        self.is_posting = True
        self.request("POST", self.url, self.on_answer, self.offer, SDP)

    def resolve(self, location):
        """A URL to send requests to, or None; no token leaves https."""
        try:
            url = GLib.Uri.resolve_relative(self.url, location, GLib.UriFlags.NONE)
        except GLib.Error:
            return None
        return url if url.startswith(("http://", "https://") if self.url.startswith("http:") else "https://") else None

    def on_answer(self, status, headers, text):
        self.is_posting = False
        location = headers and headers.get_one("Location")
        target = location and self.resolve(location)
        if status == 201:
            self.session = target
        if self.has_ended:
            self.on_end()
        elif status in (307, 308) and target and self.n_redirects < 5:
            self.url = target
            self.n_redirects += 1
            self.post()
        elif status != 201:
            self.end(text)
        elif not target or headers.get_content_type()[0] != SDP:
            self.end(f"the response to POST has no Location to use, or its Content-Type is not {SDP}")
        else:
            self.begin(text, headers.get_one("ETag"))

    def begin(self, answer, etag):
        self.answer, self.etag = answer, etag
        try:
            self.set_remote("ANSWER", answer)
        except Refused as refused:
            return self.end(f"the server's answer can not be used: {refused.text}")
        if "" in self.candidates:
            self.on_gathered()

    def on_gathered(self):
        if self.session:  # else begin() does it
            self.is_patching = True
            self.request("PATCH", self.session, self.on_patched, write_fragment(
                self.offer, *self.local_credentials(), self.candidates), FRAGMENT, "*" if self.is_restarting else self.etag)

    def on_state(self, state):
        super().on_state(state)
        if self.state == "disconnected" and not self.is_patching and not self.is_restarting and not self.has_ended:
            print(f"{self.name}: restarts ICE", flush=True)
            self.is_restarting, self.candidates = True, []
            self.agent.emit("restart")

    def on_patched(self, status, headers, text):
        was_restarting, self.is_restarting, self.is_patching = self.is_restarting, False, False
        if self.has_ended:
            return
        if not 200 <= status < 300:
            print(f"{self.name}: goes on without: {text}", flush=True)
        elif was_restarting:
            self.etag = headers.get_one("ETag")
            try:
                ice = read_fragment(text, self.answer)
                self.set_local("offer", lambda text: write_ice(text, *self.local_credentials(), []))
                self.set_remote("ANSWER", write_ice(self.answer, *ice))
            except Refused as refused:
                self.end(f"the server's ICE restart can not be used: {refused.text}")

    def stop(self):
        self.status = 0
        self.end("interrupted")

    def on_end(self):
        if self.session:
            self.request("DELETE", self.session, lambda *_: self.quit())
        elif not self.is_posting:  # else the response says what to delete
            self.quit()


def read_token(path):
    with open(path) as file:
        token = file.read().strip()
    if not re.fullmatch("[A-Za-z0-9._~+/-]+=*", token):
        raise ValueError(f"{path} has to contain a bearer token only: letters, digits, - . _ ~ + / and = at its end")
    return token


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    publish = commands.add_parser("publish", help="sends a test picture and a tone to a WHIP endpoint")
    publish.add_argument("url", help="of the endpoint")
    serve = commands.add_parser("serve", help="takes a publisher by WHIP and sends its media to players by WHEP")
    serve.add_argument("--port", type=int, default=8080, help="of HTTP (default: 8080)")
    for command in publish, serve:
        command.add_argument("--address", default="127.0.0.1", help="of this machine, to use (default: 127.0.0.1)")
        command.add_argument("--token-file", help="file with a bearer token")
    options = parser.parse_args()
    if options.command == "publish" and not re.match("https?://.", options.url):
        parser.error("the URL has to begin with http:// or https://")
    Gst.init(None)
    for name in "GstIceWebRTCAgent", "webrtcbin", "nicesrc", "vp8enc", "opusenc":
        if not Gst.Registry.get().lookup_feature(name):
            sys.exit(f"whip.py: GStreamer has no {name}; whip.md says what is needed")
    loop = GLib.MainLoop()
    try:
        token = options.token_file and read_token(options.token_file)
        if options.command == "serve":
            end = Server(options.address, options.port, token, loop.quit)
        else:
            end = Publisher(options.url, options.address, token, loop.quit)
    except (OSError, ValueError, GLib.Error, Refused) as error:
        sys.exit(f"whip.py: {getattr(error, 'message', error)}")
    for number in signal.SIGINT, signal.SIGTERM:
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, end.stop)
    loop.run()
    sys.exit(end.status)


if __name__ == "__main__":
    main()
