#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a call of 20 Mbit/s of video costs of a processor at both ends, with our agent
beside webrtcbin's own, in turn. ICE_TEST_LONG=1: 20 s of each, three times."""

import faulthandler
import json
import re
import sys
import threading
import time

from webrtcpeer import VP8, Gst, Peer, RemotePeer, run_remote_peer  # the first: it has the path
import forger
from icetest import LONG, IceTest, fields, main

RATE = 20e6  # bit/s
SECONDS, ROUNDS = (20, 3) if LONG else (1, 1)
CAMERA = "appsrc name=camera is-live=true do-timestamp=true format=time caps=video/x-vp8 ! rtpvp8pay mtu=1200"


def make_pictures():
    """Key frames of noise, encoded once, so that the encoder costs nothing in the call."""
    pipeline = Gst.parse_launch(
        "videotestsrc pattern=snow num-buffers=10 ! video/x-raw,width=640,height=480,framerate=30/1 ! "
        "vp8enc deadline=1 keyframe-max-dist=1 target-bitrate=20000000 ! appsink name=out sync=false")
    out, pictures = pipeline.get_by_name("out"), []
    pipeline.set_state(Gst.State.PLAYING)
    while (sample := out.emit("pull-sample")) is not None:
        buffer = sample.get_buffer()
        pictures.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return pictures


class Sender(Peer):
    def __init__(self, test, ours):
        super().__init__(test, "sender", ours, video=False)
        self.add_media(CAMERA, VP8)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, args=(make_pictures(),), daemon=True)
        test.addCleanup(self.stop)

    def begin(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _send(self, pictures):
        """So often as makes the rate."""
        camera = self.pipeline["camera"]
        interval = 8 * sum(map(len, pictures)) / len(pictures) / RATE
        due, n = time.monotonic(), 0
        while not self._stop.wait(max(0, due - time.monotonic())):
            camera.emit("push-buffer", Gst.Buffer.new_wrapped(pictures[n % len(pictures)]))
            due, n = due + interval, n + 1


class Receiver(Peer):
    """Counts nothing in Python; webrtcbin has the octets that came."""

    def __init__(self, test, name, ours):
        super().__init__(test, name, ours, video=False)

    def _on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        sink = Gst.parse_bin_from_description("fakesink sync=false async=false", True)
        self.pipeline.element.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def add(self, line, text):
        """Or the question how much has come."""
        if line != "count":
            return super().add(line, text)
        stats = fields(self.ask("get-stats", None)).values()
        octets = sum(entry.get("bytes-received", 0) for entry in stats
                     if isinstance(entry, dict) and entry.get("type") == "inbound-rtp")
        print(f"count {text}: {octets}", flush=True)
        return None


class TestCost(IceTest):
    def count(self, remote, number):
        """Octets that have come there, and the processor time of both ends."""
        remote.add("count", number)
        remote.process.wait_for(f"count {number}: ", "\n")
        octets = int(re.search(rf"count {number}: (\d+)\n", remote.process.text).group(1))
        return octets, time.process_time(), forger.Usage(remote.process.pid).cpu, time.monotonic()

    def measure(self, ours):
        sender, remote = Sender(self, ours), RemotePeer(self, ours)
        sender.pipeline.play()
        sender.begin()
        remote.answer(sender)
        sender.wait_state("connected", "completed")
        time.sleep(1)  # the first pictures have come
        before = self.count(remote, 1)
        time.sleep(SECONDS)
        after = self.count(remote, 2)
        sender.stop()
        sender.pipeline.stop()
        remote.process.kill()
        octets, *cpu, seconds = (new - old for old, new in zip(before, after))
        return [8 * octets / seconds / 1e6, *(100 * each / seconds for each in cpu)]

    def test_cost(self):
        faulthandler.dump_traceback_later(300 + 2 * ROUNDS * (SECONDS + 30), exit=True)
        for turn in range(ROUNDS):
            for name, ours in ("ours", True), ("webrtcbin's own", False):
                rate, *cpu = self.measure(ours)
                print(f"# {name}: {rate:.1f} Mbit/s, {cpu[0]:.1f} % of a processor at the sender, "
                      f"{cpu[1]:.1f} % at the receiver", flush=True)
                self.assertGreater(rate, 0.9 * RATE / 1e6 if LONG else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["answer"]:
        run_remote_peer(json.loads(sys.argv[2]), Receiver)
    else:
        main()
