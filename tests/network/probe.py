# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the boxes between a host and the internet do, found out as RFC 5780 does
it: by datagrams to and from two addresses with two ports each. A negative answer
is no matter of waiting: each round ends with a datagram that must arrive."""

import contextlib
import itertools
import socket

from boxes import Behaviour
from lab import INTERNET, SERVERS

PATIENCE = 5  # seconds until a datagram counts as lost that should arrive
SILENCE = 0.3  # seconds, where nothing at all gets through
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


class Probe:
    """Sockets of a host, and those of the four servers."""

    def __init__(self, lab, host, version=4, address=None):
        self._space, self._version = lab[host], version
        self.own = address or next(a for (n, _, v), a in lab.addresses.items() if (n, v) == (host, version))
        self._open = contextlib.ExitStack()
        self._n = itertools.count(1)
        first = self._socket(lab[INTERNET], SERVERS[version][0])
        port = first.getsockname()[1]
        self.servers = {(0, 0): first}
        for i, j in [(0, 1), (1, 0), (1, 1)]:
            self.servers[i, j] = self._socket(lab[INTERNET], SERVERS[version][i], port + j)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._open.close()

    def _socket(self, space, address, port=0):
        with space.inside():
            s = self._open.enter_context(socket.socket(FAMILIES[self._version], socket.SOCK_DGRAM))
        s.bind((address, port))
        s.settimeout(PATIENCE)
        return s

    def client(self):
        return self._socket(self._space, self.own)

    def out(self, client, server, timeout=PATIENCE):
        """Sends a datagram; where it came from, as the server sees it."""
        token = str(next(self._n)).encode()
        client.sendto(token, self.servers[server].getsockname()[:2])
        self.servers[server].settimeout(timeout)
        while True:
            try:
                data, source = self.servers[server].recvfrom(100)
            except TimeoutError:
                return None
            if data == token:
                return source[:2]

    def back(self, client, *servers):
        """Sends from each of the servers in turn to where `client` is, and then
        from one that the client has sent to; the ones that arrived."""
        mapped = self.out(client, (0, 0))
        tokens = {}
        for server in (*servers, (0, 0)):
            token = str(next(self._n)).encode()
            tokens[token] = server
            self.servers[server].sendto(token, mapped)
        arrived = []
        while (0, 0) not in arrived:
            data, source = client.recvfrom(100)
            if data in tokens:
                assert source[:2] == self.servers[tokens[data]].getsockname()[:2]
                arrived.append(tokens[data])
        return arrived[:-1]

    def mapping(self):
        client = self.client()
        at = {server: self.out(client, server) for server in self.servers}
        if at[0, 0] == client.getsockname()[:2]:
            return None
        if len(set(at.values())) == 1:
            return "eim"
        if at[0, 0] == at[0, 1] and at[1, 0] == at[1, 1]:
            return "adm"
        return "apdm" if len(set(at.values())) == 4 else f"neither: {at}"

    def filtering(self):
        if self.mapping() is None:
            client = self.client()
            self.servers[1, 1].sendto(b"first", client.getsockname()[:2])
            self.out(client, (0, 0))
            self.servers[0, 0].sendto(b"last", client.getsockname()[:2])
            if client.recv(100) == b"first":
                return None
        arrived = self.back(self.client(), (1, 1), (0, 1))
        return {((1, 1), (0, 1)): "eif", ((0, 1),): "adf", (): "apdf"}[tuple(arrived)]

    def hairpins(self):
        """Whether two sockets of the host reach each other by outside addresses."""
        one, two = self.client(), self.client()
        at_one, at_two = self.out(one, (0, 0)), self.out(two, (0, 0))
        one.sendto(b"", at_two)
        two.sendto(b"hairpin", at_one)
        self.servers[0, 0].sendto(b"last", at_one)
        data, source = one.recvfrom(100)
        return data == b"hairpin" and source[:2] == at_two

    def is_spoilt(self):
        """Whether a mapping is another one after somebody knocked at it."""
        client = self.client()
        mapped = self.out(client, (0, 0))
        self.servers[1, 1].sendto(b"knock", mapped)
        return self.out(client, (1, 1)) != mapped

    def passes_udp(self):
        return self.out(self.client(), (0, 0), SILENCE) is not None

    def behaviour(self):
        if not self.passes_udp():
            return Behaviour(None, None, udp=False)
        mapping = self.mapping()
        return Behaviour(mapping, self.filtering(), hairpin=mapping == "eim" and self.hairpins())
