#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A GstIceAgent that the application makes: it gathers and signals before there is
an element, serves several elements, and lives until it is closed or dropped."""

import gc
import re
import socket
import sys
import threading
import time
from pathlib import Path

from icetest import (EOS, ERROR, LOOPBACK, PATIENCE, Collector, GObject, Gst, IceTest, datagrams, element_message, error_text,
                     fields, get_stats, main, of_type, push)

TYPE = Gst.DynamicTypeFactory.load("GstIceAgent")
CLOSED, COMPLETED, FAILED = 6, 3, 4  # GstIceConnectionState


def state(thing):
    return int(thing.get_property("ice-connection-state"))


class Agent:
    """An agent, and what its signals reported."""

    def __init__(self, **properties):
        self.agent = GObject.new(TYPE, **properties)
        Gst.util_set_object_arg(self.agent, "local-addresses", "<127.0.0.1>")
        self.changed = threading.Condition()
        self.candidates, self.states, self.problems, self.events = [], [], [], []
        self.agent.connect("on-ice-candidate", self._note, "candidates")
        self.agent.connect("problem", self._note, "problems")
        self.agent.connect("notify::ice-connection-state", self._note_state)

    def _note(self, _, *arguments):
        with self.changed:
            getattr(self, arguments[-1]).append(arguments[:-1])
            self.changed.notify_all()

    def _note_state(self, agent, _):
        with self.changed:
            self.states.append(state(agent))
            self.changed.notify_all()

    def wait(self, ready):
        with self.changed:
            assert self.changed.wait_for(lambda: ready(self), PATIENCE), \
                (self.candidates, self.states, self.problems)

    def credentials(self):
        return self.agent.get_property("local-ufrag"), self.agent.get_property("local-pwd")


def connect(first, second, streams=(0,)):
    """Both have gathered; the signalling of an application that waits for that."""
    for end, peer in (first, second), (second, first):
        end.wait(lambda end: (0, None) in end.candidates or any(c is None for _, c in end.candidates))
        for stream in streams:
            assert peer.agent.emit("set-remote-credentials", stream, *end.credentials())
        for stream, candidate in end.candidates:
            if candidate is not None:
                assert peer.agent.emit("add-ice-candidate", stream, candidate)


def is_bound(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        try:
            other.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def wait_until(condition):
    """Python frees an agent and its handlers as a circle, and not while one of the handlers runs."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    return condition()


