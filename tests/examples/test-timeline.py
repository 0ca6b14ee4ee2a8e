#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""timeline.py: what is in the SVG of a call with a dead candidate and a restart,
of one call after another, of a pipeline that fails, of the traffic, and that
nobody's password is."""

import os
import resource
import signal
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE)]
from icetest import EOS, LOOPBACK, PATIENCE, Gst, IceTest, element_message, free_port, main, signal_to  # noqa: E402
from timeline import MAX_LINES, Recorder, Timeline, clean  # noqa: E402
from timelinepicture import Picture  # noqa: E402

PROGRAM = [sys.executable, str(HERE / "timeline.py")]
MEDIA = "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"
DEAD = "candidate:9 1 UDP 1 127.0.0.1 {} typ host"
SVG = "{http://www.w3.org/2000/svg}"
KEEP = os.environ.get("ICE_TEST_PICTURES")  # a folder, to look at them


class Drawing:
    """The texts of an SVG, and the names of its groups."""

    def __init__(self, path):
        self.root = ElementTree.parse(path).getroot()
        self.texts = ["".join(text.itertext()).strip() for text in self.root.iter(f"{SVG}text")]
        self.groups = {group.get("id") for group in self.root.iter(f"{SVG}g")}
        self.all = Path(path).read_text()


