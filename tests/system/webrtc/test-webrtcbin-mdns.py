#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""webrtcbins that signal names of multicast DNS instead of their addresses, by the agent's
filter-candidate: whoever offers, one by one and in the descriptions."""

import socket
import struct
import threading
import unittest
import uuid

from webrtcpeer import Peer, make_agent, negotiate, walk  # the first: it has the path
import wire
from icetest import ISOLATED, IceTest, close_read_socket, fields, main, read_datagrams, set_array

GROUP = "224.0.0.251", 5353  # RFC 6762 section 3
HEADER = struct.Struct("!6H")
RESPONSE = 0x8400  # authoritative
TYPE_A = 1
FLUSH_IN = 0x8001  # the class, with the bit of section 10.2


class Responder:
    """Answers for these names, RFC 6762; `asked` has those that were asked for."""

    def __init__(self, test, addresses):
        self._addresses, self.asked = addresses, []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in socket.SO_REUSEADDR, socket.SO_REUSEPORT:
            self._socket.setsockopt(socket.SOL_SOCKET, option, 1)
        self._socket.bind(GROUP)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                socket.inet_aton(GROUP[0]) + socket.inet_aton(wire.ADDRESSES[0]))
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        test.addCleanup(close_read_socket, self._socket, thread)

    def _run(self):
        for data, _ in read_datagrams(self._socket):
            _, flags, n_questions, *_ = HEADER.unpack_from(data)
            if flags & 0x8000 == 0 and n_questions == 1:
                self._answer(data[HEADER.size:-4], struct.unpack("!H", data[-4:-2])[0])

    def _answer(self, labels, kind):
        """A question of one name, whose labels are not compressed."""
        first, second = labels[1:1 + labels[0]], labels[2 + labels[0]:-1]
        name = f"{first.decode()}.{second.decode()}"
        if kind != TYPE_A or name not in self._addresses:
            return
        self.asked.append(name)
        record = labels + struct.pack("!HHIH", TYPE_A, FLUSH_IN, 120, 4) + socket.inet_aton(self._addresses[name])
        self._socket.sendto(HEADER.pack(0, RESPONSE, 0, 1, 0, 0) + record, GROUP)


class End(Peer):
    """Has one address, and signals a name instead. Whether it is `deaf`: it then receives no
    candidate, so that only the other end can find the way."""

    def __init__(self, test, name, address, deaf=False):
        self.hidden, self.address, self.deaf = f"{uuid.uuid4()}.local", address, deaf
        agent = make_agent()
        set_array(agent, "local-addresses", [address])
        agent.connect("filter-candidate", lambda _, stream, text, local:
                      text.replace(f" {address} ", f" {self.hidden} ") if local else text)
        self.errors = []
        agent.connect("on-ice-candidate-error", lambda _, error: self.errors.append(fields(error)))
        super().__init__(test, name, agent=agent)

    def add(self, line, text):
        if text == "" or not self.deaf:
            super().add(line, text)

    def describe_all(self, kind):
        """The description with all candidates."""
        text = self.set_local(kind)
        self.wait(lambda: self.found[-1:] == [(0, "")], "end of candidates")
        return text + "".join(f"a={candidate}\r\n" for _, candidate in self.found if candidate)


@unittest.skipUnless(ISOLATED, "makes network interfaces: needs root")
class TestMdns(IceTest):
    @classmethod
    def setUpClass(cls):
        for line in ("ip link add ice0 type veth peer name ice1", f"ip addr add {wire.ADDRESSES[0]}/24 dev ice0",
                     f"ip addr add {wire.ADDRESSES[1]}/24 dev ice0", "ip link set ice0 up", "ip link set ice1 up",
                     "ip route add 224.0.0.0/4 dev ice0"):
            wire.run(line)

    def make(self, deaf=None):
        ends = [End(self, name, address, deaf == i)
                for i, (name, address) in enumerate(zip(("offerer", "answerer"), wire.ADDRESSES))]
        self.responder = Responder(self, {end.hidden: end.address for end in ends})
        for end in ends:
            end.pipeline.play()
        return ends

    def check(self, ends, hearing):
        for end in ends:
            end.wait_state("completed")
            end.wait_media()
            self.assertEqual(end.errors, [])
            for _, text in end.found:
                self.assertNotIn(end.address, text)
        for end in hearing:
            other = ends[1 - ends.index(end)]
            self.assertIn(other.hidden, self.responder.asked)
            source, = walk(end.ice, "icesrc")
            pair = fields(source.get_property("selected-candidate-pair"))
            self.assertEqual((pair["remote-type"], pair["remote-address"]), ("host", other.address))

    def test_one_by_one(self):
        for deaf in 0, 1:
            with self.subTest(deaf=("offerer", "answerer")[deaf]):
                ends = self.make(deaf)
                negotiate(*ends)
                self.check(ends, [ends[1 - deaf]])
                for end in ends:
                    end.pipeline.stop()

    def test_in_the_descriptions(self):
        ends = self.make()
        ends[1].set_remote("offer", ends[0].describe_all("offer"))
        ends[0].set_remote("answer", ends[1].describe_all("answer"))
        for end in ends:
            end.add(0, "")
        self.check(ends, [])
        self.assertEqual(set(self.responder.asked), {end.hidden for end in ends})


if __name__ == "__main__":
    main()
