#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copies the built-in signalling's lines between each two callers. Usage: relay.py PORT"""
import contextlib
import select
import socket
import sys
import threading


def copy(source, target):
    with contextlib.suppress(OSError):  # one of them is gone
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def has_left(caller):
    poll = select.poll()
    poll.register(caller, select.POLLRDHUP)
    return bool(poll.poll(0))


server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
waiting = None
while True:
    caller, _ = server.accept()
    if waiting is None or has_left(waiting):
        waiting = caller
        continue
    for pair in (waiting, caller), (caller, waiting):
        threading.Thread(target=copy, args=pair, daemon=True).start()
    waiting = None
