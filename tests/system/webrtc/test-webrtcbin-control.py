#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an application controls of webrtcbin's ICE by our agent: restarts, new lines,
ports, filters, policies."""

import re

from webrtcpeer import AUDIO, OPUS, GstWebRTC, Peer, call, make_agent, negotiate, walk  # the first: it has the path
import peer
import turnserver
from icetest import LONG, Gst, IceTest, fields, main, set_array


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

    def remove_line(self, ends, line):
        """Nothing more comes there, and the others go on; also when the application closes its transport."""
        for end in ends:
            end.ice.emit("get-transceiver", line).set_property(
                "direction", GstWebRTC.WebRTCRTPTransceiverDirection.INACTIVE)
        negotiate(*ends)
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


if __name__ == "__main__":
    main()
