#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consent where no socket beside libnice's can carry it: pairs over a TURN
server and over TCP. What a stopped, a lost and a replaced peer look like."""

import ctypes
import importlib
import queue
import shutil
import socket
import struct
import sys
import threading
import time
import unittest
import zlib

from coturn import Turn
from icetest import ERROR, ISOLATED, LONG, LOOPBACK, PATIENCE, IceTest, error_text, fields, main

consent = importlib.import_module("test-consent")
Call, LATE, UP = consent.Call, consent.LATE, consent.UP
# until a peer counts as silent: the default, or less
SILENT, SHORT = (consent.SILENT, []) if LONG else (1.5, ["disconnected-timeout=1500"])
DIRECTIONS = list(consent.OPPOSITE) if LONG else ["duplex"]

COOKIE = 0x2112A442
SUCCESS, ERROR_RESPONSE = 0x0101, 0x0111


class TcpSignalling(consent.Signalling):
    """Signals TCP candidates only, so that there are no other pairs."""

    def _signal_candidate(self, element, stream, text):
        if text is None or " UDP " not in text:
            super()._signal_candidate(element, stream, text)


TCP = "ice-tcp=true"


def stun(kind, transaction, *attributes):
    """A message with a right fingerprint."""
    body = b"".join(struct.pack("!HH", code, len(value)) + value + bytes(-len(value) % 4)
                    for code, value in attributes)
    head = struct.pack("!HHI", kind, len(body) + 8, COOKIE) + transaction
    return head + body + struct.pack("!HHI", 0x8028, 4, zlib.crc32(head + body) ^ 0x5354554E)


def refuse(code, text):
    """An error without integrity."""
    return lambda transaction: stun(
        ERROR_RESPONSE, transaction, (0x0009, struct.pack("!HBB", 0, code // 100, code % 100) + text))


def forge(username):
    """A success as long as libnice's, by somebody who knows no password."""
    return lambda transaction: stun(
        SUCCESS, transaction, (0x0020, bytes(8)), (0x0006, bytes(username)), (0x0008, bytes(20)))


class Impostor:
    """Somebody else at the peer's port."""

    def __init__(self, test, port, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.answered = 0
        self._answer = answer
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        test.addCleanup(self.stop)

    def _run(self):
        while True:
            data, source = self.socket.recvfrom(1500)
            if not data:
                return
            if len(data) >= 20 and data[:2] == b"\0\1":
                self.socket.sendto(self._answer(data[8:20]), source)
                self.answered += 1

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.socket.getsockname())
        self._thread.join(PATIENCE)
        self.socket.close()


