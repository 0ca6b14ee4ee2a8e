#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` installs: the modules, where GStreamer looks, that export
only the plugin's entry points; the one of the elements has both.

Usage: test-install.py BUILD_ROOT PLUGIN...
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 60  # s
ENTRY_POINTS = "gst_plugin_{}_get_desc", "gst_plugin_{}_register"


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
    modules = {path.name: path for path in files}
    assert sorted(modules) == sorted(f"libgst{plugin}.so" for plugin in sys.argv[2:]), "nothing else is installed"
    for plugin in sys.argv[2:]:
        path = modules[f"libgst{plugin}.so"]
        assert path.parent.name == "gstreamer-1.0"
        symbols = {line.split()[-1] for line in run(
            "nm", "--dynamic", "--defined-only", "--extern-only", path).splitlines()}
        print("exported:", *sorted(symbols))
        # a sanitizer adds its own
        ours = {name for name in symbols if not name.startswith("__") and name[0] != "_"}
        assert ours == {name.format(plugin) for name in ENTRY_POINTS}, "only the entry points are exported"
    needed = run("nm", "--dynamic", "--undefined-only", modules["libgstice.so"])
    assert "webrtc" not in needed, "the elements need nothing of gst-plugins-bad"

    module = modules["libgstice.so"]

    for element in "icesrc", "icesink":
        told = run("gst-inspect-1.0", element, GST_PLUGIN_PATH=str(module.parent),
                   GST_REGISTRY=f"{folder}/registry")
        assert str(module) in told, f"{element} comes from there"
