#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A NAT forgets its mappings in mid-call: media goes both ways again within 5 s,
without a restart and without being disconnected, with any NAT where a path can exist."""

import contextlib
import faulthandler
import socket
import struct
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import boxes  # noqa: E402
import calls  # noqa: E402
import lab  # noqa: E402
import turn  # noqa: E402
from icetest import LONG, PATIENCE, IceTest, main  # noqa: E402

WITHIN = 5  # seconds, with the default disconnected-timeout
TIMES = 10 if LONG else 1
NATS = [f"{m}+{f}" for m in ("eim", "apdm") for f in ("eif", "adf", "apdf")] + ["masquerade", "masquerade-random"]
# linux/netfilter/nfnetlink.h, nfnetlink_conntrack.h, linux/netlink.h
NETLINK_NETFILTER, CT_DELETE, REQUEST_ACK = 12, 1 << 8 | 2, 1 | 4


def forget_connections(space):
    """All that conntrack knows there."""
    with space.inside(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.sendall(struct.pack("=IHHII", 20, CT_DELETE, REQUEST_ACK, 1, 0) + struct.pack("=BBH", 0, 0, 0))
        error, = struct.unpack_from("=i", netlink.recv(4096), 16)
    assert error == 0, error


def forget(network, name):
    """The NAT in front of that host."""
    box = network.nodes[name].places[0]
    if network.nodes[box].kind.startswith("masquerade"):
        forget_connections(network[box])
    else:
        network[box].nft("".join(f"flush map ip nat {what}\n"
                                 for what in ("mappings", "hosts", "host_ports", "passable")))


def can_come_back(left, right):
    """By RFC 4787's words: after the NAT in front of left gave it other ports, its
    datagrams come to an address of right's that they went to before. They must be let
    in there, and so must the answers: those of a constant mapping come from where they
    were sent to. `masquerade` gives the same ports again."""
    if left == "masquerade":
        return True
    there, here = boxes.KINDS.get(right), boxes.KINDS[left]
    if there is None:
        return True
    return there.filtering in (None, "eif", "adf") and (there.mapping != "apdm" or here.filtering in ("eif", "adf"))


def connects(left, right):
    """theory.py's rule: without a relay."""
    one, other = boxes.KINDS[left], boxes.KINDS.get(right, boxes.Behaviour(None, None))
    for a, b in (one, other), (other, one):
        if a.mapping == "apdm" and (b.mapping == "apdm" or b.filtering == "apdf"):
            return False
    return True


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestNatRebinding(IceTest):
    def setUp(self):
        super().setUp()
        if LONG:  # half an hour, all together
            faulthandler.dump_traceback_later(3600, exit=True)

    def begin(self, stack, left, right, controlling="left", settings=""):
        network = stack.enter_context(lab.Lab(
            f"left: {left} > internet\nright: " + (f"{right} > internet" if right != "public" else "internet")))
        server = stack.enter_context(contextlib.closing(turn.Server(network)))
        hosts = {me: stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
        call = calls.Call(hosts, "call", dict.fromkeys(lab.HOSTS, f"stun-server={server.stun()} {settings}"),
                          dict.fromkeys(lab.HOSTS, {}), controlling)
        ends = call.wait_states(("completed",), PATIENCE)
        self.assertTrue(all(ends.values()), call.story())
        self.assertTrue(call.exchange())
        return network, call

    def rebind(self, network, call, name, changes_port):
        """Until ten more datagrams have come at both ends."""
        other = calls.OTHER[name]
        before = call.reports()[other]["pair"]["remote-port"]
        mark = {me: len(call.states(me)) for me in lab.HOSTS}
        forget(network, name)
        time.sleep(0.1)  # what is under way
        start = time.monotonic()
        self.assertTrue(call.exchange(10, WITHIN), call.story())
        took = time.monotonic() - start + 0.1
        print(f"# both ways after {took:.2f} s", flush=True)
        self.assertLess(took, WITHIN)
        # a pair that libnice makes is being checked for a moment
        states = {new for me, n in mark.items() for new, _ in call.states(me)[n:]}
        self.assertLessEqual(states, {"connected", "completed"})
        if changes_port:
            self.assertNotEqual(call.reports()[other]["pair"]["remote-port"], before)

    def try_out(self, left, right, controlling="left", names=("left",)):
        with contextlib.ExitStack() as stack:
            network, call = self.begin(stack, left, right, controlling)
            for _ in range(TIMES):
                for name in names:
                    self.rebind(network, call, name, {"left": left, "right": right}[name] != "masquerade")
            call.stop()

    def test_to_a_public_host(self):
        """Each kind in front of one end, which controls, or does not."""
        for i, nat in enumerate(NATS):
            for controlling in lab.HOSTS if LONG else (lab.HOSTS[i % 2],):
                with self.subTest(f"{nat}, {controlling} controls"):
                    self.try_out(nat, "public", controlling)

    def test_two_nats(self):
        """Either one forgets, wherever theory has a path afterwards."""
        pairs = [(a, b) for a in NATS for b in NATS if connects(a, b) and can_come_back(a, b)]
        chosen = [("eim+apdf", "eim+adf"), ("apdm+apdf", "eim+eif"), ("masquerade", "masquerade")]
        self.assertTrue(set(chosen) <= set(pairs))
        for left, right in pairs if LONG else chosen:
            with self.subTest(f"{left}, {right}"):
                both = can_come_back(right, left) and connects(right, left)
                self.try_out(left, right, names=lab.HOSTS if both else lab.HOSTS[:1])

    def test_restart_on_disconnected(self):
        """It is not needed, and does no harm."""
        with contextlib.ExitStack() as stack:
            network, call = self.begin(stack, "apdm+apdf", "public", settings="restart-on=disconnected")
            for _ in range(max(TIMES, 3)):  # again and again, in the short form too
                self.rebind(network, call, "left", True)
            call.stop()


if __name__ == "__main__":
    main()