class CarriedByAgent:
    """For each kind of pair."""

    stop_and_go = consent.TestConsent.stop_and_go
    lose = consent.TestConsent.lose
    check_nothing_is_sent = consent.TestConsent.check_nothing_is_sent
    check_restart = consent.TestConsent.check_restart

    def make(self, direction, settings="", peer_settings=""):
        raise NotImplementedError

    def check_kind(self, call):
        raise NotImplementedError

    def test_stopped_peer(self):
        calls = [self.make(direction, *SHORT) for direction in consent.OPPOSITE]
        self.stop_and_go(calls, SILENT)
        for call in calls:
            self.check_kind(call)
            self.assertEqual([m["new"] for m in call.here.messages("ice-transport-state")][-2:],
                             ["disconnected", "completed"])
            call.stop()

    def test_round_trip_time(self):
        call = self.make("send", "disconnected-timeout=400")
        call.wait_completed()
        pair = call.wait_for_round_trip_time()
        self.assertGreater(pair["current-round-trip-time"], 0)
        self.assertLess(pair["current-round-trip-time"], 0.05)
        call.flow.wait(50)  # a second
        self.assertGreater(call.pair()["consent-requests-sent"], pair["consent-requests-sent"])
        self.assertGreater(call.pair()["total-round-trip-time"], pair["total-round-trip-time"])
        self.assertIn(call.state(), UP)
        print(f"# round-trip time {pair['current-round-trip-time'] * 1000:.2f} ms", flush=True)
        call.stop()

    def test_failed_and_restarted(self):
        for direction in [d for d in DIRECTIONS if d != "receive"]:
            with self.subTest(direction):
                call = self.make(direction, "disconnected-timeout=1500 failed-timeout=3000 on-failed=warning",
                                 "on-failed=none failed-timeout=3000")
                self.lose(call, 3)
                self.check_nothing_is_sent(call)
                asked = call.pair()["consent-requests-sent"]
                call.resume_peer()
                self.assertEqual(call.ask("wait", "failed"), [True])
                call.flow.wait(60)  # more than a second: its late answers are none
                self.assertEqual(call.pair()["consent-requests-sent"], asked)
                self.check_restart(call)
                self.check_kind(call)
                call.wait_for_round_trip_time()
                self.assertEqual(call.here.errors(), [])
                call.stop()

    def test_restarted_while_connected(self):
        call = self.make("duplex", "disconnected-timeout=1500")
        call.wait_completed()
        self.assertTrue(call.ice.emit("restart"))
        call.wait_completed()
        call.wait_for_round_trip_time()
        call.pause_peer()
        self.assertEqual(call.wait_state("disconnected", 1.5 + LATE), "consent-missing")
        call.stop()

    def take_trace(self):
        """Somebody reads libnice's log instead of us."""
        glib = ctypes.CDLL("libglib-2.0.so.0")
        glib.g_log_set_handler.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        handler = glib.g_log_set_handler(b"libnice", 1 << 7, ctypes.cast(glib.g_log_default_handler, ctypes.c_void_p),
                                         None)
        self.addCleanup(glib.g_log_remove_handler, b"libnice", handler)

    def test_trace_taken(self):
        """No answer would be received, so no pair loses consent."""
        call = self.make("send", "disconnected-timeout=1000 failed-timeout=2000")
        call.wait_completed()
        call.wait_for_round_trip_time()
        self.take_trace()
        call.pause_peer()
        self.assertEqual(consent.stays(call.here, 2 + LATE), [])
        call.stop()


class TakenOut(CarriedByAgent):
    """Of what comes for libnice: answers are authenticated."""

    def wait_for_authentication(self, call):
        """A TURN server binds a channel first; answers are authenticated from the first on that is in one."""
        deadline = time.monotonic() + PATIENCE
        while call.pair().get("consent-requests-sent", 0) < 4:
            call.flow.wait(1)
            self.assertLess(time.monotonic(), deadline)

    def test_trace_taken(self):
        """Nobody needs libnice's log once an answer was authenticated."""
        call = self.make("send", "disconnected-timeout=1000 failed-timeout=2000 on-failed=none")
        call.wait_completed()
        self.wait_for_authentication(call)
        self.take_trace()
        self.assertEqual(consent.stays(call.here, 2 + LATE), [])
        call.pause_peer()
        self.assertEqual(call.wait_state("disconnected", 1 + LATE), "consent-missing")
        self.assertEqual(call.wait_state("failed", 2 + LATE), "consent-expired")
        call.stop()


