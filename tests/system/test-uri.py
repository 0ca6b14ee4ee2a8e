#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ice:// URIs: elements that are made from them, uridecodebin and urisourcebin, and the
examples with them in the elements' docs."""

import subprocess
from pathlib import Path

from gi.repository import GLib
from icetest import (EOS, ISOLATED, LOOPBACK, PATIENCE, Collector, Gst, IceTest, free_port, main, of_type, push,
                     read_examples)

DOCS = Path(__file__).resolve().parents[2] / "docs"
MADE = [(Gst.URIType.SRC, "GstIceSrc"), (Gst.URIType.SINK, "GstIceSink")]
TRANSPORT_STREAM = "audiotestsrc is-live=true num-buffers=80 ! opusenc ! mpegtsmux alignment=7"


def make(kind, uri):
    return Gst.Element.make_from_uri(kind, uri, None)


def read(element):
    return tuple(element.get_property(name) for name in ("signalling-uri", "stream", "component"))


class TestElement(IceTest):
    def test_made(self):
        for kind, name in MADE:
            for uri, expected in [
                    ("ice://127.0.0.1:5000", ("tcp://127.0.0.1:5000", 0, 1)),
                    ("ice://:5000?mode=listener&timeout=5", ("tcp://:5000?mode=listener&timeout=5", 0, 1)),
                    ("ice://[::1]:5000?component=2&mode=caller&stream=3", ("tcp://[::1]:5000?mode=caller", 3, 2))]:
                element = make(kind, uri)
                self.assertEqual(element.__gtype__.name, name)
                self.assertEqual(read(element), expected)
                self.assertEqual(element.get_uri(), uri)
                self.assertEqual(element.get_uri_type(), kind)
                self.assertEqual(list(element.get_protocols()), ["ice"])

    def test_properties_count(self):
        """The URI is what the properties are, whichever way they were set."""
        for kind, _ in MADE:
            element = make(kind, "ice://h:1?stream=1&mode=listener&component=2")
            element.set_property("stream", 0)
            self.assertEqual(element.get_uri(), "ice://h:1?mode=listener&component=2")
            element.set_property("signalling-uri", "unix:///tmp/x")
            self.assertIsNone(element.get_uri())
            element.set_property("signalling-uri", None)
            self.assertIsNone(element.get_uri())
            self.assertTrue(element.set_uri("ice://h:2"))
            self.assertEqual(read(element), ("tcp://h:2", 0, 1))

    def test_refused(self):
        """A bad one changes nothing; the error has the part and what to do."""
        for kind, _ in MADE:
            good = "ice://h:1?mode=listener&stream=1&component=2"
            element = make(kind, good)
            for uri, text in [
                    ("ice://h", "the port is missing or 0, expected a number from 1 to 65535"),
                    ("ice://a..b:1", "the host is not valid, expected a name, an IPv4 address or an IPv6 address in"),
                    ("ice://::1:5000", "the port is malformed"),
                    ("ice://u:p@h:1", "a user name or password is not expected, expected ice://HOST:PORT?mode=MODE"),
                    ("ice://h:1/x", "a path is not expected with ice:"),
                    ("ice://h:1?mode=server", 'mode "server" is not accepted, expected caller or listener'),
                    ("ice://h:1?stream=256", 'stream "256" is not accepted, expected 0 to 255'),
                    ("ice://h:1?component=0", 'component "0" is not accepted, expected 1 to 256'),
                    ("ice://h:1?colour=red", 'parameter "colour" is not accepted, expected mode,')]:
                for attempt in element.set_uri, lambda uri: make(kind, uri):
                    with self.assertRaises(GLib.Error) as caught:
                        attempt(uri)
                    self.assertTrue(caught.exception.matches(Gst.uri_error_quark(), Gst.URIError.BAD_URI), uri)
                    self.assertIn(text, caught.exception.message)
                self.assertEqual(read(element), ("tcp://h:1?mode=listener", 1, 2))
                self.assertEqual(element.get_uri(), good)

    def test_only_in_ready(self):
        port = free_port()
        pipeline = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink")
        self.assertTrue(pipeline["ice"].set_uri(f"ice://127.0.0.1:{port}?mode=listener"))
        pipeline.play()
        with self.assertRaises(GLib.Error) as caught:
            pipeline["ice"].set_uri("ice://127.0.0.1:1")
        self.assertTrue(caught.exception.matches(Gst.uri_error_quark(), Gst.URIError.BAD_STATE))
        self.assertEqual(pipeline["ice"].get_uri(), f"ice://127.0.0.1:{port}?mode=listener")

    def test_call(self):
        """Like signalling-uri, with the stream and component of the URI."""
        for host in "127.0.0.1", "[::1]":
            uri = f"ice://{host}:{free_port(host=host.strip('[]'))}"
            receiver = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink name=out")
            sender = self.pipeline(f"appsrc name=in ! icesink name=ice {LOOPBACK} sync=false")
            collector = Collector(receiver["out"])
            for pipeline, mode in (receiver, "listener"), (sender, "caller"):
                self.assertTrue(pipeline["ice"].set_uri(f"{uri}?mode={mode}&stream=4&component=2"))
                pipeline.play()
            push(sender["in"], b"x")
            self.assertEqual(collector.take(1), [b"x"])
            transport = receiver["ice"].get_property("transport")
            self.assertEqual((transport.get_property("stream"), transport.get_property("component")), (4, 2))


