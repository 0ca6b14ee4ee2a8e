#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/whip-publish.py and docs/whip-serve.py with each other, and each with an end that
was written from RFC 9725 and the draft of WHEP and takes nothing on trust."""

import http.client
import http.server
import os
import queue
import re
import shlex
import signal
import socket
import sys
import threading
import time
import unittest
from pathlib import Path

import gi

from webrtcpeer import OPUS, VP8, GstWebRTC, Peer  # the first: it has the path
import wire
from icetest import ISOLATED, PATIENCE, Gst, IceTest, free_port, main

ROOT = Path(__file__).resolve().parents[3]
LINES = re.findall(r"(?m)^    (.*)", (ROOT / "docs/whip.md").read_text())  # its commands
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
MISSING = None if gi.Repository.get_default().enumerate_versions("Soup") else "libsoup's typelib is not installed"
RECVONLY, SENDONLY = (getattr(GstWebRTC.WebRTCRTPTransceiverDirection, name) for name in ("RECVONLY", "SENDONLY"))


def media(sdp):
    """The lines of the session and those of each m=; every line has to end with CRLF."""
    assert sdp.endswith("\r\n") and "\n" not in sdp.replace("\r\n", ""), repr(sdp)
    parts = [[]]
    for line in sdp[:-2].split("\r\n"):
        assert re.match("[a-z]=.", line), line
        if line.startswith("m="):
            parts.append([])
        parts[-1].append(line)
    return parts


def values(lines, name):
    return [line.partition(":")[2] for line in lines if re.match(rf"a={name}(:|$)", line)]


def value(lines, name):
    found = values(lines, name)
    assert len(found) == 1, f"{name}: {found} in {lines}"
    return found[0]


def check_description(test, sdp, direction):
    """What RFC 9725 (and the draft of WHEP) demands of each end's."""
    session, *parts = media(sdp)
    mids = [value(part, "mid") for part in parts]
    test.assertEqual(value(session, "group"), " ".join(["BUNDLE", *mids]))
    for part in parts:
        test.assertIn(f"a={direction}", part)
        value(part, "rtcp-mux")
        value(part, "rtcp-mux-only")
        test.assertIn(value(part, "rtpmap").split()[1], ("VP8/90000", "OPUS/48000/2"))  # RFC 7587 demands the 2
        test.assertRegex(value(part, "fingerprint"), "^sha-256 [0-9A-F:]{95}$")
    kinds = [part[0].split()[0] for part in parts]
    test.assertEqual(sorted(set(kinds)), sorted(kinds))
    if direction == "sendonly":
        streams = {value(part, "msid").split()[0] for part in parts}
        test.assertEqual(len(streams), 1, "one MediaStream")
    return session, parts


def make_fragment(sdp, ufrag, pwd, candidates):
    session, first, *_ = media(sdp)
    lines = [f"a=ice-options:{value(session, 'ice-options')}", f"a=group:{value(session, 'group')}", first[0],
             f"a=mid:{value(first, 'mid')}", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}",
             *(f"a={text or 'end-of-candidates'}" for text in candidates)]
    return "".join(line + "\r\n" for line in lines)


def read_ice(lines):
    found = [line[2:] for line in lines if re.match("a=(candidate:|end-of-candidates$)", line)]
    return value(lines, "ice-ufrag"), value(lines, "ice-pwd"), [text.replace("end-of-candidates", "") for text in found]


def replace_ice(text, ufrag, pwd):
    for name, new in ("ufrag", ufrag), ("pwd", pwd):
        text = re.sub(rf"a=ice-{name}:[^\r]*", lambda _: f"a=ice-{name}:{new}", text)
    return re.sub(r"a=(candidate:[^\r]*|end-of-candidates)\r\n", "", text)


