#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""role can change until the first pair is made, and that is the role that the
call has; auto-gather=false leaves gathering to the application."""

import os

import forger
import turnserver
from icetest import LOOPBACK, WARNING, Gst, IceTest, element_message, error_text, main, signal_to
from peer import Peer, until

GATHERED = element_message("ice-gathering-state", new="complete")


def nick(element, name):
    return element.get_property(name).value_nick


class TestRole(IceTest):
    def end(self, options=""):
        return self.pipeline(f"videotestsrc is-live=true ! icesink name=ice {LOOPBACK} {options}")

    def connect(self, here, there):
        """Also forwards the candidates so far."""
        for end, other in ((here, there["ice"]), (there, here["ice"])):
            self.assertEqual(signal_to(end["ice"], other), [])
            for message in end.messages("ice-candidate"):
                if message["candidate"]:
                    other.emit("add-ice-candidate", 0, message["candidate"])
        here.wait_connected()
        there.wait_connected()

    def test_after_gathering(self):
        for role, other in (("controlled", "controlling"), ("controlling", "controlled")):
            with self.subTest(role=role):
                here, there = self.end(f"role={other}").play(), self.end(f"role={other}").play()
                here.wait(GATHERED)
                there.wait(GATHERED)
                Gst.util_set_object_arg(here["ice"], "role", role)
                here.wait(GATHERED)
                self.connect(here, there)
                self.assertEqual(nick(here["ice"], "role"), role)
                self.assertEqual(nick(here["ice"].get_property("transport"), "role"), role)
                self.assertEqual(nick(there["ice"], "role"), other)
                Gst.util_set_object_arg(here["ice"], "role", other)
                here.wait(lambda m: WARNING(m) and "role cannot change" in error_text(m))
                self.assertEqual(nick(here["ice"], "role"), role)
                self.assertEqual(here.errors() + there.errors(), [])
                here.stop()
                there.stop()

    def test_auto_gather(self):
        here, there = self.end("auto-gather=false"), self.end("auto-gather=false role=controlling")
        here.play()
        there.play()
        self.assertEqual(nick(here["ice"], "ice-gathering-state"), "new")
        Gst.util_set_object_arg(here["ice"], "role", "controlled")
        here["ice"].set_property("local-ufrag", "late")
        for pipeline in (here, there):
            self.assertTrue(pipeline["ice"].emit("gather-candidates"))
            pipeline.wait(GATHERED)
        self.connect(here, there)
        self.assertEqual(there["ice"].get_property("remote-ufrag"), "late")
        self.assertEqual(nick(here["ice"], "role"), "controlled")

    def only_port(self, line, settings, roles):
        """An end that has one port; it has gathered with each of the roles, in turn."""
        probes = turnserver.open_port("127.0.0.1")
        port = probes[0].getsockname()[1]
        for probe in probes:
            probe.close()
        pipeline = self.pipeline(line.format(f"name=ice {LOOPBACK} role={roles[0]} min-port={port} max-port={port} {settings}"))
        pipeline.play().wait(GATHERED)
        for role in roles[1:]:
            Gst.util_set_object_arg(pipeline["ice"], "role", role)
            pipeline.wait(GATHERED)
        return pipeline, port

    def first_check(self, ice, role):
        """Of ours, by a peer that has the other role."""
        peer = Peer(role == "controlled")
        self.addCleanup(peer.close)
        self.assertTrue(ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password))
        self.assertTrue(ice.emit("add-ice-candidate", 0, peer.line()))
        return until(lambda: peer.checks, "a check")[0]

    LINES = ("videotestsrc is-live=true ! video/x-raw,width=16,height=16 ! icesink {}", "icesrc {} ! fakesink")

    def test_no_second_port(self):
        """The candidates of the new role take the ports of the old ones."""
        for line in self.LINES:
            for settings in "", "ice-tcp=true":
                for roles in ("controlled", "controlling"), ("controlling", "controlled"), ("controlled", "controlling") * 10:
                    with self.subTest(line=line, settings=settings, roles=roles):
                        pipeline, port = self.only_port(line, settings, roles)
                        role = roles[-1]
                        self.assertEqual(nick(pipeline["ice"], "role"), role)
                        seen = self.first_check(pipeline["ice"], role)
                        self.assertEqual(seen.source[1], port)
                        self.assertEqual(seen.has(forger.ICE_CONTROLLING), role == "controlling")
                        self.assertEqual(seen.has(forger.ICE_CONTROLLED), role == "controlled")
                        self.assertEqual(pipeline.warnings() + pipeline.errors(), [])
                        pipeline.stop()

    def test_no_second_port_leaves_nothing(self):
        pipeline, _ = self.only_port(self.LINES[1], "", ("controlled", "controlling"))
        before = len(os.listdir("/proc/self/fd"))
        for role in ("controlled", "controlling") * 20:
            Gst.util_set_object_arg(pipeline["ice"], "role", role)
            pipeline.wait(GATHERED)
        until(lambda: len(os.listdir("/proc/self/fd")) < before + 20, "no descriptor is left")

    def test_no_second_port_with_relays(self):
        """The server has to be informed from the old port: the role stays, with a warning."""
        server = turnserver.TurnServer(self)
        pipeline, port = self.only_port(self.LINES[1], f"turn-server={server.uri()}", ("controlled",))
        Gst.util_set_object_arg(pipeline["ice"], "role", "controlling")
        text = error_text(pipeline.wait(WARNING))
        self.assertEqual(text, "role was not changed, because that needs new candidates: no UDP port from min-port "
                         f"{port} to max-port {port} is free; widen the range")
        self.assertEqual(nick(pipeline["ice"], "role"), "controlled")
        self.assertEqual(nick(pipeline["ice"].get_property("transport"), "role"), "controlled")
        self.assertTrue(self.first_check(pipeline["ice"], "controlled").has(forger.ICE_CONTROLLED))


if __name__ == "__main__":
    main()
