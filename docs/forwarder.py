#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends one received stream on to many peers, which come and go; docs/forwarding.md explains it.

Run as a program, it is also the publisher of the stream and three of the peers.
"""
import struct

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

LOCAL = "local-addresses=<127.0.0.1>"  # leave it out to use the machine's real addresses
INTERVAL = 500_000  # us at least between two requests for a key frame


class Forwarder:
    def __init__(self):
        self.pipeline = Gst.parse_launch(
            f"icesrc name=publisher connection-id=publisher role=controlled {LOCAL} ! "
            "tee name=tee allow-not-linked=true "
            "appsrc name=rtcp is-live=true format=time ! "
            "icesink connection-id=publisher sync=false wait-for-connection=false")
        self.publisher, self.tee, self.rtcp = map(self.pipeline.get_by_name, ("publisher", "tee", "rtcp"))
        self.pads = {}  # the tee's, by the name of the peer
        self.ssrc = self.timer = self.requested = 0
        pad = self.tee.get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, self.on_first_packet)
        pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, self.on_upstream_event)
        self.pipeline.bus.add_signal_watch()
        self.pipeline.bus.connect("message::element", self.on_message)

    def add_peer(self, name, on_candidate):
        """Returns the icesink, to pass the peer's credentials and candidates to. Main thread."""
        peer = Gst.parse_bin_from_description(
            f"icesink name=ice connection-id={name} sync=false wait-for-connection=false on-failed=none {LOCAL} "
            f"icesrc connection-id={name} on-failed=none ! "
            "fakesink name=rtcp async=false sync=false signal-handoffs=true", False)
        peer.set_name(name)
        ice = peer.get_by_name("ice")
        ice.connect("on-ice-candidate", on_candidate)
        peer.get_by_name("rtcp").connect("handoff", self.on_rtcp)
        peer.add_pad(Gst.GhostPad.new("sink", ice.get_static_pad("sink")))
        self.pipeline.add(peer)
        peer.sync_state_with_parent()  # before it gets anything
        self.pads[name] = self.tee.request_pad_simple("src_%u")
        self.pads[name].link(peer.get_static_pad("sink"))
        return ice

    def remove_peer(self, name):
        """Main thread; the stream to the other peers goes on meanwhile."""
        peer = self.pipeline.get_by_name(name)
        self.tee.release_request_pad(self.pads.pop(name))  # from now on the result of this branch does not count
        peer.set_state(Gst.State.NULL)  # ends the wait of its icesink, if it waits
        self.pipeline.remove(peer)

    def on_message(self, bus, message):
        fields, name = message.get_structure(), message.src.get_parent().name
        if fields.get_name() == "ice-connection-state" and fields.get_value("new").value_nick == "failed":
            if name in self.pads:
                self.remove_peer(name)

    # Key frames: the peers ask for them by RTCP, a new peer's icesink by an event.

    def on_first_packet(self, pad, info):
        is_list = info.type & Gst.PadProbeType.BUFFER_LIST
        buffer = info.get_buffer_list().get(0) if is_list else info.get_buffer()
        self.ssrc = struct.unpack("!I", buffer.extract_dup(8, 4))[0]
        return Gst.PadProbeReturn.REMOVE

    def on_upstream_event(self, pad, info):  # I/O thread
        if not info.get_event().has_name("GstForceKeyUnit"):
            return Gst.PadProbeReturn.OK
        GLib.idle_add(self.request_key_frame)
        return Gst.PadProbeReturn.DROP

    def on_rtcp(self, fakesink, buffer, pad):  # streaming thread of the peer
        data = buffer.extract_dup(0, buffer.get_size())
        while len(data) >= 4:
            first, kind, words = struct.unpack("!BBH", data[:4])
            if kind == 206 and first & 31 in (1, 4):  # PLI (RFC 4585), FIR (RFC 5104)
                GLib.idle_add(self.request_key_frame)
            data = data[4 * (words + 1):]

    def request_key_frame(self):  # main thread
        wait = self.requested + INTERVAL - GLib.get_monotonic_time()
        self.timer = self.timer or GLib.timeout_add(max(0, wait) // 1000, self.send_request)

    def send_request(self):
        self.timer, self.requested = 0, GLib.get_monotonic_time()
        if self.ssrc:  # else nothing came yet
            self.rtcp.emit("push-buffer", Gst.Buffer.new_wrapped(struct.pack("!BBHII", 0x81, 206, 2, 1, self.ssrc)))


class Counter:
    """A peer of the demonstration."""

    def __init__(self, forwarder, name):
        self.packets = 0
        self.pipeline = Gst.parse_launch(f"icesrc name=ice role=controlled {LOCAL} ! "
                                         "fakesink name=out async=false sync=false signal-handoffs=true")
        self.pipeline.get_by_name("out").connect("handoff", self.on_packet)
        ice = self.pipeline.get_by_name("ice")
        self.pipeline.set_state(Gst.State.READY)
        other = forwarder.add_peer(name, pass_to(ice))
        connect(self.pipeline, ice, other)

    def on_packet(self, *_):
        self.packets += 1


def pass_to(other):
    return lambda ice, stream, text: text is not None and other.emit("add-ice-candidate", stream, text)


def connect(pipeline, ice, other):
    ice.connect("on-ice-candidate", pass_to(other))
    pipeline.set_state(Gst.State.PLAYING)
    for end, peer in (ice, other), (other, ice):
        end.emit("set-remote-credentials", 0, peer.props.local_ufrag, peer.props.local_pwd)


def main():
    Gst.init(None)
    loop, forwarder = GLib.MainLoop(), Forwarder()
    publisher = Gst.parse_launch(f"audiotestsrc is-live=true ! rtpL16pay ! icesink name=ice sync=false {LOCAL}")
    ice = publisher.get_by_name("ice")
    forwarder.publisher.connect("on-ice-candidate", pass_to(ice))
    forwarder.pipeline.set_state(Gst.State.PLAYING)
    connect(publisher, ice, forwarder.publisher)
    peers = {name: Counter(forwarder, name) for name in ("one", "two")}
    forwarder.add_peer("silent", lambda *_: None)  # never connects
    GLib.timeout_add(1000, lambda: forwarder.remove_peer("one"))
    GLib.timeout_add(1000, lambda: peers.update(three=Counter(forwarder, "three")))
    GLib.timeout_add(2000, loop.quit)
    loop.run()
    for name, peer in peers.items():
        print(name, "got", peer.packets, "packets")
    for pipeline in publisher, forwarder.pipeline, *(peer.pipeline for peer in peers.values()):
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
