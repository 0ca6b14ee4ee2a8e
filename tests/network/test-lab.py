#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab itself: each box is as boxes.py describes it, by probing; coturn serves over
UDP, TCP and TLS; nothing is left behind, not even by a test that is killed."""

import contextlib
import itertools
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import boxes  # noqa: E402
import lab  # noqa: E402
import turn  # noqa: E402
import wiretap  # noqa: E402
from boxes import Behaviour  # noqa: E402
from icetest import PATIENCE, IceTest, main  # noqa: E402
from probe import Probe  # noqa: E402

BEHIND = "left: {} > internet\nright: internet"


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
class TestBoxes(IceTest):
    def behaviour(self, description, version=4, host="left"):
        with lab.Lab(description) as network, Probe(network, host, version) as probe:
            return probe.behaviour()

    def test_each_kind(self):
        for kind, behaviour in boxes.KINDS.items():
            with self.subTest(kind):
                self.assertEqual(self.behaviour(BEHIND.format(kind)), behaviour)

    def test_ipv6_is_filtered_and_not_translated(self):
        filters = {"eim+eif": "apdf", "masquerade-random": "apdf", "firewall": "apdf", "router": None}
        for kind, filtering in filters.items():
            with self.subTest(kind):
                self.assertEqual(self.behaviour(BEHIND.format(kind).replace("left", "left/46"), 6),
                                 Behaviour(None, filtering))

    def test_one_behind_the_other(self):
        """The composition is what theory.py takes it for."""
        for inner, outer, both in (("eim+eif", "eim+apdf", Behaviour("eim", "apdf")),
                                   ("eim+apdf", "eim+eif", Behaviour("eim", "apdf")),
                                   ("eim+adf", "apdm+eif", Behaviour("apdm", "adf")),
                                   ("apdm+apdf", "eim+eif", Behaviour("apdm", "apdf")),
                                   ("masquerade", "masquerade-random", Behaviour("apdm", "apdf"))):
            with self.subTest(f"{inner} > {outer}"):
                self.assertEqual(self.behaviour(BEHIND.format(f"{inner} > {outer}")), both)

    def test_each_mapping_has_its_own_filter(self):
        """With address-dependent mapping a destination cannot use another's mapping."""
        with lab.Lab(BEHIND.format("apdm+adf")) as network, Probe(network, "left") as probe:
            client = probe.client()
            probe.out(client, (1, 1))
            self.assertEqual(probe.back(client, (1, 1)), [])

    def test_knocking_spoils_a_bare_masquerade(self):
        """Why a Linux router's own firewall matters for ICE: without it conntrack
        remembers the stranger's datagram, and the mapping to him becomes another."""
        with lab.Lab(BEHIND.format("masquerade")) as network, Probe(network, "left") as probe:
            self.assertFalse(probe.is_spoilt())
            network["left1"].nft("flush chain ip nat own")
            self.assertTrue(probe.is_spoilt())

    def test_two_hosts_in_one_network(self):
        with lab.Lab("left: home\nright: home\nhome: eim+apdf > internet") as network:
            with Probe(network, "left") as left, Probe(network, "right") as right:
                self.assertEqual((left.behaviour(), right.behaviour()), (Behaviour("eim", "apdf"),) * 2)

    def test_two_interfaces(self):
        """Each address leaves by its own interface, and the other goes on when one is down."""
        description = "left: wifi, mobile\nwifi: eim+adf > internet\nmobile: apdm+apdf > internet\nright: internet"
        with lab.Lab(description) as network:
            address = {place: network.addresses["left", place, 4] for place in ("wifi", "mobile")}
            for place, behaviour in (("wifi", Behaviour("eim", "adf")), ("mobile", Behaviour("apdm", "apdf"))):
                with Probe(network, "left", address=address[place]) as probe:
                    self.assertEqual(probe.behaviour(), behaviour)
            network["left"].ip("link set eth0 down")
            with Probe(network, "left", address=address["mobile"]) as probe:
                self.assertEqual(probe.behaviour(), Behaviour("apdm", "apdf"))

    def test_a_tap_sees_what_passes(self):
        with lab.Lab("left: internet\nright: internet") as network, Probe(network, "left") as probe:
            taps = {name: wiretap.Tap(network[name]) for name in ("left", "right")}
            client = probe.client()
            mapped = probe.out(client, (0, 0))
            seen = [p for p in taps["left"].stop() if p.protocol == wiretap.UDP]
            server = probe.servers[0, 0].getsockname()[:2]
            self.assertEqual([(p.is_out, p.source, p.destination) for p in seen], [(True, mapped, server)])
            self.assertEqual([p for p in taps["right"].stop() if p.protocol == wiretap.UDP], [])

    @unittest.skipUnless(turn.CAN_RUN and shutil.which("turnutils_natdiscovery"), turn.WHY_NOT)
    def test_a_stranger_agrees(self):
        """coturn's own program, in each kind's network at the same time."""
        words = {"ei": "Endpoint Independent", "ad": "Address Dependent", "apd": "Address and Port Dependent"}
        asked = {}
        for mapping, filtering in itertools.product(boxes.MAPPINGS, boxes.FILTERS):
            network = lab.Lab(BEHIND.format(f"{mapping}+{filtering}"))
            self.addCleanup(network.close)
            server = turn.Server(network, discovery=True)
            self.addCleanup(server.close)
            command = ["turnutils_natdiscovery", "-m", "-f", lab.SERVERS[4][0]]
            asked[mapping, filtering] = network["left"].start(command)
        for (mapping, filtering), process in asked.items():
            with self.subTest(f"{mapping}+{filtering}"):
                process.wait()
                self.assert_contains(process.text, f"NAT with {words[mapping[:-1]]} Mapping!",
                                     f"NAT with {words[filtering[:-1]]} Filtering!")


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestTurn(IceTest):
    def network(self, description):
        network = lab.Lab(description)
        self.addCleanup(network.close)
        return network

    def server(self, network, **options):
        server = turn.Server(network, **options)
        self.addCleanup(server.close)
        return server

    def test_transports(self):
        network = self.network("left: masquerade > internet\nright/46: tcp-only > internet")
        server = self.server(network)
        ways = [("left", 4, "udp"), ("left", 4, "tcp"), ("left", 4, "tls"),
                ("right", 4, "tcp"), ("right", 4, "tls"), ("right", 6, "tcp"), ("right", 6, "tls")]
        for host, version, transport in ways:
            for credentials, answer in (server.credentials(), "relayed"), ((turn.USER, "wrong"), 401):
                with self.subTest(f"{host} {version} {transport} {answer}"):
                    self.assertEqual(turn.allocate(network[host], credentials, transport, server.certificate, version),
                                     answer)

    def test_time_limited_credentials(self):
        network = self.network("left: internet\nright: internet")
        server = self.server(network, secret="a secret")
        self.assertEqual(turn.allocate(network["left"], server.credentials()), "relayed")
        self.assertEqual(turn.allocate(network["left"], server.credentials(lifetime=-5)), 401)
        user, password = server.credentials()
        self.assertEqual(turn.allocate(network["left"], (user.replace("alice", "mallory"), password)), 401)


class TestLeavings(IceTest):
    """What is there after a test that was killed."""

    @unittest.skipUnless(lab.CAN_RUN and turn.CAN_RUN, lab.WHY_NOT)
    def test_killed(self):
        killed = self.run_self("stay")
        killed.wait_for("up ")
        children = [int(pid) for pid in killed.text.split("up ")[1].split()[0].split(",")]
        self.assertTrue(all(Path(f"/proc/{pid}").exists() for pid in children))
        killed.signal(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while any(self.is_there(pid) for pid in children):
            self.assertLess(time.monotonic(), deadline)
        self.assertFalse(any(Path("/run/netns").glob("*")) if Path("/run/netns").exists() else False)

    @staticmethod
    def is_there(pid):
        """And not only waited for by nobody."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        return False


def stay():
    """Has a network, a server and a process in a host until it is killed."""
    network = lab.Lab(BEHIND.format("masquerade"))
    server = turn.Server(network)
    host = network["left"].start(["sleep", "1000"])
    print(f"up {server.process.pid},{host.pid} ", flush=True)
    time.sleep(1000)


if __name__ == "__main__":
    if sys.argv[1:] == ["stay"]:
        stay()
    else:
        main()
