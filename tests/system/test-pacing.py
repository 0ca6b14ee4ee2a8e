#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pacing of checks (RFC 8445 section 14.2): two of them are 5 ms apart, or more, also
where the pairs are many, as the kernel's time stamps of their arrival show. The peer
answers none."""

import socket
import struct
import sys
import time

import forger
from hostile import End, Hostile, end
from icetest import main

SO_TIMESTAMPNS = 35  # asm-generic/socket.h
TA = 0.005  # seconds
SLACK = 0.0002  # of the time between sending and the stamp
PAIRS = 24  # to one host without an answer, see iceamplification.h


class TestPacing(Hostile):
    def read(self, s, checks):
        """Notes when each check came first: its transaction id stays the same."""
        while True:
            try:
                data, ancillary, _, _ = s.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST:
                seconds, nanoseconds = struct.unpack("@ll", ancillary[0][2][:16])
                checks.setdefault(forger.id_of(data), seconds + nanoseconds / 1e9)

    def test_checks_of_many_pairs(self):
        here = End(self, "role=controlling on-failed=none")
        here.send("credentials", "peer", "p" * 22)
        sockets = [forger.udp(("127.0.0.9", 0)) for _ in range(PAIRS)]
        for s in sockets:
            self.addCleanup(s.close)
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            here.send("candidate", 0, f"candidate:1 1 UDP 1000 127.0.0.9 {s.getsockname()[1]} typ host")
        checks, deadline = {}, time.monotonic() + 20
        while len(checks) < PAIRS:
            self.assertLess(time.monotonic(), deadline, f"{len(checks)} checks")
            for s in sockets:
                self.read(s, checks)
            time.sleep(0.01)
        times = sorted(checks.values())
        gaps = [after - before for before, after in zip(times, times[1:])]
        print(f"# {min(gaps) * 1000:.2f} ms at least, {max(gaps) * 1000:.2f} ms at most", flush=True)
        self.assertGreaterEqual(min(gaps), TA - SLACK)
        self.assert_ends_stop([here])


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        end(*sys.argv[2:])
    else:
        main()
