# SPDX-License-Identifier: LGPL-2.1-or-later
"""Serves a page; each browser that opens it gets a call with webrtcbin: audio, video and data, both ways."""
import argparse
import ipaddress
import itertools
import json
import sys
from pathlib import Path
import gi
try:
    for module in "Gst-1.0", "GstSdp-1.0", "GstWebRTC-1.0", "Soup-3.0":
        gi.require_version(*module.split("-"))
except ValueError as error:
    sys.exit(f"{error}: install gir1.2-gst-plugins-bad-1.0 and gir1.2-soup-3.0")
from gi.repository import Gio, GLib, GObject, Gst, GstSdp, GstWebRTC, Soup
MAX_CALLS = 4  # at a time
PAGE = Path(__file__).with_suffix(".html").read_bytes()
MEDIA = """videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=30/1 ! vp8enc deadline=1 ! rtpvp8pay
    ! capsfilter name=send-video caps=application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96
  audiotestsrc is-live=true wave=ticks ! opusenc ! rtpopuspay
    ! capsfilter name=send-audio
      caps=application/x-rtp,media=audio,encoding-name=OPUS,encoding-params=(string)2,clock-rate=48000,payload=97
  rtpvp8depay name=receive-video ! vp8dec ! identity name=video ! fakesink async=false sync=false
  rtpopusdepay name=receive-audio ! opusdec ! identity name=audio ! fakesink async=false sync=false"""
# PyGObject makes a class when it is first used, which must not be in two threads at a time.
CLASSES = Gst.Buffer, Gst.Caps, Gst.GhostPad, Gst.PadDirection, Gst.Structure, GstWebRTC.WebRTCDataChannel


class Call:
    """From the opening of a page's WebSocket until it is closed."""

    def __init__(self, name, socket, local_addresses):
        self.name, self.socket, self.over = name, socket, False
        self.received = {"video": 0, "audio": 0}
        socket.connect("message", self.on_message)
        socket.connect("closed", lambda _: self.end("the page was closed"))
        agent = GObject.new(AGENT)
        Gst.util_set_object_arg(agent, "local-addresses", f"<{','.join(map(str, local_addresses))}>")
        agent.connect("on-selected-candidate-pair-change", self.on_selected_pair)
        self.webrtc = Gst.ElementFactory.make_with_properties(
            "webrtcbin", ["ice-agent", "bundle-policy"], [agent, GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE])
        for state in "ice-connection-state", "connection-state":
            self.webrtc.connect(f"notify::{state}", self.on_state, state)
            self.on_state(self.webrtc, None, state)
        self.webrtc.connect("on-ice-candidate", lambda _, line, text: self.later(self.send, "candidate", text))
        self.webrtc.connect("pad-added", self.on_pad)
        self.pipeline = Gst.parse_launch(MEDIA)
        self.pipeline.add(self.webrtc)
        for kind in self.received:
            self.pipeline.get_by_name(f"send-{kind}").link(self.webrtc)
            self.pipeline.get_by_name(kind).connect("handoff", self.on_buffer, kind)
        self.pipeline.bus.add_signal_watch()
        self.pipeline.bus.connect("message::error", self.on_error)
        self.pipeline.set_state(Gst.State.READY)  # webrtcbin makes no data channel before
        self.channel = self.webrtc.emit("create-data-channel", "messages", None)
        self.channel.connect("on-open", lambda channel: self.later(channel.emit, "send-string", "hello from webrtcbin"))
        self.channel.connect("on-message-string", lambda _, text: self.later(self.hear, text))
        self.pipeline.set_state(Gst.State.PLAYING)
        self.ask("create-offer", None, self.offer)
        self.timer = GLib.timeout_add_seconds(1, self.send_numbers)

    def later(self, function, *arguments):
        """Calls it in the main loop, unless the call is over by then: webrtcbin emits signals in other threads."""
        GLib.idle_add(lambda: not self.over and function(*arguments) and False)

    def ask(self, action, argument, then):
        """Asks webrtcbin, which replies in another thread."""
        promise = Gst.Promise.new_with_change_func(lambda promise: self.later(then, promise))
        self.webrtc.emit(action, argument, promise)

    def send(self, kind, what):
        """Sends a message to the page."""
        if self.socket.get_state() == Soup.WebsocketState.OPEN:
            self.socket.send_text(json.dumps({kind: what}))

    def report(self, text):
        print(f"{self.name}: {text}", flush=True)
        self.send("report", text)

    def on_state(self, webrtc, _, name):
        state = webrtc.get_property(name).value_nick
        self.later(self.report, f"{name}: {state}")
        if state == "failed":
            self.later(self.end, f"{name} is failed: the browser does not answer")

    def on_error(self, bus, message):
        if message.src.get_factory().get_name() == "sctpenc":  # an error for it
            self.end("the page closed the data channel")
        else:
            self.end(f"{message.src.get_name()}: {message.parse_error()[0].message}")

    def on_selected_pair(self, agent, stream, component, pair):
        local, remote = (" ".join(str(pair.get_value(f"{side}-{what}")) for what in ("address", "port", "type"))
                         for side in ("local", "remote"))
        self.later(self.report, f"selected pair: {local} - {remote}")

    def on_pad(self, webrtc, pad):
        if pad.get_direction() == Gst.PadDirection.SINK:
            return
        kind = pad.get_current_caps().get_structure(0).get_string("media")
        pad.link(self.pipeline.get_by_name(f"receive-{kind}").get_static_pad("sink"))

    def on_buffer(self, identity, buffer, kind):
        self.received[kind] += 1

    def offer(self, promise):
        reply = promise.get_reply()  # owns the description
        description = reply.get_value("offer")
        self.send("offer", description.sdp.as_text())  # before the candidates, which come once it is set
        self.webrtc.emit("set-local-description", description, None)

    def on_message(self, socket, kind, data):
        try:
            message = json.loads(data.get_data())
        except (ValueError, RecursionError):
            message = None
        match message:
            case _ if self.over:
                pass
            case {"answer": str(text)}:
                _, sdp = GstSdp.SDPMessage.new_from_text(text)
                answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
                self.ask("set-remote-description", answer, self.check_answer)
            case {"candidate": str(text)} if text == "" or text.startswith("candidate:"):
                self.webrtc.emit("add-ice-candidate", 0, text)  # bundled: there is one transport, that of line 0
            case _:
                self.end("the page sent a message that is neither an answer nor a candidate")

    def check_answer(self, promise):
        reply = promise.get_reply()
        if reply and reply.has_field("error"):
            self.end(f"webrtcbin refuses the page's answer: {reply.get_value('error').message}")

    def hear(self, text):
        self.report(f"message: {text!r}")
        if not text.startswith("echo: "):
            self.channel.emit("send-string", f"echo: {text}")

    def describe_received(self):
        return f"{self.received['video']} frames of video, {self.received['audio']} buffers of audio"

    def send_numbers(self):
        self.send("received", self.describe_received())
        return True

    def end(self, why):
        if self.over:
            return
        self.report(f"over, {why}; received {self.describe_received()}")
        self.over = True
        GLib.source_remove(self.timer)
        if self.socket.get_state() == Soup.WebsocketState.OPEN:
            self.socket.close(Soup.WebsocketCloseCode.NORMAL, why.encode()[:120].decode(errors="ignore"))
        self.pipeline.bus.remove_signal_watch()
        self.pipeline.set_state(Gst.State.NULL)


