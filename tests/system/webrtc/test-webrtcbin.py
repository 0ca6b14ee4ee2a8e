#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbin with our agent: connects to itself and to webrtcbin with its own agent,
with video, audio and data, in one bundle and without."""

import os
import re
import unittest
from pathlib import Path

from webrtcpeer import GObject, Gst, Peer, call, make_agent, negotiate  # the first: it has the path
from icetest import LONG, IceTest, fields, get_stats, main

GOING_UP = ["checking", "connected", "completed"]
PAGE = Path(__file__).resolve().parents[3] / "docs/webrtc.md"


class TestWebrtcbin(IceTest):
    def check_states(self, end):
        """webrtcbin joins changes that come at once."""
        self.assertEqual(end.states, [state for state in GOING_UP if state in end.states])
        self.assertEqual(end.states[0], "checking")
        self.assertEqual(end.gathering, ["gathering", "complete"])
        end.wait(lambda: end.connection[-1:] == ["connected"], "connection-state connected")

    def check_data(self, one, other):
        for end in one, other:
            end.wait(end.is_open, "channel")
        for end, peer in (one, other), (other, one):
            end.channel.emit("send-string", f"from {end.name}")
            peer.wait(lambda: peer.messages == [f"from {end.name}"], "message")

    def check_webrtcbin_stats(self, end, other):
        """The selected pair in webrtcbin's own statistics."""
        stats = fields(end.ask("get-stats", None))
        pair, = [entry for entry in stats.values() if getattr(entry, "get", lambda _: 0)("local-candidate-id")]
        for which, owner in ("local", end), ("remote", other):
            candidate = stats[pair[f"{which}-candidate-id"]]
            (_, text), _ = owner.found
            self.assertIn(f" {candidate['address']} {candidate['port']} typ {candidate['candidate-type']} ", text)
            self.assertEqual(candidate["priority"], int(text.split()[3]))
            self.assertEqual(candidate["protocol"], "udp")

    def check_agent_stats(self, agent):
        stats = get_stats(agent)
        self.assertEqual(stats["ice-connection-state"], "completed")
        pair, = [entry for entry in stats.values() if isinstance(entry, dict) and entry.get("selected")]
        self.assertTrue(pair["nominated"])
        self.assertEqual(pair["state"], "succeeded")
        self.assertGreater(pair["current-round-trip-time"], 0)
        self.assertGreater(pair["packets-received"], 0)
        for name, entry in stats.items():
            if isinstance(entry, dict):
                self.assertEqual(entry["id"], name)

    def test_lines_of_the_page(self):
        """The agent ends with the last variables."""
        lines, = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text())
        names = {"GObject": GObject, "Gst": Gst}
        exec(lines, names)
        agent = names["agent"].weak_ref()
        self.assertEqual(names["webrtc"].get_property("ice-agent"), agent())
        del names["agent"], names["webrtc"]
        self.assertIsNone(agent())

    def test_bundle_of_audio_video_and_data(self):
        ends = call(self, audio=True, channel=True)
        for end in ends:
            end.wait_state("completed")
            end.wait_media("video")
            end.wait_media("audio")
            self.check_states(end)
        self.check_data(*ends)
        for end, other in ends, reversed(ends):
            with self.subTest(end.name):
                self.check_webrtcbin_stats(end, other)
                self.check_agent_stats(end.agent)
                self.assertEqual(end.found[-1], (0, ""))  # the end of candidates
                self.assertEqual(end.pipeline.warnings() + end.pipeline.errors(), [])

    def test_with_webrtcbins_own_agent(self):
        for ours in (True, False), (False, True):
            with self.subTest(ours=ours):
                ends = call(self, ours, audio=True, channel=True)
                for end in ends:
                    end.wait_state("connected", "completed")
                    end.wait_media("video")
                    end.wait_media("audio")
                self.check_data(*ends)
                self.check_states(ends[not ours[0]])
                for end in ends:
                    end.pipeline.stop()

    def test_a_transport_for_each_line(self):
        """Of webrtcbin 1.22's offer the application takes out a=bundle-only, which that writes for
        data without a bundle, too: the answerer would not read the credentials of that line."""
        ends = call(self, audio=True, channel=True, policy="none",
                    change=lambda kind, text: text.replace("a=bundle-only\r\n", ""))
        for end in ends:
            end.wait_state("completed")
            end.wait_media("video")
            end.wait_media("audio")
            end.wait(lambda: end.connection[-1:] == ["connected"], "connection-state connected")
            end.wait(lambda: end.agent.get_property("ice-connection-state").value_nick == "completed",
                     "the agent's state")
            lines = [line for line, text in end.found if text]
            self.assertEqual(sorted(lines), [0, 1, 2])
            ufrags = {text.split()[-1] for _, text in end.found if text}
            self.assertEqual(len(ufrags), 3)
            transports = [entry for entry in get_stats(end.agent).values()
                          if isinstance(entry, dict) and entry["type"] == "transport"]
            self.assertEqual([transport["stream"] for transport in transports], [0, 1, 2])
            self.assertEqual({transport["ice-state"] for transport in transports}, {"completed"})
        self.check_data(*ends)

    def test_data_alone(self):
        """webrtcbin's ice-connection-state leaves data channels out, the agent's does not."""
        ends = call(self, video=False, channel=True)
        self.check_data(*ends)
        for end in ends:
            end.wait(lambda: end.connection[-1:] == ["connected"], "connection-state connected")
            end.wait(lambda: end.agent.get_property("ice-connection-state").value_nick == "completed",
                     "the agent's state")


if __name__ == "__main__":
    main()
