#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/packaging.md has the options that there are, and the folder `debian` that its
lines make fits what meson installs and what tests/setup.sh installs.

Usage: test-packaging.py BUILD_ROOT
"""
import fnmatch
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = sys.argv[1]
PAGE = (ROOT / "docs/packaging.md").read_text()
TIMEOUT = 300  # s
SKIPPED = 77


def run(*command, **options):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=TIMEOUT, **options).stdout


def read_options():
    """Of meson_options.txt: {name: default}; the default of a feature is that of its kind."""
    text = re.sub("^#.*$", "", (ROOT / "meson_options.txt").read_text(), flags=re.M)
    return {name: re.search("value: '(.*?)'", rest).group(1)
            for name, rest in re.findall(r"option\('([\w-]+)',(.*?)(?=option\(|\Z)", text, re.S)}


def check_options():
    section = PAGE.split("\n## Options\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\S+)` \| `?(.*?)`? ?\| \S", section, re.M)
    assert dict(rows) == read_options(), (rows, read_options())


def make_folder(folder):
    """What the lines of the page make of it, without those that install, build and check."""
    section = PAGE.split("\n## A Debian source package\n")[1]
    section = section[section.index("The upstream source"):section.index("Install the build dependencies")]
    lines = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    ") or not line)
    clone = folder / "clone"
    run("git", "clone", "-q", "--no-hardlinks", ROOT, clone)
    run("sh", "-euc", lines, cwd=clone, env={"PATH": "/usr/bin:/bin", "DEBFULLNAME": "A Packager",
                                            "DEBEMAIL": "packager@example.org"})
    return next(folder.glob("gst-ice-*")) / "debian"


def read_paragraphs(path):
    """{name: value} of each paragraph, its lines joined."""
    for paragraph in re.split(r"\n\n+", path.read_text().strip()):
        text = re.sub(r"\n\s+", " ", paragraph)
        yield dict(re.findall(r"^([\w-]+): *(.*)$", text, re.M))


def check_folder(debian):
    source, *packages = read_paragraphs(debian / "control")
    names = [package["Package"] for package in packages]
    needed = {word.split()[0] for word in source["Build-Depends"].split(", ")} - {"debhelper-compat"}
    assert needed <= set((ROOT / "tests/setup.sh").read_text().split()), needed
    for package in packages:
        assert package["Description"] and package["Architecture"] == "any"

    patterns = {path.stem: path.read_text().split() for path in debian.glob("*.install")}
    assert sorted(patterns) == sorted(names)
    # with the prefix and libdir of Debian
    found = {re.sub(r"^.*?/(lib/)", r"usr/\1", path) if "/lib/" in path else re.sub("^.*?/include/", "usr/include/", path)
             for path in json.loads(run("meson", "introspect", "--installed", BUILD)).values()}
    if not any("webrtc" in path for path in found):
        del patterns["gstreamer1.0-icewebrtc"]
    if not any("soup" in path for path in found):
        del patterns["gstreamer1.0-icesoup"]
    for path in found:
        owners = [name for name, globs in patterns.items() for glob in globs
                  if fnmatch.fnmatch(path, glob) or fnmatch.fnmatch(path, glob + "/*")]
        assert len(owners) == 1, (path, owners)
    for name, globs in patterns.items():
        for glob in globs:
            assert any(fnmatch.fnmatch(path, glob) or fnmatch.fnmatch(path, glob + "/*") for path in found), (name, glob)
    for path in (debian / "gstreamer1.0-ice.docs").read_text().split():
        assert (ROOT / path).is_file()
    options = set(re.findall(r"-D([\w-]+)=", (debian / "rules").read_text()))
    assert options <= set(read_options()), options


check_options()
if not (ROOT / ".git").exists():
    print("no git repository: the lines of the page need one")
    sys.exit(SKIPPED)
with tempfile.TemporaryDirectory(prefix="gst-ice-packaging-") as name:
    check_folder(make_folder(Path(name)))
