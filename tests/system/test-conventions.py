#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""icesrc and icesink as a GStreamer application sees them: the same queries and
events as to udpsrc and udpsink (and srtsrc and srtsink where they are
installed) get the same answers, except where docs/design.md has the reason."""

import ctypes
import os
import re
import socket
import time
from pathlib import Path

from icetest import (EOS, ERROR, LOOPBACK, WARNING, Collector, GObject, Gst, IceTest, error_text, free_port, get_stats,
                     main, push_list)
from peer import until

ROOT = Path(__file__).resolve().parents[2]
MS = Gst.MSECOND
NONE = Gst.CLOCK_TIME_NONE
STATES = [Gst.State.READY, Gst.State.PAUSED, Gst.State.PLAYING]
HAVE_SRT = Gst.ElementFactory.find("srtsrc") is not None
RECEIVERS = ["ice", "udp"] + ["srt"] * HAVE_SRT
PROMPT = 2  # seconds
CAPS = [Gst.Caps.from_string(f"application/x-rtp,media=video,payload={n}") for n in (96, 97)]
RAW = Gst.Caps.from_string("video/x-raw,format=I420,width=322,height=240,framerate=25/1")
SMALL_VIDEO = "videotestsrc is-live=true num-buffers=3 ! video/x-raw,width=16,height=16,framerate=50/1"
DMABUF = Gst.Caps.from_string("video/x-raw(memory:DMABuf),format=I420,width=320,height=240")


class Call:
    """A receiving pipeline (src, out) and a sending one (in, snk)."""

    def __init__(self, test, kind, src="", snk="", out="sync=false async=false", source="appsrc name=in format=time"):
        port = free_port(socket.SOCK_STREAM if kind == "ice" else socket.SOCK_DGRAM)
        ends = {
            "ice": (f"icesrc name=src {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener",
                    f"icesink name=snk {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=caller"),
            "udp": (f"udpsrc name=src address=127.0.0.1 port={port}",
                    f"udpsink name=snk host=127.0.0.1 port={port} async=false"),
            "srt": (f"srtsrc name=src uri=srt://127.0.0.1:{port}?mode=listener",
                    f"srtsink name=snk uri=srt://127.0.0.1:{port}?mode=caller async=false"),
        }[kind]
        self.kind = kind
        self.receiver = test.pipeline(f"{ends[0]} {src} ! fakesink name=out {out}")
        self.sender = test.pipeline(f"{source} ! {ends[1]} {snk or 'sync=false'}")
        self.src, self.snk = self.receiver["src"], self.sender["snk"]
        self.collector = Collector(self.receiver["out"])

    def play(self):
        self.receiver.play()
        self.sender.play()
        return self

    def push(self, data=b"x", **times):
        buffer = Gst.Buffer.new_wrapped(data) if isinstance(data, bytes) else data
        for name, value in times.items():
            setattr(buffer, name, value)
        self.sender["in"].emit("push-buffer", buffer)
        return self

    def take(self, n=1):
        return self.collector.take(n)

    def connect(self):
        self.play().push(b"first")
        if self.kind == "srt":  # may lose it
            until(lambda: self.push(b"first") and not self.collector.is_empty(), "a datagram")
        self.take()
        return self


class Feeder:
    """Pushes into a sink as an element does, in the calling thread. The sink is in PLAYING and drops or sends."""

    def __init__(self, test, line):
        self.pipeline = test.pipeline(line).play()
        self.sink = self.pipeline["snk"]
        self.seen = []  # events that went upstream
        self.pad = Gst.Pad.new("feeder", Gst.PadDirection.SRC)
        self.pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, self.see)
        self.pad.set_active(True)
        assert self.pad.link(self.sink.get_static_pad("sink")) == Gst.PadLinkReturn.OK
        segment = Gst.Segment.new()
        segment.init(Gst.Format.TIME)
        for event in Gst.Event.new_stream_start("feeder"), Gst.Event.new_caps(CAPS[0]), Gst.Event.new_segment(segment):
            assert self.pad.push_event(event)

    def see(self, _, info):
        event = info.get_event()
        name = event.type.value_nick
        self.seen.append(f"qos {event.parse_qos()[0].value_nick}" if event.type == Gst.EventType.QOS else name)
        return Gst.PadProbeReturn.OK

    def messages(self):
        """The kinds of messages that it posted since the last call."""
        self.pipeline.history.clear()
        self.pipeline.drain()
        return [m.type.first_value_nick for m in self.pipeline.history
                if m.src in (None, self.sink, self.pipeline.element)
                and m.type not in (Gst.MessageType.STATE_CHANGED, Gst.MessageType.ELEMENT, Gst.MessageType.PROGRESS)]


def feed_both(test, **settings):
    """icesink without a connection, which drops, and udpsink to a socket that nobody reads."""
    more = " ".join(f"{name.replace('_', '-')}={value}" for name, value in {"sync": "false", **settings}.items())
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    test.addCleanup(sink.close)
    sink.bind(("127.0.0.1", 0))
    return (Feeder(test, f"icesink name=snk wait-for-connection=false {LOOPBACK} {more}"),
            Feeder(test, f"udpsink name=snk host=127.0.0.1 port={sink.getsockname()[1]} async=false {more}"))


def ask(element, query):
    """What is answered, as text; None: nothing."""
    return query.get_structure().to_string() if element.query(query) else None


def ask_latency(element):
    query = Gst.Query.new_latency()
    assert element.query(query), f"{element.get_name()} does not answer"
    return tuple(query.parse_latency())


def ask_all(element):
    """The answers to what a player, or an editor, asks."""
    answers = {f"{make.__name__} {unit.value_nick}": ask(element, make(unit))
               for make in (Gst.Query.new_seeking, Gst.Query.new_duration, Gst.Query.new_buffering,
                            Gst.Query.new_segment)
               for unit in (Gst.Format.TIME, Gst.Format.BYTES, Gst.Format.DEFAULT)}
    answers["formats"] = ask(element, Gst.Query.new_formats())
    answers["context"] = ask(element, Gst.Query.new_context("gst.gl.GLDisplay"))
    for unit in (Gst.Format.BYTES, Gst.Format.DEFAULT):
        answers[f"position {unit.value_nick}"] = ask(element, Gst.Query.new_position(unit))
    answers["position time"] = element.query_position(Gst.Format.TIME)[0]
    return answers


class Allocators:
    """Memory of files, which a camera or a decoder gives; without introspection data of libgstallocators."""

    def __init__(self):
        self.library = ctypes.CDLL("libgstallocators-1.0.so.0")
        self.append = ctypes.CDLL("libgstreamer-1.0.so.0").gst_buffer_append_memory
        self.append.argtypes, self.append.restype = [ctypes.c_void_p] * 2, None
        self.kinds = {}
        for kind, more in ("dmabuf", []), ("fd", [ctypes.c_int]):
            new, alloc = (getattr(self.library, f"gst_{kind}_allocator_{verb}") for verb in ("new", "alloc"))
            new.restype = alloc.restype = ctypes.c_void_p
            alloc.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, *more]
            self.kinds[kind] = alloc, new(), [0] * len(more)

    def make_buffer(self, data, kind="dmabuf", mode=os.O_RDWR):
        alloc, allocator, flags = self.kinds[kind]
        file = os.memfd_create("buffer")
        os.write(file, data)
        buffer = Gst.Buffer.new()
        self.append(hash(buffer), alloc(allocator, os.open(f"/proc/self/fd/{file}", mode), len(data), *flags))
        os.close(file)
        return buffer


ALLOCATORS = Allocators()


class TestQueries(IceTest):
    def test_latency_of_the_source(self):
        """What arrives while downstream is busy is kept: there is no maximum, and no sink asks for queues."""
        for kind in RECEIVERS:
            call = Call(self, kind, out="sync=true")
            latencies = set()
            for state in STATES:
                call.receiver.set_state(state)
                latencies.add(ask_latency(call.src))
            call.sender.play()
            if kind == "ice":
                call.push().take()
                latencies.add(ask_latency(call.src))
            delay = call.src.get_property("latency") * MS if kind == "srt" else 0
            self.assertEqual(latencies, {(True, delay, NONE if kind == "ice" else delay)}, kind)
            if kind == "ice":
                self.assertEqual(call.receiver.warnings(), [])

    def test_latency_of_the_sink(self):
        """It adds nothing to that of a live source, which may have no queue."""
        added = {}
        for kind in "ice", "udp":
            call = Call(self, kind, snk="sync=true", source=f"{SMALL_VIDEO} ! queue name=q")
            call.play().take(3)
            added[kind] = ask_latency(call.sender.element)[1] - ask_latency(call.sender["q"])[1]
        self.assertEqual(added, {"ice": 0, "udp": 20 * MS})
        for kind in added:
            call = Call(self, kind, source="appsrc name=in is-live=true format=time min-latency=0 max-latency=0",
                        snk="sync=true")
            call.connect()
            self.assertEqual(bool(call.sender.warnings()), kind == "udp")

    def test_latency_event(self):
        """A sink that synchronizes sends at running time plus latency."""
        for kind in "ice", "udp":
            call = Call(self, kind, source="appsrc name=in is-live=true format=time", snk="sync=true").connect()
            call.snk.send_event(Gst.Event.new_latency(200 * MS))
            now = call.sender.element.get_current_running_time()
            call.push(pts=now).take()
            self.assertGreaterEqual(call.sender.element.get_current_running_time() - now, 200 * MS, kind)

    def test_seeking_duration_position(self):
        """And formats, segment, buffering, contexts."""
        for end in "src", "snk":
            answers = {}
            for kind in "ice", "udp":
                call = Call(self, kind)
                states = []
                for state in STATES:
                    call.receiver.set_state(state)
                    call.sender.set_state(state)
                    if state != Gst.State.PAUSED or end == "src":
                        states.append(ask_all(getattr(call, end)))
                call.push().take()
                states.append(ask_all(getattr(call, end)))
                answers[kind] = states
            if end == "snk":  # one that prerolls cannot answer in READY
                ice, udp = answers["ice"][0], answers["udp"][0]
                self.assertEqual({k for k in ice if ice[k] != udp[k]}, set())
            self.assertEqual(answers["ice"], answers["udp"])
            playing = answers["ice"][-1]
            if end == "src":
                self.assertIn("seekable=(boolean)false", playing["new_seeking time"])
                self.assertIn("duration=(gint64)-1", playing["new_duration time"])
            self.assertTrue(playing["position time"])

    def test_scheduling(self):
        """Push mode only, in order."""
        answers = {}
        for kind in RECEIVERS:
            call = Call(self, kind)
            call.receiver.set_state(Gst.State.READY)
            query = Gst.Query.new_scheduling()
            self.assertTrue(call.src.get_static_pad("src").query(query))
            modes = [mode.value_nick for mode in (Gst.PadMode.PUSH, Gst.PadMode.PULL)
                     if query.has_scheduling_mode(mode)]
            answers[kind] = (query.parse_scheduling()[0], modes)
        self.assertEqual(answers, dict.fromkeys(RECEIVERS, (Gst.SchedulingFlags.SEQUENTIAL, ["push"])))

    def test_uri(self):
        """The source's; icesrc has none without built-in signalling."""
        for kind, uri in {"ice": "ice://", "udp": "udp://", "srt": "srt://"}.items():
            if kind in RECEIVERS:
                self.assertRegex(ask(Call(self, kind).src, Gst.Query.new_uri()), rf'uri=\(string\)"?{uri}127\.0\.0\.1:')
        self.assertIsNone(ask(Gst.ElementFactory.make("icesrc"), Gst.Query.new_uri()))

    def test_caps(self):
        for kind in "ice", "udp":
            call = Call(self, kind)
            src, snk = call.src.get_static_pad("src"), call.snk.get_static_pad("sink")
            for caps in CAPS[0], DMABUF:
                self.assertTrue(snk.query_accept_caps(caps))
            self.assertTrue(snk.query_caps(None).is_any())
            self.assertTrue(src.query_caps(None).is_any())
            call.src.set_property("caps", CAPS[0])
            call.receiver.set_state(Gst.State.READY)
            self.assertTrue(src.query_caps(None).is_equal(CAPS[0]))
            self.assertTrue(src.query_caps(CAPS[1]).is_empty())
            self.assertTrue(src.query_accept_caps(CAPS[0]))

    def test_allocation(self):
        """Nothing is offered, so video arrives packed: neither could read a stride."""
        for feeder in feed_both(self):
            query = Gst.Query.new_allocation(RAW, True)
            self.assertFalse(feeder.pad.peer_query(query))
            self.assertEqual((query.get_n_allocation_pools(), query.get_n_allocation_metas(),
                              query.get_n_allocation_params()), (0, 0, 0))
            self.assertTrue(feeder.pad.peer_query(Gst.Query.new_drain()))
        call = Call(self, "ice", source=f"videotestsrc num-buffers=1 ! {RAW.to_string()}")
        metas = []
        call.snk.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, lambda _, info: (
            metas.append(info.get_buffer().get_size()), Gst.PadProbeReturn.OK)[1])
        call.play()
        until(lambda: metas, "a picture")
        self.assertEqual(metas, [324 * 240 + 2 * 164 * 120])  # rows of a multiple of 4 bytes

    def test_memory_of_the_source(self):
        """Each buffer has memory of its own, which may be written to, and no meta."""
        iterate = ctypes.CDLL("libgstreamer-1.0.so.0").gst_buffer_iterate_meta
        iterate.argtypes, iterate.restype = [ctypes.c_void_p] * 2, ctypes.c_void_p
        for kind in "ice", "udp":
            call = Call(self, kind, src="retrieve-sender-address=false")
            seen = []
            call.src.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, lambda _, info: (
                seen.append(info.get_buffer()), Gst.PadProbeReturn.OK)[1])
            call.play().push(b"1234" * 100).take()
            buffer, = seen
            self.assertEqual((buffer.n_memory(), buffer.get_size()), (1, 400))
            self.assertTrue(buffer.get_memory(0).is_type("SystemMemory"))
            self.assertFalse(buffer.get_all_memory().mini_object.flags & Gst.MemoryFlags.READONLY)
            self.assertIsNone(iterate(hash(buffer), ctypes.byref(ctypes.c_void_p())), kind)


