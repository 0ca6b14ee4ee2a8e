#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The application signals: with signals, with bus messages alone, between two
processes, trickling or not; both roles, and a role conflict that resolves."""

import itertools
import json
import sys

from icetest import (LOOPBACK, Collector, Gst, IceTest, Pipeline, datagrams, element_message, fields, main, push,
                     set_array, signal_to)

ROLES = [("controlling", "controlled"), ("controlled", "controlling"), ("controlling", "controlling"),
         ("controlled", "controlled")]
names = itertools.count()


def make(role, more="", pipeline=Pipeline):
    end = (f"connection-id=end{next(names)} role={role} {LOOPBACK} {more}")
    return pipeline(f"appsrc name=in ! icesink name=ice sync=false {end} icesrc name=src {end} ! fakesink name=out")


def credentials(element):
    return element.get_property("local-ufrag"), element.get_property("local-pwd")


class TestSignallingByApplication(IceTest):
    def make(self, *arguments):
        return make(*arguments, pipeline=self.pipeline)

    def exchange(self, *pipelines):
        collectors = [Collector(pipeline["out"]) for pipeline in pipelines]
        for pipeline in pipelines:
            pipeline.wait_connected()
        for pipeline, collector in zip(pipelines, reversed(collectors)):
            for data in datagrams(pipeline.element.get_name()):
                push(pipeline["in"], data)
            self.assertEqual(collector.take(50), datagrams(pipeline.element.get_name()))
            self.assertTrue(collector.is_empty())
        for pipeline in pipelines:
            self.assertEqual(pipeline.errors() + pipeline.warnings(), [])

    def test_signals(self):
        for roles in ROLES:
            with self.subTest(roles=roles):
                ends = [self.make(role) for role in roles]
                for end in ends:
                    end.set_state(Gst.State.READY)
                refused = [signal_to(ends[0]["ice"], ends[1]["ice"]), signal_to(ends[1]["ice"], ends[0]["ice"])]
                for end in ends:
                    end.play()
                self.exchange(*ends)
                self.assertEqual(refused, [[], []])
                for end in ends:
                    end.stop()

    def test_bus_messages_only(self):
        ends = [self.make(role) for role in ROLES[0]]
        for end in ends:
            end.play()
        for end, other in (ends, reversed(ends)):
            self.assertTrue(other["ice"].emit("set-remote-credentials", 0, *credentials(end["ice"])))
            while True:
                message = end.wait(element_message("ice-candidate"))
                candidate = fields(message.get_structure())["candidate"]
                if candidate is None:
                    break
                self.assertTrue(other["ice"].emit("add-ice-candidate", 0, candidate))
        self.exchange(*ends)
        for end in ends:
            self.assertEqual([m["new"] for m in end.messages("ice-gathering-state")], ["gathering", "complete"])
            states = [m["new"] for m in end.messages("ice-connection-state")]
            self.assertEqual(states[:2], ["checking", "connected"])

    def test_properties_only(self):
        """Credentials and candidates as properties, all known beforehand."""
        first, second = ends = [self.make(role, "trickle=false") for role in ROLES[0]]
        second.play()
        candidates = []
        while (text := fields(second.wait(element_message("ice-candidate")).get_structure())["candidate"]) is not None:
            candidates.append(text)
        ufrag, pwd = credentials(second["ice"])
        first["ice"].set_property("remote-ufrag", ufrag)
        first["ice"].set_property("remote-pwd", pwd)
        set_array(first["ice"], "remote-candidates", candidates)
        first["ice"].set_property("local-ufrag", "first")
        first["ice"].set_property("local-pwd", "first+password+0123456789")
        second["ice"].set_property("remote-ufrag", "first")
        second["ice"].set_property("remote-pwd", "first+password+0123456789")
        first.play()  # second learns first's candidate from its checks
        self.exchange(*ends)

    def test_properties_of_the_next_call(self):
        """What was set for a call is not in the way of the next one of the same element,
        wherever in the call it was set."""
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        for i, state in enumerate([Gst.State.READY, Gst.State.PLAYING, Gst.State.NULL, Gst.State.NULL, Gst.State.READY]):
            with self.subTest(i=i):
                end.set_state(state)
                candidate = f"candidate:1 1 UDP 1 127.0.0.1 {4000 + i} typ host ufrag peer{i}"
                end["ice"].set_property("remote-ufrag", f"peer{i}")
                end["ice"].set_property("remote-pwd", f"password+of+the+peer+{i:04}")
                set_array(end["ice"], "remote-candidates", [candidate, ""])
                end.play()
                self.assertEqual(end["ice"].get_property("remote-ufrag"), f"peer{i}")
                self.assertEqual([c["candidate"] for c in fields(end["ice"].emit("get-stats")).values()
                                  if isinstance(c, dict) and c["type"] == "remote-candidate"], [candidate])
                end.set_state(Gst.State.NULL)
                self.assertEqual(end.errors() + end.warnings(), [])

    def test_no_trickle(self):
        """Without end-of-candidates from the peer, completed is reached."""
        ends = [self.make(role, "trickle=false") for role in ROLES[0]]
        for end in ends:
            end.set_state(Gst.State.READY)
        for end in ends:
            self.assertTrue(end["ice"].emit("gather-candidates"))
            end.wait(element_message("ice-gathering-state", new="complete"))
        for end, other in (ends, reversed(ends)):
            other["ice"].emit("set-remote-credentials", 0, *credentials(end["ice"]))
            for message in end.messages("ice-candidate"):
                if message["candidate"]:
                    self.assertTrue(other["ice"].emit("add-ice-candidate", 0, message["candidate"]))
        for end in ends:
            end.play()
            end.wait(element_message("ice-connection-state", new="completed"))
        for end, other in (ends, reversed(ends)):
            collector = Collector(other["out"])
            push(end["in"], b"complete")
            self.assertEqual(collector.take(1), [b"complete"])

    def test_what_is_wrong_changes_nothing(self):
        end = self.make("controlling")
        end.set_state(Gst.State.READY)
        for text in ("hello", "candidate:", "candidate:1 1 UDP 1 127.0.0.1 70000 typ host", " "):
            self.assertFalse(end["ice"].emit("add-ice-candidate", 0, text), text)
        self.assertFalse(end["ice"].emit("set-remote-credentials", 0, "abc", 22 * "x"))
        self.assertFalse(end["ice"].emit("set-remote-credentials", 0, "abcd", 21 * "x"))
        self.assertFalse(end["ice"].emit("set-remote-credentials", 0, None, None))
        self.assertTrue(end["ice"].emit("set-remote-credentials", 0, "abcd", 22 * "x"))
        self.assertTrue(end["ice"].emit("add-ice-candidate", 0, "candidate:1 1 UDP 1 127.0.0.1 9 typ host"))
        self.assertTrue(end["ice"].emit("add-ice-candidate", 0, ""))

    def test_closed_by_the_application(self):
        end = self.make("controlling")
        end.play()
        end.wait(element_message("ice-gathering-state", new="complete"))
        end["ice"].emit("close")
        end.wait(element_message("ice-connection-state", old="new", new="closed", reason="closed"))
        self.assertFalse(end["ice"].emit("add-ice-candidate", 0, "candidate:1 1 UDP 1 127.0.0.1 9 typ host"))
        self.assertFalse(end["ice"].emit("gather-candidates"))
        self.assertEqual(end.errors(), [])

    def test_two_processes(self):
        for roles in ROLES:
            with self.subTest(roles=roles):
                other = self.run_self("end", roles[1])
                end = self.make(roles[0])
                collector = Collector(end["out"])
                end["ice"].connect("on-ice-candidate", lambda _, stream, text: other.write_line(json.dumps([stream, text])))
                end.set_state(Gst.State.READY)
                other.write_line(json.dumps(credentials(end["ice"])))
                end.play()
                signals = iter(other.lines())
                end["ice"].emit("set-remote-credentials", 0, *json.loads(next(signals)))
                while (item := json.loads(next(signals)))[1] is not None:
                    self.assertTrue(end["ice"].emit("add-ice-candidate", *item))
                for data in datagrams("echo"):
                    push(end["in"], data)
                self.assertEqual(collector.take(50), datagrams("echo"))
                other.write_line("null")
                self.assert_ends_well(other)


def echo(role):
    """The other process: signals over its standard input and output, and sends
    back what it gets."""
    end = Pipeline(f"icesrc connection-id=echo name=ice role={role} {LOOPBACK} ! "
                   "icesink connection-id=echo sync=false")
    end["ice"].connect("on-ice-candidate", lambda _, *item: print(json.dumps(item), flush=True))
    end.set_state(Gst.State.READY)
    print(json.dumps(credentials(end["ice"])), flush=True)
    end["ice"].emit("set-remote-credentials", 0, *json.loads(sys.stdin.readline()))
    end.play()
    while (item := json.loads(sys.stdin.readline())) is not None:
        if item[1] is not None:
            assert end["ice"].emit("add-ice-candidate", *item)
    end.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        echo(sys.argv[2])
    else:
        main()
