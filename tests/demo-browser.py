#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The call of tests/demo.sh --browser: docs/browser-call.py and a headless Chromium.

Usage: demo-browser.py BUILD_DIR
"""
import contextlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "system/webrtc"))
BUILD = Path(sys.argv[1])
os.environ["GST_PLUGIN_PATH"] = ":".join(str(BUILD.resolve() / "ext" / name) for name in ("nice", "webrtc"))
os.environ["GST_REGISTRY"] = str(BUILD.resolve() / "demo-registry.bin")
import browsercall  # noqa: E402
from icetest import IceTest  # noqa: E402

PICTURE, LOG = BUILD / "demo-browser.png", BUILD / "demo-browser.log"
WINDOW = "--window-size=1100,800"  # all that is reported fits in
ENOUGH = 100  # frames of video, and packets of audio, at each end
ECHO = "echo: hello from the page", "echo: hello from webrtcbin"  # as the page reports, and webrtcbin


def show(page):
    """What both ends reported, side by side."""
    rows = [("s", "the page", "webrtcbin"), *browsercall.read_rows(page)]
    width = max(len(here) for _, here, _ in rows)
    print("\nWhat both ends reported, in seconds after the page was opened:\n")
    for seconds, here, there in rows:
        print(f"  {seconds:>6}  {here:{width}}  {there}".rstrip())
    (here, there) = browsercall.read_received(page)
    print(f"\nThe page   received {here[0]} frames of video, {here[1]} packets of audio")
    print(f"webrtcbin  received {there[0]} frames of video, {there[1]} buffers of audio")
    echoes = [any(echo in row[side] for row in rows) for side, echo in enumerate(ECHO, 1)]
    print("Messages  ", "echoed by both ends" if all(echoes) else "not echoed by both ends")
    page.screenshot(PICTURE)
    print(f"Picture    {PICTURE}")
    return min(here + there) >= ENOUGH and all(echoes)


def make_call(test):
    print(f"\n  python3 docs/{browsercall.EXAMPLE.name} {' '.join(browsercall.ON_LOOPBACK)}\n", flush=True)
    program, url = browsercall.start_example(test, *browsercall.ON_LOOPBACK)
    try:
        print(f"Chromium opens {url} ...", flush=True)
        page = browsercall.start_browser(test, browsercall.LOOPBACK_TOO, WINDOW).open(url)
        with contextlib.suppress(AssertionError):  # what is missing is shown
            browsercall.wait_received(page, ENOUGH)
        worked = show(page)
        page.close()
        program.wait_for(": over, ")
        return worked
    finally:
        LOG.write_text(program.text)
        print(f"Log        {LOG}")


def main():
    missing = browsercall.find_missing()
    if missing:
        sys.exit(f"There can be no call with a browser: {missing}")
    test = IceTest()  # its processes, its folder, and what ends them
    test.setUp()
    try:
        worked = make_call(test)
    except AssertionError as error:
        print(error)
        worked = False
    finally:
        test.doCleanups()
    print("\nThe call worked." if worked else "\nThe call FAILED.")
    return not worked


sys.exit(main())
