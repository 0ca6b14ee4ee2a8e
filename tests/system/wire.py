#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A slow wire between two network namespaces: a process in a third one that
carries every frame from one veth to the other, so much later. tc netem would
need a kernel that has it."""

import collections
import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import time

ADDRESSES = ("10.77.0.1", "10.77.0.2")
TIMESTAMP = struct.Struct("@ll")
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
ETH_P_ALL = 3
PACKET_OUTGOING = 4


def run(line, *inside):
    subprocess.run([*inside, *line.split()], check=True, timeout=20)


def lay(test, delay, pid):
    """From the namespace of this process to that of pid."""
    wire = test.run_line(["unshare", "-n", sys.executable, __file__, str(delay), str(os.getpid()), str(pid)])
    wire.wait_for("laid\n")
    inside = ("nsenter", "-t", str(pid), "-n")
    for i, (address, where) in enumerate(zip(ADDRESSES, ((), inside))):
        run(f"ip addr add {address}/24 dev ice{i}", *where)
        run(f"ip link set ice{i} up", *where)
        run("ip link set lo up", *where)


def lay_here(test):
    """A network for a browser in the namespace of this process; nobody is at its other end."""
    run("ip link add ice0 type veth peer name ice1")
    test.addCleanup(run, "ip link del ice0")
    run(f"ip addr add {ADDRESSES[0]}/24 dev ice0")
    for name in "ice0", "ice1":
        run(f"ip link set {name} up")
    run(f"ip route add default via {ADDRESSES[1]}")


def fill_in_checksums(name):
    """The kernel leaves them to the network card otherwise, which is not there."""
    siocethtool, ethtool_stxcsum = 0x8946, 0x17
    value = ctypes.create_string_buffer(struct.pack("=II", ethtool_stxcsum, 0))
    request = struct.pack("@16sP", name.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, siocethtool, request + bytes(16))


def make_end(i, pid):
    run(f"ip link add ice{i} type veth peer name wire{i}")
    fill_in_checksums(f"ice{i}")
    run(f"ip link set ice{i} netns {pid}")
    run(f"ip link set wire{i} up")
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    end.bind((f"wire{i}", 0))
    end.setblocking(False)
    return end


def receive(end):
    """A frame and when the kernel had it, if it came from the other side."""
    frame, messages, _, sender = end.recvmsg(65536, 64)
    if sender[2] == PACKET_OUTGOING:
        return None, 0
    seconds, nanoseconds = TIMESTAMP.unpack(messages[0][2][:TIMESTAMP.size])
    return frame, seconds + nanoseconds / 1e9


def carry(ends, delay):
    under_way = collections.deque()  # (due, frame, end), the first is due first
    while True:
        wait = max(under_way[0][0] - time.time(), 0) if under_way else None
        for end in select.select(ends, [], [], wait)[0]:
            frame, came = receive(end)
            if frame is not None:
                under_way.append((came + delay, frame, ends[1 - ends.index(end)]))
        while under_way and under_way[0][0] <= time.time():
            _, frame, end = under_way.popleft()
            try:
                end.send(frame)
            except OSError:  # the other side is not up
                pass


if __name__ == "__main__":
    both = [make_end(i, int(pid)) for i, pid in enumerate(sys.argv[2:4])]
    print("laid", flush=True)
    carry(both, float(sys.argv[1]))
