#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Batched socket I/O between two ends, as users see it: whether it is
active, that it works with ends without it, its counters in get-stats, and
its effect on times, addresses and DSCP."""

import gc
import itertools
import re
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import gi

gi.require_version("GstNet", "1.0")
from gi.repository import GLib, GstNet  # noqa: E402
from icetest import (ERROR, ISOLATED, LONG, PATIENCE, Collector, Gst, IceTest, Pipeline, datagrams, element_message,
                     fields, free_port, get_stats, main, push, push_list)

MODES = ("listener", "caller")
FRAME = 30  # datagrams
SIZE = 1200  # of those, bytes
FLAT_OUT = 60 if LONG else 10  # seconds
CYCLES = 100
names = itertools.count()


def uris():
    port = free_port()
    return [f"tcp://127.0.0.1:{port}?mode={mode}" for mode in MODES]


def describe(uri, sink="", src="", both="", address="127.0.0.1", source="appsrc name=in"):
    end = f"connection-id=offload{next(names)} signalling-uri={uri} local-addresses=<{address}> {both}"
    return (f"{source} ! icesink name=sink sync=false {end} {sink} "
            f"icesrc name=src {end} {src} ! fakesink name=out async=false sync=false")


def frame(label):
    return [f"{label} {i} ".encode().ljust(SIZE, b"x") for i in range(FRAME)]


def until(condition, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.002)


def is_active(pipeline, name):
    return pipeline[name].get_property("offload-active")


def stats(pipeline):
    return get_stats(pipeline["src"])["transport-0-1"]


def port_of(pipeline):
    """Of its only candidate."""
    return next(entry["port"] for entry in get_stats(pipeline["src"]).values()
                if isinstance(entry, dict) and entry["type"] == "local-candidate")


class OutputBlock:
    """Blocks the output of an element, in its streaming thread."""

    def __init__(self, element):
        self._pad = element.get_static_pad("src")
        self._id = None
        self._waits = threading.Event()

    def _block(self, *_):
        self._waits.set()
        return Gst.PadProbeReturn.OK

    def begin(self):
        kind = Gst.PadProbeType.BLOCK | Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST
        self._id = self._pad.add_probe(kind, self._block)

    def wait(self):
        """Until a buffer waits."""
        assert self._waits.wait(PATIENCE)

    def end(self):
        self._pad.remove_probe(self._id)


class Times:
    """The PTS of the buffers that reach a fakesink."""

    def __init__(self, element):
        self._more = threading.Condition()
        self.buffers = []  # (data, PTS)
        element.set_property("signal-handoffs", True)
        element.connect("handoff", self._note)

    def _note(self, _, buffer, pad):
        with self._more:
            self.buffers.append((buffer.extract_dup(0, buffer.get_size()), buffer.pts))
            self._more.notify_all()

    def wait(self, n):
        with self._more:
            assert self._more.wait_for(lambda: len(self.buffers) >= n, PATIENCE), f"{len(self.buffers)} of {n} came"


class TestOffload(IceTest):
    def ends(self, first=None, second=None, play=True):
        pipelines = [self.pipeline(describe(uri, **(settings or {})))
                     for uri, settings in zip(uris(), (first, second))]
        if play:
            self.play(pipelines)
        return pipelines

    def play(self, pipelines):
        for p in pipelines:
            p.play()
        for p in pipelines:
            p.wait_connected()

    def exchange(self, pipelines, collectors=None):
        collectors = collectors or [Collector(p["out"]) for p in pipelines]
        for k, (p, collector) in enumerate(zip(pipelines, reversed(collectors))):
            sent = datagrams(f"end {k}") + frame(f"end {k}") + [bytes(65507)]
            for data in datagrams(f"end {k}"):
                push(p["in"], data)
            push_list(p["in"], frame(f"end {k}") + [bytes(65507)])
            self.assertEqual(collector.take(len(sent)), sent)
            self.assertTrue(collector.is_empty())
        for p in pipelines:
            self.assertEqual(p.errors() + p.warnings(), [])

    def test_active(self):
        ends = self.ends(play=False)
        reports = {}
        for k, p in enumerate(ends):
            for name in ("sink", "src"):
                self.assertFalse(is_active(p, name))
                p[name].connect("notify::offload-active", lambda e, _, key: reports.setdefault(key, []).append(
                    e.get_property("offload-active")), (k, name))
        self.play(ends)
        for p in ends:
            for name in ("sink", "src"):
                until(lambda p=p, name=name: is_active(p, name), f"{name} is active")
        until(lambda: len(reports) == 4, "all four reported it")
        self.assertEqual(set(map(tuple, reports.values())), {(True,)})
        self.exchange(ends)
        for p in ends:
            p.stop()
            for name in ("sink", "src"):
                self.assertFalse(is_active(p, name))

    def test_none(self):
        """Everybody works with everybody."""
        for modes in itertools.product(("auto", "none"), repeat=4):
            with self.subTest(modes=modes):
                ends = self.ends({"sink": f"offload={modes[0]}", "src": f"offload={modes[1]}"},
                                 {"sink": f"offload={modes[2]}", "src": f"offload={modes[3]}"})
                self.exchange(ends)
                wanted = [mode == "auto" for mode in modes]
                self.assertEqual([is_active(p, name) for p in ends for name in ("sink", "src")], wanted)
                for p, out, back in ((ends[0], *wanted[:2]), (ends[1], *wanted[2:])):
                    s = stats(p)
                    self.assertEqual(s["offload-packets-sent"], s["packets-sent"] if out else 0)
                    self.assertEqual(s["offload-packets-received"], s["packets-received"] if back else 0)
                    self.assertEqual(s["packets-received"], 50 + FRAME + 1)
                    p.stop()

    def test_addresses(self):
        for address in ("::1", '"127.0.0.1","127.0.0.2"', '"127.0.0.1","::1"'):
            with self.subTest(address=address):
                ends = self.ends({"address": address}, {"address": address})
                self.exchange(ends)
                for p in ends:
                    self.assertTrue(is_active(p, "src") and is_active(p, "sink"))
                    p.stop()

    def test_batches(self):
        """A frame is one system call, and one message."""
        ends = self.ends()
        collector = Collector(ends[1]["out"])
        push(ends[0]["in"], b"first")  # is what connecting may make wait
        collector.take(1)
        until(lambda: stats(ends[0])["offload-packets-sent"] == 1, "it was counted")
        before = [stats(p) for p in ends]
        n = 20
        for k in range(n):
            push_list(ends[0]["in"], frame(k))
            self.assertEqual(collector.take(FRAME), frame(k))
        after = [stats(p) for p in ends]

        def grown(end, name):
            return after[end][name] - before[end][name]
        self.assertEqual(grown(0, "offload-packets-sent"), n * FRAME)
        self.assertEqual(grown(0, "offload-send-calls"), n)
        self.assertEqual(grown(0, "offload-send-messages"), n)
        self.assertEqual(grown(0, "offload-send-fallbacks"), 0)
        self.assertEqual(grown(1, "offload-packets-received"), n * FRAME)
        self.assertEqual(grown(1, "offload-receive-messages"), n)
        self.assertEqual(grown(1, "bytes-received"), n * FRAME * SIZE)
        sent, received = (fields(p[name].get_property("selected-candidate-pair"))
                          for p, name in zip(ends, ("sink", "src")))
        self.assertEqual(sent["packets-sent"], n * FRAME + 1)
        self.assertEqual(received["packets-received"], n * FRAME + 1)
        self.assertEqual(received["bytes-received"], n * FRAME * SIZE + len(b"first"))
        self.assertLess(sent["last-packet-sent-timestamp"], time.monotonic_ns())
        self.assertLessEqual(received["last-packet-received-timestamp"], time.monotonic_ns())
        self.assertNotIn("last-packet-received-timestamp", sent)
        self.assertEqual(sent["packets-discarded-on-send"], 0)
        sink = get_stats(ends[0]["sink"])
        rendered = next(e for e in sink.values() if isinstance(e, dict) and "lists-rendered" in e)
        self.assertEqual(rendered["lists-rendered"], n)

    @unittest.skipUnless(ISOLATED, "needs a network namespace")
    def test_small_mtu(self):
        """What the path has no room for is sent one by one, and all comes."""
        ends = self.ends()
        collector = Collector(ends[1]["out"])
        subprocess.run("ip link set lo mtu 1500".split(), check=True, timeout=PATIENCE)
        self.addCleanup(subprocess.run, "ip link set lo mtu 65536".split(), check=True, timeout=PATIENCE)
        for n in range(5):
            large = [f"{n} {i} ".encode().ljust(3000, b"x") for i in range(FRAME)]
            push_list(ends[0]["in"], large + frame(n))
            self.assertEqual(collector.take(2 * FRAME), large + frame(n))
        s = stats(ends[0])
        self.assertEqual(s["offload-send-fallbacks"], 1)
        self.assertEqual(s["offload-packets-sent"], 5 * 2 * FRAME)
        self.assertEqual(s["offload-send-messages"], 5 * (FRAME + 1))

    def test_strangers(self):
        ends = self.ends()
        collector = Collector(ends[0]["out"])
        self.assertEqual(stats(ends[0])["packets-discarded-unknown-source"], 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            for i in range(50):
                stranger.sendto(b"\x80" + bytes(i), ("127.0.0.1", port_of(ends[0])))
        until(lambda: stats(ends[0])["packets-discarded-unknown-source"] == 50, "all were counted")
        self.exchange(ends, [collector, Collector(ends[1]["out"])])
        s = stats(ends[0])
        self.assertEqual(s["packets-discarded-unknown-source"], 50)
        self.assertEqual(s["packets-discarded-on-receive"], 50)
        self.assertEqual(s["packets-received"], 50 + FRAME + 1)

    def test_buffer_full(self):
        """Every datagram is received, or counted."""
        ends = self.ends(None, {"src": "buffer-size=30000"})
        times, block = Times(ends[1]["out"]), OutputBlock(ends[1]["src"])
        block.begin()
        push(ends[0]["in"], b"waits")
        block.wait()
        n = 500
        for i in range(n):
            push(ends[0]["in"], str(i).encode().ljust(1000))
        until(lambda: stats(ends[0])["packets-sent"] == n + 1, "all were sent")
        block.end()

        def all_are_there():
            push(ends[0]["in"], b"again")  # the kernel reports the loss with the next one
            s = stats(ends[1])
            return s["packets-discarded-buffer-full"] > 0
        until(all_are_there, "the loss was reported")
        sent = stats(ends[0])["packets-sent"]
        until(lambda: sum(stats(ends[1])[f"packets-{name}"] for name in ("received", "discarded-buffer-full"))
              >= sent, "all were counted")
        s = stats(ends[1])
        self.assertEqual(s["packets-discarded-on-receive"], s["packets-discarded-buffer-full"])
        self.assertGreater(s["packets-discarded-buffer-full"], 100)
        self.assertLess(len(times.buffers), n)
        self.assertEqual(s["ice-state"], "completed")

    def test_switching(self):
        """On and off at either end while data flows: all comes, once."""
        ends = self.ends()
        received, n, flight = Collector(ends[1]["out"]), 20000 if LONG else 2000, 32
        seen, sent = set(), 0
        switches = itertools.cycle(itertools.product(("none", "auto"), ((ends[0], "sink"), (ends[1], "src"))))
        while len(seen) < n:
            while sent < n and sent - len(seen) < flight:
                if sent % 100 < 50:
                    push(ends[0]["in"], str(sent).encode())
                    sent += 1
                else:
                    push_list(ends[0]["in"], [str(i).encode() for i in range(sent, sent + 10)])
                    sent += 10
                if sent % 50 == 0:
                    mode, (p, name) = next(switches)
                    Gst.util_set_object_arg(p[name], "offload", mode)
            for data in received.take(1):
                self.assertNotIn(int(data), seen)
                seen.add(int(data))
        self.assertEqual(seen, set(range(sent)))
        self.assertTrue(received.is_empty())
        for p, kind in zip(ends, ("sent", "received")):
            s = stats(p)
            self.assertEqual(s["packets-discarded-on-receive"] + s["packets-discarded-on-send"], 0)
            self.assertGreater(s[f"offload-packets-{kind}"], 0)
            self.assertLess(s[f"offload-packets-{kind}"], sent)

    def test_empty_datagrams(self):
        """With and without offload; only libnice has none (a relayed or TCP pair)."""
        ends = self.ends()
        collector = Collector(ends[1]["out"])
        push_list(ends[0]["in"], [b"one", b"", b"", b"two"])
        self.assertEqual(collector.take(4), [b"one", b"", b"", b"two"])
        Gst.util_set_object_arg(ends[0]["sink"], "offload", "none")
        until(lambda: not is_active(ends[0], "sink"), "offload is off")
        push_list(ends[0]["in"], [b"one", b"", b"", b"two"])
        self.assertEqual(collector.take(4), [b"one", b"", b"", b"two"])

    def test_empty_datagrams_to_libnice(self):
        """libnice does not report them: they come another way, and their order is lost."""
        ends = self.ends(None, {"src": "offload=none"})
        collector = Collector(ends[1]["out"])
        push_list(ends[0]["in"], [b"one", b"", b"", b"two"])
        self.assertEqual(sorted(collector.take(4)), [b"", b"", b"one", b"two"])
        self.assertEqual(stats(ends[1])["packets-received"], 4)

    def sender_addresses(self, settings, n=5):
        ends = self.ends(None, settings)
        found, more = [], threading.Event()

        def note(_, info):
            # reading the meta and its address in Python would own what it does not
            metas = [info.get_buffer().get_meta(GstNet.net_address_meta_api_get_type())]
            found.extend(m is not None for m in metas)
            if len(found) >= n:
                more.set()
            return Gst.PadProbeReturn.OK
        ends[1]["src"].get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
        for i in range(n):
            push(ends[0]["in"], str(i).encode())
            until(lambda i=i: len(found) > i, "it came")
        more.wait(PATIENCE)
        for p in ends:
            p.stop()
        return found

    def test_retrieve_sender_address(self):
        self.assertEqual(set(self.sender_addresses({})), {False})
        self.assertEqual(set(self.sender_addresses({"src": "retrieve-sender-address=true"})), {True})
        self.assertEqual(set(self.sender_addresses({"src": "retrieve-sender-address=false"})), {False})
        self.assertEqual(set(self.sender_addresses({"src": "offload=none"})), {False})  # libnice does not report it

    def now(self, pipeline):
        return pipeline["src"].get_current_running_time()

    def test_timestamps(self):
        """Arrival, also of what waited for its reader."""
        for offload in ("auto", "none"):
            with self.subTest(offload=offload):
                ends = self.ends(None, {"src": f"offload={offload}"})
                times, block = Times(ends[1]["out"]), OutputBlock(ends[1]["src"])
                marks = []  # (before, after) it was sent
                for i in range(100):
                    if i == 40:
                        block.begin()
                    before = self.now(ends[1])
                    push(ends[0]["in"], str(i).encode())
                    until(lambda i=i: stats(ends[0])["packets-sent"] == i + 1, "it was sent")
                    marks.append((before, self.now(ends[1])))
                    if i == 80:
                        block.wait()
                        time.sleep(0.5)  # they get old
                        block.end()
                times.wait(100)
                self.assertEqual([data for data, _ in times.buffers], [str(i).encode() for i in range(100)])
                late = 0
                for (_, pts), last, (before, after) in zip(
                        times.buffers, [0] + [pts for _, pts in times.buffers], marks):
                    self.assertGreaterEqual(pts, last)
                    self.assertGreaterEqual(pts, before - Gst.MSECOND)
                    late = max(late, pts - after)
                print(f"# {offload}: {late / Gst.MSECOND:.2f} ms late", flush=True)
                self.assertLess(late, 200 * Gst.MSECOND)
                for p in ends:
                    p.stop()

    def test_no_timestamps(self):
        ends = self.ends(None, {"src": "do-timestamp=false"})
        times = Times(ends[1]["out"])
        for i in range(5):
            push(ends[0]["in"], str(i).encode())
            times.wait(i + 1)
        self.assertEqual({pts for _, pts in times.buffers[1:]}, {Gst.CLOCK_TIME_NONE})

    @unittest.skipUnless(ISOLATED, "looks at the packets: needs root")
    def test_dscp(self):
        """The TOS octet of what is sent, on either path, as the network sees it."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as wire:
            wire.bind(("127.0.0.1", 0))
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            ends = self.ends({"sink": "qos-dscp=46"})
            collector = Collector(ends[1]["out"])

            def check(mark, dscp):
                push_list(ends[0]["in"], [mark + str(i).encode() for i in range(3)])
                collector.take(3)
                seen = []
                while select.select([wire], [], [], 0)[0]:
                    packet = wire.recv(65536)
                    if mark in packet:
                        seen.append(packet[1] >> 2)
                self.assertEqual(set(seen), {dscp}, mark)
            check(b"at first", 46)

            def check_soon(mark, dscp):
                end = time.monotonic() + PATIENCE
                while True:
                    try:
                        return check(mark, dscp)
                    except AssertionError:
                        self.assertLess(time.monotonic(), end)
            ends[0]["sink"].set_property("qos-dscp", 10)
            check_soon(b"changed", 10)
            ends[0]["sink"].set_property("qos-dscp", -1)
            check_soon(b"as the system does", 0)
            ends[0]["sink"].set_property("qos-dscp", 10)
            check_soon(b"changed again", 10)
            Gst.util_set_object_arg(ends[0]["sink"], "offload", "none")
            until(lambda: not is_active(ends[0], "sink"), "offload is off")
            check(b"without", 10)

    @unittest.skipUnless(ISOLATED, "looks at the packets: needs root")
    def test_dscp_ipv6(self):
        """Our own socket is the peer's candidate's neighbour: it sees all."""
        ends = self.ends({"sink": "qos-dscp=46", "address": "::1"}, {"address": "::1"})
        collector = Collector(ends[1]["out"])
        all_ethernet = 3
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(all_ethernet)) as wire:
            wire.bind(("lo", 0))
            push_list(ends[0]["in"], [b"marked" + str(i).encode() for i in range(3)])
            collector.take(3)
            seen = set()
            while select.select([wire], [], [], 0)[0]:
                packet = wire.recv(65536)
                if b"marked" in packet and packet[0] >> 4 == 6:
                    seen.add((struct.unpack(">I", packet[:4])[0] >> 20 & 0xff) >> 2)
        self.assertEqual(seen, {46})


