#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consent (RFC 7675): a peer that is stopped, goes on, is gone for good; what
is reported, when, and that a restart gets it back. The peer is a process."""

import importlib
import itertools
import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

from icetest import (ERROR, ISOLATED, LONG, LOOPBACK, PATIENCE, Gst, IceTest, Pipeline, element_message, error_text,
                     fields, get_stats, main)

MEDIA = "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"  # 50 a second
SILENT = 5  # seconds, the default of disconnected-timeout
LATE = 2  # seconds within which it has to be reported
BACK = 1  # seconds from the first answer until it is reported
UP = ("connected", "completed")
names = itertools.count()
OPPOSITE = {"send": "receive", "receive": "send", "duplex": "duplex"}


def describe(direction, settings):
    end = f"connection-id=end{next(names)} {settings}"
    sink = f"{MEDIA} ! identity name=in ! icesink name={{}} sync=false {end}"
    src = f"icesrc name={{}} {end} ! fakesink name=out async=false sync=false"
    return {"send": sink.format("ice"), "receive": src.format("ice"),
            "duplex": sink.format("ice") + " " + src.format("src")}[direction]


class Signalling:
    """The signalling of one end: credentials before their candidates, again after
    each restart."""

    def __init__(self, element, send):
        self.element, self._send = element, send
        element.connect("notify::local-ufrag", self._signal_credentials)
        element.connect("on-ice-candidate", self._signal_candidate)

    def begin(self):
        self._signal_credentials()

    def _signal_credentials(self, *_):
        self._send(["credentials", *(self.element.get_property(f"local-{name}") for name in ("ufrag", "pwd"))])

    def _signal_candidate(self, _, stream, text):
        if text is not None:
            self._send(["candidate", stream, text])

    def receive(self, kind, *what):
        if kind == "credentials":
            return self.element.emit("set-remote-credentials", 0, *what)
        if kind == "candidate":
            return self.element.emit("add-ice-candidate", *what)
        return None


class Flow:
    """The buffers that pass an element."""

    def __init__(self, element, pad):
        self._more = threading.Condition()
        self.n = 0
        element.get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, self._count)

    def _count(self, *_):
        with self._more:
            self.n += 1
            self._more.notify_all()
        return Gst.PadProbeReturn.OK

    def wait(self, n, timeout=PATIENCE):
        """Until n more have passed."""
        with self._more:
            wanted = self.n + n
            assert self._more.wait_for(lambda: self.n >= wanted, timeout), f"{wanted - self.n} of {n} did not pass"


class Call:
    """An end here and one in another process."""

    def __init__(self, test, direction, settings="", peer_settings="", prefix=(), address=LOOPBACK,
                 peer_address=LOOPBACK, prepare=None):
        self.answers = queue.SimpleQueue()
        self.peer = test.run_line(
            [*prefix, sys.executable, sys.modules["__main__"].__file__, "end", OPPOSITE[direction],
             f"role=controlled {peer_address} {peer_settings}"], stdin=subprocess.PIPE)
        self.peer.wait_for("ready\n")
        if prepare:
            prepare(self.peer)
        self.here = test.pipeline(describe(direction, f"role=controlling {address} {settings}"))
        self.ice = self.here["ice"]
        self.flow = Flow(self.here["in"], "src") if direction != "receive" else None
        self.signalling = Signalling(self.ice, lambda item: self.peer.write_line(json.dumps(item)))
        self.peer.write_line('["play"]')
        self.here.set_state(Gst.State.READY)  # signals its credentials
        threading.Thread(target=self._listen, daemon=True).start()
        self.signalling.begin()
        self.here.play()

    def _listen(self):
        for line in self.peer.lines(None):
            if line.startswith("["):
                item = json.loads(line)
                if item[0] in ("credentials", "candidate"):
                    self.signalling.receive(*item)
                else:
                    self.answers.put(item)

    def ask(self, *item):
        self.peer.write_line(json.dumps(item))
        kind, *answer = self.answers.get(timeout=PATIENCE)
        assert kind == item[0], (kind, item)
        return answer

    def wait_completed(self):
        self.wait_state("completed")
        assert self.ask("wait", "completed") == [True]

    def wait_state(self, new, timeout=PATIENCE, **wanted):
        message = self.here.wait(element_message("ice-connection-state", new=new, **wanted), timeout)
        return fields(message.get_structure())["reason"]

    def wait_up(self, timeout=PATIENCE):
        """Until it is connected or completed; why, and how long that took."""
        def match(message):
            return any(element_message("ice-connection-state", new=state)(message) for state in UP)
        start = time.monotonic()
        message = self.here.wait(match, timeout)
        return fields(message.get_structure())["reason"], time.monotonic() - start

    def state(self):
        return self.ice.get_property("ice-connection-state").value_nick

    def pair(self):
        return fields(self.ice.get_property("selected-candidate-pair"))

    def wait_for_round_trip_time(self):
        """An end that sends; the pair."""
        deadline = time.monotonic() + PATIENCE
        while not {"current-round-trip-time", "consent-requests-sent"} <= (pair := self.pair()).keys():
            self.flow.wait(1)
            assert time.monotonic() < deadline, pair
        return pair

    def sent(self):
        """What was sent and what was not, by get-stats."""
        numbers = get_stats(self.ice)["transport-0-1"]
        return numbers["packets-sent"], numbers["packets-discarded-on-send"]

    def pause_peer(self):
        self.peer.signal(signal.SIGSTOP)
        return time.monotonic()

    def resume_peer(self):
        self.peer.signal(signal.SIGCONT)
        return time.monotonic()

    def stop(self):
        self.peer.signal(signal.SIGCONT)
        self.here.stop()
        self.peer.write_line('["stop"]')
        status = self.peer.wait()
        assert status == 0, self.peer.text


def stays(pipeline, seconds):
    """Watches for this long; the states it went to."""
    deadline = time.monotonic() + seconds
    states = []
    while (left := deadline - time.monotonic()) > 0:
        message = pipeline.bus.timed_pop(int(left * Gst.SECOND))
        if message is None:
            continue
        assert not ERROR(message), error_text(message)
        pipeline.history.append(message)
        if element_message("ice-connection-state")(message):
            states.append(fields(message.get_structure())["new"])
    return states


class TestConsent(IceTest):
    def stop_and_go(self, calls, silent):
        for call in calls:
            call.wait_completed()
        stopped = {call: call.pause_peer() for call in calls}
        for call in calls:
            self.assertEqual(call.wait_state("disconnected", silent + LATE), "consent-missing")
            took = time.monotonic() - stopped[call]
            print(f"# disconnected after {took:.2f} s", flush=True)
            self.assertLess(took, silent + LATE)
        for call in calls:
            call.resume_peer()
            reason, took = call.wait_up(BACK)
            print(f"# back after {took:.3f} s", flush=True)
            self.assertEqual(reason, "consent-response")

    def test_stopped_peer(self):
        """All three directions, at the defaults."""
        calls = [Call(self, direction) for direction in OPPOSITE]
        self.stop_and_go(calls, SILENT)
        for call in calls:
            self.assertEqual([m["new"] for m in call.here.messages("ice-transport-state")][-2:],
                             ["disconnected", "completed"])
            call.stop()

    def test_timeout_of_ones_own(self):
        calls = [Call(self, direction, "disconnected-timeout=1500") for direction in OPPOSITE]
        never = [Call(self, direction, "disconnected-timeout=0") for direction in OPPOSITE]
        for call in never:
            call.wait_completed()
            call.pause_peer()
        self.stop_and_go(calls, 1.5)
        self.assertEqual(stays(never[0].here, SILENT), [])
        for call in never:
            self.assertEqual([m["new"] for m in call.here.messages("ice-connection-state")],
                             ["checking", "connected", "completed"])
        for call in never + calls:
            call.stop()

    def test_round_trip_time(self):
        call = Call(self, "send", "disconnected-timeout=400")
        call.wait_completed()
        pair = call.wait_for_round_trip_time()
        self.assertGreater(pair["current-round-trip-time"], 0)
        self.assertLess(pair["current-round-trip-time"], 0.05)
        self.assertGreaterEqual(pair["total-round-trip-time"], pair["current-round-trip-time"])
        call.flow.wait(50)  # a second
        self.assertGreater(call.pair()["consent-requests-sent"], pair["consent-requests-sent"])
        self.assertGreater(call.pair()["total-round-trip-time"], pair["total-round-trip-time"])
        print(f"# round-trip time {pair['current-round-trip-time'] * 1000:.2f} ms", flush=True)
        call.stop()

    def lose(self, call, timeout):
        call.wait_completed()
        stopped = call.pause_peer()
        self.assertEqual(call.wait_state("disconnected"), "consent-missing")
        self.assertEqual(call.wait_state("failed"), "consent-expired")
        took = time.monotonic() - stopped
        print(f"# failed after {took:.2f} s", flush=True)
        self.assertLess(took, timeout + LATE)

    def test_failed_is_an_error(self):
        call = Call(self, "send", "disconnected-timeout=1000 failed-timeout=2000")
        call.wait_completed()
        call.pause_peer()
        error = error_text(call.here.wait(ERROR, 2 + LATE))
        self.assertIn("ICE failed on stream 0 component 1 (consent-expired)", error)
        self.assertIn("has not answered for failed-timeout (2000 ms): ", error)
        self.assertIn("restart-on=failed", error)

    def test_failed_and_restarted(self):
        for direction in ("send", "duplex"):
            with self.subTest(direction):
                call = Call(self, direction, "disconnected-timeout=1500 failed-timeout=4000 on-failed=warning",
                            "on-failed=none failed-timeout=4000")
                self.lose(call, 4)
                self.check_nothing_is_sent(call)
                asked = call.pair()["consent-requests-sent"]
                call.resume_peer()
                self.assertEqual(call.ask("wait", "failed"), [True])
                call.flow.wait(60)  # more than a second: its late answers are none
                self.assertEqual(call.pair()["consent-requests-sent"], asked)
                self.check_restart(call)
                self.assertEqual(call.here.errors(), [])
                call.stop()

    def check_nothing_is_sent(self, call):
        call.flow.wait(2)  # one may have been on its way
        sent, discarded = call.sent()
        call.flow.wait(20)
        self.assertEqual(call.sent()[0], sent)
        self.assertGreaterEqual(call.sent()[1], discarded + 19)

    def check_restart(self, call):
        call.here.drain()
        seen = len(call.here.history)
        self.assertTrue(call.ice.emit("restart"))
        start = time.monotonic()
        call.wait_completed()
        print(f"# completed {time.monotonic() - start:.3f} s after restart", flush=True)
        call.here.history = call.here.history[seen:]
        self.assertEqual([(m["new"], m["reason"]) for m in call.here.messages("ice-connection-state")][:2],
                         [("checking", "restart"), ("connected", "checks")])
        sent, _ = call.sent()
        self.assertEqual(call.ask("take", 20), [True])
        call.flow.wait(20)  # over TCP some of those were on their way before
        self.assertGreaterEqual(call.sent()[0], sent + 19)
        self.assertEqual(call.state(), "completed")

    def test_aioice_answers(self):
        """Twice the time until a peer that does not answer would be silent."""
        aioice = importlib.import_module("test-aioice")
        call = aioice.TestAioice.call
        for name in ("signal_ours", "signal_theirs"):
            setattr(self, name, getattr(aioice.TestAioice, name).__get__(self))
        pipeline, _, _ = call(self, "controlling", False)
        self.assertIn(stays(pipeline, 2 * SILENT + LATE), ([], ["completed"]))
        pair = fields(pipeline["sink1"].get_property("selected-candidate-pair"))
        self.assertGreaterEqual(pair["consent-requests-sent"], 3)
        self.assertLess(pair["current-round-trip-time"], 0.05)


def rule(text):
    subprocess.run(["nft", "-f", "-"], input=text.encode(), check=True, timeout=PATIENCE)


@unittest.skipUnless(LONG, "takes minutes; ICE_TEST_LONG=1 runs it")
@unittest.skipUnless(ISOLATED, "needs a network namespace")
@unittest.skipUnless(shutil.which("nft"), "needs nft")
class TestOutage(IceTest):
    """A network that loses: two namespaces, a veth, drop rules."""

    def setUp(self):
        super().setUp()
        import faulthandler
        faulthandler.dump_traceback_later(480, exit=True)
        self.addCleanup(lambda: subprocess.run(["nft", "flush", "ruleset"], check=False, timeout=PATIENCE))

    def call(self):
        def prepare(peer):
            inside = ["nsenter", "-t", str(peer.pid), "-n"]
            for line in ("ip link del ice0", f"ip link add ice0 type veth peer name ice1 netns {peer.pid}",
                         "ip addr add 10.77.0.1/24 dev ice0", "ip link set ice0 up"):
                subprocess.run(line.split(), check="del" not in line, stderr=subprocess.DEVNULL if "del" in line
                               else None, timeout=PATIENCE)
            for line in ("ip link set lo up", "ip addr add 10.77.0.2/24 dev ice1", "ip link set ice1 up"):
                subprocess.run(inside + line.split(), check=True, timeout=PATIENCE)

        # the namespace of this test stays that of the process: unshare execs
        call = Call(self, "duplex", "on-failed=warning", "on-failed=none", prefix=("unshare", "-n"),
                    address="local-addresses=<10.77.0.1>", peer_address="local-addresses=<10.77.0.2>",
                    prepare=prepare)
        call.wait_completed()
        return call

    def drop(self, what="drop"):
        rule(f"table inet ice {{ chain in {{ type filter hook input priority 0; meta l4proto udp {what}; }}\n"
             f"chain out {{ type filter hook output priority 0; meta l4proto udp {what}; }}\n}}")

    def mend(self):
        rule("flush ruleset")

    def test_20_seconds(self):
        call = self.call()
        start = time.monotonic()
        self.drop()
        self.assertEqual(call.wait_state("disconnected", SILENT + LATE), "consent-missing")
        print(f"# disconnected after {time.monotonic() - start:.2f} s", flush=True)
        self.assertEqual(stays(call.here, start + 20 - time.monotonic()), [])
        self.mend()
        reason, took = call.wait_up(BACK)
        print(f"# back after {took:.3f} s", flush=True)
        self.assertEqual(reason, "consent-response")
        self.assertEqual(call.ask("take", 20), [True])
        call.stop()

    def test_35_seconds(self):
        call = self.call()
        start = time.monotonic()
        self.drop()
        self.assertEqual(call.wait_state("failed", 33), "consent-expired")
        print(f"# failed after {time.monotonic() - start:.2f} s", flush=True)
        TestConsent.check_nothing_is_sent(self, call)
        self.assertEqual(stays(call.here, start + 35 - time.monotonic()), [])
        self.mend()
        self.assertEqual(call.ask("wait", "failed"), [True])
        self.assertEqual(stays(call.here, 2), [])
        TestConsent.check_restart(self, call)
        call.stop()

    def test_loss(self):
        call = self.call()
        self.drop("numgen random mod 100 < 10 drop")
        states = stays(call.here, 300)
        print(f"# {states.count('disconnected')} times disconnected in 300 s", flush=True)
        self.assertNotIn("failed", states)
        self.assertLessEqual(states.count("disconnected"), 1)
        self.mend()
        self.assertIn(call.state(), UP)
        call.stop()


def end(direction, settings):
    """The other process."""
    print("ready", flush=True)
    assert json.loads(sys.stdin.readline()) == ["play"]
    pipeline = Pipeline(describe(direction, settings))
    signalling = Signalling(pipeline["ice"], lambda item: print(json.dumps(item), flush=True))
    flow = Flow(pipeline["out"], "sink") if direction != "send" else None
    pipeline.set_state(Gst.State.READY)
    signalling.begin()
    pipeline.play()
    while (item := json.loads(sys.stdin.readline())) != ["stop"]:
        if item[0] == "take":
            flow.wait(item[1])
            print(json.dumps(["take", True]), flush=True)
        elif item[0] == "wait":
            if pipeline["ice"].get_property("ice-connection-state").value_nick != item[1]:
                pipeline.wait(element_message("ice-connection-state", new=item[1]))
            print(json.dumps(["wait", True]), flush=True)
        else:
            assert signalling.receive(*item), item
    pipeline.stop()


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        end(*sys.argv[2:])
    else:
        main()