@unittest.skipUnless(ISOLATED, "needs a network namespace")
@unittest.skipUnless(shutil.which("turnserver"), "needs turnserver")
class TestRelay(TakenOut, IceTest):
    def setUp(self):
        super().setUp()
        self.turn = Turn(self)

    def make(self, direction, settings="", peer_settings=""):
        """Both ends relayed."""
        return Call(self, direction, f"{self.turn.relay()} {settings}", f"{self.turn.relay()} {peer_settings}")

    def check_kind(self, call):
        self.assertEqual((call.pair()["local-type"], call.pair()["remote-type"]), ("relay", "relay"))

    def test_one_end_relayed(self):
        ends = {"ours": (self.turn.relay(), ""), "theirs": ("", self.turn.relay()),
                "ours, by TCP": (self.turn.relay("tcp"), "")}
        calls = {name: Call(self, "send", " ".join([ours, *SHORT]), theirs) for name, (ours, theirs) in ends.items()}
        self.stop_and_go(list(calls.values()), SILENT)
        for name, call in calls.items():
            with self.subTest(name):
                pair = call.wait_for_round_trip_time()  # an answer to several requests gives none
                self.assertEqual("relay" == pair["local-type"], name != "theirs")
            call.stop()

    def call(self, settings, transport="udp"):
        call = Call(self, "send", f"{self.turn.relay(transport)} {settings}", "")
        call.wait_completed()
        return call

    def replace(self, call, answer):
        """The peer dies; somebody else gets its port."""
        port = call.pair()["remote-port"]
        call.peer.kill()
        return Impostor(self, port, answer)

    def test_killed_peer(self):
        call = self.call("disconnected-timeout=1000 failed-timeout=2000")
        call.peer.kill()
        self.assertIn("(consent-expired)", error_text(call.here.wait(ERROR, 2 + LATE)))

    def test_errors_are_no_consent(self):
        errors = [(401, b"Unauthorized"), (403, b"Forbidden"), (403, b"Forbidden" * 4)]
        calls = [self.call("disconnected-timeout=1500 failed-timeout=3000 on-failed=none") for _ in errors]
        impostors = [self.replace(call, refuse(*error)) for call, error in zip(calls, errors)]
        for call, impostor in zip(calls, impostors):
            self.assertEqual(call.wait_state("disconnected", 1.5 + LATE), "consent-missing")
            self.assertEqual(call.wait_state("failed", 3 + LATE), "consent-expired")  # and not -revoked
            self.assertGreater(impostor.answered, 3)
            call.here.stop()

    def test_a_forged_answer_proves_nothing(self):
        """The peer is gone; somebody answers as it would, without its password."""
        for transport in "udp", "tcp":
            with self.subTest(transport):
                call = self.call("disconnected-timeout=1000 failed-timeout=2000 on-failed=none", transport)
                self.wait_for_authentication(call)
                username = len(":".join(call.ice.get_property(f"{end}-ufrag") for end in ("local", "remote")))
                impostor = self.replace(call, forge(username))
                self.assertEqual(call.wait_state("disconnected", 1 + LATE), "consent-missing")
                self.assertEqual(call.wait_state("failed", 2 + LATE), "consent-expired")
                self.assertGreater(impostor.answered, 1)
                call.here.stop()

    def test_aioice_answers(self):
        """Twice the time until a peer that does not answer would be silent."""
        aioice = importlib.import_module("test-aioice")
        settings = " ".join([LOOPBACK, self.turn.relay(), *SHORT])
        pipeline = self.pipeline(consent.describe("send", settings))
        ice, peer, ours = pipeline["ice"], aioice.Peer(False, 1), queue.SimpleQueue()
        self.addCleanup(peer.close)
        ice.connect("on-ice-candidate", lambda *a: ours.put(a[2]))
        pipeline.play()
        peer.set_credentials(ice.get_property("local-ufrag"), ice.get_property("local-pwd"))
        while (candidate := ours.get(timeout=PATIENCE)) is not None:
            peer.add(candidate)
        aioice.TestAioice.signal_theirs(self, ice, peer, False)
        connecting = peer.begin(peer.ice.connect())
        pipeline.wait_connected()
        connecting.result(PATIENCE)
        self.assertIn(consent.stays(pipeline, 2 * SILENT + LATE), ([], ["completed"]))
        pair = fields(ice.get_property("selected-candidate-pair"))
        self.assertEqual(pair["local-type"], "relay")
        self.assertGreaterEqual(pair["consent-requests-sent"], 3)
        self.assertLess(pair["current-round-trip-time"], 0.05)


class TestTcp(TakenOut, IceTest):
    def make(self, direction, settings="", peer_settings=""):
        return Call(self, direction, f"{TCP} {settings}", f"{TCP} {peer_settings}")

    def setUp(self):
        super().setUp()
        ours = consent.Signalling
        consent.Signalling = TcpSignalling
        self.addCleanup(setattr, consent, "Signalling", ours)

    def check_kind(self, call):
        self.assertEqual(call.pair()["protocol"], "tcp")

    def test_killed_peer(self):
        """Its socket closes; nothing has to be waited for."""
        for direction in DIRECTIONS:
            with self.subTest(direction):
                call = self.make(direction)
                call.wait_completed()
                self.check_kind(call)
                call.peer.kill()
                self.assertIn("(socket-error)", error_text(call.here.wait(ERROR, LATE)))
                call.here.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        if TCP in sys.argv[3]:
            consent.Signalling = TcpSignalling
        consent.end(*sys.argv[2:])
    else:
        main()
