#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""icesrc and icesink of one connection-id are one call in both directions: live
video with nothing but a launch line, RTP and RTCP through rtpbin, two streams."""

import queue
import sys

from icetest import (EOS, LOOPBACK, LONG, PATIENCE, Collector, Gst, IceTest, Pipeline, datagrams, free_port, get_stats,
                     main, push)

SECONDS = 10 if LONG else 2
VP8 = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"
L16 = "application/x-rtp,media=audio,encoding-name=L16,clock-rate=44100,channels=1,payload=96"
SENDER_REPORT = 200  # RFC 3550 section 6.4.1

VIDEO = (
    f"gst-launch-1.0 -v videotestsrc is-live=true num-buffers={SECONDS * 30} ! vp8enc deadline=1 ! rtpvp8pay ! "
    f"icesink connection-id=x signalling-uri=URI {LOOPBACK} "
    f"icesrc connection-id=x caps={VP8} ! rtpjitterbuffer ! rtpvp8depay ! vp8dec ! fakesink silent=false")

RTPBIN = (
    "rtpbin name=bin audiotestsrc is-live=true samplesperbuffer=441 ! audio/x-raw,rate=44100,channels=1 ! rtpL16pay "
    "! bin.send_rtp_sink_0 "
    f"bin.send_rtp_src_0 ! icesink connection-id=x component=1 sync=false signalling-uri=URI {LOOPBACK} "
    "bin.send_rtcp_src_0 ! icesink connection-id=x component=2 sync=false "
    f"icesrc name=rtp connection-id=x component=1 caps={L16} ! bin.recv_rtp_sink_0 "
    "icesrc name=rtcp connection-id=x component=2 caps=application/x-rtcp ! bin.recv_rtcp_sink_0")


def uris():
    port = free_port()
    return [f"tcp://127.0.0.1:{port}?mode={mode}" for mode in ("listener", "caller")]


class RtpEnd:
    """One end of a call through rtpbin."""

    def __init__(self, uri):
        self.pipeline = Pipeline(RTPBIN.replace("URI", uri))
        self.buffers = queue.SimpleQueue()
        self._reports = queue.SimpleQueue()
        self.pipeline["bin"].connect("pad-added", self._on_pad)
        session = self.pipeline["bin"].emit("get-internal-session", 0)
        session.set_property("rtcp-min-interval", Gst.SECOND // 5)
        session.connect("on-receiving-rtcp", lambda _, buffer: self._reports.put(
            buffer.extract_dup(0, buffer.get_size())))
        self.pipeline.play()

    def _on_pad(self, _, pad):
        if pad.get_name().startswith("recv_rtp_src_"):
            sink = Gst.ElementFactory.make("fakesink")
            self.pipeline.element.add(sink)
            self.collector = Collector(sink)
            sink.sync_state_with_parent()
            pad.link(sink.get_static_pad("sink"))
            self.buffers.put(self.collector)

    def check(self):
        """Media comes, and reports on ours."""
        self.buffers.get(timeout=PATIENCE).take(50)
        session = self.pipeline["bin"].emit("get-internal-session", 0)
        own = session.get_property("internal-ssrc").to_bytes(4, "big")
        while True:
            report = self._reports.get(timeout=PATIENCE)
            if report[1] == SENDER_REPORT and report[0] & 0x1f > 0 and report[28:32] == own:
                break
        self._reports.get(timeout=PATIENCE)  # the session took in the one before
        theirs = session.emit("get-source-by-ssrc", int.from_bytes(report[4:8], "big"))
        stats = theirs.get_property("stats")
        assert stats.get_value("have-sr") and stats.get_value("have-rb"), stats.to_string()
        for name in ("rtp", "rtcp"):
            assert get_stats(self.pipeline[name])["icesrc"]["buffers-pushed"] > 0, name
        assert self.pipeline.errors() + self.pipeline.warnings() == []


class TestDuplex(IceTest):
    def test_live_video_as_typed(self):
        ends = [self.run_line(VIDEO.replace("URI", uri)) for uri in uris()]
        self.assert_ends_well(*ends, timeout=SECONDS + 20)
        for end in ends:
            self.assertGreater(end.text.count("last-message = chain"), SECONDS * 25, end.text)

    def test_rtp_and_rtcp(self):
        listener, caller = uris()
        other = self.run_self("rtp-end", caller)
        end = RtpEnd(listener)
        self.addCleanup(end.pipeline.stop)
        end.check()
        other.wait_for("media and reports came")
        other.write_line("enough")
        self.assert_ends_well(other)

    def ends(self, streams=(0,), **settings):
        more = " ".join(f"{name}={value}" for name, value in settings.items())
        pipelines = []
        for name, uri in zip("ab", uris()):
            pipelines.append(self.pipeline(" ".join(
                f"appsrc name=in{s} ! icesink name=sink{s} connection-id={name} stream={s} sync=false "
                f"signalling-uri={uri} {LOOPBACK} {more} "
                f"icesrc name=src{s} connection-id={name} stream={s} ! fakesink name=out{s}" for s in streams)))
        return pipelines

    def exchange(self, pipelines, streams=(0,)):
        collectors = [[Collector(p[f"out{s}"]) for s in streams] for p in pipelines]
        for p in pipelines:
            p.play()
        for p in pipelines:
            p.wait_connected()
        there_and_back = list(zip(pipelines, reversed(collectors)))
        for pipeline, theirs in there_and_back:
            for s, collector in zip(streams, theirs):
                for data in datagrams(f"stream {s}"):
                    push(pipeline[f"in{s}"], data)
        for pipeline, theirs in there_and_back:
            for s, collector in zip(streams, theirs):
                self.assertEqual(collector.take(50), datagrams(f"stream {s}"))
                self.assertTrue(collector.is_empty())

    def test_datagrams_both_ways(self):
        self.exchange(self.ends())

    def test_two_streams(self):
        pipelines = self.ends((0, 1))
        self.exchange(pipelines, (0, 1))
        for pipeline in pipelines:
            agents = {pipeline[f"{end}{s}"].get_property("agent") for end in ("src", "sink") for s in (0, 1)}
            self.assertEqual(len(agents), 1)
            transports = {pipeline[f"{end}{s}"].get_property("transport") for end in ("src", "sink") for s in (0, 1)}
            self.assertEqual(len(transports), 2)
            ended = [m["stream"] for m in pipeline.messages("ice-candidate") if m["candidate"] == ""]
            self.assertEqual(sorted(ended), [0, 1])
            self.assertEqual(len([m for m in pipeline.messages("ice-candidate") if m["candidate"] is None]), 1)

    def test_eos_of_all_streams_is_the_end(self):
        first, second = self.ends((0, 1))
        self.exchange([first, second], (0, 1))
        for s in (0, 1):
            first[f"in{s}"].emit("end-of-stream")
        for s in (0, 1):  # what came back ends first's sources, and so first
            second[f"in{s}"].emit("end-of-stream")
        first.wait(EOS)
        second.wait(EOS)


def rtp_end(uri):
    end = RtpEnd(uri)
    end.check()
    print("media and reports came", flush=True)
    sys.stdin.readline()
    end.pipeline.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["rtp-end"]:
        rtp_end(sys.argv[2])
    else:
        main()
