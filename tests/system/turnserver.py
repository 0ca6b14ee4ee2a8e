# SPDX-License-Identifier: LGPL-2.1-or-later
"""A TURN server of a few lines (RFC 8656), over UDP and TCP, which relays nothing.
The test decides its answers; it signs all of them."""

import collections
import contextlib
import hashlib
import itertools
import socket
import struct
import threading

import forger
from forger import COOKIE, attribute
from icetest import LOOPBACK, Collector, Gst, close_read_socket, element_message, read_datagrams, set_array, signal_to

# RFC 8656 section 17
ALLOCATE, REFRESH, CREATE_PERMISSION, CHANNEL_BIND = 0x003, 0x004, 0x008, 0x009
DATA_INDICATION = 0x017
SUCCESS, ERROR = 0x100, 0x110
# RFC 8656 section 18, RFC 8489 section 18.3
LIFETIME, XOR_RELAYED_ADDRESS, REALM, NONCE = 0x000D, 0x0016, 0x0014, 0x0015
XOR_PEER_ADDRESS, DATA = 0x0012, 0x0013
USER, PASSWORD, THE_REALM = "user", "pass", "r"


def open_port(host):
    """(UDP socket, listening TCP socket) of one port that is free for both."""
    for _ in range(100):
        listener = socket.create_server((host, 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(listener.getsockname())
            return udp, listener
        except OSError:
            udp.close()
            listener.close()
    raise AssertionError(f"{host}: no port is free for UDP and TCP")


def key_of(password):
    return hashlib.md5(f"{USER}:{THE_REALM}:{password}".encode()).digest()


KEY = key_of(PASSWORD)
RELAYED, MAPPED = ("203.0.113.9", 40000), ("203.0.113.7", 1000)


def xor_address(kind, address):
    packed = struct.unpack("!I", socket.inet_aton(address[0]))[0] ^ COOKIE
    return attribute(kind, struct.pack("!BBHI", 0, 1, address[1] ^ COOKIE >> 16, packed))


def lifetime(seconds):
    """None: without one."""
    return b"" if seconds is None else attribute(LIFETIME, struct.pack("!I", seconds))


def error_code(code):
    return attribute(forger.ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100))


def attributes(data):
    """Of a message: a dictionary of the first of each kind."""
    result, at = {}, forger.HEADER
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("!HH", data, at)
        result.setdefault(kind, data[at + 4:at + 4 + length])
        at += 4 + (length + 3) // 4 * 4
    return result


class TurnServer:
    """`answers`: by method, a function of the request that returns the kind of
    message that answers it, and its attributes; None: nothing. `refuse`: the code
    of an unsigned error, for the n-th port that Allocate comes from over UDP, from
    0; None: none."""

    def __init__(self, test, answers=None, host="127.0.0.1", refuse=lambda n: None, password=PASSWORD):
        self.asked = collections.Counter()  # requests by method
        self.from_ports = []  # of Allocate requests, each once, in order
        self._answers = {ALLOCATE: self.allocate, REFRESH: self.refresh,
                         CREATE_PERMISSION: lambda _: (SUCCESS, b""), CHANNEL_BIND: lambda _: (SUCCESS, b""),
                         **(answers or {})}
        self.n_connections = 0  # over TCP, that are open
        self._refuse = refuse
        self._send = None  # to the last client that had an allocation
        self.key = key_of(password)
        self._udp, self._tcp = open_port(host)
        self.port = self._udp.getsockname()[1]
        self._read = [(sock, self._start(serve)) for sock, serve in ((self._udp, self._serve_udp), (self._tcp, self._serve_tcp))]
        test.addCleanup(self._close)

    def uri(self, transport="udp"):
        return f"turn://{USER}:{PASSWORD}@{self._udp.getsockname()[0]}:{self.port}?transport={transport}"

    @staticmethod
    def _start(serve, *arguments):
        thread = threading.Thread(target=serve, args=arguments, daemon=True)
        thread.start()
        return thread

    def _close(self):
        while self._read:
            close_read_socket(*self._read.pop(0))

    def allocate(self, request, seconds=600, relayed=RELAYED, mapped=MAPPED):
        return SUCCESS, (xor_address(XOR_RELAYED_ADDRESS, relayed)
                         + xor_address(forger.XOR_MAPPED_ADDRESS, mapped) + lifetime(seconds))

    def refresh(self, request, seconds=600):
        asked = attributes(request).get(LIFETIME)
        return SUCCESS, lifetime(seconds) if asked is None else attribute(LIFETIME, asked)

    def challenge(self, code=401):
        return ERROR, error_code(code) + attribute(REALM, THE_REALM.encode()) + attribute(NONCE, b"n")

    def refuse(self, request, port):
        if forger.kind_of(request) != ALLOCATE:
            return None
        code = self._refuse(self.from_ports.index(port))
        return None if code is None else self.message(request, ERROR, error_code(code), key=None)

    def reply(self, request):
        method = forger.kind_of(request)
        self.asked[method] += 1
        if method == ALLOCATE and forger.MESSAGE_INTEGRITY not in attributes(request):
            return self.message(request, *self.challenge(), key=None)
        answer = self._answers[method](request) if method in self._answers else None
        return None if answer is None else self.message(request, *answer)

    def message(self, request, bits, body, **options):
        """Signed; options may have another `key`."""
        key = options.get("key", self.key)
        return forger.message(forger.kind_of(request) | bits, body, id=forger.id_of(request), key=key,
                              fingerprint=False)

    def relay(self, peer, data):
        """A Data indication to the client."""
        self._send(forger.message(DATA_INDICATION, xor_address(XOR_PEER_ADDRESS, peer) + attribute(DATA, data),
                                  fingerprint=False))

    def _serve_udp(self):
        for data, peer in read_datagrams(self._udp):
            if forger.is_stun(data):
                if forger.kind_of(data) == ALLOCATE and peer[1] not in self.from_ports:
                    self.from_ports.append(peer[1])
                reply = self.refuse(data, peer[1]) or self.reply(data)
                if reply is not None:
                    self._udp.sendto(reply, peer)
                    self._allocated(reply, lambda message, to=peer: self._udp.sendto(message, to))

    def _allocated(self, reply, send):
        if forger.kind_of(reply) == ALLOCATE | SUCCESS:
            self._send = send

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                self.n_connections += 1
                self._read.append((connection, self._start(self._serve_connection, connection)))

    def _serve_connection(self, connection):
        data = b""
        with contextlib.suppress(OSError):
            while more := connection.recv(65536):
                data += more
                while len(data) >= forger.HEADER and len(data) >= (size := self._size(data)):
                    reply = self.reply(data[:size]) if data[0] < 4 else None
                    data = data[size:]
                    if reply is not None:
                        connection.sendall(reply)
                        self._allocated(reply, connection.sendall)
            connection.shutdown(socket.SHUT_RDWR)
        self.n_connections -= 1

    @staticmethod
    def _size(data):
        length = struct.unpack_from("!H", data, 2)[0]
        return forger.HEADER + length if data[0] < 4 else 4 + (length + 3) // 4 * 4


class TurnProxy:
    """In front of the TURN server at `port`, over UDP and TCP. It answers requests
    with these methods itself, with 438 (Stale Nonce) and a new nonce each time."""

    def __init__(self, test, port, methods, realm=THE_REALM):
        self.asked = collections.Counter()  # requests by method
        self.silent = set()  # methods whose requests are lost
        self._methods, self._realm, self._behind = methods, realm, ("127.0.0.1", port)
        self._nonces = itertools.count()
        self._flows = {}  # by the client's address
        self._clients = []  # sockets, over TCP
        self._udp, self._tcp = open_port("127.0.0.1")
        self.port = self._udp.getsockname()[1]
        self._read = []
        self._start(self._udp, self._serve_udp)
        self._start(self._tcp, self._serve_tcp)
        test.addCleanup(self._close)

    def _start(self, sock, serve, *arguments):
        self._read.append((sock, TurnServer._start(serve, *arguments)))

    def _close(self):
        while self._read:
            close_read_socket(*self._read.pop(0))

    def end_connections(self):
        """Those over TCP; until the other ends have closed theirs."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_WR)
        for _, thread in self._read[2:]:
            thread.join()

    def _answer(self, data):
        """None: it is for the server; empty: there is none."""
        if not forger.is_stun(data):
            return None
        method = forger.kind_of(data)
        self.asked[method] += 1
        if method in self.silent:
            return b""
        if method not in self._methods:
            return None
        body = (error_code(438) + attribute(REALM, self._realm.encode())
                + attribute(NONCE, b"nonce %d" % next(self._nonces)))
        return forger.message(method | ERROR, body, id=forger.id_of(data), fingerprint=False)

    def _serve_udp(self):
        for data, client in read_datagrams(self._udp):
            if client not in self._flows:
                flow = self._flows[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                flow.connect(self._behind)
                self._start(flow, self._forward_datagrams, flow, client)
            answer = self._answer(data)
            if answer is None:
                self._flows[client].send(data)
            elif answer:
                self._udp.sendto(answer, client)

    def _forward_datagrams(self, flow, client):
        with contextlib.suppress(OSError):
            for data, _ in read_datagrams(flow):
                self._udp.sendto(data, client)

    def _serve_tcp(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._tcp.accept()
                server = socket.create_connection(self._behind)
                self._clients.append(client)
                self._start(client, self._forward_messages, client, server)
                self._start(server, self._forward_stream, server, client)

    def _forward_messages(self, client, server):
        data = b""
        with contextlib.suppress(OSError):
            while more := client.recv(65536):
                data += more
                while len(data) >= forger.HEADER and len(data) >= (size := TurnServer._size(data)):
                    answer = self._answer(data[:size])
                    if answer is None:
                        server.sendall(data[:size])
                    else:
                        client.sendall(answer)
                    data = data[size:]
            server.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _forward_stream(server, client):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


def call(test, server, transport="udp", settings=""):
    """Two ends, one of them with that server, which are connected by their host
    candidates, and have gathered; and the collectors of what they receive."""
    ends = [test.pipeline(f"icesrc name=ice connection-id={name}{id(server)} {LOOPBACK} role={role} {settings} "
                          f"! fakesink name=out appsrc name=in ! icesink connection-id={name}{id(server)} sync=false")
            for name, role in (("a", "controlling"), ("b", "controlled"))]
    set_array(ends[0]["ice"], "turn-servers", [server.uri(transport)])
    collectors = [Collector(end["out"]) for end in ends]
    for end in ends:
        end.set_state(Gst.State.READY)
    for end, other in (ends, reversed(ends)):
        test.assertEqual(signal_to(end["ice"], other["ice"]), [])
    for end in ends:
        end.play()
    for end in ends:
        end.wait_connected()
    ends[0].drain()
    if not any(m["new"] == "complete" for m in ends[0].messages("ice-gathering-state")):
        ends[0].wait(element_message("ice-gathering-state", new="complete"))
    return ends, collectors