class TestSource(IceTest):
    def watch(self, call):
        """(name, event or buffer) in the order in which they leave the source."""
        seen = []

        def look(_, info):
            if info.type & Gst.PadProbeType.BUFFER:
                seen.append(("buffer", info.get_buffer()))
            elif info.type & Gst.PadProbeType.BUFFER_LIST:
                buffers = info.get_buffer_list()
                seen.extend(("buffer", buffers.get(i)) for i in range(buffers.length()))
            else:
                seen.append((info.get_event().type.value_nick, info.get_event()))
            return Gst.PadProbeReturn.OK
        call.src.get_static_pad("src").add_probe(
            Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST | Gst.PadProbeType.EVENT_DOWNSTREAM
            | Gst.PadProbeType.EVENT_FLUSH, look)
        return seen

    def start(self, kind, settings=""):
        call = Call(self, kind, src=settings)
        if kind != "srt":  # has no such property
            call.src.set_property("caps", CAPS[0])
        seen = self.watch(call)
        call.play()
        return call, seen

    def test_flags_and_clock(self):
        """A pipeline sends its icesink what it sends to sources: EOS ends a wait."""
        both = [Gst.ElementFlags.SOURCE, Gst.ElementFlags.SINK]
        looked_at = both + [Gst.ElementFlags.PROVIDE_CLOCK, Gst.ElementFlags.REQUIRE_CLOCK, Gst.ElementFlags.INDEXABLE]

        def get_flags(element):
            return [flag for flag in looked_at if int(element.flags) & int(flag)]
        for kind in RECEIVERS:
            call = Call(self, kind)
            self.assertEqual((get_flags(call.src), get_flags(call.snk)), ([both[0]], [both[1]]), kind)
            call.receiver.set_state(Gst.State.READY)
            call.sender.set_state(Gst.State.READY)
            self.assertEqual((get_flags(call.src), get_flags(call.snk)),
                             ([both[0]], both if kind == "ice" else [both[1]]), kind)
            self.assertEqual((call.src.provide_clock(), call.snk.provide_clock()), (None, None))

    def test_state_changes(self):
        """A live source does not preroll. icesink does not either: in a call it would wait for ever."""
        for kind in RECEIVERS:
            call = Call(self, kind)
            call.snk.set_property("async", type(call.snk)().get_property("async"))
            results = [[pipeline.set_state(state).value_nick for state in STATES[:2]]
                       for pipeline in (call.receiver, call.sender)]
            self.assertEqual(results, [["success", "no-preroll"], ["success", "success" if kind == "ice" else "async"]])

    def test_first_events(self):
        events = {}
        for kind in RECEIVERS:
            call, seen = self.start(kind)
            call.push().take()
            events[kind] = [name for name, _ in seen]
            segment = dict(seen)["segment"].parse_segment()
            self.assertEqual((segment.format, segment.start, segment.stop, segment.base), (Gst.Format.TIME, 0, NONE, 0))
            self.assertTrue(dict(seen)["stream-start"].parse_group_id()[0])
            if kind != "srt":
                self.assertTrue(dict(seen)["caps"].parse_caps().is_equal(CAPS[0]))
        self.assertEqual(events["ice"], ["stream-start", "caps", "segment", "buffer"])
        self.assertEqual(events["udp"], events["ice"])
        if "srt" in events:
            self.assertEqual(events["srt"], ["stream-start", "segment", "buffer"])

    def test_timestamps(self):
        """Arrival as running time, in PTS and DTS; nothing else is known."""
        for kind in "ice", "udp":
            call, seen = self.start(kind)
            for i in range(5):
                call.push().take()
            buffers = [buffer for name, buffer in seen if name == "buffer"]
            times = [b.pts for b in buffers]
            self.assertEqual([b.dts for b in buffers], times)
            self.assertEqual(sorted(times), times)
            self.assertLessEqual(times[-1], call.receiver.element.get_current_running_time())
            self.assertGreater(times[-1], times[0])
            self.assertEqual({(b.duration, b.offset, b.offset_end) for b in buffers}, {(NONE, NONE, NONE)})
            self.assertEqual([b.has_flags(Gst.BufferFlags.DISCONT) for b in buffers], [True] + [False] * 4)

    def test_no_timestamps(self):
        for kind in "ice", "udp":
            call, seen = self.start(kind, "do-timestamp=false")
            call.push().take()
            call.push().take()
            self.assertEqual([(b.pts, b.dts) for name, b in seen if name == "buffer"], [(0, 0), (NONE, NONE)], kind)

    def test_flush(self):
        """As an application flushes a live source: datagrams go on, in a new segment."""
        events = {}
        for kind in "ice", "udp":
            call, seen = self.start(kind)
            call.push().take()
            seen.clear()
            with self.within(PROMPT, "flush"):
                self.assertTrue(call.src.send_event(Gst.Event.new_flush_start()))
                self.assertTrue(call.src.send_event(Gst.Event.new_flush_stop(True)))
            call.push().take()
            events[kind] = [(name, name == "buffer" and what.has_flags(Gst.BufferFlags.DISCONT)) for name, what in seen]
        self.assertEqual(events["ice"], events["udp"])
        self.assertEqual([name for name, _ in events["ice"]], ["flush-start", "flush-stop", "segment", "buffer"])

    def test_caps_change(self):
        """Datagrams that come after the change have the new caps; udpsrc's first one has the old ones."""
        order = {}
        for kind in "ice", "udp":
            call, seen = self.start(kind)
            call.push().take()
            seen.clear()
            until(lambda: self.sleeps("src:src"), "it waits")
            call.src.set_property("caps", CAPS[1])
            call.push().take()
            call.push().take()
            order[kind] = [name for name, _ in seen]
            self.assertTrue(dict(seen)["caps"].parse_caps().is_equal(CAPS[1]))
        self.assertEqual(order, {"ice": ["caps", "buffer", "buffer"], "udp": ["buffer", "caps", "buffer"]})

    def sleeps(self, name):
        """Whether this process's thread of that name does."""
        for task in Path("/proc/self/task").iterdir():
            if (task / "comm").read_text().strip() == name:
                return (task / "stat").read_text().rpartition(")")[2].split()[0] == "S"
        return False

    def test_num_buffers(self):
        """Exactly as many, then EOS, also where many have come at once."""
        for kind in "ice", "udp":
            call, seen = self.start(kind, "num-buffers=5")
            call.receiver["out"].connect("handoff", lambda *_: time.sleep(0.05))
            for i in range(20):
                call.push(b"%d" % i)
            call.receiver.wait(EOS)
            names = [name for name, _ in seen]
            self.assertEqual((names.count("buffer"), names[-1]), (5, "eos"), kind)
            self.assertEqual(call.take(5), [b"%d" % i for i in range(5)])
            if kind == "ice":
                self.assertEqual(get_stats(call.src)["icesrc"]["buffers-pushed"], 5)

    def test_upstream_events(self):
        """What downstream asks for: a source of datagrams cannot do any of it, but takes reports."""
        answers = {}
        for kind in RECEIVERS:
            call = Call(self, kind)
            call.receiver.play()
            pad = call.src.get_static_pad("src")
            answers[kind] = {name: pad.send_event(event) for name, event in (
                ("qos", Gst.Event.new_qos(Gst.QOSType.UNDERFLOW, 0.5, 0, 0)),
                ("latency", Gst.Event.new_latency(20 * MS)),
                ("reconfigure", Gst.Event.new_reconfigure()),
                ("force-key-unit", Gst.Event.new_custom(
                    Gst.EventType.CUSTOM_UPSTREAM, Gst.Structure.new_empty("GstForceKeyUnit"))),
                ("navigation", Gst.Event.new_navigation(Gst.Structure.new_empty("application/x-gst-navigation"))),
                ("seek", Gst.Event.new_seek(1, Gst.Format.TIME, Gst.SeekFlags.FLUSH, Gst.SeekType.SET, 0,
                                            Gst.SeekType.NONE, 0)))}
        for kind in RECEIVERS:
            self.assertEqual(answers[kind], {"qos": True, "latency": True, "reconfigure": True, "force-key-unit": False,
                                             "navigation": False, "seek": False}, kind)

    def test_reconfigure(self):
        """It negotiates again, and the stream goes on with the same caps."""
        for kind in "ice", "udp":
            call, seen = self.start(kind)
            call.push().take()
            seen.clear()
            call.src.get_static_pad("src").send_event(Gst.Event.new_reconfigure())
            call.push().take()
            call.push().take()
            self.assertEqual([name for name, _ in seen if name != "caps"], ["buffer", "buffer"], kind)
            self.assertTrue(call.src.get_static_pad("src").get_current_caps().is_equal(CAPS[0]))

    def test_events_of_the_application(self):
        """Sent to the source they go downstream, in order with the data; EOS at once."""
        for kind in "ice", "udp":
            call, seen = self.start(kind)
            call.push().take()
            tags = Gst.TagList.new_empty()
            tags.add_value(Gst.TagMergeMode.REPLACE, Gst.TAG_TITLE, "a call")
            self.assertTrue(call.src.send_event(Gst.Event.new_tag(tags)))
            call.push().take()
            call.push().take()
            names = [name for name, _ in seen]
            self.assertIn("tag", names)
            with self.within(PROMPT, "EOS"):
                self.assertTrue(call.src.send_event(Gst.Event.new_eos()))
                call.receiver.wait(EOS)
            self.assertEqual(seen[-1][0], "eos")


