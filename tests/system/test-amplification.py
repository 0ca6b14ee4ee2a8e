#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer's candidates are no amplifier (RFC 8445 section 19.5.1): how many packets go to
a host that never answers, by all streams, ports, local addresses and restarts; and that
an honest peer with many candidates is connected to all the same."""

import itertools
import socket
import struct
import subprocess
import threading
import time
import unittest

import peer
from icetest import ISOLATED, LONG, PATIENCE, IceTest, main

HOSTS = "127.0.0.1", "127.0.0.2", "127.0.0.3"  # ours
VICTIM = "127.0.0.99"
LINK, BEHIND_LINK = "10.99.0.1", "10.99.0.77"
MOST, MOST_IN_A_SECOND = 100, 49
OUTGOING = 4  # PACKET_OUTGOING of if_packet.h
ALL, IPV4 = 3, 0x0800  # of if_ether.h; only those who ask for all are shown what leaves
TIMESTAMPS = 35  # SO_TIMESTAMPNS
names = itertools.count()


class Counter:
    """When packets left for a host."""

    def __init__(self, host, protocol=socket.IPPROTO_UDP):
        self._host, self._protocol, self.times = socket.inet_aton(host), protocol, []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, TIMESTAMPS, 1)
        self._socket.settimeout(0.1)
        self._stopped = False
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        while not self._stopped:
            try:
                data, more, _, address = self._socket.recvmsg(64, 64)
            except TimeoutError:
                continue
            if address[1:3] == (IPV4, OUTGOING) and data[9] == self._protocol and data[16:20] == self._host:
                seconds, nanoseconds = struct.unpack("@ll", more[0][2])
                self.times.append(seconds + nanoseconds / 1e9)

    def stop(self):
        self._stopped = True
        self._thread.join()
        self._socket.close()

    def most_in_a_second(self):
        return max((sum(at <= other < at + 1 for other in self.times) for at in self.times), default=0)


def line(host, port, n=1, priority=2130706431):
    return f"candidate:{n} 1 UDP {priority - n} {host} {port} typ host"


def tcp_line(host, port, n):
    return f"candidate:{n} 1 TCP {2130706431 - n} {host} {port} typ host tcptype passive"


@unittest.skipUnless(ISOLATED, "needs a network namespace")
class TestAmplification(IceTest):
    @classmethod
    def setUpClass(cls):
        for host in HOSTS[1:]:
            subprocess.run(["ip", "addr", "add", f"{host}/32", "dev", "lo"], check=True, timeout=PATIENCE)

    @classmethod
    def tearDownClass(cls):
        for host in HOSTS[1:]:
            subprocess.run(["ip", "addr", "del", f"{host}/32", "dev", "lo"], check=True, timeout=PATIENCE)

    def start(self, n_streams=1, hosts=HOSTS, settings=""):
        """The element of the first stream, when all have gathered."""
        wish = f"connection-id=amplify{next(names)} local-addresses=<{','.join(hosts)}> on-failed=none {settings}"
        self.pipe = self.pipeline(" ".join(f"icesrc name=ice{i} stream={i} {wish} ! fakesink async=false sync=false" for i in range(n_streams)))
        self.candidates = []
        ice = self.pipe["ice0"]
        ice.connect("on-ice-candidate", lambda _, stream, text: self.candidates.append(text))
        self.pipe.play()
        peer.until(lambda: None in self.candidates, "gathered")
        return ice

    def count(self, host=VICTIM, protocol=socket.IPPROTO_UDP):
        counter = Counter(host, protocol)
        self.addCleanup(counter.stop)
        return counter

    def assert_no_amplifier(self, counter):
        self.assertLessEqual(len(counter.times), MOST)
        self.assertLessEqual(counter.most_in_a_second(), MOST_IN_A_SECOND)

    def test_ports_streams_and_restarts(self):
        """256 ports of one host in two streams, again after each of the peer's restarts."""
        counter = self.count()
        ice = self.start(n_streams=2)
        for generation in range(12 if LONG else 3):
            for stream in range(2):
                self.assertTrue(ice.emit("set-remote-credentials", stream, f"peer{generation}", "p" * 22))
                for n in range(256):
                    ice.emit("add-ice-candidate", stream, line(VICTIM, 1024 + n, n))
            time.sleep(2.7 if generation == 0 else 1)
        self.assert_no_amplifier(counter)
        self.assertGreater(len(counter.times), MOST - 20)  # those of the last candidates, and of checks that a restart ended

    def test_tcp(self):
        """256 ports of one host behind a link on which nobody answers: the kernel repeats
        what opens a connection, long after its check has ended."""
        for do in ("link add link0 type veth peer name link1", f"addr add {LINK}/24 dev link0", "link set link0 arp off",
                   "link set link0 up", "link set link1 up"):
            subprocess.run(["ip", *do.split()], check=True, timeout=PATIENCE)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "link0"], check=True, timeout=PATIENCE)
        counter = self.count(BEHIND_LINK, socket.IPPROTO_TCP)
        ice = self.start(hosts=(LINK,), settings="ice-tcp=true role=controlling")
        for generation in range(2):
            self.assertTrue(ice.emit("set-remote-credentials", 0, f"peer{generation}", "p" * 22))
            for n in range(256):
                ice.emit("add-ice-candidate", 0, tcp_line(BEHIND_LINK, 1024 + n, n))
            time.sleep(6)
            self.assertTrue(ice.emit("restart"))
        self.assert_no_amplifier(counter)
        self.assertGreater(len(counter.times), 40)

    def meet(self, ice, other, streams=(0,)):
        other.theirs = ice.get_property("local-ufrag"), ice.get_property("local-pwd")
        for stream in streams:
            self.assertTrue(ice.emit("set-remote-credentials", stream, other.ufrag, other.password))

    def open_peer(self, controlling=False, host=VICTIM):
        other = peer.Peer(controlling=controlling, host=host)
        self.addCleanup(other.close)
        return other

    def wait_up(self, n_streams=1):
        for i in range(n_streams):
            ice = self.pipe[f"ice{i}"]
            peer.until(lambda: ice.get_property("ice-transport-state").value_nick in ("connected", "completed"), f"stream {i} is up")

    def test_late_port_that_is_checked(self):
        """100 ports of one address, of which the last answers, and checks us as an ICE agent does."""
        counter, other = self.count(), self.open_peer(controlling=True)
        ice = self.start(settings="role=controlled", hosts=HOSTS[:1])
        self.meet(ice, other)
        for n in range(99):
            ice.emit("add-ice-candidate", 0, line(VICTIM, 9, n) if n == 0 else line(VICTIM, 1024 + n, n))
        ice.emit("add-ice-candidate", 0, line(*other.sock.getsockname(), 99))
        time.sleep(1)
        self.assertEqual(other.checks, [])  # it waits behind the others
        local = self.candidates[0].split()
        other.check((local[4], int(local[5])), True)
        self.wait_up()
        self.assertLess(counter.most_in_a_second(), 100)  # libnice's pace, now that it answers

    def test_port_that_is_only_heard(self):
        """30 ports of one address, of which the last one answers: it is reached by checks of ours alone."""
        other = self.open_peer()
        ice = self.start(settings="role=controlling", hosts=HOSTS[:1])
        self.meet(ice, other)
        for n in range(29):
            ice.emit("add-ice-candidate", 0, line(VICTIM, 1024 + n, n))
        ice.emit("add-ice-candidate", 0, line(*other.sock.getsockname(), 99))
        self.wait_up()

    def test_many_hosts(self):
        """60 host candidates of a host with many addresses, of which the last one answers."""
        other = self.open_peer()
        ice = self.start(settings="role=controlling", hosts=HOSTS[:1])
        self.meet(ice, other)
        for n in range(59):
            ice.emit("add-ice-candidate", 0, line(f"127.0.5.{n + 1}", 1024 + n, n))
        ice.emit("add-ice-candidate", 0, line(*other.sock.getsockname(), 99))
        self.wait_up()

    def test_many_streams(self):
        """12 streams from three addresses to one that answers: 36 pairs, as soon as one is good."""
        other = self.open_peer()
        ice = self.start(n_streams=12, settings="role=controlling")
        self.meet(ice, other, range(12))
        began = time.monotonic()
        for stream in range(12):
            ice.emit("add-ice-candidate", stream, line(*other.sock.getsockname()))
        self.wait_up(12)
        self.assertLess(time.monotonic() - began, 2)  # no check has to fail first


if __name__ == "__main__":
    main()
