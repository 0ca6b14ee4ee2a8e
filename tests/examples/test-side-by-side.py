#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""side-by-side.py runs, and what it prints is what docs/states.md shows."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from icetest import LONG, Gst, IceTest, main  # noqa: E402

PAGE = HERE.parents[1] / "docs/states.md"
LIMIT = 120  # seconds
MEASURED = (1, 22), "0.1.21"  # GStreamer and libnice of the page
PLAIN, CONSENT, WEBRTC = 1, 2, 3  # columns after ours


def read_table(text):
    """The titles and rows of the table that side-by-side.py prints."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("|") and "`webrtcbin`" in line)
    rows = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[0][1:], {row[0]: row[1:] for row in rows[2:]}


def states(cell):
    """Without the times, which are never the same."""
    return re.sub(r" \d+[.]\d", "", cell)


def versions():
    nice = subprocess.run(["pkg-config", "--modversion", "nice"], capture_output=True, text=True, check=True)
    return Gst.version()[:2], nice.stdout.strip()


class TestSideBySide(IceTest):
    def compare(self, *arguments):
        process = self.run_line([sys.executable, str(HERE / "side-by-side.py"), *arguments])
        self.assert_ends_well(process, timeout=LIMIT)
        self.assertNotIn("CRITICAL", process.text)
        for line in process.text.splitlines():
            print("#", line)
        return read_table(process.text)

    def test_short(self):
        titles, rows = self.compare("--stopped", "8", "--back", "2", "--gone", "0")
        self.assertEqual(titles, read_table(PAGE.read_text())[0])
        up, stopped, back, _ = rows.values()
        self.assertEqual(states(up[0]), "checking (checks), connected (checks), completed (checks)")
        self.assertEqual(states(stopped[0]), "disconnected (consent-missing)")
        self.assertEqual(states(back[0]), "completed (consent-response)")
        self.assertRegex(up[PLAIN], "ready")
        self.assertRegex(up[CONSENT], "ready")
        self.assertRegex(up[WEBRTC], "completed")

    @unittest.skipUnless(LONG, "takes more than a minute; ICE_TEST_LONG=1 runs it")
    def test_as_in_docs(self):
        titles, rows = self.compare()
        promised_titles, promised = read_table(PAGE.read_text())
        self.assertEqual(titles, promised_titles)
        self.assertEqual(list(rows), list(promised))
        for title, cells in rows.items():
            ours, *others = map(states, cells)
            our_promise, *other_promises = map(states, promised[title])
            self.assertEqual(ours, our_promise)
            # newer ones may have learnt more; what they say first varies
            if versions() == MEASURED and title != "the call is made":
                self.assertEqual(others, other_promises)


main()
