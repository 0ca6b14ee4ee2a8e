# SPDX-License-Identifier: LGPL-2.1-or-later
"""coturn in the internet of a lab, as STUN and TURN server over UDP, TCP and TLS;
and as much of a TURN client (RFC 8656) as asks it for one allocation."""

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import urllib.parse

from lab import INTERNET, PATIENCE, SERVERS
import coturn  # of tests/system

USER, PASSWORD, REALM, NAME = "alice", "sesame", "lab.example", "turn.lab.example"
PORT, TLS_PORT = 3478, 5349
NAMES = f"DNS:{NAME},IP:{SERVERS[4][0]},IP:{SERVERS[6][0]}"
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
COOKIE = 0x2112A442
ALLOCATE, BINDING = 0x0003, 0x0001
USERNAME, INTEGRITY, ERROR_CODE, REALM_, NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
RELAYED, REQUESTED_TRANSPORT = 0x0016, 0x0019
CAN_RUN = shutil.which("turnserver") is not None
WHY_NOT = "needs turnserver (Debian: coturn)"


class Server:
    """One process. With `secret` the user names are times and the passwords are
    made of them (draft-uberti-behave-turn-rest), without there is one user. With
    `discovery` it has a second address, and RFC 5780 answers. A second server of
    the same network is at those addresses, `at=1`."""

    def __init__(self, lab, secret=None, discovery=False, options=(), names=NAMES, at=0):
        self._space, self._secret, self._names, self._at = lab[INTERNET], secret, names, at
        self._options = options
        self._dir = tempfile.mkdtemp(prefix="turn-")
        self.process = None
        try:
            self._make_certificate()
            self.start(discovery)
        except BaseException:
            self.close()
            raise

    def _make_certificate(self):
        self.certificate = os.path.join(self._dir, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName={self._names}",
                        "-keyout", self._path("key.pem"), "-out", self.certificate],
                       check=True, capture_output=True, timeout=PATIENCE)

    def _path(self, name):
        return os.path.join(self._dir, name)

    def start(self, discovery=False):
        """Again, after stop()."""
        addresses = [*SERVERS[4][self._at:1 + self._at + discovery], SERVERS[6][self._at]]
        who = (["--use-auth-secret", "--static-auth-secret", self._secret] if self._secret
               else ["--lt-cred-mech", "--user", f"{USER}:{PASSWORD}"])
        self.process = self._space.start(
            ["turnserver", "-n", *coturn.options(*coturn.PLAIN), "--relay-threads", "1",
             "--listening-port", str(PORT), "--tls-listening-port", str(TLS_PORT), "--realm", REALM,
             *(word for a in addresses for word in ("--listening-ip", a, "--relay-ip", a)),
             "--cert", self.certificate, "--pkey", self._path("key.pem"), "--userdb", self._path("db"),
             "--pidfile", self._path("pid"), "--log-file", "stdout", "--simple-log", *who,
             *self._options,
             *coturn.options(*(coturn.DISCOVERY if discovery else coturn.NO_DISCOVERY))])
        deadline = time.monotonic() + PATIENCE
        while not self._is_up():
            assert time.monotonic() < deadline, self.process.text

    def _is_up(self):
        with self._space.inside(), contextlib.suppress(OSError):
            for version, family in (4, socket.AF_INET), (6, socket.AF_INET6):
                with socket.socket(family, socket.SOCK_DGRAM) as s:
                    s.settimeout(0.1)
                    s.connect((SERVERS[version][self._at], PORT))
                    s.send(struct.pack("!HHI12x", BINDING, 0, COOKIE))
                    s.recv(1500)
                for port in PORT, TLS_PORT:
                    socket.create_connection((SERVERS[version][self._at], port), 1).close()
            return True
        return False

    def credentials(self, lifetime=3600):
        """User and password; with a secret they are good for so many seconds."""
        if not self._secret:
            return USER, PASSWORD
        user = f"{int(time.time() + lifetime)}:{USER}"
        digest = hmac.digest(self._secret.encode(), user.encode(), "sha1")
        return user, base64.b64encode(digest).decode()

    def uris(self, version=4, transports=("udp", "tcp")):
        """What the elements want to know."""
        return [self.uri(t, self._host(version)) for t in transports]

    def uri(self, transport, host=None, credentials=None):
        """One of them. Over TLS the host may be a name."""
        host = host or self._host(4)
        user, password = (urllib.parse.quote(part, safe="") for part in credentials or self.credentials())
        if transport == "tls":
            return f"turns://{user}:{password}@{host}:{TLS_PORT}?transport=tcp"
        return f"turn://{user}:{password}@{host}:{PORT}?transport={transport}"

    def trust(self, certificate=None):
        """What comes before a command whose process is to trust this server, and to
        know its name: only that process sees this /etc."""
        hosts, resolver = self._path("hosts"), self._path("resolv.conf")
        with open(hosts, "w") as file:
            file.write(f"127.0.0.1 localhost\n{SERVERS[4][0]} {NAME}\n{SERVERS[6][0]} {NAME}\n")
        with open(resolver, "w") as file:
            file.write("nameserver 127.0.0.1\n")  # nobody is there
        mounts = " && ".join(f'mount --bind "${i}" {path}' for i, path in enumerate(
            (SYSTEM_CERTIFICATES, "/etc/hosts", "/etc/resolv.conf")))
        return ["unshare", "--mount", "sh", "-c", f'{mounts} && shift 2 && exec "$@"',
                certificate or self.certificate, hosts, resolver]

    def stop(self):
        """As if its machine had no power."""
        self.process.kill()

    def stun(self, version=4):
        return f"stun:{self._host(version)}:{PORT}"

    def _host(self, version):
        return SERVERS[4][self._at] if version == 4 else f"[{SERVERS[6][self._at]}]"

    def close(self):
        if self.process:
            self.process.kill()
        shutil.rmtree(self._dir, ignore_errors=True)


