# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which options the installed coturn knows: those for what is the default by now go."""

import functools
import re
import subprocess

PLAIN = ("--no-cli", "--no-dtls")
NO_DISCOVERY, DISCOVERY = ("--no-rfc5780",), ("--rfc5780",)


@functools.cache
def _known():
    help = subprocess.run(["turnserver", "-h"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    return set(re.findall(r"--[\w-]+", help.stdout + help.stderr))


def options(*names):
    """Those of them that it knows."""
    return [name for name in names if name in _known()]
