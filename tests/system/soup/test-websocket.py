#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The built-in signalling over ws: and wss:."""

import base64
import contextlib
import gc
import hashlib
import json
import os
import socket
import ssl
import statistics
import struct
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import gi  # noqa: E402

gi.require_version("Gio", "2.0")
from gi.repository import Gio  # noqa: E402
from icetest import (EOS, LONG, LOOPBACK, PATIENCE, Collector, Gst, IceTest, Pipeline, datagrams,  # noqa: E402
                     element_message, free_port, main, push)

CERTIFICATES = Path(__file__).resolve().parents[2] / "fixtures" / "certificates"
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
PASSWORD = "f8a1VN2qOeS7tLk0pXyw3B"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def parameters(**changes):
    return json.dumps({"type": "parameters", "stream": 0, "usernameFragment": "Zk9d", "password": PASSWORD,
                       "role": "controlling", "generation": 0, **changes})


def frame(opcode, data=b"", final=True, masked=True, size=None):
    """A frame of RFC 6455, of a client unless it is not masked."""
    size = len(data) if size is None else size
    head = bytes([opcode | (0x80 if final else 0)])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + data


def accept(request):
    """A server's answer that makes a WebSocket of the connection."""
    key = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: ")).split()[1]
    proof = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n")


class Client:
    """A WebSocket client; a server where `masked` is false."""

    def __init__(self, sock, masked=True):
        self.sock, self.masked = sock, masked
        self.file = sock.makefile("rb")

    def upgrade(self, path="/", **headers):
        """Returns the answer's status and headers."""
        key = base64.b64encode(b"0123456789abcdef").decode()
        fields = {"Host": "127.0.0.1:5000", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
                  "Sec-WebSocket-Version": "13", **{k.replace("_", "-"): v for k, v in headers.items()}}
        lines = [f"GET {path} HTTP/1.1"] + [f"{k}: {v}" for k, v in fields.items() if v is not None]
        self.sock.sendall("\r\n".join(lines + ["", ""]).encode())
        return self.read_head()

    def read_head(self):
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().decode().strip()):
            name, value = line.split(": ", 1)
            headers[name] = value
        return status, headers

    def send(self, text):
        self.sock.sendall(frame(TEXT, text.encode(), masked=self.masked))

    def receive(self):
        """The next frame: (opcode, data); None at the end."""
        try:
            head = self.file.read(2)
        except OSError:
            return None
        if len(head) < 2:
            return None
        size, mask = head[1] & 0x7f, b"\0" * 4
        if size == 126:
            size, = struct.unpack("!H", self.file.read(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.file.read(8))
        if head[1] & 0x80:
            mask = self.file.read(4)
        data = self.file.read(size)
        return head[0] & 0x0f, bytes(b ^ mask[i % 4] for i, b in enumerate(data))

    def expect(self, kind):
        """The next message, which is of that type."""
        opcode, data = self.receive()
        message = json.loads(data)
        assert opcode == TEXT and message["type"] == kind, (opcode, data)
        return message

    def wait_for_end(self):
        """The code of the close frame, if one comes before the end."""
        code = None
        while (got := self.receive()) is not None:
            if got[0] == CLOSE and len(got[1]) >= 2:
                code, = struct.unpack("!H", got[1][:2])
        return code


class WebSocketTest(IceTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def uri(self, more="", scheme="ws", path="/call"):
        return f"signalling-uri=\"{scheme}://127.0.0.1:{self.port}{path}?{more}\""

    def listener(self, more="", element="icesrc {} ! fakesink name=out", options="", **where):
        return self.pipeline(element.format(f"name=ice {LOOPBACK} {options} " + self.uri("mode=listener" + more, **where)
                                            )).play()

    def caller(self, element="appsrc name=in ! icesink {}", more="", **where):
        return self.pipeline(element.format(f"name=ice {LOOPBACK} " + self.uri("mode=caller" + more, **where))).play()

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.addCleanup(sock.close)
        return Client(sock)

    def open(self):
        client = self.connect()
        self.assertEqual(client.upgrade("/call")[0], 101)
        return client

    def warning(self, pipeline):
        deadline = time.monotonic() + PATIENCE
        while not (warnings := pipeline.warnings()) and time.monotonic() < deadline:
            time.sleep(0.01)
        return warnings[-1]

    def assert_leaves_no_descriptors(self, call, times):
        def count():
            gc.collect()
            return len(os.listdir("/proc/self/fd"))
        call()
        before = count()
        for _ in range(times):
            call()
        deadline = time.monotonic() + PATIENCE
        while count() > before and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertLessEqual(count(), before)

    def assert_alive(self, listener):
        """Another caller is accepted."""
        client = self.open()
        client.send(parameters())
        self.assertEqual(client.expect("parameters")["role"], "controlled")
        self.assertEqual(listener.errors(), [])
        return client


class TestCalls(WebSocketTest):
    def check_call(self, **where):
        receiver = self.listener(more=where.pop("listener", ""), **where)
        out = Collector(receiver["out"])
        sender = self.caller(**where)
        receiver.wait_connected()
        sender.wait_connected()
        sent = datagrams("websocket")
        for data in sent:
            push(sender["in"], data)
        self.assertEqual(out.take(len(sent)), sent)
        receiver["ice"].emit("restart")
        receiver.wait(element_message("ice-selected-candidate-pair"))
        sender["in"].emit("end-of-stream")
        sender.wait(EOS)
        sender.stop()
        receiver.wait(EOS)
        self.assertEqual(receiver.errors() + sender.errors() + receiver.warnings() + sender.warnings(), [])

    def test_call(self):
        self.check_call()

    def test_paths(self):
        for path in "", "/", "/a/b", "/caf%C3%A9%20%3Fx":
            with self.subTest(path=path):
                self.port = free_port()
                self.check_call(path=path)

    def test_two_processes(self):
        """The last message, a bye, is sent even though the process ends at once."""
        ends = [self.run_line(f"gst-launch-1.0 {line}") for line in (
            f"icesrc {LOOPBACK} {self.uri('mode=listener')} ! fakesink",
            f"fakesrc num-buffers=10 ! icesink {LOOPBACK} {self.uri()}")]
        self.assert_ends_well(*ends)

    def test_keep(self):
        receiver = self.listener("&keep=true")
        for n in range(1, 4):
            sender = self.caller()
            receiver.wait_connected()
            sender.stop()
            receiver.wait(element_message("ice-call-ended", call=n, reason="bye"))
        self.assertEqual(receiver.errors() + receiver.warnings(), [])

    def test_nothing_accumulates(self):
        def count():
            return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        receiver = self.listener("&keep=true")
        counts = []
        for n in range(1, (100 if LONG else 8) + 1):
            client = self.open()
            client.send(parameters())
            client.expect("parameters")
            client.send('{"type":"bye"}')
            receiver.wait(element_message("ice-call-ended", call=n))
            client.wait_for_end()
            client.file.close()
            client.sock.close()
            receiver.wait(element_message("ice-gathering-state", new="complete"))
            counts.append(count())
        deadline = time.monotonic() + PATIENCE  # the last one may still be written
        while count()[0] > counts[0][0] and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertLessEqual(count()[0], counts[0][0], counts)
        self.assertLessEqual(max(threads for _, threads in counts[4:]), max(threads for _, threads in counts[:4]))

    def test_sessions_leave_no_descriptors(self):
        """The last session ends the I/O thread; what GLib still had to do there would stay for ever."""
        def call():
            self.port = free_port()
            ends = [Pipeline(f"icesrc {LOOPBACK} {self.uri('mode=' + mode)} ! fakesink") for mode in ("listener", "caller")]
            try:
                for end in ends:
                    end.play()
                for end in ends:
                    end.wait_connected()
            finally:  # both at once, so that either may be the last
                threads = [threading.Thread(target=end.stop) for end in ends]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

        self.assert_leaves_no_descriptors(call, 400 if LONG else 60)

    def test_messages(self):
        """A message is one text frame without a newline; newlines of pretty JSON are accepted."""
        self.listener()
        client = self.open()
        client.send(json.dumps(json.loads(parameters()), indent=2) + "\r\n")
        opcode, data = client.receive()
        self.assertEqual(opcode, TEXT)
        self.assertNotIn(b"\n", data)
        self.assertEqual(json.loads(data)["type"], "parameters")

    def test_parts_and_pings(self):
        self.listener()
        client = self.open()
        text = parameters().encode()
        client.sock.sendall(frame(TEXT, text[:9], final=False) + frame(PING, b"hello") + frame(0, text[9:]))
        self.assertEqual(client.receive(), (PONG, b"hello"))
        client.expect("parameters")

    def test_subprotocol(self):
        self.listener()
        status, headers = self.connect().upgrade("/call", Sec_WebSocket_Protocol="chat, gst-ice")
        self.assertEqual((status, headers["Sec-WebSocket-Protocol"]), (101, "gst-ice"))
        self.assertNotIn("Sec-WebSocket-Extensions",
                         self.connect().upgrade("/call", Sec_WebSocket_Extensions="permessage-deflate")[1])

    def test_strange_but_good(self):
        self.listener()
        self.assertEqual(self.connect().upgrade("/call?token=1", Connection="keep-alive, Upgrade", Upgrade="WebSocket",
                                                Origin=None)[0], 101)

    def test_end_by_the_peer(self):
        """A bye, then a close frame: the normal end."""
        receiver = self.listener()
        client = self.open()
        client.send(parameters())
        client.expect("parameters")
        client.send('{"type":"bye"}')
        client.sock.sendall(frame(CLOSE, struct.pack("!H", 1000)))
        client.wait_for_end()
        receiver.wait(EOS)
        self.assertEqual(receiver.warnings(), [])

    def test_bye_is_sent(self):
        receiver = self.listener()
        client = self.open()
        client.send(parameters())
        client.expect("parameters")
        receiver.stop()
        opcodes = []
        while (got := client.receive()) is not None:
            opcodes.append(got)
        self.assertEqual([json.loads(data)["type"] for opcode, data in opcodes if opcode == TEXT][-1], "bye")
        self.assertEqual(opcodes[-1][0], CLOSE)

    def test_stops_though_nothing_is_read(self):
        """A peer that reads nothing does not hold NULL up."""
        receiver = self.listener()
        client = self.open()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(parameters())
        client.expect("parameters")
        for generation in range(1, 400):
            client.send(parameters(generation=generation, usernameFragment=f"{generation:04}"))
        time.sleep(0.5)
        with self.within(1.5, "NULL"):
            receiver.stop()


class TestErrors(WebSocketTest):
    def fail(self, **where):
        """A caller's error, which may come before PLAYING."""
        more = where.pop("more", "")
        pipeline = self.pipeline(f"appsrc ! icesink {LOOPBACK} {self.uri('mode=caller' + more, **where)}")
        pipeline.set_state(Gst.State.PLAYING)
        deadline = time.monotonic() + PATIENCE
        while not pipeline.errors() and time.monotonic() < deadline:
            time.sleep(0.01)
        pipeline.stop()
        return pipeline.errors()[0]

    def serve(self, answer):
        """A TCP server that answers anything with that, or with what that function makes of the request."""
        server = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(server.close)

        def run():
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = server.accept()
                    with sock:
                        request = sock.recv(65536)
                        sock.sendall(answer(request) if callable(answer) else answer)
                        time.sleep(0.2)
        threading.Thread(target=run, daemon=True).start()

    def serve_close(self, code):
        """A WebSocket server that closes each call with that code. Returns a list of the calls."""
        calls = []

        def answer(request):
            calls.append(request)
            return accept(request) + frame(CLOSE, struct.pack("!H", code), masked=False)
        self.serve(answer)
        return calls

    def test_no_listener(self):
        self.assertRegex(self.fail(more="&timeout=1"),
                         "could not connect to ws://127.0.0.1:.*/call within 1 s: .*refused.*is the listener running")

    def test_another_path(self):
        self.listener()
        self.assertRegex(self.fail(path="/other"), "answered with HTTP status 404; is the path right")

    def test_no_websocket(self):
        for answer, text in ((b"SSH-2.0-OpenSSH\r\n\r\n", "did not answer in HTTP; is it a WebSocket"),
                             (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "answered with HTTP status 200"),
                             (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              b"Sec-WebSocket-Accept: AAAA\r\n\r\n", "answered without the proof of a WebSocket"),
                             (b"x" * 9000, "sent more than 8192 bytes in place of a WebSocket handshake")):
            with self.subTest(answer=answer):
                self.port = free_port()
                self.serve(answer)
                with self.within(5, "the error"):
                    self.assertIn(text, self.fail())

    def test_interim_answers(self):
        """Those with status 1xx come before the answer proper (RFC 9110 section 15.2); their size counts too."""
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        for answer, text in ((lambda request: interim + accept(request) + frame(BINARY, b"x", masked=False),
                              "sent a binary frame"),
                             (interim + b"HTTP/1.1 404 No\r\n\r\n", "answered with HTTP status 404; is the path right"),
                             (interim * 200, "sent more than 8192 bytes in place of a WebSocket handshake")):
            with self.subTest(text=text):
                self.port = free_port()
                self.serve(answer)
                self.assertIn(text, self.fail())

    def test_overloaded(self):
        """Status 503 and the like, such as a proxy's whose listener is in a call: tried again."""
        for status in 429, 503:
            with self.subTest(status=status):
                self.port = free_port()
                self.serve(f"HTTP/1.1 {status} No\r\n\r\n".encode())
                self.assertRegex(self.fail(more="&timeout=1"),
                                 f"could not connect to ws://.* within 1 s: .*answered with HTTP status {status}")

    def test_closed_for_now(self):
        """Close codes of a listener that may be good later, such as a proxy's that restarts: tried again."""
        for code in 1001, 1011, 1012, 1013, 1014:
            with self.subTest(code=code):
                self.port = free_port()
                calls = self.serve_close(code)
                self.assertRegex(self.fail(more="&timeout=3"), "could not connect to ws://.* within 3 s")
                self.assertGreater(len(calls), 1)

    def test_closed_with_a_code_of_nobody(self):
        for code in 1004, 1016, 2999:
            with self.subTest(code=code):
                self.port = free_port()
                calls = self.serve_close(code)
                self.assertIn("sent what is no WebSocket frame", self.fail())
                self.assertEqual(len(calls), 1)

    def test_refused(self):
        """Statuses that waiting does not change: an error at once, though the timeout is 30 s."""
        for answer, text in (("302 Found\r\nLocation: /there", "302, a redirection to \"/there\"; put the right place into "
                              "signalling-uri"),
                             ("401 Unauthorized", "401: it requires a login, which is not supported"),
                             ("403 Forbidden", "403: it forbids this call"), ("404 Not Found", "404; is the path right?"),
                             ("426 Upgrade Required", "426: it requires another protocol than version 13 of WebSocket")):
            with self.subTest(answer=answer):
                self.port = free_port()
                self.serve(f"HTTP/1.1 {answer}\r\n\r\n".encode())
                error = self.fail()
                self.assertIn("answered with HTTP status " + text, error)
                self.assertNotIn("within", error)

    def test_silent_server(self):
        self.serve(b"")
        self.assertRegex(self.fail(more="&timeout=1"), "ws://.*within 1 s")

    def test_raw_listener(self):
        """ws: to a listener with tcp:."""
        self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{self.port}?mode=listener ! fakesink").play()
        self.assertRegex(self.fail(more="&timeout=1"), "could not connect|closed")

    def test_plugin_is_missing(self):
        folder = os.environ["GST_PLUGIN_PATH"].split(":")[0]
        process = self.run_line(f"gst-launch-1.0 icesrc {LOOPBACK} {self.uri('mode=listener')} ! fakesink", env={
            "GST_PLUGIN_PATH": folder, "GST_REGISTRY": self.path("registry")})
        self.assertNotEqual(process.wait(), 0)
        self.assert_contains(process.text, "needs the plugin icesoup, which is not installed",
                             "package gstreamer1.0-icesoup; meson option soup")

    def test_certificates(self):
        with self.subTest("none"):
            pipeline = self.pipeline(f"icesrc {self.uri('mode=listener', scheme='wss')} ! fakesink").fail_to_play()
            self.assertIn("a listener with wss: needs certificate=FILE", pipeline.errors()[0])
        with self.subTest("no file"):
            pipeline = self.pipeline(f"icesrc {self.uri('mode=listener&certificate=/nowhere', scheme='wss')} ! fakesink"
                                     ).fail_to_play()
            self.assertIn("could not read the certificate /nowhere and its key from /nowhere", pipeline.errors()[0])

    def test_key_of_another_certificate(self):
        certificate, key = CERTIFICATES / "server.pem", CERTIFICATES / "stranger.pem"
        more = f"mode=listener&certificate={certificate}&key={key}"
        pipeline = self.pipeline(f"icesrc {self.uri(more, scheme='wss')} ! fakesink").fail_to_play()
        self.assertRegex(pipeline.errors()[0], f"could not use the certificate {certificate} with the key from {key}: .*"
                                               "does the key belong to the certificate")

    def test_port_in_use(self):
        server = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(server.close)
        pipeline = self.pipeline(f"icesrc {LOOPBACK} {self.uri('mode=listener')} ! fakesink").fail_to_play()
        self.assertRegex(pipeline.errors()[0], "could not listen on 127.0.0.1:.*in use")


class TestHostile(WebSocketTest):
    def refuse(self, data, text, code=None, upgrade=True):
        """What comes instead of parameters: that connection is closed with a warning, and another one is accepted."""
        self.port = free_port()
        listener = self.listener()
        client = self.open() if upgrade else self.connect()
        with contextlib.suppress(OSError):
            client.sock.sendall(data)
        got = client.wait_for_end() if upgrade else client.file.read()
        self.assertRegex(self.warning(listener), text)
        if code is not None:
            self.assertEqual(got, code)
        self.assert_alive(listener)
        listener.stop()
        return got

    def test_handshakes(self):
        for headers, status, text in (
                ({"path": "/other"}, 404, "asked for the path \"/other\", this listener has another one"),
                ({"path": "/call/../x"}, 404, "asked for the path"),
                ({"Upgrade": None}, 400, "did not ask for a WebSocket, but for a page"),
                ({"Connection": "close"}, 400, "but for a page"),
                ({"Sec_WebSocket_Key": "short"}, 400, "but for a page"),
                ({"Sec_WebSocket_Key": None}, 400, "but for a page"),
                ({"Host": None}, 400, "but for a page"),
                ({"Sec_WebSocket_Version": "8"}, 426, "another version of WebSocket than 13"),
                ({"Sec_WebSocket_Protocol": "mqtt"}, 400, "asked for the subprotocol \"mqtt\", not for gst-ice or none"),
                ({"Origin": "https://evil.example"}, 403, "is a web page of \"https://evil.example\", which may not call")):
            with self.subTest(headers=headers):
                self.port = free_port()
                listener = self.listener()
                client = self.connect()
                self.assertEqual(client.upgrade(**{"path": "/call", **headers})[0], status)
                self.assertRegex(self.warning(listener), text)
                self.assert_alive(listener)
                listener.stop()

    def test_origins(self):
        """Pages of the same host, by an address or a name that nobody else can own; and the one that is set."""
        for more, host, origin, good in (
                ("", "127.0.0.1:5000", "http://127.0.0.1:8080", True), ("", "localhost:1", "https://localhost", True),
                ("", "[::1]:1", "http://[::1]:8080", True), ("", "127.0.0.1:5000", "null", False),
                ("", "evil.example:5000", "http://evil.example", False),  # DNS rebinding
                ("", "127.0.0.1:5000", "http://localhost", False), ("", "127.0.0.1:5000", "127.0.0.1", False),
                ("&origin=https://a.example", "127.0.0.1:5000", "https://a.example", True),
                ("&origin=https://a.example", "127.0.0.1:5000", "https://b.example", False),
                ("&origin=https://a.example", "127.0.0.1:5000", "http://127.0.0.1:8080", False),
                ("&origin=null", "127.0.0.1:5000", "null", True), ("&origin=*", "x.example", "https://b.example", True)):
            with self.subTest(more=more, host=host, origin=origin):
                self.port = free_port()
                listener = self.listener(more)
                self.assertEqual(self.connect().upgrade("/call", Host=host, Origin=origin)[0], 101 if good else 403)
                listener.stop()

    def test_garbage(self):
        self.refuse(b"\r\n\r\n", "did not send a request in HTTP", upgrade=False)
        self.refuse(os.urandom(100) + b"\r\n\r\n", "did not send a request in HTTP", upgrade=False)
        self.refuse(b"x" * 9000, "sent more than 8192 bytes in place of a WebSocket handshake", upgrade=False)
        self.refuse(parameters().encode() + b"\n", "did not send a request in HTTP", upgrade=False)
        self.refuse(b"\r\n\r" + b"x" * 9000, "sent more than 8192 bytes", upgrade=False)
        self.refuse(b"\xff" * 100, "no WebSocket frame|more than 65535 bytes")
        self.refuse(frame(3, b"x"), "no WebSocket frame", 1002)
        self.refuse(frame(TEXT, b"\xff\xfe"), "no WebSocket frame, or no UTF-8 text")
        self.refuse(frame(TEXT, parameters().encode(), masked=False), "no WebSocket frame")
        self.refuse(frame(TEXT, b"garbage"), "sent an invalid message")
        self.refuse(frame(TEXT, b""), "sent an invalid message")
        self.refuse(frame(TEXT, b'{"type":"bye"}\n' + parameters().encode()), "sent an invalid message")
        self.refuse(frame(TEXT, b'{"type":"bye"}'), "sent bye before it sent parameters")

    def test_binary(self):
        self.refuse(frame(BINARY, parameters().encode()), "sent a binary frame; a message is a text frame", 1003)

    def test_huge(self):
        self.refuse(frame(TEXT, b"x" * 1000, size=65536), "sent a message of more than 65535 bytes")
        self.refuse(frame(TEXT, b"x" * 1000, size=1 << 62), "sent a message of more than 65535 bytes|no WebSocket frame")
        self.refuse(frame(TEXT, b"x" * 60000, final=False) + frame(0, b"x" * 60000),
                    "sent a message of more than 65535 bytes", 1009)

    def test_endless_message(self):
        """Parts of a message without an end, and pings."""
        part = frame(TEXT, b"x" * 1000, final=False) + frame(0, b"x" * 1000, final=False) * 400
        self.refuse(part, "sent 262144 bytes without a message|more than 65535 bytes")
        self.refuse(frame(PING, b"x" * 100) * 4000, "sent 262144 bytes without a message")

    def test_pings_that_are_not_read(self):
        """Their answers are not kept without limit: no more is read, and the rest of the process works."""
        listener = self.listener()
        client = self.open()
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(parameters())
        client.sock.settimeout(1)
        sent = 0
        with contextlib.suppress(OSError):
            for _ in range(400):
                client.sock.sendall((frame(PING, b"x" * 100) * 1000) + frame(TEXT, parameters().encode()))
                sent += 1
        self.assertLess(sent, 400)
        self.assertEqual(listener["ice"].get_property("ice-connection-state").value_nick, "new")
        with self.within(1.5, "NULL"):
            listener.stop()

    def test_silence(self):
        """A client that does not finish its handshake, or sends nothing after it, is closed after 5 s."""
        listener = self.listener()
        slow, silent, dripping = self.connect(), self.open(), self.connect()
        slow.sock.sendall(b"GET /call HTTP/1.1\r\n")
        start = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - start < 8:
                dripping.sock.sendall(b"G")
                time.sleep(0.1)
        self.assertLess(time.monotonic() - start, 7)
        slow.file.read()
        silent.wait_for_end()
        self.assertLess(time.monotonic() - start, 7)
        self.assert_alive(listener)

    def test_many_strangers(self):
        listener = self.listener()
        strangers = [self.connect() for _ in range(24)] + [self.open() for _ in range(24)]
        self.assert_alive(listener)
        del strangers

    def test_hostile_listener(self):
        """A server that sends what no listener sends, to a caller."""
        for data, text in ((frame(BINARY, b"x", masked=False), "sent a binary frame"),
                           (frame(TEXT, b"garbage", masked=False), "sent an invalid message"),
                           (frame(TEXT, b"x" * 1000, masked=False, size=1 << 40), "more than 65535 bytes"),
                           (frame(PING, b"x" * 100, masked=False) * 4000, "without a message")):
            with self.subTest(text=text):
                self.port = free_port()
                server = socket.create_server(("127.0.0.1", self.port))
                self.addCleanup(server.close)
                caller = self.caller()
                sock, _ = server.accept()
                self.addCleanup(sock.close)
                file = sock.makefile("rb")
                request = b""
                while (line := file.readline().strip()):
                    request += line + b"\r\n"
                with contextlib.suppress(OSError):  # frames at once behind the answer
                    sock.sendall(accept(request) + data)
                with self.assertRaisesRegex(AssertionError, text):
                    caller.wait(EOS)
                caller.stop()


class TestTls(WebSocketTest):
    def setUp(self):
        super().setUp()
        self.certificate = CERTIFICATES / "server.pem"
        self.more = f"&certificate={self.certificate}"

    def run_trusting(self, line, authority=CERTIFICATES / "authority.pem"):
        """A command for which that authority is the only one."""
        return self.run_line(["unshare", "--mount", "sh", "-c", f'mount --bind "$0" {SYSTEM_CERTIFICATES} && exec "$@"',
                              str(authority), *line.split()])

    def test_call(self):
        receiver = self.listener(self.more, scheme="wss")
        uri = f"signalling-uri=wss://localhost:{self.port}/call"
        sender = self.run_trusting(f"gst-launch-1.0 fakesrc num-buffers=10 ! icesink {LOOPBACK} {uri}")
        receiver.wait(EOS)
        self.assert_ends_well(sender)
        self.assertEqual(receiver.errors() + receiver.warnings(), [])

    def test_refused_certificates(self):
        for certificate, host, text in (
                ("server.pem", "localhost", "not signed by an authority this system trusts: install that authority's "
                 r"certificate, or this one if it is self-signed, among the system's \(update-ca-certificates\)"),
                ("expired.pem", "localhost", "has expired: inform its operator, or check the clock here"),
                ("future.pem", "localhost", "not valid yet: check the clock here"),
                ("other-name.pem", "localhost", "for another name: check that its name is \"localhost\""),
                ("stranger.pem", "localhost", "not signed by an authority this system trusts")):
            with self.subTest(certificate=certificate):
                self.port = free_port()
                listener = self.listener(f"&certificate={CERTIFICATES / certificate}", scheme="wss")
                line = (f"gst-launch-1.0 fakesrc ! icesink {LOOPBACK} "
                        f"signalling-uri=wss://{host}:{self.port}/call")
                sender = self.run_line(line) if certificate == "server.pem" else self.run_trusting(line)
                self.assertNotEqual(sender.wait(), 0)
                self.assertRegex(sender.text, rf"could not connect to wss://localhost:\d+/call: localhost has .*{text}")
                self.assertEqual(listener.errors(), [])
                listener.stop()

    def test_no_tls(self):
        """Both ends say at once that one of them has the wrong scheme."""
        listener = self.listener()
        line = f"gst-launch-1.0 fakesrc ! icesink {LOOPBACK} signalling-uri={{}}://localhost:{self.port}/call"
        sender = self.run_line(line.format("wss"))
        self.assertNotEqual(sender.wait(), 0)
        self.assertRegex(sender.text, r"could not connect to wss://localhost:\d+/call: localhost did not agree on TLS "
                                      r"\(.*\): check that this is its TLS port")
        self.assertRegex(self.warning(listener), "called in TLS; this listener has the scheme ws:, not wss:")
        listener.stop()
        listener = self.listener(self.more, scheme="wss")
        sender = self.run_line(line.format("ws"))
        self.assertNotEqual(sender.wait(), 0)
        self.assertIn("answered with HTTP status 400; is the scheme right, ws: or wss:?", sender.text)
        self.assertRegex(self.warning(listener), "did not agree on TLS .*; is the scheme of its URI wss:")

    def test_end_within_a_handshake(self):
        """NULL while GLib waits for the rest of a client's TLS handshake."""
        def call():
            self.port = free_port()
            listener = Pipeline(f"icesrc {LOOPBACK} {self.uri('mode=listener' + self.more, scheme='wss')} ! fakesink").play()
            self.assertEqual(listener.errors(), [])
            with self.connect_when_it_listens() as sock:
                sock.sendall(b"\x16\x03\x01")
                time.sleep(0.02)
                listener.stop()
        self.assert_leaves_no_descriptors(call, 200 if LONG else 40)

    def test_browser_like(self):
        """Another implementation of TLS, and strangers."""
        listener = self.listener(self.more, scheme="wss")
        context = ssl.create_default_context(cafile=str(CERTIFICATES / "authority.pem"))
        plain, silent = self.connect(), self.connect()
        plain.sock.sendall(b"GET /call HTTP/1.1\r\n\r\n")
        self.assertRegex(self.warning(listener), "did not agree on TLS .*; is the scheme of its URI wss:")
        client = Client(context.wrap_socket(self.connect().sock, server_hostname="localhost"))
        self.assertEqual(client.upgrade("/call")[0], 101)
        client.send(parameters())
        client.expect("parameters")
        with self.within(1.5, "NULL"):
            listener.stop()
        del silent

    @contextlib.contextmanager
    def trusted(self):
        """This process trusts the authority of the tests."""
        backend = Gio.TlsBackend.get_default()
        backend.set_default_database(Gio.TlsFileDatabase.new(str(CERTIFICATES / "authority.pem")))
        try:
            yield
        finally:
            backend.set_default_database(None)

    def end_within(self, description, reach):
        """Many ends that go to NULL where `reach` leaves the handshake, which returns a socket of the other end: at once,
        nothing follows when that one goes on, and no thread or descriptor is left."""
        took = []

        def call():
            self.port = free_port()
            reports = []
            with contextlib.ExitStack() as stack:
                if reach in (self.reach_silence, self.reach_part, self.reach_after_tls, self.reach_request):
                    server = stack.enter_context(socket.create_server(("127.0.0.1", self.port)))
                    server.settimeout(PATIENCE)
                end = Pipeline(description.replace("PORT", str(self.port)))
                stack.callback(end.stop)
                end["ice"].connect("notify", lambda _, spec: reports.append(spec.name))
                end["ice"].connect("on-ice-candidate", lambda *_: reports.append("candidate"))
                end.play()
                other = stack.enter_context(reach(server) if "caller" in description else reach())
                self.assertEqual(end.errors(), [])
                begun = time.monotonic()
                end.stop()
                took.append(time.monotonic() - begun)
                reported = len(reports)
                with contextlib.suppress(OSError):
                    other.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
                other.close()
                time.sleep(0.01)
                self.assertEqual(reports[reported:], [])

        call()  # GLib's threads for tasks stay
        threads = len(os.listdir("/proc/self/task"))
        self.assert_leaves_no_descriptors(call, 100 if LONG else 8)
        self.assertLessEqual(len(os.listdir("/proc/self/task")), threads + 2)
        self.assertLess(statistics.median(took), 0.5, took)  # a busy machine delays some

    def accept_caller(self, server):
        sock, _ = server.accept()
        sock.settimeout(PATIENCE)
        return sock

    def reach_silence(self, server):
        sock = self.accept_caller(server)
        self.assertTrue(sock.recv(1))
        return sock

    def reach_part(self, server):
        sock = self.reach_silence(server)
        sock.sendall(b"\x16\x03\x03\x00\x5a\x02")
        return sock

    def reach_after_tls(self, server):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return self.reach_request(server, lambda sock: context.wrap_socket(sock, server_side=True))

    def reach_request(self, server, wrap=lambda sock: sock):
        sock = wrap(self.accept_caller(server))
        got = b""
        while b"\r\n\r\n" not in got:
            got += sock.recv(65536)
        self.assertIn(b"Upgrade: websocket", got)
        return sock

    def test_caller_ends_within_a_handshake(self):
        for scheme, reach in (("ws", self.reach_request), ("wss", self.reach_silence), ("wss", self.reach_part),
                              ("wss", self.reach_after_tls)):
            with self.subTest(scheme, reach=reach.__name__), self.trusted():
                self.end_within(f"appsrc ! icesink name=ice {LOOPBACK} signalling-uri={scheme}://localhost:PORT/call"
                                "?mode=caller", reach)

    def connect_when_it_listens(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.001)

    def reach_listener(self, data=b"", tls=False, answered=False):
        sock = self.connect_when_it_listens()
        if tls:
            context = ssl.create_default_context(cafile=str(CERTIFICATES / "authority.pem"))
            sock = context.wrap_socket(sock, server_hostname="localhost")
        if answered:
            client = Client(sock)
            self.assertEqual(client.upgrade("/call")[0], 101)
            client.file.close()
        with contextlib.suppress(OSError):  # closed after 5 s, if this machine is busy
            sock.sendall(data)
        return sock

    def test_listener_ends_within_a_handshake(self):
        request = b"GET /call HTTP/1.1\r\nHost: local"
        for scheme, where in (("ws", {}), ("ws", {"data": request}), ("ws", {"answered": True}), ("wss", {}),
                              ("wss", {"data": b"\x16\x03\x01"}), ("wss", {"tls": True}),
                              ("wss", {"tls": True, "data": request}), ("wss", {"tls": True, "answered": True})):
            with self.subTest(scheme, **where):
                more = self.more if scheme == "wss" else ""
                self.end_within(f"icesrc name=ice {LOOPBACK} signalling-uri=\"{scheme}://127.0.0.1:PORT/call?mode=listener"
                                f"{more}\" ! fakesink", lambda: self.reach_listener(**where))


if __name__ == "__main__":
    main()
