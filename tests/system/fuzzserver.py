# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TURN and STUN server whose answers are mutations of valid ones, by a seed. Most
of them are signed: messages that a signature keeps out do not test the code that reads them."""

import collections
import contextlib
import os
import random
import socket
import struct
import threading
import time

import forger
import turnserver
from forger import attribute
from icetest import read_datagrams
from turnserver import ALLOCATE, ERROR, KEY, MAPPED, RELAYED, SUCCESS, TurnServer, xor_address

BINDING, SEND, DATA = 0x001, 0x0016, 0x0017  # methods; SEND and DATA with the bits of an indication
# RFC 8656 section 18, RFC 8489 section 18.3
MAPPED_ADDRESS, CHANNEL_NUMBER, XOR_PEER_ADDRESS, DATA_ATTRIBUTE, ALTERNATE_SERVER = 0x1, 0xC, 0x12, 0x13, 0x8023
KINDS = (0x01, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1D, 0x20,
         0x22, 0x24, 0x25, 0x8000, 0x8001, 0x8022, 0x8023, 0x8028, 0x8029, 0x802A, 0xFFFF)
CODES = (300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 487, 500, 508, 0, 99, 699, 701)
LIFETIMES = (0, 1, 29, 30, 31, 60, 600, 3600, 86400, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HOSTS = ("0.0.0.0", "127.0.0.1", "127.0.0.2", "224.0.0.1", "255.255.255.255", "203.0.113.9", "10.0.0.1")
PORTS = (0, 1, 9, 3478, 40000, 65535)
MOST = 65400  # octets of attributes; the length has 16 bits
PEER, PEER_UFRAG, PEER_PASSWORD = ("203.0.113.20", 5000), "peer", 24 * "p"


def split(body):
    """The attributes of a valid body, in order."""
    result, at = [], 0
    while at + 4 <= len(body):
        kind, length = struct.unpack_from("!HH", body, at)
        result.append((kind, body[at + 4:at + 4 + length]))
        at += 4 + (length + 3) // 4 * 4
    return result


class FuzzServer(TurnServer):
    """`sent`: the last answers, for whoever looks for what ended a process. `broken`:
    what ended a thread of its own."""

    def __init__(self, test, seed):
        self.seed, self.count, self.broken = seed, 0, None
        self.sent = collections.deque(maxlen=200)
        self._lock = threading.Lock()
        super().__init__(test)

    # -- what is answered

    def _random(self):
        with self._lock:
            self.count += 1
            return random.Random(f"{self.seed} {self.count}")

    def _valid(self, method, request):
        if method == ALLOCATE and forger.MESSAGE_INTEGRITY not in turnserver.attributes(request):
            return self.challenge()
        if method == BINDING:
            return SUCCESS, xor_address(forger.XOR_MAPPED_ADDRESS, MAPPED)
        return self._answers[method](request) if method in self._answers else (SUCCESS, b"")

    def _error(self, r):
        code, body = r.choice(CODES), b""
        if r.random() < 0.7:
            body += attribute(turnserver.REALM, r.choice((b"r", b"r", b"", b"s", b"r" * 763, b"\0")))
        if r.random() < 0.7:
            body += attribute(turnserver.NONCE, r.choice((b"n", r.randbytes(8), b"", b"n" * 763)))
        if code == 300 or r.random() < 0.1:
            host, port = r.choice((("127.0.0.1", self.port), (r.choice(HOSTS), r.choice(PORTS))))
            body += attribute(ALTERNATE_SERVER, struct.pack("!BBH", 0, 1, port) + socket.inet_aton(host))
        reason = r.choice((b"", b"no", b"%s%n", b"\xff\xfe\0", b"x" * 763))
        code = attribute(forger.ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + reason)
        return ERROR, body + code if r.random() < 0.5 else code + body

    @staticmethod
    def _address(r, kind):
        how = r.randrange(4)
        if how == 0:
            return attribute(kind, struct.pack("!BBH", 0, 2, r.choice(PORTS)) + r.randbytes(16))
        if how == 1:  # a family that its size is not of
            return attribute(kind, struct.pack("!BBH", 0, r.choice((0, 1, 2, 3, 255)), 9) + r.randbytes(r.choice((0, 3, 4, 5, 15, 16, 17))))
        return xor_address(kind, (r.choice(HOSTS), r.choice(PORTS)))

    def _mutate_body(self, r, body):
        parts = split(body)
        for _ in range(r.randint(1, 3)):
            how, at = r.randrange(8), r.randrange(len(parts) + 1)
            if how == 0 and parts:
                parts.pop(r.randrange(len(parts)))
            elif how == 1 and parts:
                parts[at:at] = [r.choice(parts)] * r.choice((1, 2, 50))
            elif how == 2:
                r.shuffle(parts)
            elif how == 3:
                parts.insert(at, (r.choice(KINDS), r.randbytes(r.choice((0, 1, 3, 4, 5, 8, 20, 32, 33, 700)))))
            elif how == 4:
                parts.insert(at, (turnserver.LIFETIME, struct.pack("!I", r.choice(LIFETIMES))))
            elif how == 5:
                parts = [(k, struct.pack("!I", r.choice(LIFETIMES)) if k == turnserver.LIFETIME else v) for k, v in parts]
            else:
                kind = r.choice((turnserver.XOR_RELAYED_ADDRESS, forger.XOR_MAPPED_ADDRESS, MAPPED_ADDRESS, XOR_PEER_ADDRESS))
                others = [p for p in parts if p[0] != kind or r.random() < 0.3]
                parts = others[:at] + split(self._address(r, kind)) + others[at:]
        while sum(len(value) + 7 for _, value in parts) > MOST:
            parts.pop()
        lengths = [None] * len(parts)
        if parts and r.random() < 0.15:
            lengths[r.randrange(len(parts))] = r.choice((0, 1, 3, 5, 255, 4096, 65532, 65535))
        return b"".join(attribute(k, v, n) for (k, v), n in zip(parts, lengths))

    def _answer(self, r, request):
        """One message, or part of one."""
        method = forger.kind_of(request) & ~0x110
        bits, body = self._valid(method, request)
        key = None if method == BINDING or bits == ERROR else KEY
        how = r.random()
        kind, id, length, print_ = method | bits, forger.id_of(request), None, r.random() < 0.2
        if how < 0.45:
            return forger.message(kind, body, id=id, key=key, fingerprint=print_)
        if how < 0.6:
            bits, body = self._error(r)
            kind, key = method | bits, r.choice((None, KEY))
        elif how < 0.85:
            body = self._mutate_body(r, body)
        elif how < 0.90:
            id = r.choice((os.urandom(12), bytes(12), id[:-1] + bytes([id[-1] ^ 1])))
        elif how < 0.94:
            kind = r.choice((method, method | 0x10, r.choice((1, 3, 4, 6, 7, 8, 9)) | r.choice((0, 0x10, 0x100, 0x110)), 0x3FFF))
        elif how < 0.97:
            key = r.choice((None, b"wrong", KEY))
            length = r.choice((0, 4, 19, 24, 65532, 65535, len(body) + 20))
        else:
            return forger.mutate(r, forger.message(kind, body, id=id, key=key, fingerprint=print_))
        data = forger.message(kind, body, id=id, key=key, fingerprint=print_, length=length)
        if r.random() < 0.05:
            data = data[:r.randrange(1, len(data))]
        return data

    # -- what is relayed: the server is the peer too

    def _from_peer(self, r, inner):
        if not forger.is_stun(inner) or forger.kind_of(inner) != forger.REQUEST:
            return r.choice((b"", b"media", r.randbytes(r.choice((1, 20, 1500, 9000)))))
        reply = forger.success(RELAYED, id=forger.id_of(inner), password=PEER_PASSWORD)
        return reply if r.random() < 0.8 else forger.mutate(r, reply)

    def _indication(self, r, inner):
        body = xor_address(XOR_PEER_ADDRESS, PEER) + attribute(DATA_ATTRIBUTE, inner)
        if r.random() < 0.2:
            body = self._mutate_body(r, body)
        return forger.message(DATA, body, fingerprint=False)

    @staticmethod
    def _channel_data(r, channel, inner):
        if r.random() < 0.03:
            inner += bytes(r.choice((65500, 65528, 65532)) - len(inner))
        length = len(inner) if r.random() < 0.8 else r.choice((0, 1, len(inner) + 1, 1500, 65532, 65535))
        return struct.pack("!HH", channel, length) + inner + bytes(-len(inner) % 4)

    def _relayed(self, r, data):
        if data[0] >= 0x40:
            channel, length = struct.unpack_from("!HH", data)
            inner = self._from_peer(r, data[4:4 + length])
            if r.random() < 0.2:
                channel = r.choice((0x4000, 0x4001, 0x7FFF, 0x8000, 0xFFFF, channel + 1 & 0xFFFF))
            return self._channel_data(r, channel, inner)
        inner = turnserver.attributes(data).get(DATA_ATTRIBUTE, b"")
        return self._indication(r, self._from_peer(r, inner))

    def _unasked(self, r):
        how = r.randrange(5)
        if how == 0:
            return self._channel_data(r, r.randrange(0x4000, 0x8000), r.randbytes(r.choice((0, 1, 20, 300))))
        if how == 1:
            return self._indication(r, r.randbytes(r.choice((0, 1, 20, 300, 1500))))
        if how == 2:
            return forger.check("peer:you", PEER_PASSWORD)
        if how == 3:
            return forger.message(r.choice((1, 3, 4, 8, 9)) | r.choice((0, 0x10, 0x100, 0x110)),
                                  self._mutate_body(r, xor_address(XOR_PEER_ADDRESS, PEER)), key=r.choice((None, KEY)))
        return r.randbytes(r.choice((1, 2, 3, 4, 19, 20, 21, 100)))

    def replies(self, data):
        """Up to four, to a request or an indication; nothing to anything else."""
        try:
            return self._replies(data)
        except Exception as error:
            self.broken = error
            raise

    def _replies(self, data):
        r = self._random()
        if data[0] >= 0x40 or forger.is_stun(data) and forger.kind_of(data) == SEND:
            self.asked[SEND] += 1
            result = [self._relayed(r, data)]
        elif not forger.is_stun(data) or forger.kind_of(data) & 0x110:
            return []
        else:
            self.asked[forger.kind_of(data)] += 1
            if r.random() < 0.04:
                return []
            result = [self._answer(r, data)] * (2 if r.random() < 0.05 else 1)
        if r.random() < 0.15:
            result[r.randrange(2):0] = [self._unasked(r) for _ in range(r.randint(1, 2))]
        self.sent.extend((self.count, reply) for reply in result)
        return result

    # -- how it gets there

    def _serve_udp(self):
        for data, peer in read_datagrams(self._udp):
            if data:
                for reply in self.replies(data):
                    with contextlib.suppress(OSError):
                        self._udp.sendto(reply, peer)

    def _serve_connection(self, connection):
        data = b""
        with contextlib.suppress(OSError):
            while more := connection.recv(65536):
                data += more
                while len(data) >= 4 and len(data) >= (size := self._size(data)):
                    frame, data = data[:size], data[size:]
                    for reply in self.replies(frame):
                        if not self._write(connection, reply):
                            return
            connection.shutdown(socket.SHUT_RDWR)

    def _write(self, connection, reply):
        """In pieces, now and then not all of it. Returns whether to go on."""
        how = self._random().random()
        if how < 0.02:
            connection.sendall(reply[:len(reply) // 2])
            connection.shutdown(socket.SHUT_RDWR)
            return False
        if how < 0.2:
            connection.sendall(reply[:3])
            time.sleep(0.01)
            reply = reply[3:]
        connection.sendall(reply)
        return True
