#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` installs: one module, where GStreamer looks, that exports
only the plugin's entry points and has both elements.

Usage: test-install.py BUILD_ROOT
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 60  # s
ENTRY_POINTS = {"gst_plugin_ice_get_desc", "gst_plugin_ice_register"}


def run(*command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, timeout=TIMEOUT,
                          check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True).stdout


def list_files(root):
    return [path for path in Path(root).rglob("*") if path.is_file()]


with tempfile.TemporaryDirectory(prefix="gst-ice-install-") as folder:
    run("meson", "install", "-C", sys.argv[1], "--no-rebuild", "--destdir", folder)
    files = list_files(folder)
    print("installed:", *(path.relative_to(folder) for path in files))
    assert len(files) == 1, "one file is installed"
    module = files[0]
    assert (module.parent.name, module.name) == ("gstreamer-1.0", "libgstice.so")

    symbols = {line.split()[-1] for line in run(
        "nm", "--dynamic", "--defined-only", "--extern-only", module).splitlines()}
    print("exported:", *sorted(symbols))
    # a sanitizer adds its own
    ours = {name for name in symbols if not name.startswith("__") and name[0] != "_"}
    assert ours == ENTRY_POINTS, "only the entry points are exported"

    for element in "icesrc", "icesink":
        told = run("gst-inspect-1.0", element, GST_PLUGIN_PATH=str(module.parent),
                   GST_REGISTRY=f"{folder}/registry")
        assert str(module) in told, f"{element} comes from there"
