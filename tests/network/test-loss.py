#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls with the default timeouts where each direction loses a tenth of the datagrams: one
with media both ways, and one without, where nothing but consent shows that the peer is
there. Neither fails. ICE_TEST_LONG=1 keeps them for an hour and prints each minute's
counts; LOSS_SECONDS for another time."""

import contextlib
import faulthandler
import json
import os
import re
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
from icetest import LONG, PATIENCE, IceTest, main  # noqa: E402

SECONDS = float(os.environ.get("LOSS_SECONDS", 3600 if LONG else 8))
PRINT_EVERY = 60
# At each host, after a packet has crossed the wire. Binding requests and success responses: RFC 8489 section 5.
LOSS = """
table inet loss {
    counter arrived { }
    counter lost { }
    counter requests { }
    counter answers { }
    chain arriving {
        type filter hook input priority filter;
        iifname "lo" accept
        counter name arrived
        numgen random mod 10 == 0 counter name lost drop
        meta l4proto udp @th,64,16 0x0001 counter name requests
        meta l4proto udp @th,64,16 0x0101 counter name answers
    }
}
"""
LIVING = {"connected", "completed", "disconnected"}


def count_packets(space):
    """name of the counter -> packets."""
    found = re.findall(r"counter (\w+) \{\s*packets (\d+)", space.nft_list("counters"))
    return {name: int(packets) for name, packets in found}


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
class TestLoss(IceTest):
    def setUp(self):
        super().setUp()
        faulthandler.dump_traceback_later(SECONDS + 10 * PATIENCE, exit=True)

    def check_living(self, call, me):
        """It has connected and has neither failed nor begun anew since."""
        states = [new for new, _ in call.states(me)]
        since = states[states.index("connected"):]
        self.assertLessEqual(set(since), LIVING, call.states(me))
        self.assertEqual(call.events(me, "error"), [])
        return since.count("disconnected")

    def watch(self, both):
        end = time.monotonic() + SECONDS
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, PRINT_EVERY))
            for name, call in both.items():
                for me in lab.HOSTS:
                    n = self.check_living(call, me)
                    if LONG:
                        print(f"# {SECONDS - end + time.monotonic():.0f} s, {name}, {me}: disconnected {n} times",
                              flush=True)

    def count(self, name, call, me):
        """Of a call that has ended its time: what became of consent and media there."""
        answer = call.ask(me, "count", "counted")
        pairs, transports = answer["pairs"], answer["transports"]
        counts = {"disconnected": self.check_living(call, me),
                  "consent-requests-sent": pairs["consent-requests-sent"],
                  "responses-received": pairs["responses-received"],
                  "requests-received": pairs["requests-received"],
                  "packets-sent": transports["packets-sent"],
                  "packets-received": transports["packets-received"]}
        print(f"# {SECONDS:.0f} s, {name}, {me}: {json.dumps(counts)}", flush=True)
        return counts

    def test_call_and_idle_call(self):
        with contextlib.ExitStack() as stack:
            network = stack.enter_context(lab.Lab("left: internet\nright: internet"))
            for me in lab.HOSTS:
                network[me].nft(LOSS)
            hosts = {me: stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
            both = {name: calls.Call(hosts, name, dict.fromkeys(lab.HOSTS, ""), dict.fromkeys(lab.HOSTS, {}),
                                     media=name == "media") for name in ("media", "idle")}
            for call in both.values():
                ends = call.wait_states(("completed",), PATIENCE)
                self.assertTrue(all(ends.values()), call.story())
            self.watch(both)
            counts = {name: {me: self.count(name, call, me) for me in lab.HOSTS} for name, call in both.items()}
            for me in lab.HOSTS:
                packets = count_packets(network[me])
                print(f"# {me}: {100 * packets['lost'] / packets['arrived']:.1f} % lost, {packets}", flush=True)
                for n in packets.values():
                    self.assertGreater(n, 0)
                self.assertGreater(counts["media"][me]["packets-received"], 0)
                self.assertEqual(counts["idle"][me]["packets-sent"] + counts["idle"][me]["packets-received"], 0)
                for count in counts.values():
                    self.assertGreater(count[me]["consent-requests-sent"], 0)
            for call in both.values():
                call.stop()


if __name__ == "__main__":
    main()
