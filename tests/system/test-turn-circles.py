#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TURN server that answers each request so that it has to be sent once more: 438
(Stale Nonce) with a new nonce each time, 401 with a new realm, 300 (Try Alternate) to
itself. It is asked a bounded number of times, and its code is reported at once. One
that changes its nonce now and then works."""

import itertools
import socket
import struct
import time
import unittest

import coturn
import forger
from forger import attribute
from icetest import ERROR as ERROR_MESSAGE
from icetest import (LONG, LOOPBACK, Collector, Gst, IceTest, datagrams, element_message, error_text, main, push,
                     set_array, signal_to)
from turnserver import (ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, ERROR, NONCE, REALM, REFRESH, THE_REALM, TurnProxy,
                        TurnServer, call, error_code)


ALTERNATE_SERVER = 0x8023  # RFC 8489 section 14.15
ALLOCATES, OTHERS = 8, 128  # see iceturnretries.h
TRIES = 4  # what libnice sends of one request at most
SOON = 1.5  # seconds
RATE = 200  # requests a second: one answer in 32 is lost, at random, and costs 0.5 s
TRANSPORTS = "udp", "tcp"
MIN_LIFETIME = 30  # seconds, see iceturnanswer.h


class Circle:
    """Answers each request so that it is sent once more."""

    def __init__(self, code):
        self.code = code
        self.numbers = itertools.count()
        self.server = None

    def __call__(self, request):
        n = next(self.numbers)
        realm = f"realm {n}" if self.code == 401 else THE_REALM
        body = error_code(self.code) + attribute(REALM, realm.encode()) + attribute(NONCE, b"nonce %d" % n)
        if self.code == 300:
            body += attribute(ALTERNATE_SERVER, struct.pack("!xBH", 1, self.server.port) + socket.inet_aton("127.0.0.1"))
        return ERROR, body


class TestTurnCircles(IceTest):
    def server(self, method, code):
        circle = Circle(code)
        circle.server = TurnServer(self, {method: circle})
        return circle.server

    def gather(self, uris, limit):
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        set_array(end["ice"], "turn-servers", uris)
        with self.within(limit, "gathering"):
            end.play()
            end.wait(element_message("ice-gathering-state", new="complete"), 25)
        return end

    def test_allocate(self):
        servers, ends = [], []
        for transport, code in itertools.product(TRANSPORTS, (438, 401, 300)):
            with self.subTest(f"{code}, {transport}"):
                servers.append(self.server(ALLOCATE, code))
                ends.append(self.gather([servers[-1].uri(transport)], SOON))
                errors = ends[-1].messages("ice-candidate-error")
                self.assertEqual([e["error-code"] for e in errors], [code])
                # over TCP a redirection is not followed at all
                words = ("name that other server",) if code == 300 and transport == "tcp" else (
                    str(code), "again and again", "use another server")
                self.assert_contains(errors[0]["error-text"], *words)
        time.sleep(1)
        for server in servers:
            self.assertLessEqual(server.asked[ALLOCATE], 1 + ALLOCATES + TRIES)
        for end in ends:
            with self.within(1, "stopping"):
                end.stop()

    def test_few(self):
        """A server may want to be asked once more now and then."""
        for transport in TRANSPORTS:
            with self.subTest(transport):
                circle = Circle(438)
                circle.server = server = TurnServer(
                    self, {ALLOCATE: lambda r: circle(r) if server.asked[ALLOCATE] <= ALLOCATES else server.allocate(r)})
                end = self.gather([server.uri(transport)], SOON)
                self.assertEqual(end.messages("ice-candidate-error"), [])
                self.assertIn(" typ relay ", "".join(m["candidate"] or "" for m in end.messages("ice-candidate")))
                end.stop()

    def test_forged(self):
        """Answers with the server's address, but to no request of ours, do not count."""
        def refuse(n):
            for code in 20 * (300, 401, 438):
                body = error_code(code) + attribute(REALM, THE_REALM.encode()) + attribute(NONCE, b"forged")
                server._udp.sendto(forger.message(ALLOCATE | ERROR, body, fingerprint=False),
                                   ("127.0.0.1", server.from_ports[n]))

        server = TurnServer(self, refuse=refuse)
        end = self.gather([server.uri()], SOON)
        self.assertEqual(end.messages("ice-candidate-error"), [])
        self.assertIn(" typ relay ", "".join(m["candidate"] or "" for m in end.messages("ice-candidate")))
        self.assertLessEqual(server.asked[ALLOCATE], 1 + TRIES)
        end.stop()

    def test_beside_one_that_works(self):
        """A server whose challenges are still answered."""
        for transport in TRANSPORTS:
            with self.subTest(transport):
                circle = self.server(ALLOCATE, 438)
                slow = TurnServer(self)
                slow.challenge = lambda code=401: time.sleep(0.5) or TurnServer.challenge(slow, code)
                end = self.gather([circle.uri(transport), slow.uri(transport)], 3)
                self.assertEqual([e["error-code"] for e in end.messages("ice-candidate-error")], [438])
                self.assertIn(" typ relay ", "".join(m["candidate"] or "" for m in end.messages("ice-candidate")))
                end.stop()

    def assert_media(self, ends, collectors):
        data = datagrams("still here", 5)
        for end, collector in zip(ends, reversed(collectors)):
            for d in data:
                push(end["in"], d)
            self.assertEqual(collector.take(len(data)), data)
        for end in ends:
            self.assertEqual(end.errors(), [])

    @unittest.skipUnless(LONG, "takes 50 s")
    def test_refresh(self):
        """The first one comes in the middle of the shortest lifetime that is taken. One
        server has a new nonce for each Refresh, as if it had ended meanwhile, the other
        one accepts none."""
        servers, calls = [], []
        for transport, circles in itertools.product(TRANSPORTS, (False, True)):
            circle = Circle(438)
            server = TurnServer(self)
            server._answers[ALLOCATE] = lambda r, s=server: s.allocate(r, MIN_LIFETIME)
            server._answers[REFRESH] = (circle if circles else lambda r, s=server, c=circle:
                                        c(r) if s.asked[REFRESH] % 2 else s.refresh(r, MIN_LIFETIME))
            servers.append((server, circles))
            calls.append(call(self, server, transport))
        time.sleep(3 * MIN_LIFETIME / 2 + 2)
        for (server, circles), (ends, collectors) in zip(servers, calls):
            with self.subTest(circles=circles):
                if circles:
                    # and one for each second until there were so many
                    self.assertIn(server.asked[REFRESH], range(OTHERS, OTHERS + 20 + TRIES))
                else:
                    self.assertIn(server.asked[REFRESH], range(6, 6 + TRIES))
                self.assert_media(ends, collectors)
                for end in ends:
                    with self.within(1, "stopping"):
                        end.stop()

    # relayed pairs: coturn relays

    def relayed(self, transport, *methods, options=""):
        """Two ends that have relayed candidates only, each with a proxy of its own."""
        behind = coturn.Turn(self, more=options)
        proxies = [TurnProxy(self, behind.port, methods, "ice") for _ in range(2)]
        ends = [self.pipeline(f"icesrc name=ice connection-id={name}{id(behind)} {LOOPBACK} role={role} "
                              f'turn-server="turn://u:p@127.0.0.1:{proxy.port}?transport={transport}" '
                              f"ice-transport-policy=relay ! fakesink name=out appsrc name=in "
                              f"! icesink connection-id={name}{id(behind)} sync=false")
                for name, role, proxy in zip("ab", ("controlling", "controlled"), proxies)]
        collectors = [Collector(end["out"]) for end in ends]
        for end in ends:
            end.set_state(Gst.State.READY)
        for end, other in (ends, reversed(ends)):
            self.assertEqual(signal_to(end["ice"], other["ice"]), [])
        for end in ends:
            end.play()
        return proxies, ends, collectors

    def assert_rate(self, proxy, method, seconds):
        """Over UDP by the kernel, which loses one answer in 32."""
        asked = proxy.asked[method]
        self.assertGreater(asked, 1)
        self.assertLess(asked, OTHERS + 2 * TRIES + RATE * seconds)

    def test_permission(self):
        """Without it no check arrives."""
        for transport in TRANSPORTS:
            with self.subTest(transport):
                proxies, ends, _ = self.relayed(transport, CREATE_PERMISSION)
                begin = time.monotonic()
                while not all(proxy.asked[CREATE_PERMISSION] for proxy in proxies):
                    self.assertLess(time.monotonic() - begin, 5)
                    time.sleep(0.1)
                time.sleep(2)
                if LONG:
                    for end in ends:
                        self.assertIn("(checks-exhausted)", error_text(end.wait(ERROR_MESSAGE, 60)))
                for end in ends:
                    with self.within(1, "stopping"):
                        end.stop()
                for proxy in proxies:
                    self.assert_rate(proxy, CREATE_PERMISSION, time.monotonic() - begin)

    def test_channel(self):
        """Media goes in Send indications for as long as there is no channel."""
        for transport in TRANSPORTS:
            with self.subTest(transport):
                proxies, ends, collectors = self.relayed(transport, CHANNEL_BIND)
                begin = time.monotonic()
                for end in ends:
                    end.wait_connected()
                time.sleep(2)
                self.assert_media(ends, collectors)
                for end in ends:
                    with self.within(1, "stopping"):
                        end.stop()
                for proxy in proxies:
                    self.assert_rate(proxy, CHANNEL_BIND, time.monotonic() - begin)

    def test_at_the_end(self):
        """Nothing comes back to the release of the allocation, so closing lasts longest."""
        for transport in TRANSPORTS:
            with self.subTest(transport):
                proxies, ends, _ = self.relayed(transport, CHANNEL_BIND)
                for end in ends:
                    end.wait_connected()
                for proxy in proxies:
                    proxy.silent.add(REFRESH)
                time.sleep(0.5)
                before = [proxy.asked[CHANNEL_BIND] for proxy in proxies]
                begin = time.monotonic()
                for end in ends:
                    end.stop()
                time.sleep(1)
                seconds = time.monotonic() - begin
                for proxy, asked in zip(proxies, before):
                    self.assertGreater(proxy.asked[REFRESH], 0)
                    self.assertLess(proxy.asked[CHANNEL_BIND] - asked, OTHERS + 2 * TRIES + RATE * seconds)


if __name__ == "__main__":
    main()
