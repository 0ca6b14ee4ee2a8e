#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTP and RTCP of two streams on one agent: what its state makes of those of
four transports, while one of them is cut off, comes back, fails."""

import itertools
import shutil
import subprocess
import threading
import unittest

from icetest import ISOLATED, LOOPBACK, PATIENCE, Gst, IceTest, element_message, fields, main

TRANSPORTS = [(stream, component) for stream in (0, 1) for component in (1, 2)]
MEDIA = "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"  # 50 a second
SILENT, GONE = 1.5, 4  # seconds: disconnected-timeout, failed-timeout
LATE = 2  # seconds within which it has to be reported
names = itertools.count()


def aggregate(states):
    """W3C webrtc-pc's RTCIceConnectionState, in words of this test's own."""
    states = set(states)
    for alone in ("failed", "disconnected"):
        if alone in states:
            return alone
    if states & {"new", "checking"}:
        return "new" if states == {"new"} else "checking"
    return "completed" if states == {"completed"} else "connected"


class End:
    def __init__(self, test, role, branch):
        more = (f"connection-id=components{next(names)} role={role} on-failed=warning {LOOPBACK} "
                f"disconnected-timeout={SILENT * 1000:.0f} failed-timeout={GONE * 1000:.0f}")
        self.pipeline = test.pipeline(" ".join(
            branch.format(f"name=ice{stream}{component} stream={stream} component={component} {more}",
                          f"name=out{stream}{component} async=false sync=false") for stream, component in TRANSPORTS))
        self.pipeline.set_state(Gst.State.READY)
        self.agent = self[0, 1].get_property("agent")

    def __getitem__(self, transport):
        return self.pipeline["ice{}{}".format(*transport)]

    def signal(self, other):
        """From now on signals to the other one; candidates of a stream wait for open()."""
        self._other, self._open, self._held = other, [], []
        self.agent.connect("on-ice-candidate", self._signal_candidate)
        self[0, 1].connect("notify::local-ufrag", lambda *_: self._signal_credentials(*self._open))

    def _signal_credentials(self, *streams):
        pair = [self.agent.get_property(f"local-{name}") for name in ("ufrag", "pwd")]
        for stream in streams:
            assert self._other.agent.emit("set-remote-credentials", stream, *pair)

    def _signal_candidate(self, _, stream, text):
        if text is not None and stream in self._open:
            assert self._other.agent.emit("add-ice-candidate", stream, text)
        elif text is not None:
            self._held.append((stream, text))

    def open(self, stream):
        self._open.append(stream)
        self._signal_credentials(stream)
        for held in self._held:
            if held[0] == stream:
                assert self._other.agent.emit("add-ice-candidate", *held)

    def state(self, transport=None):
        if transport is None:
            return self.agent.get_property("ice-connection-state").value_nick
        return self[transport].get_property("ice-transport-state").value_nick

    def wait(self, states, timeout=PATIENCE):
        """Until the transports are in these states."""
        def match(_=None):
            return all(self.state(transport) == state for transport, state in states.items())
        match.__doc__ = f"{states}"
        if not match():
            self.pipeline.wait(match, timeout)

    def wait_message(self, name, timeout=PATIENCE, **wanted):
        return fields(self.pipeline.wait(element_message(name, **wanted), timeout).get_structure())

    def check_aggregation(self):
        """In all messages so far each change of the aggregate state comes right after the
        change of a transport that causes it, and there is no other one."""
        states, whole = dict.fromkeys(TRANSPORTS, "new"), "new"
        self.pipeline.drain()
        for message in self.pipeline.history:
            if element_message("ice-transport-state")(message):
                assert whole == aggregate(states.values()), (whole, states)
                change = fields(message.get_structure())
                transport = change["stream"], change["component"]
                assert states[transport] == change["old"], (states, change)
                states[transport] = change["new"]
            elif element_message("ice-connection-state")(message):
                change = fields(message.get_structure())
                assert whole == change["old"] != change["new"], (whole, change)
                whole = change["new"]
                assert whole == aggregate(states.values()), (whole, states)
        assert whole == aggregate(states.values()) == self.state(), (whole, states, self.state())


class Flows:
    """The buffers that reach the fakesinks."""

    def __init__(self, end):
        self._more = threading.Condition()
        self.n = dict.fromkeys(TRANSPORTS, 0)
        for transport in TRANSPORTS:
            pad = end.pipeline["out{}{}".format(*transport)].get_static_pad("sink")
            pad.add_probe(Gst.PadProbeType.BUFFER, self._count, transport)

    def _count(self, _pad, _info, transport):
        with self._more:
            self.n[transport] += 1
            self._more.notify_all()
        return Gst.PadProbeReturn.OK

    def wait(self, transports, n=25):
        """Until n more of each came."""
        with self._more:
            wanted = {transport: self.n[transport] + n for transport in transports}
            assert self._more.wait_for(lambda: all(self.n[t] >= w for t, w in wanted.items()), PATIENCE), self.n


class Call:
    """Media from one end to the other; one transport is cut off later."""

    def __init__(self, test, cut):
        self.cut, self.others = cut, [transport for transport in TRANSPORTS if transport != cut]
        self.sender = End(test, "controlling", MEDIA + " ! icesink sync=false {0} ")
        self.receiver = End(test, "controlled", "icesrc {0} ! fakesink {1} ")
        self.ends = (self.sender, self.receiver)
        self.flows = Flows(self.receiver)
        self.sender.signal(self.receiver)
        self.receiver.signal(self.sender)
        for end in self.ends:
            end.pipeline.play()

    def open(self, stream):
        for end in self.ends:
            end.open(stream)

    def wait(self, states, timeout=PATIENCE):
        for end in self.ends:
            end.wait(states, timeout)

    def wait_all(self, new, reason, timeout):
        """Until the cut transport reports that, and so the aggregate; the others do not."""
        stream, component = self.cut
        for end in self.ends:
            change = end.wait_message("ice-transport-state", timeout, stream=stream, component=component, new=new)
            assert change["reason"] == reason, change
            change = end.wait_message("ice-connection-state", new=new)
            assert change["reason"] == reason, change
            end.wait(dict.fromkeys(self.others, "completed"), 0)

    def port(self):
        return self.receiver[self.cut].get_property("selected-candidate-pair").get_value("local-port")


def drop(*ports):
    rules = "\n".join(f"udp {way}port {port} drop" for port in ports for way in "ds")
    text = f"flush ruleset\ntable inet ice {{ chain in {{ type filter hook input priority 0; {rules}\n}}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=text.encode(), check=True, timeout=PATIENCE)


@unittest.skipUnless(ISOLATED, "needs a network namespace")
@unittest.skipUnless(shutil.which("nft"), "needs nft")
class TestComponents(IceTest):
    """An RTP and an RTCP transport at once, each in a call of its own."""

    def setUp(self):
        super().setUp()
        self.calls = [Call(self, cut) for cut in ((0, 1), (1, 2))]

    def begin(self):
        """Stream 1 is signalled when stream 0 is connected already."""
        for call in self.calls:
            call.open(0)
        for call in self.calls:
            call.wait({(0, 1): "completed", (0, 2): "completed", (1, 1): "new", (1, 2): "new"})
            self.assertEqual([end.state() for end in call.ends], ["checking"] * 2)
            call.flows.wait([(0, 1), (0, 2)])
            call.open(1)
        for call in self.calls:
            call.wait(dict.fromkeys(TRANSPORTS, "completed"))
            for end in call.ends:
                end.wait_message("ice-connection-state", new="completed")
            call.flows.wait(TRANSPORTS)
        self.ports = [call.port() for call in self.calls]

    def check_cut_off(self, new, reason, timeout):
        for call in self.calls:
            call.wait_all(new, reason, timeout)
            before = call.flows.n[call.cut]
            call.flows.wait(call.others)
            self.assertEqual(call.flows.n[call.cut], before)

    def test_one_cut_off(self):
        self.begin()
        drop(*self.ports)
        self.check_cut_off("disconnected", "consent-missing", SILENT + LATE)
        drop()
        for call in self.calls:
            call.wait_all("completed", "consent-response", LATE)
            call.flows.wait(TRANSPORTS)
        drop(*self.ports)
        self.check_cut_off("disconnected", "consent-missing", SILENT + LATE)
        self.check_cut_off("failed", "consent-expired", GONE + LATE)
        drop()
        for call in self.calls:
            self.check_stays_failed(call)
            self.check_restart(call)
            for end in call.ends:
                end.check_aggregation()

    def check_stays_failed(self, call):
        """The way is free again; it is not used, and only that one complained."""
        before = call.flows.n[call.cut]
        call.flows.wait(call.others)
        self.assertEqual(call.flows.n[call.cut], before)
        name = "ice{}{}".format(*call.cut)
        for end in call.ends:
            self.assertEqual((end.state(call.cut), end.state()), ("failed", "failed"))
            self.assertEqual(end.pipeline.errors(), [])
            warnings = [m for m in end.pipeline.history if m.type == Gst.MessageType.WARNING]
            self.assertEqual([m.src.get_name() for m in warnings], [name])

    def check_restart(self, call):
        call.sender.agent.emit("restart")
        for end in call.ends:
            end.wait_message("ice-connection-state", new="checking", reason="restart")
            end.wait_message("ice-connection-state", new="completed")
        call.flows.wait(TRANSPORTS)


if __name__ == "__main__":
    main()
