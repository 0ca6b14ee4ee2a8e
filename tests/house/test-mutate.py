#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mutate.py on a small project: what it finds, that it goes on where it stopped, and
that it leaves the sources alone.

Usage: test-mutate.py MUTATE
"""
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 250  # s

MESON = """project('tiny', 'c')
test('small', executable('test-small', 'test-small.c', 'gst/ice/model/small.c'), suite: 'core')
"""
CODE = """int is_small (int value);
int is_used (int value);
int is_unused (int value);

int
is_small (int value)
{
  return value < 3;
}

int
is_used (int value)
{
  return value == 7 && value > 3;
}

int
is_unused (int value)
{
  return value == 9;
}
"""
# It does not try 3, so that no mutation of is_small() is noticed.
TEST = """int is_small (int value);
int is_used (int value);

int
main (void)
{
  return is_small (4) || !is_small (1) || !is_used (7) || is_used (5);
}
"""
EXPECTED = {
    "8:16: < -> <=: survived",
    "8:18: 3 -> 4: survived",
    "8:18: 3 -> 2: survived",
    "14:16: == -> !=: noticed by small",
    "14:19: 7 -> 8: noticed by small",
    "14:19: 7 -> 6: noticed by small",
    "14:21: && -> ||: noticed by small",
    "14:30: > -> >=: same object",
    "14:32: 3 -> 4: same object",
    "14:32: 3 -> 2: same object",
    "20:16: == -> !=: not executed",
    "20:19: 9 -> 10: not executed",
    "20:19: 9 -> 8: not executed",
}
SUMMARY = "gst/ice/model                   10     40 %             3"


def mutate(source, *options):
    return subprocess.run(
        [sys.executable, sys.argv[1], "--source", source, "--directory", source / "build-mutate", *options],
        timeout=TIMEOUT, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout.splitlines()


def read(source):
    return {path: path.read_text() for path in (source / "meson.build", source / "test-small.c", *source.glob("gst/**/*.c"))}


with tempfile.TemporaryDirectory(prefix="gst-ice-mutate-") as folder:
    source = Path(folder).resolve()
    code = source / "gst/ice/model/small.c"
    code.parent.mkdir(parents=True)
    code.write_text(CODE)
    (source / "meson.build").write_text(MESON)
    (source / "test-small.c").write_text(TEST)
    before = read(source)

    lines = mutate(source, code)
    print(*lines, sep="\n")
    found = {line.removeprefix("gst/ice/model/small.c:") for line in lines if line.startswith("gst/ice/model/small.c:")}
    assert found == EXPECTED, found ^ EXPECTED
    assert SUMMARY in lines
    assert read(source) == before, "the sources are as they were"

    again = mutate(source, code)
    assert not any(line.startswith("gst/ice/model/small.c:") for line in again), "nothing is tried twice"
    assert SUMMARY in again

    # a better test: what survived is tried again, and nothing else
    (source / "test-small.c").write_text(TEST.replace("is_small (4)", "is_small (3)"))
    better = mutate(source, code)
    tried = [line for line in better if line.startswith("gst/ice/model/small.c:")]
    assert sum(":8:" in line for line in tried) >= 3 and not any(":14:" in line for line in tried), tried
    assert "gst/ice/model/small.c:8:16: < -> <=: noticed by small" in tried

    sample = mutate(source, "--sample", "4", "--seed", "1", code)
    assert sample == mutate(source, "--sample", "4", "--seed", "1", code), "the seed decides"
    assert any(line.split()[:2] == ["gst/ice/model", "4"] for line in sample)