class TestTimeline(IceTest):
    def draw(self, recorder, name, title=None):
        path = self.path(name + ".svg")
        recorder.write(path, title)
        if KEEP:
            recorder.write(os.path.join(KEEP, name + ".svg"), title)
        drawing = Drawing(path)
        self.assertEqual(drawing.root.tag, f"{SVG}svg")
        return drawing

    def make_call(self):
        """Two ends of this process, recorded, with a candidate that nobody has."""
        ends = [self.pipeline(f"{MEDIA} ! icesink name=ice sync=false {LOOPBACK} role=controlling"),
                self.pipeline(f"icesrc name=ice {LOOPBACK} role=controlled ! fakesink async=false sync=false")]
        recorder = Recorder(ends[0].bus)
        self.addCleanup(recorder.stop)
        for end in ends:
            end.set_state(Gst.State.READY)
        here, there = (end["ice"] for end in ends)
        dead = DEAD.format(free_port())
        self.assertTrue(here.emit("add-ice-candidate", 0, dead))
        self.assertEqual(signal_to(here, there) + signal_to(there, here), [])
        for end in ends:
            end.play()
        ends[0].wait(element_message("ice-connection-state", new="completed"))
        return ends, recorder, dead.split()[5]

    def restart(self, ends):
        here, there = (end["ice"] for end in ends)
        self.assertTrue(here.emit("restart"))
        there.emit("set-remote-credentials", 0, here.get_property("local-ufrag"), here.get_property("local-pwd"))
        here.emit("set-remote-credentials", 0, there.get_property("local-ufrag"), there.get_property("local-pwd"))
        ends[0].wait(element_message("ice-connection-state", old="completed", new="connected", reason="restart"))
        ends[0].wait(element_message("ice-connection-state", new="completed"))

    def passwords(self, ends):
        return {end["ice"].get_property(f"{side}-pwd") for end in ends for side in ("local", "remote")}

    def test_call(self):
        ends, recorder, dead = self.make_call()
        name = ends[0]["ice"].get_name()
        secrets = self.passwords(ends)
        self.wait_for_pair(ends[0], dead, "failed")
        self.restart(ends)
        secrets |= self.passwords(ends)
        for end in ends:
            end.stop()
        recorder.stop()
        drawing = self.draw(recorder, "call", "the call of $5")
        self.assert_contains("\n".join(drawing.texts),
                             "the call of $5", "ice: at last completed", "seconds since the recording began",
                             "round-trip time (ms)", "session", "stream 0 component 1", "gathering",
                             "local candidates", "remote candidates", f"→ 127.0.0.1:{dead}", "failed",
                             "completed (", "succeeded", "selected pair 127.0.0.1:", "restart",
                             "new → checking (checks)", "checking → connected (checks)",
                             "completed → connected (restart)", "stream 0: restart, a new generation")
        states = "new", "checking", "connected", "completed", "closed"
        self.assertEqual({group for group in drawing.groups if group and group.startswith(f"{name}/session")},
                         {f"{name}/session/{state}" for state in states})
        pairs = {group.split("/")[1] for group in drawing.groups if group and "/pair-" in group}
        lost, = (pair for pair in pairs if pair.endswith(f"-{dead}"))
        good = pairs - {lost}  # one of each generation
        self.assertEqual(len(good), 2)
        self.assert_has(drawing, f"{name}/{lost}/in-progress", f"{name}/{lost}/failed",
                        *(f"{name}/{pair}/{what}" for pair in good for what in ("succeeded", "selected", "nominated")),
                        f"{name}/gathering/complete",
                        f"{name}/local-candidates/host", f"{name}/remote-candidates/host", f"{name}/restart",
                        f"{name}/transport-0-1/completed", f"round-trip-time/{name}-stream-0-component-1")
        self.assertNotIn(f"{name}/{lost}/succeeded", drawing.groups)
        self.assertEqual(len(secrets), 4)
        for secret in secrets:
            self.assertNotIn(secret, drawing.all)

    def wait_for_pair(self, pipeline, port, state):
        def match(message):
            structure = message.get_structure()
            if not element_message("ice-candidate-pair")(message):
                return False
            pair = structure.get_value("pair")
            return (pair.get_value("state").value_nick == state
                    and pair.get_value("remote-port") == int(port))
        pipeline.wait(match)

    def assert_has(self, drawing, *groups):
        for group in groups:
            self.assertIn(group, drawing.groups)

    def test_one_agent_is_one_session(self):
        """The reporting element: icesrc when icesink has left."""
        one = f"connection-id=timeline {LOOPBACK}"
        pipeline = self.pipeline(f"{MEDIA} ! icesink name=sink {one} icesrc name=src {one} ! fakesink async=false")
        recorder = Recorder(pipeline.bus)
        self.addCleanup(recorder.stop)
        pipeline.play()
        pipeline.wait(element_message("ice-gathering-state", new="complete"))
        pipeline.stop()
        recorder.stop()
        texts = self.draw(recorder, "shared").texts
        self.assertEqual([text for text in texts if "at last" in text], ["sink: at last new"])
        self.assertIn("new → closed (closed)", texts)

    def test_elements_of_one_name(self):
        """In two bins: two sessions, and candidates of the other one are no restart."""
        pipeline = self.pipeline(f"( name=a fakesrc ! icesink name=ice {LOOPBACK} ) "
                                 f"( name=b icesrc name=ice {LOOPBACK} ! fakesink )")
        recorder = Recorder(pipeline.bus)
        self.addCleanup(recorder.stop)
        pipeline.play()
        for _ in range(2):
            pipeline.wait(element_message("ice-gathering-state", new="complete"))
        pipeline.stop()
        recorder.stop()
        sessions = Timeline(recorder._events, recorder._end).sessions
        self.assertIn(set(sessions), ({"ice", "a/ice"}, {"ice", "b/ice"}))
        self.assertEqual([session.restarts for session in sessions.values()], [[], []])
        self.draw(recorder, "names")

    def test_program(self):
        uri = f"signalling-uri=tcp://127.0.0.1:{free_port()}"
        line = (f"{MEDIA.replace('samples', 'num-buffers=20 samples')} ! icesink {LOOPBACK} {uri}?mode=caller "
                f"icesrc {LOOPBACK} {uri}?mode=listener ! fakesink async=false sync=false")
        process = self.run_line([*PROGRAM, "-o", self.path("it.svg"), line])
        self.assert_ends_well(process)
        self.assertIn("it.svg has the timeline", process.text)
        drawing = Drawing(self.path("it.svg"))
        self.assert_contains("\n".join(drawing.texts), "ICE timeline", "icesink0: at last completed",
                             "icesrc0: at last completed", "end of stream", "completed → closed (closed)")

    def test_program_stops_in_time(self):
        process = self.run_line([*PROGRAM, "-o", self.path("it.svg"), "--seconds", "0.3", "--title", "short",
                                 "audiotestsrc is-live=true ! icesink", LOOPBACK])
        self.assert_ends_well(process)
        self.assert_contains("\n".join(Drawing(self.path("it.svg")).texts), "short", "icesink0: at last new")

    def test_live(self):
        """The picture is there while the program runs, whole, and a later one has more."""
        path = self.path("it.svg")
        process = self.run_line([*PROGRAM, "-o", path, "--live", "0.2", "audiotestsrc is-live=true ! icesink", LOOPBACK])
        seen, deadline = [], time.monotonic() + PATIENCE
        while len(seen) < 3 and time.monotonic() < deadline:
            if os.path.exists(path) and (now := os.stat(path).st_mtime_ns) not in seen:
                seen.append(now)
                self.assertIn("icesink0: at last new", Drawing(path).texts)
            time.sleep(0.02)
        self.assertEqual(len(seen), 3)
        self.assertTrue(process.runs())
        process.signal(signal.SIGINT)
        self.assert_ends_well(process)
        self.assertIn("new → closed (closed)", Drawing(path).texts)
        self.assertEqual(os.listdir(self.dir), ["it.svg"])

    def test_program_fails(self):
        process = self.run_line([*PROGRAM, "-o", self.path("it.svg"), "icesrc", LOOPBACK, "!", "fakesink",
                                 f"icesink signalling-uri=tcp://127.0.0.1:{free_port()}?mode=caller&timeout=1"])
        self.assertEqual(process.wait(), 1, process.text)
        drawing = Drawing(self.path("it.svg"))
        error, = (text for text in drawing.texts if text.startswith("error: "))
        self.assertIn(error[7:], process.text)
        self.assertTrue(any(group and group.endswith("/error") for group in drawing.groups))

    def test_no_pipeline(self):
        process = self.run_line([*PROGRAM, "-o", self.path("it.svg"), "icesrc ! nothing-like-that"])
        self.assertEqual(process.wait(), 1)
        self.assertIn("That is no pipeline", process.text)
        self.assertFalse(os.path.exists(self.path("it.svg")))

    def test_output_that_cannot_be_written(self):
        """One line before the pipeline starts, which would run until it is stopped, and no other file."""
        os.mkdir(self.path("folder.svg"))
        for name, reason in (("none/call.svg", "No such file or directory"), ("folder.svg", "Is a directory"),
                             ("call.xyz", "xyz is no format of a picture; .svg, .png and .pdf are"),
                             ("call", "its name has no ending; .svg, .png and .pdf are")):
            path = self.path(name)
            process = self.run_line([*PROGRAM, "-o", path, "audiotestsrc is-live=true ! icesink", LOOPBACK])
            self.assertEqual(process.wait(), 2, process.text)
            self.assertEqual(process.text, f"{path} cannot be written: {reason}\n")
            self.assertEqual(os.listdir(self.dir), ["folder.svg"])

    def test_output_that_is_gone(self):
        """One line, at the end or at the next --live; GStreamer would complain if the pipeline were not in NULL."""
        for live in [], ["--live", "0.2"]:
            folder, started = self.path(f"folder{len(live)}"), self.path(f"started{len(live)}")
            os.mkdir(folder)
            path = os.path.join(folder, "it.svg")
            process = self.run_line([*PROGRAM, "-o", path, *live, f"audiotestsrc is-live=true ! tee name=t ! queue ! "
                                     f"icesink {LOOPBACK} t. ! queue ! filesink location={started}"])
            deadline = time.monotonic() + PATIENCE
            while not os.path.exists(started) and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertTrue(os.path.exists(started), process.text)
            os.rename(folder, folder + "-gone")
            if not live:
                process.signal(signal.SIGINT)
            self.assertEqual(process.wait(), 1, process.text)
            self.assertEqual(process.text, f"{path} cannot be written: No such file or directory\n")

    def test_half_a_picture(self):
        """Of a picture that cannot be written as a whole nothing remains, and the last one is still there."""
        recorder = Recorder(self.pipeline("fakesrc ! fakesink").bus)
        self.addCleanup(recorder.stop)
        path = self.path("it.svg")
        recorder.write(path)
        whole = Path(path).read_bytes()
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # Python ignores SIGXFSZ
        try:
            with self.assertRaises(OSError):
                recorder.write(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        for name, error in ("it", ValueError), ("it.xyz", ValueError), ("none/it.svg", OSError):
            with self.assertRaises(error):
                recorder.write(self.path(name))
        self.assertEqual(os.listdir(self.dir), ["it.svg"])
        self.assertEqual(Path(path).read_bytes(), whole)

    def test_no_reports(self):
        pipeline = self.pipeline("fakesrc num-buffers=1 ! fakesink")
        recorder = Recorder(pipeline.bus)
        pipeline.play()
        pipeline.stop()
        recorder.stop()
        self.assert_contains("\n".join(self.draw(recorder, "nothing").texts), "no element reported anything of ICE",
                             "none was measured")

    def draw_events(self, name, events, end):
        path = self.path(name + ".svg")
        Picture(Timeline(events, end), name).write(path)
        if KEEP:
            Picture(Timeline(events, end), name).write(os.path.join(KEEP, name + ".svg"))
        return Drawing(path)

    @staticmethod
    def state(now, old, new, reason="checks"):
        fields = {"old": old, "new": new, "reason": reason}
        return [(now, "snk", "ice-transport-state", {"stream": 0, "component": 1, **fields}),
                (now, "snk", "ice-connection-state", fields)]

    @staticmethod
    def stats(now, sent, received=0, discarded=0):
        entry = {"type": "transport", "stream": 0, "component": 1, "packets-sent": sent, "bytes-sent": 1000 * sent,
                 "packets-received": received, "bytes-received": 500 * received, "packets-discarded-on-send": discarded}
        return now, "snk", "stats", {"asked": now, "entries": {"transport-0-1": entry}}

    @staticmethod
    def pair(now, remote, port, state, nominated=False):
        fields = {"id": f"pair-0-1-0-udp-10.0.0.1-5000-{remote}-{port}", "state": state, "nominated": nominated,
                  "local-address": "10.0.0.1", "local-port": 5000, "remote-address": remote, "remote-port": port,
                  "local-type": "host", "remote-type": "host", "protocol": "udp",
                  "remote-candidate": f"candidate:1 1 UDP 1 {remote} {port} typ host"}
        return now, "snk", "ice-candidate-pair", {"stream": 0, "component": 1, "pair": fields}

    @staticmethod
    def candidates(*texts):
        entries = {f"r{i}": {"type": "remote-candidate", "candidate": text} for i, text in enumerate(texts)}
        return [(0.1, "snk", "ice-candidate", {"stream": 0, "candidate": "candidate:1 1 UDP 9 10.0.0.1 5000 typ host"}),
                (0.2, "snk", "stats", {"asked": 0.2, "entries": entries})]

    def test_traffic(self):
        """Packets and bits in a second; looks that follow each other closely are counted together."""
        events = self.state(0.1, "new", "connected") + [self.stats(1, 0), self.stats(1.1, 50), self.stats(2, 100, 10),
                                                        self.stats(3, 100, 20, 5), self.stats(4, 100, 20, 5)]
        traffic = Timeline(events, 5).sessions["snk"].traffic[0, 1]
        self.assertEqual(traffic.rates("packets-sent", None), [(1, 2, 100), (2, 3, 0), (3, 4, 0)])
        self.assertEqual(traffic.rates("bytes-received", None), [(1, 2, 5000), (2, 3, 5000), (3, 4, 0)])
        self.assertEqual(traffic.rates("packets-sent", 1.5), [(1, 1.5, 100)])
        drawing = self.draw_events("traffic", events, 5)
        label = "snk-stream-0-component-1"
        self.assert_has(drawing, *(f"{name}/{label}" for name in (
            "packets-sent", "packets-received", "packets-discarded-on-send", "bytes-sent", "bytes-received")))
        self.assert_contains("\n".join(drawing.texts), "packets / s", "kbit / s", "snk stream 0 component 1 not sent")
        # a call without media has no room for it
        drawing = self.draw_events("no-traffic", events[:2] + [self.stats(1, 0), self.stats(2, 0)], 5)
        self.assertNotIn("packets / s", drawing.texts)

    def failed_call(self):
        return [*self.candidates("candidate:1 1 UDP 1 10.0.0.2 6000 typ host", "candidate:2 1 UDP 1 fd00::2 6000 typ host",
                                 "candidate:3 1 TCP 1 10.0.0.2 6001 typ host tcptype passive",
                                 "candidate:4 2 UDP 1 10.0.0.2 6002 typ host",
                                 "candidate:5 1 UDP 1 0b1c.local 6003 typ host"),
                *self.state(0.3, "new", "checking"), self.pair(0.3, "10.0.0.2", 6000, "in-progress"),
                self.pair(2, "10.0.0.2", 6000, "failed"), (5, "snk", "error", {"text": "ICE failed: do that"}),
                *self.state(5, "checking", "failed", "checks-exhausted"),
                (5.01, "source", "error", {"text": "Internal data stream error."}), (5.02, "pipeline", "eos", {}),
                *self.state(8, "failed", "closed", "closed")]

    def test_failed(self):
        """Its end is red, each candidate of the peer has its verdict, and nothing else follows the error."""
        drawing = self.draw_events("failed", self.failed_call(), 9)
        texts = drawing.texts
        lines = [(text, kind) for _, _, text, _, kind in Timeline(self.failed_call(), 9).words()[0]]
        at = lines.index(("checking → failed (checks-exhausted)", "error"))
        self.assertEqual({kind for _, kind in lines[at:]}, {"error"})
        self.assertEqual(
            [text for text, _ in lines[at + 1:]],
            ["error: ICE failed: do that", "remote candidate host udp 10.0.0.2 6000: failed",
             "remote candidate host udp fd00::2 6000: not paired: we have no IPv6 candidate",
             "remote candidate host tcp 10.0.0.2 6001: not paired: we have no tcp candidate",
             "remote candidate host udp 10.0.0.2 6002: not paired: no element has component 2",
             "remote candidate host udp 0b1c.local 6003: not paired: its name was not looked up, or not found"])
        self.assertLessEqual({text for text, _ in lines if "component 1:" not in text}, set(texts))
        self.assert_contains("\n".join(texts), "→ [fd00::2]:6000 (host, udp)", "snk: at last failed (checks-exhausted)")
        title, = (text for text in drawing.root.iter(f"{SVG}text") if "at last" in "".join(text.itertext()))
        self.assertIn("fill: #c00000", ElementTree.tostring(title, encoding="unicode"))
        self.assert_has(drawing, "snk/session/failed", "snk/transport-0-1/failed")
        self.assertNotIn("snk/session/closed", drawing.groups)
        session = Timeline(self.failed_call(), 9).sessions["snk"]
        self.assertEqual(session.over(), (5, "failed"))

    def test_error_before_a_connection(self):
        """As of a signalling line that nobody answers."""
        events = [*self.candidates(), (2, "snk", "error", {"text": "nobody answers"}),
                  *self.state(2.01, "new", "closed", "closed")]
        drawing = self.draw_events("error", events, 2.02)
        self.assert_contains("\n".join(drawing.texts), "snk: error, at last new", "none has come from the peer",
                             "error: nobody answers")
        self.assert_has(drawing, "snk/session/error")
        self.assertNotIn("new → closed (closed)", drawing.texts)

    def test_error_that_does_not_end_it(self):
        """A call that was restarted after it failed, and one whose other element has an error, are not red."""
        events = [*self.failed_call()[:-4], *self.state(6, "failed", "checking", "restart"),
                  *self.state(7, "checking", "connected"), *self.state(8, "connected", "closed", "closed")]
        self.assertEqual(Timeline(events, 9).sessions["snk"].over(), (None, ""))
        drawing = self.draw_events("restarted", events, 9)
        self.assert_has(drawing, "snk/session/failed", "snk/session/connected", "snk/session/closed")
        self.assertIn("connected → closed (closed)", drawing.texts)
        events = [*self.state(1, "new", "connected"), (2, "other", "error", {"text": "odd"})]
        self.assertEqual(Timeline(events, 3).sessions["snk"].over(), (None, ""))

    def record_calls(self):
        """Two calls of a listener with keep=true; the recorder, and the name of icesrc."""
        uri = f"signalling-uri=tcp://127.0.0.1:{free_port()}"
        receiver = self.pipeline(f"icesrc name=ice {LOOPBACK} {uri}?mode=listener&keep=true ! fakesink async=false")
        recorder = Recorder(receiver.bus)
        self.addCleanup(recorder.stop)
        receiver.play()
        for call in 1, 2:
            receiver.wait(element_message("ice-gathering-state", new="complete"))  # it listens by then
            sender = self.pipeline(f"{MEDIA.replace('samples', 'num-buffers=20 samples')} ! "
                                   f"icesink {LOOPBACK} {uri}?mode=caller").play()
            sender.wait(EOS)
            sender.stop()
            receiver.wait(element_message("ice-call-ended", call=call, reason="bye"))
            receiver.wait(element_message("ice-connection-state", new="new", reason="next-call"))
        receiver.stop()
        recorder.stop()
        return recorder, receiver["ice"].get_name()

    def test_next_call(self):
        """What belongs to a call ends with it, and the next call is no restart."""
        recorder, name = self.record_calls()
        drawing = self.draw(recorder, "calls")
        following = "next call: a new ICE session, in no relation to the one before"
        lines = [f"call {call} ended (bye)" for call in (1, 2)]
        self.assertEqual([text for text in drawing.texts if text in [*lines, following]][-4:],
                         [lines[0], following, lines[1], following])
        self.assert_has(drawing, f"{name}/call-ended", f"{name}/next-call")
        self.assertNotIn(f"{name}/restart", drawing.groups)
        self.assertNotIn("restart, ", "\n".join(drawing.texts))
        session = Timeline(recorder._events, recorder._end).sessions[name]
        self.assertEqual([(number, reason) for _, number, reason in session.calls], [(1, "bye"), (2, "bye")])
        self.assertEqual(session.pairs, {})
        for i, (end, *_) in enumerate(session.calls):
            selected = [pair for pair in session.past_pairs if list(pair.selected.bars(99)) and pair.changed() == end]
            self.assertEqual(len(selected), 1, f"call {i + 1}")
            for track in selected[0].states, selected[0].selected:
                *_, (begin, length, *_) = track.bars(99)
                self.assertAlmostEqual(begin + length, end)

    def test_call_that_failed_and_next_call(self):
        """Only the end of the first one is red; a look at the statistics during that end does not count."""
        old, new = "candidate:1 1 UDP 1 10.0.0.2 6000 typ host", "candidate:1 1 UDP 1 10.0.0.9 6000 typ host"
        _, _, _, late = self.stats(5.2, 300)
        late["entries"]["r"] = {"type": "remote-candidate", "candidate": old}
        late["asked"] = 5.05
        first = [*self.candidates(old), *self.state(0.3, "new", "checking"), self.pair(0.3, "10.0.0.2", 6000, "failed"),
                 (5, "snk", "warning", {"text": "ICE failed: do that"}), *self.state(5, "checking", "failed"),
                 (5.05, "snk", "ice-call-ended", {"call": 1, "reason": "failed", "stats": self.stats(5.05, 200)[3]["entries"]}),
                 *self.state(5.1, "failed", "new", "next-call"),
                 (5.1, "snk", "ice-candidate", {"stream": 0, "candidate": "candidate:1 1 UDP 9 10.0.0.1 5001 typ host ufrag b"}),
                 (5.2, "snk", "stats", late)]
        session = Timeline(first, 9).sessions["snk"]
        self.assertEqual(session.over(), (None, ""))
        self.assertEqual(session.next_calls, [5.1])
        self.assertEqual([c.end for c in session.list_candidates("remote")], ["10.0.0.2:6000"])
        self.assertEqual(list(session.past_pairs[0].states.bars(9))[-1], (0.3, 5.05 - 0.3, "failed", ""))
        self.assertEqual((session.restarts, session.traffic[0, 1].points), ([], []))
        # it lists nothing of the first call when the second one fails
        entries = {"r": {"type": "remote-candidate", "candidate": new}}
        events = [*first, (6, "snk", "stats", {"asked": 6, "entries": entries}), *self.state(6, "new", "checking"),
                  self.pair(6, "10.0.0.9", 6000, "failed"), *self.state(8, "checking", "failed", "checks-exhausted")]
        timeline = Timeline(events, 9)
        self.assertEqual(timeline.sessions["snk"].over(), (8, "failed"))
        self.assertEqual([text for now, _, text, _, _ in timeline.lines if now == 8 and "remote" in text],
                         ["remote candidate host udp 10.0.0.9 6000: failed"])
        drawing = self.draw_events("failed-calls", events, 9)
        self.assert_has(drawing, "snk/call-ended", "snk/next-call")
        self.assertEqual(drawing.texts.count("call 1 ended (failed)"), 2)  # at its line, though the warning is near, and below

    def test_call_that_never_connected(self):
        """The states remain `new`: the next call begins when gathering does. After the last one there is none."""
        gathering = "snk", "ice-gathering-state"
        events = [(0, *gathering, {"old": "new", "new": "gathering"}), (0.1, *gathering, {"old": "gathering", "new": "complete"}),
                  (2, "snk", "ice-call-ended", {"call": 1, "reason": "signalling", "stats": {}}),
                  (2.1, *gathering, {"old": "complete", "new": "gathering"}),
                  (4, "snk", "ice-call-ended", {"call": 2, "reason": "signalling", "stats": {}}),
                  *self.state(4.1, "new", "closed", "closed")]
        session = Timeline(events, 5).sessions["snk"]
        self.assertEqual(session.next_calls, [2.1])
        self.assertEqual([now for now, *_ in session.calls], [2, 4])

    def test_pair_that_is_gone(self):
        """It ends with the first statistics without it, also where they have no pair at all."""
        pair = self.pair(1, "10.0.0.2", 6000, "succeeded")
        events = [*self.state(0.5, "new", "connected"), pair,
                  (1, "snk", "ice-selected-candidate-pair", pair[3]), self.stats(3, 0)]
        found, = Timeline(events, 9).sessions["snk"].pairs.values()
        self.assertEqual(list(found.states.bars(9)), [(1, 2, "succeeded", "")])
        self.assertEqual(list(found.selected.bars(9)), [(1, 2, True, "")])

    def test_text_from_elsewhere(self):
        """No text breaks the picture or shows a secret."""
        self.assertEqual(clean("turn://user:pass:w@rd@host and\x00\x1b"), "turn://user:***@host and  ")
        self.assertEqual(len(clean(1000 * "x")), 500)
        odd = "candidate:1 1 UDP 1 <$x&> {} typ \x01 ufrag"
        events = [(i / 100, "a", "ice-candidate", {"stream": 0, "candidate": odd.format(i)}) for i in range(500)]
        events += [(5 + i / 100, "a", "error", {"text": f"${i} \x02 </svg> turn://a:secret@b"}) for i in range(100)]
        events.append((6, "a", "what-is-that", {}))
        path = self.path("odd.svg")
        Picture(Timeline(events, 7), "odd").write(path)
        drawing = Drawing(path)
        self.assertNotIn("secret", drawing.all)
        errors = [text for text in drawing.texts if text.startswith("error: ")]
        self.assertEqual(len(errors), MAX_LINES)
        self.assertEqual(errors[-1], "error: $99   </svg> turn://a:***@b")
        self.assertIn(f"{500 + 40} less important lines are left out", drawing.texts)


main()
