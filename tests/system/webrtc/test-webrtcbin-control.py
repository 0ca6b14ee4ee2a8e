#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an application controls of webrtcbin's ICE by our agent: restarts, new lines,
ports, servers, filters, policies, the end."""

import glob
import importlib
import os
import re
import sys
import time
import types

from webrtcpeer import (  # the first: it has the path
    AUDIO, OPUS, GObject, GstWebRTC, Peer, call, make_agent, negotiate, walk)
import peer
import turnserver
from icetest import LONG, Gst, IceTest, Pipeline, fields, get_stats, main, set_array

relays = importlib.import_module("test-relay-consent")
stunservers = importlib.import_module("test-stun-servers")


def write_credentials(offerer, answerer):
    """Puts what the agents have in force into the descriptions."""
    def change(kind, text):
        agent = {"offer": offerer, "answer": answerer}[kind].agent
        for name in "ufrag", "pwd":
            value = agent.get_property(f"local-{name}")
            text = re.sub(rf"a=ice-{name}:[^\r]*", lambda _: f"a=ice-{name}:{value}", text)
        return text
    return change


class TestControl(IceTest):
    def connect(self, **options):
        ends = call(self, **options)
        for end in ends:
            end.wait_state("completed")
            end.wait_media()
        return ends

    def test_restart(self):
        ends = self.connect()
        before = [end.agent.get_property("local-ufrag") for end in ends]
        for end in ends:
            end.found.clear()
        ends[0].hold()  # the new candidates are of no use before the new offer
        self.assertTrue(ends[0].agent.emit("restart"))
        negotiate(*ends, change=write_credentials(*ends))
        for end, old in zip(ends, before):
            end.wait(lambda: end.found[-1:] == [(0, "")], "end of candidates")
            end.wait_state("completed")
            end.wait_media()
            self.assertNotEqual(end.agent.get_property("local-ufrag"), old)
            self.assertIn(end.agent.get_property("local-ufrag"), end.found[0][1])
            self.assertNotIn("disconnected", end.states)
            self.assertNotIn("failed", end.states)

    def test_renegotiation_adds_and_removes_a_line(self):
        for policy in ("max-bundle", "none") if LONG else ("none",):
            with self.subTest(policy):
                ends = self.connect(policy=policy)
                for end in ends:
                    end.add_media(AUDIO, OPUS)
                negotiate(*ends)
                for end in ends:
                    end.wait_media("audio")
                    end.wait_media("video")
                    end.wait_state("completed")
                    self.assertNotIn("disconnected", end.states)
                    lines = {line for line, text in end.found if text}
                    self.assertEqual(lines, {0} if policy == "max-bundle" else {0, 1})
                if policy == "none":
                    self.remove_line(ends, 1)
                for end in ends:
                    end.pipeline.stop()

    def test_a_line_of_a_bundle_becomes_inactive(self):
        """webrtcbin 1.22 then stops the media of all; their transport stays."""
        ends = self.connect(audio=True, disconnected_timeout=1000)
        self.make_inactive(ends, 1)
        time.sleep(2.5)  # longer than the timeout
        for end in ends:
            self.assertEqual(end.states[-1], "completed")
            self.assertNotIn("disconnected", end.states)
            self.assertEqual(end.agent.get_property("ice-connection-state").value_nick, "completed")

    def test_close(self):
        """The agent's action: closed is the last state, and the peer misses this end. webrtcbin leaves closed
        transports out, so that its own state is new (1.22)."""
        ends = self.connect(disconnected_timeout=1000)
        states = []
        ends[0].agent.connect("notify::ice-connection-state",
                              lambda agent, _: states.append(agent.get_property("ice-connection-state").value_nick))
        ends[0].agent.emit("close")
        self.assertEqual(states, ["closed"])
        ends[1].wait_state("disconnected")
        self.assertEqual(states, ["closed"])
        self.assertEqual(ends[0].pipeline.errors(), [])

    def test_the_answerer_offers_a_line(self):
        """webrtcbin 1.22 then takes the control from both ends; the agents keep their roles."""
        for policy in ("max-bundle", "none") if LONG else ("none",):
            with self.subTest(policy):
                ends = self.connect(policy=policy)
                for end in ends:
                    end.add_media(AUDIO, OPUS)
                negotiate(*reversed(ends))
                for end in ends:
                    end.wait_media("audio")
                    end.wait_media("video")
                    end.wait_state("completed")
                    self.assertNotIn("disconnected", end.states)
                    self.assertEqual(end.pipeline.warnings() + end.pipeline.errors(), [])
                for end, role in zip(ends, ("controlling", "controlled")):
                    roles = {source.get_property("role").value_nick for source in walk(end.ice, "icesrc")}
                    self.assertEqual(roles, {role})
                for end in ends:
                    end.pipeline.stop()

    def test_null_before_the_answer(self):
        """The application stops a call that nobody has answered, and makes it again with the same webrtcbin."""
        ends = [Peer(self, name) for name in ("offerer", "answerer")]
        for end in ends:
            end.pipeline.play()
        ends[0].set_local("offer")
        ends[0].wait(lambda: ends[0].found[-1:] == [(0, "")], "end of candidates")
        ends[0].pipeline.stop()
        ends[0].found.clear()
        ends[0].pipeline.play()
        ends[0].wait(lambda: ends[0].gathering[-1] == "new", "new gathering state")
        negotiate(*ends)
        for end in ends:
            end.wait_state("completed")
            end.wait_media()
        self.assertEqual(ends[0].gathering, ["gathering", "complete", "new", "gathering", "complete"])

    def test_restart_in_null(self):
        """It begins no session: that would report states to a webrtcbin that may be gone, and crash."""
        end, _ = self.connect()
        end.pipeline.stop()
        source, = walk(end.ice, "icesrc")
        states = []
        end.agent.connect("notify::ice-connection-state", lambda *_: states.append("changed"))
        self.assertFalse(end.agent.emit("restart"))
        self.assertIsNone(source.get_property("agent"))
        self.assertEqual(states, [])

    def test_remote_password_that_is_too_short(self):
        """webrtcbin ignores the agent's answer, so a warning tells why nothing connects."""
        ends = [Peer(self, name) for name in ("offerer", "answerer")]
        for end in ends:
            end.pipeline.play()
        negotiate(*ends, change=lambda kind, text: re.sub("a=ice-pwd:[^\r]*", "a=ice-pwd:short", text)
                  if kind == "answer" else text)
        self.assertIn("stream 0 cannot connect: ice-ufrag or ice-pwd of the remote description was refused; "
                      "the log has the reason (iceendpoint)", ends[0].pipeline.warnings())
        self.assertEqual(ends[0].agent.get_property("ice-connection-state").value_nick, "new")

    def make_inactive(self, ends, line):
        for end in ends:
            end.ice.emit("get-transceiver", line).set_property(
                "direction", GstWebRTC.WebRTCRTPTransceiverDirection.INACTIVE)
        negotiate(*ends)

    def remove_line(self, ends, line):
        """Nothing more comes there, and the others go on; also when the application closes its transport."""
        self.make_inactive(ends, line)
        for end in ends:
            end.wait_media("video")
        before = [end.received["audio"] for end in ends]
        for end in ends:
            end.wait_media("video")
            self.assertEqual(end.states[-1], "completed")
        self.assertEqual([end.received["audio"] for end in ends], before)
        for end in ends:
            source, = [source for source in walk(end.ice, "icesrc") if source.get_property("stream") == line]
            source.emit("close")
            self.assertEqual(source.get_property("ice-transport-state").value_nick, "closed")
        for end in ends:
            end.wait_media("video")
            self.assertEqual(end.states[-1], "completed")
            self.assertEqual(end.agent.get_property("ice-connection-state").value_nick, "completed")

    def test_priority(self):
        """webrtcbin makes DSCP AF21 of a data channel's priority (RFC 8837)."""
        end, _ = self.connect(channel=True)
        sink, = walk(end.ice, "icesink")
        self.assertEqual(sink.get_property("qos-dscp"), -1)
        options = Gst.Structure.new_from_string("options, priority=(GstWebRTCPriorityType)high")
        end.ice.emit("create-data-channel", "urgent", options)
        peer.until(lambda: sink.get_property("qos-dscp") == 18, "AF21")
        end.wait_media()

    def gather(self, agent=None, **settings):
        """The candidates of one webrtcbin that has made an offer."""
        end = Peer(self, "alone", agent=agent, **settings)
        end.pipeline.play()
        end.set_local("offer")
        end.wait(lambda: end.gathering[-1:] == ["complete"], "gathering complete")
        end.wait(lambda: end.found[-1:] == [(0, "")], "end of candidates")
        end.pipeline.stop()
        return [text for _, text in end.found if text]

    def test_ports(self):
        for names in ("min_rtp_port", "max_rtp_port"), ("min_port", "max_port"):
            with self.subTest(names):
                text, = self.gather(**dict(zip(names, (47010, 47020))))
                self.assertIn(int(text.split()[5]), range(47010, 47021))

    def test_filter(self):
        agent = make_agent()
        set_array(agent, "local-addresses", ["127.0.0.0/8", "::1"])
        agent.connect("filter-candidate", lambda _, stream, text, local: None if "::1" in text
                      else text.replace("127.0.0.1", "192.0.2.1"))
        for text in self.gather(agent):
            self.assertIn(" 192.0.2.1 ", text)

    def test_local_addresses(self):
        agent = make_agent()
        set_array(agent, "local-addresses", [])
        self.assertTrue(agent.emit("add-local-ip-address", "::1"))
        self.assertFalse(agent.emit("add-local-ip-address", "nonsense"))
        text, = self.gather(agent)
        self.assertIn(" ::1 ", text)

    def test_servers_and_policy(self):
        end = Peer(self, "servers")
        for name, good, bad in (("stun-server", "stun://127.0.0.1:9", "nonsense"),
                                ("turn-server", "turn://user:password@127.0.0.1:9", "turn:nonsense")):
            with self.subTest(name):
                end.ice.set_property(name, good)
                end.ice.set_property(name, bad)
                self.assertEqual(end.ice.get_property(name), good)
        self.assertTrue(end.ice.emit("add-turn-server", "turn://user:password@127.0.0.2:9"))
        self.assertFalse(end.ice.emit("add-turn-server", "nonsense"))
        Gst.util_set_object_arg(end.ice, "ice-transport-policy", "relay")
        self.assertEqual(end.agent.get_property("ice-transport-policy").value_nick, "relay")
        errors = []
        end.agent.connect("on-ice-candidate-error", lambda _, error: end._note(lambda: errors.append(fields(error))))
        end.pipeline.play()
        end.set_local("offer")
        end.wait(lambda: len({error["url"] for error in errors}) == 2, "errors of both TURN servers")
        self.assertEqual([text for _, text in end.found if text], [])

    def test_stun_server(self):
        server = stunservers.Server(self, lambda request: [stunservers.mapped(request)])
        end = Peer(self, "reflexive")
        end.ice.set_property("stun-server", f"stun://127.0.0.1:{server.port}")
        end.pipeline.play()
        end.set_local("offer")
        end.wait(lambda: end.found[-1:] == [(0, "")], "end of candidates")
        address, port = stunservers.OUTSIDE
        reflexive, = [text for _, text in end.found if " typ srflx " in text]
        self.assertIn(f" {address} {port} typ srflx raddr 127.0.0.1 ", reflexive)

    def test_call_over_relays(self):
        server = relays.Turn(self)
        ends = [Peer(self, name) for name in ("offerer", "answerer")]
        for end in ends:
            end.ice.set_property("turn-server", f"turn://u:p@{server.host}:{server.port}")
            Gst.util_set_object_arg(end.ice, "ice-transport-policy", "relay")
            end.pipeline.play()
        negotiate(*ends)
        for end in ends:
            end.wait_state("completed")
            end.wait_media()
            pair = fields(end.agent.get_property("selected-candidate-pair"))
            self.assertEqual((pair["local-type"], pair["remote-type"]), ("relay", "relay"))
            self.assertEqual(pair["remote-address"], server.host)
            self.check_server(end, pair["local-port"], f"turn:{server.host}:{server.port}?transport=udp", "udp")

    def check_server(self, end, port, url, transport):
        """Of our candidate, in the agent's statistics and in webrtcbin's own."""
        for stats in get_stats(end.agent), fields(end.ask("get-stats", None)):
            found = [entry for entry in stats.values() if isinstance(entry, dict) and entry.get("url")]
            self.assertEqual([(entry["port"], entry["url"], entry["relay-protocol"]) for entry in found],
                             [(port, url, transport)])
            self.assertNotIn("u:p@", str(stats))

    def test_without_the_elements(self):
        """The plugin icewebrtc without the plugin ice: there is a message, and webrtcbin does not crash."""
        folder, = [folder for folder in os.environ["GST_PLUGIN_PATH"].split(":")
                   if glob.glob(f"{folder}/libgsticewebrtc.*")]
        alone = self.run_self("alone", env={"GST_PLUGIN_PATH": folder, "GST_REGISTRY": self.path("registry")})
        self.assert_ends_well(alone)
        self.assertIn("the plugin ice, of which it takes icesrc and icesink, is not installed", alone.text)

    def test_relays(self):
        """turn-server and add-turn-server, with ice-transport-policy=relay."""
        servers = [turnserver.TurnServer(self) for _ in range(2)]
        end = Peer(self, "relayed")
        end.ice.set_property("turn-server", servers[0].uri())
        self.assertTrue(end.ice.emit("add-turn-server", servers[1].uri()))
        Gst.util_set_object_arg(end.ice, "ice-transport-policy", "relay")
        end.pipeline.play()
        end.set_local("offer")
        end.wait(lambda: end.found[-1:] == [(0, "")], "end of candidates")
        address, port = turnserver.RELAYED
        texts = [text for _, text in end.found if text]
        self.assertTrue(texts)
        for text in texts:
            self.assertIn(f" {address} {port} typ relay ", text)
        for server in servers:
            self.assertGreater(server.asked[turnserver.ALLOCATE], 0)


def offer_alone():
    agent = GObject.new(Gst.DynamicTypeFactory.load("GstIceWebRTCAgent"))
    end = Peer(types.SimpleNamespace(pipeline=Pipeline), "alone", agent=agent)
    end.ice.set_property("stun-server", "stun://127.0.0.1:9")
    end.ice.set_property("stun-server", None)
    assert end.ice.get_property("stun-server") is None
    end.pipeline.play()
    end.ask("create-offer", None)
    end.pipeline.stop()


if __name__ == "__main__":
    offer_alone() if sys.argv[1:] == ["alone"] else main()
