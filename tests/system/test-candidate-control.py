#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which candidates there are: by interface, address, port range and policy, and what
filter-candidate makes of them, ours and the peer's. On links of this test's own."""

import contextlib
import re
import resource
import socket
import subprocess
import unittest

from icetest import (ERROR, ISOLATED, PATIENCE, Collector, Gst, IceTest, element_message, error_text, get_stats, main,
                     signal_to)

# each link's other end stays here too; libnice sends by the link that an address is on, so
# those of calls are on the same one
LINKS = {"eth0": ("10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24", "2001:db8:1::1/64", "fe80::1/64"), "eth1": ("10.2.0.1/24",),
         "docker0": ("172.17.0.1/16",), "zeroconf0": ("169.254.7.7/16",)}
ETH4, ETH6, ETH1, DOCKER, ZEROCONF = {"10.1.0.1", "10.1.0.2", "10.1.0.3"}, "2001:db8:1::1", "10.2.0.1", "172.17.0.1", "169.254.7.7"
# settings, and which addresses are signalled
WISHES = (
    ("", {*ETH4, ETH6, ETH1, DOCKER, ZEROCONF}),
    ("interfaces=<eth0>", {*ETH4, ETH6}),
    ("interfaces=<eth*,!eth1>", {*ETH4, ETH6}),
    ("interfaces=<!docker*,!zeroconf*>", {*ETH4, ETH6, ETH1}),
    ("local-addresses=<10.0.0.0/8>", {*ETH4, ETH1}),
    ("local-addresses=<10.1.0.2,172.16.0.0/12>", {"10.1.0.2", DOCKER}),
    ("local-addresses=<10.1.0.0/31>", {"10.1.0.1"}),
    ("local-addresses=<10.0.0.0/8> interfaces=<!eth1>", ETH4),
    ("local-addresses=<2001:db8::/32>", {ETH6}),
    ("local-addresses=<2001:db8:1::1>", {ETH6}),
    ("local-addresses=<fe80::/10>", {"fe80::1"}),
    ("local-addresses=<127.0.0.0/8>", {"127.0.0.1"}),
    ("local-addresses=<127.0.0.0/8,::1>", {"127.0.0.1", "::1"}),
    ("local-addresses=<0.0.0.0/0> interfaces=<lo>", {"127.0.0.1"}),
    ("ice-tcp=true interfaces=<eth1>", {ETH1}),
)
TWO = "10.1.0.1", "10.1.0.2"


def ip(line):
    subprocess.run(["ip", *line.split()], check=True, timeout=PATIENCE)


def lay_links():
    for n, (name, addresses) in enumerate(LINKS.items()):
        ip(f"link add {name} type veth peer name peer{n}")
        for device in name, f"peer{n}":
            ip(f"link set {device} addrgenmode none up")
        for address in addresses:
            ip(f"addr add {address} dev {name} {'nodad' if ':' in address else ''}")


def quote(settings):
    """As a launch line has to have them: <"eth*", "!eth1">."""
    return re.sub("<(.*?)>", lambda m: "<" + ",".join(f'"{item}"' for item in m[1].split(",")) + ">", settings)


def split(candidate):
    """Address, port and type."""
    words = candidate.split()
    return words[4], int(words[5]), words[7]


def of_kind(element, kind):
    return [entry for entry in get_stats(element).values() if isinstance(entry, dict) and entry["type"] == kind]


@unittest.skipUnless(ISOLATED, "makes network links: needs root")
class TestGathering(IceTest):
    @classmethod
    def setUpClass(cls):
        lay_links()

    @classmethod
    def tearDownClass(cls):
        for name in LINKS:
            ip(f"link del {name}")

    def gather(self, settings):
        """A pipeline that has gathered."""
        pipeline = self.pipeline(f"icesrc name=ice {quote(settings)} ! fakesink").play()
        pipeline.wait(element_message("ice-gathering-state", new="complete"))
        return pipeline

    def candidates(self, pipeline):
        pipeline.drain()
        return [split(m["candidate"]) for m in pipeline.messages("ice-candidate") if m["candidate"]]

    def test_addresses(self):
        for settings, addresses in WISHES:
            with self.subTest(settings):
                pipeline = self.gather(settings)
                self.assertEqual({address for address, _, _ in self.candidates(pipeline)}, addresses)
                self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
                pipeline.stop()

    def test_none_is_wanted(self):
        for settings in "interfaces=<lo>", "interfaces=<nothing*>", "local-addresses=<10.9.0.0/16>":
            with self.subTest(settings):
                pipeline = self.pipeline(f"icesrc {quote(settings)} ! fakesink").fail_to_play()
                self.assertIn("no usable local address with ", error_text(pipeline.wait(ERROR)))

    def test_relay_only_without_a_server(self):
        pipeline = self.pipeline("icesrc ice-transport-policy=relay ! fakesink").fail_to_play()
        error = error_text(pipeline.wait(ERROR))
        self.assertIn("ice-transport-policy is relay but no TURN server", error)
        self.assertIn("turn-server", error)

    def test_port_range(self):
        """On every address of every stream and component."""
        ends = " ".join(f"icesrc name=ice{s}{c} connection-id=range stream={s} component={c} "
                        f"min-port=40000 max-port=40003 interfaces=<eth0> ! fakesink"
                        for s in range(2) for c in (1, 2))
        for _ in range(20):  # each time as many ports as there are; freed at once
            pipeline = self.pipeline(ends).play()
            pipeline.wait(element_message("ice-gathering-state", new="complete"))
            found = self.candidates(pipeline)
            for wanted in *ETH4, ETH6:
                self.assertEqual(sorted(port for address, port, _ in found if address == wanted), list(range(40000, 40004)))
            self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
            pipeline.stop()

    def test_only_one_limit(self):
        for settings, low, high in ("min-port=50000", 50000, 65535), ("max-port=2000", 1, 2000):
            with self.subTest(settings):
                for _, port, _ in self.candidates(self.gather(settings)):
                    self.assertTrue(low <= port <= high, port)

    def test_one_port(self):
        """For UDP and TCP; an active candidate has none, and signals 9 (RFC 6544 section 4.5)."""
        pipeline = self.gather("ice-tcp=true min-port=42000 max-port=42000 interfaces=<eth1,docker0>")
        self.assertEqual(sorted(self.candidates(pipeline)),
                         sorted((address, port, "host") for address in (ETH1, DOCKER) for port in (42000, 9, 42000)))

    def test_range_is_too_small(self):
        """For the third of three streams; the ports are free again afterwards."""
        stream = "icesrc connection-id=small stream={} min-port=40000 max-port=40001 interfaces=<eth0> ! fakesink "
        for _ in range(5):
            pipeline = self.pipeline("".join(map(stream.format, range(3))))
            with self.within(5, "failing"):
                pipeline.fail_to_play()
                self.assertEqual(error_text(pipeline.wait(ERROR)),
                                 "no UDP port from min-port 40000 to max-port 40001 is free; widen the range")
            self.assertEqual(len(pipeline.errors()), 1)
            pipeline.stop()
            pipeline = self.pipeline("".join(map(stream.format, range(2)))).play()
            pipeline.wait(element_message("ice-gathering-state", new="complete"))
            self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
            pipeline.stop()

    def test_wide_range_is_taken(self):
        """Others do not wait while a port is looked for: they have the same I/O thread."""
        low, high = 41000, 43999
        resource.setrlimit(resource.RLIMIT_NOFILE, (high - low + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        with contextlib.ExitStack() as stack:
            for port in range(low, high + 1):
                taken = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                taken.bind((ETH1, port))
            with self.within(1, "looking"):
                pipeline = self.pipeline(f"icesrc min-port={low} max-port={high} local-addresses=<{ETH1}> ! fakesink")
                pipeline.fail_to_play()
            self.assertIn(f"min-port {low} to max-port {high}", error_text(pipeline.wait(ERROR)))
            taken.close()  # the only one that is free on both addresses
            pipeline = self.gather(f"min-port={low} max-port={high} local-addresses=<{ETH1},{DOCKER}>")
            found = self.candidates(pipeline)
            self.assertEqual({(a, p) for a, p, _ in found}, {(ETH1, high), (DOCKER, high)})


class Ends:
    """Two ends that a function of each filters for: function(candidate, local)."""

    def __init__(self, test, settings, filters):
        line = "appsrc name=in ! icesink name=ice connection-id={0} sync=false {1} icesrc connection-id={0} {1} ! fakesink name=out"
        roles = "controlling", "controlled"
        self.pipelines = [test.pipeline(line.format(f"filter{n}", f"role={roles[n]} {quote(settings[n])}")) for n in range(2)]
        self.ices = [pipeline["ice"] for pipeline in self.pipelines]
        self.collectors = [Collector(pipeline["out"]) for pipeline in self.pipelines]
        for ice, function in zip(self.ices, filters):
            if function:
                ice.connect("filter-candidate", lambda _, stream, text, local, f=function: f(text, local))
        for pipeline in self.pipelines:
            pipeline.set_state(Gst.State.READY)
        self.refused = signal_to(*self.ices) + signal_to(*reversed(self.ices))
        for pipeline in self.pipelines:
            pipeline.play()

    def exchange(self):
        for pipeline in self.pipelines:
            pipeline.wait_connected()
        for n, pipeline in enumerate(self.pipelines):
            pipeline["in"].emit("push-buffer", Gst.Buffer.new_wrapped(b"from %d" % n))
            assert self.collectors[1 - n].take(1) == [b"from %d" % n]

    def signalled(self, n):
        """The addresses that end n has signalled."""
        return {c["address"] for c in of_kind(self.ices[n], "local-candidate")}

    def received(self, n):
        return {c["address"] for c in of_kind(self.ices[n], "remote-candidate")}

    def pairs(self, n):
        """Addresses and types of the remote ends of its pairs."""
        return {(p["remote-address"], p["remote-type"]) for p in of_kind(self.ices[n], "candidate-pair")}


@unittest.skipUnless(ISOLATED, "makes network links: needs root")
class TestFilter(IceTest):
    @classmethod
    def setUpClass(cls):
        lay_links()

    tearDownClass = TestGathering.tearDownClass

    def test_accept(self):
        for answer in (lambda text: text), (lambda text: ""):  # an empty text is not a candidate
            asked = set()

            def accept(text, local):
                asked.add((split(text)[0], local))
                return answer(text)

            ends = Ends(self, [f"local-addresses=<{address}>" for address in TWO], (accept, None))
            ends.exchange()
            self.assertEqual(asked, {(TWO[0], True), (TWO[1], False)})
            self.assertEqual(ends.signalled(0) | ends.received(0), set(TWO))
            for pipeline in ends.pipelines:
                pipeline.stop()

    def test_drop_ours(self):
        """It is not signalled; its address is used all the same."""
        def drop(text, local):
            return None if local and "10.1.0.3" in text else text

        ends = Ends(self, ("local-addresses=<10.1.0.1,10.1.0.3>", "local-addresses=<10.1.0.2>"), (drop, None))
        ends.exchange()
        self.assertEqual(ends.signalled(0), {TWO[0]})
        self.assertEqual(ends.received(1), {TWO[0]})
        self.assertNotIn("10.1.0.3", "".join(m["candidate"] or "" for m in ends.pipelines[0].messages("ice-candidate")))
        self.assertEqual(ends.refused, [])

    def test_drop_all_of_theirs(self):
        """Their checks show where they are: that is no candidate, and not asked for."""
        asked = []

        def drop(text, local):
            asked.append((text, local))
            return text if local else None

        ends = Ends(self, [f"local-addresses=<{address}>" for address in TWO], (drop, None))
        ends.exchange()
        self.assertEqual(ends.received(0), set())
        self.assertEqual(ends.pairs(0), {(TWO[1], "prflx")})
        self.assertEqual([local for _, local in asked], [True, False])

    def test_rewrite_theirs(self):
        """A wrong address on both sides, which both put right."""
        def wrong(right):
            def rewrite(text, local):
                return text.replace(right, "10.1.0.99") if local else text.replace("10.1.0.99", other[right])
            return rewrite

        other = dict(zip(TWO, reversed(TWO)))
        ends = Ends(self, [f"local-addresses=<{address}>" for address in TWO], [wrong(a) for a in TWO])
        ends.exchange()
        for n in range(2):
            self.assertEqual(ends.signalled(n), {"10.1.0.99"})
            self.assertEqual(ends.received(n), {TWO[1 - n]})
            self.assertEqual({address for address, _ in ends.pairs(n)}, {TWO[1 - n]})
            self.assertEqual(ends.pipelines[n].errors() + ends.pipelines[n].warnings(), [])

    def test_link_local(self):
        """IPv6 link-local addresses, where they are asked for."""
        ip("addr add fe80::2/64 dev peer0 nodad")
        self.addCleanup(ip, "addr del fe80::2/64 dev peer0")
        ends = Ends(self, [f"local-addresses=<fe80::/10> interfaces=<{name}> min-port=43000 max-port=43100" for name in ("eth0", "peer0")], (None, None))
        ends.exchange()
        for n, (ours, theirs) in enumerate((("fe80::1", "fe80::2"), ("fe80::2", "fe80::1"))):
            ends.pipelines[n].wait(element_message("ice-connection-state", new="completed"))
            self.assertEqual((ends.signalled(n), ends.received(n)), ({ours}, {theirs}))
            self.assertEqual(ends.pairs(n), {(theirs, "host")})


if __name__ == "__main__":
    main()
