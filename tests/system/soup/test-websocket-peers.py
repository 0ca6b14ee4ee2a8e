#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers in JavaScript of docs/signalling.md: a page in Chromium, and Node. The command lines are the page's."""

import contextlib
import os
import re
import shutil
import socket
import sys
import time
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))
import chromium  # noqa: E402
import wire  # noqa: E402
from icetest import ISOLATED, PATIENCE, IceTest, main  # noqa: E402

DOCS = TESTS.parents[1] / "docs"
# where tests/setup.sh installs the packages of npm
MODULES = Path(os.environ.get("ICE_TEST_NODE", Path.home() / ".cache/gst-ice/node")) / "node_modules"


def read_commands(title):
    """The indented blocks of that section, each a command."""
    section = re.search(rf"^## {title}\n(.*?)^## ", (DOCS / "signalling.md").read_text(), re.M | re.S).group(1)
    return [re.sub("^    ", "", block, flags=re.M).strip() for block in re.findall(r"(?:^    .*\n)+", section, re.M)]


class TestPeers(IceTest):
    def wait_listening(self, port):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                return
            time.sleep(0.02)
        self.fail(f"nothing listens on port {port}")

    def shell(self, command):
        return self.run_line(["sh", "-c", f"exec {command}" if "\n" not in command else command])

    @unittest.skipUnless(chromium.MISSING is None, str(chromium.MISSING))
    @unittest.skipUnless(ISOLATED, "needs a network namespace")
    def test_page(self):
        """The page shows the picture; the loopback address that Chromium lacks is on a wire here."""
        commands = read_commands("A page in a browser")
        self.assertEqual([command.split()[0] for command in commands], ["openssl", "openssl", "gst-launch-1.0", "python3"])
        make, show, send, serve = commands
        self.assert_ends_well(self.shell(make))
        shown = self.shell(show)
        self.assert_ends_well(shown)
        fingerprint = shown.text.strip().partition("=")[2]
        shutil.copy(DOCS / "watch.html", self.dir)
        wire.lay_here(self)
        sender, server = self.shell(send), self.shell(serve)
        self.wait_listening(8000)
        self.wait_listening(5000)
        browser = chromium.Chromium(self, apart=False)
        browser.start()
        page = browser.open(f"http://127.0.0.1:8000/watch.html#{fingerprint}")
        page.run((TESTS / "look.js").read_text())
        self.assertEqual(page.ask("showMore", 5)["size"], [320, 240])
        self.assertTrue(sender.runs() and server.runs(), sender.text)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    @unittest.skipUnless(MODULES.is_dir(), f"{MODULES} is not there, see tests/setup.sh")
    def test_node(self):
        commands = [command for command in read_commands("A peer in Node") if not command.startswith("npm")]
        receive, call = commands
        shutil.copy(DOCS / "peer.mjs", self.dir)
        os.symlink(MODULES, self.path("node_modules"))
        receiver = self.shell(receive)
        self.wait_listening(5000)
        self.assert_ends_well(self.shell(call), receiver)
        self.assertEqual(self.read("out").decode(), "".join(f"datagram {n} of Node\n" for n in range(1, 11)))


if __name__ == "__main__":
    main()
