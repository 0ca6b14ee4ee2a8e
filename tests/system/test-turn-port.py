#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""437 (Allocation Mismatch, RFC 8656 section 7.4): the server still has an allocation
of the port that we ask from. Another port is tried, three times; the signalled
candidates stay the same. coturn does not sign it, for it comes before the user name."""

import contextlib
import itertools
import socket
import time

import coturn
import forger
from forger import attribute
from icetest import LOOPBACK, Collector, IceTest, datagrams, element_message, free_port, main, push, set_array
from turnserver import ALLOCATE, ERROR, NONCE, REALM, SUCCESS, TurnServer, attributes, error_code
import turnserver

PORTS = 3  # more of them, see gsticeturnport.h
CIRCLES = 8  # answers that have an Allocate sent once more, see iceturnretries.h
GATHERED = 4  # seconds; libnice asks three times from the first port, in 2 s
UNREACHABLE = 701


class TestTurnPort(IceTest):
    def gather(self, server, settings=""):
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} {settings} ! fakesink")
        set_array(end["ice"], "turn-servers", [server.uri()])
        with self.within(GATHERED, "gathering"):
            end.play()
            end.wait(element_message("ice-gathering-state", new="complete"), 2 * GATHERED)
        self.assertEqual(end.errors() + end.warnings(), [])
        candidates = [m["candidate"] for m in end.messages("ice-candidate") if m["candidate"]]
        self.assertEqual([c for c in candidates if " host" in c], candidates[:1])
        self.assertEqual(candidates[0].split()[5], str(server.from_ports[0]))
        end.stop()
        return [c.split(" typ ")[1].split()[0] for c in candidates], end.messages("ice-candidate-error")

    def test_another_port(self):
        for mismatches in range(1, PORTS + 1):
            with self.subTest(f"{mismatches} ports are taken"):
                server = TurnServer(self, refuse=lambda n, m=mismatches: 437 if n < m else None)
                types, errors = self.gather(server)
                self.assertEqual((types, errors), (["host", "relay"], []))
                self.assertEqual(len(server.from_ports), mismatches + 1)

    def test_three_times(self):
        """And not more often; its code is reported."""
        server = TurnServer(self, refuse=lambda n: 437)
        types, errors = self.gather(server)
        self.assertEqual(types, ["host"])
        self.assertEqual([e["error-code"] for e in errors], [437])
        self.assert_contains(errors[0]["error-text"], "437", "Allocation Mismatch", "older allocation")
        self.assertEqual(len(server.from_ports), 1 + PORTS)

    def test_signed(self):
        """As a server does that asks for the user name first."""
        server = TurnServer(self, {ALLOCATE: lambda r: (ERROR, error_code(437)) if len(server.from_ports) < 3
                                   else server.allocate(r)})
        types, errors = self.gather(server)
        self.assertEqual((types, errors), (["host", "relay"], []))
        self.assertEqual(len(server.from_ports), 3)

    def test_quota(self):
        """No other port helps there."""
        server = TurnServer(self, refuse=lambda n: 486)
        types, errors = self.gather(server)
        self.assertEqual(types, ["host"])
        self.assertEqual([e["error-code"] for e in errors], [486])
        self.assert_contains(errors[0]["error-text"], "486", "Allocation Quota Reached")

    def test_other_errors(self):
        """Are not believed, without a signature, and asked about once more only."""
        server = TurnServer(self, refuse=lambda n: 403)
        types, errors = self.gather(server)
        self.assertEqual(types, ["host"])
        self.assertEqual([e["error-code"] for e in errors], [UNREACHABLE])
        self.assert_contains(errors[0]["error-text"], "is not authenticated")
        self.assertEqual(len(server.from_ports), 2)

    def test_forged(self):
        """Answers with the server's address, but to no request of ours, do nothing."""
        def refuse(n):
            if n == 0:
                return 437
            to = "127.0.0.1", server.from_ports[n]
            for code in (403, 437, 486) + 20 * (300, 401, 438):
                server._udp.sendto(forger.message(ALLOCATE | ERROR, error_code(code)), to)
            server._udp.sendto(forger.message(ALLOCATE | SUCCESS, server.allocate(None, 0)[1]), to)

        server = TurnServer(self, refuse=refuse)
        types, errors = self.gather(server)
        self.assertEqual((types, errors), (["host", "relay"], []))
        self.assertEqual(len(server.from_ports), 2)

    def test_circles(self):
        """A new nonce for each request, there too."""
        nonces = itertools.count()
        server = TurnServer(self, {ALLOCATE: lambda r: (ERROR, error_code(438) + attribute(REALM, b"r")
                                                        + attribute(NONCE, b"nonce %d" % next(nonces)))},
                            refuse=lambda n: 437 if n == 0 else None)
        types, errors = self.gather(server)
        self.assertEqual(types, ["host"])
        self.assertEqual([e["error-code"] for e in errors], [438])
        self.assert_contains(errors[0]["error-text"], "438", "again and again")
        self.assertLessEqual(server.asked[ALLOCATE], 1 + CIRCLES)

    def test_stop_meanwhile(self):
        server = TurnServer(self, refuse=lambda n: time.sleep(0.03) or 437)
        for i in range(8):
            end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
            set_array(end["ice"], "turn-servers", [server.uri()])
            end.play()
            time.sleep(0.02 * i)
            with self.within(1, "stopping"):
                end.stop()

    # coturn

    def coturn(self):
        port = free_port()
        self.run_line([
            "turnserver", "-n", "-L", "127.0.0.1", "-E", "127.0.0.1", "-p", str(port), "--no-tls",
            *coturn.options(*coturn.PLAIN), "--lt-cred-mech", "-u", f"{turnserver.USER}:{turnserver.PASSWORD}", "-r",
            turnserver.THE_REALM, "--allow-loopback-peers", "--log-file", "stdout", "--simple-log", "--pidfile",
            self.path("pid"), "--userdb", self.path("db")])
        return port

    def allocate_and_die(self, server):
        """From a port that is returned."""
        transport = attribute(0x19, b"\x11\0\0\0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.2)
            for _ in range(100):
                s.sendto(forger.message(ALLOCATE, transport, fingerprint=False), ("127.0.0.1", server))
                with contextlib.suppress(OSError):
                    asked = attributes(s.recv(2048))
                    break
            more = (attribute(forger.USERNAME, turnserver.USER.encode()) + attribute(REALM, asked[REALM])
                    + attribute(NONCE, asked[NONCE]))
            s.sendto(forger.message(ALLOCATE, transport + more, key=turnserver.KEY, fingerprint=False),
                     ("127.0.0.1", server))
            self.assertEqual(forger.kind_of(s.recv(2048)), ALLOCATE | turnserver.SUCCESS)
            return s.getsockname()[1]

    def test_call(self):
        """Over relays of coturn, one of which another port has."""
        server = self.coturn()
        port = self.allocate_and_die(server)
        line = free_port()
        settings = (f"{LOOPBACK} ice-transport-policy=relay signalling-uri=tcp://127.0.0.1:{line} "
                    f"turn-server=turn://{turnserver.USER}:{turnserver.PASSWORD}@127.0.0.1:{server}")
        receiver = self.pipeline(f"icesrc name=ice {settings.replace(str(line), f'{line}?mode=listener', 1)} "
                                 f"min-port={port} max-port={port} ! fakesink name=out")
        sender = self.pipeline(f"appsrc name=in ! icesink name=ice "
                               f"{settings.replace(str(line), f'{line}?mode=caller', 1)} sync=false")
        collector = Collector(receiver["out"])
        receiver.play()
        sender.play()
        data = datagrams("from another port", 40)
        for d in data:
            push(sender["in"], d)
        self.assertEqual(collector.take(len(data)), data)
        self.assertEqual(receiver.messages("ice-candidate-error"), [])
        for end in receiver, sender:
            self.assertEqual(end.errors(), [])
            with self.within(1, "stopping"):
                end.stop()


if __name__ == "__main__":
    main()