class TestBins(IceTest):
    """Elements that find icesrc by the URI, and the rest by what comes from it."""

    def play(self, description, port):
        def set_up(_, source):
            Gst.util_set_object_arg(source, "local-addresses", "<127.0.0.1>")
        receiver = self.pipeline(description)
        Gst.Bin.get_by_name(receiver.element, "bin").connect("source-setup", set_up)
        receiver.play()
        sender = self.pipeline(f"{TRANSPORT_STREAM} ! icesink name=ice {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller").play()
        sender.wait(EOS)
        receiver.wait(EOS)
        self.assertEqual(receiver.errors(), [])
        return receiver

    def test_uridecodebin(self):
        """Finds out that it is MPEG-TS, and decodes the audio in it."""
        for name in "uridecodebin", "uridecodebin3":
            port = free_port()
            receiver = self.play(f"{name} name=bin uri=ice://127.0.0.1:{port}?mode=listener ! "
                                 "audio/x-raw ! fakesink name=out async=false enable-last-sample=true", port)
            caps = receiver["out"].get_property("last-sample").get_caps().to_string()
            self.assertIn("rate=(int)48000", caps)

    def test_urisourcebin(self):
        port = free_port()
        receiver = self.play(f"urisourcebin name=bin uri=ice://127.0.0.1:{port}?mode=listener ! "
                             "tsdemux ! fakesink name=out async=false", port)
        self.assertIn("audio/x-opus", receiver["out"].get_property("last-sample").get_caps().to_string())

    def test_bad_uri(self):
        pipeline = self.pipeline("uridecodebin uri=ice://127.0.0.1:5000?mode=server ! fakesink").fail_to_play()
        self.assertIn("ice URI: mode \"server\" is not accepted, expected caller or listener",
                      pipeline.wait(of_type(Gst.MessageType.ERROR)).parse_error()[0].message)


class TestExamples(IceTest):
    def test_transport_stream(self):
        """The third example of each element; it uses the addresses that are not loopback."""
        if ISOLATED:
            for command in ("link add uri0 type veth peer name uri1", "link set uri1 up", "link set uri0 up",
                            "address add 192.0.2.1/24 dev uri0"):
                subprocess.run(["ip", *command.split()], check=True, timeout=PATIENCE)
        uri = f"ice://127.0.0.1:{free_port()}"
        lines = [read_examples(f"gstice{end}.c")[2].replace("ice://127.0.0.1:5000", uri) for end in ("src", "sink")]
        page = " ".join((DOCS / "signalling.md").read_text().replace("\\\n", " ").split())
        for line in lines:
            self.assertIn(uri, line)
            self.assertIn(line.replace(uri, "ice://127.0.0.1:5000"), page)
        receiver = self.run_line(lines[0].replace("autoaudiosink", "fakesink silent=false") + " -v")
        sender = self.run_line(lines[1].replace("num-buffers=500", "num-buffers=100"))
        self.assert_ends_well(sender, receiver)
        self.assertGreater(receiver.text.count("chain   *******"), 50)


if __name__ == "__main__":
    main()
