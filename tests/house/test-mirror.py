#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that tests/gst and tests/ext mirror gst/ and ext/: each folder of code has a
folder of unit tests, and each test there is named after a module of that folder:
test-MODULE.c, or test-MODULE-ASPECT.c for a further one. Tests of whole processes
are in tests/system.

Usage: test-mirror.py SOURCE_ROOT

The rules are also broken in a copy of the list of files, and the test fails where
they do not notice. Prints TAP.
"""
import re
import sys
from pathlib import Path, PurePosixPath

WITHOUT_TESTS = {
    "gst/ice/public": "constants and enums, no function",
    "ext/nice": "plugin.c registers the elements; each test of tests/system loads it",
}


def list_files(root):
    return {path.relative_to(root).as_posix() for folder in ("gst", "ext", "tests/gst", "tests/ext")
            for path in (root / folder).rglob("*") if path.is_file()}


def find_problems(files):
    modules = {}
    for path in map(PurePosixPath, files):
        if path.parts[0] != "tests" and path.suffix in (".c", ".h"):
            modules.setdefault(str(path.parent), set()).add(path.stem)
    tested = set()
    for path in map(PurePosixPath, sorted(files)):
        if path.parts[0] != "tests" or path.name == "meson.build" or path.suffix == ".pyc":
            continue
        folder = str(path.parent.relative_to("tests"))
        match = re.fullmatch(r"test-(\w+)(-[\w-]+)?\.c", path.name)
        if match is None:
            yield f"{path} is no unit test in C: fixtures are in tests/fixtures, other tests in tests/system"
        elif match.group(1) not in modules.get(folder, ()):
            yield f"{path} is named after no module of {folder}"
        else:
            tested.add(folder)
    for folder in sorted(modules.keys() - tested - WITHOUT_TESTS.keys()):
        yield f"{folder} has no tests in tests/{folder}"
    for folder in sorted(WITHOUT_TESTS.keys() & tested):
        yield f"{folder} has tests, and stands in WITHOUT_TESTS"


# What is added to the list of files, and what is taken away.
WAYS = [
    ("tests/gst/ice/model/test-nowhere.c", ""),
    ("tests/gst/ice/session/test-icestate.c", ""),
    ("tests/gst/ice/elements/test-sending.c", ""),
    ("tests/ext/webrtc/test-webrtcbin.py", ""),
    ("tests/gst/ice/model/helpers.h", ""),
    ("gst/ice/surprise/icesurprise.c", ""),
    ("", "gst/ice/model/icestate."),
    ("", "tests/ext/nice/guard/"),
    ("tests/ext/nice/test-plugin.c", ""),
]


def main():
    files = list_files(Path(sys.argv[1]))
    problems = list(find_problems(files))
    missed = [f"+ {more!r} - {less!r} goes unnoticed" for more, less in WAYS
              if not set(find_problems({name for name in files | {more} - {""} if not less or not name.startswith(less)}))
              - set(problems)]
    results = [("the unit tests mirror the code", problems), ("a file that breaks this is noticed", missed)]
    print(f"1..{len(results)}")
    for number, (title, wrong) in enumerate(results, 1):
        print("not ok" if wrong else "ok", number, "-", title)
        for line in wrong:  # meson shows what is in stderr
            print(line, file=sys.stderr)
    return any(wrong for _, wrong in results)


sys.exit(main())
