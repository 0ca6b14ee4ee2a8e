#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ice-tcp=true where no datagram gets through and there is no TURN server: calls
connect over TCP where they do by theory.py, with either end in either role."""

import concurrent.futures
import contextlib
import itertools
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
import theory  # noqa: E402
from icetest import IceTest, main  # noqa: E402

PATIENCE = 39.5 + 10  # RFC 8863, and a loaded machine
NETWORKS = {  # all without UDP
    "same LAN": "left: tcp-only > home\nright: tcp-only > home\nhome: masquerade > internet",
    "public, public": "left: tcp-only > internet\nright: tcp-only > internet",
    "NAT, public": "left: tcp-only > masquerade > internet\nright: tcp-only > internet",
    "double NAT, public": "left: tcp-only > masquerade > masquerade > internet\nright: tcp-only > internet",
    "firewall, public": "left: tcp-only > firewall > internet\nright: tcp-only > internet",
    "firewall, firewall": "left: tcp-only > firewall > internet\nright: tcp-only > firewall > internet",
    "NAT, NAT": "left: tcp-only > masquerade > internet\nright: tcp-only > masquerade > internet",
    "IPv6": "left/6: tcp-only > internet\nright/6: tcp-only > internet",
    "dual stack, IPv4 behind NATs": """
        left/46: tcp-only > internet
        right/46: tcp-only > eim+apdf > internet""",
}


def run(case):
    """Whether the call of that network and controlling end connects, and how."""
    name, controlling = case
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(lab.Lab(NETWORKS[name]))
        hosts = {me: stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
        call = calls.Call(hosts, "call", dict.fromkeys(lab.HOSTS, "ice-tcp=true on-failed=none"),
                          dict.fromkeys(lab.HOSTS, {}), controlling)
        ends = call.wait_states(("completed", "failed"), PATIENCE)
        states = {end and end["new"] for end in ends.values()}
        if states == {"failed"}:
            return "fails"
        pairs = [report["pair"] for report in call.reports().values()]
        is_whole = states == {"completed"} and {p["protocol"] for p in pairs} == {"tcp"} and call.exchange()
        return f"{max(end['at'] for end in ends.values()):.1f} s" if is_whole else str(call.story())


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
class TestTcp(IceTest):
    def test_networks(self):
        cases = list(itertools.product(NETWORKS, lab.HOSTS))
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            for (name, controlling), result in zip(cases, pool.map(run, cases)):
                expected = r"\d\.\d s" if theory.connects_by_tcp(lab.parse(NETWORKS[name])) else "fails"
                print(f"# {name}, {controlling} controlling: {result}", flush=True)
                with self.subTest(f"{name}, {controlling} controlling"):
                    self.assertRegex(result, f"^{expected}$")


if __name__ == "__main__":
    main()
