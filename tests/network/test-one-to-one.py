#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A NAT that has an outside address for one host: docs/networks.md's lines for that,
as they are but for the addresses, and without them."""

import contextlib
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
from icetest import PATIENCE, IceTest, main  # noqa: E402

PAGE = Path(__file__).resolve().parents[2] / "docs/networks.md"
NETWORK = "left: one-to-one > internet\nright: apdm+apdf > internet"
INSIDE, OUTSIDE = "10.0.1.2", "192.0.2.10"


def read_lines():
    """The lines of the page that use filter-candidate."""
    line, = re.findall(r"```python\n(.*?filter-candidate.*?)```\n", PAGE.read_text(), re.S)
    return line


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
class TestOneToOne(IceTest):
    def test_call(self):
        """To an end behind a symmetric NAT, without any server."""
        self.assertEqual(len(read_lines().splitlines()), 3)
        with contextlib.ExitStack() as stack:
            network = stack.enter_context(lab.Lab(NETWORK))
            box = network.nodes["left"].places[0]
            inside, outside = network.addresses["left", box, 4], network.addresses[box, lab.INTERNET, 4]
            lines = read_lines().replace(INSIDE, inside).replace(OUTSIDE, outside)
            hosts = {me: stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
            nothing = dict.fromkeys(lab.HOSTS, ""), dict.fromkeys(lab.HOSTS, {})
            without = calls.Call(hosts, "without", *nothing)
            call = calls.Call(hosts, "with", *nothing, code={"left": lines})
            ends = call.wait_states(("completed",), PATIENCE)
            self.assertTrue(all(ends.values()), ends)
            self.assertTrue(call.exchange())
            report = call.reports()
            signalled = [candidate.split()[4] for candidate in report["left"]["candidates"] if candidate]
            self.assertEqual(signalled, [outside])
            for me, side, kind in ("right", "remote", "host"), ("left", "local", "prflx"):
                pair = report[me]["pair"]
                self.assertEqual((pair[f"{side}-address"], pair[f"{side}-type"]), (outside, kind))
            for me in lab.HOSTS:
                self.assertNotIn("connected", [state for state, _ in without.states(me)])
            call.stop()
            without.stop()


if __name__ == "__main__":
    main()
