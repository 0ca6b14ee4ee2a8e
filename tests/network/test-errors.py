#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gst-launch-1.0 prints where a call fails by theory: one error at each end, in
one line, with advice."""

import contextlib
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import lab  # noqa: E402
import turn  # noqa: E402
from icetest import IceTest, main  # noqa: E402

PATIENCE = 39.5 + 15  # RFC 8863, and a loaded machine
ADD_TURN = ("no candidate pair works", "lets UDP through", "or add a TURN server")
PEER_ENDED = ("the peer closed the signalling line without a bye", "its output has the cause")
# what: network, settings of both ends with STUN and TURN for the servers, what each end prints
CASES = {
    "two symmetric NATs": (
        "left: apdm+apdf > internet\nright: apdm+apdf > internet", "stun-server=STUN", (ADD_TURN, ADD_TURN)),
    "IPv6 only and IPv4 only": (
        "left/6: internet\nright: internet", "",
        (("no candidate pair could be made", "1 is IPv4, and this end has IPv6", "or add a TURN server"),
         ("no candidate pair could be made", "1 is IPv6, and this end has IPv4", "or add a TURN server"))),
    "UDP blocked": ("left: tcp-only > internet\nright: internet", "stun-server=STUN", (ADD_TURN, ADD_TURN)),
    "UDP blocked, TURN over UDP": (
        "left: tcp-only > internet\nright: tcp-only > internet", "stun-server=STUN turn-server=TURN",
        (("no candidate pair works", "lets UDP through", "transport=tcp"),) * 2),
    "UDP blocked, relay only, TURN over UDP": (
        "left: tcp-only > internet\nright: internet", "turn-server=TURN ice-transport-policy=relay",
        (("there is no local candidate", "no TURN server gave one", "try transport=tcp"),
         ("the peer signalled no candidate", "check its servers"))),
    "relay only without a server": (
        "left: internet\nright: internet", "ice-transport-policy=relay",
        (("ice-transport-policy is relay but no TURN server is set", "set turn-server, turn-servers or ice-servers"),) * 2),
    "relay only, wrong password": (
        "left: internet\nright: internet", "ice-transport-policy=relay turn-server=WRONG",
        (("there is no local candidate", "check turn-servers"),) * 2),
}
ENDS = {"left": ("icesrc {} ! fakesink", "listener"),
        "right": ("fakesrc is-live=true ! icesink sync=false {}", "caller")}


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestErrors(IceTest):
    def start(self, stack, number, description, settings):
        """Both ends."""
        network = stack.enter_context(lab.Lab(description))
        server = stack.enter_context(contextlib.closing(turn.Server(network)))
        ends = {}
        for me, (line, mode) in ENDS.items():
            version = min(network.nodes[me].versions)
            uri, = server.uris(version, ["udp"])
            its = (settings.replace("STUN", server.stun(version)).replace("TURN", uri)
                   .replace("WRONG", uri.replace(turn.PASSWORD, "wrong")))
            line = line.format(f'{its} signalling-uri="unix://{self.dir}/{number}?mode={mode}"')
            ends[me] = network[me].start(f"gst-launch-1.0 {line}")
            stack.callback(ends[me].kill)
        return ends

    def test_failures(self):
        with contextlib.ExitStack() as stack:
            running = {name: self.start(stack, number, description, settings)
                       for number, (name, (description, settings, _)) in enumerate(CASES.items())}
            for name, ends in running.items():
                for end in ends.values():
                    end.wait(PATIENCE)
                for (me, end), words in zip(ends.items(), CASES[name][2]):
                    with self.subTest(f"{name}: {me}"):
                        self.check(end.text, words)

    def check(self, text, words):
        """gst-launch-1.0 prints the first one; it may be that the peer's came before."""
        errors = re.findall(r"^ERROR: .*?GstIce\w+:\w+: (.*)", text, re.M)
        self.assertTrue(errors, text)
        print("#", errors[0], flush=True)
        if PEER_ENDED[0] in errors[0]:
            words = PEER_ENDED
        self.assert_contains(errors[0], *words)
        self.assertNotIn(turn.PASSWORD, text)


if __name__ == "__main__":
    main()
