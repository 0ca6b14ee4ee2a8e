# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes over the wires of a namespace: all packets of all its interfaces."""

import collections
import contextlib
import ipaddress
import select
import socket
import struct
import threading
import time

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
UDP, TCP = 17, 6
PACKET_OTHERHOST, PACKET_OUTGOING = 3, 4  # if_packet.h
ROOM = 16 << 20  # bytes that the kernel may keep for us
PACKET_STATISTICS = 6
SOL_PACKET, SO_RCVBUFFORCE = 263, 33  # socket.h

Packet = collections.namedtuple("Packet", "at device is_out protocol source destination payload")


def decode(frame, at, device, is_out):
    """None: not IP. Ports are None but for UDP and TCP."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == ETH_P_IP:
        start, protocol = 14 + (frame[14] & 15) * 4, frame[23]
        source, destination = (str(ipaddress.ip_address(frame[i:i + 4])) for i in (26, 30))
    elif kind == ETH_P_IPV6:
        start, protocol = 54, frame[20]
        source, destination = (str(ipaddress.ip_address(frame[i:i + 16])) for i in (22, 38))
    else:
        return None
    ports, payload = (None, None), frame[start:]
    if protocol in (UDP, TCP):
        ports = struct.unpack_from("!HH", frame, start)
        payload = frame[start + (8 if protocol == UDP else (frame[start + 12] >> 4) * 4):]
    return Packet(at, device, is_out, protocol, (source, ports[0]), (destination, ports[1]), payload)


class Tap:
    """`packets` are those from its making to its stopping; none is missing."""

    def __init__(self, space):
        self.packets = []
        self._done = threading.Event()
        with space.inside():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
            self._names = dict(socket.if_nameindex())
        self._socket.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._done.is_set():
            select.select([self._socket], [], [], 0.1)
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, (device, _, kind, _, _) = self._socket.recvfrom(65536)
                    packet = decode(frame, time.monotonic(), device, kind == PACKET_OUTGOING)
                    if packet and kind != PACKET_OTHERHOST:
                        self.packets.append(packet)

    def stop(self):
        self._done.set()
        self._thread.join()
        lost = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        self._socket.close()
        assert lost == 0, f"{lost} packets were not seen"
        return self.packets
