#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Media through a TURN server over UDP: once the peer's channel is known, icesink
sends ChannelData by itself, many datagrams in a system call."""

import os
import shutil
import time
import unittest

from coturn import Turn
from icetest import PATIENCE, Gst, IceTest, get_stats, main, push_list

END = "name=ice local-addresses=<127.0.0.1>"
SIZES = 1198, 37, 1198, 5  # ChannelData over UDP has no padding


class Call:
    """One sender with a relay, one receiver."""

    def __init__(self, test, settings):
        self.test, self.got = test, []
        self.receive = Gst.parse_launch(
            f"icesrc {END} role=controlled ! fakesink name=out signal-handoffs=true async=false")
        self.send = Gst.parse_launch(f"appsrc name=in format=time is-live=true ! icesink sync=false {END} {settings}")
        self.receive.get_by_name("out").connect(
            "handoff", lambda sink, buffer, pad: self.got.append(buffer.extract_dup(0, buffer.get_size())))
        pipelines = self.receive, self.send
        self.ends = [pipeline.get_by_name("ice") for pipeline in pipelines]
        self.ice = self.ends[1]
        for pipeline in pipelines:
            test.addCleanup(pipeline.set_state, Gst.State.NULL)
        for ice, peer in (self.ends, reversed(self.ends)):
            ice.connect("on-ice-candidate", self.pass_on, peer)
            ice.connect("notify::local-pwd", self.pass_credentials, peer)
        for pipeline in pipelines:
            pipeline.set_state(Gst.State.PLAYING)
        for ice, peer in (self.ends, reversed(self.ends)):
            self.pass_credentials(ice, None, peer)

    @staticmethod
    def pass_on(ice, stream, candidate, peer):
        if candidate is not None:
            peer.emit("add-ice-candidate", stream, candidate)

    @staticmethod
    def pass_credentials(ice, _, peer):
        peer.emit("set-remote-credentials", 0, ice.props.local_ufrag, ice.props.local_pwd)

    def wait(self, what, check):
        deadline = time.monotonic() + PATIENCE
        while not check():
            self.test.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def wait_state(self, *states):
        for ice in self.ends:
            self.wait(states, lambda ice=ice: ice.props.ice_connection_state.value_nick in states)

    def check_media(self, lists=20):
        """Each datagram arrives as it was sent."""
        self.got.clear()
        sent = set()
        for i in range(lists):
            items = [os.urandom(SIZES[k % len(SIZES)] if i % 2 else SIZES[0]) for k in range(32)]
            sent.update(items)
            push_list(self.send.get_by_name("in"), items)
            count = len(sent)
            self.wait(f"{len(self.got)} of {count} datagrams", lambda n=count: len(self.got) >= n)
        self.test.assertEqual(set(self.got), sent)

    def check_empty(self):
        """RFC 8656 section 12.6: the server sends a datagram without data."""
        self.got.clear()
        self.send.get_by_name("in").emit("push-buffer", Gst.Buffer.new())
        self.wait("the empty datagram", lambda: self.got == [b""])

    def stats(self):
        transport = get_stats(self.ice)["transport-0-1"]
        return {name: transport[name] for name in ("offload-send-calls", "packets-sent")}

    def selected(self):
        entries = [entry for entry in get_stats(self.ice).values() if isinstance(entry, dict)]
        pair = next(entry for entry in entries if entry["type"] == "candidate-pair" and entry.get("selected"))
        return pair["local-type"], pair["id"]


@unittest.skipUnless(shutil.which("turnserver"), "needs coturn")
class TestRelayOffload(IceTest):
    def setUp(self):
        super().setUp()
        self.turn = Turn(self)

    def test_udp(self):
        call = Call(self, self.turn.relay("udp"))
        call.wait("offload", lambda: call.ice.props.offload_active)
        call.wait_state("connected", "completed")
        self.assertEqual(call.selected()[0], "relay")
        before = call.stats()
        call.check_media()
        grown = {name: value - before[name] for name, value in call.stats().items()}
        self.assertEqual(grown["packets-sent"], 20 * 32)
        self.assertLess(grown["offload-send-calls"], 20 * 32 / 8)
        call.check_empty()
        self.check_restarts(call)

    def check_restarts(self, call):
        """The old pair's channel is not used for the new one."""
        for _ in range(2):
            old = call.selected()
            self.assertTrue(call.ice.emit("restart"))
            call.wait("another allocation's pair", lambda old=old: call.selected() != old)
            call.wait_state("completed")
            call.wait("offload", lambda: call.ice.props.offload_active)
            call.check_media(4)

    def test_through_libnice(self):
        """Over TCP, and where it is not wanted."""
        calls = [Call(self, settings) for settings in
                 (self.turn.relay("tcp"), f"{self.turn.relay('udp')} offload=none")]
        for call in calls:
            call.wait_state("completed")
            call.check_media(4)
            self.assertFalse(call.ice.props.offload_active)


if __name__ == "__main__":
    main()
