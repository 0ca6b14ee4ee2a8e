#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ICE restart during media: from either side, from both, signalled by the
application and built in; nothing is missed for long, no state is left. While
the peer, a process, is stopped. And by itself."""

import itertools
import shutil
import signal
import subprocess
import threading
import time
import unittest

from icetest import (EOS, ERROR, ISOLATED, LOOPBACK, PATIENCE, Gst, IceTest, element_message, error_text, fields,
                     free_port, get_stats, main, push)

TIMES = 10
GAP = 0.2  # seconds without packets at a receiver
# a packet every 5 ms
MEDIA = "audiotestsrc is-live=true samplesperbuffer=40 ! audio/x-raw,rate=8000,channels=1"
UP = ("connected", "completed")
names = itertools.count()


class Signalling:
    """By the application, one way: credentials and candidates of `element`, in order."""

    def __init__(self, element, other):
        self.element, self.other = element, other
        self.refused = []
        self._held = None
        element.connect("notify::local-ufrag", self._signal_credentials)
        element.connect("on-ice-candidate", self._signal_candidate)

    def begin(self):
        self._signal_credentials()

    def _signal_credentials(self, *_):
        ufrag, pwd = (self.element.get_property(f"local-{name}") for name in ("ufrag", "pwd"))
        self._emit("set-remote-credentials", 0, ufrag, pwd)

    def _signal_candidate(self, _, stream, text):
        if text is not None:
            self._emit("add-ice-candidate", stream, text)

    def _emit(self, *what):
        if self._held is not None:
            self._held.append(what)
        elif not self.other.emit(*what):
            self.refused.append(what)

    def hold(self):
        """Holds back everything from now on, until release()."""
        self._held = []

    def release(self):
        held, self._held = self._held, None
        for what in held:
            self._emit(*what)


class Gaps:
    """When packets reach an element."""

    def __init__(self, element):
        self._more = threading.Condition()
        self._last = None
        self.n = 0
        self.longest = 0
        element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._note)

    def _note(self, *_):
        now = time.monotonic()
        with self._more:
            if self._last is not None:
                self.longest = max(self.longest, now - self._last)
            self._last = now
            self.n += 1
            self._more.notify_all()
        return Gst.PadProbeReturn.OK

    def reset(self):
        with self._more:
            self.longest = 0

    def wait(self, n):
        with self._more:
            wanted = self.n + n
            assert self._more.wait_for(lambda: self.n >= wanted, PATIENCE), "packets do not flow"


class End:
    def __init__(self, test, settings, media=MEDIA):
        more = f"connection-id=restart{next(names)} {LOOPBACK} {settings}"
        self.pipeline = test.pipeline(f"{media} ! icesink name=ice sync=false {more} "
                                      f"icesrc name=src {more} ! fakesink name=out async=false sync=false")
        self.ice = self.pipeline["ice"]
        self.gaps = Gaps(self.pipeline["out"])
        self.candidates = []
        self.ice.connect("on-ice-candidate", lambda _, stream, text: self.candidates.append(text))

    def wait_state(self, new):
        if self.ice.get_property("ice-connection-state").value_nick != new:
            self.pipeline.wait(element_message("ice-connection-state", new=new))

    def state(self):
        return self.ice.get_property("ice-connection-state").value_nick

    def ufrag(self):
        return self.ice.get_property("local-ufrag")

    def key_units(self):
        """Upstream events that icesink sent."""
        return next(entry["force-key-units"] for entry in get_stats(self.ice).values()
                    if isinstance(entry, dict) and "force-key-units" in entry)

    def take_candidates(self):
        taken, self.candidates[:] = list(self.candidates), []
        return taken

    def find(self, kind):
        return [entry for entry in get_stats(self.ice).values() if isinstance(entry, dict) and entry["type"] == kind]

    def knows(self, other):
        """Whether its remote candidates are those of other's newest generation."""
        return {c.get("username-fragment") for c in self.find("remote-candidate")} == {other.ufrag()}

    def describe(self, other):
        return f"{self.state()}, knows {self.find('remote-candidate')}, not {other.ufrag()}"


