#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TURN and STUN servers that answer with anything, over UDP and TCP: a process that
gathers from them again and again lives, keeps nothing, uses little of a processor,
and its call with another end goes on.

An hour with ICE_TEST_LONG=1. ICE_TEST_SEED=n repeats a run's answers, as far as the
order in which they are asked for is the same; ICE_TEST_SECONDS=n runs for so long.
ICE_TEST_SERVERS=2 lets a pipeline have as many TURN servers: that fails, see "Several
TURN servers" in docs/security.md."""

import contextlib
import faulthandler
import gc
import json
import os
import random
import sys
import threading
import time

from forger import Usage
from fuzzserver import PEER, PEER_PASSWORD, PEER_UFRAG, FuzzServer
from icetest import LONG, LOOPBACK, Collector, Gst, IceTest, Pipeline, main, set_array

SECONDS = float(os.environ.get("ICE_TEST_SECONDS", 3600 if LONG else 60))
SEED = int(os.environ.get("ICE_TEST_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
ROUND = 4  # seconds of gathering
AT_ONCE = 8  # pipelines that gather
SERVERS = int(os.environ.get("ICE_TEST_SERVERS", 1))
SETTLED = 12  # seconds until libnice stops repeating its last requests to servers
WARM = 2  # rounds after which nothing may grow
SLACK_FDS, SLACK_THREADS = 3, 3
ASAN = "asan" in os.environ.get("LD_PRELOAD", "")  # slower, and keeps 256 MiB of what is freed
SLACK_RSS, RSS_PER_ROUND = (1024 if ASAN else 24) << 20, 64 << 10  # octets; what the allocators keep
SHARE = 0.9 if ASAN else 0.3  # of a processor, of a round
CALL = ("icesrc name=src connection-id=call {loopback} signalling-uri=unix://{path}?mode={mode} ! fakesink name=out "
        "audiotestsrc is-live=true samplesperbuffer=882 ! icesink connection-id=call")


# -- the process that gathers

class Gatherer:
    """One pipeline at a time, of many kinds."""

    def __init__(self, r, name, servers):
        self.r, self.name, self.servers = r, name, servers
        self.pipeline, self.due, self.count = None, 0, 0

    def _start(self):
        r, self.count = self.r, self.count + 1
        server = lambda: r.choice(self.servers)  # noqa: E731
        self.pipeline = Pipeline(
            f"icesrc name=ice connection-id={self.name}{self.count} {LOOPBACK} on-failed=none "
            f"ice-transport-policy={r.choice(('all', 'relay', 'relay'))} "
            f"role={r.choice(('controlling', 'controlling', 'controlled'))} ! fakesink async=false "
            f"audiotestsrc is-live=true ! icesink connection-id={self.name}{self.count} wait-for-connection=false async=false")
        ice = self.pipeline["ice"]
        set_array(ice, "turn-servers", [f"turn://user:pass@127.0.0.1:{server()}?transport={r.choice(('udp', 'udp', 'tcp'))}"
                                        for _ in range(r.choice((0, 1, 1, SERVERS)))])
        if r.random() < 0.5:
            ice.set_property("stun-server", f"stun:127.0.0.1:{server()}")
        self.pipeline.set_state(Gst.State.READY)
        if r.random() < 0.9:
            self._signal()
        self.pipeline.set_state(Gst.State.PLAYING)

    def _signal(self):
        ice = self.pipeline["ice"]
        ice.emit("set-remote-credentials", 0, PEER_UFRAG, PEER_PASSWORD)
        ice.emit("add-ice-candidate", 0, f"candidate:1 1 udp 2130706431 {PEER[0]} {PEER[1]} typ host")

    def step(self, now):
        if now < self.due:
            return
        if self.pipeline is None:
            self._start()
            self.due = now + self.r.choice((0.005, 0.05, 0.5, 1, 2, 3))
        elif self.r.random() < 0.3:
            self.pipeline["ice"].emit("restart")
            if self.r.random() < 0.7:
                self._signal()
            self.due = now + self.r.choice((0.05, 0.5, 1))
        else:
            self.stop()

    def stop(self):
        if self.pipeline is not None:
            self.pipeline.stop()
            self.pipeline = None


def use():
    usage = Usage(os.getpid())
    return usage, len(os.listdir("/proc/self/task"))


def settle(base):
    """Until what was used before the first round is not much exceeded, or for so long."""
    deadline = time.monotonic() + SETTLED
    while True:
        gc.collect()
        usage, threads = use()
        if time.monotonic() > deadline or usage.fds <= base[0].fds + SLACK_FDS and threads <= base[1] + SLACK_THREADS:
            return usage, threads
        time.sleep(0.05)


def open_files():
    names = []
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            names.append(os.readlink(f"/proc/self/fd/{fd}"))
    return sorted(names)


def gather(seed, path, *servers):
    call = Pipeline(CALL.format(loopback=LOOPBACK, path=path, mode="caller"))
    received = [0]
    call["out"].set_property("signal-handoffs", True)
    call["out"].connect("handoff", lambda *_: received.__setitem__(0, received[0] + 1))
    call.play().wait_connected()
    base = use()
    gatherers = [Gatherer(random.Random(f"{seed} {i}"), f"g{i}", servers) for i in range(AT_ONCE)]
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        before, start, took = use()[0], time.monotonic(), received[0]
        while (now := time.monotonic()) < start + ROUND:
            for gatherer in gatherers:
                gatherer.step(now)
            time.sleep(0.005)
        cpu, elapsed = Usage(os.getpid()).cpu - before.cpu, time.monotonic() - start
        for gatherer in gatherers:
            gatherer.stop()
        usage, threads = settle(base)
        if usage.fds > base[0].fds + SLACK_FDS:
            print("left open:", *open_files(), flush=True)
        call.drain()
        states = [m["new"] for m in call.messages("ice-connection-state")]
        print("round " + json.dumps({
            "fds": usage.fds, "threads": threads, "rss": usage.rss, "share": cpu / elapsed, "errors": call.errors(),
            "states": states[-3:], "received": received[0] - took, "pipelines": sum(g.count for g in gatherers)}), flush=True)


# -- the test

class TestHostileServers(IceTest):
    def test_answers_of_a_seed(self):
        faulthandler.dump_traceback_later(SECONDS + 120, exit=True)
        print(f"# seed {SEED}, {SECONDS:.0f} s", flush=True)
        servers = [FuzzServer(self, f"{SEED} {i}") for i in range(2)]
        path = self.path("call")
        end = self.pipeline(CALL.format(loopback=LOOPBACK, path=path, mode="listener"))
        self.collector = Collector(end["out"])
        end.play()
        child = self.run_self("gather", str(SEED), path, *(str(s.port) for s in servers),
                              env={"G_DEBUG": "fatal-criticals", "G_SLICE": "always-malloc"})
        try:
            self.watch(child, end, servers, time.monotonic() + SECONDS)
        except AssertionError:
            self.print_log(child, servers)
            raise
        print(f"# {sum((s.asked for s in servers), servers[0].asked.__class__())}", flush=True)

    def watch(self, child, end, servers, deadline):
        rounds = []
        for line in child.lines(SETTLED + ROUND + 30):
            if not line.startswith("round "):
                continue
            now = json.loads(line[6:])
            rounds.append(now)
            self.check_round(now, rounds[:WARM])
            if len(rounds) > WARM:
                allowed = rounds[WARM - 1]["rss"] + SLACK_RSS + RSS_PER_ROUND * len(rounds)
                self.assertLess(now["rss"], allowed, f"memory grows: {[r['rss'] >> 20 for r in rounds]} MiB")
            self.collector.take(ROUND * 10)
            while not self.collector.is_empty():
                self.collector.take(1)
            end.drain()
            self.assertEqual(end.errors(), [])
            self.assertEqual([s.broken for s in servers], [None] * len(servers))
            if time.monotonic() > deadline:
                break
        else:
            self.fail(f"the process ended, status {child.wait()}")
        self.assertTrue(child.runs(), child.text[-4000:])
        worst = max(r["share"] for r in rounds)
        print(f"# {len(rounds)} rounds, {rounds[-1]['pipelines']} pipelines, at most {100 * worst:.0f} % of a processor, "
              f"{rounds[0]['rss'] >> 20} to {rounds[-1]['rss'] >> 20} MiB, {rounds[0]['fds']} to {rounds[-1]['fds']} "
              f"descriptors, {rounds[0]['threads']} to {rounds[-1]['threads']} threads", flush=True)

    def check_round(self, now, warm):
        self.assertEqual(now["errors"], [], now)
        self.assertIn(now["states"][-1], ("connected", "completed"), now)
        self.assertGreater(now["received"], ROUND * 10, "the call with the other end stands")
        self.assertLess(now["share"], SHARE, now)
        self.assertLessEqual(now["fds"], min(r["fds"] for r in warm) + SLACK_FDS, now)
        self.assertLessEqual(now["threads"], min(r["threads"] for r in warm) + SLACK_THREADS, now)

    @staticmethod
    def print_log(child, servers):
        print(f"ICE_TEST_SEED={SEED}", file=sys.stderr)
        print(child.text[-8000:], file=sys.stderr)
        for i, server in enumerate(servers):
            for count, reply in list(server.sent)[-40:]:
                print(f"server {i} {count}: {reply[:200].hex()}", file=sys.stderr)
        sys.stderr.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["gather"]:
        gather(*sys.argv[2:])
    else:
        main()
