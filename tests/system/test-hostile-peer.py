#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A peer that has the credentials and abuses them. It may end the call, and make its
own states change; no more than that."""

import contextlib
import random
import socket
import sys
import time

import coturn
import forger
import turnserver
from hostile import MEMORY, End, Hostile, end
from icetest import LONG, main

UFRAG, PWD = "abuser", "p" * 22
# of both ends: no restart, and no new states for a while
SETTINGS = "on-failed=none disconnected-timeout=300 failed-timeout=900"


class Abuser:
    """A peer that has the credentials, and does with them what it likes, from
    many addresses: checks, nominations, role conflicts, answers of any kind."""

    def __init__(self, test, end, seed):
        self.end, self.dice = end, random.Random(seed)
        self.sockets = [forger.udp((f"127.0.0.{self.dice.randint(2, 9)}", 0)) for _ in range(20)]
        for s in self.sockets:
            test.addCleanup(s.close)
        self.n = 0
        self.join()

    def join(self):
        self.ufrag = f"{UFRAG}{self.n}"
        self.end.send("credentials", self.ufrag, PWD)
        for s in self.dice.sample(self.sockets, 5):
            self.signal_candidate(s)

    def signal_candidate(self, s):
        host, port = s.getsockname()
        kind = self.dice.choice(("host", "srflx raddr 127.0.0.1 rport 9"))
        self.end.send("candidate", 0, f"candidate:{self.dice.randint(1, 4)} 1 UDP {self.dice.randrange(1, 1 << 31)} "
                                      f"{host} {port} typ {kind}")

    def check(self, s):
        use = [forger.attribute(forger.USE_CANDIDATE)] if self.dice.random() < 0.5 else []
        s.sendto(forger.check(f"{self.end.ufrag}:{self.ufrag}", self.end.pwd, *use,
                              controlling=self.dice.random() < 0.5), self.end.address)

    def answer(self, data):
        id, dice = forger.id_of(data), self.dice
        if dice.random() < 0.7:
            mapped = self.end.address if dice.random() < 0.8 else (f"127.0.0.{dice.randint(1, 5)}", dice.randint(1, 9))
            return forger.success(mapped, id=id, password=PWD)
        return forger.error(dice.choice((400, 401, 403, 420, 487, 487, 500)), id=id, password=PWD)

    def step(self):
        self.n += 1
        what = self.dice.random()
        if what < 0.4:
            self.check(self.dice.choice(self.sockets))
        elif what < 0.98:
            for s in self.sockets:
                with contextlib.suppress(BlockingIOError):
                    data = s.recv(2048)
                    if forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST and self.dice.random() < 0.9:
                        s.sendto(self.answer(data), self.end.address)
        elif what < 0.999:
            self.signal_candidate(self.dice.choice(self.sockets))
        else:
            self.end.restart()
            self.join()


class TestAtRandom(Hostile):
    def test_abused_credentials(self):
        for seed in range(4 if LONG else 2):
            for role in ("controlling", "controlled"):
                with self.subTest(f"{role}, {seed}"):
                    self.abuse(role, seed)

    def abuse(self, role, seed):
        end = End(self, f"role={role} {SETTINGS}")
        before = forger.Usage(end.pid)
        abuser = Abuser(self, end, seed)
        deadline = time.monotonic() + (10 if LONG else 2)
        while time.monotonic() < deadline:
            abuser.step()
            if abuser.n % 10 == 0:
                time.sleep(0.001)
        report = end.report()
        print(f"# {abuser.n} steps, {len(report['states'])} states, {len(report['pair-states'])} of pairs", flush=True)
        self.assertGreater(len(report["pair-states"]), 10)
        conflicts = [text for text in report["errors"] if "disagree on the role" in text]
        self.assertEqual([text for text in report["errors"] if text not in conflicts], [])
        self.assertLessEqual(len(conflicts), 1 + (1 if LONG else 0))  # one in 10 s
        self.assert_log_is_short(end)
        self.assert_idle_without_media(end, before)
        self.assert_ends_stop([end])

    def assert_idle_without_media(self, end, before):
        now = forger.Usage(end.pid)
        # two are the reader's, from the first time that it waits for a socket on; five are the
        # old generation's, where a restart has not come to a pair; one is of GLib's worker, since
        # a generation was closed (GTask)
        self.assertLessEqual(now.fds, before.fds + 2 + 5 + 1)
        self.assertLess(now.rss - before.rss, MEMORY)


class Address:
    """One of the peer's."""

    def __init__(self, test, end, priority, host="127.0.0.7"):
        self.end, self.priority = end, priority
        self.seen = self.get_seen()
        self.socket = forger.udp((host, 0))
        self.socket.setblocking(True)
        self.socket.settimeout(0.02)
        test.addCleanup(self.socket.close)
        self.requests = []  # ids of the checks that came

    def get_seen(self):
        """The end's address that it knows, and answers."""
        return self.end.address

    def signal(self):
        host, port = self.socket.getsockname()
        self.end.send("candidate", 0, f"candidate:1 1 UDP {self.priority} {host} {port} typ host")

    def read(self):
        """What has come; the number of checks."""
        n = 0
        with contextlib.suppress(TimeoutError):
            while True:
                data, source = self.socket.recvfrom(2048)
                if source == self.seen and forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST:
                    self.requests.append(forger.id_of(data))
                    n += 1
        return n

    def wait(self):
        for _ in range(20):
            if self.read():
                return
        raise TimeoutError("no check")

    def send(self, data):
        self.socket.sendto(data, self.seen)

    def succeed(self, mapped=None):
        self.send(forger.success(mapped or self.seen, id=self.requests[-1], password=PWD))

    def refuse(self, code):
        self.send(forger.error(code, id=self.requests[-1], password=PWD))

    def check(self, controlling, nominate=False, tie_breaker=None):
        use = [forger.attribute(forger.USE_CANDIDATE)] if nominate else []
        self.send(forger.check(f"{self.end.ufrag}:{UFRAG}", self.end.pwd, *use, controlling=controlling,
                               tie_breaker=tie_breaker))


