#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` installs: the modules, where GStreamer looks, that export
only the plugin's entry points; the one of the elements has both. And the header,
with which an application in C is compiled by pkg-config alone and makes a call.

Usage: test-install.py BUILD_ROOT PLUGIN...
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 120  # s
DEVELOPMENT = ["gst-ice-1.0.pc", "ice.h", "iceenums.h"]
WARNINGS = "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"
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
    assert sorted(modules) == sorted([*DEVELOPMENT, *(f"libgst{plugin}.so" for plugin in sys.argv[2:])]), \
        "nothing else is installed"
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
    assert "soup" not in needed, "the elements need nothing of libsoup"

    module = modules["libgstice.so"]

    for element in "icesrc", "icesink":
        output = run("gst-inspect-1.0", element, GST_PLUGIN_PATH=str(module.parent),
                     GST_REGISTRY=f"{folder}/registry")
        assert str(module) in output, f"{element} comes from there"

    # As if it had been installed with that folder as its prefix. Of meson only the
    # path has to change; another --prefix is another build.
    description = modules["gst-ice-1.0.pc"]
    text = description.read_text()
    prefix = re.search("^prefix=(.*)$", text, re.M).group(1)
    description.write_text(text.replace(f"prefix={prefix}", f"prefix={folder}{prefix}"))
    assert (modules["ice.h"].parent == modules["iceenums.h"].parent
            == Path(f"{folder}{prefix}/include/gstreamer-1.0/gst/ice"))
    flags = run("pkg-config", "--cflags", "--libs", "gst-ice-1.0", PKG_CONFIG_PATH=str(description.parent)).split()
    print("flags:", *flags)
    assert not [flag for flag in flags if re.match("-l.*(ice|nice)", flag)], "nothing of gst-ice is linked"
    assert run("pkg-config", "--variable=pluginsdir", "gst-ice-1.0", PKG_CONFIG_PATH=str(description.parent)
               ).strip() == str(module.parent).removeprefix(folder)

    def build_and_run(source):
        program = f"{folder}/{source.stem}"
        run(shutil.which("cc"), *WARNINGS, source, "-o", program, *flags)
        return run(program, GST_PLUGIN_PATH=str(module.parent), GST_REGISTRY=f"{folder}/registry",
                   G_DEBUG="fatal-warnings")

    output = build_and_run(Path(__file__).with_name("call.c"))
    print(output)
    assert re.search("^ice-connection-state [23] checks$", output, re.M), "connected or completed"
    assert int(re.search(r"^packets-received (\d+)$", output, re.M).group(1)) >= 5
    output = build_and_run(Path(__file__).parents[2] / "docs/own-agent.c")  # as docs/c.md has it
    print(output)
    for wanted, n in (("connected", 2), ("eos", 2), ("closed", 2)):
        assert output.splitlines().count(wanted) == n, wanted
