#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The elements report what they wait for (GST_MESSAGE_PROGRESS), and warn where a
wait can not end by itself."""

import os
import socket
import time

from icetest import LOOPBACK, WARNING, Gst, IceTest, element_message, error_text, free_port, main, of_type, signal_to

PROGRESS = of_type(Gst.MessageType.PROGRESS)
GATHERED = element_message("ice-gathering-state", new="complete")
PEER = "candidate:1 {component} UDP 2130706431 127.0.0.1 9 typ host"


def parse(message):
    kind, code, text = message.parse_progress()
    return code, kind.value_nick, text


def progress(pipeline, code):
    pipeline.drain()
    return [(kind, text) for c, kind, text in (parse(m) for m in pipeline.history if PROGRESS(m)) if c == code]


def progress_of(code, kind, text=""):
    def match(message):
        if not PROGRESS(message):
            return False
        c, k, t = parse(message)
        return (c, k) == (code, kind) and text in t
    match.__doc__ = f"{code} {kind} {text}"
    return match


def wait(pipeline, *what):
    """Until that is reported, or has been."""
    match = progress_of(*what)
    pipeline.drain()
    if not any(match(m) for m in pipeline.history):
        pipeline.wait(match)


class TestProgress(IceTest):
    def end(self, options="", name="ice"):
        return self.pipeline(f"audiotestsrc is-live=true samplesperbuffer=100 ! icesink name={name} {LOOPBACK} {options}")

    def two_streams(self, role):
        return self.pipeline(" ".join(
            f"audiotestsrc is-live=true samplesperbuffer=100 ! icesink name=ice{stream} stream={stream} role={role} "
            f"connection-id=two-{role}{id(self)} end-of-candidates-timeout=0 on-failed=warning {LOOPBACK}"
            for stream in range(2)))

    def test_one_of_two_streams(self):
        """One connects; the other waits, and then fails: the messages are about the other."""
        here, there = self.two_streams("controlling").play(), self.two_streams("controlled").play()
        wait(here, "gather", "complete")
        wait(there, "gather", "complete")
        agents = [end["ice0"].get_property("agent") for end in (here, there)]
        for end, agent, other in ((here, agents[0], agents[1]), (there, agents[1], agents[0])):
            self.assertTrue(other.emit("set-remote-credentials", 1, agent.get_property("local-ufrag"),
                                       agent.get_property("local-pwd")))
            for message in end.messages("ice-candidate"):
                if message["candidate"] and message["stream"] == 1:
                    self.assertTrue(other.emit("add-ice-candidate", 1, message["candidate"]))
        here.wait(element_message("ice-transport-state", stream=1, new="connected"))
        wait(here, "connect", "continue", "stream 0 component 1: waiting for the peer's credentials")
        self.assertTrue(agents[0].emit("set-remote-credentials", 0, "abcd", 22 * "x"))
        wait(here, "connect", "continue", "stream 0 component 1: waiting for the peer's candidates")
        here.drain()
        n = len(here.history)
        self.assertTrue(agents[0].emit("add-ice-candidate", 0, "candidate:1 1 UDP 99 2001:db8::1 9 typ host"))
        wait(here, "connect", "continue", "stream 0 component 1: waiting for more candidates, so far no candidate pair could be made: ")
        self.assertTrue(agents[0].emit("add-ice-candidate", 0, PEER.format(component=1)))
        wait(here, "connect", "continue", "stream 0 component 1: waiting for answers to connectivity checks")
        here.drain()
        self.assertEqual([m for m in here.history[n:] if PROGRESS(m) and "stream 1" in parse(m)[2]], [])
        here.stop()
        self.assertEqual([text for kind, text in progress(here, "connect") if kind == "canceled" and "stream" in text], [])

    def test_call(self):
        here, there = self.end().play(), self.end("role=controlled").play()
        wait(here, "connect", "start", "the peer's credentials")
        wait(here, "gather", "complete")
        wait(there, "gather", "complete")
        self.assertEqual(signal_to(here["ice"], there["ice"]) + signal_to(there["ice"], here["ice"]), [])
        wait(here, "connect", "continue", "the peer's candidates")
        for message in here.messages("ice-candidate"):
            if message["candidate"]:
                there["ice"].emit("add-ice-candidate", 0, message["candidate"])
        wait(here, "connect", "complete")
        wait(there, "connect", "complete")
        self.assertEqual([k for k, _ in progress(here, "gather")], ["start", "complete"])
        self.assertEqual([k for k, _ in progress(here, "connect")], ["start", "continue", "complete"])
        self.assertEqual(progress(here, "signal"), [])
        self.assertEqual(here.warnings() + there.warnings(), [])

    def test_not_before_playing(self):
        """A pipeline that prerolls waits for the end of what has begun."""
        here = self.end()
        here.set_state(Gst.State.PAUSED)
        here.wait(GATHERED)
        self.assertEqual([m for m in here.history if PROGRESS(m)], [])
        here.play()
        wait(here, "gather", "complete")
        self.assertEqual([k for k, _ in progress(here, "gather")], ["start", "complete"])

    def test_one_speaks(self):
        end = f"connection-id=pair{time.monotonic_ns()} {LOOPBACK}"
        here = self.pipeline(f"icesrc name=src {end} ! fakesink async=false "
                             f"audiotestsrc is-live=true samplesperbuffer=100 ! icesink name=sink {end}").play()
        wait(here, "gather", "complete")
        self.assertEqual([k for k, _ in progress(here, "gather")], ["start", "complete"])
        wait(here, "connect", "start")
        self.assertEqual([k for k, _ in progress(here, "connect")], ["start"])

    def test_launch(self):
        """gst-launch-1.0 prints it, plays, and ends, whoever comes first."""
        port = free_port()
        receiver = self.run_line(f"gst-launch-1.0 icesrc {LOOPBACK} signalling-uri=tcp://127.0.0.1:{port}?mode=listener "
                                 "! fakesink")
        receiver.wait_for("Progress: (signal) waiting for the peer's signalling: listening on tcp://127.0.0.1")
        sender = self.run_line(f"gst-launch-1.0 fakesrc num-buffers=10 ! icesink {LOOPBACK} "
                               f"signalling-uri=tcp://127.0.0.1:{port}?mode=caller")
        self.assert_ends_well(sender, receiver)
        # the sender's last datagram may be gone, and the end with it, before that is reported
        self.assertIn("Progress: (connect) connected", receiver.text)
        for process in (sender, receiver):
            self.assertIn("Progress: (signal) the peer's signalling is connected", process.text)
            self.assertNotIn("waiting for progress", process.text)

    def test_no_listener(self):
        """What was gathered stays gathered."""
        here = self.end(f"signalling-uri=tcp://127.0.0.1:{free_port()}?mode=caller&timeout=1").play()
        here.wait(of_type(Gst.MessageType.ERROR))
        wait(here, "connect", "error")
        self.assertEqual([k for k, _ in progress(here, "gather")], ["start", "complete"])
        self.assertEqual(progress(here, "connect")[-1], ("error", "no connection"))

    def test_no_pair(self):
        """No address here goes with the peer's."""
        here = self.end().play()
        here.wait(GATHERED)
        self.assertTrue(here["ice"].emit("set-remote-credentials", 0, "abcd", 22 * "x"))
        self.assertTrue(here["ice"].emit("add-ice-candidate", 0, "candidate:1 1 UDP 99 2001:db8::1 9 typ host"))
        # the first wait, if the session gets the candidate before it reports START
        here.wait(lambda m: PROGRESS(m) and parse(m)[1] in ("start", "continue")
                  and "waiting for more candidates, so far no candidate pair could be made: of the peer's 1 candidate "
                      "1 is IPv6, and this end has IPv4 candidates only" in parse(m)[2])
        self.assertTrue(here["ice"].emit("add-ice-candidate", 0, ""))
        wait(here, "connect", "continue", "the peer has signalled all of its candidates, and no candidate pair")

    def test_no_candidate(self):
        here = self.end().play()
        here.wait(GATHERED)
        self.assertTrue(here["ice"].emit("set-remote-credentials", 0, "abcd", 22 * "x"))
        self.assertTrue(here["ice"].emit("add-ice-candidate", 0, ""))
        here.wait(lambda m: PROGRESS(m) and parse(m)[1] in ("start", "continue")
                  and "the peer has signalled all of its candidates (none), and" in parse(m)[2])

    def test_half_of_credentials(self):
        wait(self.end("remote-ufrag=abcd").play(), "connect", "start", "remote-ufrag is set, remote-pwd is not")
        wait(self.end(f"remote-pwd={22 * 'x'}").play(), "connect", "start", "remote-pwd is set, remote-ufrag is not")

    def test_servers(self):
        """Those that are waited for are there."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            here = self.end(f"stun-server=stun://127.0.0.1:{silent.getsockname()[1]}").play()
            wait(here, "gather", "start", "gathering local candidates: waiting for the STUN and TURN servers")
        here = self.end().play()
        wait(here, "gather", "start", "gathering local candidates")
        self.assertNotIn("servers", progress(here, "gather")[0][1])

    def test_canceled(self):
        here = self.end()
        progress = []

        def on_message(_, message):
            if PROGRESS(message):
                progress.append(parse(message)[:2])
            return Gst.BusSyncReply.PASS

        here.bus.set_sync_handler(on_message)
        here.play()
        deadline = time.monotonic() + 5
        while ("connect", "start") not in progress and time.monotonic() < deadline:
            time.sleep(0.01)
        here.stop()
        self.assertEqual(progress[-1], ("connect", "canceled"))

    def test_peer_checks_without_credentials(self):
        """The end without the other's credentials warns; once, and not where they come
        in time."""
        here, there = self.end().play(), self.end("role=controlled").play()
        here.wait(GATHERED)
        there.wait(GATHERED)
        self.assertTrue(here["ice"].emit("set-remote-credentials", 0, there["ice"].get_property("local-ufrag"),
                                         there["ice"].get_property("local-pwd")))
        for end, other in ((here, there), (there, here)):
            for message in end.messages("ice-candidate"):
                if message["candidate"] is not None:
                    other["ice"].emit("add-ice-candidate", 0, message["candidate"])
        text = error_text(there.wait(WARNING))
        self.assertRegex(text, "the peer checks stream 0.*set remote-ufrag and remote-pwd")
        with self.assertRaises(AssertionError):
            there.wait(WARNING, 4)
        self.assertEqual(here.warnings(), [])

    def test_peer_only_sends(self):
        """Datagrams without a check: once; a reader drops them, or the kernel does."""
        ends = [self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink").play(), self.end().play()]
        to = [end.wait(element_message("ice-candidate")).get_structure().get_string("candidate").split() for end in ends]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            begin = time.monotonic()
            while time.monotonic() < begin + (15 if os.environ.get("ICE_TEST_LONG") else 8):
                for address in to:
                    sender.sendto(b"\x80 media", (address[4], int(address[5])))
                time.sleep(0.1)
        for end in ends:
            end.drain()
            self.assertEqual(len(end.warnings()), 1)
            self.assertRegex(end.warnings()[0],
                             "datagrams keep coming to stream 0 .*set remote-ufrag and remote-pwd.* udpsrc")

    def test_stray_datagram(self):
        end = self.pipeline(f"icesrc name=ice {LOOPBACK} ! fakesink").play()
        to = end.wait(element_message("ice-candidate")).get_structure().get_string("candidate").split()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"\x80 scan", (to[4], int(to[5])))
        with self.assertRaises(AssertionError):
            end.wait(WARNING, 5)

    def test_nobody_has_it(self):
        here = self.end().play()
        here.wait(GATHERED)
        self.assertTrue(here["ice"].emit("add-ice-candidate", 3, PEER.format(component=1)))
        self.assertRegex(error_text(here.wait(WARNING)), "signals stream 3, but no element here uses it; .*stream=3")
        self.assertTrue(here["ice"].emit("add-ice-candidate", 0, PEER.format(component=2)))
        self.assertRegex(error_text(here.wait(WARNING)), "component 2 of stream 0, but no element here uses it")
        self.assertTrue(here["ice"].emit("add-ice-candidate", 3, PEER.format(component=2)))
        with self.assertRaises(AssertionError):
            here.wait(WARNING, 3)


if __name__ == "__main__":
    main()
