#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ICE-TCP (RFC 6544) with a peer that is a connection and frames (RFC 4571): it
connects to our passive candidate, or we connect to its own."""

import contextlib
import socket
import struct
import threading

import forger
from icetest import WARNING, IceTest, close_read_socket, error_text, fields, get_stats, main
from peer import End, Peer, Seen, until

LARGEST = 63488  # libnice divides what is larger


class Connection:
    """A TCP connection as Peer uses a UDP socket."""

    def __init__(self, peer, sock):
        self.peer, self._sock, self._sending = peer, sock, threading.Lock()
        self._source, self.port = sock.getpeername(), sock.getsockname()[1]
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def sendto(self, data, _):
        with self._sending:
            self._sock.sendall(struct.pack("!H", len(data)) + data)

    def _read(self):
        buffer = b""
        with contextlib.suppress(ConnectionResetError):
            while data := self._sock.recv(65536):
                buffer += data
                while len(buffer) >= 2 and len(buffer) >= (end := 2 + struct.unpack_from("!H", buffer)[0]):
                    self.peer.take(Seen(self, buffer[2:end], self._source))
                    buffer = buffer[end:]

    def close(self):
        close_read_socket(self._sock, self._reader)


class TcpPeer(Peer):
    def __init__(self, test, controlling):
        super().__init__(controlling)
        self.test = test
        self.connections = []

    def take(self, seen):
        if not forger.is_stun(seen.data):
            self.media.append(seen)
        elif forger.kind_of(seen.data) == forger.REQUEST:
            self.checks.append(seen)
            self._answer(seen)
        else:
            self.answers.append(seen)

    def use(self, sock):
        connection = Connection(self, sock)
        self.test.addCleanup(connection.close)
        self.connections.append(connection)

    def listen(self):
        """Takes one connection; its candidate."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.test.addCleanup(listener.close)
        threading.Thread(target=lambda: self.use(listener.accept()[0]), daemon=True).start()
        return f"candidate:1 1 TCP 1671430143 127.0.0.1 {listener.getsockname()[1]} typ host tcptype passive"


class TestTcpPeer(IceTest):
    def start(self, controlling, active):
        """Connected over TCP: the end and the peer."""
        peer = TcpPeer(self, controlling)
        end = End(self, "ice-tcp=true", peer)
        passive = until(lambda: [c.split() for m in end.pipeline.messages("ice-candidate")
                                 if " tcptype passive" in (c := m["candidate"] or "")], "a passive candidate")[0]
        self.assertTrue(end.ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password))
        theirs = "candidate:1 1 TCP 1671430143 127.0.0.1 9 typ host tcptype active" if active else peer.listen()
        self.assertTrue(end.ice.emit("add-ice-candidate", 0, theirs))
        self.assertTrue(end.ice.emit("add-ice-candidate", 0, ""))
        if active:
            peer.use(socket.create_connection((passive[4], int(passive[5]))))
        until(lambda: peer.connections and (active or peer.checks), "a connection")
        peer.check(None, controlling, peer.connections[0])
        until(lambda: end.state() == "completed", "completed")
        return end, peer

    def test_selected(self):
        """The selected pair is the same everywhere."""
        for controlling in False, True:
            for active in False, True:
                with self.subTest(controlling=controlling, active=active):
                    end, peer = self.start(controlling, active)
                    selected = end.selected()
                    listed = [p for p in end.pairs() if p["selected"]]
                    told = end.pipeline.messages("ice-selected-candidate-pair")[-1]["pair"]
                    transport = get_stats(end.ice)["transport-0-1"]
                    self.assertTrue(selected["selected"])
                    self.assertEqual([p["id"] for p in listed], [selected["id"]])
                    self.assertEqual(told["id"], selected["id"])
                    self.assertEqual(transport["selected-candidate-pair-id"], selected["id"])
                    self.assertEqual((selected["protocol"], selected["nominated"]), ("tcp", True))
                    end.send(b"from here")
                    peer.connections[0].sendto(b"from there", None)
                    until(lambda: peer.media and end.got, "media in both directions")
                    end.pipeline.stop()

    def test_another_connection(self):
        """The peer nominates a pair, then a better one, which another connection of its own made."""
        end, peer = self.start(True, True)
        first = end.selected()
        passive = first["local-address"], first["local-port"]
        peer.use(socket.create_connection(passive))
        peer.check(None, True, peer.connections[1], priority=0x7EFFFFFF)
        until(lambda: end.selected()["id"] != first["id"], "another pair")
        self.assertEqual(end.selected()["remote-port"], peer.connections[1].port)
        until(lambda: any(c.sock is peer.connections[1] for c in peer.checks), "a check")
        end.send(b"from here")
        self.assertIs(until(lambda: peer.media, "media")[0].sock, peer.connections[1])
        self.assertEqual([p["remote-port"] for p in end.pairs() if p["selected"]], [peer.connections[1].port])

    def test_large(self):
        """A datagram is one frame, or is not sent and counted, with a warning."""
        end, peer = self.start(False, True)
        for size in LARGEST, LARGEST + 1, 65507, 3:
            end.send(bytes([128]) * size)
        until(lambda: peer.media and len(peer.media[-1].data) == 3, "the last one")
        self.assertEqual([len(m.data) for m in peer.media], [LARGEST, 3])
        self.assertRegex(error_text(end.pipeline.wait(WARNING)), f"datagram of {LARGEST + 1} bytes was not sent: .*{LARGEST}")
        self.assertEqual(get_stats(end.ice)["transport-0-1"]["packets-discarded-on-send"], 2)
        peer.connections[0].sendto(bytes([128]) * 65535, None)
        until(lambda: end.got, "the largest frame")
        self.assertEqual(len(end.got[0]), 65535)


if __name__ == "__main__":
    main()