class TestSink(IceTest):
    def test_properties(self):
        """The defaults of the base classes' properties, as those of udpsrc and udpsink, but for three."""
        def differing(ours, theirs, base):
            ours, theirs = Gst.ElementFactory.make(ours), Gst.ElementFactory.make(theirs)
            return {spec.name: (ours.get_property(spec.name), theirs.get_property(spec.name))
                    for spec in GObject.list_properties(GObject.type_from_name(base))
                    if spec.name not in ("name", "stats")
                    and ours.get_property(spec.name) != theirs.get_property(spec.name)}
        for peer in RECEIVERS[1:]:
            self.assertEqual(differing("icesrc", f"{peer}src", "GstBaseSrc"),
                             {"do-timestamp": (True, False)} if peer == "srt" else {})
            self.assertEqual(differing("icesink", f"{peer}sink", "GstBaseSink"), {
                "async": (False, True), "enable-last-sample": (False, True), "processing-deadline": (0, 20 * MS)})

    def test_pool_of_one_buffer(self):
        """A sent buffer is back in its pool at once; a last sample would keep it, as udpsink's does."""
        counts = []
        for feeder in feed_both(self):
            pool = Gst.BufferPool.new()
            config = pool.get_config()
            Gst.BufferPool.config_set_params(config, None, 100, 1, 1)
            self.assertTrue(pool.set_config(config) and pool.set_active(True))
            params = Gst.BufferPoolAcquireParams()
            params.flags = Gst.BufferPoolAcquireFlags.DONTWAIT
            count = 0
            while count < 3:
                flow, buffer = pool.acquire_buffer(params)
                if flow != Gst.FlowReturn.OK:
                    break
                self.assertEqual(feeder.pad.push(buffer), Gst.FlowReturn.OK)
                del buffer
                count += 1
            pool.set_active(False)
            counts.append(count)
        self.assertEqual(counts, [3, 1])

    def test_memories(self):
        """Several, parts of them, a file's, a DMABuf's, read-only, none."""
        def parts():
            buffer = Gst.Buffer.new_wrapped(b"0123456789")
            buffer.append_memory(Gst.Buffer.new_wrapped(b"abc").get_memory(0))
            buffer.resize(2, 9)
            return buffer

        def cut(kind):
            buffer = ALLOCATORS.make_buffer(b"x" * 100 + kind.encode() + b"y" * 5000, kind)
            buffer.resize(100, len(kind))
            return buffer

        def read_only():
            buffer = ALLOCATORS.make_buffer(b"read only", "fd", os.O_RDONLY)
            buffer.peek_memory(0).mini_object.flags |= Gst.MemoryFlags.READONLY
            return buffer
        for kind in "ice", "udp":
            call = Call(self, kind).connect()
            for make, data in ((parts, b"23456789a"), (lambda: cut("dmabuf"), b"dmabuf"), (lambda: cut("fd"), b"fd"),
                               (read_only, b"read only")):
                call.push(make())
                self.assertEqual(call.take(), [data], kind)
            call.push(Gst.Buffer.new()).push(b"next")  # udpsrc drops an empty one
            self.assertEqual(call.take(), [b""] if kind == "ice" else [b"next"])

    def test_unmappable(self):
        """An error that names the memory and the cure (udpsink of GStreamer 1.22 sends what it did not map)."""
        call = Call(self, "ice").connect()
        for sent in ALLOCATORS.make_buffer(b"x", "dmabuf", os.O_WRONLY), None:
            if sent is None:  # in a list
                sent = Gst.BufferList.new()
                sent.insert(-1, Gst.Buffer.new_wrapped(b"x"))
                sent.insert(-1, ALLOCATORS.make_buffer(b"x", "fd", os.O_WRONLY))
                call = Call(self, "ice").connect()
                call.sender["in"].emit("push-buffer-list", sent)
            else:
                call.push(sent)
            message = until(lambda: [m for m in iter(call.sender.bus.pop, None) if ERROR(m)], "an error")[0]
            self.assertRegex(error_text(message),
                             r"a buffer cannot be sent: its memory \((dmabuf|fd)\) cannot be mapped for reading; copy "
                             "or download it to system memory before icesink")
            self.assertTrue(message.parse_error()[0].matches(Gst.ResourceError.quark(), Gst.ResourceError.READ))
            call.sender.stop()

    def test_large(self):
        """Both warn and go on."""
        for kind in "ice", "udp":
            call = Call(self, kind).connect()
            call.push(b"x" * 70000).push(b"next")
            self.assertEqual(call.take(), [b"next"])
            call.sender.wait(WARNING)
            self.assertEqual(call.sender.errors(), [])
            if kind == "ice":
                self.assertEqual(get_stats(call.snk)["transport-0-1"]["packets-discarded-on-send"], 1)

    def test_lists(self):
        for kind in "ice", "udp":
            call = Call(self, kind).connect()
            push_list(call.sender["in"], (b"%d" % i for i in range(100)))
            self.assertEqual(call.take(100), [b"%d" % i for i in range(100)])

    def test_events(self):
        """The same events, the same answers and messages; the stream goes on after each."""
        tags = Gst.TagList.new_empty()
        tags.add_value(Gst.TagMergeMode.REPLACE, Gst.TAG_TITLE, "a call")
        later = Gst.Segment.new()
        later.init(Gst.Format.TIME)
        later.base = later.start = Gst.SECOND
        events = [Gst.Event.new_tag(tags), Gst.Event.new_caps(CAPS[1]), Gst.Event.new_gap(0, Gst.SECOND),
                  Gst.Event.new_segment(later), Gst.Event.new_stream_group_done(1),
                  Gst.Event.new_segment_done(Gst.Format.TIME, Gst.SECOND),
                  Gst.Event.new_sink_message("hello", Gst.Message.new_application(None, Gst.Structure.new_empty("x"))),
                  Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, Gst.Structure.new_empty("x")),
                  Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM_OOB, Gst.Structure.new_empty("x")),
                  Gst.Event.new_flush_start(), Gst.Event.new_flush_stop(True), Gst.Event.new_segment(later),
                  Gst.Event.new_eos()]
        results = []
        for feeder in feed_both(self):
            feeder.pad.push(Gst.Buffer.new_wrapped(b"x"))
            feeder.messages()
            result = []
            for event in events:
                kind = event.type.value_nick
                taken = feeder.pad.push_event(event)
                flow = kind == "flush-stop" or feeder.pad.push(Gst.Buffer.new_wrapped(b"x")).value_nick
                result.append((kind, taken, flow, feeder.messages()))
            results.append(result)
        self.assertEqual(results[0], results[1])
        by_event = {kind: messages for kind, _, _, messages in results[0]}
        self.assertEqual([by_event[kind] for kind in ("tag", "sink-message", "eos")],
                         [["tag"], ["application"], ["eos"]])
        self.assertEqual([flow for _, _, flow, _ in results[0] if flow not in ("ok", True)], ["flushing", "eos"])

    def test_qos(self):
        """With qos=true, of late buffers: the event upstream, and the message where one is dropped."""
        for settings, kind in ({"max_lateness": 10 * MS}, "underflow"), ({"throttle_time": 10 * MS}, "throttle"):
            seen = []
            for feeder in feed_both(self, sync="true", qos="true", **settings):
                until(lambda: feeder.pipeline.element.get_current_running_time() > 200 * MS, "it is late")
                feeder.messages()
                for _ in range(3):
                    buffer = Gst.Buffer.new_wrapped(b"x")
                    buffer.pts, buffer.duration = 0, 0
                    feeder.pad.push(buffer)
                stats = feeder.sink.get_property("stats")
                seen.append((feeder.seen, feeder.messages(), stats.get_uint64("rendered")[1],
                             stats.get_uint64("dropped")[1]))
            self.assertEqual(seen[0], seen[1])
            events, messages, rendered, dropped = seen[0]
            self.assertIn(f"qos {kind}", events)
            self.assertGreater(dropped, 0)
            self.assertEqual((messages.count("qos"), rendered + dropped), (dropped, 3))

    def test_max_bitrate(self):
        """Of a sink that synchronizes."""
        for feeder in feed_both(self, sync="true", max_bitrate=80000):
            start = time.monotonic()
            now = feeder.pipeline.element.get_current_running_time()
            for i in range(4):
                buffer = Gst.Buffer.new_wrapped(b"x" * 1000)
                buffer.pts = now + i
                self.assertEqual(feeder.pad.push(buffer), Gst.FlowReturn.OK)
            self.assertGreater(time.monotonic() - start, 0.25)

    def test_flush_in_a_call(self):
        """Nothing of it is lost but what was flushed."""
        for kind in "ice", "udp":
            call = Call(self, kind).connect()
            for _ in range(3):
                call.sender["in"].send_event(Gst.Event.new_flush_start())
                call.sender["in"].send_event(Gst.Event.new_flush_stop(True))
                self.assertEqual(call.push(b"after").take(), [b"after"], kind)