FLOOD = f"fakesrc sizetype=fixed sizemax={SIZE} format=time"


class TestFlatOut(IceTest):
    """Both ends send as fast as they can, from two processes."""

    def pair(self, pipeline):
        return fields(pipeline["src"].get_property("selected-candidate-pair"))

    def test_states_hold(self):
        listener, caller = uris()
        other = self.run_self("flood", caller)
        here = self.pipeline(describe(listener, both="disconnected-timeout=2000", source=FLOOD)).play()
        here.wait_connected()
        other.wait_for("connected")
        deadline = time.monotonic() + PATIENCE
        while here["src"].get_property("ice-connection-state").value_nick != "completed":
            here.bus.timed_pop(Gst.SECOND // 10)
            self.assertLess(time.monotonic(), deadline)
        start, before, first = time.monotonic(), stats(here), self.pair(here)
        asked = [first.get("consent-requests-sent", 0)]
        received = [before["packets-received"]]
        states, totals = [], {first.get("total-round-trip-time", 0)}
        while time.monotonic() - start < FLAT_OUT:
            message = here.bus.timed_pop(Gst.SECOND // 10)
            totals.add(self.pair(here).get("total-round-trip-time", 0))
            if message is not None:
                self.assertFalse(ERROR(message))
                states += [fields(message.get_structure())["new"] for name in ("ice-connection-state",
                           "ice-transport-state") if element_message(name)(message)]
            self.assertEqual(here["src"].get_property("ice-connection-state").value_nick, "completed")
        asked.append(self.pair(here)["consent-requests-sent"])
        received.append(stats(here)["packets-received"])
        after, last = stats(here), self.pair(here)
        seconds = time.monotonic() - start
        self.assertLessEqual(set(states), {"completed"})  # may be reported after it is read
        # every 5 s, or sooner where disconnected-timeout wants it; each answer adds its time
        self.assertGreaterEqual(asked[1] - asked[0], FLAT_OUT // 5)
        self.assertGreaterEqual(len(totals) - 1, asked[1] - asked[0] - 1)
        print(f"# {(after['packets-sent'] - before['packets-sent']) / seconds:.0f} packets/s there, "
              f"{(received[1] - received[0]) / seconds:.0f} back; {asked[1] - asked[0]} consent requests, "
              f"{len(totals) - 1} answers, {last['current-round-trip-time'] * 1000:.2f} ms the last; "
              f"{after['packets-discarded-buffer-full']} dropped", flush=True)
        self.assertGreater(received[1] - received[0], 1000 * FLAT_OUT)
        other.write_line("enough")
        other.wait_for("ended")
        self.assert_ends_well(other)
        reports = re.search(r"received (\d+) states (\[.*\])", other.text)
        self.assertGreater(int(reports.group(1)), 1000 * FLAT_OUT)
        self.assertIn(reports.group(2), ("[]", "['completed']"), other.text)


def flood(uri):
    pipeline = Pipeline(describe(uri, both="disconnected-timeout=2000", source=FLOOD)).play()
    pipeline.wait_connected()
    while pipeline["src"].get_property("ice-connection-state").value_nick != "completed":
        pipeline.bus.timed_pop(Gst.SECOND // 10)
    pipeline.drain()
    pipeline.history.clear()
    before = stats(pipeline)["packets-received"]
    print("connected", flush=True)
    sys.stdin.readline()
    states = [m["new"] for m in pipeline.messages("ice-connection-state")]
    print("received", stats(pipeline)["packets-received"] - before, "states", states)
    pipeline.stop()
    print("ended", flush=True)


class TestNothingIsLeft(IceTest):
    def test_cycles_with_traffic(self):
        """PLAYING and NULL, while both ends send as fast as they can."""
        interruptible = __import__("test-interruptible")
        process = self.run_self("cycles", str(CYCLES * 5 if LONG else CYCLES), env=interruptible.LEAKS)
        self.assert_ends_well(process, timeout=140)
        before, after = [line for line in process.text.splitlines() if line.startswith("level ")]
        for what, first, last in zip(("descriptors", "threads"), before.split()[1:], after.split()[1:]):
            self.assertLessEqual(int(last), int(first), what)
        self.assertEqual([line for line in interruptible.alive(process) if "GstIce" in line], [])


def cycle(pair, offload):
    for p in pair:
        for name in ("src", "sink"):
            Gst.util_set_object_arg(p[name], "offload", offload)
        p.play()
    for p in pair:
        until(lambda p=p: stats(p)["packets-received"] > 50, "packets came")
    for p in pair:
        p.stop()
        assert not p.errors(), p.errors()
        p.history.clear()


def run_cycles(n):
    interruptible = __import__("test-interruptible")
    GLib.ThreadPool.set_max_unused_threads(0)
    pair = [Pipeline(describe(uri, source=FLOOD)) for uri in uris()]
    cycle(pair, "auto")
    first = interruptible.settled_level()
    print("level", *first)
    for i in range(n):
        cycle(pair, "none" if i % 5 == 4 else "auto")
    print("level", *interruptible.settled_level(first))
    del pair
    gc.collect()
    Gst.deinit()
    print("done")


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        flood(sys.argv[2])
    elif sys.argv[1:2] == ["cycles"]:
        run_cycles(int(sys.argv[2]))
    else:
        main()