class TestOwnAgent(IceTest):
    def make_pair(self):
        ends = Agent(role="controlling"), Agent(role="controlled")
        for end in ends:
            self.addCleanup(end.agent.emit, "close")
        return ends

    def call(self, pipeline, description, agent):
        made = self.pipeline(description)
        for name in pipeline.split():
            made[name].set_property("agent", agent)
        return made

    def test_before_there_is_an_element(self):
        """Connected, then two elements of one transport at each end; then both directions."""
        first, second = self.make_pair()
        for end in first, second:
            self.assertTrue(end.agent.emit("gather-candidates"))
        connect(first, second)
        for end in first, second:
            end.wait(lambda end: COMPLETED in end.states)
        ends = [self.call("snk src", "appsrc name=in ! icesink name=snk sync=false icesrc name=src "
                          "! fakesink name=out sync=false async=false", end.agent) for end in (first, second)]
        outs = [Collector(end["out"]) for end in ends]
        for end in ends:
            end.play()
            self.assertEqual(state(end["snk"]), COMPLETED)
            self.assertEqual(end["src"].get_property("ice-transport-state"),
                             end["src"].get_property("transport").get_property("state"))
        for end, out in zip(ends, reversed(outs)):
            for data in datagrams("own"):
                push(end["in"], data)
            self.assertEqual(out.take(50), datagrams("own"))
            self.assertEqual(end.errors() + end.warnings(), [])
        self.assertEqual((first.problems, second.problems), ([], []))

    def test_streams_and_components(self):
        """Three transports, of which the application makes two and an element the third; one pipeline for each."""
        first, second = self.make_pair()
        wanted = [(0, 1), (0, 2), (1, 1)]
        for end in first, second:
            for stream, component in wanted[:2]:
                transport = end.agent.emit("add-transport", stream, component)
                self.assertEqual((transport.get_property("stream"), transport.get_property("component")),
                                 (stream, component))
                self.assertEqual(end.agent.emit("add-transport", stream, component), transport)
            for stream, component in ((0, 0), (0, 257), (256, 1)):
                self.assertIsNone(end.agent.emit("add-transport", stream, component))
        pipelines = {}
        for end, text in ((first, "appsrc name=io ! icesink name=ice sync=false stream={} component={}"),
                          (second, "icesrc name=ice stream={} component={} ! fakesink name=io sync=false async=false")):
            for key in wanted:
                pipelines[end, key] = self.call("ice", text.format(*key), end.agent)
                self.assertEqual(pipelines[end, key].element.set_state(Gst.State.READY),
                                 Gst.StateChangeReturn.SUCCESS)
            self.assertTrue(end.agent.emit("gather-candidates"))
        connect(first, second, (0, 1))
        collectors = {key: Collector(pipelines[second, key]["io"]) for key in wanted}
        for pipeline in pipelines.values():
            pipeline.play()
        for end in first, second:
            end.wait(lambda end: COMPLETED in end.states)
        for key in wanted:
            push(pipelines[first, key]["io"], repr(key).encode())
            self.assertEqual(collectors[key].take(1), [repr(key).encode()])
        self.assertEqual(sorted(s for s, c in first.candidates if c == ""), [0, 1])
        # a stream that has ended its candidates takes no other component
        self.assertIsNone(first.agent.emit("add-transport", 0, 3))

    def test_elements_begin_again(self):
        """NULL and PLAYING again, three times: the same pair, no signalling, nothing new in the states."""
        first, second = self.make_pair()
        for end in first, second:
            end.agent.emit("gather-candidates")
        connect(first, second)
        send = self.call("ice", "appsrc name=in ! icesink name=ice sync=false", first.agent)
        receive = self.call("ice", "icesrc name=ice ! fakesink name=out sync=false async=false", second.agent)
        pairs = set()
        for turn in range(3):
            out = Collector(receive["out"])
            receive.play()
            send.play()
            for data in datagrams(f"turn{turn}"):
                push(send["in"], data)
            self.assertEqual(out.take(50), datagrams(f"turn{turn}"))
            pairs.add(fields(send["ice"].get_property("selected-candidate-pair"))["id"])
            for pipeline in send, receive:
                pipeline.set_state(Gst.State.NULL)
                self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
        self.assertEqual(len(pairs), 1)
        for end in first, second:
            self.assertEqual(end.states[-1], COMPLETED)
            end.agent.emit("close")
            end.wait(lambda end: end.states[-1] == CLOSED)
        send.fail_to_play()
        self.assertIn("is closed and cannot be used again", send.errors()[0])

    def test_reader_comes_later(self):
        """What came while there was an icesink and no icesrc is dropped, all of it."""
        first, second = self.make_pair()
        for end in first, second:
            end.agent.emit("gather-candidates")
        connect(first, second)
        send = self.call("ice", "appsrc name=in ! icesink name=ice sync=false", first.agent).play()
        self.call("ice", "appsrc ! icesink name=ice sync=false", second.agent).play()
        receive = self.call("ice", "icesrc name=ice ! fakesink name=out sync=false async=false", second.agent)
        out = Collector(receive["out"])
        for turn in range(3):
            for old in datagrams("old"):
                push(send["in"], old)
            sent = 50 * (turn + 1) + turn
            self.assertTrue(wait_until(lambda: get_stats(send["ice"])["transport-0-1"]["packets-sent"] == sent))
            receive.play()
            push(send["in"], b"new")
            self.assertEqual(out.take(1), [b"new"])
            receive.stop()

    def test_last_reference_ends_it(self):
        """The application's, while no element has one: no socket and no object is left."""
        ends, ports = [Agent(role="controlling"), Agent(role="controlled")], []
        for end in ends:
            end.agent.emit("gather-candidates")
        connect(*ends)
        for end in ends:
            end.wait(lambda end: COMPLETED in end.states)
            ports += [int(text.split()[5]) for _, text in end.candidates if text]
        self.assertEqual([is_bound(port) for port in ports], [True, True])
        ended = []
        for end in ends:
            end.agent.weak_ref(ended.append, end.credentials()[0])
        del end, ends
        gc.collect()
        self.assertTrue(wait_until(lambda: len(ended) == 2 and not any(map(is_bound, ports))), (ended, ports))

    def test_elements_keep_it(self):
        """The application drops its reference: the call goes on; it ends with the last element."""
        first, second = self.make_pair()
        for end in first, second:
            end.agent.emit("gather-candidates")
        connect(first, second)
        lone = Agent(role="controlling")
        lone.agent.emit("gather-candidates")
        send = Gst.parse_launch("fakesrc is-live=true ! icesink name=ice")
        ice = send.get_by_name("ice")
        ice.set_property("agent", lone.agent)
        ended = []
        lone.agent.weak_ref(ended.append, "lone")
        del lone
        gc.collect()
        send.set_state(Gst.State.PLAYING)
        self.assertTrue(ice.get_property("agent").get_property("local-ufrag"))
        send.set_state(Gst.State.NULL)
        gc.collect()
        self.assertEqual(ended, [])
        self.assertNotEqual(state(ice), CLOSED)
        del send, ice
        gc.collect()
        self.assertTrue(wait_until(lambda: ended == ["lone"]))

    def test_problem_without_an_element(self):
        """Two agents of one port: the second one reports it; an element that comes later fails with the same text, each
        time."""
        holder, loser = self.make_pair()
        port = None
        for end in holder, loser:
            if port is not None:
                end.agent.set_property("min-port", port)
                end.agent.set_property("max-port", port)
            self.assertTrue(end.agent.emit("gather-candidates"))
            if port is None:
                end.wait(lambda end: end.candidates)
                port = int(end.candidates[0][1].split()[5])
        loser.wait(lambda end: end.problems)
        (error, fatal), = loser.problems
        self.assertTrue(fatal)
        self.assertIn(str(port), error.message)
        for _ in range(2):
            send = self.call("ice", "fakesrc ! icesink name=ice", loser.agent)
            send.fail_to_play()
            self.assertEqual(send.errors(), [error.message])
            send.stop()

    def test_problem_in_each_pipeline(self):
        """Whose change of state fails finds the error on its own bus, also if an element of another pipeline was first."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            for order in ((0, 1), (1, 0)):
                end = Agent(**{"min-port": port, "max-port": port})
                self.addCleanup(end.agent.emit, "close")
                pipelines = [self.call("ice", line, end.agent)
                             for line in ("icesrc name=ice ! fakesink", "fakesrc ! icesink name=ice")]
                for pipeline in pipelines:
                    pipeline.set_state(Gst.State.READY)
                for i in order:
                    pipelines[i].fail_to_play()
                texts = [pipeline.errors() for pipeline in pipelines]
                self.assertIn(str(port), texts[0][0])
                self.assertEqual(texts, [texts[0][:1]] * 2)
                pipelines[0].stop()
                pipelines[0].fail_to_play()  # again, while the other is READY still
                self.assertEqual(len(pipelines[0].errors()), 2)

    def test_failure_in_each_pipeline(self):
        """Also in one that is started again while the agent is still failed."""
        first, second = self.make_pair()
        second.agent.set_property("failed-timeout", 1000)
        for end in first, second:
            end.agent.emit("gather-candidates")
        connect(first, second)
        pipelines = [self.call("ice", line, second.agent).play() for line in (
            "appsrc ! icesink name=ice sync=false", "icesrc name=ice ! fakesink sync=false async=false")]
        second.wait(lambda end: COMPLETED in end.states)
        first.agent.emit("close")
        texts = [error_text(pipeline.wait(ERROR)) for pipeline in pipelines]
        self.assertIn("ICE failed on stream 0 component 1", texts[0])
        for pipeline in pipelines:
            self.assertEqual(pipeline.errors(), texts[:1])
            pipeline.stop()
            pipeline.set_state(Gst.State.PLAYING)
            self.assertEqual(error_text(pipeline.wait(ERROR)), texts[0])
            pipeline.stop()
        self.assertTrue(pipelines[0]["ice"].emit("restart"))  # binds the element, which has nothing to report
        self.assertEqual(len(pipelines[0].errors()), 2)

    def push_until_end(self, pipeline):
        """The sink knows of the failure a little later than the agent's observers."""
        deadline = time.monotonic() + PATIENCE
        while not any(map(EOS, pipeline.history)):
            self.assertLess(time.monotonic(), deadline, pipeline.describe())
            push(pipeline["io"], b"late")
            time.sleep(0.01)
            pipeline.drain()

    def test_restart_after_an_end_by_failure(self):
        """Elements that begin again after the restart do not find the end that on-failed=eos was for those before."""
        lines = {"snk": "appsrc name=io ! icesink name=snk sync=false",
                 "src": "icesrc name=src ! fakesink name=io sync=false async=false"}
        for names in ("snk",), ("src",), ("snk", "src"):
            with self.subTest(names):
                first, second = self.make_pair()
                for name, value in ("failed-timeout", 1000), ("on-failed", "eos"):
                    second.agent.set_property(name, value)
                for end in first, second:
                    end.agent.emit("gather-candidates")
                connect(first, second)
                pipelines = {name: self.call(name, lines[name], second.agent).play() for name in names}
                second.wait(lambda end: COMPLETED in end.states)
                first.agent.emit("close")
                second.wait(lambda end: end.states[-1:] == [FAILED])
                if "snk" in names:
                    self.push_until_end(pipelines["snk"])
                if "src" in names:
                    pipelines["src"].wait(EOS)
                for pipeline in pipelines.values():
                    pipeline.stop()
                    pipeline.drain()
                    pipeline.history.clear()
                peer = self.make_pair()[0]
                second.candidates.clear()
                self.assertTrue(second.agent.emit("restart"))
                self.assertTrue(peer.agent.emit("gather-candidates"))
                connect(peer, second)
                for end in peer, second:
                    end.wait(lambda end: end.states[-1:] == [COMPLETED])
                others = {name: self.call(name, lines[name], peer.agent) for name in lines}
                outs = {key: Collector(pipeline["io"]) for key, pipeline in
                        {"src": others["src"], "snk": pipelines.get("src")}.items() if pipeline}
                for pipeline in [*pipelines.values(), *others.values()]:
                    pipeline.play()
                if "snk" in names:
                    push(pipelines["snk"]["io"], b"out")
                    self.assertEqual(outs["src"].take(1), [b"out"])
                if "src" in names:
                    push(others["snk"]["io"], b"in")
                    self.assertEqual(outs["snk"].take(1), [b"in"])

    def test_settings_are_refused(self):
        """An element's error and an agent's fatal problem have the same text; the agent gathers once it is corrected."""
        for name, wrong, right in (
                ("signalling-uri", "tpc://127.0.0.1:5000?mode=listener", None),
                ("turn-server", "turn:u:p@h:99999", None),
                ("local-pwd", "x", None),
                ("ice-servers", '<[x,url="stun:a"]>', "<>"),
                ("ice-transport-policy", "relay", "all"),
                ("min-port", "6000", "0")):
            with self.subTest(name):
                end = Agent(**{"max-port": 5000})
                self.addCleanup(end.agent.emit, "close")
                src = self.pipeline("icesrc name=ice local-addresses=<127.0.0.1> max-port=5000 ! fakesink")
                for thing in end.agent, src["ice"]:
                    Gst.util_set_object_arg(thing, name, wrong)
                self.assertFalse(end.agent.emit("gather-candidates"))
                src.fail_to_play()
                self.assertIn(name, src.errors()[0])
                self.assertEqual([error.message for error, fatal in end.problems if fatal], src.errors())
                if right is None:
                    end.agent.set_property(name, None)
                else:
                    Gst.util_set_object_arg(end.agent, name, right)
                end.agent.set_property("max-port", 0)
                self.assertTrue(end.agent.emit("gather-candidates"))
                end.wait(lambda end: end.candidates)

    def test_built_in_signalling(self):
        """`signalling-uri` before there is an element; NULL sends no `bye`, `close` does."""
        uri = f"unix://{self.path('line')}?mode="
        first, second = (Agent(**{"signalling-uri": uri + mode}) for mode in ("listener", "caller"))
        for end in first, second:
            self.addCleanup(end.agent.emit, "close")
            self.assertTrue(end.agent.emit("gather-candidates"))
        for end in first, second:
            end.wait(lambda end: COMPLETED in end.states)
        receive = self.call("ice", "icesrc name=ice ! fakesink name=out sync=false async=false", first.agent)
        receive.play()
        out = Collector(receive["out"])
        for turn in b"one", b"two":
            send = self.call("ice", "appsrc name=in ! icesink name=ice sync=false", second.agent)
            send.play()
            push(send["in"], turn)
            self.assertEqual(out.take(1), [turn])
            send.stop()
        receive.drain()
        self.assertNotIn(Gst.MessageType.EOS, [message.type for message in receive.history])
        second.agent.emit("close")
        receive.wait(of_type(Gst.MessageType.EOS))

    def test_messages_begin_with_the_first_element(self):
        first, second = self.make_pair()
        for end in first, second:
            end.agent.emit("gather-candidates")
        connect(first, second)
        first.wait(lambda end: COMPLETED in end.states)
        send = self.call("ice", "appsrc name=in ! icesink name=ice sync=false", first.agent)
        send.play()
        self.assertNotIn("checking", [message["new"] for message in send.messages("ice-connection-state")])
        self.assertEqual(get_stats(send["ice"])["ice-connection-state"], "completed")
        self.assertTrue(first.agent.emit("restart"))
        send.wait(element_message("ice-connection-state", new="connected", reason="restart"))

    def test_enums_before_there_is_an_element(self):
        """A program in C finds the enums of its header by their names."""
        self.assert_ends_well(self.run_self("enums"))


def check_enums():
    GObject.new(TYPE)
    header = (Path(__file__).resolve().parents[2] / "gst/ice/public/ice.h").read_text()
    names = re.findall(r'g_type_from_name \("(\w+)"\)', header)
    assert len(names) > 5, names
    for name in names:
        GObject.type_from_name(name)  # raises an error if there is none


if __name__ == "__main__":
    if sys.argv[1:] == ["enums"]:
        check_enums()
    else:
        main()
