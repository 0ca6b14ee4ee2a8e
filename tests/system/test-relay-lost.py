#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The connection to a TURN server ends in the middle of a call: the bus has a warning
about its relayed candidate, and a restart, also one by itself, gathers a new one."""

import coturn
from icetest import LOOPBACK, WARNING, IceTest, element_message, error_text, free_port, main
from turnserver import TurnProxy


class TestRelayLost(IceTest):
    def begin(self, settings):
        """A call of two pipelines; the receiver has a TURN server over TCP."""
        server = coturn.Turn(self)
        self.proxy = TurnProxy(self, server.port, ())
        uri = f"tcp://127.0.0.1:{free_port()}?mode="
        self.receiver = self.pipeline(
            f'icesrc name=ice signalling-uri="{uri}listener" {LOOPBACK} '
            f"{coturn.setting(server.host, self.proxy.port, 'tcp')} {settings} ! fakesink")
        sender = self.pipeline(f'videotestsrc is-live=true ! video/x-raw,width=16,height=16 ! rtpvrawpay ! '
                               f'icesink sync=false signalling-uri="{uri}caller" {LOOPBACK}')
        for end in self.receiver, sender:
            end.play()
        for end in self.receiver, sender:
            end.wait_connected()
        if "complete" not in [m["new"] for m in self.receiver.messages("ice-gathering-state")]:
            self.receiver.wait(element_message("ice-gathering-state", new="complete"))

    def lose(self):
        """Ends the connection; the relayed candidates until then."""
        before = self.relayed()
        self.assertEqual(len(before), 1)
        self.proxy.end_connections()
        text = error_text(self.receiver.wait(WARNING))
        self.assertEqual(text, f'the TURN server "127.0.0.1:{self.proxy.port}" closed the TCP connection; its relayed '
                         "candidate is lost, and an ICE restart gathers a new one")
        return before

    def relayed(self):
        return {m["candidate"].split()[5] for m in self.receiver.messages("ice-candidate")
                if m["candidate"] and " typ relay " in m["candidate"]}

    def assert_gathered(self, before):
        """A relayed candidate at another port."""
        self.receiver.wait(element_message("ice-gathering-state", new="complete"))
        if self.receiver["ice"].get_property("ice-connection-state").value_nick not in ("connected", "completed"):
            self.receiver.wait_connected()
        self.assertEqual(len(self.relayed() - before), 1)
        self.assertEqual(len(self.receiver.warnings()), 1)

    def test_restart(self):
        """Media takes another path meanwhile."""
        self.begin("")
        before = self.lose()
        self.assertTrue(self.receiver["ice"].emit("restart"))
        self.assert_gathered(before)

    def test_by_itself(self):
        """Media took the path that is lost."""
        self.begin("ice-transport-policy=relay restart-on=disconnected")
        before = self.lose()
        self.receiver.wait(element_message("ice-connection-state", new="disconnected"))
        self.assert_gathered(before)


if __name__ == "__main__":
    main()
