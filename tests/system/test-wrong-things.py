#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages to users when something is wrong: the text, the exit status, and
that it ends in time. What is only a nuisance does not end a call."""

import contextlib
import json
import os
import signal
import socket
import threading

from icetest import (ERROR, ISOLATED, LOOPBACK, WARNING, Collector, Gst, IceTest, close_read_socket, datagrams,
                     element_message, error_text, fields, free_port, main, push, set_array)

SECRET = "sesame+open+0123456789"
NOT_OURS = "198.51.100.7"  # RFC 5737

# property, value, words of the error
SETTINGS = [
    ("signalling-uri", "", "the text is empty"),
    ("signalling-uri", "5000", "the scheme is missing or unknown"),
    ("signalling-uri", "http://127.0.0.1:5000", "the scheme is missing or unknown"),
    ("signalling-uri", "tcp:127.0.0.1:5000", '"//" after the scheme is missing'),
    ("signalling-uri", "tcp://127.0.0.1", "the port is missing or 0"),
    ("signalling-uri", "tcp://127.0.0.1:0", "the port is missing or 0"),
    ("signalling-uri", "tcp://127.0.0.1:70000", "the port is"),
    ("signalling-uri", "tcp://[::1:5000", "the host is"),
    ("signalling-uri", "tcp://-:5000", "the host is not valid"),
    ("signalling-uri", "tcp://u:" + SECRET + "@127.0.0.1:5000", "a user name or password is not expected"),
    ("signalling-uri", "tcp://127.0.0.1:5000/path", "a path is not expected with tcp:"),
    ("signalling-uri", "tcp://127.0.0.1:5000#x", "a fragment is not expected"),
    ("signalling-uri", "tcp://127.0.0.1:5000?mode=server", "caller or listener"),
    ("signalling-uri", "tcp://127.0.0.1:5000?timeout=0", "1 to "),
    ("signalling-uri", "tcp://127.0.0.1:5000?timeout=soon", "1 to "),
    ("signalling-uri", "tcp://127.0.0.1:5000?colour=red", "mode, timeout, keep,"),
    ("signalling-uri", "tcp://127.0.0.1:5000?mode=caller&mode=caller", "it once"),
    ("signalling-uri", "tcp://127.0.0.1:5000?mode", "NAME=VALUE"),
    ("signalling-uri", "tcp://127.0.0.1:5000 ", "must be percent-encoded"),
    ("signalling-uri", "unix://host/path", "three slashes"),
    ("signalling-uri", "unix:///", "the path is missing"),
    ("signalling-uri", "unix:///" + 120 * "x", "the path is longer than "),
    ("stun-server", "", "the text is empty"),
    ("stun-server", "127.0.0.1:3478", '"127.0.0.1:3478" does not begin with "stun:"; write stun://127.0.0.1:3478'),
    ("stun-server", "http://127.0.0.1:3478", 'does not begin with "stun:"; write stun://host:port'),
    ("stun-server", f"u:{SECRET}@127.0.0.1", 'it does not begin with "stun:"; write stun://host:port'),
    ("turn-server", f"u:{SECRET}@127.0.0.1", 'it does not begin with "turn:"; write turn://user:password@host:port'),
    ("turn-server", "127.0.0.1:3478", '"127.0.0.1:3478" does not begin with "turn:"; write turn://user:'),
    ("turn-server", f"turn:1700000000:user:{SECRET}+/=@127.0.0.1", 'a \'/\' in the user name or password must be written "%2F"'),
    ("turn-server", f"turn:1700000000:user:{SECRET}@127.0.0.1", 'must be written "%3A", as in turn:1700000000%3Auser:'),
    ("stun-server", "stun:", "the host is missing"),
    ("stun-server", "stun:127.0.0.1:0", "the port is 0"),
    ("stun-server", "stun:127.0.0.1:x", "the port is malformed"),
    ("stun-server", "stun:user@127.0.0.1", "a STUN server takes no user name and password"),
    ("stun-server", "stun:127.0.0.1?transport=udp", "takes no parameters"),
    ("stun-server", "stuns:127.0.0.1", "stuns: (STUN over TLS) is not supported, use stun:"),
    ("stun-server", f"turn:u:{SECRET}@127.0.0.1", "belongs into turn-servers"),
    ("turn-server", f"turns://u:{SECRET}@127.0.0.1:5349?transport=udp", "means DTLS, which is not supported"),
    ("turn-server", f"turn://u:{SECRET}@127.0.0.1:3478?transport=sctp", "expected udp, tcp or tls"),
    ("turn-server", f"turn://u:{SECRET}@127.0.0.1:0", "the port is 0"),
    ("turn-server", f"turn://u:{SECRET}@:3478", "the host is missing"),
    ("turn-server", f"turn://u:{SECRET}#@127.0.0.1:3478", 'written "%23"'),
    ("turn-server", f"turn://u:{SECRET}@host@127.0.0.1:3478", 'written "%40"'),
    ("turn-server", "turn://127.0.0.1:3478", "needs user:password@ (RFC 8656 long-term credentials); write turn://USER:PASSWORD@HOST:PORT"),
    ("turn-server", "stun:127.0.0.1", "belongs into stun-server"),
    ("turn-servers", ["turn:u:p@127.0.0.1", f"turns:{SECRET}@127.0.0.1"], "item 1: STUN or TURN server URI: both"),
    ("turn-servers", ["turn:127.0.0.1"], "needs user:password@"),
    ("local-addresses", ["localhost"], '"localhost" is neither an IP address nor a CIDR prefix'),
    ("local-addresses", ["127.0.0.1", "127.0.0.1/33"], 'item 1: "127.0.0.1/33" is neither'),
    ("local-addresses", [""], "is neither an IP address"),
    ("local-addresses", ["x" + 40 * "\N{SNOWMAN}"], '"x\\342\\230\\203'),  # not cut within a character
    ("remote-candidates", ["hello"], "candidate:"),
    ("remote-candidates", ["candidate:1 1 UDP 1 127.0.0.1 99999 typ host"], "port"),
    ("remote-candidates", ["candidate:1 0 UDP 1 127.0.0.1 9 typ host"], "component"),
    ("remote-candidates", ["candidate:1 1 UDP 1 127.0.0.1 9 typ moon"], "typ"),
    ("local-ufrag", "abc", "4 to 256"),
    ("local-ufrag", "a b c d", "letters, digits, '+' and '/'"),
    ("local-pwd", "too-short", "22 to 256"),
    ("local-pwd", SECRET + "\N{SNOWMAN}", "letters, digits, '+' and '/'"),
    ("remote-pwd", SECRET[:20], "22 to 256"),
    ("interfaces", [""], "an interface pattern is empty"),
]


class Relay:
    """A signalling listener in the middle: passes lines on, reads them too, and
    can break."""

    def __init__(self, listener_port):
        self._listener_port = listener_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.seen = []
        self._readers = []  # a socket and its thread each
        self._read(self._server, self._accept)

    def _read(self, sock, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self._readers.append((sock, thread))

    def _accept(self):
        try:
            caller, _ = self._server.accept()
        except OSError:
            return
        listener = socket.create_connection(("127.0.0.1", self._listener_port))
        self._read(caller, self._pass_on, caller, listener)
        self._read(listener, self._pass_on, listener, caller)

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            for line in source.makefile("rb"):
                self.seen.append(json.loads(line))
                sink.sendall(line)
            sink.shutdown(socket.SHUT_WR)

    def passwords(self):
        return {m["password"] for m in self.seen if m["type"] == "parameters"}

    def cut(self):
        while self._readers:
            close_read_socket(*self._readers.pop(0))


def read_to_end(connection):
    """What came until the other side closed."""
    connection.settimeout(10)
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            data += chunk
    return data


class TestSettings(IceTest):
    def try_setting(self, factory, name, value):
        """The error on the way to READY."""
        pipeline = self.pipeline(f"{factory} name=ice")
        if isinstance(value, list):
            set_array(pipeline["ice"], name, value)
        else:
            pipeline["ice"].set_property(name, value)
        self.assertEqual(pipeline.set_state(Gst.State.READY), Gst.StateChangeReturn.FAILURE)
        error, = pipeline.errors()
        pipeline.stop()
        return error

    def test_every_wrong_setting_is_an_error(self):
        for factory in ("icesrc", "icesink"):
            for name, value, text in SETTINGS:
                with self.subTest(factory, name=name, value=value):
                    error = self.try_setting(factory, name, value)
                    self.assertTrue(error.startswith(f"{name}: "), error)
                    self.assertIn(text, error)
                    self.assertNotIn(SECRET[:16], error)

    def test_a_good_value_replaces_a_wrong_one(self):
        pipeline = self.pipeline("icesrc name=ice")
        pipeline["ice"].set_property("signalling-uri", "nonsense")
        pipeline["ice"].set_property("signalling-uri", None)
        self.assertEqual(pipeline.set_state(Gst.State.READY), Gst.StateChangeReturn.SUCCESS)

    def test_ports_upside_down(self):
        pipeline = self.pipeline("icesrc min-port=5001 max-port=5000")
        self.assertEqual(pipeline.set_state(Gst.State.READY), Gst.StateChangeReturn.FAILURE)
        self.assertEqual(pipeline.errors(), ["min-port 5001 is greater than max-port 5000"])

    def must_fail(self, line, *needles):
        process = self.run_line("gst-launch-1.0 " + line)
        status = process.wait(5)
        self.assertNotEqual(status, 0, process.text)
        self.assert_contains(process.text, *needles)
        self.assertEqual(process.text.count("ERROR: from element"), 1, process.text)

    def test_launch_lines_fail(self):
        self.must_fail("icesrc signalling-uri=http://127.0.0.1:5000 ! fakesink",
                  "signalling-uri: ", "the scheme is missing or unknown")
        self.must_fail("icesrc stun-server=stuns:127.0.0.1 ! fakesink", "stun-server: stuns:")

    def test_turns_without_tls(self):
        """Where GIO has no glib-networking."""
        process = self.run_line("gst-launch-1.0 fakesrc ! icesink turn-server=turns:u:p@127.0.0.1",
                                env={"GIO_MODULE_DIR": "/nonexistent"})
        self.assertNotEqual(process.wait(), 0)
        self.assert_contains(process.text, "needs the TLS of GIO: install glib-networking")

    def test_two_readers(self):
        self.must_fail("icesrc name=first connection-id=x ! fakesink icesrc name=second connection-id=x ! fakesink",
                  "first", "second", "both want to read from stream 0 component 1 of one agent",
                  "another stream, component or connection-id")

    def test_two_writers(self):
        self.must_fail("fakesrc ! icesink name=first connection-id=x fakesrc ! icesink name=second connection-id=x",
                  "first", "second", "both want to write to stream 0 component 1")

    def test_no_port_in_range(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            pipeline = self.pipeline(f"icesrc {LOOPBACK} min-port={port} max-port={port} ! fakesink").fail_to_play()
            self.assertEqual(error_text(pipeline.wait(ERROR, 5)),
                             f"no UDP port from min-port {port} to max-port {port} is free; widen the range")

    def test_not_our_address(self):
        pipeline = self.pipeline(f"icesrc local-addresses=<{NOT_OURS}> ! fakesink").fail_to_play()
        text = error_text(pipeline.wait(ERROR, 5))
        self.assertTrue(text.startswith(f'no usable local address with local-addresses "{NOT_OURS}" and interfaces ""; '
                                        "local-addresses excludes 127.0.0.1 (lo)"), text)
        self.assertTrue(text.endswith("; change these properties so that one is used"), text)

    def test_what_fails_at_once_ends_gst_launch(self):
        for _ in range(5):
            self.must_fail(f"icesrc local-addresses=<{NOT_OURS}> ! fakesink", NOT_OURS)
            self.must_fail(f"icesrc {LOOPBACK} signalling-uri=tcp://{NOT_OURS}:5000?mode=listener ! fakesink", NOT_OURS)
            self.must_fail(f"fakesrc ! icesink local-addresses=<{NOT_OURS}>", NOT_OURS)


class TestSignalling(IceTest):
    def sender(self, uri, n=500, more=""):
        return self.run_line(
            f"gst-launch-1.0 -m fakesrc num-buffers={n} sizetype=fixed sizemax=1000 ! icesink sync=false "
            f"{LOOPBACK} signalling-uri={uri} {more}")

    def receiver(self, uri, out="out"):
        return self.run_line(f"gst-launch-1.0 -m icesrc {LOOPBACK} signalling-uri={uri} ! filesink location={out}")

    def fails(self, process, *needles):
        self.assertNotEqual(process.wait(5), 0, process.text)
        self.assert_contains(process.text, *needles)

    def listening_fails(self, uri):
        """Its error."""
        pipeline = self.pipeline(f"icesrc {LOOPBACK} signalling-uri={uri}?mode=listener ! fakesink").fail_to_play()
        return error_text(pipeline.wait(ERROR, 5))

    def test_no_listener(self):
        port = free_port()
        self.fails(self.sender(f"'tcp://127.0.0.1:{port}?mode=caller&timeout=1'"),
                   f"could not connect to tcp://127.0.0.1:{port} within 1 s: Connection refused; "
                   "is the listener running?")

    def test_socket_of_another_user(self):
        """Waiting does not help: an error at once, though the timeout is 30 s."""
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        path = self.path("socket")
        self.pipeline(f"icesrc {LOOPBACK} signalling-uri=unix://{path}?mode=listener ! fakesink").play()
        nobody = self.run_line(["setpriv", "--reuid", "65534", "--clear-groups", "gst-launch-1.0", "fakesrc", "!", "icesink",
                                LOOPBACK, f"signalling-uri=unix://{path}"])
        self.assertNotEqual(nobody.wait(), 0)
        self.assert_contains(nobody.text, f"could not connect to unix://{path}: permission denied; only the user who runs "
                             "the listener")
        self.fails(self.sender(f"'unix://{self.path('none')}?mode=caller&timeout=1'"),
                   f"could not connect to unix://{self.path('none')} within 1 s: ", "is the listener running?")

    def test_somebody_else_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            port = mute.getsockname()[1]
            self.fails(self.sender(f"'tcp://127.0.0.1:{port}?mode=caller&timeout=1'"),
                       f"tcp://127.0.0.1:{port} was reached but sent nothing within 1 s; is it a listener of gst-ice, or a relay")

    def test_port_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.assertEqual(self.listening_fails(f"tcp://127.0.0.1:{port}"),
                             f"could not listen on 127.0.0.1:{port}: Address already in use; stop the program that "
                             "listens there or choose another address")

    def test_wrong_socket_path(self):
        with open(self.path("file"), "w") as file:
            file.write("precious")
        self.assert_contains(self.listening_fails(f"unix://{self.path('file')}"),
                             f"could not listen on {self.path('file')}: it exists and is not a socket")
        self.assertEqual(self.read("file"), b"precious")
        self.assert_contains(self.listening_fails(f"unix://{self.path('no')}/socket"), "create the directory first")
        with socket.socket(socket.AF_UNIX) as taken:
            taken.bind(self.path("taken"))
            taken.listen()
            self.assert_contains(self.listening_fails(f"unix://{self.path('taken')}"),
                                 "Address already in use; stop the program that listens there")

    def test_not_our_host(self):
        self.assert_contains(self.listening_fails(f"tcp://{NOT_OURS}:5000"), f"could not listen on {NOT_OURS}:5000: ",
                             "choose another address")

    def listen(self):
        port = free_port()
        receiver = self.receiver(f"tcp://127.0.0.1:{port}?mode=listener")
        receiver.wait_for("new=(GstIceGatheringState)gathering")  # it listens before
        return port, receiver

    def send_garbage(self, port, data):
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            with contextlib.suppress(ConnectionError):
                stranger.sendall(data)
            self.assertEqual(read_to_end(stranger), b"")

    def test_garbage_is_refused(self):
        for data, text in [
                (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "sent an invalid message"),
                (os.urandom(1000).replace(b"\n", b"") + b"\n", "sent an invalid message"),
                (70000 * b"x", "sent a line of more than 65536 bytes"),
                (b'{"type":"candidate","sdpMLineIndex":0,"usernameFragment":"abcd","candidate":""}\n',
                 "came before that stream's parameters"),
                (b'{"type":"bye"}\n', "sent bye before it sent parameters")]:
            with self.subTest(text=text):
                port, receiver = self.listen()
                self.send_garbage(port, data)
                receiver.wait_for(text)
                self.assertEqual(receiver.text.count("WARNING: from element"), 1, receiver.text)
                receiver.kill()

    def test_strangers_fill_no_bus(self):
        """One warning at once, the next one ten seconds later at the earliest; and
        they keep nobody out."""
        port, receiver = self.listen()
        for _ in range(100):
            self.send_garbage(port, b"x\n")
        receiver.wait_for("sent an invalid message")
        self.assertEqual(receiver.text.count("WARNING: from element"), 1, receiver.text)
        self.assert_ends_well(self.sender(f"tcp://127.0.0.1:{port}?mode=caller"), receiver)
        self.assertEqual(len(self.read("out")), 500000)

    def test_the_peer_dies(self):
        port = free_port()
        pipeline = self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
                                 "fakesink name=out")
        collector = Collector(pipeline["out"])
        pipeline.play()
        sender = self.run_line(f"gst-launch-1.0 fakesrc is-live=true sizetype=fixed sizemax=1000 ! icesink {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller")
        pipeline.wait_connected()
        collector.take(1)
        sender.signal(signal.SIGKILL)
        warning = error_text(pipeline.wait(WARNING, 5))
        self.assertRegex(warning, "the peer closed the signalling line without a bye|the signalling line to .* broke")
        self.assertEqual(pipeline.errors(), [])
        _, state, _ = pipeline.element.get_state(5 * Gst.SECOND)
        self.assertEqual(state, Gst.State.PLAYING)

    def test_media_goes_on_without_the_line(self):
        port = free_port()
        relay = Relay(port)
        self.addCleanup(relay.cut)
        receiver = self.pipeline(f"icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
                                 "fakesink name=out")
        sender = self.pipeline(f"appsrc name=in ! icesink sync=false {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{relay.port}?mode=caller")
        collector = Collector(receiver["out"])
        receiver.play()
        sender.play()
        before, after = datagrams("before"), datagrams("after")
        for data in before:
            push(sender["in"], data)
        self.assertEqual(collector.take(len(before)), before)
        relay.cut()
        receiver.wait(WARNING, 5)
        sender.wait(WARNING, 5)
        for data in after:
            push(sender["in"], data)
        self.assertEqual(collector.take(len(after)), after)
        self.assertEqual(receiver.errors() + sender.errors(), [])

    def test_passwords_are_never_printed(self):
        for debug in [{"GST_DEBUG": "*:6"}, {"G_MESSAGES_DEBUG": "all", "NICE_DEBUG": "all"}, {}]:
            with self.subTest(**debug):
                port = free_port()
                relay = Relay(port)
                debug["GST_DEBUG_NO_COLOR"] = "1"
                receiver = self.run_line(
                    f"gst-launch-1.0 -v -m icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener ! "
                    "fakesink silent=false", env=debug)
                receiver.wait_for("Setting pipeline to PLAYING")
                sender = self.run_line(
                    f"gst-launch-1.0 -v -m fakesrc num-buffers=10 ! icesink {LOOPBACK} "
                    f"signalling-uri=tcp://127.0.0.1:{relay.port}?mode=caller", env=debug)
                self.assert_ends_well(sender, receiver, timeout=60)
                passwords = relay.passwords()
                relay.cut()
                self.assertEqual(len(passwords), 2)
                for process in (sender, receiver):
                    # libnice logs them itself, where somebody asks it to
                    for line in process.text.replace("libnice-", "\0").splitlines():
                        if "\0" in line:
                            continue
                        self.assertFalse(any(p in line for p in passwords), line)
                    self.assertIn("ice-connection-state", process.text)

    def test_turn_passwords_are_never_printed(self):
        script = f"""
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
ice = Gst.ElementFactory.make("icesrc")
for server in ("turn:user:{SECRET}@127.0.0.1:9", "turns:user:{SECRET}@127.0.0.1:9"):
    ice.set_property("turn-server", server)
    Gst.util_set_object_arg(ice, "local-addresses", "<127.0.0.1>")
    pipeline = Gst.Pipeline()
    pipeline.add(ice)
    pipeline.set_state(Gst.State.PLAYING)
    while message := pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, Gst.MessageType.ELEMENT):
        if message.get_structure().get_name() == "ice-candidate-error":
            print(server.split(":")[0], "has failed", flush=True)
            break
    pipeline.set_state(Gst.State.NULL)
    pipeline.remove(ice)
    ice = Gst.ElementFactory.make("icesrc")
