#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a datagram of 1200 bytes costs the thread that pushes it, in lists of 32, over
a TURN server on this machine (coturn): through libnice, and by icesink itself.

Usage: relay.py [--rounds N] [--seconds S] [--json FILE]
Needs the plugin in GST_PLUGIN_PATH and turnserver; meson devenv -C build sets the first.
"""
import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import coturn  # noqa: E402
from icetest import Gst, free_port  # noqa: E402

THREAD = "in:src"  # of appsrc
END = "name=ice local-addresses=<127.0.0.1>"
KINDS = {"none": ("ice-none", "icesink offload=none"), "auto": ("ice", "icesink")}


def get_time():
    """CPU time of the pushing thread, ns."""
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            if (task / "comm").read_text().strip() == THREAD:
                return int((task / "schedstat").read_text().split()[0])
    raise SystemExit("no such thread: " + THREAD)


def begin_server():
    port = free_port(socket.SOCK_DGRAM)
    server = subprocess.Popen(
        ["turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
         "--allow-loopback-peers", "--no-tls", *coturn.options(*coturn.PLAIN), "--lt-cred-mech", "--user=u:p",
         "--realm=ice", "--userdb=/dev/null", "--pidfile=/dev/null", "--log-file=/dev/null"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    coturn.wait_for_an_answer("127.0.0.1", port)
    return server, port


class Call:
    def __init__(self, port, offload):
        settings = f'turn-server="turn://u:p@127.0.0.1:{port}" ice-transport-policy=relay offload={offload}'
        self.pipelines = [
            Gst.parse_launch(f"icesrc {END} role=controlled ! fakesink async=false"),
            Gst.parse_launch("appsrc name=in format=time is-live=true block=true max-buffers=64 ! "
                             f"icesink sync=false {END} {settings}")]
        ends = [pipeline.get_by_name("ice") for pipeline in self.pipelines]
        self.ice, self.source = ends[1], self.pipelines[1].get_by_name("in")
        for ice, peer in (ends, ends[::-1]):
            ice.connect("on-ice-candidate", self.pass_on, peer)
        for pipeline in self.pipelines:
            pipeline.set_state(Gst.State.PLAYING)
        for ice, peer in (ends, ends[::-1]):
            peer.emit("set-remote-credentials", 0, ice.props.local_ufrag, ice.props.local_pwd)
        deadline = time.monotonic() + 10
        while self.ice.props.ice_connection_state.value_nick not in ("connected", "completed"):
            if time.monotonic() > deadline:
                raise SystemExit("no connection through the TURN server")
            time.sleep(0.01)
        time.sleep(1)  # until the channel is bound

    @staticmethod
    def pass_on(ice, stream, candidate, peer):
        if candidate is not None:
            peer.emit("add-ice-candidate", stream, candidate)

    def measure(self, buffers, seconds):
        self.source.emit("push-buffer-list", buffers)  # the thread exists
        time.sleep(0.1)
        before, n, end = get_time(), 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(4):
                self.source.emit("push-buffer-list", buffers)
                n += buffers.length()
            time.sleep(0.002)
        time.sleep(0.2)
        return (get_time() - before) / n

    def close(self):
        for pipeline in self.pipelines:
            pipeline.set_state(Gst.State.NULL)


def measure(options):
    """Returns: ns a datagram, of each round, by offload"""
    buffers = Gst.BufferList.new()
    for _ in range(32):
        buffers.insert(-1, Gst.Buffer.new_wrapped(os.urandom(1200)))
    server, port = begin_server()
    costs = {"none": [], "auto": []}
    try:
        for _ in range(options.rounds):
            for offload, results in costs.items():
                call = Call(port, offload)
                if call.ice.props.offload_active != (offload == "auto"):
                    raise SystemExit(f"offload={offload}: offload-active is {call.ice.props.offload_active}")
                results.append(call.measure(buffers, options.seconds))
                call.close()
    finally:
        server.kill()
        server.wait()
    return costs


def make_rows(costs):
    for offload, results in costs.items():
        kind, name = KINDS[offload]
        ratios = [a / b for a, b in zip(costs["none"], results, strict=True)]
        yield {"kind": kind, "name": name, "send": statistics.median(results), "send_ratio": statistics.median(ratios)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    Gst.init(None)
    rows = list(make_rows(measure(options)))
    print("Relayed by coturn on this machine: CPU ns of the pushing thread for each datagram of 1200 bytes, in lists "
          f"of 32; medians of {options.rounds} rounds; x: how many times cheaper than through libnice "
          "(offload=none).\n")
    print("| kind                 | send | x send |\n|----------------------|-----:|-------:|")
    for row in rows:
        print(f"| {row['name']:20} | {row['send']:4.0f} | {row['send_ratio']:6.2f} |")
    if options.json:
        options.json.write_text(json.dumps({"tables": {"relay": rows}}))


if __name__ == "__main__":
    main()
