#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""NULL, flush and any state change return within 2 s, whatever goes on; cycles
of NULL and PLAYING leave no thread, descriptor or object behind."""

import contextlib
import gc
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

from gi.repository import GLib
from icetest import (EOS, ISOLATED, LONG, LOOPBACK, PATIENCE, Collector, Gst, IceTest, Pipeline, element_message,
                     free_port, main, push, signal_to)

LIMIT = 2  # seconds
CYCLES = 100
STATES = [Gst.State.NULL, Gst.State.READY, Gst.State.PAUSED, Gst.State.PLAYING]
NAME_SERVER_PORT = 53


@contextlib.contextmanager
def silent_name_servers():
    """The machine's name servers, in our namespace, where they never answer."""
    with open("/etc/resolv.conf") as file:
        servers = [words[1] for words in map(str.split, file) if words[:1] == ["nameserver"]] or ["127.0.0.1"]
    with contextlib.ExitStack() as stack:
        for server in servers:
            family = socket.AF_INET6 if ":" in server else socket.AF_INET
            if not server.startswith("127."):
                subprocess.run(["ip", "address", "replace", server, "dev", "lo"], check=True, timeout=PATIENCE)
            udp = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            udp.bind((server, NAME_SERVER_PORT))
            udp.settimeout(PATIENCE)
            last = udp
        yield lambda: last.recv(512)  # returns when a question has come


def connected_pair(make=Pipeline):
    """Two pipelines that call each other, both ways."""
    port = free_port()
    return [make(f"appsrc name=in ! icesink name=ice sync=false {end} icesrc name=src {end} ! fakesink name=out")
            for end in (f"connection-id=end-{mode} signalling-uri=tcp://127.0.0.1:{port}?mode={mode} {LOOPBACK}"
                        for mode in ("listener", "caller"))]


def level():
    """How many descriptors and threads there are, unused pool threads gone."""
    GLib.ThreadPool.stop_unused_threads()
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def settled_level(wanted=None):
    """Threads end when they like, after whoever waited for their work."""
    deadline = time.monotonic() + 5
    last, since = level(), time.monotonic()
    while time.monotonic() < deadline:
        time.sleep(0.01)
        now = level()
        if now != last:
            last, since = now, time.monotonic()
        if now == wanted or (wanted is None and time.monotonic() - since > 0.3):
            break
    return last


def cycle(pair):
    collectors = [Collector(pipeline["out"]) for pipeline in pair]
    for pipeline in pair:
        pipeline.play()
    for pipeline in pair:
        push(pipeline["in"], b"x")
    for collector in collectors:
        collector.take(1)
    for pipeline in pair:
        pipeline.stop()
        pipeline.drain()
        pipeline.history.clear()


