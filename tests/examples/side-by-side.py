#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What icesrc and icesink, the agent below nicesrc and nicesink, and webrtcbin
report in the same run: a call on 127.0.0.1 connects, the peers are stopped for a
while (SIGSTOP), go on, and are stopped for good. Prints each change as it comes,
then all of them side by side: the table in docs/states.md.

Usage: side-by-side.py [--stopped SECONDS] [--back SECONDS] [--gone SECONDS]
"""

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import gi

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from icetest import LOOPBACK, PATIENCE, Gst, Process, element_message, fields, get_object  # noqa: E402

gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("Nice", "0.1")
from gi.repository import GLib, GstSdp, GstWebRTC, Nice  # noqa: E402

MEDIA = "audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"  # 50 a second
SETTLED = 2  # seconds of quiet before the first stop


class Ice:
    """icesrc and icesink."""

    title = "`icesrc`, `icesink`"
    up = "completed"

    def __init__(self, offers, signal_to_peer, report_state):
        role = "controlling" if offers else "controlled"
        end = f"connection-id=end {LOOPBACK} role={role} on-failed=none"
        self.pipeline = Gst.parse_launch(f"{MEDIA} ! icesink name=ice sync=false {end} "
                                         f"icesrc {end} ! fakesink async=false sync=false")
        self.ice = self.pipeline.get_by_name("ice")
        self.ice.connect("on-ice-candidate", lambda _, stream, text: text is not None
                         and signal_to_peer(["candidate", stream, text]))
        bus = self.pipeline.get_bus()
        bus.enable_sync_message_emission()
        bus.connect("sync-message::element", self._on_message, report_state)
        self.pipeline.set_state(Gst.State.READY)
        signal_to_peer(["credentials", self.ice.get_property("local-ufrag"), self.ice.get_property("local-pwd")])
        self.pipeline.set_state(Gst.State.PLAYING)

    @staticmethod
    def _on_message(_, message, report_state):
        if element_message("ice-connection-state")(message):
            change = fields(message.get_structure())
            report_state(change["new"], change["reason"])

    def receive_signal(self, kind, *what):
        if kind == "credentials":
            self.ice.emit("set-remote-credentials", 0, *what)
        else:
            self.ice.emit("add-ice-candidate", *what)

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


class NiceAgent:
    """nicesrc and nicesink, which have no states: what an application learns
    from the agent that it made for them."""

    title = "`NiceAgent` of `nicesrc`, `nicesink`"
    up = "ready"
    options = Nice.AgentOption.NONE

    def __init__(self, offers, signal_to_peer, report_state):
        self.agent = Nice.Agent.new_full(GLib.MainContext.default(), Nice.Compatibility.RFC5245, self.options)
        self.agent.set_property("upnp", False)
        self.agent.set_property("controlling-mode", offers)
        address = Nice.Address()
        assert address.set_from_string("127.0.0.1")
        self.agent.add_local_address(address)
        self.stream = self.agent.add_stream(1)
        self.agent.set_stream_name(self.stream, "audio")
        self.agent.connect("component-state-changed", lambda _, stream, component, state:
                           report_state(Nice.component_state_to_string(Nice.ComponentState(state))))
        self.agent.connect("candidate-gathering-done", lambda *_: signal_to_peer(["sdp", self.agent.generate_local_sdp()]))
        self.pipeline = Gst.parse_launch(
            f"{MEDIA} ! nicesink name=sink sync=false async=false nicesrc name=src ! fakesink async=false sync=false")
        for name in "sink", "src":
            element = self.pipeline.get_by_name(name)
            element.set_property("agent", self.agent)
            element.set_property("stream", self.stream)
            element.set_property("component", 1)
        self.pipeline.set_state(Gst.State.PLAYING)
        assert self.agent.gather_candidates(self.stream)

    def receive_signal(self, _, sdp):
        assert self.agent.parse_remote_sdp(sdp) > 0

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


class NiceAgentWithConsent(NiceAgent):
    title = "the same, `consent-freshness`"
    options = Nice.AgentOption.CONSENT_FRESHNESS


class WebRTC:
    """webrtcbin."""

    title = "`webrtcbin`"
    up = "completed"

    def __init__(self, offers, signal_to_peer, report_state):
        self.signal_to_peer = signal_to_peer
        self.offers = offers
        self.pipeline = Gst.parse_launch(
            f"webrtcbin name=ice bundle-policy=max-bundle {MEDIA} ! mulawenc ! rtppcmupay ! "
            "application/x-rtp,media=audio,encoding-name=PCMU,payload=0 ! ice.")
        self.ice = self.pipeline.get_by_name("ice")
        transport = get_object(self.ice, "ice-agent")
        transport.emit("add-local-ip-address", "127.0.0.1")
        transport.get_property("agent").set_property("upnp", False)
        self.ice.connect("on-ice-candidate", lambda _, line, text: signal_to_peer(["candidate", line, text]))
        self.ice.connect("pad-added", self._on_pad)
        self.ice.connect("notify::ice-connection-state",
                         lambda ice, _: report_state(ice.get_property("ice-connection-state").value_nick))
        if offers:
            self.ice.connect("on-negotiation-needed", lambda _: self._create("offer"))
        self.pipeline.set_state(Gst.State.PLAYING)

    def _on_pad(self, _, pad):
        if pad.get_direction() == Gst.PadDirection.SRC:
            sink = Gst.parse_bin_from_description("fakesink async=false sync=false", True)
            self.pipeline.add(sink)
            sink.sync_state_with_parent()
            pad.link(sink.get_static_pad("sink"))

    def _create(self, kind):
        self.ice.emit(f"create-{kind}", None, Gst.Promise.new_with_change_func(self._on_created, kind))

    def _on_created(self, promise, kind):
        reply = promise.get_reply()  # owns the description
        description = reply.get_value(kind)
        self.ice.emit("set-local-description", description, None)
        self.signal_to_peer(["description", description.sdp.as_text()])

    def receive_signal(self, kind, *what):
        if kind == "candidate":
            self.ice.emit("add-ice-candidate", *what)
            return
        _, sdp = GstSdp.SDPMessage.new_from_text(*what)
        side = GstWebRTC.WebRTCSDPType.ANSWER if self.offers else GstWebRTC.WebRTCSDPType.OFFER
        promise = None
        if not self.offers:
            promise = Gst.Promise.new_with_change_func(lambda _: self._create("answer"))
        self.ice.emit("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(side, sdp), promise)

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)


CONTENDERS = {kind.__name__: kind for kind in (Ice, NiceAgent, NiceAgentWithConsent, WebRTC)}


class Call:
    """One contender: its end here, its peer in a process, its states."""

    def __init__(self, kind, begin):
        self.kind = kind
        self.begin = begin
        self.changes = []  # seconds, state, reason
        self._more = threading.Condition()
        self.peer = Process([sys.executable, __file__, "peer", kind.__name__], stdin=subprocess.PIPE)
        self.end = kind(True, lambda item: self.peer.write_line(json.dumps(item)), self._report)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.peer.lines(None):
            if line.startswith("["):
                self.end.receive_signal(*json.loads(line))

    def _report(self, state, reason=""):
        with self._more:
            seconds = time.monotonic() - self.begin
            self.changes.append((seconds, state, reason))
            print(f"{seconds:6.2f} s  {self.kind.__name__:20}  {state:12}  {reason}", flush=True)
            self._more.notify_all()

    def wait_up(self):
        def is_up():
            return any(state == self.kind.up for _, state, _ in self.changes)
        with self._more:
            assert self._more.wait_for(is_up, PATIENCE), f"{self.kind.__name__} does not connect:\n{self.peer.text}"

    def between(self, begin, end):
        """The states reported in these seconds, as a cell of the table."""
        changes = [f"{state} {seconds - begin:.1f}" + (f" ({reason})" if reason else "")
                for seconds, state, reason in self.changes if begin <= seconds < end]
        return ", ".join(changes) or "nothing"

    def close(self):
        self.end.stop()
        self.peer.kill()


class Run:
    def __init__(self, stopped, back, gone):
        self.begin = time.monotonic()
        self.phases = []  # seconds, title
        self.calls = []
        try:
            self._play(stopped, back, gone)
        finally:
            for call in self.calls:
                call.close()

    def _play(self, stopped, back, gone):
        self._enter("the call is made")
        for kind in CONTENDERS.values():
            self.calls.append(Call(kind, self.begin))
        for call in self.calls:
            call.wait_up()
        time.sleep(SETTLED)
        self._enter(f"the peer is stopped, for {stopped:g} s")
        self._signal(signal.SIGSTOP)
        time.sleep(stopped)
        self._enter(f"it continues, for {back:g} s")
        self._signal(signal.SIGCONT)
        time.sleep(back)
        self._enter(f"it is stopped for good; watched for {gone:g} s")
        self._signal(signal.SIGSTOP)
        time.sleep(gone)
        self.phases.append((time.monotonic() - self.begin, "the end"))

    def _enter(self, title):
        self.phases.append((time.monotonic() - self.begin, title))
        print(f"{self.phases[-1][0]:6.2f} s  {title}", flush=True)

    def _signal(self, number):
        for call in self.calls:
            call.peer.signal(number)

    def table(self):
        """Markdown; seconds since the beginning of the row."""
        yield ["", *(call.kind.title for call in self.calls)]
        yield ["---"] * (1 + len(self.calls))
        for (begin, title), (end, _) in zip(self.phases, self.phases[1:]):
            yield [title, *(call.between(begin, end) for call in self.calls)]


def be_peer(name):
    """The other process; SIGSTOP makes it the peer that is gone."""
    end = CONTENDERS[name](False, lambda item: print(json.dumps(item), flush=True), lambda *_: None)
    for line in sys.stdin:
        end.receive_signal(*json.loads(line))
    end.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name, seconds in ("stopped", 15), ("back", 10), ("gone", 40):
        parser.add_argument(f"--{name}", type=float, default=seconds, metavar="SECONDS")
    options = parser.parse_args()
    run = Run(options.stopped, options.back, options.gone)
    print()
    for row in run.table():
        print("|", " | ".join(row), "|")


if __name__ == "__main__":
    loop = GLib.MainLoop()
    threading.Thread(target=loop.run, daemon=True).start()
    if sys.argv[1:2] == ["peer"]:
        be_peer(sys.argv[2])
    else:
        main()
