#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host with two interfaces loses the one that the call goes over: both ends are
disconnected, a restart of either end gets the call back over the other interface,
also over one that came later, and restart-on=network-change does it by itself."""

import contextlib
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import lab  # noqa: E402
import turn  # noqa: E402
from icetest import LONG, PATIENCE, Gst, IceTest, main  # noqa: E402
from probe import Probe  # noqa: E402

NETWORK = """
    left: wifi, mobile
    wifi: masquerade > internet
    mobile: masquerade > internet
    right: internet"""
SILENT = 1.5  # seconds, disconnected-timeout
LATE = 2  # seconds
SOON = 2  # seconds until a restart has found the other interface
UP = ("connected", "completed")
LOSSES = {"interface down": "link set {} down", "address gone": "address flush dev {}"}


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestNetworkChange(IceTest):
    def setUp(self):
        super().setUp()
        self._stack = contextlib.ExitStack()
        self.addCleanup(self._stack.close)

    def begin(self, settings="", has_turn=False, name="call", prepare=None):
        network = self._stack.enter_context(lab.Lab(NETWORK))
        if prepare:
            network["left"].ip(prepare)
        server = self._stack.enter_context(contextlib.closing(turn.Server(network)))
        hosts = {me: self._stack.enter_context(contextlib.closing(calls.Host(network, me))) for me in lab.HOSTS}
        settings = f"stun-server={server.stun()} disconnected-timeout={int(SILENT * 1000)} on-failed=none {settings}"
        call = calls.Call(hosts, name, dict.fromkeys(lab.HOSTS, settings),
                          dict.fromkeys(lab.HOSTS, {"turn-servers": server.uris() if has_turn else []}))
        ends = call.wait_states(("completed",), PATIENCE)
        self.assertTrue(all(ends.values()), [call.states(me) for me in lab.HOSTS])
        self.assertTrue(call.exchange())
        return network, call

    def place(self, network, call):
        """Which of left's two places the pair goes over."""
        address = call.reports()["left"]["pair"]["local-address"]
        return next(place for place in network.nodes["left"].places
                    if address in (network.addresses["left", place, 4], network.addresses[place, lab.INTERNET, 4]))

    def lose(self, network, call, how):
        """What is lost, and the marks before it."""
        lost, mark = self.place(network, call), call.mark()
        network["left"].ip(how.format(f"eth{network.nodes['left'].places.index(lost)}"))
        return lost, mark, time.monotonic()

    def wait_lost(self, call, mark, start):
        ends = call.wait_states(("disconnected",), SILENT + LATE, mark)
        self.assertEqual([end and end["reason"] for end in ends.values()], ["consent-missing"] * 2)
        print(f"# both disconnected after {time.monotonic() - start:.2f} s", flush=True)

    def check_back(self, network, call, lost, mark):
        ends = call.wait_states(UP, SOON + LATE, mark)
        self.assertTrue(all(ends.values()), [call.states(me) for me in lab.HOSTS])
        call.wait_states(("completed",), PATIENCE, mark)
        self.assertTrue(call.exchange())
        self.assertNotEqual(self.place(network, call), lost)
        return ends

    def test_restart(self):
        for (loss, how), me in zip(LOSSES.items(), lab.HOSTS):
            for has_turn in (False, True) if LONG else (False,):
                with self.subTest(f"{loss}, restart of {me}, TURN: {has_turn}"):
                    network, call = self.begin(has_turn=has_turn, name=f"{me}{has_turn}")
                    lost, mark, start = self.lose(network, call, how)
                    self.wait_lost(call, mark, start)
                    self.assertFalse(call.exchange(timeout=0.5))
                    mark = call.mark()
                    restarted = call.emit(me, "restart")
                    self.assertTrue(restarted["result"])
                    ends = self.check_back(network, call, lost, mark)
                    print(f"# {me} is back {ends[me]['at'] - restarted['at']:.2f} s after its restart", flush=True)
                    call.stop()

    def test_no_other_path_is_taken_without_a_restart(self):
        """Only a restart nominates another pair, RFC 8445 section 8.1.1."""
        network, call = self.begin(f"failed-timeout={int(SILENT * 2000)}", has_turn=True)
        lost, mark, start = self.lose(network, call, LOSSES["interface down"])
        self.wait_lost(call, mark, start)
        ends = call.wait_states(("failed",), SILENT + LATE, mark)
        self.assertEqual([end and end["reason"] for end in ends.values()], ["consent-expired"] * 2)
        mark = call.mark()
        self.assertTrue(call.emit("left", "restart")["result"])
        self.check_back(network, call, lost, mark)

    def test_an_interface_that_came_later(self):
        """A restart gathers anew."""
        network, call = self.begin(prepare="link set eth1 down")
        self.assertEqual(self.place(network, call), "wifi")
        network["left"].ip("link set eth1 up")
        network.lead_out("left", 1)
        with Probe(network, "left", address=network.addresses["left", "mobile", 4]) as probe:
            self.assertTrue(probe.passes_udp())
        lost, mark, start = self.lose(network, call, LOSSES["interface down"])
        self.wait_lost(call, mark, start)
        mark = call.mark()
        self.assertTrue(call.emit("left", "restart")["result"])
        self.check_back(network, call, lost, mark)

    def test_the_other_interface_comes_after_the_loss(self):
        """For a while there is none. One restart, by itself."""
        network, call = self.begin("restart-on=network-change", prepare="link set eth1 down", has_turn=True)
        lost, mark, start = self.lose(network, call, LOSSES["interface down"])
        self.wait_lost(call, mark, start)
        network["left"].ip("link set eth1 up")
        network.lead_out("left", 1)
        start = time.monotonic()
        self.check_back(network, call, lost, mark)
        print(f"# completed {time.monotonic() - start:.2f} s after the other one came", flush=True)
        self.assertEqual([reason for _, reason in call.states("left")].count("restart"), 1)

    def test_restart_on_network_change(self):
        if Gst.ElementFactory.make("icesrc").find_property("restart-on") is None:
            self.skipTest("icesrc has no property restart-on")
        for loss, how in LOSSES.items():
            with self.subTest(loss):
                network, call = self.begin("restart-on=network-change", name=f"call{len(loss)}")
                lost, mark, _ = self.lose(network, call, how)
                self.check_back(network, call, lost, mark)
                self.assertNotIn("disconnected", [new for new, _ in call.states("left")])
                call.stop()


if __name__ == "__main__":
    main()