class Server:
    def __init__(self, options):
        self.options = options
        self.sockets = {}  # its call, or None
        self.numbers = itertools.count(1)
        self.server = Soup.Server()
        self.server.add_handler("/", self.on_request)
        self.server.add_websocket_handler("/call", None, None, self.on_socket)
        address = Gio.InetSocketAddress.new_from_string(str(options.address), options.port)
        self.server.listen(address, Soup.ServerListenOptions(0))

    def on_request(self, server, message, path, query):
        message.set_status(200 if path == "/" else 404, None)
        if path == "/":
            message.set_response("text/html", Soup.MemoryUse.COPY, PAGE)

    def on_socket(self, server, message, path, socket):
        self.sockets[socket] = None
        socket.connect("closed", self.sockets.pop)
        if socket.get_origin() != f"http://{message.get_request_headers().get_one('Host')}":
            socket.close(Soup.WebsocketCloseCode.POLICY_VIOLATION, "this is not the page of this program")
        elif sum(call is not None for call in self.sockets.values()) >= MAX_CALLS:
            socket.close(Soup.WebsocketCloseCode.POLICY_VIOLATION, f"there are {MAX_CALLS} calls already; close a page")
        else:
            self.sockets[socket] = Call(f"call {next(self.numbers)}", socket, self.options.local_address)

    def end(self):
        for call in filter(None, self.sockets.values()):
            call.end("this program ends")


def read_address(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no IP address, as 127.0.0.1 is") from None


def read_options():
    parser = argparse.ArgumentParser(description="Calls each browser that opens the address that this prints.")
    parser.add_argument("--address", type=read_address, default="127.0.0.1", help="where the page is served; by "
                        "default 127.0.0.1, for browsers of this machine")
    parser.add_argument("--port", type=int, default=8080, help="of the page, 8080 by default; 0 is any that is free")
    parser.add_argument("--local-address", type=read_address, action="append", default=[],
                        help="an address of this machine that ICE uses; all but loopback by default; may be repeated")
    options = parser.parse_args()
    if options.port not in range(1 << 16):
        parser.error(f"--port {options.port}: a port is 0 to 65535")
    return options


def check_plugins():
    if AGENT == GObject.TYPE_INVALID:
        sys.exit("GStreamer does not find GstIceWebRTCAgent: run this in a shell of meson devenv -C build")
    for name in "webrtcbin", "nicesrc", "dtlssrtpdec", "srtpdec", "sctpdec", "vp8enc", "opusenc":
        if not Gst.ElementFactory.find(name):
            sys.exit(f"GStreamer has no {name}: install gstreamer1.0-plugins-base, -good, -bad and gstreamer1.0-nice")


options = read_options()
Gst.init(None)
AGENT = Gst.DynamicTypeFactory.load("GstIceWebRTCAgent")
check_plugins()
try:
    server = Server(options)
except GLib.Error as error:
    sys.exit(f"{error.message}; --address and --port choose another place")
if not options.address.is_loopback:
    print("Any host that reaches this address can call. Pages from another machine cannot use the camera.")
print(f"Open {server.server.get_uris()[0].to_string()} in a browser; Ctrl+C ends this program.", flush=True)
try:
    GLib.MainLoop().run()
except KeyboardInterrupt:
    server.end()