class TestWaitingSink(IceTest):
    """icesink, or srtsink, without a peer, in a wait for it."""

    def wait_each(self):
        for kind in ["ice"] + ["srt"] * HAVE_SRT:
            end = f"icesink {LOOPBACK}"
            if kind == "srt":
                end = f"srtsink uri=srt://127.0.0.1:{free_port(socket.SOCK_DGRAM)}?mode=listener async=false"
            sender = self.pipeline(f"appsrc name=in format=time is-live=true ! {end} name=snk").play()
            for data in b"waits", b"next":
                sender["in"].emit("push-buffer", Gst.Buffer.new_wrapped(data))
            until(lambda: sender["in"].get_property("current-level-bytes") == len(b"next"), "it waits")
            yield sender
            sender.stop()

    def test_queries_while_waiting(self):
        for sender in self.wait_each():
            snk = sender["snk"]
            with self.within(PROMPT, "queries"):
                self.assertEqual(ask_latency(snk)[0], True)
                self.assertTrue(ask_all(snk)["position time"])
                self.assertEqual(snk.get_state(0)[:2], (Gst.StateChangeReturn.SUCCESS, Gst.State.PLAYING))
                self.assertTrue(snk.get_static_pad("sink").query_accept_caps(CAPS[0]))
                snk.set_property("sync", False)
                snk.set_property("ts-offset", 1)
                snk.get_property("last-sample")
            self.assertEqual(sender["in"].get_property("current-level-bytes"), 4)  # it still waits

    def test_events_while_waiting(self):
        """Those that need no place in the stream are taken at once."""
        for sender in self.wait_each():
            with self.within(PROMPT, "events"):
                self.assertTrue(sender["snk"].send_event(Gst.Event.new_latency(20 * MS)))
                self.assertTrue(sender["snk"].get_static_pad("sink").send_event(Gst.Event.new_custom(
                    Gst.EventType.CUSTOM_DOWNSTREAM_OOB, Gst.Structure.new_empty("x"))))
                for _ in range(3):
                    sender["in"].send_event(Gst.Event.new_flush_start())
                    sender["in"].send_event(Gst.Event.new_flush_stop(True))

    def test_states_while_waiting(self):
        for sender in self.wait_each():
            for state in Gst.State.PAUSED, Gst.State.PLAYING, Gst.State.PAUSED, Gst.State.READY, Gst.State.NULL:
                with self.within(PROMPT, state.value_nick):
                    self.assertNotEqual(sender.set_state(state), Gst.StateChangeReturn.FAILURE)
                    self.assertEqual(sender.element.get_state(PROMPT * Gst.SECOND).state, state)


class TestTable(IceTest):
    def test_every_row_has_a_test(self):
        page = (ROOT / "docs/design.md").read_text()
        section = re.search(r"^## As a GStreamer application sees the elements$(.*?)^## ", page, re.M | re.S).group(1)
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in section.splitlines() if line.startswith("| ")][1:]
        named = [re.findall(r"`(test_\w+)`", row[-1]) for row in rows]
        self.assertEqual([row[0] for row, names in zip(rows, named) if not names], [])
        here = {name for kind in (TestQueries, TestSource, TestSink, TestWaitingSink)
                for name in dir(kind) if name.startswith("test_")}
        self.assertEqual({name for names in named for name in names}, here)


if __name__ == "__main__":
    main()
