# SPDX-License-Identifier: LGPL-2.1-or-later
"""An ICE peer that is sockets and STUN messages, written from RFC 8445 and 8489:
it answers checks, or not, or with errors, and sends those that the test asks for."""

import hashlib
import hmac
import os
import random
import secrets
import socket
import struct
import threading
import time

import forger
from icetest import LOOPBACK, PATIENCE, Gst, close_read_socket, element_message, fields, get_stats, read_datagrams

ROLES = (forger.ICE_CONTROLLED, forger.ICE_CONTROLLING)


def attributes_of(data):
    """The attributes of a STUN message: kind -> value."""
    found, at = {}, forger.HEADER
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        found.setdefault(kind, data[at + 4:at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return found


def until(condition, what, seconds=PATIENCE):
    """What the condition gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return value


class Seen:
    """A message that came: when, to which socket, from where, and what it is."""

    def __init__(self, sock, data, source):
        self.at, self.sock, self.data, self.source = time.monotonic(), sock, data, source
        self.attributes = attributes_of(data) if forger.is_stun(data) else {}

    def has(self, attribute):
        return attribute in self.attributes


class Peer:
    """`code (seen)`: 0 answers a check with success, None not at all, a number
    with that authenticated error."""

    def __init__(self, controlling=False, code=lambda seen: 0, host="127.0.0.1"):
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.controlling, self.code = controlling, code
        self.tie_breaker = os.urandom(8)
        self.theirs = None  # ufrag and password
        self.shown = None  # the address that its answers show; None: where the check came from
        self.sockets = []  # of its TCP connections
        self._readers = {}
        self.checks, self.answers, self.media = [], [], []  # of Seen
        self.sock = self.open(host)

    def open(self, host="127.0.0.1"):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((host, 0))
        self.sockets.append(sock)
        self._readers[sock] = threading.Thread(target=self._read, args=(sock,), daemon=True)
        self._readers[sock].start()
        return sock

    def shut(self, sock):
        """What comes there is lost from now on, without an ICMP error."""
        self.sockets.remove(sock)

    def _read(self, sock):
        for data, source in read_datagrams(sock):
            if sock not in self.sockets:
                continue
            seen = Seen(sock, data, source)
            if not forger.is_stun(data):
                self.take_media(seen)
            elif forger.kind_of(data) == forger.REQUEST:
                self.checks.append(seen)
                self._answer(seen)
            else:
                self.answers.append(seen)

    def take_media(self, seen):
        """What is not STUN, in the thread that reads its socket."""
        self.media.append(seen)

    def _answer(self, seen):
        code = self.code(seen)
        if code is None:
            return
        what = {"id": forger.id_of(seen.data), "password": self.password}
        seen.sock.sendto(forger.success(self.shown or seen.source, **what) if code == 0 else forger.error(code, **what), seen.source)

    def make_check(self, *more, priority=0x6E7F1EFF, id=None):
        role = forger.ICE_CONTROLLING if self.controlling else forger.ICE_CONTROLLED
        attributes = (forger.attribute(forger.USERNAME, f"{self.theirs[0]}:{self.ufrag}".encode())
                      + forger.attribute(forger.PRIORITY, struct.pack("!I", priority))
                      + forger.attribute(role, self.tie_breaker))
        return forger.message(forger.REQUEST, attributes + b"".join(more), password=self.theirs[1], id=id)

    def check(self, there, nominate=False, sock=None, **what):
        """Sends one; its transaction id."""
        id = os.urandom(12)
        more = (forger.attribute(forger.USE_CANDIDATE),) if nominate else ()
        (sock or self.sock).sendto(self.make_check(*more, id=id, **what), there)
        return id

    def line(self, sock=None, priority=2130706431, foundation="1"):
        host, port = (sock or self.sock).getsockname()
        return f"candidate:{foundation} 1 UDP {priority} {host} {port} typ host"

    def close(self):
        for sock, reader in self._readers.items():
            close_read_socket(sock, reader)


class StrictPeer(Peer):
    """A peer that takes RFC 8445 and 8489 at their word: it answers an
    authenticated 400 to what is no connectivity check, 487 by section 7.3.1.1,
    ignores what is not authenticated, and asks for consent itself (RFC 7675).
    `faults` has all that it objected to."""

    def __init__(self, controlling=False, tie_breaker=None):
        self.faults, self.tie_breakers, self.open_checks = [], set(), {}
        self.stopped = threading.Event()
        self.nominated = None  # the socket and the address of the pair that both use
        super().__init__(controlling)
        if tie_breaker is not None:
            self.tie_breaker = struct.pack("!Q", tie_breaker)

    def object(self, seen, what):
        self.faults.append((what, seen.data.hex()))

    def _is_authentic(self, seen, password):
        """FINGERPRINT last, MESSAGE-INTEGRITY before it, both right."""
        data = seen.data
        if len(data) < forger.HEADER + 32 or data[-8:-4] != struct.pack("!HH", forger.FINGERPRINT, 4):
            return False
        if forger.refinger(data) != data:
            return False
        body = data[:-32]
        head = data[:2] + struct.pack("!H", len(body) - forger.HEADER + 24) + data[4:forger.HEADER]
        digest = hmac.new(password.encode(), head + body[forger.HEADER:], hashlib.sha1).digest()
        return data[-32:-8] == forger.attribute(forger.MESSAGE_INTEGRITY, digest)

    def _find_error(self, seen):
        """The code of the error that a request gets; 0: none."""
        has, role = seen.has, [kind for kind in ROLES if seen.has(kind)]
        known = {forger.USERNAME, forger.MESSAGE_INTEGRITY, forger.PRIORITY, forger.USE_CANDIDATE}
        if [kind for kind in seen.attributes if kind < 0x8000 and kind not in known]:
            return 420
        if len(role) != 1 or len(seen.attributes[role[0]]) != 8 or not any(seen.attributes[role[0]]):
            return 400
        if len(seen.attributes.get(forger.PRIORITY, b"")) != 4 or not any(seen.attributes[forger.PRIORITY]):
            return 400
        if has(forger.USE_CANDIDATE) and role[0] != forger.ICE_CONTROLLING:
            return 400
        self.tie_breakers.add(seen.attributes[role[0]])
        if (role[0] == forger.ICE_CONTROLLING) != self.controlling:
            return 0
        # RFC 8445 section 7.3.1.1: the greater tie-breaker controls
        if (self.tie_breaker >= seen.attributes[role[0]]) == self.controlling:
            return 487
        self.controlling = not self.controlling
        return 0

    def _answer(self, seen):
        if not self._is_authentic(seen, self.password):
            return self.object(seen, "a request that is not authentic")
        if seen.attributes.get(forger.USERNAME) != f"{self.ufrag}:{self.theirs[0]}".encode():
            return self.object(seen, "another user name")
        code = self._find_error(seen)
        if code not in (0, 487):
            self.object(seen, f"a request that gets {code}")
        what = {"id": forger.id_of(seen.data), "password": self.password}
        seen.sock.sendto(forger.success(seen.source, **what) if code == 0 else forger.error(code, **what), seen.source)
        if code == 0 and not self.controlling and seen.has(forger.USE_CANDIDATE):
            self.nominated = seen.sock, seen.source
        return None

    def check(self, there, nominate=False, sock=None, **what):
        id = super().check(there, nominate, sock, **what)
        self.open_checks[id] = time.monotonic()
        if nominate:
            self.nominated = sock or self.sock, there
        return id

    def answered(self):
        """The ids of its checks that have an authentic success response."""
        ids = set()
        for seen in list(self.answers):
            if forger.kind_of(seen.data) == forger.INDICATION:
                continue  # a keepalive (RFC 8445 section 11), which needs no integrity
            if not self._is_authentic(seen, self.theirs[1]):
                self.object(seen, "an answer that is not authentic")
            elif forger.id_of(seen.data) not in self.open_checks:
                self.object(seen, "an answer to nothing")
            elif forger.kind_of(seen.data) == forger.SUCCESS:
                ids.add(forger.id_of(seen.data))
        return ids

    def ask_for_consent(self):
        """RFC 7675 section 5.1, on the nominated pair, until stop()."""
        def ask():
            while not self.stopped.wait(5 * random.uniform(0.8, 1.2)):
                sock, there = self.nominated
                self.check(there, self.controlling, sock)
        threading.Thread(target=ask, daemon=True).start()

    def stop(self):
        self.stopped.set()


class End:
    """An end of ours in this process, and that peer."""

    def __init__(self, test, settings="", peer=None):
        self.peer = peer or Peer()
        test.addCleanup(self.peer.close)
        role = "controlled" if self.peer.controlling else "controlling"
        self.pipeline = test.pipeline(
            f"icesrc name=src connection-id=bare{id(self)} {LOOPBACK} role={role} {settings} "
            "! fakesink name=out async=false sync=false signal-handoffs=true "
            f"appsrc name=in is-live=true format=time do-timestamp=true "
            f"! icesink name=snk connection-id=bare{id(self)} sync=false async=false")
        self.ice = self.pipeline["src"]
        self.got = []
        self.pipeline["out"].connect("handoff", lambda _, b, __: self.got.append(b.extract_dup(0, b.get_size())))
        candidates = []
        self.ice.connect("on-ice-candidate", lambda _, stream, text: candidates.append(text))
        self.pipeline.play()
        self.peer.theirs = self.ice.get_property("local-ufrag"), self.ice.get_property("local-pwd")
        words = until(lambda: candidates, "a candidate")[0].split()
        self.there = words[4], int(words[5])

    def connect(self, *socks):
        """Over the peer's only socket, or the first of these."""
        peer = self.peer
        assert self.ice.emit("set-remote-credentials", 0, peer.ufrag, peer.password)
        for i, sock in enumerate(socks or [peer.sock]):
            assert self.ice.emit("add-ice-candidate", 0, peer.line(sock, 2130706431 - i, str(i + 1)))
        assert self.ice.emit("add-ice-candidate", 0, "")
        for sock in socks or [peer.sock]:
            peer.check(self.there, sock=sock)
        if peer.controlling:
            until(lambda: all(p["state"] == "succeeded" for p in self.pairs()), "all pairs succeed")
            peer.check(self.there, True, socks[0] if socks else None)
        until(lambda: self.state() == "completed", "completed")
        return self

    def send(self, data):
        self.pipeline["in"].emit("push-buffer", Gst.Buffer.new_wrapped(data))

    def state(self):
        return self.ice.get_property("ice-transport-state").value_nick

    def role(self):
        return self.ice.get_property("role").value_nick

    def pairs(self):
        return [e for e in get_stats(self.ice).values() if isinstance(e, dict) and e["type"] == "candidate-pair"]

    def selected(self):
        return fields(self.ice.props.selected_candidate_pair)

    def states(self):
        """Those it went to, with the reasons."""
        return [(m["new"], m["reason"]) for m in self.pipeline.messages("ice-transport-state")]

    def wait_state(self, new, timeout=PATIENCE):
        message = self.pipeline.wait(element_message("ice-transport-state", new=new), timeout)
        return fields(message.get_structure())["reason"]