class TestInterruptible(IceTest):
    def change(self, pipeline, state, what=""):
        with self.within(LIMIT, f"{what}: {state.value_nick}"):
            pipeline.set_state(state)
            if state < Gst.State.PAUSED:
                pipeline.element.get_state(LIMIT * Gst.SECOND)

    def every_state_from_here(self, make, what):
        """make gives a pipeline that is busy doing what."""
        for first in STATES[:3]:
            for then in STATES:
                pipeline = make()
                self.change(pipeline, first, what)
                self.change(pipeline, then, what)
                self.change(pipeline, Gst.State.NULL, what)

    def waiting_sink(self):
        pipeline = self.pipeline(f"appsrc name=in ! icesink name=ice sync=false {LOOPBACK}")
        pipeline.play()
        push(pipeline["in"], b"waits")
        pipeline.wait(element_message("ice-gathering-state", new="complete"))
        return pipeline

    def test_while_icesink_waits(self):
        self.every_state_from_here(self.waiting_sink, "icesink waits")

    def test_flush_while_icesink_waits(self):
        pipeline = self.waiting_sink()
        for _ in range(10):
            with self.within(LIMIT, "flush"):
                pipeline["in"].send_event(Gst.Event.new_flush_start())
                pipeline["in"].send_event(Gst.Event.new_flush_stop(True))
            push(pipeline["in"], b"waits again")
        peer = self.pipeline(f"icesrc name=ice role=controlled {LOOPBACK} ! fakesink name=out")
        collector = Collector(peer["out"])
        peer.set_state(Gst.State.READY)
        signal_to(peer["ice"], pipeline["ice"])
        for message in pipeline.messages("ice-candidate"):
            if message["candidate"] is not None:
                peer["ice"].emit("add-ice-candidate", 0, message["candidate"])
        peer["ice"].emit("set-remote-credentials", 0, pipeline["ice"].get_property("local-ufrag"),
                         pipeline["ice"].get_property("local-pwd"))
        peer.play()
        self.assertEqual(collector.take(1), [b"waits again"])

    def test_while_icesrc_waits(self):
        self.every_state_from_here(lambda: self.pipeline(f"icesrc {LOOPBACK} ! fakesink").play(), "icesrc waits")

    def test_while_gathering(self):
        def gathering():
            silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.addCleanup(silent.close)
            silent.bind(("127.0.0.1", 0))
            silent.settimeout(PATIENCE)
            pipeline = self.pipeline(f"appsrc name=in ! icesink name=ice {LOOPBACK} "
                                     f"stun-server=stun:127.0.0.1:{silent.getsockname()[1]}").play()
            push(pipeline["in"], b"waits")
            silent.recv(512)  # a binding request
            self.assertEqual(pipeline["ice"].get_property("ice-gathering-state").value_nick, "gathering")
            return pipeline
        self.every_state_from_here(gathering, "gathering")

    def test_while_signalling_connects(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            for uri in (f"tcp://127.0.0.1:{free_port()}?mode=caller", f"tcp://127.0.0.1:{free_port()}?mode=listener",
                        f"tcp://127.0.0.1:{mute.getsockname()[1]}?mode=caller", f"unix://{self.path('x')}?mode=caller",
                        f"unix://{self.path('y')}?mode=listener"):
                def connecting():
                    pipeline = self.pipeline(f"icesrc {LOOPBACK} signalling-uri={uri} ! fakesink").play()
                    pipeline.wait(element_message("ice-gathering-state", new="complete"))
                    return pipeline
                self.every_state_from_here(connecting, uri)

    def test_while_a_name_is_looked_up(self):
        if not ISOLATED:
            self.skipTest("may not ask a real name server: needs a network namespace")
        with silent_name_servers() as question:
            for line in (f"icesrc {LOOPBACK} stun-server=stun:stun.example.org ! fakesink",
                         f"icesrc {LOOPBACK} signalling-uri=tcp://call.example.org:5000?mode=listener ! fakesink",
                         f"icesrc {LOOPBACK} signalling-uri=tcp://call.example.org:5000?mode=caller ! fakesink"):
                for state in STATES[:3]:
                    pipeline = self.pipeline(line).play()
                    question()
                    self.change(pipeline, state, line)
                    self.change(pipeline, Gst.State.NULL, line)

    def test_random_states(self):
        seed = random.randrange(1 << 32)
        print("# seed", seed)
        chance = random.Random(seed)
        pair = connected_pair(self.pipeline)
        for pipeline in pair:
            pipeline.play()
        for _ in range(2000 if LONG else 200):
            pipeline = chance.choice(pair)
            self.change(pipeline, chance.choice(STATES), "random")
            if chance.random() < 0.3:
                pipeline["in"].emit("push-buffer", Gst.Buffer.new_wrapped(b"x"))
            if chance.random() < 0.1:
                # GStreamer (1.22) can block for good if its own thread changes states meanwhile: appsrc holds its state
                # lock while the pipeline, which icesink's base class informs of the flush, takes those of all elements
                pipeline.element.get_state(LIMIT * Gst.SECOND)
                with self.within(LIMIT, "flush"):
                    pipeline["in"].send_event(Gst.Event.new_flush_start())
                    pipeline["in"].send_event(Gst.Event.new_flush_stop(True))
            pipeline.drain()
            pipeline.history.clear()
        for pipeline in pair:
            self.change(pipeline, Gst.State.NULL, "the end")
            pipeline.drain()
        cycle(pair)  # and it still works


class TestEndOfStream(IceTest):
    """EOS from the application ends a wait, as flushes and state changes do."""

    def waiting_lines(self):
        """Lines that wait for a connection, or for the peer's signalling, and in one of which
        gst-launch-1.0 sends EOS to the source first."""
        signalling = f"signalling-uri=tcp://127.0.0.1:{free_port()}"
        return [f"videotestsrc name=in ! icesink name=ice {LOOPBACK}",
                f"videotestsrc name=in ! queue ! icesink name=ice {LOOPBACK} {signalling}?mode=listener",
                f"identity name=i ! icesink name=ice {LOOPBACK} {signalling}?mode=caller videotestsrc name=in ! i.",
                f"icesrc name=ice {LOOPBACK} ! fakesink",
                f"icesrc name=ice {LOOPBACK} {signalling}?mode=listener ! queue ! fakesink"]

    def test_interrupt(self):
        """gst-launch-1.0 -e sends EOS when it is interrupted."""
        for line in self.waiting_lines():
            process = self.run_line(f"gst-launch-1.0 -e -m {line}")
            process.wait_for('new-state=(GstState)playing, pending-state=(GstState)void-pending;', "ice-gathering-state",
                             "new=(GstIceGatheringState)complete")
            process.signal(signal.SIGINT)
            with self.within(LIMIT, line):
                self.assert_ends_well(process)
            self.assert_in_order(process.text, "EOS on shutdown enabled", "EOS received - stopping pipeline",
                                 "Setting pipeline to NULL")

    def test_application(self):
        for line in self.waiting_lines():
            for target in None, "ice":
                pipeline = self.pipeline(line).play()
                pipeline.wait(element_message("ice-gathering-state", new="complete"))
                with self.within(LIMIT, line):
                    self.assertTrue((pipeline[target] if target else pipeline.element).send_event(Gst.Event.new_eos()))
                    pipeline.wait(EOS)
                    pipeline.stop()

    def test_connected(self):
        """What is on its way when EOS is sent to the pipeline arrives."""
        port, count = free_port(), 40
        receiver = self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
                                 "fakesink name=out async=false").play()
        collector = Collector(receiver["out"])
        sender = self.pipeline(f"appsrc name=in ! queue ! identity name=slow ! icesink {LOOPBACK} sync=false "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller").play()
        sender.wait_connected()
        receiver.wait_connected()
        sender["slow"].set_property("sleep-time", 10000)
        for i in range(count):
            push(sender["in"], b"%d" % i)
        time.sleep(0.1)  # the queue has them; appsrc drops what is still its own
        sender.element.send_event(Gst.Event.new_eos())
        sender.wait(EOS)
        self.assertEqual(collector.take(count), [b"%d" % i for i in range(count)])


class TestNothingIsLeft(IceTest):
    def test_cycles(self):
        process = self.run_self("cycles", str(CYCLES * 5 if LONG else CYCLES), env=LEAKS)
        self.assert_ends_well(process, timeout=120)
        before, after = [line for line in process.text.splitlines() if line.startswith("level ")]
        self.assertEqual(after, before, "descriptors and threads")
        self.assertEqual([line for line in alive(process) if "GstIce" in line], [])
        self.assert_contains(process.text, "done")

    def test_objects_of_launch_lines(self):
        port = free_port()
        lines = [f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! fakesink",
                 f"fakesrc num-buffers=10 ! icesink {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=caller"]
        for process in [self.run_line("gst-launch-1.0 -m " + line, env=LEAKS) for line in lines]:
            self.assert_ends_well(process)
            self.assertEqual(alive(process), [])
            self.assertNotIn("CRITICAL", process.text)


def alive(process):
    """What the leaks tracer found at the end."""
    return [line for line in process.text.splitlines() if re.search(r"object-alive, type-name=\(string\)\w", line)]


LEAKS = {"GST_TRACERS": "leaks", "GST_DEBUG": "GST_TRACER:7", "GST_DEBUG_NO_COLOR": "1", "G_DEBUG": "fatal-criticals"}


def run_cycles(n):
    GLib.ThreadPool.set_max_unused_threads(0)
    pair = connected_pair()
    cycle(pair)
    first = settled_level()
    print("level", *first)
    for _ in range(n):
        cycle(pair)
    print("level", *settled_level(first))
    del pair
    gc.collect()
    Gst.deinit()
    print("done")


if __name__ == "__main__":
    if sys.argv[1:2] == ["cycles"]:
        run_cycles(int(sys.argv[2]))
    else:
        main()