class Client:
    """A WHIP client or WHEP player with a webrtcbin of this process."""

    def __init__(self, test, port, name, **headers):
        self.test, self.port, self.name, self.headers = test, port, name, headers
        self.peer = Peer(test, name, video=name == "whip", audio=name == "whip")
        for i, caps in enumerate((VP8, OPUS)):
            if name == "whip":
                self.peer.ice.emit("get-transceiver", i).set_property("direction", SENDONLY)
            else:
                self.peer.ice.emit("add-transceiver", RECVONLY, Gst.Caps.from_string(caps))
        self.peer.pipeline.play()

    def ask(self, method, path, body=None, kind=None, **headers):
        return ask(self.port, method, path, body, kind, **self.headers, **headers)

    def begin(self, change=lambda text: text):
        """POST of the changed offer and what its response has to be."""
        test, peer = self.test, self.peer
        self.offer = change(peer.set_local("offer"))
        status, headers, body = self.ask("POST", f"/{self.name}", self.offer, SDP)
        test.assertEqual(status, 201, body)
        test.assertEqual(headers["Content-Type"], SDP)
        test.assertRegex(headers["ETag"], '^"[^"]+"$')  # a strong one
        test.assertGreater(len(headers["Location"]), 20)
        self.session, self.etag, self.answer = headers["Location"], headers["ETag"], body
        session, parts = check_description(test, body, "recvonly" if self.name == "whip" else "sendonly")
        test.assertEqual([value(part, "mid") for part in parts], [value(part, "mid") for part in media(self.offer)[1:]])
        ufrag, pwd, candidates = read_ice(parts[0])
        test.assertEqual(candidates[-1:], [""], "all candidates are to be in the answer")
        test.assertTrue(candidates[:-1])
        peer.set_remote("answer", body)
        return self

    def trickle(self):
        peer, test = self.peer, self.test
        peer.wait(lambda: peer.found[-1:] == [(0, "")], "end of candidates")
        status, headers, body = self.ask("PATCH", self.session, make_fragment(
            self.offer, *self.credentials(), [text for _, text in peer.found]), FRAGMENT, If_Match=self.etag)
        test.assertEqual((status, body), (204, ""))
        test.assertNotIn("ETag", headers)
        return self

    def credentials(self):
        return self.peer.agent.get_property("local-ufrag"), self.peer.agent.get_property("local-pwd")

    def restart(self):
        """By PATCH; what the response has to be."""
        peer, test = self.peer, self.test
        peer.found.clear()
        test.assertTrue(peer.agent.emit("restart"))
        peer.wait(lambda: peer.found[-1:] == [(0, "")], "end of candidates")
        old = read_ice(media(self.answer)[1])
        fragment = make_fragment(self.offer, *self.credentials(), [text for _, text in peer.found])
        status, headers, body = self.ask("PATCH", self.session, fragment, FRAGMENT, If_Match="*")
        test.assertEqual(status, 200, body)
        test.assertEqual(headers["Content-Type"], FRAGMENT)
        test.assertRegex(headers["ETag"], '^"[^"]+"$')
        test.assertNotEqual(headers["ETag"], self.etag)
        self.etag = headers["ETag"]
        session, part = media(body)
        offered = media(self.answer)
        for name in "group", "ice-options":
            test.assertEqual(value(session, name), value(offered[0], name))
        test.assertEqual(value(part, "mid"), value(offered[1], "mid"))
        ufrag, pwd, candidates = read_ice(part)
        test.assertFalse({ufrag, pwd} & set(old[:2]))
        test.assertEqual(candidates[-1:], [""])
        test.assertTrue(candidates[:-1])
        peer.set_local("offer", lambda kind, text: replace_ice(text, *self.credentials()))
        peer.set_remote("answer", replace_ice(self.answer, ufrag, pwd))
        for text in candidates:
            peer.add(0, text)
        return self

    def connect(self):
        self.begin().trickle()
        self.peer.wait_state("completed", "connected")
        return self

    def delete(self):
        status, _, body = self.ask("DELETE", self.session, If_Match='"old"')  # which has to be ignored
        self.test.assertEqual((status, body), (200, ""))
        self.peer.pipeline.stop()


def change_fingerprint(text):
    return re.sub("(?m)^(a=fingerprint:sha-256 )(..)", lambda match: f"{match[1]}{int(match[2], 16) ^ 1:02X}", text)


def ask(port, method, path, body=None, kind=None, **headers):
    """Status, headers and body of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    if kind:
        headers["Content-Type"] = kind
    connection.request(method, path, body if isinstance(body, bytes) or body is None else body.encode(), headers)
    response = connection.getresponse()
    data = response.read().decode()
    connection.close()
    return response.status, response.headers, data


@unittest.skipIf(MISSING, MISSING)
class WhipTest(IceTest):
    def run_example(self, command, *arguments, **options):
        return self.run_line([sys.executable, str(ROOT / f"docs/whip-{command}.py"), *arguments], **options)

    def serve(self, *arguments):
        """The server's process and port."""
        port = free_port()
        server = self.run_example("serve", "--port", str(port), *arguments)
        server.wait_for("/whep\n")
        return server, port

    def end(self, process, status=0):
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(), status, process.text)
        self.assertNotIn("Traceback", process.text)


