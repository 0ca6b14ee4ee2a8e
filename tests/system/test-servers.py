#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors about STUN and TURN servers that give nothing: which one, on
which stream, why and what to do; and that gathering ends. coturn is the good
one, and the one that refuses."""

import base64
import contextlib
import hmac
import itertools
import os
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import coturn
from gi.repository import GObject
from icetest import (ISOLATED, LOOPBACK, Collector, Gst, IceTest, close_read_socket, datagrams, element_message, free_port,
                     get_ice_servers, main, push, set_array, set_ice_servers)

USER = "alice"
SECRET = "sesame-open-0123456789"
WRONG = "hunter2-0123456789"
UNREACHABLE = 701  # W3C webrtc-pc section 4.8.2
COOKIE = 0x2112A442
QUICK = 1.5  # seconds; nothing to wait for
DEAD = 3.5  # seconds; libnice asks three times, in 2 s


PAGE = Path(__file__).resolve().parents[2] / "docs/networks.md"
# a value of the property in a launch line
ICE_SERVERS = ('<[ice-server,urls=<"stun:127.0.0.1:{port}","turn:127.0.0.1:{port}">,'
               'username="{user}",credential="{credential}"]>')


def time_limited(user, secret):
    """User name and password of a REST API (draft-uberti-behave-turn-rest-00)."""
    return user, base64.b64encode(hmac.digest(secret.encode(), user.encode(), "sha1")).decode()


def turn(port, transport="udp", password=SECRET, user=USER, host="127.0.0.1"):
    return f"turn://{user}:{password}@{host}:{port}?transport={transport}"


def shown(uri):
    """As it may be printed."""
    for password in (SECRET, WRONG):
        uri = uri.replace(password, "***")
    return uri


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def response(request, bits, *attributes):
    """RFC 8489 section 5: the same transaction, another class."""
    body = b"".join(attributes)
    kind = struct.unpack("!H", request[:2])[0] | bits
    return struct.pack("!HH", kind, len(body)) + request[4:20] + body


def error(request, code, *attributes):
    return response(request, 0x110, attribute(9, struct.pack("!HBB", 0, code // 100, code % 100)), *attributes)


def mapped(request, host, port):
    return response(request, 0x100, attribute(1, struct.pack("!xBH", 1, port) + socket.inet_aton(host)))


class UdpServer:
    """Answers each datagram with what `answer` makes of it; None: never."""

    def __init__(self, test, answer=None):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.asked = 0
        test.addCleanup(self._socket.close)
        if answer is not None:
            thread = threading.Thread(target=self._run, args=[answer], daemon=True)
            thread.start()
            test.addCleanup(self._stop, thread)

    def _run(self, answer):
        while True:
            request, peer = self._socket.recvfrom(2048)
            if not request:
                return
            self.asked += 1
            self._socket.sendto(answer(request), peer)

    def _stop(self, thread):
        self._socket.sendto(b"", self._socket.getsockname())
        thread.join()


class TcpServer:
    """Answers the first request of a connection with what `answer` makes of it."""

    def __init__(self, test, answer):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.answered = 0
        thread = threading.Thread(target=self._run, args=[answer], daemon=True)
        thread.start()
        test.addCleanup(thread.join)
        test.addCleanup(self._socket.shutdown, socket.SHUT_RDWR)

    def _run(self, answer):
        with self._socket, contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(answer(connection.recv(2048)))
                    self.answered += 1
                    while connection.recv(2048):
                        pass


class TestServers(IceTest):
    def coturn(self, *options):
        """Its port, UDP and TCP."""
        port = free_port()
        process = self.run_line([
            "turnserver", "-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "-p", str(port),
            "--min-port", "50000", "--max-port", "50200", "--no-tls", *coturn.options(*coturn.PLAIN),
            "--lt-cred-mech", "-u", f"{USER}:{SECRET}", "-r", "example.org", "--allow-loopback-peers",
            "--log-file", "stdout", "--simple-log", "--pidfile", self.path(f"pid-{port}"),
            "--userdb", self.path(f"db-{port}"), *options])
        deadline = time.monotonic() + 20
        while not self.is_up(port):
            self.assertLess(time.monotonic(), deadline, process.text)
        return port

    def is_up(self, port):
        request = struct.pack("!HHI", 1, 0, COOKIE) + os.urandom(12)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, contextlib.suppress(OSError):
            s.settimeout(0.2)
            s.connect(("127.0.0.1", port))
            s.send(request)
            s.recv(2048)
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    def gather(self, settings="", servers=(), limit=QUICK):
        """The reports of gathering, in order: candidates and errors."""
        pipeline = self.pipeline(f"icesrc name=ice {LOOPBACK} {settings} ! fakesink")
        set_array(pipeline["ice"], "turn-servers", servers)
        return self.play(pipeline, limit)

    def play(self, pipeline, limit):
        texts = []
        pipeline["ice"].connect("on-ice-candidate-error", lambda _, e: texts.append(e.get_string("error-text")))
        with self.within(limit, "gathering"):
            pipeline.play()
            pipeline.wait(element_message("ice-gathering-state", new="complete"), limit + 5)
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
        self.candidates = [m["candidate"] for m in pipeline.messages("ice-candidate") if m["candidate"] is not None]
        self.assertEqual(self.candidates[-1], "")
        self.assertEqual(self.candidates.count(""), len({m["stream"] for m in pipeline.messages("ice-candidate")}))
        errors = pipeline.messages("ice-candidate-error")
        self.assertEqual(texts, [e["error-text"] for e in errors])
        for secret in (SECRET, WRONG):
            self.assertNotIn(secret, pipeline.describe())
        return errors

    def types(self):
        return sorted(c.split(" typ ")[1].split()[0] for c in self.candidates if c)

    def assert_one(self, errors, uri, code, *words, stream=0):
        self.assertEqual([(e["url"], e["error-code"], e["stream"]) for e in errors], [(shown(uri), code, stream)])
        self.assert_contains(errors[0]["error-text"], "gathering continued without it", *words)
        if code == UNREACHABLE:
            self.assertNotIn("address", errors[0])
            self.assertNotIn("port", errors[0])

    # coturn

    def test_right_credentials(self):
        port = self.coturn()
        for transport in "udp", "tcp":
            with self.subTest(transport):
                self.assertEqual(self.gather(servers=[turn(port, transport)]), [])
                self.assertEqual(self.types(), ["host", "relay"])

    def test_ice_servers(self):
        """Time-limited credentials as they are, beside the other properties; -m in a launch line."""
        secret = "north"
        user, credential = next(pair for pair in map(lambda i: time_limited(f"{1900000000 + i}:me", secret), range(1000))
                                if "+" in pair[1] and "/" in pair[1])
        port = self.coturn("--use-auth-secret", "--static-auth-secret", secret)
        stun = UdpServer(self, lambda request: mapped(request, "203.0.113.5", 4242))
        pipeline = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        set_ice_servers(pipeline["ice"], (f"stun:127.0.0.1:{stun.port}",),
                        (f"turn:127.0.0.1:{port}?transport=tcp", user, credential))
        self.assertEqual(get_ice_servers(pipeline["ice"])[1]["credential"], credential)
        self.assertEqual(self.play(pipeline, QUICK), [])
        self.assertEqual(self.types(), ["host", "relay", "srflx"])

        process = self.run_line(["gst-launch-1.0", "-m", "icesrc", LOOPBACK, "ice-transport-policy=relay",
                                 "ice-servers=" + ICE_SERVERS.format(port=port, user=user, credential=credential),
                                 "!", "fakesink"])
        process.wait_for("typ\\ relay")

    def test_ice_servers_examples(self):
        """Those of docs/networks.md, with another server and its credentials."""
        port = self.coturn()
        page = PAGE.read_text().replace("turn.lab.example", f"127.0.0.1:{port}")
        page = page.replace("1900000000:alice", USER).replace("d8Lu/+V5ZCqwT1tZ2jZJ1w1OUvE=", SECRET)
        line, = re.findall(r"^    (gst-launch-1.0 [^\n]*\\\n      ice-servers=.*?location=out)$", page, re.M | re.S)
        self.assertIn(f"<stun:127.0.0.1:{port},", line.replace('"', ""))
        process = self.run_line(line.replace("\\\n", " ").replace(":5000", f":{free_port()}")
                                .replace("icesrc", f"icesrc {LOOPBACK}", 1))
        process.wait_for("typ\\ relay")
        codes = re.findall(r"^```python\n(server = .*?)^```", page, re.M | re.S)
        self.assertEqual(len(codes), 2)
        for code in codes:
            pipeline = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
            try:
                exec(code, {"Gst": Gst, "GObject": GObject, "element": pipeline["ice"]})
            except TypeError:
                self.assertIn("Gst.ValueArray(", code, "only the other example can do without python3-gst-1.0")
                print("# without python3-gst-1.0 one example is not run")
                continue
            self.assertEqual(self.play(pipeline, QUICK), [])
            self.assertEqual(self.types(), ["host", "relay"])

    def test_ice_servers_beside_others(self):
        port = self.coturn()
        pipeline = self.pipeline(f"icesrc name=ice {LOOPBACK} turn-server={turn(port, 'udp')} ! fakesink")
        set_ice_servers(pipeline["ice"], (f"turn:127.0.0.1:{port}?transport=tcp", USER, WRONG))
        self.assert_one(self.play(pipeline, QUICK), turn(port, "tcp", WRONG), 401)
        self.assertEqual(self.types(), ["host", "relay"])

    def test_wrong_password(self):
        port = self.coturn()
        for transport in "udp", "tcp":
            with self.subTest(transport):
                uri = turn(port, transport, WRONG)
                errors = self.gather("stream=3", [uri])
                self.assert_one(errors, uri, 401, "answered 401", "check the user name and the password", stream=3)
                self.assertEqual(errors[0]["address"], "127.0.0.1")
                if transport == "udp":  # the candidate's
                    self.assertEqual(str(errors[0]["port"]), self.candidates[0].split()[5])
                self.assertEqual(self.types(), ["host"])

    def test_wrong_user_relay_only(self):
        """No error has a local address that no candidate has."""
        uri = turn(self.coturn(), password=WRONG, user="mallory")
        errors = self.gather("ice-transport-policy=relay", [uri])
        self.assert_one(errors, uri, 401)
        self.assertNotIn("address", errors[0])
        self.assertEqual(self.candidates, [""])

    def test_quota(self):
        port = self.coturn("--user-quota", "1")
        servers = [turn(port), turn(port, "tcp")]
        errors = self.gather(servers=servers)
        refused = [uri for uri in servers if shown(uri) == errors[0]["url"]]  # the one that came later
        self.assert_one(errors, *refused, 486, "Allocation Quota Reached", "end other calls")
        self.assertEqual(self.types(), ["host", "relay"])

    def test_one_address_two_transports(self):
        """Distinguished, whichever of them works."""
        port = self.coturn()
        for bad, good in itertools.permutations(["udp", "tcp"]):
            for order in 1, -1:
                servers = [turn(port, bad, WRONG), turn(port, good)][::order]
                with self.subTest(servers):
                    self.assert_one(self.gather(servers=servers), turn(port, bad, WRONG), 401)
                    self.assertIn("relay", self.types())

    def test_several_addresses_streams_and_components(self):
        """One error for a stream, not for each address and component."""
        if not ISOLATED:
            self.skipTest("adds an address: needs a network namespace")
        subprocess.run(["ip", "address", "replace", "127.0.0.2/8", "dev", "lo"], check=True, timeout=QUICK)
        uri = turn(self.coturn(), password=WRONG)
        several = "connection-id=several local-addresses=<127.0.0.1,127.0.0.2>"
        pipeline = self.pipeline(
            f"icesrc name=ice {several} turn-server={uri} ! fakesink "
            f"icesrc {several} component=2 ! fakesink  icesrc {several} stream=1 ! fakesink")
        errors = self.play(pipeline, 2 * QUICK)
        self.assertEqual(self.types(), ["host"] * 6)
        self.assertEqual(sorted(e["stream"] for e in errors), [0, 1])
        for e in errors:
            self.assert_one([e], uri, 401, stream=e["stream"])

    def test_stun_beside_turn(self):
        """libnice alone would not understand the STUN server, and wait for it."""
        port = self.coturn()
        stun = UdpServer(self, lambda request: mapped(request, "203.0.113.5", 4242))
        self.assertEqual(self.gather(f"stun-server=stun:127.0.0.1:{stun.port}", [turn(port), turn(port, "tcp")]), [])
        self.assertIn("srflx", self.types())
        self.assertIn("relay", self.types())
        self.assertEqual(self.gather(f"stun-server=stun:127.0.0.1:{port}", [turn(port)]), [])

    def test_dead_one_and_good_one(self):
        """A call over the good one, and one error at each end."""
        dead = UdpServer(self)
        servers = [turn(dead.port), turn(self.coturn())]
        line = free_port()
        settings = f"{LOOPBACK} ice-transport-policy=relay signalling-uri=tcp://127.0.0.1:{line}"
        receiver = self.pipeline(f"icesrc name=ice {settings}?mode=listener ! fakesink name=out")
        sender = self.pipeline(f"appsrc name=in ! icesink name=ice {settings}?mode=caller sync=false")
        collector = Collector(receiver["out"])
        for pipeline in receiver, sender:
            set_array(pipeline["ice"], "turn-servers", servers)
            pipeline.play()
        data = datagrams("over the relay", 20)
        for d in data:
            push(sender["in"], d)
        self.assertEqual(collector.take(len(data)), data)
        for pipeline in receiver, sender:
            pair = pipeline["ice"].get_property("selected-candidate-pair")
            self.assertEqual(pair.get_value("local-type"), "relay")
            if pipeline.messages("ice-gathering-state")[-1]["new"] != "complete":
                pipeline.wait(element_message("ice-gathering-state", new="complete"))
            self.assert_one(pipeline.messages("ice-candidate-error"), servers[0], UNREACHABLE)
            self.assertEqual(pipeline.errors(), [])

    # no server

    def test_turn_does_not_answer(self):
        closed, silent = free_port(socket.SOCK_DGRAM), UdpServer(self).port
        for port in closed, silent:
            uri = turn(port)
            self.assert_one(self.gather(servers=[uri], limit=DEAD), uri, UNREACHABLE,
                            f'TURN server "127.0.0.1:{port}"', "did not answer over UDP", "try transport=tcp")

    def test_turn_over_tcp(self):
        def hang_up(server):
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        refuses = free_port()
        silent = socket.create_server(("127.0.0.1", 0))
        hangs_up = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=hang_up, args=[hangs_up], daemon=True)
        thread.start()
        self.addCleanup(silent.close)
        self.addCleanup(close_read_socket, hangs_up, thread)
        for port, limit, words in ((refuses, QUICK, "refused the TCP connection"),
                                   (hangs_up.getsockname()[1], QUICK, "closed the TCP connection: check"),
                                   (silent.getsockname()[1], DEAD, "closed the TCP connection or did not answer")):
            with self.subTest(words):
                uri = turn(port, "tcp")
                self.assert_one(self.gather(servers=[uri], limit=limit), uri, UNREACHABLE,
                                f'TURN server "127.0.0.1:{port}"', words)

    def test_no_way_to_it(self):
        uri = turn(free_port(), host="[::1]")
        self.assert_one(self.gather(servers=[uri]), uri, UNREACHABLE, 'TURN server "[::1]:', "could not be reached")

    def test_names_over_tcp(self):
        """All addresses of one are tried: ::1 comes first, and nobody is there."""
        uri = turn(self.coturn(), "tcp", host="localhost")
        self.assertEqual(self.gather(servers=[uri]), [])
        self.assertEqual(self.types(), ["host", "relay"])

    def test_names(self):
        """The error has the name that the user gave, not what was found."""
        uri = turn(free_port(socket.SOCK_DGRAM), host="localhost")
        errors = self.gather("local-addresses=<127.0.0.1,::1>", [uri], limit=DEAD)
        self.assert_one(errors, uri, UNREACHABLE, 'TURN server "localhost:')

    def test_unresolvable_over_tcp(self):
        uri = turn(3478, "tcp", host="turn.example.invalid")
        self.assert_one(self.gather(servers=[uri], limit=10), uri, UNREACHABLE,
                        'the TURN server "turn.example.invalid:3478" could not be looked up (', "check its name")

    def test_unresolvable(self):
        uri = turn(3478, host="turn.example.invalid")
        pipeline = self.pipeline(f"icesrc name=ice connection-id=lost {LOOPBACK} turn-server={uri} ! fakesink "
                                 "icesrc connection-id=lost stream=1 ! fakesink")
        errors = self.play(pipeline, 10)
        self.assertEqual(sorted(e["stream"] for e in errors), [0, 1])
        for e in errors:
            self.assertEqual((e["url"], e["error-code"]), (shown(uri), UNREACHABLE))
            self.assert_contains(e["error-text"], 'could not look up the TURN server "turn.example.invalid": ')

    # STUN

    def test_stun(self):
        server = UdpServer(self, lambda request: mapped(request, "203.0.113.5", 4242))
        self.assertEqual(self.gather(f"stun-server=stun:127.0.0.1:{server.port}"), [])
        self.assertEqual(self.types(), ["host", "srflx"])
        self.assertIn(" 203.0.113.5 4242 typ srflx", " ".join(self.candidates))

    def test_stun_does_not_answer(self):
        for port in free_port(socket.SOCK_DGRAM), UdpServer(self).port:
            uri = f"stun:127.0.0.1:{port}"
            self.assert_one(self.gather(f"stun-server={uri}", limit=DEAD), uri, UNREACHABLE,
                            f'STUN server "127.0.0.1:{port}"', "did not answer")

    def test_stun_refuses(self):
        server = UdpServer(self, lambda request: error(request, 500))
        uri = f"stun:127.0.0.1:{server.port}"
        self.assert_one(self.gather(f"stun-server={uri}"), uri, 500, "answered 500 (Server Error)")

    def test_stun_after_turn_was_refused(self):
        """The end of candidates is the end, whatever libnice signals."""
        server = UdpServer(self, lambda request: time.sleep(0.2) or mapped(request, "203.0.113.5", 4242))
        uri = turn(free_port(), "tcp")
        errors = self.gather(f"stun-server=stun:127.0.0.1:{server.port}", [uri])
        self.assert_one(errors, uri, UNREACHABLE)
        self.assertEqual(self.types(), ["host", "srflx"])

    # servers that misbehave

    def test_unsigned_error(self):
        """libnice takes it for nothing, rightly."""
        server = UdpServer(self, lambda request: error(request, 403))
        uri = turn(server.port)
        self.assert_one(self.gather(servers=[uri], limit=DEAD), uri, UNREACHABLE, "is not authenticated")

    def test_falls_silent(self):
        asked = []

        def answer(request):
            asked.append(request)
            challenge = attribute(0x14, b"example.org"), attribute(0x15, b"nonce")
            return error(request, 401, *challenge) if len(asked) == 1 else b""

        uri = turn(UdpServer(self, answer).port)
        self.assert_one(self.gather(servers=[uri], limit=2 * DEAD), uri, UNREACHABLE,
                        "asked for a user name and password and then did not answer")

    def test_too_long_for_libnice(self):
        """Over TCP. By itself it lets their ends say where to write what comes next."""
        for length, words in ((0xFFFF, "accepts TCP, but its answers are not TURN"),
                              (0xFFFC, "closed the TCP connection or did not answer")):
            with self.subTest(length):
                server = TcpServer(self, lambda request: struct.pack("!HH", 0x0113, length)
                                   + request[4:20] + bytes(length + -length % 4))
                uri = turn(server.port, "tcp")
                self.assert_one(self.gather(servers=[uri], limit=DEAD), uri, UNREACHABLE, words)
                self.assertEqual(server.answered, 1)
                self.assertEqual(self.types(), ["host"])

    def test_redirects(self):
        """Over TCP it is not followed."""
        other = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(other.close)
        there = struct.pack("!xBH", 1, other.getsockname()[1]) + socket.inet_aton("127.0.0.1")
        uri = turn(TcpServer(self, lambda request: error(request, 300, attribute(0x8023, there))).port, "tcp")
        self.assert_one(self.gather(servers=[uri]), uri, 300, "Try Alternate", "name that other server")
        other.setblocking(False)
        self.assertRaises(BlockingIOError, other.accept)

    def test_leads_in_circles(self):
        """A new nonce for each request, without end: more in test-turn-circles.py."""
        nonces = (b"nonce %d" % i for i in itertools.count())
        server = UdpServer(self, lambda request: error(
            request, 438, attribute(0x14, b"example.org"), attribute(0x15, next(nonces))))
        uri = turn(server.port)
        self.assert_one(self.gather(servers=[uri]), uri, 438, "Stale Nonce", "again and again")
        time.sleep(1)
        self.assertLess(server.asked, 15)

    # gst-launch-1.0

    def test_gst_launch(self):
        """One line with -m, and no password at any log level of ours."""
        port = self.coturn()
        for flags, level in (("-m", 0), ("", 9)):
            process = self.run_line(
                f"gst-launch-1.0 {flags} icesrc {LOOPBACK} turn-server={turn(port, password=WRONG)} ! fakesink",
                env={"GST_DEBUG": f"ice*:{level}", "GST_DEBUG_NO_COLOR": "1"})
            process.wait_for("answered", "401", "check", "password")
            process.kill()
            self.assertNotIn(WRONG, process.text)
            self.assertEqual(process.text.count("Unauthenticated"), 1)


if __name__ == "__main__":
    main()
