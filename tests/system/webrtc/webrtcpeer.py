# SPDX-License-Identifier: LGPL-2.1-or-later
"""A webrtcbin application, with our ICE agent or with webrtcbin's own."""

import json
import queue
import sys
import threading
import time
import types
from pathlib import Path

import gi

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from icetest import PATIENCE, Gst, Pipeline, get_object, set_array  # noqa: E402

NEEDED = "webrtcbin", "nicesrc", "dtlssrtpdec", "srtpdec", "sctpenc", "vp8enc", "opusenc"


def find_missing():
    """Why there can be no webrtcbin, or None."""
    for name in "GstSdp", "GstWebRTC":
        try:
            gi.require_version(name, "1.0")
        except ValueError as error:
            return str(error)
    return next((f"GStreamer has no {name}" for name in NEEDED if not Gst.Registry.get().lookup_feature(name)), None)


MISSING = find_missing()
if MISSING:  # neither this module nor the tests that use it can be loaded
    print(f"1..0 # SKIP {MISSING}")
    sys.exit()
from gi.repository import GObject, GstSdp, GstWebRTC  # noqa: E402

# PyGObject makes a class when it is first asked for, and not safely in two threads.
for kind in ("WebRTCDataChannelState", "WebRTCICEConnectionState", "WebRTCICEGatheringState", "WebRTCICETransport",
             "WebRTCPeerConnectionState", "WebRTCDataChannel", "WebRTCSDPType", "WebRTCSessionDescription"):
    getattr(GstWebRTC, kind)
for kind in "IteratorResult", "PadDirection", "PromiseResult":
    getattr(Gst, kind)

VP8 = "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"
VIDEO = "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1 ! rtpvp8pay"
OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,encoding-params=(string)2,clock-rate=48000,payload=97"
AUDIO = "audiotestsrc is-live=true ! opusenc ! rtpopuspay"


def make_agent(**settings):
    agent = GObject.new(Gst.DynamicTypeFactory.load("GstIceWebRTCAgent"))
    set_array(agent, "local-addresses", ["127.0.0.1"])
    for name, value in settings.items():
        agent.set_property(name.replace("_", "-"), value)
    return agent


def walk(element, factory):
    """The elements of that name in a bin."""
    found = []
    iterator = element.iterate_recurse()
    while (step := iterator.next())[0] == Gst.IteratorResult.OK:
        if step[1].get_factory() and step[1].get_factory().get_name() == factory:
            found.append(step[1])
    return found