class TestRestart(IceTest):
    def by_application(self, **more):
        ends = [End(self, f"role={role}", **more) for role in ("controlling", "controlled")]
        for end in ends:
            end.pipeline.set_state(Gst.State.READY)
        signalling = [Signalling(a.ice, b.ice) for a, b in (ends, reversed(ends))]
        for s in signalling:
            s.begin()
        for end in ends:
            end.pipeline.play()
        return ends, signalling

    def built_in(self):
        port = free_port()
        ends = [End(self, f"signalling-uri=tcp://127.0.0.1:{port}?mode={mode}") for mode in ("listener", "caller")]
        for end in ends:
            end.pipeline.play()
        return ends

    def settle(self, ends):
        """Until all is over: completed at both ends, each with the other's newest
        credentials, and packets flow."""
        deadline = time.monotonic() + PATIENCE
        for end, other in (ends, reversed(ends)):
            while end.state() != "completed" or not end.knows(other):
                message = end.pipeline.bus.timed_pop(Gst.SECOND // 10)
                if message is not None:
                    end.pipeline.history.append(message)
                self.assertLess(time.monotonic(), deadline, end.describe(other))
        for end in ends:
            end.gaps.wait(20)
            self.assertEqual(end.pipeline.errors() + end.pipeline.warnings(), [])

    def wait_restarted(self, end):
        end.pipeline.wait(element_message("ice-connection-state", old="completed", new="connected", reason="restart"))
        end.pipeline.wait(element_message("ice-connection-state", new="completed"))

    def begin_watch(self, ends):
        self.settle(ends)
        for end in ends:
            end.pipeline.drain()
            end.pipeline.history.clear()
            end.take_candidates()
            end.gaps.reset()

    def check_candidates(self, end, ufrag):
        found = end.take_candidates()
        self.assertEqual(found[-2:], ["", None])
        self.assertGreaterEqual(len(found), 3)
        for text in found[:-2]:
            self.assertRegex(text, rf"^candidate:.* ufrag {ufrag.replace('+', '[+]')}$")

    def check_states(self, ends):
        for end in ends:
            for name in ("ice-connection-state", "ice-transport-state"):
                self.assertLessEqual({m["new"] for m in end.pipeline.messages(name)}, set(UP))
            self.assertLess(end.gaps.longest, GAP)
        print(f"# longest gap {max(end.gaps.longest for end in ends) * 1000:.0f} ms", flush=True)

    def restart_again_and_again(self, ends, by):
        self.begin_watch(ends)
        for _ in range(TIMES):
            old = [end.ufrag() for end in ends]
            key_units = [end.key_units() for end in ends]
            self.assertTrue(ends[by].ice.emit("restart"))
            self.assertNotEqual(ends[by].ufrag(), old[by])
            for end in ends:
                self.wait_restarted(end)
            self.settle(ends)
            for end, ufrag, count in zip(ends, old, key_units):
                self.assertNotEqual(end.ufrag(), ufrag)
                self.assertGreater(end.key_units(), count)
                self.check_candidates(end, end.ufrag())
        self.check_states(ends)

    def test_by_application_controlling(self):
        ends, signalling = self.by_application()
        self.restart_again_and_again(ends, 0)
        self.assertEqual([s.refused for s in signalling], [[], []])

    def test_by_application_controlled(self):
        ends, signalling = self.by_application()
        self.restart_again_and_again(ends, 1)
        self.assertEqual([s.refused for s in signalling], [[], []])

    def test_built_in_listener(self):
        self.restart_again_and_again(self.built_in(), 0)

    def test_built_in_caller(self):
        self.restart_again_and_again(self.built_in(), 1)

    def test_built_in_both_at_once(self):
        ends = self.built_in()
        self.begin_watch(ends)
        for _ in range(TIMES):
            together = threading.Barrier(2)

            def restart(end):
                together.wait(PATIENCE)
                assert end.ice.emit("restart")

            threads = [threading.Thread(target=restart, args=(end,)) for end in ends]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.settle(ends)
        self.check_states(ends)

    def test_built_in_twice(self):
        """The second before the first was signalled: one end is two ahead."""
        for by in 0, 1:
            with self.subTest(by=by):
                ends = self.built_in()
                self.begin_watch(ends)
                for _ in range(TIMES):
                    for _ in range(3):
                        self.assertTrue(ends[by].ice.emit("restart"))
                    self.settle(ends)
                self.check_states(ends)

    def test_by_application_both_at_once(self):
        """Neither end's credentials have come when the other restarts."""
        ends, signalling = self.by_application()
        self.begin_watch(ends)
        for _ in range(TIMES):
            for end in ends:
                self.assertTrue(end.ice.emit("restart"))
            self.settle(ends)
        self.check_states(ends)

    def test_old_candidates_are_refused(self):
        ends, _ = self.by_application()
        self.begin_watch(ends)
        old = [c["candidate"] for c in ends[0].find("local-candidate")]
        self.assertTrue(ends[0].ice.emit("restart"))
        for end in ends:
            self.wait_restarted(end)
        self.settle(ends)
        self.assertGreaterEqual(len(old), 1)
        for text in old:
            self.assertFalse(ends[1].ice.emit("add-ice-candidate", 0, text), text)
        self.assertEqual(ends[1].state(), "completed")

    def test_peer_is_late(self):
        """Until it restarts it answers by its old credentials."""
        ends = [End(self, "role=controlling disconnected-timeout=1000"), End(self, "role=controlled", "appsrc")]
        there, back = (Signalling(a.ice, b.ice) for a, b in (ends, reversed(ends)))
        for end in ends:
            end.pipeline.set_state(Gst.State.READY)
        there.begin()
        back.begin()
        for end in ends:
            end.pipeline.play()
        for end in ends:
            end.wait_state("completed")
        there.hold()
        self.assertTrue(ends[0].ice.emit("restart"))
        deadline = time.monotonic() + 3
        while (left := deadline - time.monotonic()) > 0:
            message = ends[0].pipeline.bus.timed_pop(int(left * Gst.SECOND))
            if message is not None:
                ends[0].pipeline.history.append(message)
        self.assertEqual([end.state() for end in ends], ["connected", "completed"])
        there.release()
        for end in ends:
            end.wait_state("completed")
        self.assertEqual([(m["new"], m["reason"]) for m in ends[0].pipeline.messages("ice-connection-state")][-2],
                         ("connected", "restart"))
        self.assertEqual([there.refused, back.refused], [[], []])

    def test_new_remote_credentials_restart(self):
        end, _ = self.by_application()[0]
        self.begin_watch([end, _])
        old = end.ufrag()
        self.assertTrue(end.ice.emit("set-remote-credentials", 0, "other", 22 * "x"))
        self.assertNotEqual(end.ufrag(), old)

    def test_before_gathering(self):
        end = End(self, "")
        end.pipeline.set_state(Gst.State.READY)
        ufrag = end.ufrag()
        self.assertFalse(end.ice.emit("restart"))
        self.assertEqual(end.ufrag(), ufrag)

    def test_while_checking(self):
        """The peer can not be reached at first; its later signalling counts."""
        end, other = (End(self, f"role={role}") for role in ("controlling", "controlled"))
        end.pipeline.play()
        self.assertTrue(end.ice.emit("set-remote-credentials", 0, "nobody", 22 * "x"))
        self.assertTrue(end.ice.emit("add-ice-candidate", 0, "candidate:1 1 UDP 1 127.0.0.1 9 typ host"))
        end.wait_state("checking")
        other.pipeline.set_state(Gst.State.READY)
        there, back = Signalling(end.ice, other.ice), Signalling(other.ice, end.ice)
        self.assertTrue(end.ice.emit("restart"))  # signals its new credentials
        back.begin()
        other.pipeline.play()
        self.settle([end, other])
        self.assertEqual([there.refused, back.refused], [[], []])


class Numbers(threading.Thread):
    """Sends numbered datagrams, 50 a second, until stop()."""

    def __init__(self, appsrc):
        super().__init__(daemon=True)
        self._appsrc = appsrc
        self._enough = threading.Event()
        self.sent = b""
        self.start()

    def run(self):
        for i in itertools.count():
            datagram = b"%d\n" % i
            push(self._appsrc, datagram)
            self.sent += datagram
            if self._enough.wait(0.02):
                break
        self._appsrc.emit("end-of-stream")

    def stop(self):
        self._enough.set()
        self.join(PATIENCE)


class TestRestartWhileSilent(IceTest):
    def call(self, settings):
        """An end here that sends, to a process that writes what it gets."""
        line = f"signalling-uri=unix://{self.path('line')}?mode="
        self.peer = self.run_line(f"gst-launch-1.0 icesrc {line}listener {LOOPBACK} ! "
                                  f"filesink location={self.path('out')} buffer-mode=unbuffered")
        self.here = self.pipeline(f"appsrc name=in format=time is-live=true ! icesink name=ice sync=false "
                                  f"{line}caller {LOOPBACK} {settings}").play()
        self.ice = self.here["ice"]
        self.numbers = Numbers(self.here["in"])
        self.addCleanup(self.numbers.stop)
        self.wait_state("completed")

    def wait_state(self, new, **wanted):
        message = self.here.wait(element_message("ice-connection-state", new=new, **wanted))
        return fields(message.get_structure())["reason"]

    def wait_stat(self, name, more, state="checking"):
        """Until this counter has grown by so much, always in that state."""
        start, deadline = self.stat(name), time.monotonic() + PATIENCE
        while self.stat(name) < start + more:
            self.assertEqual(self.ice.get_property("ice-connection-state").value_nick, state)
            self.assertLess(time.monotonic(), deadline, name)
            self.assertIsNone(self.here.bus.timed_pop_filtered(Gst.SECOND // 100, Gst.MessageType.ERROR))

    def stat(self, name):
        return get_stats(self.ice)["transport-0-1"][name]

    def stop_and_restart(self):
        self.peer.signal(signal.SIGSTOP)
        self.assertEqual(self.wait_state("disconnected"), "consent-missing")
        self.assertTrue(self.ice.emit("restart"))
        self.assertEqual(self.wait_state("checking"), "restart")

    def go_on(self):
        """What the peer got."""
        self.peer.signal(signal.SIGCONT)
        reason = self.wait_state("connected", old="checking")
        self.assertIn(reason, ("checks", "consent-response"))
        self.wait_state("completed")
        self.wait_stat("packets-sent", 20, "completed")
        self.numbers.stop()
        self.here.wait(EOS)
        self.assert_ends_well(self.peer)
        return self.read("out").splitlines()

    def test_media_goes_on(self):
        self.call("disconnected-timeout=1000")
        self.stop_and_restart()
        self.wait_stat("packets-sent", 50)
        got = self.go_on()
        self.assertEqual(got, self.numbers.sent.splitlines())
        self.assertEqual(self.stat("packets-discarded-on-send"), 0)

    def test_not_without_consent(self):
        self.call("disconnected-timeout=1000 failed-timeout=3000 wait-for-connection=false on-failed=none")
        stopped = time.monotonic()
        self.stop_and_restart()
        restarted = self.stat("packets-sent")
        self.wait_stat("packets-discarded-on-send", 1)
        took = time.monotonic() - stopped
        print(f"# no consent after {took:.2f} s", flush=True)
        self.assertLess(took, 3 + 1)
        sent = self.stat("packets-sent")
        self.assertGreater(sent, restarted + 20)
        self.wait_stat("packets-discarded-on-send", 50)
        self.assertEqual(self.stat("packets-sent"), sent)
        got = [int(line) for line in self.go_on()]
        self.assertEqual(got[:sent], list(range(got[0], got[0] + sent)))
        self.assertGreater(got[sent], got[sent - 1] + 50)


class TestRestartOn(IceTest):
    def call(self, here, peer):
        line = f"signalling-uri=unix://{self.path('line')}?mode="
        timeouts = "disconnected-timeout=500 failed-timeout=1500"
        self.peer = self.run_line(f"gst-launch-1.0 -m icesrc {line}listener {LOOPBACK} {timeouts} {peer} ! "
                                  f"filesink location={self.path('out')} buffer-mode=unbuffered")
        self.here = self.pipeline(f"appsrc name=in format=time is-live=true ! icesink name=ice sync=false "
                                  f"{line}caller {LOOPBACK} {timeouts} {here}").play()
        self.numbers = Numbers(self.here["in"])
        self.addCleanup(self.numbers.stop)
        self.wait_change("completed")
        self.peer.wait_for("new=(GstIceConnectionState)completed")

    def wait_change(self, new):
        message = self.here.wait(element_message("ice-connection-state", new=new))
        return fields(message.get_structure())["reason"]

    def finish(self):
        """Media flows again, and both ends end well."""
        sent = get_stats(self.here["ice"])["transport-0-1"]["packets-sent"]
        while get_stats(self.here["ice"])["transport-0-1"]["packets-sent"] < sent + 20:
            self.assertIsNone(self.here.bus.timed_pop_filtered(Gst.SECOND // 100, Gst.MessageType.ERROR))
        self.numbers.stop()
        self.here.wait(EOS)
        self.assert_ends_well(self.peer)
        got = self.read("out").splitlines()
        last = self.numbers.sent.splitlines()[-20:]
        self.assertEqual(got[-20:], last)

    def recover(self, here, peer):
        self.call(here, peer)
        self.peer.signal(signal.SIGSTOP)
        self.assertEqual(self.wait_change("failed"), "consent-expired")
        self.assertEqual(self.wait_change("checking"), "restart")
        self.peer.signal(signal.SIGCONT)
        start = time.monotonic()
        self.wait_change("completed")
        print(f"# back after {time.monotonic() - start:.2f} s", flush=True)
        self.finish()
        self.assertEqual(self.here.errors(), [])

    def test_one_end_on_failed(self):
        self.recover("restart-on=failed", "on-failed=none")

    def test_both_ends_on_failed(self):
        self.recover("restart-on=failed", "restart-on=failed")
        self.assert_contains(self.peer.text, "reason=(string)restart", "ICE failed on stream 0")

    def test_disconnected(self):
        self.call("restart-on=disconnected failed-timeout=30000", "on-failed=none")
        self.peer.signal(signal.SIGSTOP)
        self.assertEqual(self.wait_change("disconnected"), "consent-missing")
        self.assertEqual(self.wait_change("checking"), "restart")
        self.peer.signal(signal.SIGCONT)
        self.wait_change("completed")
        self.finish()

    def test_peer_is_gone(self):
        """And with it the line that would carry the restart."""
        self.call("restart-on=failed+disconnected", "")
        self.peer.kill()
        error = error_text(self.here.wait(ERROR))
        self.assertIn("ICE failed on stream 0 component 1 (consent-expired)", error)
        self.assertNotIn("restart", [m["reason"] for m in self.here.messages("ice-connection-state")])


@unittest.skipUnless(ISOLATED, "needs a network namespace")
@unittest.skipUnless(shutil.which("nft"), "needs nft")
class TestOutage(IceTest):
    def rule(self, text):
        subprocess.run(["nft", "-f", "-"], input=text.encode(), check=True, timeout=PATIENCE)

    def test_both_ends_by_application(self):
        """They fail and restart at the same time; each signals its restart to the other."""
        self.addCleanup(self.rule, "flush ruleset")
        settings = "disconnected-timeout=500 failed-timeout=1500 restart-on=failed"
        ends = [End(self, f"role={role} {settings}") for role in ("controlling", "controlled")]
        for end in ends:
            end.pipeline.set_state(Gst.State.READY)
        signalling = [Signalling(a.ice, b.ice) for a, b in (ends, reversed(ends))]
        for s in signalling:
            s.begin()
        for end in ends:
            end.pipeline.play()
        for end in ends:
            end.wait_state("completed")
        self.rule("table inet ice { chain in { type filter hook input priority 0; meta l4proto udp drop; }\n}")
        for end in ends:
            end.pipeline.wait(element_message("ice-connection-state", new="checking", reason="restart"))
        self.rule("flush ruleset")
        for end in ends:
            end.pipeline.wait(element_message("ice-connection-state", new="completed"))
            end.gaps.wait(20)
            self.assertEqual(end.pipeline.errors(), [])
        self.assertTrue(ends[0].knows(ends[1]) and ends[1].knows(ends[0]))
        self.assertEqual([s.refused for s in signalling], [[], []])


@unittest.skipUnless(ISOLATED, "needs a network namespace")
class TestNetworkChange(IceTest):
    """The peer is in a network namespace of its own, at the end of two wires."""

    def run_ip(self, *lines, inside=()):
        for line in lines:
            subprocess.run([*inside, "ip", *line.split()], check=True, timeout=PATIENCE)

    def call(self, wires, settings, network="10.77.{}.{}/24"):
        line = f"signalling-uri=unix://{self.path('line')}?mode="
        peer, here = f"connection-id=peer {line}listener", f"connection-id=here {line}caller {settings}"
        peer = f"gst-launch-1.0 {MEDIA} ! icesink sync=false {peer} icesrc {peer} ! fakesink async=false sync=false"
        self.peer = self.run_line(["unshare", "-n", "sh", "-c", f"echo there; read go; exec {peer}"],
                                  stdin=subprocess.PIPE)
        self.peer.wait_for("there\n")
        for n in wires:
            ours, theirs = (self.address_line(network.format(n, host), n, "nodad" if ":" in network else "")
                            for host in (1, 2))
            self.run_ip(f"link add ice{n} type veth peer name ice{n} netns {self.peer.pid}",
                        ours, f"link set ice{n} up")
            self.addCleanup(self.run_ip, f"link del ice{n}")
            self.run_ip(theirs, f"link set ice{n} up",
                        inside=("nsenter", "-t", str(self.peer.pid), "-n"))
        self.peer.write_line("go")
        self.here = self.pipeline(f"{MEDIA} ! icesink name=ice sync=false {here} "
                                  f"icesrc {here} ! fakesink name=out async=false sync=false")
        self.gaps = Gaps(self.here["out"])
        self.here.play()
        self.here.wait(element_message("ice-connection-state", new="completed"))
        self.gaps.wait(20)
        self.gaps.reset()

    @staticmethod
    def address_line(address, wire, flags=""):
        return f"addr add {address} dev ice{wire} {flags}"

    def local_address(self):
        return fields(self.here["ice"].get_property("selected-candidate-pair"))["local-address"]

    def wait_moved(self, timeout, old_state="connected"):
        """Until another local address was selected, by one restart."""
        old = self.local_address()
        self.here.wait(element_message("ice-connection-state", new=old_state, reason="restart"), timeout)
        self.here.wait(element_message("ice-connection-state", new="completed"), timeout)
        self.assertNotEqual(self.local_address(), old)
        self.gaps.wait(20)
        restarts = [m for m in self.here.messages("ice-connection-state") if m["reason"] == "restart"]
        self.assertEqual(len(restarts), 1)
        self.assertEqual(self.here.errors() + self.here.warnings(), [])

    def check_gap(self, limit):
        """And that nobody noticed."""
        print(f"# {self.gaps.longest:.2f} s without media", flush=True)
        self.assertLess(self.gaps.longest, limit)
        self.assertNotIn("disconnected", [m["new"] for m in self.here.messages("ice-connection-state")])

    def test_address_goes(self):
        """And there is another one. Told by the restart, long before silence would."""
        self.call((0, 1), "restart-on=network-change")
        wire = int(self.local_address().split(".")[2])
        self.run_ip(f"addr del 10.77.{wire}.1/24 dev ice{wire}")
        self.wait_moved(4)
        self.check_gap(3)

    def test_link_goes(self):
        self.call((0, 1), "restart-on=network-change")
        wire = int(self.local_address().split(".")[2])
        self.run_ip(f"link set ice{wire} down")
        self.wait_moved(4)
        self.check_gap(3)

    def test_not_asked_for(self):
        self.call((0, 1), "restart-on=failed")
        wire = int(self.local_address().split(".")[2])
        self.run_ip(f"link set ice{1 - wire} down")
        deadline = time.monotonic() + 3
        while (left := deadline - time.monotonic()) > 0:
            message = self.here.bus.timed_pop(int(left * Gst.SECOND))
            self.assertFalse(message and element_message("ice-connection-state")(message))

    def test_address_is_replaced(self):
        self.call((0,), "restart-on=network-change")
        self.run_ip("addr del 10.77.0.1/24 dev ice0", self.address_line("10.77.0.3/24", 0))
        self.wait_moved(4)
        self.check_gap(3)

    def test_ipv6_address_is_replaced(self):
        """The new one can be used when no neighbour has it, a second or two later."""
        self.call((0,), "restart-on=network-change interfaces=<ice0>", "fd77:{}::{}/64")
        self.run_ip("addr del fd77:0::1/64 dev ice0", self.address_line("fd77:0::3/64", 0))
        self.wait_moved(6)
        self.check_gap(5)

    def test_none_is_left_for_a_while(self):
        self.call((0,), "restart-on=network-change disconnected-timeout=1000")
        self.run_ip("addr del 10.77.0.1/24 dev ice0")
        self.here.wait(element_message("ice-connection-state", new="disconnected", reason="consent-missing"))
        self.run_ip(self.address_line("10.77.0.3/24", 0))
        self.wait_moved(4, "checking")
        print(f"# {self.gaps.longest:.2f} s without media", flush=True)

    def test_a_new_one_while_disconnected(self):
        """No address of ours is gone, but the path is."""
        self.call((0,), "restart-on=network-change disconnected-timeout=2000")
        self.run_ip(self.address_line("10.77.0.3/24", 0))
        self.run_ip("addr del 10.77.0.2/24 dev ice0", inside=("nsenter", "-t", str(self.peer.pid), "-n"))
        self.here.wait(element_message("ice-connection-state", new="checking", reason="restart"))
        reasons = [m["reason"] for m in self.here.messages("ice-connection-state")]
        self.assertEqual(reasons[-2:], ["consent-missing", "restart"])


if __name__ == "__main__":
    main()
