#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fails for a file of more than 600 lines and a function of more than 60 in gst/ and ext/.

Usage: test-size.py SOURCE_ROOT

Both rules are also broken in a file of their own, and the test fails where that goes unnoticed. Prints TAP.
"""
import re
import sys
import tempfile
from pathlib import Path

FILE_LINES = 600
FUNCTION_LINES = 60

LONG_FILE = "static int number;\n" * (FILE_LINES + 1)
LONG_FUNCTION = "static int\nadd (int a,\n    int b)\n{\n" + "  a += b;\n" * FUNCTION_LINES + "}\n"
LONGEST_FUNCTION = LONG_FUNCTION.replace("  a += b;\n", "", 1)
LONGEST = "static int number;\n" * (FILE_LINES - LONGEST_FUNCTION.count("\n")) + LONGEST_FUNCTION


def too_long(root):
    """The files and functions that are too long, and how many functions there are."""
    problems, functions = [], 0
    for path in sorted(path for folder in ("gst", "ext") for path in (root / folder).rglob("*.[ch]")):
        lines = path.read_text().splitlines()
        if len(lines) > FILE_LINES:
            problems.append(f"{path.relative_to(root)}: {len(lines)} lines")
        begin = None
        for number, line in enumerate(lines):
            if line == "{" and number and re.match(r"\w.*\(|.*\)$", lines[number - 1]):
                begin = number
            elif line == "}" and begin is not None:
                functions += 1
                if number - begin > FUNCTION_LINES:
                    problems.append(f"{path.relative_to(root)}:{begin}: a function of {number - begin} lines")
                begin = None
    return problems, functions


def of_copy(text):
    with tempfile.TemporaryDirectory(prefix="gst-ice-size-") as folder:
        path = Path(folder) / "gst/ice/made-up.c"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return too_long(Path(folder))[0]


def main():
    problems, functions = too_long(Path(sys.argv[1]))
    results = [
        ("files and functions are short", problems),
        ("all functions are looked at", [] if functions > 2000 else [f"found {functions} functions only"]),
        ("a long file is noticed", [] if of_copy(LONG_FILE) else ["it was not"]),
        ("a long function is noticed", [] if of_copy(LONG_FUNCTION) else ["it was not"]),
        ("what is as long as it may be is not", of_copy(LONGEST)),
    ]
    print(f"1..{len(results)}")
    print(f"# {functions} functions")
    for number, (title, found) in enumerate(results, 1):
        print("not ok" if found else "ok", number, "-", title)
        for problem in found:  # meson shows what is in stderr
            print(problem, file=sys.stderr)
    return any(found for _, found in results)


sys.exit(main())
