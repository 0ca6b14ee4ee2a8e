#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ice-transport-policy=relay: on no wire is there a packet from one end to the
other, and nothing that anybody sees has the address of a relay-only end."""

import concurrent.futures
import contextlib
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
import turn  # noqa: E402
import wiretap  # noqa: E402
from icetest import PATIENCE, IceTest, main  # noqa: E402

AT_ONCE = 4
# whom nobody asks with the policy: a STUN server beside the TURN server, who has the name of
# a candidate (RFC 6762), and routers (UPnP)
STUN = (lab.SERVERS[4][1], turn.PORT)
MDNS = ("224.0.0.251", 5353)
UPNP = ("239.255.255.250", 1900)
# asked for by multicast where there is no such policy; nobody answers
NAMED = "candidate:9 1 UDP 1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 9 typ relay raddr 0.0.0.0 rport 0"
LOOPBACK = {"127.0.0.1", "::1"}  # where libnice finds a server over TLS
# where without the policy a direct pair would be used
NETWORKS = {
    "public": "left: internet\nright: internet",
    "LAN": "left: home\nright: home\nhome: masquerade > internet",
    "NATs": "left: eim+apdf > internet\nright: masquerade > internet",
    "dual stack": "left/46: internet\nright/46: firewall > internet",
}


def addresses_of(network, name):
    """Those of the host, and of the boxes that translate for it."""
    names, found = [name], set()
    while names:
        node = network.nodes.get(names.pop())
        if node:
            found |= {a for (owner, _, _), a in network.addresses.items() if owner == node.name}
            names += node.places
    return found


class Recorded:
    """A call that was made, and everything that was shown and sent in it."""

    def __init__(self, description, relay_only=(), transports=("udp", "tcp")):
        with contextlib.ExitStack() as stack:
            self.network = stack.enter_context(lab.Lab(description))
            server = stack.enter_context(contextlib.closing(turn.Server(self.network, discovery=True)))
            hosts = {me: stack.enter_context(contextlib.closing(calls.Host(self.network, me, server.trust()))) for me in lab.HOSTS}
            taps = {name: wiretap.Tap(space) for name, space in self.network.spaces.items()}
            line = calls.TappedLine()
            policies = {me: "relay" if me in relay_only else "all" for me in lab.HOSTS}
            settings = {me: f"stun-server=stun:{STUN[0]}:{STUN[1]} upnp=true ice-transport-policy={p}" for me, p in policies.items()}
            arrays = dict.fromkeys(lab.HOSTS, {"turn-servers": server.uris(transports=transports),
                                               "remote-candidates": [NAMED]})
            call = calls.Call(hosts, "call", settings, arrays, line=line)
            ends = call.wait_states(("completed", "failed"), PATIENCE)
            self.is_complete = all(end and end["new"] == "completed" for end in ends.values()) and call.exchange()
            shown = [call.ask(me, "show_all", "shown") for me in lab.HOSTS]
            self.pairs = {me: report["pair"] for me, report in call.reports().items()}
            call.stop()
            self.line = line.text
            self.texts = [self.line, *(event[what] for event in shown for what in ("messages", "stats"))]
            self.wires = {name: tap.stop() for name, tap in taps.items()}

    def direct(self):
        """Packets from one end to the other."""
        ends = [addresses_of(self.network, me) for me in lab.HOSTS]
        common = ends[0] & ends[1]
        left, right = (its - common for its in ends)
        return [(wire, p) for wire, packets in self.wires.items() for p in packets
                if (p.source[0] in left and p.destination[0] in right)
                or (p.source[0] in right and p.destination[0] in left)]


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestRelayOnly(IceTest):
    def record(self, cases):
        """(case, call) for each; some are made at the same time."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return list(zip(cases, pool.map(lambda case: Recorded(NETWORKS[case[0]], *case[1:]), cases)))

    def check_wires(self, call, relay_only, port=turn.PORT):
        self.assertEqual(call.direct(), [])
        for me in relay_only:
            others = {p.destination for p in call.wires[me]
                      if p.is_out and p.device != "lo" and p.protocol in (wiretap.UDP, wiretap.TCP)}
            self.assertEqual(others, {(lab.SERVERS[4][0], port)})
            self.assertEqual(call.pairs[me]["local-type"], "relay")

    def check_hidden(self, call, addresses):
        self.assertIn("typ relay", call.line)
        for address in addresses:
            for text in call.texts:
                self.assertNotRegex(text, rf"(?<![\d.:a-f]){address}(?![\d.:a-f])")

    def test_a_direct_pair_would_be_seen(self):
        """What the other tests look for is there without the policy."""
        for case, call in self.record([(name,) for name in NETWORKS]):
            with self.subTest(case):
                self.assertTrue(call.is_complete)
                self.assertNotEqual(call.direct(), [])
                self.assertRegex(call.line, "typ host")
                for me in lab.HOSTS:
                    asked = {p.destination for p in call.wires[me] if p.is_out}
                    self.assertLessEqual({STUN, MDNS, UPNP}, asked)
                    self.assertIn(call.network.addresses[me, call.network.nodes[me].places[0], 4], call.line)

    def test_both_ends(self):
        for case, call in self.record([(name, lab.HOSTS, (t,)) for name in NETWORKS for t in ("udp", "tcp", "tls")]):
            with self.subTest(case):
                self.assertTrue(call.is_complete)
                self.check_wires(call, lab.HOSTS, turn.TLS_PORT if case[2] == ("tls",) else turn.PORT)
                self.check_hidden(call, set.union(LOOPBACK, *(addresses_of(call.network, me) for me in lab.HOSTS)))
                for text in call.texts:
                    self.assertNotRegex(text, r"typ\W+(host|srflx|prflx)")

    def test_one_end(self):
        """The other end has no such policy, and gets to know no more of it."""
        for case, call in self.record([(name, (me,)) for name in NETWORKS for me in lab.HOSTS]):
            with self.subTest(case):
                me, = case[1]
                self.assertTrue(call.is_complete)
                self.check_wires(call, (me,))
                self.check_hidden(call, addresses_of(call.network, me) - addresses_of(call.network, calls.OTHER[me]))


if __name__ == "__main__":
    main()
