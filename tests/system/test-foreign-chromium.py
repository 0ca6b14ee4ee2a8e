#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium as the peer: video both ways over DTLS-SRTP, whoever offers, candidate
by candidate and all in the descriptions, with and without mDNS names; its getStats
and ours are of the same pair; restarts of either side; and how a call ends. The
browser has a network namespace of its own, behind a slow wire."""

import contextlib
import itertools
import os
import queue
import socket
import sys
import threading
import time
import unittest
from pathlib import Path

import chromium
import wire
from icetest import ISOLATED, PATIENCE, Gst, IceTest, element_message, main
from webrtcend import End, negotiate

HERE = Path(__file__).resolve().parent
URL = (HERE / "page.html").as_uri()
EXAMPLE = HERE.parents[1] / "docs/send-to-browser.py"
PICTURE = os.environ.get("ICE_TEST_PICTURE")  # a screenshot is left there
DELAY = 0.02  # seconds, one way
LATE = 0.1  # seconds that a busy machine may add to a round trip
# the upper part of videotestsrc's picture
BARS = [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255)]
PLACES = [((i + 0.5) / len(BARS), 0.2) for i in range(len(BARS))]
SIZE = (320, 240)


class Peer:
    """page.html's end of a call. `send` is whether it sends its camera's picture."""

    def __init__(self, browser, offers, trickle=True, send=False):
        self.page = browser.open(URL)
        self.offers = offers
        self.trickle = trickle
        self.states = []
        self.found = []
        self._more = threading.Condition()
        self._candidates = queue.SimpleQueue()
        self.page.expose("report", self._on_report)
        self.page.ask("start", send)

    def _on_report(self, message):
        kind, what = message
        if kind == "candidate":
            if what is None:
                self._candidates.put("")  # Chromium signals the end of candidates in no other way
            self._candidates.put(what)
            self.found.append(what)
        else:
            with self._more:
                self.states.append(what)
                self._more.notify_all()

    def wait_state(self, state):
        with self._more:
            assert self._more.wait_for(lambda: self.states[-1:] == [state], PATIENCE), self.states

    def describe(self):
        return self.page.ask("describe", self.trickle)

    def set_remote(self, sdp):
        self.page.ask("setRemote", "answer" if self.offers else "offer", sdp)

    def begin(self):
        """It did."""

    def restart(self):
        """The next description is an offer with other credentials."""
        self.offers = True
        self.page.run("pc.restartIce()")

    def candidates(self):
        return iter(lambda: self._candidates.get(timeout=PATIENCE), None)

    def add(self, text):
        self.page.ask("add", text)

    def find(self, kind):
        return self.page.ask("find", kind)

    def pair(self):
        return self.page.ask("selectedPair")

    def wait_frames(self, n=5):
        """Until the page has shown so many more."""
        return self.page.ask("showMore", n)


class DeafPeer(Peer):
    """Hears no candidate of ours."""

    def add(self, text):
        if text == "":
            super().add(text)


def near(test, colours, expected):
    for colour, wanted in zip(colours, expected, strict=True):
        for channel, value in zip(colour, wanted):
            test.assertAlmostEqual(channel, value, delta=30, msg=colours)


def read_png(path):
    """Its width, height and RGB bytes."""
    pipeline = Gst.parse_launch(f"filesrc location={path} ! pngdec ! videoconvert ! video/x-raw,format=RGB ! "
                                "fakesink name=out enable-last-sample=true")
    pipeline.set_state(Gst.State.PAUSED)
    assert pipeline.get_state(PATIENCE * Gst.SECOND)[0] == Gst.StateChangeReturn.SUCCESS
    sample = pipeline.get_by_name("out").get_property("last-sample")
    buffer, caps = sample.get_buffer(), sample.get_caps().get_structure(0)
    pipeline.set_state(Gst.State.NULL)
    return caps.get_value("width"), caps.get_value("height"), buffer.extract_dup(0, buffer.get_size())


@unittest.skipUnless(ISOLATED, "makes network namespaces: needs root")
@unittest.skipIf(chromium.MISSING, chromium.MISSING)
class TestForeignChromium(IceTest):
    def browser(self, *flags):
        browser = chromium.Chromium(self, *flags)
        wire.lay(self, DELAY, browser.pid)
        # it looks for its address by a route; nobody is there
        wire.run(f"ip route add default via {wire.ADDRESSES[0]}", "nsenter", "-t", str(browser.pid), "-n")
        browser.start()
        return browser

    def call(self, browser, we_offer=False, trickle=True, send=False, setup="passive", more="", deaf=False):
        theirs = (DeafPeer if deaf else Peer)(browser, not we_offer, trickle, send)
        ours = End(self, we_offer, trickle, setup=setup, more=more)
        negotiate(*((ours, theirs) if we_offer else (theirs, ours)))
        ours.wait_completed()
        return ours, theirs

    def check_video(self, ours, theirs, send=True):
        seen = theirs.wait_frames()
        self.assertEqual(tuple(seen["size"]), SIZE)
        near(self, self.page_colours(theirs), BARS)
        if send:
            ours.frames.wait()
            self.assertEqual(ours.frames.size, SIZE)
            red, green, blue = ours.frames.colour  # the fake camera's picture is green
            self.assertGreater(green, max(red, blue) + 50, ours.frames.colour)

    def page_colours(self, theirs):
        return theirs.page.ask("look", *PLACES)["colours"]

    def check_roles(self, ours, theirs):
        transport, = theirs.find("transport")
        roles = {transport["iceRole"], ours.ice.get_property("role").value_nick}
        self.assertEqual(roles, {"controlling", "controlled"})

    def test_both_ways(self):
        browser = self.browser(*chromium.FAKE_CAMERA, chromium.NO_MDNS)
        for we_offer, trickle in itertools.product((False, True), (True, False)):
            with self.subTest(we_offer=we_offer, trickle=trickle):
                ours, theirs = self.call(browser, we_offer, trickle, True, setup="passive" if trickle else "active")
                self.check_video(ours, theirs)
                self.check_roles(ours, theirs)
                ours.check_peer(self)
                ours.check_quiet(self)
                self.assertEqual(ours.states(), ["checking", "connected", "completed"])
                self.assertIn(theirs.states[-1], ("connected", "completed"))
                ours.pipeline.stop()
                theirs.page.close()

    def test_screenshot(self):
        """The page as its user sees it."""
        ours, theirs = self.call(self.browser(chromium.NO_MDNS))
        self.check_video(ours, theirs, send=False)
        path = PICTURE or self.path("page.png")
        theirs.page.screenshot(path)
        x, y = theirs.page.run("(({x, y}) => [x, y])(document.querySelector('video').getBoundingClientRect())")
        width, height, data = read_png(path)
        stride = len(data) // height
        near(self, [data[at:at + 3] for at in (int(y + SIZE[1] * place[1]) * stride + int(x + SIZE[0] * place[0]) * 3
                                               for place in PLACES)], BARS)

    def counts(self, ours):
        """What get-stats counts, by the names that it has at the other end."""
        transport, = ours.find("transport")
        pair = ours.selected_pair()
        checks = pair["requests-sent"] + pair["retransmissions-sent"] + pair["consent-requests-sent"]
        return {"bytesReceived": transport["bytes-sent"], "packetsReceived": transport["packets-sent"],
                "bytesSent": transport["bytes-received"], "packetsSent": transport["packets-received"],
                "requestsReceived": checks, "responsesSent": checks,
                "requestsSent": pair["requests-received"], "responsesReceived": pair["responses-sent"]}

    def test_stats(self):
        """One pair, seen from its two ends."""
        ours, theirs = self.call(self.browser(chromium.NO_MDNS))
        theirs.wait_frames()
        pair, their_pair = ours.selected_pair(), theirs.pair()
        for mine, other in ("local", "remote"), ("remote", "local"):
            candidate = their_pair[other]
            self.assertEqual((pair[f"{mine}-address"], pair[f"{mine}-port"], pair[f"{mine}-type"], pair["protocol"]),
                             (candidate["address"], candidate["port"], candidate["candidateType"], candidate["protocol"]))
        self.assertEqual((pair["state"], pair["nominated"]), (their_pair["state"], their_pair["nominated"]))
        self.assertEqual((pair["state"], pair["nominated"]), ("succeeded", True))
        self.assertEqual(float(pair["priority"]), their_pair["priority"])  # JavaScript has no other numbers
        for seconds in pair["current-round-trip-time"], their_pair["currentRoundTripTime"]:
            self.assertGreater(seconds, 2 * DELAY * 0.95)
            self.assertLess(seconds, 2 * DELAY + LATE)
        with self.subTest("while it flows: what was sent arrives, and no more than that"):
            self.check_in_flight(ours, theirs)
        with self.subTest("when it is quiet: the same numbers"):
            ours.stop_video()
            self.check_quiet_counts(ours, theirs)
        self.check_roles(ours, theirs)

    def check_in_flight(self, ours, theirs):
        before, deadline = self.counts(ours), time.monotonic() + 1
        while (theirs_now := theirs.pair())["bytesReceived"] < before["bytesReceived"]:
            self.assertLess(time.monotonic(), deadline)
        after = self.counts(ours)
        for name in "bytesReceived", "packetsReceived":
            self.assertLessEqual(theirs_now[name], after[name])

    def check_quiet_counts(self, ours, theirs):
        """RTCP and consent go on, so both ends are read when nothing is under way."""
        deadline = time.monotonic() + PATIENCE
        while True:
            before = self.counts(ours)
            pair = theirs.pair()
            found = {name: pair[name] for name in before}
            if found == before == self.counts(ours):
                break
            self.assertLess(time.monotonic(), deadline, f"{found} is not {before}")
        print(f"# {found}")

    def test_mdns(self):
        """It hides its address behind a name, which we look up; it does not know ours, so it
        can not be the one that finds the way."""
        browser = self.browser()
        for we_offer in False, True:
            with self.subTest(we_offer=we_offer):
                ours, theirs = self.call(browser, we_offer, deaf=True)
                self.assertRegex(theirs.found[0], r" [0-9a-f-]+\.local \d+ typ host")
                pair = ours.selected_pair()
                self.assertEqual((pair["remote-type"], pair["remote-address"]), ("host", wire.ADDRESSES[1]))
                name = theirs.found[0].split()[4]
                self.assertEqual([c["address"] for c in ours.find("remote-candidate")], [name])
                self.assertEqual(ours.pipeline.messages("ice-candidate-error"), [])
                self.check_video(ours, theirs, send=False)
                ours.check_quiet(self)
                ours.pipeline.stop()
                theirs.page.close()

    def test_mdns_unanswered(self):
        """Its name is not resolved, as where multicast does not get through; its checks come
        from where they come from."""
        browser = self.browser()
        wire.run("nft add table ip deaf")
        self.addCleanup(wire.run, "nft delete table ip deaf")
        wire.run("nft add chain ip deaf input { type filter hook input priority 0 ; }")
        wire.run("nft add rule ip deaf input udp dport 5353 drop")
        ours, theirs = self.call(browser)
        pair = ours.selected_pair()
        self.assertEqual((pair["remote-type"], pair["remote-address"]), ("prflx", wire.ADDRESSES[1]))
        error, = ours.pipeline.messages("ice-candidate-error")
        self.assertIn(f'"{theirs.found[0].split()[4]}"', error["error-text"])
        self.assertNotIn("address", error)
        self.check_video(ours, theirs, send=False)
        ours.check_quiet(self)

    def wait_newest(self, ours, theirs):
        """Until the page's pair is of the newest credentials of both."""
        deadline = time.monotonic() + PATIENCE
        while True:
            pair = theirs.pair()
            found = [pair[side]["usernameFragment"] for side in ("remote", "local")]
            wanted = [ours.ice.get_property(name) for name in ("local-ufrag", "remote-ufrag")]
            if found == wanted:
                return wanted
            self.assertLess(time.monotonic(), deadline, f"{found}, not {wanted}")

    def restart(self, ours, theirs, by):
        old = self.wait_newest(ours, theirs)
        for end in ours, theirs:
            end.offers = end is by
        ours.pipeline.drain()
        ours.pipeline.history.clear()
        by.restart()
        negotiate(by, theirs if by is ours else ours)
        ours.wait_completed()
        self.assertLessEqual(set(ours.states()), {"connected", "completed"})
        for before, now in zip(old, self.wait_newest(ours, theirs)):
            self.assertNotEqual(before, now)

    def test_restart(self):
        """By either end, whoever offered at first; the picture goes on."""
        browser = self.browser(*chromium.FAKE_CAMERA, chromium.NO_MDNS)
        for we_offer in False, True:
            with self.subTest(we_offered=we_offer):
                ours, theirs = self.call(browser, we_offer, send=True)
                self.check_video(ours, theirs)
                ours.frames.reset()
                for by in (ours, theirs) if we_offer else (theirs, ours):
                    self.restart(ours, theirs, by)
                    self.check_video(ours, theirs)
                    self.check_roles(ours, theirs)
                print(f"# longest time without a picture: {ours.frames.gap * 1000:.0f} ms")
                ours.check_quiet(self)
                ours.pipeline.stop()
                theirs.page.close()

    def test_page_ends(self):
        """By pc.close(), and with its tab: nobody answers."""
        browser = self.browser(chromium.NO_MDNS)
        for way, close in (("close()", lambda peer: peer.page.run("pc.close()")), ("tab", lambda peer: peer.page.close())):
            with self.subTest(way):
                ours, theirs = self.call(browser, more="disconnected-timeout=1000 failed-timeout=2000 on-failed=none")
                theirs.wait_frames()
                close(theirs)
                for state, reason in ("disconnected", "consent-missing"), ("failed", "consent-expired"):
                    ours.pipeline.wait(element_message("ice-connection-state", new=state, reason=reason))
                dtls = ours.pipeline["dec"].get_property("connection-state").value_nick
                self.assertEqual(dtls, "closed" if way == "close()" else "connected")
                ours.check_quiet(self)
                ours.pipeline.stop()

    def test_we_end(self):
        ours, theirs = self.call(self.browser(chromium.NO_MDNS))
        theirs.wait_frames()
        ours.pipeline.stop()
        theirs.wait_state("disconnected")

    def begin_example(self, text):
        with open(self.path("example.py"), "w") as file:
            file.write(text)
        example = self.run_line([sys.executable, self.path("example.py")])
        self.wait_listening(8000)
        browser = chromium.Chromium(self, apart=False)
        browser.start()
        return example, browser

    def test_example(self):
        """docs/send-to-browser.py, as it is, and a browser on the same machine."""
        wire.lay_here(self)
        example, browser = self.begin_example(EXAMPLE.read_text())
        for _ in range(2):
            page = browser.open("http://127.0.0.1:8000/")
            page.run((HERE / "look.js").read_text())
            page.ask("showMore", 5)
            near(self, page.ask("look", *PLACES)["colours"], BARS)
            page.close()
        self.assert_in_order(example.text, *2 * ("checking", "connected", "completed"))

    def test_example_with_another_certificate(self):
        """What it does when DTLS's is not the offer's: here the offer's does not fit."""
        wire.lay_here(self)
        text = EXAMPLE.read_text()
        compared = "fingerprint(dec.props.peer_pem) !="
        self.assertEqual(text.count(compared), 1)
        example, browser = self.begin_example(text.replace(compared, "fingerprint(dec.props.pem) !="))
        browser.open("http://127.0.0.1:8000/")
        example.wait_for("connected\n", "closed\n")

    def wait_listening(self, port):
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            self.assertLess(time.monotonic(), deadline)


if __name__ == "__main__":
    main()
