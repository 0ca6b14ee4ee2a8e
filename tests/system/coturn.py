# SPDX-License-Identifier: LGPL-2.1-or-later
"""coturn, and what differs between its versions: its options, for those for what is the
default by now go, and its log."""

import functools
import re
import socket
import struct
import subprocess
import time

from icetest import PATIENCE, free_port

PLAIN = ("--no-cli", "--no-dtls")
COOKIE, BINDING_REQUEST = 0x2112A442, 0x0001
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


def wait_for_an_answer(host, port):
    """Until a server that has just been started is there."""
    deadline = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.1)
        probe.connect((host, port))
        while time.monotonic() < deadline:
            try:
                probe.send(struct.pack("!HHI12x", BINDING_REQUEST, 0, COOKIE))
                return probe.recv(1500)
            except OSError:
                pass
    raise TimeoutError(f"no server answers at {host}:{port}")


def setting(host, port, transport):
    """Of an end that reaches a Turn there."""
    return f'turn-server="turn://u:p@{host}:{port}?transport={transport}"'


class Turn:
    """A TURN server at an address of this machine, which it relays from too."""

    def __init__(self, test, host="127.0.0.1", more=""):
        self.host, self.port = host, free_port(socket.SOCK_DGRAM)
        self.process = test.run_line(
            f"turnserver -n --listening-ip {host} --relay-ip {host} --listening-port {self.port} "
            f"--allow-loopback-peers --no-tls {' '.join(options(*PLAIN))} --lt-cred-mech --user u:p --realm ice "
            f"--userdb {test.path('turn.db')} --pidfile {test.path('turn.pid')} --log-file stdout --simple-log {more}")
        try:
            wait_for_an_answer(host, self.port)
        except TimeoutError:
            raise AssertionError(f"the TURN server does not answer:\n{self.process.text}") from None

    def setting(self, transport="udp"):
        """Of an end that has this server."""
        return setting(self.host, self.port, transport)

    def relay(self, transport="udp"):
        """Settings of an end that has this server and nothing else."""
        return f"{self.setting(transport)} ice-transport-policy=relay"
