#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/browser-call.py and Chromium: the call, how it ends, pages that are reloaded or
opened twice, and its errors for bad input."""

import importlib
import json
import os
import re
import signal
import socket
import sys
import time
import unittest

import browsercall  # the first: it has the path
import wire
from icetest import ISOLATED, PATIENCE, IceTest, main

foreign = importlib.import_module("test-foreign-chromium")
PAGE = (browsercall.ROOT / "docs/browser.md").read_text()
MISSING = browsercall.find_missing()
N = 20  # frames, packets and buffers that each end receives
# a message of a page, and the reason for which the program closes the call
BAD_MESSAGES = {
    "no JSON": "neither an answer nor a candidate",
    "[" * 100000: "neither an answer nor a candidate",
    json.dumps({"answer": 5}): "neither an answer nor a candidate",
    json.dumps({"candidate": "nonsense"}): "neither an answer nor a candidate",
    json.dumps({"answer": "nonsense"}): "refuses the page's answer",
}


@unittest.skipIf(MISSING, MISSING)
class TestCall(IceTest):
    @unittest.skipUnless(ISOLATED, "makes a network: needs root")
    def test_call(self):
        """As docs/browser.md has it."""
        wire.lay_here(self)
        self.assertIn("\n    python3 ../docs/browser-call.py\n", PAGE)
        program, url = browsercall.start_example(self)
        self.assertEqual(url, "http://127.0.0.1:8080/")
        page = browsercall.start_browser(self).open(url)
        self.check_media(page)
        program.wait_for("message: 'hello from the page'", "message: 'echo: hello from webrtcbin'")
        browsercall.wait_until(page, "reports.innerText.includes('message: echo: hello from the page')")
        self.check_reports(page)
        page.close()
        program.wait_for("over, the page ")
        self.assertGreaterEqual(min(self.read_total(program)), N)
        program.signal(signal.SIGINT)
        self.assert_ends_well(program)
        self.assertNotIn("Traceback", program.text)
        self.assertNotIn("CRITICAL", program.text)

    def check_media(self, page):
        browsercall.wait_received(page, N)
        for end, numbers in zip(("page", "webrtcbin"), browsercall.read_received(page)):
            self.assertGreaterEqual(min(numbers), N, end)
        page.run((foreign.HERE / "look.js").read_text())
        page.ask("showMore", 5)
        foreign.near(self, page.ask("look", *foreign.PLACES)["colours"], foreign.BARS)
        browsercall.wait_until(page, """[...(await pc.getStats()).values()].some(
            ({type, kind, totalAudioEnergy}) => type == 'inbound-rtp' && kind == 'audio' && totalAudioEnergy > 0)""")

    def check_reports(self, page):
        here, there = self.read_reports(page)
        self.assert_in_order(here, "iceConnectionState: checking", "iceConnectionState: connected")
        # webrtcbin reads the state in its own thread, so that "completed" may come in the place of "connected"
        self.assertRegex(there, r"(?s)ice-connection-state: new\n.*-state: checking\n.*-state: (connected|completed)\n")
        self.assertIn("\nconnectionState: connected", here)
        self.assertIn("\nconnection-state: connected", there)
        self.assertIn("\nmessage: hello from webrtcbin", here)
        deadline = time.monotonic() + PATIENCE
        while self.find_pair(here) != self.find_pair(there)[::-1]:
            self.assertLess(time.monotonic(), deadline, f"{here}\n{there}")
            time.sleep(0.1)
            here, there = self.read_reports(page)

    @staticmethod
    def read_reports(page):
        return ("\n".join(row[side] for row in browsercall.read_rows(page)) for side in (1, 2))

    @staticmethod
    def find_pair(text):
        """(local, remote) of the last one that was selected; a host candidate is peer-reflexive for an end
        that selected it before it was signalled."""
        return re.findall(r"selected pair: (.*) - (.*)", text.replace(" prflx", " host"))[-1]

    def read_total(self, program):
        return list(map(int, browsercall.NUMBERS.search(program.text.partition("; received ")[2]).groups()))

    def test_pages(self):
        """Opened twice, reloaded, too often, by others, with messages that no page of ours sends."""
        program, url = browsercall.start_example(self, *browsercall.ON_LOOPBACK)
        browser = browsercall.start_browser(self, browsercall.LOOPBACK_TOO)
        pages = []
        for _ in range(2):
            pages.append(browser.open(url))
            browsercall.wait_received(pages[-1], N)
        pages[0].call("Page.reload")
        program.wait_for("call 1: over, the page ", "call 3: connection-state: connected")
        self.assertNotIn("call 2: over", program.text)
        with self.subTest("bad messages"):
            for message, reason in BAD_MESSAGES.items():
                self.assertIn(reason, self.talk(pages[1], url, message))
        with self.subTest("another page"):
            pages.append(browser.open(url.replace("127.0.0.1", "localhost")))
            self.assertIn("not the page of this program", self.talk(pages[2], url))
        with self.subTest("too many"):
            pages.append(browser.open(url))
            program.wait_for("call 10: ice-connection-state: new")
            self.assertIn("there are 4 calls already", self.talk(pages[1], url))
        with self.subTest("the program ends"):
            program.signal(signal.SIGINT)
            self.assert_ends_well(program)
            browsercall.wait_until(pages[1], "reports.innerText.includes('the call is over: this program ends')")
        self.assertNotIn("Traceback", program.text)
        self.assertNotIn("CRITICAL", program.text)

    def talk(self, page, url, message=None):
        """Sends that over a WebSocket of its own; why the program closes it."""
        return page.run(f"""new Promise(done => {{
            const socket = new WebSocket("{url.replace('http', 'ws')}call")
            socket.onopen = () => {{ const message = {json.dumps(message)}; message && socket.send(message) }}
            socket.onclose = ({{reason}}) => done(reason)
        }})""")

    def test_without_plugins(self):
        for ours, reason in ("", "does not find GstIceWebRTCAgent: run this in a shell of meson devenv -C build\n"), \
                            (os.environ["GST_PLUGIN_PATH"], "has no webrtcbin: install "):
            with self.subTest(reason):
                program = self.run_line([sys.executable, str(browsercall.EXAMPLE)], env={
                    "GST_REGISTRY": self.path("registry.bin"), "GST_PLUGIN_SYSTEM_PATH_1_0": "",
                    "GST_PLUGIN_PATH": ours})
                self.assertEqual(program.wait(), 1)
                self.assertTrue(program.text.startswith(f"GStreamer {reason}"), program.text)

    def test_bad_options(self):
        with socket.create_server(("127.0.0.1", 0)) as used:
            port = str(used.getsockname()[1])
            for arguments, reason in ((f"--port {port}", f"127.0.0.1:{port}: Address already in use; --address and"),
                                      ("--port 70000", "a port is 0 to 65535"),
                                      ("--address nonsense", "'nonsense'"),
                                      ("--address 192.0.2.1", "192.0.2.1:8080: Cannot assign requested address"),
                                      ("--local-address nonsense", "'nonsense'")):
                with self.subTest(arguments):
                    program = self.run_line([sys.executable, str(browsercall.EXAMPLE), *arguments.split()])
                    self.assertNotEqual(program.wait(), 0)
                    self.assertIn(reason, program.text)
                    self.assertNotIn("Traceback", program.text)


if __name__ == "__main__":
    main()
