#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What README and docs/ promise: their commands run as written, their links lead
somewhere, and they name the files that there are."""
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
from icetest import IceTest, main  # noqa: E402

README = (ROOT / "README").read_text()
EXAMPLE = ROOT / "docs/signalling-by-hand.py"
PAGES = [ROOT / "README", *sorted((ROOT / "docs").glob("*.md"))]
# how long a call of README's takes: ten seconds of video
CALL_TIMEOUT = 40


def read_launch_lines():
    """The indented gst-launch-1.0 commands of README."""
    text = README.replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines()
            if line.startswith("    gst-launch-1.0 ")]


def count_frames(path):
    told = subprocess.run(
        ["gst-launch-1.0", "-v", "filesrc", f"location={path}", "!", "matroskademux", "!",
         "vp8dec", "!", "fakesink", "silent=false"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True).stdout
    return told.count("last-message = chain ")


class TestDocs(IceTest):
    def test_launch_lines_run_as_written(self):
        lines = read_launch_lines()
        self.assertEqual(len(lines), 3)
        waits, sends, alone = lines
        with self.subTest("two terminals"):
            receiver, sender = self.run_line(waits), self.run_line(sends)
            self.assert_ends_well(receiver, sender)
            self.assertEqual(self.read("out"), bytes(i % 256 for i in range(1000)) * 500)
            self.assert_says(sender.text, "ice-candidate,", "ice-gathering-state,",
                             "ice-connection-state,", "ice-selected-candidate-pair,")
        with self.subTest("one terminal"):
            call = self.run_line(alone)
            self.assert_ends_well(call, timeout=CALL_TIMEOUT)
            self.assertGreater(count_frames(self.path("call.webm")), 290)

    def test_timeline_runs_as_written(self):
        """But for a shorter time."""
        command = re.search(r"^    python3 (tests/examples/timeline.py .*?)\n\n", README, re.M | re.S).group(1)
        program, *arguments = shlex.split(command.replace("\\\n", ""))
        arguments[arguments.index("--seconds") + 1] = "5"
        self.run_line(read_launch_lines()[0])
        self.assert_ends_well(self.run_line([sys.executable, str(ROOT / program), *arguments]))
        self.assertIn(b"icesink0: at last completed", self.read("call.svg"))

    def test_example_runs_as_written(self):
        example = self.run_line([sys.executable, str(EXAMPLE)])
        self.assert_ends_well(example)
        lines = example.text.splitlines()
        for state in "checking", "connected", "completed", "closed":
            self.assertEqual(lines.count(state), 2, example.text)
        self.assertEqual(example.text.count("GST_MESSAGE_EOS"), 2, example.text)
        self.assertEqual(len(lines), 10, example.text)

    def test_example_is_short(self):
        self.assertLessEqual(len(EXAMPLE.read_text().splitlines()), 20)

    def test_example_in_readme_is_the_file(self):
        self.assertIn(f"```python\n{EXAMPLE.read_text()}```\n", README)

    def test_blocks_of_webrtc_are_the_example(self):
        """The pipeline and the description; tests/system/test-foreign-chromium.py runs the example."""
        page = (ROOT / "docs/webrtc.md").read_text()
        example = (ROOT / "docs/send-to-browser.py").read_text()
        blocks = re.findall(r"(?:^    .*\n)+", page, re.M)
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            self.assertIn(textwrap.dedent(block).strip(), example)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
                if not link.startswith("http"):
                    with self.subTest(f"{page.name}: {link}"):
                        self.assertTrue((page.parent / link).exists())

    def test_every_page_is_in_the_index(self):
        index = (ROOT / "docs/README.md").read_text()
        for page in PAGES[1:]:
            if page.name != "README.md":
                self.assertIn(f"({page.name})", index)

    def test_design_names_every_module(self):
        modules = {path.stem for folder in ("gst", "ext")
                   for path in (ROOT / folder).rglob("*.[ch]")}
        section = (ROOT / "docs/design.md").read_text()
        named = set(re.findall(r"`(\w+)`", section))
        self.assertEqual(sorted(modules - named), [])
        gone = {name for name in named - {"icesrc", "icesink"}
                if re.match(r"gstice|nice.|ice.", name) and name not in modules}
        self.assertEqual(sorted(gone), [])


main()