class TestServer(WhipTest):
    def test_lines_of_the_page(self):
        """As written there: a publisher and a server of ours; a player counts what comes. Without and with a token."""
        os.symlink(ROOT / "docs", self.path("docs"))
        for token, serve, publish in (None, *LINES[:2]), LINES[2:]:
            with self.subTest(serve):
                if token:
                    self.assert_ends_well(self.run_line(["sh", "-c", token]))
                server, publisher = self.run_page_line(serve, "/whep\n"), self.run_page_line(publish, "publish: completed\n")
                given = {"Authorization": f"Bearer {self.read('token').decode().strip()}"} if token else {}
                player = Client(self, 8080, "whep", **given).connect()
                for kind in "video", "audio":
                    player.peer.wait_media(kind, 60)  # packets: a frame of video has one or more
                player.delete()
                self.end(publisher)
                server.wait_for("whip: deleted\n")
                self.end(server)
                counts = re.findall(r"(\d+) frames of (\w+)", server.text.partition("whip: deleted\n")[2])
                self.assertEqual({kind for n, kind in counts if int(n) >= 20}, {"video", "audio"}, server.text)

    def run_page_line(self, line, until):
        process = self.run_line([sys.executable, *shlex.split(line)[1:]])
        process.wait_for(until)
        return process

    def test_strict_client(self):
        """Publishes and restarts ICE; a player gets all of it, and restarts too. Then nothing is left."""
        server, port = self.serve()
        publisher = Client(self, port, "whip").connect()
        player = Client(self, port, "whep").connect()
        for kind in "video", "audio":
            player.peer.wait_media(kind, 60)
        for client in publisher, player:
            old = client.etag
            client.restart()
            status, _, body = client.ask("PATCH", client.session, make_fragment(client.offer, *client.credentials(), []),
                                         FRAGMENT, If_Match=old)
            self.assertEqual(status, 412, body)
            client.trickle()  # with the new ETag
            for kind in "video", "audio":
                player.peer.wait_media(kind, 60)
            client.peer.wait_state("completed", "connected")
        self.assertNotIn("disconnected", publisher.peer.states + player.peer.states)
        self.assertEqual(server.text.count("restarts ICE"), 2)
        for client in player, publisher:
            client.delete()
            fragment = make_fragment(client.offer, *client.credentials(), [])
            for method in "GET", "PATCH", "DELETE":
                status, _, _ = client.ask(method, client.session, fragment, FRAGMENT, If_Match="*")
                self.assertEqual(status, 404)
        self.end(server)

    def test_restart_without_ssrc(self):
        """a=ssrc is optional. webrtcbin takes the audio, which is first here, for the video, and would reject that m-line
        in a second answer."""
        server, port = self.serve()
        publisher = Client(self, port, "whip")
        is_held = threading.Event()
        is_held.set()
        publisher.peer.ice.get_static_pad("sink_0").add_probe(
            Gst.PadProbeType.BUFFER, lambda *_: Gst.PadProbeReturn.DROP if is_held.is_set() else Gst.PadProbeReturn.OK)
        publisher.begin(lambda text: re.sub("a=ssrc:.*\r\n", "", text)).trickle()
        publisher.peer.wait_state("completed", "connected")
        player = Client(self, port, "whep").connect()
        player.peer.wait_media("audio")
        self.assertNotIn("video", player.peer.received)
        is_held.clear()
        player.peer.wait_media("video")
        for _ in range(2):
            publisher.restart().trickle()
            for kind in "video", "audio":
                player.peer.wait_media(kind)
            publisher.peer.wait_state("completed", "connected")
        for client in player, publisher:
            client.delete()
        self.end(server)

    def test_another_certificate(self):
        """Than a=fingerprint has it: the session ends, and no player gets its media."""
        server, port = self.serve()
        publisher = Client(self, port, "whip").begin(change_fingerprint).trickle()
        player = Client(self, port, "whep").connect()
        server.wait_for("whip: the peer's certificate is not that of its description\n", "whip: 0 frames of video, 0 ")
        self.assertEqual(publisher.ask("GET", publisher.session)[0], 404)
        self.assertEqual(player.peer.received, {})
        self.end(server)

    def test_sessions(self):
        """No more than 8, until one has ended."""
        server, port = self.serve()
        Client(self, port, "whip").begin()
        offer = Client(self, port, "whep").peer.set_local("offer")
        replies = [ask(port, "POST", "/whep", offer, SDP) for _ in range(8)]
        self.assertEqual([status for status, *_ in replies], [201] * 7 + [503])
        self.assertEqual(replies[-1][1]["Retry-After"], "2")
        self.assertEqual(ask(port, "DELETE", replies[0][1]["Location"])[0], 200)
        self.assertEqual(ask(port, "POST", "/whep", offer, SDP)[0], 201)
        self.end(server)