class TcpAddress(Address):
    """The peer's end of a connection (RFC 6544)."""

    def __init__(self, test, end, priority):
        self.end, self.priority = end, priority
        self.seen = end.addresses("TCP")[0]
        self.socket = socket.create_connection(self.seen, source_address=("127.0.0.7", 0))
        self.socket.settimeout(0.02)
        test.addCleanup(self.socket.close)
        self.requests = []
        self.octets = b""

    def signal(self):
        host = self.socket.getsockname()[0]
        self.end.send("candidate", 0, f"candidate:1 1 TCP {self.priority} {host} 9 typ host tcptype active")
        self.check(False)

    def read(self):
        n = 0
        with contextlib.suppress(TimeoutError, ConnectionError):
            while octets := self.socket.recv(2048):
                self.octets += octets
                while len(self.octets) >= 2 + (size := int.from_bytes(self.octets[:2], "big")):
                    data, self.octets = self.octets[2:2 + size], self.octets[2 + size:]
                    if forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST:
                        self.requests.append(forger.id_of(data))
                        n += 1
        return n

    def send(self, data):
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(len(data).to_bytes(2, "big") + data)


class RelayedAddress(Address):
    def get_seen(self):
        (relayed,) = [item[2].split() for item in self.end.signalled if item[0] == "candidate" and " relay " in item[2]]
        return relayed[4], int(relayed[5])


GREATEST = b"\xff" * 8
UNKNOWN = ("127.0.0.5", 9)  # not an address of the end


class TestDiscovered(Hostile):
    """A mapped address that the end does not know makes a pair of its own, which libnice
    ties to the checked pair (RFC 8445 section 7.2.5.3.2)."""

    def begin(self, *priorities, kind=Address, settings=""):
        self.target = End(self, f"role=controlling {settings} {SETTINGS}")
        self.target.send("credentials", UFRAG, PWD)
        addresses = [kind(self, self.target, priority) for priority in priorities]
        for address in addresses:
            address.signal()
            address.wait()
        return addresses

    def assert_lives(self):
        self.target.report()
        self.assert_log_is_short(self.target)
        self.assert_ends_stop([self.target])

    def test_check_on_a_freed_pair(self):
        """Two of the peer's addresses are valid, by such pairs, so the first one waits for
        its nomination. Then the peer takes the role and nominates its third address."""
        for delay in range(0, 40, 4 if LONG else 8):
            with self.subTest(f"{delay} ms"):
                low, lower, high = self.begin(1000, 900, 1 << 30)
                lower.succeed(UNKNOWN)
                low.succeed(UNKNOWN)
                time.sleep(delay / 1000)
                high.check(True, True, GREATEST)
                high.succeed()
                for address in (low, lower) * 5:
                    address.check(True)
                    time.sleep(0.01)
                self.assert_lives()

    def test_nomination_of_a_pair_that_failed(self):
        """The check with USE-CANDIDATE is refused, and the next one has another mapped
        address. Then the peer takes the role."""
        server = coturn.Turn(self)
        for name, kind, settings in (
                ("UDP", Address, ""), ("TCP", TcpAddress, "ice-tcp=true"),
                ("relayed, UDP", RelayedAddress, server.setting()), ("relayed, TCP", RelayedAddress, server.setting("tcp"))):
            with self.subTest(name):
                # of those that are relayed two: the end nominates, and does not wait for the host's pairs
                address, *others = self.begin(*(1000, 900)[:1 + ("relayed" in name)], kind=kind, settings=settings)
                for other in others:
                    other.succeed(UNKNOWN)
                address.succeed(UNKNOWN)
                address.wait()
                address.refuse(500)
                address.check(False)
                with contextlib.suppress(TimeoutError):  # over a relay nothing is read any more
                    address.wait()
                address.succeed()
                time.sleep(0.1)
                for _ in range(5):
                    address.check(True, True, GREATEST)
                self.assert_lives()

    def test_lost_relay(self):
        """libnice's candidate of the unknown mapped address shares the socket of the relayed
        one, and the connection to the TURN server ends."""
        server = coturn.Turn(self)
        proxy = turnserver.TurnProxy(self, server.port, ())
        address, = self.begin(1000, kind=RelayedAddress, settings=coturn.setting(server.host, proxy.port, "tcp"))
        address.succeed(UNKNOWN)
        self.wait_report(self.target, lambda report: "succeeded" in report["pair-states"], "valid")
        proxy.end_connections()
        self.assert_lives()


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        end(*sys.argv[2:])
    else:
        main()
