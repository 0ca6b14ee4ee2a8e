# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/browser-call.py in a process, and its page in a headless Chromium."""

import re
import sys
from pathlib import Path

import gi

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/system"))
import chromium  # noqa: E402

EXAMPLE = ROOT / "docs/browser-call.py"
ON_LOOPBACK = ("--port", "0", "--local-address", "127.0.0.1")  # of the example; of the browser:
LOOPBACK_TOO = "--allow-loopback-in-peer-connection"
NUMBERS = re.compile(r"(\d+) frames of video, (\d+) \w+ of audio")


def find_missing():
    """Why there can be no such call, or None."""
    for name, version in ("GstWebRTC", "1.0"), ("Soup", "3.0"):
        try:
            gi.require_version(name, version)
        except ValueError as error:
            return str(error)
    return chromium.MISSING


def start_example(test, *arguments):
    """The process, and the address of its page."""
    # of a shell's background process SIGINT would be ignored
    program = test.run_line(["env", "--default-signal=INT", sys.executable, str(EXAMPLE), *arguments])
    program.wait_for(" in a browser")
    return program, re.search(r"Open (\S+)", program.text)[1]


def start_browser(test, *flags):
    browser = chromium.Chromium(test, *chromium.FAKE_CAMERA, *flags, apart=False)
    browser.start()
    return browser


def wait_until(page, condition):
    """Until that JavaScript expression is true."""
    try:
        page.run(f"(async () => {{ while (!({condition})) await new Promise(done => setTimeout(done, 50)) }})()")
    except AssertionError as error:
        raise AssertionError(f"{page.run('reports.innerText')}\n{condition}") from error


def read_received(page):
    """(frames of video, packets or buffers of audio) of the page and of webrtcbin."""
    texts = page.run("[...counts.cells].slice(1).map(cell => cell.textContent)")
    return [tuple(map(int, found.groups())) if (found := NUMBERS.match(text)) else (0, 0) for text in texts]


def wait_received(page, n):
    """Until each end has so much of each."""
    wait_until(page, f"""[...counts.cells].slice(1).every(
        cell => (cell.textContent.match(/\\d+/g) ?? [0]).every(number => number >= {n}))""")


def read_rows(page):
    """What the ends reported: (seconds, the page's, webrtcbin's) each."""
    return page.run("[...reports.rows].slice(2).map(row => [...row.cells].map(cell => cell.textContent))")
