# SPDX-License-Identifier: LGPL-2.1-or-later
"""What differs between versions of coturn: its options, for those for what is the default
by now go, and its log."""

import functools
import re
import subprocess

PLAIN = ("--no-cli", "--no-dtls")
NO_DISCOVERY, DISCOVERY = ("--no-rfc5780",), ("--rfc5780",)


@functools.cache
def _known():
    help = subprocess.run(["turnserver", "-h"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return set(re.findall(r"--[\w-]+", help.stdout + help.stderr))


def sessions(log, what, lifetime=r"\d+"):
    """The sessions whose allocation is `what`, "new" or "refreshed", with such a
    lifetime; each as often as it is in the log. 4.18 names a session at a line's end."""
    words = rf"{what}, realm=.* lifetime={lifetime}\b"
    return [before or after for before, after in
            re.findall(rf"session (\d+): {words}|allocation {words}.*\(session (\d+)\)", log)]


def options(*names):
    """Those of them that it knows."""
    return [name for name in names if name in _known()]
