#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tells long files and functions; a lot is not always too much.

Usage: size.py SOURCE_ROOT
"""
import re
import sys
from pathlib import Path

FILE_LINES = 600
FUNCTION_LINES = 60

root = Path(sys.argv[1])
for path in sorted(path for folder in ("gst", "ext") for path in (root / folder).rglob("*.[ch]")):
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES:
        print(f"{path.relative_to(root)}: {len(lines)} lines")
    begin = None
    for number, line in enumerate(lines):
        if line == "{" and number and re.match(r"\w.*\(|.*\)$", lines[number - 1]):
            begin = number
        elif line == "}" and begin is not None:
            if number - begin > FUNCTION_LINES:
                print(f"{path.relative_to(root)}:{begin}: a function of {number - begin} lines")
            begin = None
