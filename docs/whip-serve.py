# SPDX-License-Identifier: LGPL-2.1-or-later
"""Takes a publisher by WHIP (RFC 9725) and sends its media to players by WHEP; whip.md describes it."""
import argparse
import hmac
import http
import re
import secrets
import signal
import sys
from pathlib import Path
import gi
gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib, Soup
from whip import (FRAGMENT, MEDIA, SDP, End, Gst, GstWebRTC, Refused, find, join, read_fragment, read_ice, split, start,
                  write_caps, write_fragment, write_ice)
MAX_BODY = 1 << 16  # bytes
MAX_SESSIONS = 8
RETRY_AFTER = 2  # seconds
PAGE = Path(__file__).with_name("whep.html").read_text()
ENDPOINTS = "/whip", "/whep"


def read_medium(part, session, first, theirs):
    """A part of an offer, with what may be left to the session or, bundled, to the first m=; kind, payload type."""
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
    codec = "{}/{}".format(*MEDIA[kind])
    payload = re.search(rf"(?mi)^a=rtpmap:(\d+) {codec}\b", part)
    if not payload:
        raise Refused(422, f"m={kind}: {codec} is the only codec here, and it is not offered.")
    return part, kind, payload[1]


def read_offer(text, theirs):
    """The offer as webrtcbin needs it, what read_ice() gives, and its payload types: {kind: type}. `theirs` is the
    direction."""
    session, media = split(text)
    if not media or not re.match(r"v=0\no=\S+ \d+ \d+ IN IP[46] \S+\ns=.*\n", session):
        raise Refused(400, "The body is not a session description with v=0, o=, s=, ... and m=.")
    ice = read_ice(text)
    mids = [find("mid", part) or "" for part in media]
    if len(set(mids)) < len(mids) or f"a=group:BUNDLE {' '.join(mids)}\n" not in session:
        raise Refused(422, "All m= have to be in one a=group:BUNDLE, each with an a=mid of its own.")
    media, kinds, payloads = zip(*(read_medium(part, session, media[0], theirs) for part in media))
    if len(set(kinds)) < len(kinds):
        raise Refused(422, "This endpoint takes one audio and one video.")
    session = re.sub(r"(?m)^a=(ice-ufrag|ice-pwd|setup|fingerprint):.*\n", "", session)
    return join(session, *media), ice, dict(zip(kinds, payloads))


def respond(message, status, text="", kind="text/plain; charset=utf-8", **headers):
    """Answers an HTTP request."""
    cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Location, Retry-After"}
    for name, value in {**cors, **headers}.items():
        message.get_response_headers().replace(name.replace("_", "-"), str(value))
    message.set_status(status, http.HTTPStatus(status).phrase)
    if text:
        message.set_response(kind, Soup.MemoryUse.COPY, text.encode())


class Session(End):
    """The server's end of a publisher (whip) or a player (whep)."""

    def __init__(self, server, name, offer):
        self.offer, self.ice, payloads = read_offer(offer, "sendonly" if name == "whip" else "recvonly")
        super().__init__(name, server.address, lambda *event: GLib.idle_add(self.on_happened, *event))
        self.server, self.waiting, self.sources, self.video_sink = server, None, {}, None
        self.candidates, self.has_ended, self.frames = [], False, dict.fromkeys(payloads, 0)
        self.webrtc.connect("pad-added", self.on_pad)
        for kind, payload in payloads.items():
            if name == "whip":
                self.webrtc.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                                 Gst.Caps.from_string(write_caps(kind)))
            else:
                source = self.add_source(kind, payload, "appsrc name=source is-live=true format=time max-buffers=64 "
                                                        "leaky-type=downstream")
                self.sources[kind] = source.get_by_name("source")
                self.sources[kind].get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_UPSTREAM, self.on_event)

    def on_happened(self, event, what):
        """In the main loop."""
        if self.has_ended:
            return
        was_secure = self.is_secure
        try:
            self.take(event, what)
        except Refused as refused:
            return self.end(refused.text)
        if self.is_secure and not was_secure:
            self.server.ask_for_key_frame()  # with which a late player begins
        if event == "candidate":
            self.candidates.append(what)
        if (event, what) == ("candidate", "") and self.waiting:
            (message, write), self.waiting = self.waiting, None
            write()
            message.unpause()

    def negotiate(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.set_remote("offer", self.offer, *self.ice)
        self.answer = self.set_local("answer", self.describe("answer"))
        if re.search(r"(?m)^m=\S+ 0 |^a=inactive", self.answer):
            raise Refused(422, "webrtcbin does not take all m= of this offer.")

    def respond_gathered(self, message, write):
        """When all candidates are known, because the server cannot send them later. write() sets the response."""
        self.etag = f'"{secrets.token_urlsafe(8)}"'
        self.waiting = message, write
        message.pause()

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
        self.set_remote("offer", self.offer, ufrag, pwd, candidates)  # webrtcbin restarts ICE
        # create-answer may reject media now (webrtc.md)
        self.set_local("answer", write_ice(self.answer, *self.local_credentials(), []))
        self.respond_gathered(message, lambda: respond(
            message, 200, write_fragment(self.answer, *self.local_credentials(), self.candidates), FRAGMENT,
            ETag=self.etag))

    def on_pad(self, _, pad):
        """In a thread of GStreamer, as on_sample and on_event."""
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_value("media")
        bin = Gst.parse_bin_from_description(f"{MEDIA[kind][4]} ! appsink name=sink emit-signals=true sync=false "
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

    def end(self, why):
        if self.has_ended:
            return
        self.has_ended = True
        print(f"{self.name}: {why}", flush=True)
        self.stop()
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
        self.address, self.token, self.quit = address, token, quit
        self.sessions = {}  # {path: Session}; other threads iterate, so it is replaced, not changed
        self.soup = Soup.Server()
        # libsoup 3.2 keeps the sockets of clients that went away after a response
        self.soup.connect("request-started",
                          lambda _, message: message.get_response_headers().replace("Connection", "close"))
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
        own = ["POST"] if path in ENDPOINTS else ["PATCH", "DELETE"] if path != "/" else []
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
        if path not in ("/", *ENDPOINTS, *self.sessions):
            raise Refused(404, "There is no such resource; the session may have ended.")
        return self.sessions.get(path)

    def do(self, message, path):
        session = self.find_session(path)
        try:
            text = message.get_request_body().flatten().get_data().decode()
        except UnicodeDecodeError:
            raise Refused(400, "The body is not UTF-8.") from None
        methods = {"POST": self.post, "PATCH": self.patch, "DELETE": self.delete}
        methods.get(message.get_method(), self.get)(message, path, session, text)

    def get(self, message, path, session, _):
        if path == "/":
            respond(message, 200, PAGE, "text/html; charset=utf-8")
        elif session:
            respond(message, 204)
        else:
            respond(message, 200, Content_Type=SDP)  # players recognize an endpoint by it

    def patch(self, message, _, session, text):
        session.patch(message, text)

    def delete(self, message, _, session, __):
        session.end("deleted")
        respond(message, 200)

    def post(self, message, path, _, text):
        name = path[1:]
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of HTTP (default: 8080)")
    options = start(parser)
    loop = GLib.MainLoop()
    try:
        server = Server(options.address, options.port, options.token, loop.quit)
    except (OSError, GLib.Error) as error:
        sys.exit(f"{parser.prog}: {getattr(error, 'message', error)}")
    for number in signal.SIGINT, signal.SIGTERM:
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, server.stop)
    loop.run()