class Peer:
    """One end of a call; `ours` says whose agent it has."""

    def __init__(self, test, name, ours=True, video=True, audio=False, policy="max-bundle", agent=None, **settings):
        self.name = name
        self.lock = threading.Condition()
        self.found, self.states, self.gathering, self.connection = [], [], [], []
        self.received = {}
        self.when = []  # (time, property, state)
        self.messages = []
        self.channel = None
        self.tell = lambda line, text: None  # gets our candidates
        self.waiting = None
        self.pipeline = test.pipeline("fakesink name=none async=false")
        self.agent = agent
        if ours:
            self.agent = agent or make_agent(**settings)
            self.ice = Gst.ElementFactory.make_with_properties("webrtcbin", ["ice-agent"], [self.agent])
        else:
            self.ice = Gst.ElementFactory.make("webrtcbin")
            own = get_object(self.ice, "ice-agent")
            own.emit("add-local-ip-address", "127.0.0.1")
            own.get_property("agent").set_property("upnp", False)
        Gst.util_set_object_arg(self.ice, "bundle-policy", policy)
        self.pipeline.element.add(self.ice)
        for wanted, description, caps in (video, VIDEO, VP8), (audio, AUDIO, OPUS):
            if wanted:
                self.add_media(description, caps)
        self.ice.connect("on-ice-candidate", self._on_candidate)
        self.ice.connect("pad-added", self._on_pad)
        self.ice.connect("on-data-channel", lambda _, channel: self._take_channel(channel))
        for prop, into in (("ice-connection-state", self.states), ("ice-gathering-state", self.gathering),
                           ("connection-state", self.connection)):
            self.ice.connect(f"notify::{prop}", self._on_state, prop, into)

    def add_media(self, description, caps):
        source = Gst.parse_bin_from_description(f"{description} ! capsfilter caps={caps}", True)
        self.pipeline.element.add(source)
        source.link(self.ice)
        source.sync_state_with_parent()

    def _note(self, change):
        with self.lock:
            change()
            self.lock.notify_all()

    def _on_state(self, ice, _, prop, into):
        nick = ice.get_property(prop).value_nick
        now = time.monotonic()
        self._note(lambda: (into.append(nick), self.when.append((now, prop, nick))))

    def _on_candidate(self, _, line, text):
        self._note(lambda: self.found.append((line, text)))
        self.tell(line, text)

    def _on_pad(self, _, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        kind = pad.get_current_caps().get_structure(0).get_value("media")
        sink = Gst.ElementFactory.make("fakesink")
        for name, value in ("sync", False), ("async", False), ("signal-handoffs", True):
            sink.set_property(name, value)
        sink.connect("handoff", lambda *_: self._note(lambda: self.received.update({kind: self.received.get(kind, 0) + 1})))
        self.pipeline.element.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def open_channel(self):
        """In READY or above, before the offer."""
        self._take_channel(self.ice.emit("create-data-channel", "data", None))

    def _take_channel(self, channel):
        self.channel = channel
        channel.connect("on-message-string", lambda _, text: self._note(lambda: self.messages.append(text)))
        channel.connect("on-open", lambda _: self._note(lambda: None))

    def is_open(self):
        """The state is 0 at first, which has no nick."""
        return self.channel and self.channel.get_property("ready-state") == GstWebRTC.WebRTCDataChannelState.OPEN

    def ask(self, name, *arguments):
        promise = Gst.Promise.new()
        self.ice.emit(name, *arguments, promise)
        assert promise.wait() == Gst.PromiseResult.REPLIED
        return promise.get_reply()

    def describe(self, kind):
        reply = self.ask(f"create-{kind}", None)
        assert reply.has_field(kind), reply.to_string()
        self.description_owner = reply
        return reply.get_value(kind)

    def set_local(self, kind, change=lambda kind, text: text):
        """Makes a description, changes it and sets it; its text."""
        description = self.describe(kind)
        text = change(kind, description.sdp.as_text())
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        self.ask("set-local-description", GstWebRTC.WebRTCSessionDescription.new(description.type, sdp))
        return text

    def hold(self):
        """Candidates wait for the description that is next."""
        self.waiting = queue.SimpleQueue()
        self.tell = lambda *found: self.waiting.put(found)

    def tell_description(self, kind, say, tell, change=lambda kind, text: text):
        """Makes and sets a description, says it, and tells the candidates after it."""
        if not self.waiting:
            self.hold()
        say(self.set_local(kind, change))
        waiting, self.waiting, self.tell = self.waiting, None, tell
        while not waiting.empty():
            tell(*waiting.get())

    def add(self, line, text):
        self.ice.emit("add-ice-candidate", line, text)

    def hear(self, kind, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        kind = getattr(GstWebRTC.WebRTCSDPType, kind.upper())
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, sdp))

    def wait(self, condition, what, timeout=PATIENCE):
        with self.lock:
            assert self.lock.wait_for(condition, timeout), f"{self.name}: no {what} in {timeout} s: {self.show()}"

    def wait_state(self, *nicks, timeout=PATIENCE):
        self.wait(lambda: self.states and self.states[-1] in nicks, f"state {nicks}", timeout)

    def wait_media(self, kind="video", n=20):
        with self.lock:
            wanted = self.received.get(kind, 0) + n
        self.wait(lambda: self.received.get(kind, 0) >= wanted, f"{n} packets of {kind}")

    def show(self):
        return (f"states {self.states}, gathering {self.gathering}, connection {self.connection}, "
                f"received {self.received}, messages {self.messages}\n{self.pipeline.describe()}")


def negotiate(offerer, answerer, change=lambda kind, text: text):
    """Offer and answer; candidates go one by one."""
    for kind, one, other in ("offer", offerer, answerer), ("answer", answerer, offerer):
        one.tell_description(kind, lambda text: other.hear(kind, text), other.add, change)


def call(test, ours=(True, True), channel=False, change=lambda kind, text: text, **options):
    """Two ends that play and have negotiated; `change` as the application edits descriptions."""
    ends = [Peer(test, name, mine, **options) for name, mine in zip(("offerer", "answerer"), ours)]
    for end in ends:
        end.pipeline.play()
    if channel:
        ends[0].open_channel()
    negotiate(*ends, change=change)
    return ends


class RemotePeer:
    """A Peer in a process of its own, which can be stopped; it answers."""

    def __init__(self, test, ours):
        self.process = test.run_self("answer", json.dumps(ours))
        self.lines = (line for line in self.process.lines(timeout=300) if line.startswith(('[', '"')))

    def answer(self, offerer):
        offerer.tell_description("offer", lambda text: self.process.say(json.dumps(text)), self.add)
        answer = next(self.lines, None)
        assert answer, self.process.text
        offerer.hear("answer", json.loads(answer))
        threading.Thread(target=self._forward, args=(offerer,), daemon=True).start()

    def add(self, line, text):
        self.process.say(json.dumps([line, text]))

    def _forward(self, offerer):
        for line in self.lines:
            offerer.add(*json.loads(line))


def run_remote_peer(ours, make=Peer):
    """The process of a RemotePeer, until its standard input ends; `make` makes its end."""
    end = make(types.SimpleNamespace(pipeline=Pipeline), "remote", ours)
    end.pipeline.play()
    end.hear("offer", json.loads(input()))

    def say(*words):
        print(json.dumps(*words), flush=True)
    end.tell_description("answer", say, lambda *found: say(found))
    for line in sys.stdin:
        end.add(*json.loads(line))
