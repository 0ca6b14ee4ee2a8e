#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build with -Dtests=disabled needs no program but compiler, rm, ninja and pkg-config,
and no library but those of the plugin: all others are hidden from it. (meson
itself is a Python program; the build does not look for Python.)

It is a release build without a warning.

Usage: test-bare-build.py SOURCE_ROOT
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = "cc", "ar", "as", "ld", "rm", "ninja", "pkg-config"
MODULES = ("gio-2.0", "glib-2.0", "gstreamer-1.0", "gstreamer-base-1.0", "gstreamer-net-1.0", "gstreamer-video-1.0",
           "json-glib-1.0", "nice")
TIMEOUT = 300  # s


def run(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=TIMEOUT, **options)
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return done.stdout


def find_program(name):
    """In PATH; not ccache in its place, which looks for the compiler in PATH."""
    paths = (Path(folder) / name for folder in os.get_exec_path())
    return next(path for path in paths if os.access(path, os.X_OK) and path.resolve().name != "ccache")


def find_descriptions():
    """The pkg-config files of MODULES and of all that they require."""
    found, left = {}, list(MODULES)
    while left:
        name = left.pop()
        if name not in found:
            found[name] = Path(run("pkg-config", "--variable=pcfiledir", name).strip()) / f"{name}.pc"
            lines = run("pkg-config", "--print-requires", "--print-requires-private", name).splitlines()
            left += [line.split()[0] for line in lines]
    return found


with tempfile.TemporaryDirectory(prefix="gst-ice-bare-") as name:
    folder = Path(name)
    for part in "bin", "pkgconfig":
        (folder / part).mkdir()
    for program in PROGRAMS:
        (folder / "bin" / program).symlink_to(find_program(program))
    for module, path in find_descriptions().items():
        (folder / "pkgconfig" / f"{module}.pc").symlink_to(path)
    environment = {"PATH": str(folder / "bin"), "PKG_CONFIG_LIBDIR": str(folder / "pkgconfig"), "HOME": name,
                   "LC_ALL": "C.UTF-8"}
    for hidden in "python3", "sh", "gst-inspect-1.0", "clang-format":
        assert not shutil.which(hidden, path=environment["PATH"])
    for hidden in "gstreamer-check-1.0", "gstreamer-webrtc-1.0":
        assert subprocess.run(["pkg-config", "--exists", hidden], env=environment).returncode != 0

    meson = [sys.executable, shutil.which("meson")]
    # libnice's own libraries may require libsoup, so it is not hidden
    output = run(*meson, "setup", folder / "build", sys.argv[1], "-Dtests=disabled", "-Dwebrtc=disabled",
               "-Dsoup=disabled", "-Dpackage-name=A package", "-Dpackage-origin=https://example.org/", "--buildtype=release",
               "-Dwerror=true", env=environment)
    print(output[output.index("gst-ice 0"):])
    targets = json.loads(run(*meson, "introspect", "--targets", folder / "build", env=environment))
    built = sorted(target["name"] for target in targets if target["build_by_default"])
    print("built:", *built)
    assert built == ["gstice", "gstice", "gsticenice", "icecore"], "the module and its parts"
    config = (folder / "build/config.h").read_text()
    assert '#define GST_PACKAGE_NAME "A package"' in config
    assert '#define GST_PACKAGE_ORIGIN "https://example.org/"' in config
    run(*meson, "compile", "-C", folder / "build", env=environment)
    assert (folder / "build/ext/nice/libgstice.so").exists()
