#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two callers of the built-in signalling, connected by docs/relay.py, which only copies lines."""

import socket
import sys
import time
from pathlib import Path

from icetest import EOS, LONG, LOOPBACK, PATIENCE, Collector, IceTest, datagrams, element_message, free_port, main, push

RELAY = Path(__file__).resolve().parents[2] / "docs" / "relay.py"
CALLS = 20 if LONG else 4


class TestRelay(IceTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.run_line([sys.executable, str(RELAY), str(self.port)])
        deadline = time.monotonic() + PATIENCE
        while not self.listens() and time.monotonic() < deadline:
            time.sleep(0.02)

    def listens(self):
        """Also a caller that has left before another one came: the relay forgets it."""
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0

    def caller(self, element, options=""):
        return self.pipeline(element.format(f"name=ice {LOOPBACK} {options} signalling-uri=tcp://127.0.0.1:{self.port}"
                                            )).play()

    def get_role(self, end):
        return end["ice"].get_property("role").value_nick

    def test_roles_settle(self):
        """Both begin as controlling; RFC 8445's tie-breaker decides which one stays so."""
        for n in range(CALLS):
            receiver = self.caller("icesrc {} ! fakesink name=out")
            out = Collector(receiver["out"])
            sender = self.caller("appsrc name=in ! icesink {}")
            for end in receiver, sender:
                end.wait(element_message("ice-connection-state", new="completed"))
            self.assertEqual(sorted(map(self.get_role, (receiver, sender))), ["controlled", "controlling"])
            sent = datagrams(f"call {n}")
            for data in sent:
                push(sender["in"], data)
            self.assertEqual(out.take(len(sent)), sent)
            sender["in"].emit("end-of-stream")
            sender.wait(EOS)
            sender.stop()
            receiver.wait(EOS)
            receiver.stop()
            self.assertEqual(receiver.errors() + sender.errors() + receiver.warnings() + sender.warnings(), [])

    def test_a_restart(self):
        receiver = self.caller("icesrc {} ! fakesink")
        sender = self.caller("appsrc ! icesink {}")
        for end in receiver, sender:
            end.wait(element_message("ice-connection-state", new="completed"))
        receiver["ice"].emit("restart")
        for end in receiver, sender:
            end.wait(element_message("ice-selected-candidate-pair"))
            end.wait(element_message("ice-connection-state", new="completed"))

    def test_two_calls_at_once(self):
        ends = [self.caller("icesrc {} ! fakesink") for _ in range(2)] + [
            self.caller("appsrc ! icesink {}") for _ in range(2)]
        for end in ends:
            end.wait_connected()

    def test_nobody_else(self):
        alone = self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{self.port}?timeout=1 ! fakesink").play()
        with self.assertRaisesRegex(AssertionError, "was reached but sent nothing within 1 s; .* relay where no other caller"):
            alone.wait(EOS)


if __name__ == "__main__":
    main()
