#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hostile network: forged, fuzzed and replayed STUN, strangers' datagrams and
TCP connections, floods. No state changes that the protocol does not ask for, media
goes on, CPU and memory are bounded. Both ends are processes; the attacker is this one, in their network namespace."""

import contextlib
import itertools
import random
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time
import unittest

import forger
from hostile import EVERY, SANITIZED, End, Hostile, end
from icetest import ISOLATED, LONG, PATIENCE, main

STRANGER = "127.0.0.66"
OLD_CREDENTIALS = 8  # seconds after a restart: longer than they are answered (GST_ICE_NICE_ANSWERER_LATE)
LOOKALIKE = b"\x80"  # what strangers' data begin with: RTP
COUNT = 2000 if LONG else 200  # messages of a kind
FLOOD = 10 if LONG else 1.5  # seconds of a flood
MICROSECONDS = 60  # of CPU for a datagram that was read; 13 were measured
STRANGERS = 0.7  # seconds of each kind
MINUTES = 120  # seconds of all of them
DESCRIPTORS = 3 * (16 + 32 + 32)  # what TCP connections may take: see gsticenicetcpadmission.h
LEARNED = 100  # addresses that checks may come from, see gsticenicefloodguard.h
SPIN = 0.6  # of a processor
needs_namespace = unittest.skipUnless(ISOLATED, "needs a network namespace")


def forged(random, end, other):
    """Kinds of messages that `end` must not believe, each a function."""
    name = f"{end.ufrag}:{other.ufrag}"
    use = forger.attribute(forger.USE_CANDIDATE)
    wrong = lambda: "".join(random.choices("abcdefgh", k=22))
    return {
        "success without integrity": lambda: forger.success(end.address),
        "success with a wrong integrity": lambda: forger.success(end.address, password=wrong()),
        "error": lambda: forger.error(random.choice((300, 400, 401, 403, 420, 438, 487, 500))),
        "error with a wrong integrity": lambda: forger.error(random.choice((400, 401, 403, 487)), password=wrong()),
        "bare request": lambda: forger.message(forger.REQUEST),
        "bare request without fingerprint": lambda: forger.message(forger.REQUEST, fingerprint=False),
        "check with a wrong password": lambda: forger.check(name, wrong(), use),
        "check with an empty password": lambda: forger.check(name, "", use),
        "check with the peer's password": lambda: forger.check(name, other.pwd, use),
        "check with a wrong name": lambda: forger.check(f"{wrong()[:4]}:{wrong()[:4]}", end.pwd, use),
        "check with half a name": lambda: forger.check(end.ufrag[:2], end.pwd, use),
        "check without name": lambda: forger.message(forger.REQUEST, use, password=end.pwd),
        "role conflict": lambda: forger.check(name, wrong(), controlling=random.random() < 0.5),
        "indication": lambda: forger.message(forger.INDICATION),
        "indication with a wrong integrity": lambda: forger.message(forger.INDICATION, password=wrong()),
        "unknown method": lambda: forger.message(random.randrange(0x4000), use),
        "attribute that is cut": lambda: forger.message(
            forger.REQUEST, forger.attribute(forger.USERNAME, b"x" * 8, length=random.choice((9, 64, 1024, 65535)))),
        "attributes of no length": lambda: forger.message(forger.REQUEST, forger.attribute(forger.USERNAME) * 50),
        "unknown attributes": lambda: forger.message(
            forger.REQUEST, b"".join(forger.attribute(random.randrange(65536), random.randbytes(4)) for _ in range(60))),
        "huge length": lambda: forger.message(forger.REQUEST, length=random.choice((1, 3, 65532, 65535))),
        "huge message": lambda: forger.check(name, wrong(), forger.attribute(0x8022, bytes(60000))),
        "header only": lambda: forger.message(forger.REQUEST, fingerprint=False)[:random.randrange(1, 21)],
        "empty": lambda: b"",
    }


class Taken:
    """Messages that passed by, as (source, destination, data)."""

    def __init__(self):
        self._more = threading.Condition()
        self.messages = []

    def __call__(self, *message):
        if forger.is_stun(message[2]):
            with self._more:
                self.messages.append(message)
                self._more.notify_all()

    def find(self, kind, source=None, destination=None):
        with self._more:
            return [data for s, d, data in self.messages if forger.kind_of(data) == kind
                    and source in (None, s) and destination in (None, d)]

    def wait(self, kind, source, destination, n=1):
        with self._more:
            assert self._more.wait_for(lambda: len(self.find(kind, source, destination)) >= n, PATIENCE)
        return self.find(kind, source, destination)


@needs_namespace
class TestForged(Hostile):
    """From a third address, and in the peer's name."""

    def attack(self, ends, send, more=lambda end, other: {}):
        """Sends COUNT messages of each kind to each end, with time to read them."""
        dice = random.Random(1)
        for end, other in (ends, reversed(ends)):
            kinds = {**forged(dice, end, other), **more(end, other)}
            for _ in range(COUNT // 5):
                for make in kinds.values():
                    for _ in range(5):
                        send(other.address, end.address, make())
                end.report()  # which gives it time

    def test_strangers(self):
        ends = self.call()
        with self.attackers(forger.udp((STRANGER, 0))) as stranger:
            self.attack(ends, lambda _, to, data: stranger.sendto(data, to))
        self.assert_unharmed(ends)
        self.assert_ends_stop(ends)

    def test_in_the_peers_name(self):
        ends = self.call()
        with self.attackers(forger.Spoofer()) as spoofer:
            self.attack(ends, spoofer.send)
        self.assert_unharmed(ends, data_of_the_peers=True)
        self.assert_ends_stop(ends)

    def test_mutants_of_real_ones(self):
        taken, dice = Taken(), random.Random(2)
        with self.attackers(forger.Sniffer(taken), forger.udp((STRANGER, 0)), forger.Spoofer()) as (_, stranger,
                                                                                                   spoofer):
            ends = self.call()
            real = {end.address: [d for _, to, d in taken.messages if to == end.address] for end in ends}

            def mutants(end, other):
                return {"mutant": lambda: forger.mutate(dice, dice.choice(real[end.address]))}

            for end in ends:
                self.assertGreaterEqual(len(real[end.address]), 2)
            self.attack(ends, lambda _, to, data: stranger.sendto(data, to), mutants)
            self.assert_unharmed(ends)
            self.attack(ends, spoofer.send, mutants)
            self.assert_unharmed(ends, data_of_the_peers=True)
        self.assert_ends_stop(ends)

    def test_data_of_strangers(self):
        ends = self.call()
        with self.attackers(forger.udp((STRANGER, 0))) as stranger:
            for _ in range(COUNT // 20):
                for end in ends:
                    for size in range(20):
                        stranger.sendto(LOOKALIKE + bytes(size * 50), end.address)
                    end.report()
        for old, new in zip(self.before, self.assert_unharmed(ends)):
            if new["unknown-source"] is not None:  # counted where there is the steered path
                self.assertGreaterEqual(new["unknown-source"] - old["unknown-source"], COUNT // 20 * 20)
        self.assert_ends_stop(ends)


@needs_namespace
class TestSeen(Hostile):
    """An attacker who sees the traffic, and so knows transaction ids."""

    FORGED = {
        "success without integrity": lambda id, to: forger.success(to, id=id),
        "success with a wrong integrity": lambda id, to: forger.success(to, id=id, password="x" * 22),
        "403 without integrity": lambda id, to: forger.error(403, id=id),
        "403 with a wrong integrity": lambda id, to: forger.error(403, id=id, password="x" * 22),
        # libnice believes these four: gsticenicesocketfilter.h
        "300 without integrity": lambda id, to: forger.error(300, id=id),
        "400 without integrity": lambda id, to: forger.error(400, id=id),
        "401 without integrity": lambda id, to: forger.error(401, id=id),
        "438 without integrity": lambda id, to: forger.error(438, id=id),
        "401 with a wrong integrity": lambda id, to: forger.error(401, id=id, password="x" * 22),
        "401 after other attributes": lambda id, to: forger.error(
            401, id=id, before=forger.attribute(0x8022, b"x" * 41) + forger.attribute(0x8030) * 2),
        "487 without integrity": lambda id, to: forger.error(487, id=id),
    }

    def test_no_consent_by_forged_answers(self):
        """The peer is stopped; somebody answers in its place, with the right ids,
        from its address, and repeats old answers of its own."""
        taken = Taken()
        forging = threading.Event()

        def seen(source, destination, data):
            taken(source, destination, data)
            if (forging.is_set() and (source, destination) == (here.address, there.address)
                    and forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST):
                for make in self.FORGED.values():
                    spoofer.send(destination, source, make(forger.id_of(data), source))
                for old in answers:
                    spoofer.send(destination, source, old)

        with self.attackers(forger.Spoofer(), forger.Sniffer(seen)) as (spoofer, _):
            here, there = self.call("disconnected-timeout=1500 failed-timeout=20000", "")
            answers = taken.wait(forger.SUCCESS, there.address, here.address, n=5)
            there.freeze()
            forging.set()
            asked = len(taken.find(forger.REQUEST, here.address))
            self.wait_report(here, lambda r: r["states"][-1] == "disconnected", "disconnected")
            # that was no forged answer's doing, and none brings it back
            taken.wait(forger.REQUEST, here.address, there.address, n=asked + 6)
            self.assertEqual(here.report()["states"][-2:], ["completed", "disconnected"])
            self.assertEqual(here.report()["reasons"][-1], "consent-missing")
            there.process.signal(signal.SIGCONT)
            report = self.wait_report(here, lambda r: r["states"][-1] == "completed", "completed")
            self.assertEqual(report["reasons"][-1], "consent-response")
            # still forging, and the peer answers too
            asked = len(taken.find(forger.REQUEST, here.address))
            taken.wait(forger.REQUEST, here.address, there.address, n=asked + 3)
            self.assertEqual(here.report()["states"], report["states"])
        self.assert_log_is_short(here)
        self.assert_ends_stop([here, there])

    def forge_during_checks(self, make):
        """Its peer is not there yet; a stranger, whose address is none of the
        candidates, answers the checks. What came of that, and then of the call."""
        def seen(source, destination, data):
            if (source, destination) == (here.address, there.address) and forger.is_stun(data):
                stranger.sendto(make(forger.id_of(data), source), source)
                taken(source, destination, data)

        taken = Taken()
        here, there = self.ends()
        with self.attackers(forger.udp((STRANGER, 0)), forger.Sniffer(seen)) as (stranger, _):
            there.freeze()
            here.hear_of(there)
            taken.wait(forger.REQUEST, here.address, there.address)
            self.wait_report(here, lambda r: len(r["pair-states"]) >= 3, "checking")
            stranger.sendto(b"the last", here.address)  # what came before has been read
            time.sleep(0.2)  # no report shows that nothing happens
            report = here.report()
            there.hear_of(here)
            there.process.signal(signal.SIGCONT)
            for end in here, there:
                end.ask("wait", "completed")
            self.wait_media([here, there])
        self.assertEqual(here.report()["states"], ["checking", "connected", "completed"])
        self.assert_ends_stop([here, there])
        return report

    def test_checks_believe_no_forged_answer(self):
        for name, make in self.FORGED.items():
            with self.subTest(name):
                report = self.forge_during_checks(make)
                self.assertEqual(report["pair-states"], ["frozen", "waiting", "in-progress"])
                self.assertEqual(report["states"], ["checking"])

    def test_replayed_checks(self):
        """Real checks again, from elsewhere: to ICE that is the peer behind a NAT
        that gave it one more address. It is answered, and changes nothing, as its
        priority is lower. When a restart is over and the peer has left the old
        credentials it is refused."""
        taken = Taken()
        with self.attackers(forger.Sniffer(taken), forger.udp((STRANGER, 0))) as (_, stranger):
            ends = self.call()
            real = {end: taken.find(forger.REQUEST, other.address, end.address)
                    for end, other in (ends, reversed(ends))}
            for end in ends:
                self.assertEqual(self.replay(stranger, end, real[end]), {forger.SUCCESS})
                stranger.sendto(LOOKALIKE, end.address)
            for new in self.assert_unharmed(ends, data_of_the_peers=True):
                print(f"# {new['foreign']} datagrams came from there", flush=True)
                if new["unknown-source"] is not None:  # libnice would take them
                    self.assertEqual(new["foreign"], 0)
            self.restart(ends)
            if LONG:  # a replay does not keep them
                self.keep_replaying(stranger, ends, real)
            time.sleep(OLD_CREDENTIALS)  # no report shows that their time is over
            self.before = [end.report() for end in ends]
            for end in ends:
                self.assertEqual(self.replay(stranger, end, real[end]), {forger.ERROR})
            self.assert_unharmed(ends, data_of_the_peers=True)
        self.assert_ends_stop(ends)

    def keep_replaying(self, stranger, ends, checks):
        since = time.monotonic()
        while any(self.replay(stranger, end, checks[end]) != {forger.ERROR} for end in ends):
            self.assertLess(time.monotonic() - since, 40)
            time.sleep(2)
        print(f"# refused after {time.monotonic() - since:.0f} s", flush=True)

    def replay(self, stranger, end, checks):
        """What kind its answers are."""
        kinds = set()
        for data in checks:
            stranger.sendto(data, end.address)
            self.assertTrue(select.select([stranger], [], [], PATIENCE)[0], "no answer")
            kinds.add(forger.kind_of(stranger.recv(2048)))
        return kinds

    def restart(self, ends):
        count = [len(end.report()["selected"]) for end in ends]
        ends[0].restart()
        ends[1].hear_of(ends[0])
        while ends[1]._hear() != ["candidate", 0, ""]:
            pass
        ends[0].hear_of(ends[1])
        for end, n in zip(ends, count):
            self.wait_report(end, lambda r: len(r["selected"]) > n and r["states"][-1] == "completed", "restarted")


@needs_namespace
class TestFlood(Hostile):
    """As fast as two threads can."""

    def floods(self, end, datagrams, seconds=FLOOD):
        """What it cost."""
        with self.attackers(*(forger.udp((STRANGER, 0)) for _ in range(2))) as strangers:
            before, drops = forger.Usage(end.pid), forger.udp_drops(end.address[1])
            start = end.report()
            with contextlib.ExitStack() as stack:
                floods = [stack.enter_context(forger.Flood(s, end.address, datagrams)) for s in strangers]
                time.sleep(seconds)
            drops = forger.udp_drops(end.address[1]) - drops
            report = end.report()
            cpu = forger.Usage(end.pid).cpu - before.cpu
        sent = sum(flood.sent for flood in floods)
        cost = cpu * 1e6 / max(1, sent - drops)
        print(f"# {sent} sent, {drops} dropped by the kernel, {cpu:.2f} s of CPU, {cost:.1f} us each; "
              f"{report['received'] - start['received']} of media came in {seconds} s", flush=True)
        self.assertGreater(sent, 1000 * seconds)
        if not SANITIZED:
            self.assertLess(cpu, MICROSECONDS * 1e-6 * (sent - drops) + seconds / 2)
        return before

    def kinds(self, end, other):
        dice = random.Random(3)
        name = f"{end.ufrag}:{other.ufrag}"
        return {
            "junk": [LOOKALIKE + dice.randbytes(dice.randint(0, 1400)) for _ in range(64)],
            "bare requests": [forger.message(forger.REQUEST) for _ in range(64)],
            "checks with a wrong password": [forger.check(name, "x" * 22) for _ in range(64)],
            "answers": [forger.success(end.address, password="x" * 22) for _ in range(64)],
            "STUN without fingerprint": [forger.message(forger.REQUEST, fingerprint=False) for _ in range(64)],
            "mutants": [forger.mutate(dice, forger.check(name, "x" * 22)) for _ in range(64)],
        }

    def test_both_ways(self):
        ends = self.call()
        for name, datagrams in self.kinds(*ends).items():
            with self.subTest(name):
                before = self.floods(ends[0], datagrams)
                self.assert_unharmed(ends)
                self.assert_idle(ends[0], before)
        self.assert_ends_stop(ends)

    def test_one_way(self):
        """No media comes that would prove that the peer is there: consent alone
        must get through, and what is sent goes on."""
        here, there = self.call("disconnected-timeout=3000", "disconnected-timeout=3000")
        there.send("mute")
        count = there.report()["received"]
        before = self.floods(here, self.kinds(here, there)["checks with a wrong password"], max(FLOOD, 6))
        report = self.wait_report(there, lambda r: r["received"] >= count + 100, "media")
        print(f"# longest pause {report['pause']:.2f} s", flush=True)
        self.assertLess(report["pause"], 2)
        for old, new in zip(self.before, (here.report(), report)):
            self.assertEqual((new["states"], new["pairs"], new["foreign"]), (old["states"], old["pairs"], 0))
        self.assert_log_is_short(here)
        self.assert_ends_stop([here, there])

    def test_stop_meanwhile(self):
        here, there = self.call()
        datagrams = self.kinds(here, there)["checks with a wrong password"]
        with self.attackers(*(forger.udp((STRANGER, 0)) for _ in range(2))) as strangers:
            with forger.Flood(strangers[0], here.address, datagrams), \
                    forger.Flood(strangers[1], here.address, datagrams), self.within(5, "stopping"):
                time.sleep(1)
                self.assert_ends_stop([here])
        self.assert_ends_stop([there])


@needs_namespace
class TestTcp(Hostile):
    """ice-tcp is off by default. With it on, ext/nice/guard/gsticenicetcpadmission.h stands between
    libnice and whoever connects."""

    def connect(self, end, n=1):
        """Connections, open or on their way."""
        connections = []
        for _ in range(n):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(end.addresses("TCP")[0])
            connections.append(s)
            time.sleep(0.002)  # a listener's queue is short
        return connections

    def write(self, connections, data):
        for s in connections:
            select.select([], [s], [], PATIENCE)
            with contextlib.suppress(OSError):  # reset
                s.send(data)

    def reset(self, connections):
        for s in connections:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()

    def stop_writing(self, connections):
        for s in connections:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_WR)

    def frame(self, data):
        return struct.pack("!H", len(data)) + data

    def test_off_by_default(self):
        ends = self.call()
        for end in ends:
            self.assertEqual(end.addresses("TCP"), [])
        with open("/proc/net/tcp") as file:
            listening = [line for line in list(file)[1:] if line.split()[3] == "0A"]
        self.assertEqual(listening, [])
        self.assert_ends_stop(ends)

    def test_connections(self):
        """Media goes over UDP; TCP ports are open beside that."""
        ends = self.call("ice-tcp=true", "ice-tcp=true")
        here = ends[0]
        before = forger.Usage(here.pid)
        requests = b"".join(self.frame(forger.message(forger.REQUEST)) for _ in range(20))
        writes = {
            "nothing": b"", "one octet": b"x", "random": random.Random(4).randbytes(5000),
            "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
            "empty frames": bytes(20000), "a length that lies": b"\xff\xff" + bytes(100),
            "requests": requests, "a request that is cut": requests[:40],
            "frames": self.frame(bytes(65535)) * 3,
        }
        for name, data in writes.items():
            for finish in (self.reset, self.stop_writing):
                with self.subTest(f"{name}, {finish.__name__}"), self.attackers(*self.connect(here, 20)) as connections:
                    self.write(connections, data)
                    finish(connections)
                    self.assert_unharmed(ends)
        self.assert_idle(here, before)
        self.assert_ends_stop(ends)

    def test_no_descriptors_left(self):
        """libnice would accept as long as it can, and then try for ever."""
        ends = self.call("ice-tcp=true", "ice-tcp=true")
        here = ends[0]
        before = forger.Usage(here.pid)
        limit = before.fds + 20
        resource.prlimit(here.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with self.attackers(*self.connect(here, 80)):
            deadline = time.monotonic() + PATIENCE
            while forger.Usage(here.pid).fds < limit - 3:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(EVERY)
            start, cpu = time.monotonic(), forger.Usage(here.pid).cpu
            self.wait_media(ends, 100)
            share = (forger.Usage(here.pid).cpu - cpu) / (time.monotonic() - start)
            print(f"# {100 * share:.0f} % of a processor", flush=True)
            self.assertLess(share, SPIN)
            self.assert_unharmed(ends)
        self.assert_idle(here, before)
        self.assert_ends_stop(ends)

    def test_a_peer_does_not_end_the_process(self):
        """libnice 0.1.21 asserts in conncheck.c what such a peer can have otherwise."""
        for seed in range(10 if LONG else 2):
            end = End(self, "role=controlled ice-tcp=true on-failed=none")
            before = forger.Usage(end.pid)
            self.abuse(end, random.Random(seed))
            self.assertTrue(end.process.runs(), end.process.text[-300:])
            self.assertLessEqual(forger.Usage(end.pid).fds - before.fds, DESCRIPTORS)
            self.assert_ends_stop([end])

    def abuse(self, end, dice, seconds=5):
        """Nominates pairs on connections, and closes them."""
        pwd = "p" * 22
        end.send("credentials", "abuser", pwd)
        end.send("candidate", 0, "candidate:1 1 UDP 1 127.0.0.1 9 typ host")
        connections, deadline = [], time.monotonic() + seconds
        while time.monotonic() < deadline and end.process.runs():
            if len(connections) < 3 or dice.random() < 0.1:
                connections += self.connect(end)
            s = dice.choice(connections)
            self.write([s], self.frame(forger.check(f"{end.ufrag}:abuser", end.pwd, forger.attribute(
                forger.USE_CANDIDATE))))
            for s in connections:
                with contextlib.suppress(OSError):
                    data = s.recv(65536)[2:]  # one frame, mostly
                    if forger.is_stun(data) and forger.kind_of(data) == forger.REQUEST:
                        self.write([s], self.frame(forger.success(s.getsockname(), id=forger.id_of(data),
                                                                  password=pwd)))
            if dice.random() < 0.1 or len(connections) > 15:
                self.reset([connections.pop(dice.randrange(len(connections)))])
        for s in connections:
            s.close()

    def call_over_tcp(self, settings=""):
        settings = f"ice-tcp=true {settings}"
        return self.call(settings, settings, skip=lambda text: " UDP " in text)

    def strangers(self):
        """What each of them writes; None: an octet now and then."""
        request = self.frame(forger.message(forger.REQUEST))
        return {
            "nothing": b"", "one octet": b"\0", "two octets": b"\xff\xff", "a length": struct.pack("!H", 60) + LOOKALIKE,
            "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(508),
            "a request without password": request, "half a request": request[:15],
            "a wrong password": self.frame(forger.check("a:b", "x" * 22)), "empty frames": bytes(20000), "loris": None,
        }

    def watch(self, ends, start, seconds):
        """Media goes on, and next to no CPU is used, for so long."""
        cpu = [forger.Usage(end.pid).cpu for end in ends]
        self.wait_media(ends)
        while time.monotonic() < start + seconds:
            self.wait_media(ends)
        passed = time.monotonic() - start
        shares = [(forger.Usage(end.pid).cpu - before) / passed for end, before in zip(ends, cpu)]
        self.assertLess(max(shares), SPIN)
        return max(shares)

    def test_strangers_in_a_call_over_tcp(self):
        """Each writes for as long as they are let, and comes back."""
        ends = self.call_over_tcp()
        before = [forger.Usage(end.pid) for end in ends]
        quiet = self.watch(ends, time.monotonic(), STRANGERS / 4)
        for end, (name, data) in itertools.product(ends, self.strangers().items()):
            with self.subTest(name), self.attackers(*self.connect(end, 10)) as connections:
                start = time.monotonic()
                for s in connections:
                    threading.Thread(target=self.trickle, args=(s, data, start + STRANGERS), daemon=True).start()
                share = self.watch(ends, start, STRANGERS)
                self.assertLessEqual(forger.Usage(end.pid).fds - before[0].fds, DESCRIPTORS)
                self.assert_unharmed(ends)
            print(f"# {name}: {100 * share:.0f} % of a processor, {100 * quiet:.0f} % without", flush=True)
        for end, usage in zip(ends, before):
            self.assert_idle(end, usage)
        self.assert_ends_stop(ends)

    @unittest.skipUnless(LONG, "takes minutes; ICE_TEST_LONG=1 runs it")
    def test_strangers_for_minutes(self):
        """Of all kinds, again and again, at both ends."""
        ends = self.call_over_tcp()
        before = [forger.Usage(end.pid) for end in ends]
        start = time.monotonic()
        for i, end in enumerate(ends * 8):
            threading.Thread(target=self.come_back, args=(end, random.Random(i), start + MINUTES), daemon=True).start()
        share = self.watch(ends, start, MINUTES)
        print(f"# {100 * share:.0f} % of a processor", flush=True)
        self.assert_unharmed(ends)
        for end, usage in zip(ends, before):
            self.assert_idle(end, usage)
        self.assert_ends_stop(ends)

    def come_back(self, end, dice, deadline):
        while time.monotonic() < deadline:
            with self.attackers(*self.connect(end, 2)) as connections:
                data = dice.choice(list(self.strangers().values()))
                self.trickle(connections[0], data, min(deadline, time.monotonic() + dice.uniform(0.1, 8)))

    def trickle(self, s, data, end):
        octets = itertools.cycle(self.frame(forger.message(forger.REQUEST))[:21])
        with contextlib.suppress(OSError):  # reset, or closed by us
            s.setblocking(True)
            while time.monotonic() < end:
                s.sendall(bytes([next(octets)]) if data is None else data)
                time.sleep(0.2)

    def test_many_connections_in_a_call_over_tcp(self):
        ends = self.call_over_tcp()
        here, before = ends[0], forger.Usage(ends[0].pid)
        for _ in range(20 if LONG else 2):
            with self.attackers(*self.connect(here, 500)):
                share = self.watch(ends, time.monotonic(), 1)
                fds = forger.Usage(here.pid).fds - before.fds
                print(f"# {fds} descriptors more, {100 * share:.0f} % of a processor", flush=True)
                self.assertLessEqual(fds, DESCRIPTORS)
                self.assert_unharmed(ends)
        self.assert_idle(here, before)
        self.assert_ends_stop(ends)

    def test_a_server_that_speaks_first(self):
        """At an address that is a candidate of the peer's, or was."""
        is_udp = lambda text: " UDP " in text
        here, there = ends = self.ends(["ice-tcp=true"] * 2)
        here.hear_of(there, skip=lambda text: True)
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(PATIENCE)
            port = server.getsockname()[1]
            here.send("candidate", 0, f"candidate:1 1 TCP 2128609279 127.0.0.1 {port} typ host tcptype passive")
            with server.accept()[0] as connection:
                connection.settimeout(PATIENCE)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
                with contextlib.suppress(ConnectionResetError):  # that is an end, too
                    while connection.recv(4096):
                        pass
        for end, other in (ends, reversed(ends)):
            end.hear_of(other, is_udp)
        for end in ends:
            end.ask("wait", "completed")
        self.before = [end.report() for end in ends]
        self.assert_unharmed(ends)
        self.assert_ends_stop(ends)

    def test_a_peer_that_closes(self):
        """The pair's connection has ended: that is the end of it."""
        ends = self.call_over_tcp("on-failed=none")
        ends[1].process.signal(signal.SIGKILL)
        self.assertEqual(ends[0].ask("wait", "failed"), True)
        self.assertEqual(ends[0].report()["reasons"][-1], "socket-error")
        self.assert_ends_stop(ends[:1])


@needs_namespace
class TestManyAddresses(Hostile):
    """A peer that checks from ever more addresses: libnice would keep each."""

    def test_ports(self):
        for is_connected in False, True:
            with self.subTest(connected=is_connected):
                ends = self.call() if is_connected else [End(self, "role=controlled on-failed=none")]
                here, name = ends[0], ends[1].ufrag if is_connected else "abuser"
                if not is_connected:
                    here.send("credentials", name, "p" * 22)
                    here.send("candidate", 0, "candidate:1 1 UDP 1 127.0.0.1 9 typ host")
                signalled = {end.address[1] for end in ends[1:]}
                before = forger.Usage(here.pid)
                answers = self.check_from(here, name, LEARNED * 4, signalled)
                print(f"# {answers} were answered, {forger.Usage(here.pid).cpu - before.cpu:.2f} s of CPU", flush=True)
                self.assertGreaterEqual(answers, LEARNED)
                pairs = len(here.report()["pairs"])
                self.assertEqual(self.check_from(here, name, 10000 if LONG else 500, signalled), 0)
                self.assertEqual(len(here.report()["pairs"]), pairs)
                if is_connected:
                    self.wait_media(ends)
                    self.assertEqual([end.report()["states"][-1] for end in ends], ["completed"] * 2)
                self.assert_ends_stop(ends)

    def check_from(self, end, name, n, signalled):
        """How many of so many ports got an answer; those that the peer has signalled would."""
        answers = 0
        for _ in range(n // 50):
            with self.attackers(*(forger.udp((STRANGER, 0)) for _ in range(50))) as sockets:
                sockets = [s for s in sockets if s.getsockname()[1] not in signalled]
                for s in sockets:
                    s.sendto(forger.check(f"{end.ufrag}:{name}", end.pwd), end.address)
                end.report()  # it has got to them
                while readable := select.select(sockets, [], [], 0.1)[0]:
                    for s in readable:  # a port that was used before may get a check too
                        if forger.kind_of(s.recv(1500)) in (forger.SUCCESS, forger.ERROR):
                            answers += 1
                            sockets.remove(s)
        return answers


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        end(*sys.argv[2:])
    else:
        main()
