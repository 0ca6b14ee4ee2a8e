#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the table of locks in docs/design.md with the code: each lock has a row, each row a lock, and the order in
which they are taken has no circle.

Usage: test-locks.py SOURCE_ROOT

The rules are also broken in a copy of the table or of the code, and the test fails where that goes unnoticed. Prints TAP.
"""
import re
import sys
from pathlib import Path

LOCK = re.compile(r"g_(?:rec_|rw_)?(?:mutex|lock)_init \([^;]*?(\w+)\);"
                  r"|G_LOCK_DEFINE(?:_STATIC)? \((\w+)\)"
                  r"|static (?:GMutex|GRecMutex|GRWLock) (\w+)")
ROW = re.compile(r"^\| ([\w ]+) \| `(\w+\.\w+)` \| [^|]+ \| ?([\w, ]*?) ?\|$", re.M)


def locks_of(code):
    """`file.name` of each lock that is made in these files: name of a file -> its text."""
    return {f"{Path(name).stem}.{next(filter(None, found))}" for name, text in code.items() for found in LOCK.findall(text)}


def rows_of(page):
    section = page.split("\n## Locks\n")[1].split("\n## ")[0]
    return ROW.findall(section)


def problems(code, page):
    locks, rows = locks_of(code), rows_of(page)
    for lock in sorted(locks - {lock for _, lock, _ in rows}):
        yield f"{lock} has no row in docs/design.md"
    for name, lock, _ in rows:
        if lock not in locks:
            yield f"{name}: there is no lock {lock}"
    order = {name: [other for other in then.split(", ") if other] for name, _, then in rows}
    for name, then in order.items():
        for other in then:
            if other not in order:
                yield f"{name}, then {other}: it has no row"
    yield from circles(order)


def circles(order):
    def walk(name, trail):
        if name in trail:
            yield "taken in a circle: " + ", ".join(trail[trail.index(name):] + [name])
        else:
            for other in order.get(name, ()):
                yield from walk(other, trail + [name])

    for name in order:
        yield from walk(name, [])


def main():
    root = Path(sys.argv[1])
    code = {str(path): path.read_text() for folder in ("gst", "ext") for path in (root / folder).rglob("*.[ch]")}
    page = (root / "docs/design.md").read_text()
    rows = page.count("\n| io |")
    broken = [
        ("a static mutex", {**code, "new.c": "static GMutex lock;\n"}, page),
        ("a recursive mutex", {**code, "new.c": "  g_rec_mutex_init (&self->busy);\n"}, page),
        ("a G_LOCK", {**code, "new.c": "G_LOCK_DEFINE_STATIC (here);\n"}, page),
        ("a row without a lock", code, page.replace("\n| io |", "\n| gone | `gone.lock` | nothing | |\n| io |")),
        ("a lock without a row", code, re.sub(r"\n\| io \|.*", "", page)),
        ("a circle", code, page.replace("| the peers of a TURN client | |", "| the peers of a TURN client | flood guard |")),
        ("an unknown lock in the last column", code, page.replace("| the state machine | |", "| the state machine | none |")),
    ]
    results = [("each lock has a row, each row a lock, and the order has no circle", list(problems(code, page))),
               ("the row that is broken below is there", [] if rows == 1 else [f"{rows} rows of io"])]
    results += [(f"{what} is noticed", [] if list(problems(*texts)) else ["it was not"]) for what, *texts in broken]
    print(f"1..{len(results)}")
    for number, (title, found) in enumerate(results, 1):
        print("not ok" if found else "ok", number, "-", title)
        for problem in found:  # meson shows what is in stderr
            print(problem, file=sys.stderr)
    return any(found for _, found in results)


sys.exit(main())
