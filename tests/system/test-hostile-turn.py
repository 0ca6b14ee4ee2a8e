#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hostile TURN server: the user has named it, and its answers are signed. It may
give no relay; it may not end the process, nor the call that other candidates make,
nor have itself asked again and again."""

import time

from forger import REQUEST, message
from icetest import LONG, LOOPBACK, IceTest, datagrams, element_message, get_stats, main, push, set_array
from turnserver import ALLOCATE, CREATE_PERMISSION, REFRESH, TurnServer, call

UNREACHABLE = 701  # W3C webrtc-pc section 4.8.2
SENSELESS = (0, 1, 29, None, 30 * 24 * 3600 + 1, 4295028, 0xFFFFFFFF)  # lifetimes; None: none
NO_HOST = (("224.0.0.251", 5353), ("255.255.255.255", 9), ("0.1.2.3", 5), ("240.0.0.1", 5))
TRIES = 4  # what libnice sends of one request at most
MIN_LIFETIME = 30  # seconds, see iceturnanswer.h
MAX_OTHER_PORTS = 256  # see iceturnpeers.h


class TestHostileTurn(IceTest):
    def call(self, server, transport="udp"):
        ends, self.collectors = call(self, server, transport)
        return ends

    def assert_media(self, ends):
        data = datagrams("still here", 5)
        for end, collector in zip(ends, reversed(self.collectors)):
            for d in data:
                push(end["in"], d)
            self.assertEqual(collector.take(len(data)), data)
        for end in ends:
            self.assertEqual(end.errors(), [])

    def assert_no_relay(self, end, server, transport):
        self.assertEqual([m["candidate"] for m in end.messages("ice-candidate")
                          if m["candidate"] and " relay " in m["candidate"]], [])
        errors = end.messages("ice-candidate-error")
        self.assertEqual([e["url"].split("@")[1] for e in errors], [f"127.0.0.1:{server.port}?transport={transport}"])
        self.assertEqual(errors[0]["error-code"], UNREACHABLE)
        return errors[0]["error-text"]

    def test_allocation_for_no_time(self):
        """libnice (0.1.21) goes on using the candidate that it has freed then."""
        for transport in "udp", "tcp":
            for seconds in SENSELESS if LONG else SENSELESS[:2]:
                with self.subTest(f"{seconds} s, {transport}"):
                    server = TurnServer(self, {ALLOCATE: lambda r, s=seconds: server.allocate(r, s)})
                    ends = self.call(server, transport)
                    self.assert_media(ends)
                    self.assert_contains(self.assert_no_relay(ends[0], server, transport), "an allocation that", "30 s")
                    with self.within(1, "stopping"):
                        for end in ends:
                            end.stop()
                    self.assertLessEqual(server.asked[ALLOCATE], 1 + TRIES)
                    self.assertEqual(server.asked[REFRESH], 0)

    def signalled(self, end, kind):
        return [m["candidate"] for m in end.messages("ice-candidate") if m["candidate"] and f" {kind} " in m["candidate"]]

    def test_relay_where_no_host_is(self):
        """That address is not signalled to the peer."""
        for relayed in NO_HOST if LONG else NO_HOST[:2]:
            for transport in "udp", "tcp":
                with self.subTest(f"{relayed}, {transport}"):
                    server = TurnServer(self, {ALLOCATE: lambda r, a=relayed: server.allocate(r, relayed=a)})
                    ends = self.call(server, transport)
                    self.assert_media(ends)
                    self.assert_contains(self.assert_no_relay(ends[0], server, transport),
                                         "{} port {}".format(*relayed))
                    for end in ends:
                        end.stop()

    def test_seen_where_no_host_is(self):
        """The relay is of use all the same; over TCP libnice makes no other candidate."""
        for mapped in NO_HOST if LONG else NO_HOST[:1]:
            with self.subTest(mapped):
                server = TurnServer(self, {ALLOCATE: lambda r, a=mapped: server.allocate(r, mapped=a)})
                ends = self.call(server)
                self.assert_media(ends)
                self.assertEqual(self.signalled(ends[0], "srflx"), [])
                self.assertEqual(len(self.signalled(ends[0], "relay")), 1)
                errors = ends[0].messages("ice-candidate-error")
                self.assertEqual([e["error-code"] for e in errors], [UNREACHABLE])
                self.assert_contains(errors[0]["error-text"], "{} port {}".format(*mapped))
                for end in ends:
                    end.stop()

    def test_one_of_two(self):
        """libnice does not report which server gave what: the error has no URL."""
        servers = [TurnServer(self, {ALLOCATE: lambda r, n=n: servers[n].allocate(r, relayed=NO_HOST[n])}) for n in range(2)]
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        set_array(end["ice"], "turn-servers", [server.uri() for server in servers])
        end.play()
        end.wait(element_message("ice-gathering-state", new="complete"))
        self.assertEqual(self.signalled(end, "relay"), [])
        errors = end.messages("ice-candidate-error")
        self.assertEqual([e["error-code"] for e in errors], [UNREACHABLE] * 2)
        for error in errors:
            self.assertNotIn("url", error)
            self.assert_contains(error["error-text"], "one of the servers")

    def test_stop_meanwhile(self):
        """It answers when nobody wants an answer any more."""
        server = TurnServer(self, {ALLOCATE: lambda r: time.sleep(0.05) or server.allocate(r, 0)})
        for i in range(10):
            end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
            set_array(end["ice"], "turn-servers", [server.uri()])
            end.play()
            time.sleep(0.01 * i)
            with self.within(1, "stopping"):
                end.stop()

    def test_refreshed_for_no_time(self):
        """The first refresh comes in the middle of the shortest lifetime that is taken."""
        for transport in ("udp", "tcp") if LONG else ("udp",):
            for seconds in (1, 0, None) if LONG else (1,):
                with self.subTest(f"{seconds} s, {transport}"):
                    server = TurnServer(self, {ALLOCATE: lambda r: server.allocate(r, MIN_LIFETIME),
                                               REFRESH: lambda r, s=seconds: server.refresh(r, s)})
                    ends = self.call(server, transport)
                    self.assertIn(" typ relay ", "".join(m["candidate"] or "" for m in ends[0].messages("ice-candidate")))
                    deadline = time.monotonic() + MIN_LIFETIME / 2 + 5
                    while server.asked[REFRESH] == 0:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.1)
                    time.sleep(5 if LONG else 1)
                    self.assertLessEqual(server.asked[REFRESH], TRIES + 1)
                    self.assert_media(ends)

    def test_granted_while_closing(self):
        """By a server over TCP, while another is slow to take its allocation back:
        libnice would keep that allocation, its agent and their descriptors for ever."""
        slow = TurnServer(self, {REFRESH: lambda r: time.sleep(1) or slow.refresh(r)})
        late = TurnServer(self, {ALLOCATE: lambda r: time.sleep(1) or late.allocate(r, relayed=("203.0.113.10", 1))})
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        set_array(end["ice"], "turn-servers", [slow.uri("tcp"), late.uri("tcp")])
        end.play()
        deadline = time.monotonic() + 5
        while late.asked[ALLOCATE] < 2 or slow.asked[ALLOCATE] < 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        time.sleep(0.3)
        end.stop()
        deadline = time.monotonic() + 6
        while slow.n_connections + late.n_connections > 0:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def filtered(self, end):
        return get_stats(end["ice"])["transport-0-1"]["packets-discarded-by-filter"]

    def test_data_that_nobody_asked_for(self):
        """libnice asks for a permission for each address that a Data indication names,
        three times where it is not answered."""
        for transport in "udp", "tcp":
            with self.subTest(transport):
                server = TurnServer(self, {CREATE_PERMISSION: lambda _: None})
                ends = self.call(server, transport)
                time.sleep(2)  # for the permissions of the peer's candidates
                before, dropped = server.asked[CREATE_PERMISSION], self.filtered(ends[0])
                for i in range(200):
                    server.relay(("203.0.113.50", 1000 + i), message(REQUEST) if i % 2 else b"media" * (i % 5))
                time.sleep(0.5)
                self.assertEqual(self.filtered(ends[0]) - dropped, 200)
                self.assertEqual(server.asked[CREATE_PERMISSION], before)
                self.assert_media(ends)

    def test_data_from_other_ports(self):
        """Of the peer's host, for which there is a permission: a NAT may give the peer
        ports that it does not know."""
        for transport in "udp", "tcp":
            with self.subTest(transport):
                server = TurnServer(self)
                ends = self.call(server, transport)
                before = server.asked[CREATE_PERMISSION]
                for i in range(1000):
                    server.relay(("127.0.0.1", 1000 + i), message(REQUEST) if i % 2 == 0 else b"media")
                    time.sleep(0.001)
                time.sleep(0.5)
                asked = server.asked[CREATE_PERMISSION] - before
                self.assertGreater(asked, MAX_OTHER_PORTS // 2)
                self.assertLessEqual(asked, MAX_OTHER_PORTS + 10)  # and what is in the socket's buffer by then
                self.assertGreaterEqual(self.filtered(ends[0]), 1000 - MAX_OTHER_PORTS - 10)
                self.assert_media(ends)

    def test_allocation_is_given_back(self):
        """Whose answer, lifetime 0, is not refused."""
        for transport in "udp", "tcp":
            with self.subTest(transport):
                server = TurnServer(self)
                ends = self.call(server, transport)
                with self.within(0.5, "stopping"):
                    ends[0].stop()
                deadline = time.monotonic() + 1
                while server.asked[REFRESH] == 0:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                time.sleep(0.6)  # when it would be repeated
                self.assertIn(server.asked[REFRESH], (1, 2))  # libnice 0.1.23 sends it twice


if __name__ == "__main__":
    main()
