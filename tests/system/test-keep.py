#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A listener with keep=true: one call after another, each with new credentials, states and statistics."""

import gc
import json
import os
import re
import socket
import time

from icetest import (EOS, LONG, LOOPBACK, Collector, Gst, IceTest, Pipeline, datagrams, element_message, fields, free_port,
                     get_stats, main, push)

LEAKS = {"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1", "G_DEBUG": "fatal-criticals"}
CALLS = 100 if LONG else 20
GATHERED = element_message("ice-gathering-state", new="complete")  # it listens by then
BEGUN = element_message("ice-connection-state", new="new", reason="next-call")


def ended(**wanted):
    return element_message("ice-call-ended", **wanted)


def transport(stats):
    return stats["transport-0-1"]


class TestKeep(IceTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()

    def listener(self, element, more="", options="", elements=""):
        return self.pipeline(
            element.format(f"name=ice {LOOPBACK} {options} "
                           f"signalling-uri=tcp://127.0.0.1:{self.port}?mode=listener&keep=true{more}") + elements
        ).play()

    def receiver(self, **options):
        return self.listener("icesrc {} ! fakesink name=out", **options)

    def new_caller(self, element, options=""):
        return self.pipeline(element.format(
            f"name=ice {LOOPBACK} {options} signalling-uri=tcp://127.0.0.1:{self.port}?mode=caller"))

    def caller(self, element, options=""):
        return self.new_caller(element, options).play()

    def connect(self):
        line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.addCleanup(line.close)
        return line

    def parameters(self, **changes):
        return json.dumps({"type": "parameters", "stream": 0, "usernameFragment": "user", "password": "p" * 22,
                           "role": "controlling", "generation": 0, **changes}).encode() + b"\n"

    def test_icesrc(self):
        receiver = self.receiver()
        out = Collector(receiver["out"])
        receiver["out"].set_property("async", False)
        ufrags = []
        for n in 1, 2, 3:
            ufrags.append(receiver["ice"].get_property("local-ufrag"))
            sent = datagrams(f"call {n}")
            sender = self.caller("appsrc name=in ! icesink {}")
            receiver.wait_connected()
            for data in sent:
                push(sender["in"], data)
            self.assertEqual(out.take(len(sent)), sent)
            self.assertEqual(transport(get_stats(receiver["ice"]))["packets-received"], len(sent))
            sender["in"].emit("end-of-stream")
            sender.wait(EOS)
            sender.stop()
            message = fields(receiver.wait(ended(call=n, reason="bye")).get_structure())
            self.assertEqual(transport(message["stats"])["packets-received"], len(sent))
            self.assertEqual(transport(message["stats"])["selected-candidate-pair-changes"], 1)
            receiver.wait(BEGUN)
            receiver.wait(GATHERED)
            self.assertEqual(transport(get_stats(receiver["ice"]))["packets-received"], 0)
            self.assertEqual(get_stats(receiver["ice"])["icesrc"]["buffers-pushed"], 0)
            self.assertIsNone(receiver["ice"].get_property("selected-candidate-pair"))
            self.assertEqual(receiver["ice"].get_property("role").value_nick, "controlled")
        self.assertEqual(len(set(ufrags)), 3)
        self.assertEqual(receiver.errors() + receiver.warnings(), [])
        self.assertNotIn(True, map(EOS, receiver.history))

    def test_the_first_buffer_is_marked(self):
        """Downstream learns from DISCONT that another peer's stream begins."""
        receiver = self.receiver()
        flags = []
        receiver["out"].get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER,
            lambda pad, info: flags.append(info.get_buffer().has_flags(Gst.BufferFlags.DISCONT))
            or Gst.PadProbeReturn.OK)
        out = Collector(receiver["out"])
        for n in 1, 2:
            sender = self.caller("appsrc name=in ! icesink {}")
            receiver.wait_connected()
            for data in b"1", b"2", b"3":
                push(sender["in"], data)
                out.take(1)
            sender.stop()
            receiver.wait(ended(call=n))
        self.assertEqual(flags[3:], [True, False, False])

    def test_icesink(self):
        """Data waits for the next caller, as for the first one."""
        sender = self.listener("appsrc name=in ! icesink {}")
        for n in 1, 2, 3:
            push(sender["in"], f"call {n}".encode())
            receiver = self.new_caller("icesrc {} ! fakesink name=out")
            received = Collector(receiver["out"])
            receiver.play()
            self.assertEqual(received.take(1), [f"call {n}".encode()])
            self.assertEqual(get_stats(sender["ice"])["icesink"]["buffers-rendered"], 1)
            receiver.stop()
            sender.wait(ended(call=n, reason="bye"))
        self.assertEqual(sender.errors() + sender.warnings(), [])

    def test_icesink_drops(self):
        sender = self.listener("appsrc name=in ! icesink {}", options="wait-for-connection=false")
        receiver = self.caller("icesrc {} ! fakesink")
        sender.wait_connected()
        receiver.stop()
        sender.wait(ended())
        sender.wait(BEGUN)
        push(sender["in"], b"nobody is there")
        with self.within(5, "a dropped datagram"):
            while transport(get_stats(sender["ice"]))["packets-discarded-on-send"] != 1:
                time.sleep(0.01)

    def test_both_ways(self):
        """A bye ends the call when the line ends: its sender may go on receiving until then."""
        here = self.listener("icesrc {} connection-id=here ! fakesink name=out",
                             elements=" appsrc name=in ! icesink connection-id=here")
        for n in 1, 2:
            there = self.caller("icesrc {} connection-id=there ! fakesink name=out "
                                "appsrc name=in ! icesink connection-id=there")
            received = Collector(there["out"])
            here.wait_connected()
            there["in"].emit("end-of-stream")
            time.sleep(0.3)
            push(here["in"], b"after the bye")
            self.assertEqual(received.take(1), [b"after the bye"])
            self.assertEqual(len(here.messages("ice-call-ended")), n - 1)
            there.stop()
            here.wait(ended(call=n, reason="bye"))
        self.assertEqual(here.errors() + here.warnings(), [])

    def test_own_end(self):
        """After the last icesink's EOS no other call follows, so that a pipeline can end."""
        here = self.listener("icesrc {} connection-id=here ! fakesink",
                             elements=" appsrc name=in ! icesink connection-id=here")
        there = self.caller("icesrc {} connection-id=there ! fakesink "
                            "appsrc name=in ! icesink connection-id=there")
        here.wait_connected()
        there.wait_connected()
        here["in"].emit("end-of-stream")
        there["in"].emit("end-of-stream")
        here.wait(EOS)
        there.wait(EOS)
        self.assertEqual(here.messages("ice-call-ended"), [])

    def test_a_second_caller(self):
        """It is refused during the call, tries again, and is the next one."""
        receiver = self.receiver()
        first = self.caller("appsrc name=in ! icesink {}")
        receiver.wait_connected()
        second = self.pipeline(f"appsrc ! icesink {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{self.port}?mode=caller&timeout=1").play()
        with self.assertRaisesRegex(AssertionError, "could not connect to tcp://127.0.0.1:.* within 1 s: .*is the "
                                                    "listener running"):
            second.wait(EOS)
        third = self.caller("appsrc name=in ! icesink {}")
        first.stop()
        receiver.wait(ended(call=1))
        receiver.wait_connected()
        third.wait_connected()

    def test_a_crash(self):
        """The line ends without a bye: media continues, and the call ends when it is silent, too."""
        receiver = self.receiver(options="disconnected-timeout=400")
        process = self.run_line(["gst-launch-1.0", "audiotestsrc", "is-live=true", "!", "icesink", LOOPBACK,
                                 f"signalling-uri=tcp://127.0.0.1:{self.port}?mode=caller"])
        receiver.wait_connected()
        process.kill()
        receiver.wait(ended(call=1, reason="signalling"))
        self.assertEqual(receiver.errors(), [])
        self.assertRegex(receiver.warnings()[-1], "closed the signalling line without a bye|broke")
        self.caller("appsrc ! icesink {}")
        receiver.wait_connected()

    def test_leaves_before_it_is_connected(self):
        receiver = self.receiver()
        start = time.monotonic()
        for n in 1, 2, 3:
            line = self.connect()
            line.sendall(self.parameters())
            line.recv(1)
            line.close()
            receiver.wait(ended(call=n, reason="signalling"))
            receiver.wait(GATHERED)
        self.assertGreaterEqual(time.monotonic() - start, 0.75)  # strangers do not keep it busy
        self.assertEqual(receiver.errors(), [])
        self.caller("appsrc ! icesink {}")
        receiver.wait_connected()

    def test_a_silent_caller(self):
        """It signals no candidate and keeps its line open: the listener is not lost to others for ever."""
        receiver = self.receiver(options="end-of-candidates-timeout=200")
        line = self.connect()
        line.sendall(self.parameters())
        if LONG:
            receiver.wait(ended(call=1, reason="failed"), 45)
        else:  # RFC 8863's patience is not waited for
            line.recv(1)
            time.sleep(0.3)
            self.assertEqual(receiver.messages("ice-call-ended"), [])

    def test_garbage_of_the_peer(self):
        receiver = self.receiver()
        line = self.connect()
        line.sendall(self.parameters() + b"garbage\n")
        receiver.wait(ended(call=1, reason="signalling"))
        self.assertEqual(receiver.errors(), [])
        self.assertRegex(receiver.warnings()[0], "sent an invalid message")

    def test_failure(self):
        """A peer that vanishes: a warning in place of on-failed's error, and the next call."""
        for element in "icesrc {} ! fakesink", "audiotestsrc is-live=true ! icesink {}":
            with self.subTest(element=element):
                self.port = free_port()
                listener = self.listener(element, options="disconnected-timeout=300 failed-timeout=1000")
                line = self.connect()
                process = self.run_line(["gst-launch-1.0", "audiotestsrc", "is-live=true", "!", "icesink", LOOPBACK,
                                         f"signalling-uri=tcp://127.0.0.1:{self.port}?mode=caller"])
                line.close()
                listener.wait_connected()
                os.kill(process.pid, 19)  # SIGSTOP: silent, and its line stays open
                self.assertEqual(fields(listener.wait(ended(call=1)).get_structure())["reason"], "failed")
                process.kill()
                self.assertEqual(listener.errors(), [])
                self.assertRegex(listener.warnings()[-1], "ICE failed .*consent-expired")
                self.caller("icesrc {} ! fakesink" if "icesink" in element else "appsrc ! icesink {}")
                listener.wait_connected()

    def test_generations_begin_again(self):
        """A restart's generation is of its call only."""
        receiver = self.receiver()
        sender = self.caller("appsrc ! icesink {}")
        receiver.wait_connected()
        sender.wait_connected()
        sender["ice"].emit("restart")
        receiver.wait(element_message("ice-selected-candidate-pair"))
        sender.stop()
        receiver.wait(ended())
        receiver.wait(GATHERED)
        line = self.connect()
        line.sendall(self.parameters())
        answer = json.loads(line.makefile().readline())
        self.assertEqual(answer["generation"], 0)
        self.assertEqual(answer["usernameFragment"], receiver["ice"].get_property("local-ufrag"))

    def test_a_restart_in_a_later_call(self):
        receiver = self.receiver()
        for n in 1, 2:
            sender = self.caller("appsrc name=in ! icesink {}")
            receiver.wait_connected()
            sender.wait_connected()
            receiver.drain()
            receiver["ice"].emit("restart")
            receiver.wait(element_message("ice-selected-candidate-pair"))
            sender.stop()
            receiver.wait(ended(call=n, reason="bye"))
        self.assertEqual(receiver.errors() + receiver.warnings(), [])

    def test_one_port(self):
        """The range has one port, which each call uses."""
        port = free_port(socket.SOCK_DGRAM)
        receiver = self.receiver(options=f"min-port={port} max-port={port}")
        for n in 1, 2, 3:
            sender = self.caller("appsrc ! icesink {}")
            receiver.wait_connected()
            sender.stop()
            receiver.wait(ended(call=n))
        self.assertEqual(receiver.errors() + receiver.warnings(), [])

    def test_stops_between_calls(self):
        for _ in range(5):
            self.port = free_port()
            receiver = self.receiver()
            sender = self.caller("appsrc ! icesink {}")
            receiver.wait_connected()
            sender.stop()
            receiver.wait(ended())
            with self.within(1, "NULL"):
                receiver.stop()

    def test_close_in_a_handler(self):
        """The application that wants no more calls closes the agent when one has ended."""
        receiver = self.receiver()

        def on_message(bus, message):
            if ended()(message):
                receiver["ice"].emit("close")
            return Gst.BusSyncReply.PASS
        receiver.bus.set_sync_handler(on_message)
        sender = self.caller("appsrc ! icesink {}")
        receiver.wait_connected()
        sender.stop()
        receiver.wait(EOS)

    def test_nothing_accumulates(self):
        def count():
            gc.collect()
            return (len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")))

        receiver = self.receiver()
        counts = []
        for n in range(1, CALLS + 1):
            sender = Pipeline(f"appsrc ! icesink {LOOPBACK} "
                              f"signalling-uri=tcp://127.0.0.1:{self.port}?mode=caller").play()
            receiver.wait_connected()
            sender.stop()
            del sender
            receiver.wait(ended(call=n, reason="bye"))
            receiver.wait(GATHERED)
            counts.append(count())
        self.assertLessEqual(max(counts[CALLS // 2:]), max(counts[:CALLS // 2]), counts)

    def test_no_leaks(self):
        """At the end nothing of the calls is left, by GStreamer's tracer."""
        process = self.run_self("TestKeep.test_both_ways", env=LEAKS)
        self.assert_ends_well(process)
        alive = re.findall(r"object-alive, type-name=\(string\)\w.*", process.text)
        self.assertEqual(alive, [])


if __name__ == "__main__":
    main()
