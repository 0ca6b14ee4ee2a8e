# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an attacker on 127.0.0.0/8 has: STUN messages of any make, the address of
somebody else (raw sockets), what passes by (AF_PACKET), and floods."""

import ctypes
import hashlib
import hmac
import os
import select
import socket
import struct
import threading
import time
import zlib

# RFC 8489
COOKIE = 0x2112A442
HEADER = 20
REQUEST, INDICATION, SUCCESS, ERROR = 0x0001, 0x0011, 0x0101, 0x0111  # of Binding
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS, FINGERPRINT = 0x0006, 0x0008, 0x0009, 0x0020, 0x8028
# RFC 8445
PRIORITY, USE_CANDIDATE, ICE_CONTROLLED, ICE_CONTROLLING = 0x0024, 0x0025, 0x8029, 0x802A

IP_HDRINCL = 3  # linux/in.h
ETH_P_IP = 0x0800  # linux/if_ether.h
PACKET_OUTGOING = 4  # linux/if_packet.h


def attribute(kind, value=b"", length=None):
    """`length`: of the attribute's length field, where it is not the value's."""
    size = len(value) if length is None else length
    return struct.pack("!HH", kind, size) + value + bytes(-len(value) % 4)


def message(kind, attributes=b"", id=None, password=None, fingerprint=True, length=None, key=None):
    """A STUN message; with MESSAGE-INTEGRITY when there is a password, or a key."""
    def header(more):
        size = len(attributes) + more if length is None else length
        return struct.pack("!HHI", kind, size, COOKIE) + (id or os.urandom(12))
    id = id or os.urandom(12)
    if password is not None:
        key = password.encode()
    if key is not None:
        digest = hmac.new(key, header(24) + attributes, hashlib.sha1).digest()
        attributes += attribute(MESSAGE_INTEGRITY, digest)
    if fingerprint:
        crc = zlib.crc32(header(8) + attributes) ^ 0x5354554E
        attributes += attribute(FINGERPRINT, struct.pack("!I", crc))
    return header(0) + attributes


def refinger(data):
    """The same with a FINGERPRINT that is right, where its last attribute is one."""
    if len(data) < HEADER + 8 or data[-8:-4] != struct.pack("!HH", FINGERPRINT, 4):
        return data
    return data[:-4] + struct.pack("!I", zlib.crc32(data[:-8]) ^ 0x5354554E)


def error(code, before=b"", **more):
    """`before`: attributes that come before ERROR-CODE."""
    text = attribute(ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + b"forged")
    return message(ERROR, before + text, **more)


def success(address, **more):
    """A response with the address that the request came from."""
    host, port = address
    packed = struct.unpack("!I", socket.inet_aton(host))[0] ^ COOKIE
    mapped = struct.pack("!BBHI", 0, 1, port ^ COOKIE >> 16, packed)
    return message(SUCCESS, attribute(XOR_MAPPED_ADDRESS, mapped), **more)


def check(username, password, *more, controlling=True, tie_breaker=None, **options):
    """A connectivity check."""
    attributes = (attribute(USERNAME, username.encode())
                  + attribute(PRIORITY, struct.pack("!I", 0x6E7F1EFF))
                  + attribute(ICE_CONTROLLING if controlling else ICE_CONTROLLED, tie_breaker or os.urandom(8)))
    return message(REQUEST, attributes + b"".join(more), password=password, **options)


def is_stun(data):
    return len(data) >= HEADER and data[0] < 4 and struct.unpack_from("!I", data, 4)[0] == COOKIE


def kind_of(data):
    return struct.unpack_from("!H", data)[0]


def id_of(data):
    return data[8:HEADER]


def mutate(random, data):
    """A datagram that differs from `data` in one to four places."""
    result = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(result))
        how = random.randrange(6)
        if how < 3:
            result[at] ^= 1 << random.randrange(8)
        elif how == 3:
            result[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif how == 4:
            del result[at:at + random.randint(1, 8)]
        else:
            result[at:at] = random.randbytes(random.randint(1, 8))
        if not result:
            result = bytearray(1)
    if random.random() < 0.3 and len(result) >= 4:  # a length that is right again
        struct.pack_into("!H", result, 2, (len(result) - HEADER) % 65536)
    if random.random() < 0.5:
        result = refinger(bytes(result))
    return bytes(result) if bytes(result) != data else mutate(random, data)


def udp(address):
    """A socket of a stranger's."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(address)
    s.setblocking(False)
    return s


def packet(source, destination, data):
    """An IPv4 packet with a UDP datagram. The kernel fills in IP's check sum,
    UDP's may be left out."""
    datagram = struct.pack("!HHHH", source[1], destination[1], 8 + len(data), 0) + data
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0,
                       socket.inet_aton(source[0]), socket.inet_aton(destination[0])) + datagram


class Spoofer:
    """Sends in somebody else's name."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_HDRINCL, 1)

    def send(self, source, destination, data):
        self.socket.sendto(packet(source, destination, data), destination)

    def close(self):
        self.socket.close()


class Sniffer:
    """Calls `seen (source, destination, data)` for each UDP datagram on an
    interface, in a thread of its own."""

    def __init__(self, seen, interface="lo"):
        self._seen = seen
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self._socket.bind((interface, ETH_P_IP))
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._end not in select.select([self._socket, self._end], [], [])[0]:
            data, (_, _, direction, *_) = self._socket.recvfrom(65536)
            size = (data[0] & 15) * 4
            # what goes out over loopback comes in again
            if direction == PACKET_OUTGOING or data[9] != socket.IPPROTO_UDP:
                continue
            ports = struct.unpack_from("!HH", data, size)
            self._seen((socket.inet_ntoa(data[12:16]), ports[0]), (socket.inet_ntoa(data[16:20]), ports[1]),
                       data[size + 8:])

    def close(self):
        os.close(self._ended)
        self._thread.join()
        os.close(self._end)
        self._socket.close()


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("size", ctypes.c_size_t)]


class _Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("name_size", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
                ("n_vectors", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t),
                ("flags", ctypes.c_int), ("sent", ctypes.c_uint)]


class Flood:
    """Sends datagrams to an address round and round, as fast as the machine can,
    many a system call. A context; `sent` counts."""

    def __init__(self, sender, destination, datagrams):
        self.sent = 0
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._sender = sender
        name = struct.pack("=H", socket.AF_INET) + struct.pack("!H", destination[1]) \
            + socket.inet_aton(destination[0]) + bytes(8)
        self._vectors = [_Vector(data, len(data)) for data in datagrams]
        self._messages = (_Message * len(datagrams))(*(
            _Message(name, len(name), ctypes.pointer(vector), 1, None, 0, 0, 0) for vector in self._vectors))
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop:
            n = self._libc.sendmmsg(self._sender.fileno(), self._messages, len(self._messages), 0)
            if n > 0:
                self.sent += n
            else:
                select.select([], [self._sender], [], 0.01)

    def __enter__(self):
        self._start = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop = True
        self._thread.join()
        self.seconds = time.monotonic() - self._start


class Usage:
    """What a process uses now."""

    def __init__(self, pid):
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        self.cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # seconds
        self.rss = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")  # octets
        self.fds = len(os.listdir(f"/proc/{pid}/fd"))


def udp_drops(port):
    """Datagrams that did not fit into the buffers of the sockets at a port."""
    drops = 0
    with open("/proc/net/udp") as file:
        for line in list(file)[1:]:
            fields = line.split()
            if int(fields[1].partition(":")[2], 16) == port:
                drops += int(fields[-1])
    return drops
