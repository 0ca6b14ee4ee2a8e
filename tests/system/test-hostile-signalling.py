#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The built-in signalling's listener with strangers that hold its lines, and with a peer
that sends what no real peer sends. Neither prevents a call, takes memory without bound, or
causes more than one message of a kind in ten seconds."""

import contextlib
import json
import os
import socket
import threading
import time

import forger
from icetest import LONG, LOOPBACK, IceTest, free_port, get_stats, main

UFRAG, PASSWORD = "Zk9d", "f8a1VN2qOeS7tLk0pXyw3B"
HOLDERS = 24
SECONDS = 20 if LONG else 3


def parameters(stream=0, generation=0, ufrag=UFRAG):
    return line(type="parameters", stream=stream, usernameFragment=ufrag, password=PASSWORD + ufrag,
                role="controlling", generation=generation)


def line(**members):
    return json.dumps(members).encode() + b"\n"


def read_line(sock):
    data = b""
    with contextlib.suppress(OSError):
        while not data.endswith(b"\n") and (more := sock.recv(1)):
            data += more
    return json.loads(data) if data else None


class HostileSignalling(IceTest):
    def setUp(self):
        super().setUp()
        self.start = time.monotonic()
        self.port = free_port()
        self.pipeline_ = self.pipeline(f"icesrc name=ice {LOOPBACK} signalling-uri=\"tcp://:{self.port}?mode=listener\" ! fakesink")
        self.pipeline_.play()
        self.ice = self.pipeline_["ice"]

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), 5)
        self.addCleanup(sock.close)
        return sock

    def call(self):
        """Returns a line on which the listener has answered; None: it closed it."""
        sock = self.connect()
        sock.sendall(parameters())
        answer = read_line(sock)
        return sock if answer and answer["type"] == "parameters" else None

    def warnings(self):
        self.pipeline_.drain()
        return self.pipeline_.warnings()


class TestHolders(HostileSignalling):
    def hold(self, stopped):
        """One holder, which comes back whenever it is dropped."""
        while not stopped.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as sock:
                sock.settimeout(0.5)
                sock.sendall(b"{")
                sock.recv(1)

    def test_silent_ones(self):
        for _ in range(8):
            self.connect()
        self.assertIsNotNone(self.call())

    def test_silent_ones_are_closed_after_5_s(self):
        sock = self.connect()
        start = time.monotonic()
        sock.settimeout(10)
        self.assertEqual(sock.recv(1), b"")
        self.assertAlmostEqual(time.monotonic() - start, 5, delta=2)

    def test_those_that_come_back(self):
        stopped = threading.Event()
        holders = [threading.Thread(target=self.hold, args=(stopped,), daemon=True) for _ in range(HOLDERS)]
        for holder in holders:
            holder.start()
        try:
            time.sleep(SECONDS)
            n, deadline = 1, time.monotonic() + 20
            while self.call() is None and time.monotonic() < deadline:
                n += 1
                time.sleep(0.25)  # as gsticeconnector does
            self.assertLess(time.monotonic(), deadline)
            print(f"# the {n}. try got in", flush=True)
        finally:
            stopped.set()
            for holder in holders:
                holder.join()
        self.assertLessEqual(len(self.warnings()), 1 + (SECONDS + 20) // 10)


class TestCandidates(HostileSignalling):
    MEBIBYTES = 24
    CPU = 4 if LONG else 2  # seconds; 14 of them, and 259 MiB, without limits

    def send_all(self, sock, streams, candidates, more=""):
        sock.settimeout(60)
        for stream in range(streams):
            sock.sendall(parameters(stream) + b"".join(
                line(type="candidate", sdpMLineIndex=stream,
                     candidate=f"candidate:{i} 1 UDP 2130706431 127.0.{i >> 8}.{i & 255} {1024 + i} typ host{more}")
                for i in range(candidates)))

    def test_streams_that_nobody_has(self):
        sock = self.call()
        before = forger.Usage(os.getpid())
        self.send_all(sock, 256 if LONG else 80, 257, " k" + "v" * 1850 + " x")
        self.settle(sock)
        now = forger.Usage(os.getpid())
        print(f"# {(now.rss - before.rss) >> 20} MiB", flush=True)
        if "ASAN_LIBRARY" not in os.environ:  # AddressSanitizer keeps freed memory, and is slow
            self.assertLess(now.rss - before.rss, self.MEBIBYTES << 20)
            self.assertLess(now.cpu - before.cpu, self.CPU)
        kept = get_stats(self.ice)
        self.assertLessEqual(sum(1 for s in kept if s.startswith("remote-candidate")), 4096)
        # of streams and candidates that are more than is kept; of the built-in signalling; each
        # at once, and in ten seconds again
        warnings = self.warnings()
        # after 2 s, for each stream that is kept: no element has it
        unknown = [w for w in warnings if "but no element here uses it" in w]
        self.assertLessEqual(len(unknown), 16, warnings)
        warnings = [w for w in warnings if w not in unknown]
        self.assertTrue(any("more than 256 remote candidates" in w for w in warnings), warnings)
        self.assertLessEqual(len(warnings), 2 * (1 + (time.monotonic() - self.start) // 10) + 1, warnings)

    def settle(self, sock, generation=1):
        """Returns when all that was sent is read: by the answer to a restart."""
        if generation == 1:
            sock.sendall(parameters(0, 1, "new1"))
        while message := read_line(sock):
            if message.get("generation") == generation:
                return
        self.fail("the line was closed")

    def test_streams_that_come_later(self):
        """Some may be signalled before there are elements for them."""
        sock = self.call()
        self.send_all(sock, 17, 4)  # stream 0 is ours
        self.settle(sock)
        self.assertEqual(self.warnings(), [])
        sock.sendall(parameters(17, 1, "new1") + parameters(18, 1, "new1") + parameters(0, 2, "new2"))
        self.settle(sock, 2)
        warnings = self.warnings()
        self.assertEqual([w.count("stream 17: no element has it, nor 16 others") for w in warnings], [1, 1])


class TestGeneration(HostileSignalling):
    def test_the_last_one(self):
        """It ends that line and nothing else; our own restarts go on."""
        sock = self.connect()
        sock.sendall(parameters(generation=2147483647))
        self.assertEqual(sock.recv(1), b"")
        sock = self.call()
        self.assertTrue(self.ice.emit("restart"))
        message = read_line(sock)
        while message["type"] != "parameters":
            message = read_line(sock)
        self.assertEqual(message["generation"], 1)

    def test_the_longest_steps(self):
        """They are answered, and then we restart, within the range."""
        sock = self.call()
        greatest = 0
        for i in range(1, 100 if LONG else 10):
            greatest += 16384
            sock.sendall(parameters(generation=greatest, ufrag=f"new{i}"))
        self.wait_generation(sock, greatest)
        self.assertTrue(self.ice.emit("restart"))
        self.wait_generation(sock, greatest + 1)

    def wait_generation(self, sock, generation):
        while message := read_line(sock):
            if message.get("generation") == generation:
                return
        self.fail("the line was closed")


if __name__ == "__main__":
    main()