class TestStatus(WhipTest):
    """The status of each response, and the headers that have to be with it."""

    def check(self, port, method, path, body, kind, headers, status, **wanted):
        with self.subTest(f"{method} {path.split('/')[1]} {status} {body[:40] if body else ''}"):
            found, response, text = ask(port, method, path, body, kind, **headers)
            self.assertEqual(found, status, text)
            for name, value in wanted.items():
                self.assertEqual(response[name.replace("_", "-")], value)
            if status >= 400:
                self.assertTrue(text.endswith(".") or ": " in text, "what was wrong")
                self.assertNotIn("ETag", response)
            self.assertEqual(response["Access-Control-Allow-Origin"], "*")

    def test_endpoints(self):
        server, port = self.serve()
        offer = Client(self, port, "whip").peer.set_local("offer")
        session, *parts = offer.replace("m=", "\0m=").split("\0")
        no_codec = offer.replace("VP8", "VP7")
        for method, path, body, kind, status, wanted in (
                ("OPTIONS", "/whip", None, None, 200, {"Accept_Post": SDP}),
                ("OPTIONS", "/whep", None, None, 200, {"Accept_Post": SDP}),
                ("GET", "/whip", None, None, 200, {"Content_Length": "0"}),
                ("HEAD", "/whep", None, None, 200, {"Content_Type": SDP}),
                ("PUT", "/whip", offer, SDP, 405, {"Allow": "GET, HEAD, OPTIONS, POST"}),
                ("PATCH", "/whip", offer, FRAGMENT, 405, {}),
                ("DELETE", "/whep", None, None, 405, {}),
                ("POST", "/", offer, SDP, 405, {"Allow": "GET, HEAD, OPTIONS"}),
                ("POST", "/whip/", offer, SDP, 404, {}),
                ("POST", "/elsewhere", offer, SDP, 404, {}),
                ("DELETE", "/whip/AAAAAAAAAAAAAAAAAAAAAA", None, None, 404, {}),
                ("POST", "/whip", offer, None, 415, {"Accept_Post": SDP}),
                ("POST", "/whip", offer, "text/plain", 415, {"Accept_Post": SDP}),
                ("POST", "/whip", offer, FRAGMENT, 415, {"Accept_Post": SDP}),
                ("POST", "/whip", offer * 100, SDP, 413, {}),
                ("POST", "/whip", b"x" * (1 << 21), SDP, 413, {}),
                ("POST", "/whip", "", SDP, 400, {}),
                ("POST", "/whip", "nonsense", SDP, 400, {}),
                ("POST", "/whip", b"\xff\xfe\0", SDP, 400, {}),
                ("POST", "/whip", session, SDP, 400, {}),
                ("POST", "/whip", offer.replace("v=0", "v=1"), SDP, 400, {}),
                ("POST", "/whip", offer.replace("a=ice-pwd:", "a=ice-pwd:!"), SDP, 400, {}),
                ("POST", "/whip", offer.replace("sha-256 ", "sha-256 G"), SDP, 400, {}),
                ("POST", "/whip", offer.replace("a=setup:actpass\r\n", ""), SDP, 400, {}),
                ("POST", "/whip", offer.replace("sendonly", "recvonly"), SDP, 422, {}),
                ("POST", "/whip", offer.replace("sendonly", "inactive"), SDP, 422, {}),
                ("POST", "/whip", no_codec, SDP, 422, {}),
                ("POST", "/whip", offer.replace("a=group:BUNDLE ", "a=group:LS "), SDP, 422, {}),
                ("POST", "/whip", offer.replace("a=mid:audio1", "a=mid:video0"), SDP, 422, {}),
                ("POST", "/whip", offer.replace("m=audio", "m=application"), SDP, 422, {}),
                ("POST", "/whip", offer.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), SDP, 422, {}),
                ("POST", "/whip", "".join((session.replace("audio1", "video2"), parts[0],
                                           parts[0].replace("video0", "video2"))), SDP, 422, {}),
                ("POST", "/whep", offer.replace("sendonly", "recvonly"), SDP, 409, {"Retry_After": "2"})):
            self.check(port, method, path, body, kind, {}, status, **wanted)
        self.check(port, "POST", "/whip", "0\r\n\r\n", SDP, {"Transfer_Encoding": "chunked"}, 411)
        status, _, page = ask(port, "GET", "/")
        self.assertEqual((status, "RTCPeerConnection" in page), (200, True))
        self.end(server)

    def test_session(self):
        server, port = self.serve()
        client = Client(self, port, "whip").begin()
        ufrag, pwd = client.credentials()
        fragment = make_fragment(client.offer, ufrag, pwd, [])
        right = {"If_Match": client.etag}
        gone = "candidate:1 1 UDP 1 nobody.invalid 9 typ host", "candidate:1 1 tcp 1 127.0.0.9 9 typ host tcptype active"
        for body, kind, headers, status in (
                (fragment, FRAGMENT, {}, 428),
                (fragment, FRAGMENT, {"If_Match": '"other"'}, 412),
                (fragment, FRAGMENT, {"If_Match": "W/" + client.etag}, 412),
                (fragment, SDP, right, 415),
                (fragment, None, right, 415),
                ("", FRAGMENT, right, 400),
                ("nonsense", FRAGMENT, right, 400),
                (client.offer, FRAGMENT, right, 400),
                (b"\xff", FRAGMENT, right, 400),
                (fragment.replace("a=ice-ufrag", "a=ufrag"), FRAGMENT, right, 400),
                (fragment.replace("a=mid:video0", "a=mid:nobody"), FRAGMENT, right, 400),
                (fragment + "a=candidate:nonsense\r\n", FRAGMENT, right, 400),
                (make_fragment(client.offer, "other", pwd, []), FRAGMENT, {"If_Match": "*"}, 400),
                (fragment * 500, FRAGMENT, right, 413),
                (fragment, FRAGMENT, right, 204),
                (fragment, FRAGMENT, {"If_Match": f'"other", {client.etag}'}, 204),
                (make_fragment(client.offer, ufrag, pwd, gone), FRAGMENT, right, 204)):  # discarded silently
            self.check(port, "PATCH", client.session, body, kind, headers, status)
        self.check(port, "POST", client.session, client.offer, SDP, {}, 405, Allow="GET, HEAD, OPTIONS, PATCH, DELETE")
        self.check(port, "GET", client.session, None, None, {}, 204)
        self.check(port, "OPTIONS", client.session, None, None, {}, 200, Accept_Patch=FRAGMENT)
        self.check(port, "POST", "/whip", client.offer, SDP, {}, 409, Retry_After="2")
        client.trickle().peer.wait_state("completed", "connected")  # none of that has harmed it
        client.delete()
        self.end(server)

    def test_session_ends_while_the_body_comes(self):
        server, port = self.serve()
        client = Client(self, port, "whip").begin()
        body = make_fragment(client.offer, *client.credentials(), []).encode()
        head = (f"PATCH {client.session} HTTP/1.1\r\nHost: x\r\nContent-Type: {FRAGMENT}\r\nIf-Match: {client.etag}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(head.encode() + body[:10])
            ask(port, "GET", "/")  # the server has read that by now
            client.delete()
            connection.sendall(body[10:])
            response = http.client.HTTPResponse(connection)
            response.begin()
            self.assertEqual((response.status, response.read()[:8]), (404, b"There is"))
        self.end(server)

    def test_token(self):
        token = "a-token/that+nobody_sees~=="
        for name, text in ("token", token + "\n"), ("bad", "two words\n"):
            with open(self.path(name), "w") as file:
                file.write(text)
        server, port = self.serve("--token-file", self.path("token"))
        client = Client(self, port, "whip", Authorization=f"Bearer {token}")
        offer = client.peer.set_local("offer")
        for given in None, "Bearer", "Bearer x", token, f"Basic {token}", f"bearer{token}", "\xff":
            for method, path in ("POST", "/whip"), ("GET", "/whep"), ("DELETE", "/whip/unknown"):
                self.check(port, method, path, offer, SDP, {"Authorization": given}, 401, WWW_Authenticate="Bearer")
        self.check(port, "OPTIONS", "/whip", None, None, {}, 200)
        client.begin()
        self.check(port, "DELETE", client.session, None, None, {}, 401)
        client.delete()
        ended = self.run_example("publish", "--token-file", self.path("bad"), f"http://127.0.0.1:{port}/whip")
        stranger = self.run_example("publish", f"http://127.0.0.1:{port}/whip")
        publisher = self.run_example("publish", "--token-file", self.path("token"), f"http://127.0.0.1:{port}/whip")
        publisher.wait_for("publish: connected\n")
        self.assertEqual((ended.wait(), stranger.wait()), (2, 1))
        self.assert_contains(ended.text, "has to contain a bearer token only")
        self.assert_contains(stranger.text, "401 Unauthorized")
        self.end(publisher)
        self.end(server)
        for process in server, publisher, ended:
            self.assertNotIn(token, process.text)
            self.assertNotIn("two words", process.text)


class TestOffers(WhipTest):
    def test_forms(self):
        """Those that the RFC allows."""
        server, port = self.serve()
        offer = Client(self, port, "whip").peer.set_local("offer")
        session, video, audio = offer.replace("m=", "\0m=").split("\0")
        transport = r"a=(ice-ufrag|ice-pwd|setup|fingerprint):.*\r\n|a=rtcp-mux\r\n"
        credentials = "".join(re.findall("a=(?:ice-ufrag|ice-pwd|finger).*\n", video))
        for name, text in (
                ("audio is bundle-only, its transport that of video", session + video + re.sub(transport, "", audio)),
                ("credentials in the session", session + credentials + re.sub("a=(ice-ufrag|ice-pwd|finger).*\r\n", "",
                                                                             video + audio)),
                ("sendrecv", offer.replace("sendonly", "sendrecv")),
                ("DTLS client only", offer.replace("actpass", "active")),
                ("one medium", session.replace(" audio1", "") + video),
                ("an unknown extension", offer.replace("a=group", "a=unknown:what\r\na=group"))):
            with self.subTest(name):
                status, headers, body = ask(port, "POST", "/whip", text, SDP + "; charset=utf-8")
                self.assertEqual(status, 201, body)
                check_description(self, body, "recvonly")
                self.assertEqual(ask(port, "DELETE", headers["Location"])[0], 200)
        self.end(server)

    def test_hostile(self):
        """An offer without each of its first lines, others with rubbish, requests that are cut short: no more than a
        refusal, and nothing of it is kept."""
        server, port = self.serve()
        client = Client(self, port, "whip")
        offer = client.peer.set_local("offer")
        lines = offer.partition("m=audio")[0].splitlines(keepends=True)
        texts = [offer.replace(line, "", 1) for line in lines]
        texts += [offer[:len(offer) * i // 4] for i in range(4)]
        texts += [offer.replace(old, new) for old, new in (
            ("VP8/90000", "VP8/0"), ("VP8/90000", "VP8/99999999999999"), ("video 9", "video 99999999999"), (" 96", " 999"),
            ("actpass", "actpass" * 1000), ("mid:video0", "mid:\0"), ("a=mid", "a=mid:%n%s%x\r\na=mid"), ("\r\n", "\n\n"),
            ("a=rtcp-fb", "a=rtcp-fb:96 %s\r\na=rtcp-fb"), ("a=ssrc", "a=ssrc:x y\r\na=ssrc"),
            ("a=sendonly", "a=sendonly\r\na=candidate:1 1 UDP 1 127.0.0.1 99999999 typ host"))]
        self.settle(server, port, offer)
        before = self.count(server)
        statuses = {}
        for text in texts:
            status, headers, body = ask(port, "POST", "/whip", text, SDP)
            self.assertIn(status, (201, 400, 422), f"{body}: {text}")
            statuses[status] = statuses.get(status, 0) + 1
            if status == 201:
                self.assertEqual(ask(port, "DELETE", headers["Location"])[0], 200)
        print(f"# {statuses}")
        self.assertEqual(set(statuses), {201, 400, 422})
        head = f"POST /whip HTTP/1.1\r\nHost: x\r\nContent-Type: {SDP}\r\nContent-Length: {len(offer)}\r\n\r\n"
        for data in (b"\0" * 1000, b"POST /whip HTTP/1.1\r\n", (head + offer[:100]).encode(), (head + offer).encode(),
                     head.encode().replace(b"Type:", b"Type: \xff"), b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(data)  # and is gone
        self.settle(server, port, offer)
        deadline = time.monotonic() + PATIENCE
        while any(now > old for now, old in zip(self.count(server), before)) and time.monotonic() < deadline:
            time.sleep(0.1)
        for what, now, old in zip(("descriptors", "threads"), self.count(server), before):
            self.assertLessEqual(now, old, what)
        client.begin().trickle().peer.wait_state("completed", "connected")
        client.delete()
        self.end(server)

    def count(self, server):
        return tuple(len(os.listdir(f"/proc/{server.pid}/{name}")) for name in ("fd", "task"))

    def settle(self, server, port, offer):
        """A session as soon as there is none, which is ended."""
        deadline = time.monotonic() + PATIENCE
        while (reply := ask(port, "POST", "/whip", offer, SDP))[0] == 409:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(reply[0], 201)
        self.assertEqual(ask(port, "DELETE", reply[1]["Location"])[0], 200)


class StrictServer:
    """An HTTP server; `answers` has its responses, by path: functions of the request that return (status, headers, body)."""

    def __init__(self, test):
        self.test, self.answers, self.asked = test, {}, queue.SimpleQueue()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer.asked.put((self.command, self.path, self.headers, body))
                try:
                    status, headers, text = outer.answers[self.path](self.command, self.headers, body)
                except Exception as error:  # the test waits for its requests in vain otherwise
                    outer.asked.put(error)
                    status, headers, text = 500, {}, ""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_PATCH = do_DELETE = do_GET = handle_one

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()
        test.addCleanup(self.close)

    def close(self):
        self.http.shutdown()
        self.thread.join(PATIENCE)
        self.http.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait(self, method, path):
        """The headers and body of the next request, which has to be this."""
        asked = self.asked.get(timeout=PATIENCE)
        if isinstance(asked, Exception):
            raise asked
        self.test.assertEqual(asked[:2], (method, path))
        return asked[2:]


class TestPublisher(WhipTest):
    def make_peer(self):
        peer = Peer(self, "server", video=False)
        for caps in VP8, OPUS:
            peer.ice.emit("add-transceiver", RECVONLY, Gst.Caps.from_string(caps))
        peer.pipeline.play()
        return peer

    def answer(self, peer, offer):
        peer.set_remote("offer", offer)
        text = peer.set_local("answer", lambda kind, text: text.replace("sendrecv", "recvonly"))
        peer.wait(lambda: peer.found[-1:] == [(0, "")], "end of candidates")
        first, *rest = re.split("(?m)^(?=m=)", text)[1:]
        candidates = "".join(f"a={text or 'end-of-candidates'}\r\n" for _, text in peer.found)
        return re.split("(?m)^m=", text)[0] + first + candidates + "".join(rest)

    @unittest.skipUnless(ISOLATED, "drops datagrams in a network namespace: needs root")
    def test_strict_server(self):
        """Redirects, receives candidates, counts media, lets ICE restart after a break, and receives the DELETE."""
        server = StrictServer(self)
        peer = self.make_peer()
        offers = []

        def take(method, headers, body):
            offers.append(body)
            return 201, {"Content-Type": SDP, "ETag": '"one"', "Location": server.url("/session?id=1"),
                         "Link": "<stun:127.0.0.1:9>; rel=ice-server, </x>; rel=unknown"}, self.answer(peer, body)
        server.answers = {"/in": lambda *_: (307, {"Location": "other"}, ""), "/other": take,
                          "/session?id=1": lambda *_: (204, {}, "")}
        with open(self.path("token"), "w") as file:
            file.write("secret")
        publisher = self.run_example("publish", "--token-file", self.path("token"), server.url("/in"))
        for path in "/in", "/other":
            headers, offer = server.wait("POST", path)
            self.assertEqual((headers["Content-Type"], headers["Authorization"], headers["If-Match"]),
                             (SDP, "Bearer secret", None))
        session, parts = check_description(self, offer, "sendonly")
        self.assertIn("a=setup:actpass", parts[0])
        self.assertIn("trickle", value(session, "ice-options").split())
        first = self.check_patch(server, peer, session, parts, '"one"')
        self.assertEqual(first, (value(parts[0], "ice-ufrag"), value(parts[0], "ice-pwd")))
        for kind in "video", "audio":
            peer.wait_media(kind)
        self.restart(server, peer, offer, session, parts, first)
        publisher.wait_for("publish: restarts ICE\n")
        for kind in "video", "audio":
            peer.wait_media(kind)
        publisher.signal(signal.SIGINT)
        headers, body = server.wait("DELETE", "/session?id=1")
        self.assertEqual((headers["Authorization"], headers["If-Match"], body), ("Bearer secret", None, ""))
        self.assertEqual(publisher.wait(), 0, publisher.text)
        for what in "secret", "Traceback", "id=1":
            self.assertNotIn(what, publisher.text)

    def test_another_certificate(self):
        server = StrictServer(self)
        peer = self.make_peer()
        server.answers = {"/in": lambda method, headers, body: (
            201, {"Content-Type": SDP, "ETag": '"one"', "Location": "/session"},
            change_fingerprint(self.answer(peer, body))), "/session": lambda *_: (204, {}, "")}
        publisher = self.run_example("publish", server.url("/in"))
        _, offer = server.wait("POST", "/in")
        _, body = server.wait("PATCH", "/session")
        for text in read_ice(media(body)[1])[2]:
            peer.add(0, text)
        server.wait("DELETE", "/session")
        self.assertEqual(publisher.wait(), 1, publisher.text)
        self.assertIn("publish: the peer's certificate is not that of its description\n", publisher.text)

    def check_patch(self, server, peer, session, parts, match):
        """A PATCH and its credentials; the peer gets its candidates."""
        headers, body = server.wait("PATCH", "/session?id=1")
        self.assertEqual((headers["Content-Type"], headers["Authorization"], headers["If-Match"]),
                         (FRAGMENT, "Bearer secret", match))
        top, part = media(body)
        for name in "group", "ice-options":
            self.assertEqual(value(top, name), value(session, name))
        self.assertEqual((part[0], value(part, "mid")), (parts[0][0], value(parts[0], "mid")))
        ufrag, pwd, candidates = read_ice(part)
        self.assertEqual(candidates[-1:], [""])
        self.assertTrue(candidates[:-1])
        if match != "*":
            for text in candidates:
                peer.add(0, text)
        return ufrag, pwd

    def restart(self, server, peer, offer, session, parts, first):
        """No datagram comes through until the publisher asks for a restart."""
        done = threading.Event()

        def grant(method, headers, body):
            wire.run("nft delete table ip deaf")
            ufrag, pwd, candidates = read_ice(media(body)[1])
            peer.found.clear()
            peer.set_remote("offer", replace_ice(offer, ufrag, pwd))
            for text in candidates:
                peer.add(0, text)
            own = [peer.agent.get_property(f"local-{name}") for name in ("ufrag", "pwd")]
            text = peer.set_local("answer", lambda kind, text: replace_ice(text, *own))
            peer.wait(lambda: peer.found[-1:] == [(0, "")], "end of candidates")
            server.answers["/session?id=1"] = lambda *_: (200, {}, "")
            done.set()
            return 200, {"Content-Type": FRAGMENT, "ETag": '"two"'}, make_fragment(
                text, *own, [text for _, text in peer.found])
        server.answers["/session?id=1"] = grant
        wire.run("nft add table ip deaf")
        wire.run("nft add chain ip deaf input { type filter hook input priority 0 ; }")
        wire.run("nft add rule ip deaf input meta l4proto udp drop")
        second = self.check_patch(server, peer, session, parts, "*")
        self.assertFalse(set(first) & set(second))
        self.assertTrue(done.wait(PATIENCE))

    def test_refused(self):
        """The publisher's errors and exit status when the server does not do its part."""
        server = StrictServer(self)
        broken = {"Content-Type": SDP, "Location": "/session"}
        cases = {
            "/401": (401, {"WWW-Authenticate": "Bearer"}, "no token", "POST: 401 Unauthorized: 'no token'"),
            "/302": (302, {"Location": "/session"}, "", "POST: 302"),
            "/503": (503, {"Retry-After": "1"}, "\x1b[31mbusy", r"POST: 503 Service Unavailable: '\x1b[31mbusy'"),
            "/loop": (307, {"Location": "/loop"}, "", "POST: 307"),
            "/scheme": (308, {"Location": "ftp://127.0.0.1/"}, "", "POST: 308"),
            "/nowhere": (201, {"Content-Type": SDP}, "v=0", "no Location"),
            "/html": (201, {"Content-Type": "text/html", "Location": "/session"}, "<p>", "or its Content-Type"),
            "/broken": (201, broken, "v=0\r\n", "the server's answer cannot be used"),
        }
        for path, (*answer, _) in cases.items():
            server.answers[path] = lambda *_, answer=answer: answer
        server.answers["/session"] = lambda *_: (200, {}, "")
        processes = {path: self.run_example("publish", server.url(path)) for path in cases}
        processes["nobody"] = self.run_example("publish", f"http://127.0.0.1:{free_port()}/")
        for path, process in processes.items():
            with self.subTest(path):
                self.assertEqual(process.wait(), 1, process.text)
                self.assertIn(cases[path][3] if path in cases else "POST: ", process.text)
                self.assertNotIn("Traceback", process.text)
        asked = [server.asked.get() for _ in range(server.asked.qsize())]
        self.assertEqual([method for method, path, *_ in asked if path == "/session"], ["DELETE"] * 2)
        self.assertEqual(len([path for _, path, *_ in asked if path == "/loop"]), 6)


if __name__ == "__main__":
    main()
