#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A process that may open no more descriptors, or only a few: 0 to 30, when it
starts, gathers, connects and restarts, with TURN over UDP, TCP and TLS, ICE-TCP and
signalling. GLib ends a process that makes a GMainContext then. Here nothing ends it:
there is an error, no CPU is spent idle, and a call that is there goes on."""

import os
import resource
import subprocess
import sys
import time
import unittest

from icetest import ISOLATED, LONG, Collector, Gst, IceTest, Pipeline, free_port, main, push, set_array, signal_to
from turnserver import TurnServer

FREE = range(31)
AT_ONCE = 8  # processes
IDLE = 0.1  # of a processor
LOOK = 0.5  # seconds
LOOKS = 5
ALL = "<127.0.0.0/8>"
MORE = "127.0.0.77/8"  # one more address, so that a restart gathers anew
WORDS = "too many open files"
needs_namespace = unittest.skipUnless(ISOLATED, "needs a network namespace")


def limit(n):
    """What may be opened from now on."""
    used = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1]  # not that of listdir()
    # the numbers have to be below the limit, so the holes count
    highest = used[-1]
    holes = [i for i in range(highest) if i not in used]
    if n < len(holes):
        fillers = [os.dup(0) for _ in range(len(holes) - n)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(used + fillers) + 1, 4096))
        return fillers
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + n - len(holes), 4096))
    return []


def lift(fillers=()):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    for fd in fillers:
        os.close(fd)


def check_idle(what):
    """In one of a few looks: what was begun may still be under way in the first."""
    shares = []
    while not shares or shares[-1] >= IDLE:
        assert len(shares) < LOOKS, f"{what}: {', '.join(f'{100 * s:.0f}' for s in shares)} % of a processor"
        start, cpu = time.monotonic(), time.process_time()
        time.sleep(LOOK)
        shares.append((time.process_time() - cpu) / (time.monotonic() - start))


def alone(phase, n, *servers):
    """One end, in a process of its own: fewer descriptors before it plays, or after."""
    pipeline = Pipeline(
        f"icesrc name=ice connection-id=a local-addresses={ALL} ice-tcp=true restart-on=failed+network-change "
        f"signalling-uri=tcp://127.0.0.1:{free_port()}?mode=listener ! fakesink async=false "
        "appsrc is-live=true ! icesink connection-id=a async=false")
    set_array(pipeline["ice"], "turn-servers", servers)
    pipeline.set_state(Gst.State.READY)
    if phase == "start":
        limit(n)
    result = pipeline.set_state(Gst.State.PLAYING)
    if phase == "gathering":
        limit(n)
    time.sleep(LOOK)
    pipeline["ice"].emit("restart")
    time.sleep(0.1)
    check_idle(f"{phase}, {n} free")
    errors = pipeline.errors()
    if phase == "start" and n < 8:
        assert any(WORDS in e for e in errors), errors
    if result == Gst.StateChangeReturn.FAILURE:
        assert errors
    pipeline.stop()


def call():
    """Two ends in a process; the restarts of one gather anew, with ever more descriptors."""
    ends = [Pipeline(f"icesrc name=ice connection-id={name} local-addresses={ALL} role={role} on-failed=none "
                     f"! fakesink name=out appsrc name=in ! icesink connection-id={name} sync=false async=false")
            for name, role in (("a", "controlling"), ("b", "controlled"))]
    collectors = [Collector(end["out"]) for end in ends]
    for end in ends:
        end.set_state(Gst.State.READY)
    for end, other in (ends, reversed(ends)):
        assert signal_to(end["ice"], other["ice"]) == []
    for end in ends:
        end.play()
    for end in ends:
        end.wait_connected()
    refused = 0
    for n in FREE:
        subprocess.run(["ip", "address", "add" if n % 2 == 0 else "del", MORE, "dev", "lo"], check=True, timeout=20)
        before = len(ends[0].warnings())
        fillers = limit(n)
        assert ends[0]["ice"].emit("restart")
        time.sleep(0.1)
        for end, collector in zip(ends, reversed(collectors)):
            push(end["in"], b"still here")
            assert collector.take(1) == [b"still here"]
        if n in (0, 10, 20, 30) or LONG:
            check_idle(f"restart, {n} free")
        warnings = ends[0].warnings()[before:]
        assert all(WORDS in w for w in warnings), warnings
        refused += len(warnings)
        lift(fillers)
        for end in ends:
            state = end["ice"].get_property("ice-connection-state").value_nick
            assert state in ("connected", "completed"), state
            assert end.errors() == []
    assert 0 < refused < len(FREE), refused
    print(f"{refused} restarts of {len(FREE)} could not gather", flush=True)
    for end in ends:
        end.stop()


def connecting(n):
    """Two ends in a process, which have gathered and then exchange their candidates."""
    ends = [Pipeline(f"icesrc name=ice connection-id={name} local-addresses=<127.0.0.1> role={role} ice-tcp=true "
                     f"! fakesink name=out async=false "
                     f"appsrc name=in ! icesink connection-id={name} sync=false async=false")
            for name, role in (("a", "controlling"), ("b", "controlled"))]
    candidates = {end: [] for end in ends}
    for end in ends:
        end["ice"].connect("on-ice-candidate", lambda _, stream, text, found=candidates[end]: found.append(text))
        end.play()
        while end["ice"].get_property("ice-gathering-state").value_nick != "complete":
            time.sleep(0.01)
    limit(n)
    for end, other in (ends, reversed(ends)):
        assert other["ice"].emit("set-remote-credentials", 0, end["ice"].get_property("local-ufrag"),
                                 end["ice"].get_property("local-pwd"))
        for candidate in candidates[end]:
            assert candidate is None or other["ice"].emit("add-ice-candidate", 0, candidate)
    for end in ends:
        end.wait_connected()
    check_idle(f"connecting, {n} free")
    for end in ends:
        assert end.errors() == []
        end.stop()


class TestDescriptors(IceTest):
    def run_all(self, runs, seconds):
        """Processes, a few at a time; each ends well."""
        runs = list(runs)
        for i in range(0, len(runs), AT_ONCE):
            processes = [(run, self.run_self(*run, env={"G_DEBUG": "fatal-criticals"})) for run in runs[i:i + AT_ONCE]]
            for run, process in processes:
                with self.subTest(" ".join(run[:2])):
                    self.assertEqual(process.wait(seconds), 0, process.text[-1500:])

    def servers(self):
        server = TurnServer(self)
        return [server.uri(), server.uri("tcp"), server.uri("tcp").replace("turn:", "turns:").replace("=tcp", "=tls")]

    def test_start(self):
        servers = self.servers()
        self.run_all((["start", str(n), *servers] for n in FREE), 30)

    def test_gathering(self):
        servers = self.servers()
        self.run_all((["gathering", str(n), *servers] for n in (FREE if LONG else FREE[::2])), 30)

    def test_connecting(self):
        self.run_all((["connecting", str(n)] for n in (FREE if LONG else (0, 1, 2, 3, 5, 10, 20, 30))), 30)

    @needs_namespace
    def test_restart(self):
        process = self.run_self("call", env={"G_DEBUG": "fatal-criticals"})
        self.assertEqual(process.wait(60), 0, process.text[-2000:])
        print("#", process.text.strip().splitlines()[-1], flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["call"]:
        call()
    elif sys.argv[1:2] == ["connecting"]:
        connecting(int(sys.argv[2]))
    elif sys.argv[1:2] in (["start"], ["gathering"]):
        alone(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
    else:
        main()