def _attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _attributes(message):
    found, at = {}, 20
    while at < len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        found[kind] = message[at + 4:at + 4 + length]
        at += 4 + length + -length % 4
    return found


def _ask(connection, *attributes, key=None):
    body = b"".join(attributes)
    head = struct.pack("!HHI", ALLOCATE, len(body) + (24 if key else 0), COOKIE) + os.urandom(12)
    if key:
        body += _attribute(INTEGRITY, hmac.digest(key, head + body, "sha1"))
    connection.sendall(head + body)
    return connection.recv(1500)


@contextlib.contextmanager
def _connect(space, transport, certificate, version):
    address = SERVERS[version][0]
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    with space.inside():
        s = socket.socket(family, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
    with s:
        s.settimeout(PATIENCE)
        s.connect((address, TLS_PORT if transport == "tls" else PORT))
        if transport == "tls":
            context = ssl.create_default_context(cafile=certificate)
            s = context.wrap_socket(s, server_hostname=NAME)
        yield s


def allocate(space, credentials, transport="udp", certificate=None, version=4):
    """Asks for an allocation from that namespace: "relayed", or the error's code."""
    user, password = credentials
    wanted = _attribute(REQUESTED_TRANSPORT, b"\x11\0\0\0")
    with _connect(space, transport, certificate, version) as s:
        challenge = _attributes(_ask(s, wanted))
        key = hashlib.md5(f"{user}:{challenge[REALM_].decode()}:{password}".encode()).digest()
        answer = _attributes(_ask(s, wanted, _attribute(USERNAME, user.encode()), _attribute(REALM_, challenge[REALM_]),
                                  _attribute(NONCE, challenge[NONCE]), key=key))
    if RELAYED in answer:
        return "relayed"
    return answer[ERROR_CODE][2] * 100 + answer[ERROR_CODE][3]