"""
        process = self.run_line(["/usr/bin/python3", "-c", script],
                                env={"GST_DEBUG": "*:6", "GST_DEBUG_NO_COLOR": "1"})
        self.assert_ends_well(process)
        self.assert_contains(process.text, "turn has failed", "turns has failed", "refused the TCP connection")
        for line in process.text.splitlines():
            self.assertNotIn(SECRET[:11], line)


class TestNames(IceTest):
    def test_unresolvable_stun_host(self):
        if not ISOLATED:
            self.skipTest("may not ask a real name server: needs a network namespace")
        port = free_port()
        stun = "stun-server=stun:stun.example.invalid:3478"
        receiver = self.pipeline(f"icesrc name=ice {LOOPBACK} {stun} signalling-uri=tcp://127.0.0.1:{port}?mode=listener"
                                 " ! fakesink name=out")
        sender = self.pipeline(f"appsrc name=in ! icesink {LOOPBACK} {stun} sync=false "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller")
        collector = Collector(receiver["out"])
        errors = []
        receiver["ice"].connect("on-ice-candidate-error", lambda _, error: errors.append(fields(error)))
        receiver.play()
        sender.play()
        error = fields(receiver.wait(element_message("ice-candidate-error")).get_structure())
        self.assert_contains(error["error-text"], 'could not look up the STUN server "stun.example.invalid": ',
                         "gathering continues without it")
        self.assertEqual((error["url"], error["error-code"], error["stream"]),
                         ("stun:stun.example.invalid:3478", 701, 0))
        self.assertEqual(errors, [error])
        data = datagrams("without STUN")
        for d in data:
            push(sender["in"], d)
        self.assertEqual(collector.take(len(data)), data)
        self.assertEqual(receiver.errors() + sender.errors(), [])


if __name__ == "__main__":
    main()
