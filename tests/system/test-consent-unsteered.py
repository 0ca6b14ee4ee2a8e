#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consent on UDP pairs where the system does not steer datagrams: a sandbox
(seccomp) that refuses it plays that system."""

import ctypes
import errno
import importlib
import platform
import socket
import struct
import sys
import unittest

from icetest import ISOLATED, LOOPBACK, IceTest, get_stats, main
from turnserver import ALLOCATE, RELAYED, TurnServer

relay = importlib.import_module("test-relay-consent")
late = importlib.import_module("test-restart-signalled-late")
stun = importlib.import_module("test-stun-servers")

SO_ATTACH_REUSEPORT_CBPF = 51  # asm-generic/socket.h
SETSOCKOPT = {"x86_64": 54, "aarch64": 208, "riscv64": 208}.get(platform.machine())
# i386's C library sets options by socketcall(), whose arguments no filter reads.
NEEDED = "needs seccomp, and setsockopt() as a system call of its own"


def refuse_steering():
    """For this thread and those it starts. Whether that worked."""
    no_new_privileges, set_filter, by_program = 38, 22, 2  # PR_..., SECCOMP_MODE_FILTER
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.ENOPROTOOPT
    load, jump, give = 0x20, 0x15, 0x06  # BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ, BPF_RET
    if SETSOCKOPT is None:
        return False
    code = b"".join(struct.pack("=HBBI", *step) for step in (
        (load, 0, 0, 0), (jump, 0, 3, SETSOCKOPT),  # seccomp_data: nr
        (load, 0, 0, 32), (jump, 0, 1, SO_ATTACH_REUSEPORT_CBPF),  # args[2]
        (give, 0, 0, refuse), (give, 0, 0, allow)))
    steps = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(steps)))
    prctl = ctypes.CDLL(None).prctl
    return prctl(no_new_privileges, 1, 0, 0, 0) == 0 and prctl(set_filter, by_program, program, 0, 0) == 0


@unittest.skipUnless(refuse_steering(), NEEDED)
class TestUnsteered(relay.CarriedByAgent, IceTest):
    def make(self, direction, settings="", peer_settings=""):
        return relay.Call(self, direction, settings, peer_settings)

    def check_kind(self, call):
        self.assertEqual((call.pair()["protocol"], call.pair()["local-type"]), ("udp", "host"))

    def test_is_refused(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            with self.assertRaises(OSError) as refused:
                s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, bytes(16))
        self.assertEqual(refused.exception.errno, errno.ENOPROTOOPT)


@unittest.skipUnless(refuse_steering(), NEEDED)
class TestStunServerUnsteered(stun.Gatherer):
    """libnice sends the requests: up to 0.1.22 without the cookie (RFC 3489)."""

    def gather_from(self, how):
        """(whether the requests have the cookie, addresses, errors)"""
        server = stun.Server(self, how)
        pipeline = self.gather(server, LOOPBACK)
        self.wait_gathered(pipeline)
        cookie, = {request[4:8] == struct.pack("!I", stun.COOKIE) for _, request, _ in server.requests}
        return cookie, self.addresses(pipeline), [e["error-code"] for e in pipeline.messages("ice-candidate-error")]

    def test_server_of_rfc_3489(self):
        how = lambda request: [stun.answer(request, stun.plain(stun.MAPPED_ADDRESS))]  # noqa: E731
        self.assertEqual(self.gather_from(how)[1:], ([stun.OUTSIDE], []))

    def test_strict_server(self):
        cookie, *found = self.gather_from(stun.only_with_cookie)
        self.assertEqual(found, [[stun.OUTSIDE], []] if cookie else [[], [stun.UNREACHABLE]])

    def test_server_of_candidate(self):
        """libnice shows it for those of the STUN server, and beside it of a TURN server."""
        server = stun.Server(self, lambda request: [stun.answer(request, stun.plain(stun.MAPPED_ADDRESS))])
        turn = TurnServer(self, {ALLOCATE: lambda r: turn.allocate(r, mapped=("198.51.100.1", 1000))})
        pipeline = self.gather(server, f"{LOOPBACK} turn-server={turn.uri()}")
        self.wait_gathered(pipeline)
        found = {(e["candidate-type"], e["address"]): (e.get("url"), e.get("relay-protocol"))
                 for e in get_stats(pipeline["ice"]).values()
                 if isinstance(e, dict) and e["type"] == "local-candidate"}
        url = f"turn:127.0.0.1:{turn.port}?transport=udp"
        self.assertEqual(found, {
            ("host", "127.0.0.1"): (None, None), ("srflx", stun.OUTSIDE[0]): (server.uri, None),
            ("srflx", "198.51.100.1"): (url, None), ("relay", RELAYED[0]): (url, "udp")})


@unittest.skipUnless(refuse_steering(), NEEDED)
@unittest.skipUnless(ISOLATED, "needs a network namespace")
class TestRestartSignalledLate(late.Networks, IceTest):
    def test_one_restart(self):
        """Made anew each time: the old agent goes on answering."""
        self.run_calls([late.Call(self, role, ("always",)) for role in ("controlling", "controlled")], late.LATE[-1])


if __name__ == "__main__":
    if sys.argv[1:2] == ["end"]:
        relay.consent.end(*sys.argv[2:])
    else:
        main()
