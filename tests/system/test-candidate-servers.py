#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which server gave a candidate: `url` and `relay-protocol` in get-stats; and `tcp-type`.
Nothing of a password or a user name is in them."""

import importlib
import itertools

import coturn
from icetest import LOOPBACK, IceTest, element_message, get_stats, main, set_array, signal_to
from turnserver import ALLOCATE, PASSWORD, USER, TurnServer

stunservers = importlib.import_module("test-stun-servers")

MEMBERS = "url", "relay-protocol", "tcp-type"


def candidates(end, kind="local-candidate"):
    stats = get_stats(end["ice"])
    return [entry for entry in stats.values() if isinstance(entry, dict) and entry["type"] == kind]


def members(end, kind="local-candidate"):
    """{(type, address): its members}, each the same for all candidates there."""
    found = {}
    for entry in candidates(end, kind):
        what = {name: entry[name] for name in MEMBERS if name in entry}
        assert found.setdefault((entry["candidate-type"], entry["address"]), what) == what, entry
    return found


def of_turn(port, transport):
    return {"url": f"turn:127.0.0.1:{port}?transport={transport}", "relay-protocol": transport}


class TestCandidateServers(IceTest):
    def gather(self, settings="", turn=(), stun=None, on_filter=None):
        end = self.pipeline(f"icesrc name=ice {settings or LOOPBACK} "
                            f"{'' if stun is None else f'stun-server={stun}'} ! fakesink")
        set_array(end["ice"], "turn-servers", turn)
        if on_filter is not None:
            end["ice"].connect("filter-candidate", on_filter)
        end.play()
        self.wait_gathered(end)
        self.assertEqual(end.errors() + end.warnings(), [])
        text = str(get_stats(end["ice"]))
        for secret in USER + ":", USER + "@", PASSWORD:
            self.assertNotIn(secret, text)
        return end

    def wait_gathered(self, end):
        end.wait(element_message("ice-gathering-state", new="complete"))

    def servers(self, n):
        """TURN servers that each relay from another address, and see ours elsewhere."""
        return [TurnServer(self, {ALLOCATE: lambda r, i=i: self.allocate(i, r)}) for i in range(n)]

    @staticmethod
    def allocate(i, request):
        return TurnServer.allocate(None, request, relayed=(f"203.0.113.{i}", 40000), mapped=(f"198.51.100.{i}", 1000))

    def test_several_servers(self):
        """Over UDP and TCP in every order; those over TCP are reached later. Over UDP one
        answer has a reflexive candidate too."""
        for transports in itertools.product(("udp", "tcp"), repeat=3):
            with self.subTest(transports):
                servers = self.servers(3)
                end = self.gather(turn=[s.uri(t) for s, t in zip(servers, transports)])
                expected = {("host", "127.0.0.1"): {}}
                for i, (server, transport) in enumerate(zip(servers, transports)):
                    what = of_turn(server.port, transport)
                    expected["relay", f"203.0.113.{i}"] = what
                    if transport == "udp":
                        expected["srflx", f"198.51.100.{i}"] = {"url": what["url"]}
                self.assertEqual(members(end), expected)
                end.stop()

    def test_one_address_two_transports(self):
        """One server over both: it relays from another address each time."""
        n = itertools.count()
        server = TurnServer(self, {ALLOCATE: lambda r: self.allocate(next(n), r)})
        end = self.gather("ice-transport-policy=relay " + LOOPBACK, [server.uri("udp"), server.uri("tcp")])
        found = members(end)
        self.assertEqual(sorted(what["relay-protocol"] for what in found.values()), ["tcp", "udp"])
        self.assertEqual({what["url"] for what in found.values()},
                         {of_turn(server.port, t)["url"] for t in ("udp", "tcp")})
        for what in found.values():
            self.assertEqual(what, of_turn(server.port, what["relay-protocol"]))

    def test_another_port(self):
        """After a 437 libnice reaches one server through a port of its own, as the last."""
        first, second = TurnServer(self, refuse=lambda n: 437 if n == 0 else None), self.servers(1)[0]
        end = self.gather(turn=[first.uri(), second.uri()])
        found = members(end)
        self.assertEqual(found["relay", "203.0.113.9"], of_turn(first.port, "udp"))
        self.assertEqual(found["relay", "203.0.113.0"], of_turn(second.port, "udp"))

    def test_a_dead_one_before(self):
        dead, good = TurnServer(self, refuse=lambda n: 486), self.servers(1)[0]
        end = self.gather(turn=[dead.uri("tcp"), dead.uri(), good.uri("tcp")])
        self.assertEqual(members(end)["relay", "203.0.113.0"], of_turn(good.port, "tcp"))

    def test_stun_beside_turn(self):
        server, = self.servers(1)
        stun = stunservers.Server(self, stunservers.only_with_cookie)
        end = self.gather(turn=[server.uri()], stun=stun.uri)
        self.assertEqual(members(end), {
            ("host", "127.0.0.1"): {}, ("srflx", stunservers.OUTSIDE[0]): {"url": stun.uri},
            ("srflx", "198.51.100.0"): {"url": of_turn(server.port, "udp")["url"]},
            ("relay", "203.0.113.0"): of_turn(server.port, "udp")})
        end.stop()

    def test_ipv6(self):
        six = stunservers.Server(self, lambda r: [stunservers.mapped(r, ("2001:db8::7", 40000))], "::1")
        end = self.gather("local-addresses=<::1>", stun=six.uri)
        self.assertEqual(members(end), {("host", "::1"): {}, ("srflx", "2001:db8::7"): {"url": f"stun:[::1]:{six.port}"}})

    def test_names_stay(self):
        """As W3C has it, the URL that was set: not the address that was found."""
        server, = self.servers(1)
        stun = stunservers.Server(self, stunservers.only_with_cookie)
        end = self.gather(turn=[server.uri("tcp").replace("127.0.0.1", "localhost")], stun=f"stun://localhost:{stun.port}")
        found = members(end)
        self.assertEqual(found["relay", "203.0.113.0"]["url"], f"turn:localhost:{server.port}?transport=tcp")
        self.assertEqual(found["srflx", stunservers.OUTSIDE[0]], {"url": f"stun:localhost:{stun.port}"})

    def test_restart_in_place(self):
        """In a call, libnice's candidates and those of our own requests are reported again."""
        server, = self.servers(1)
        stun = stunservers.Server(self, stunservers.only_with_cookie)
        other = self.pipeline(f"appsrc ! icesink name=ice {LOOPBACK} role=controlling sync=false").play()
        end = self.gather(f"{LOOPBACK} role=controlled", [server.uri()], stun.uri)
        before = members(end)
        ports = {(c["candidate-type"], c["address"], c["port"]) for c in candidates(end)}
        self.assertEqual(len(before), 4)
        signal_to(other["ice"], end["ice"])
        host, = [c["candidate"] for c in candidates(end) if c["candidate-type"] == "host"]
        other["ice"].emit("add-ice-candidate", 0, host)
        other["ice"].emit("set-remote-credentials", 0, *(end["ice"].get_property(f"local-{n}") for n in ("ufrag", "pwd")))
        for pipeline in end, other:
            pipeline.wait_connected()
        self.assertTrue(end["ice"].emit("restart"))
        self.wait_gathered(end)
        self.assertEqual(members(end), before)
        self.assertEqual({(c["candidate-type"], c["address"], c["port"]) for c in candidates(end)}, ports)
        self.assertEqual({c["username-fragment"] for c in candidates(end)}, {end["ice"].get_property("local-ufrag")})

    def test_relay_only(self):
        server, = self.servers(1)
        end = self.gather("ice-transport-policy=relay " + LOOPBACK, [server.uri("tcp")])
        (what,) = members(end).items()
        self.assertEqual(what, (("relay", "203.0.113.0"), of_turn(server.port, "tcp")))
        self.assertNotIn("198.51.100.0", str(get_stats(end["ice"])))

    def test_filter(self):
        """What filter-candidate makes of a candidate keeps its server."""
        server, = self.servers(1)

        def change(_, stream, text, local):
            return text.replace("203.0.113.0", "192.0.2.1").replace("127.0.0.1", "192.0.2.2")

        end = self.gather(turn=[server.uri()], on_filter=change)
        found = members(end)
        self.assertEqual(found["relay", "192.0.2.1"], of_turn(server.port, "udp"))
        self.assertEqual(found["host", "192.0.2.2"], {})

    def test_coturn(self):
        """A relayed call: each end has its own members, and knows nothing of the peer's server."""
        server = coturn.Turn(self)
        for transport in "udp", "tcp":
            with self.subTest(transport):
                end = self.pipeline(f"icesrc name=ice {LOOPBACK} role=controlled {server.relay(transport)} ! fakesink")
                other = self.pipeline(f"appsrc ! icesink name=ice {LOOPBACK} role=controlling sync=false")
                end.play()
                other.play()
                signal_to(end["ice"], other["ice"])
                signal_to(other["ice"], end["ice"])
                self.wait_gathered(end)
                self.assertEqual(members(end), {("relay", "127.0.0.1"): of_turn(server.port, transport)})
                for entry in candidates(other, "remote-candidate"):
                    self.assertFalse(set(MEMBERS) & set(entry), entry)
                end.stop()
                other.stop()

    def test_tcp_types(self):
        """In a call over ICE-TCP, at both ends."""
        ends = [self.pipeline(line) for line in (
            f"icesrc name=ice {LOOPBACK} ice-tcp=true role=controlled auto-gather=false ! fakesink",
            f"appsrc ! icesink name=ice {LOOPBACK} ice-tcp=true role=controlling auto-gather=false sync=false")]
        for end in ends:
            end.play()
        for end, other in (ends, ends[::-1]):
            end["ice"].connect("filter-candidate", lambda _, stream, text, local: None if " UDP " in text else text)
            signal_to(end["ice"], other["ice"])
        for end in ends:
            end["ice"].emit("gather-candidates")
        for end in ends:
            self.wait_gathered(end)
        for end in ends:
            end.wait_connected()
            for kind in "local-candidate", "remote-candidate":
                entries = candidates(end, kind)
                self.assertEqual(sorted(e["tcp-type"] for e in entries), ["active", "passive"])
                for entry in entries:
                    self.assertIn(f" tcptype {entry['tcp-type']}", entry["candidate"])
                    self.assertFalse({"url", "relay-protocol"} & set(entry), entry)




if __name__ == "__main__":
    main()
