#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`stun-server`: what is asked, and which candidate or which error comes of each
way to answer. The server is written from RFC 8489 (and RFC 3489, for old ones)."""

import secrets
import socket
import struct
import subprocess
import threading
import time
import zlib

from forger import COOKIE, attribute, id_of, is_stun
from icetest import ISOLATED, LOOPBACK, PATIENCE, IceTest, element_message, fields, get_stats, main
from peer import Peer

OUTSIDE = ("203.0.113.7", 40000)
LIES = ("198.51.100.66", 6666)
SUCCESS, ERROR = 0x101, 0x111
MAPPED_ADDRESS, ERROR_CODE, XOR_MAPPED_ADDRESS, FINGERPRINT = 1, 9, 0x20, 0x8028
SOURCE_ADDRESS, CHANGED_ADDRESS, OLD_XOR_MAPPED_ADDRESS, SOFTWARE = 4, 5, 0x8020, 0x8022
RESPONSE_ORIGIN, OTHER_ADDRESS = 0x802B, 0x802C
UNREACHABLE = 701
QUICK = 1.5  # seconds; nothing to wait for
SILENCE = 2  # seconds until a server that does not answer is given up
TR = 15  # seconds, RFC 8445 section 5.1.1.4


def address(kind, where, id=None):
    """With an id: XORed with the cookie and it."""
    family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
    raw = struct.pack("!H", where[1]) + socket.inet_pton(family, where[0])
    if id is not None:
        key = struct.pack("!I", COOKIE) + id
        raw = bytes(a ^ b for a, b in zip(raw, key[:2] + key))
    return attribute(kind, struct.pack("!BB", 0, 1 if family == socket.AF_INET else 2) + raw)


def answer(request, body, kind=SUCCESS, fingerprint=False):
    body += b"" if not fingerprint else attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(
        struct.pack("!HH", kind, len(body) + 8) + request[4:20] + body) ^ 0x5354554E))
    return struct.pack("!HH", kind, len(body)) + request[4:20] + body


def mapped(request, where=OUTSIDE, more=b"", **options):
    return answer(request, address(XOR_MAPPED_ADDRESS, where, id_of(request)) + more, **options)


def error(request, code, more=b""):
    return answer(request, attribute(ERROR_CODE, struct.pack("!HBB", 0, code // 100, code % 100) + b"no") + more, ERROR)


def plain(*kinds):
    return b"".join(address(kind, OUTSIDE if kind == MAPPED_ADDRESS else ("192.0.2.1", 3478)) for kind in kinds)


def flipped(data):
    return data[:-1] + bytes([data[-1] ^ 1])


class Server:
    """`how` gives for a request what is answered: datagrams, or (datagram, seconds
    later), or (datagram, None) from another address. `requests`: (when, data, from)."""

    def __init__(self, test, how, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket, self._other = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        self._socket.bind((host, port))
        self._other.bind((host, 0))
        self._how = how
        self.port, self.requests = self._socket.getsockname()[1], []
        self.uri = f"stun:{host if family == socket.AF_INET else f'[{host}]'}:{self.port}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        test.addCleanup(self._stop)

    def _run(self):
        while True:
            data, sender = self._socket.recvfrom(2048)
            if not data:
                return
            self.requests.append((time.monotonic(), data, sender))
            for item in self._how(data):
                reply, later = item if isinstance(item, tuple) else (item, 0)
                if later:
                    timer = threading.Timer(later, self._send, (self._socket, reply, sender))
                    timer.daemon = True
                    timer.start()
                else:
                    self._send(self._other if later is None else self._socket, reply, sender)

    @staticmethod
    def _send(sock, reply, sender):
        try:
            sock.sendto(reply, sender)
        except OSError:
            pass  # closed meanwhile

    def _stop(self):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()
        self._other.close()

    @property
    def ids(self):
        return [id_of(data) for _, data, _ in self.requests]


def only_with_cookie(request):
    return [mapped(request)] if is_stun(request) else []


def meet(peer, element):
    """By new credentials, as each generation has."""
    peer.ufrag, peer.password = secrets.token_hex(4), secrets.token_hex(16)
    assert element.emit("set-remote-credentials", 0, peer.ufrag, peer.password)
    assert element.emit("add-ice-candidate", 0, peer.line())


# name: what is answered to a request; the address of the candidate, or a code and
# words of the error; in seconds
WAYS = {
    "only what has the magic cookie": (only_with_cookie, OUTSIDE),
    "XOR-MAPPED-ADDRESS": (lambda r: [mapped(r)], OUTSIDE),
    "with FINGERPRINT": (lambda r: [mapped(r, fingerprint=True)], OUTSIDE),
    "RFC 3489": (lambda r: [answer(r, plain(MAPPED_ADDRESS))], OUTSIDE),
    "RFC 3489, all it has": (lambda r: [answer(r, plain(MAPPED_ADDRESS, SOURCE_ADDRESS, CHANGED_ADDRESS))], OUTSIDE),
    "both, and they differ": (lambda r: [mapped(r, more=address(MAPPED_ADDRESS, LIES))], OUTSIDE),
    "as coturn": (lambda r: [mapped(r, more=plain(RESPONSE_ORIGIN, OTHER_ADDRESS) + attribute(SOFTWARE, b"x"),
                                    fingerprint=True)], OUTSIDE),
    "a comprehension-required attribute": (
        lambda r: [mapped(r, more=attribute(0x7FF0, b"abcd"))], (UNREACHABLE, "the attribute 0x7FF0")),
    "the address of an old draft": (
        lambda r: [answer(r, address(OLD_XOR_MAPPED_ADDRESS, OUTSIDE, id_of(r)))], (UNREACHABLE, "without an address")),
    "from elsewhere": (lambda r: [(mapped(r), None)], (UNREACHABLE, "did not answer from its own address", "127.0.0.1 port")),
    "from elsewhere, then itself": (lambda r: [(mapped(r, LIES), None), mapped(r)], OUTSIDE),
    "three times": (lambda r: [mapped(r)] * 3, OUTSIDE),
    "twice, and they differ": (lambda r: [mapped(r), mapped(r, LIES)], OUTSIDE),
    "after 1.2 s": (lambda r: [(mapped(r), 1.2)], OUTSIDE),
    "too late": (lambda r: [(mapped(r), 2.5)], (UNREACHABLE, "did not answer: check host and port")),
    "port 0": (lambda r: [mapped(r, ("203.0.113.7", 0))], (UNREACHABLE, "203.0.113.7 port 0")),
    "0.0.0.0": (lambda r: [mapped(r, ("0.0.0.0", 5))], (UNREACHABLE, "0.0.0.0 port 5", "no host can be reached")),
    "multicast": (lambda r: [mapped(r, ("224.0.0.251", 5353))], (UNREACHABLE, "224.0.0.251 port 5353")),
    "broadcast": (lambda r: [mapped(r, ("255.255.255.255", 5))], (UNREACHABLE, "255.255.255.255 port 5")),
    "IPv6 for IPv4": (lambda r: [mapped(r, ("2001:db8::7", 40000))], (UNREACHABLE, "2001:db8::7 port 40000")),
    "no address": (lambda r: [answer(r, attribute(SOFTWARE, b"x"))], (UNREACHABLE, "without an address")),
    "300": (lambda r: [error(r, 300, address(0x8023, LIES))], (300, "Try Alternate", "name that other server")),
    "400": (lambda r: [error(r, 400)], (400, "Bad Request")),
    "401": (lambda r: [error(r, 401, attribute(0x14, b"realm") + attribute(0x15, b"nonce"))],
            (401, "requires a user name and a password")),
    "420": (lambda r: [error(r, 420, attribute(10, struct.pack("!H", 3)))], (420, "Unknown Attribute")),
    "500 three times": (lambda r: [error(r, 500)] * 3, (500, "Server Error")),
    "an error without a code": (lambda r: [answer(r, b"", ERROR)], (UNREACHABLE, "an unknown error code")),
    "a wrong FINGERPRINT": (lambda r: [flipped(mapped(r, fingerprint=True))],
                            (UNREACHABLE, "not valid STUN messages")),
    "cut": (lambda r: [mapped(r)[:-4]], (UNREACHABLE, "not valid STUN messages")),
    "cut, then whole": (lambda r: [mapped(r)[:-4], mapped(r)], OUTSIDE),
    "another transaction": (lambda r: [mapped(r[:12] + bytes(8))], (UNREACHABLE, "did not answer: check")),
    "another transaction, then the right one": (
        lambda r: [mapped(r[:19] + bytes([r[19] ^ 1]), LIES), mapped(r)], OUTSIDE),
    "without the cookie": (lambda r: [mapped(r)[:4] + bytes(4) + mapped(r)[8:]], (UNREACHABLE, "did not answer")),
    "other words": (lambda r: [b"hello", b"", bytes(20), b"\xff" * 1400, mapped(r)], OUTSIDE),
    "never": (lambda r: [], (UNREACHABLE, "did not answer: check host and port")),
}


class Gatherer(IceTest):
    def gather(self, server, settings=LOOPBACK):
        return self.pipeline(f"icesrc name=ice stun-server={server.uri} {settings} ! fakesink").play()

    def wait_gathered(self, pipeline, n=1):
        while len([m for m in pipeline.messages("ice-candidate") if m["candidate"] == ""]) < n:
            pipeline.wait(element_message("ice-candidate", candidate=""))

    def candidates(self, pipeline, kind="srflx"):
        """In the order in which they were reported, as words."""
        texts = [m["candidate"] for m in pipeline.messages("ice-candidate")]
        return [text.split() for text in texts if text and f" typ {kind}" in text]

    def addresses(self, pipeline):
        return [(words[4], int(words[5])) for words in self.candidates(pipeline)]

    def wait_requests(self, server, n, timeout=PATIENCE):
        end = time.monotonic() + timeout
        while len(server.requests) < n:
            self.assertLess(time.monotonic(), end, f"{len(server.requests)} requests, not {n}")
            time.sleep(0.01)


class TestStunServers(Gatherer):
    def make_peer(self, shown):
        peer = Peer()
        self.addCleanup(peer.close)
        peer.shown = shown
        return peer

    # answers

    def test_ways(self):
        """All at the same time: some wait for a server that is silent."""
        made = {name: Server(self, how) for name, (how, _) in WAYS.items()}
        pipelines = {name: self.gather(server) for name, server in made.items()}
        with self.within(SILENCE + QUICK, "gathering"):
            for pipeline in pipelines.values():
                self.wait_gathered(pipeline)
        for name, pipeline in pipelines.items():
            with self.subTest(name):
                self.check_way(pipeline, made[name], WAYS[name][1])

    def check_way(self, pipeline, server, expected):
        errors = pipeline.messages("ice-candidate-error")
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])
        if expected == OUTSIDE:
            self.assertEqual((self.addresses(pipeline), errors), ([OUTSIDE], []))
            return
        code, *words = expected
        self.assertEqual(self.addresses(pipeline), [])
        self.assertEqual([(e["url"], e["error-code"], e["stream"]) for e in errors], [(server.uri, code, 0)])
        self.assert_contains(errors[0]["error-text"], f'"127.0.0.1:{server.port}"', "gathering continued without it", *words)
        host = self.candidates(pipeline, "host")[0]
        self.assertEqual((errors[0].get("address"), errors[0].get("port")),
                         (None, None) if code == UNREACHABLE else (host[4], int(host[5])))

    # requests

    def test_request(self):
        """A header with the cookie, from the candidate's port, three times in 2 s."""
        server = Server(self, lambda request: [])
        pipeline = self.gather(server)
        with self.within(SILENCE + 0.5, "gathering"):
            self.wait_gathered(pipeline)
        times, requests, senders = zip(*server.requests)
        self.assertEqual(len(requests), 3)
        self.assertEqual(set(requests), {struct.pack("!HHI", 1, 0, COOKIE) + id_of(requests[0])})
        host = self.candidates(pipeline, "host")[0]
        self.assertEqual({sender[1] for sender in senders}, {int(host[5])})
        for before, after, expected in zip(times, times[1:], (0.5, 1)):
            self.assertAlmostEqual(after - before, expected, delta=0.2)

    def test_ids_are_chance(self):
        """Of each transaction; the first word of a transport's is the same one."""
        server = Server(self, only_with_cookie)
        self.wait_gathered(self.gather(server, "local-addresses=<127.0.0.1,127.0.0.2,127.0.0.3>"
                                       if self.add_addresses(3) else LOOPBACK))
        for _ in range(5):  # of two ids, one octet in 256 is the same by chance
            self.wait_gathered(self.gather(server))
        rest = [id[4:] for id in server.ids]
        self.assertEqual(len(set(rest)), len(rest))
        for place in range(8):  # no octet that is always the same
            self.assertGreater(len({id[place] for id in rest}), 1, server.ids)

    def test_candidate(self):
        """RFC 8445 sections 5.1.1.3, 5.1.2.1; RFC 8839 section 5.1."""
        server = Server(self, only_with_cookie)
        settings = f"connection-id=two stun-server={server.uri} {LOOPBACK}"
        pipeline = self.pipeline(f"icesrc name=ice {settings} ! fakesink icesrc {settings} component=2 ! fakesink").play()
        self.wait_gathered(pipeline)
        hosts = {words[1]: words for words in self.candidates(pipeline, "host")}
        found = {words[1]: words for words in self.candidates(pipeline)}
        self.assertEqual(sorted(found), ["1", "2"])
        for component, words in found.items():
            host = hosts[component]
            self.assertEqual(words[2:8], ["UDP", words[3], *map(str, OUTSIDE), "typ", "srflx"])
            self.assertEqual(words[8:12], ["raddr", host[4], "rport", host[5]])
            self.assertEqual(int(words[3]) >> 24, 100)
            self.assertEqual(int(words[3]) & 0xFFFFFF, int(host[3]) & 0xFFFFFF)
        self.assertEqual(len({words[0] for words in found.values()}), 1)
        self.assertNotIn(found["1"][0], [words[0] for words in hosts.values()])

    def test_no_nat(self):
        """No candidate like its base, and no error."""
        server = Server(self, lambda r: [mapped(r, server.requests[-1][2][:2])])
        pipeline = self.gather(server)
        with self.within(QUICK, "gathering"):
            self.wait_gathered(pipeline)
        self.assertEqual((self.addresses(pipeline), pipeline.messages("ice-candidate-error")), ([], []))

    def test_relay_only_asks_nobody(self):
        server = Server(self, only_with_cookie)
        self.wait_gathered(self.gather(server, f"{LOOPBACK} ice-transport-policy=relay "
                                               "turn-server=turn://u:p@127.0.0.1:1?transport=tcp"))
        self.assertEqual(server.requests, [])

    def test_no_way_to_it(self):
        server = Server(self, only_with_cookie, "::1")
        pipeline = self.gather(server)
        with self.within(QUICK, "gathering"):
            self.wait_gathered(pipeline)
        errors = pipeline.messages("ice-candidate-error")
        self.assertEqual([e["error-code"] for e in errors], [UNREACHABLE])
        self.assert_contains(errors[0]["error-text"], "could not be reached: there is no route to it")

    # several

    def add_addresses(self, n):
        if not ISOLATED:
            return False
        for i in range(2, n + 1):
            subprocess.run(["ip", "address", "replace", f"127.0.0.{i}/8", "dev", "lo"], check=True, timeout=QUICK)
        return True

    def test_several_addresses(self):
        """Each has its own; where one of them is answered the server has not failed."""
        if not self.add_addresses(3):
            self.skipTest("adds addresses: needs a network namespace")
        server = Server(self, lambda r: [] if server.requests[-1][2][0] == "127.0.0.3"
                        else [mapped(r, ("203.0.113." + server.requests[-1][2][0][-1], 40000))])
        pipeline = self.gather(server, "local-addresses=<127.0.0.1,127.0.0.2,127.0.0.3>")
        self.wait_gathered(pipeline)
        found = self.candidates(pipeline)
        self.assertEqual({words[4]: words[9] for words in found},
                         {"203.0.113.1": "127.0.0.1", "203.0.113.2": "127.0.0.2"})
        self.assertEqual(len({words[0] for words in found}), 2)  # foundations
        self.assertEqual(pipeline.messages("ice-candidate-error"), [])

    def test_name_with_both_versions(self):
        """`localhost` is ::1 and 127.0.0.1: each is asked from its own."""
        six = Server(self, lambda r: [mapped(r, ("2001:db8::7", 40000))], "::1")
        four = Server(self, only_with_cookie, port=six.port)
        four.uri = f"stun:localhost:{six.port}"
        pipeline = self.gather(four, "local-addresses=<127.0.0.1,::1>")
        self.wait_gathered(pipeline)
        self.assertEqual(sorted(self.addresses(pipeline)), [("2001:db8::7", 40000), OUTSIDE])
        self.assertEqual({words[4]: words[9] for words in self.candidates(pipeline)},
                         {"2001:db8::7": "::1", OUTSIDE[0]: "127.0.0.1"})
        self.assertEqual(pipeline.messages("ice-candidate-error"), [])

    def test_nat64(self):
        """Of an IPv6 address it makes an IPv4 one."""
        pipeline = self.gather(Server(self, only_with_cookie, "::1"), "local-addresses=<::1>")
        self.wait_gathered(pipeline)
        self.assertEqual([words[4:10] for words in self.candidates(pipeline)],
                         [[*map(str, OUTSIDE), "typ", "srflx", "raddr", "::1"]])
        self.assertEqual(pipeline.messages("ice-candidate-error"), [])

    def test_tcp(self):
        """A NAT that translates addresses one by one does so with TCP."""
        server = Server(self, only_with_cookie)
        pipeline = self.gather(server, f"{LOOPBACK} ice-tcp=true")
        self.wait_gathered(pipeline)
        hosts, kinds = ({words[words.index("tcptype") + 1]: words for words in self.candidates(pipeline, kind)
                         if words[2] == "TCP"} for kind in ("host", "srflx"))
        self.assertEqual(sorted(kinds), sorted(hosts))
        for kind, words in kinds.items():
            self.assertEqual((words[4], words[5]), (OUTSIDE[0], hosts[kind][5]))
            self.assertLess(int(words[3]), int(hosts[kind][3]))

    # meanwhile and afterwards

    def test_closed_in_a_handler(self):
        """Of the error, or of the candidate; nothing is reported after that."""
        for how, signal in ((lambda r: [error(r, 500)] * 2, "on-ice-candidate-error"),
                            (lambda r: [mapped(r)] * 2, "on-ice-candidate")):
            with self.subTest(signal):
                server, closed = Server(self, how), []
                pipeline = self.pipeline(f"icesrc name=ice stun-server={server.uri} {LOOPBACK} ! fakesink")
                pipeline["ice"].connect(signal, lambda ice, *_: closed.append(ice.emit("close")))
                pipeline.play()
                pipeline.wait(element_message("ice-transport-state", new="closed"))
                time.sleep(0.6)  # and no request is repeated
                self.assertEqual((len(closed), pipeline.messages("ice-gathering-state")[-1]["new"]), (1, "gathering"))
                self.assertLessEqual(len(server.requests), 1)

    def test_restarted_while_asking(self):
        """The new generation gets the candidate, once, and before its end."""
        server = Server(self, lambda r: [(mapped(r), 0.4)])
        pipeline = self.gather(server)
        self.wait_requests(server, 1)
        self.assertTrue(pipeline["ice"].emit("restart"))
        self.wait_gathered(pipeline)
        texts = [m["candidate"] for m in pipeline.messages("ice-candidate")]
        ufrag = f" ufrag {pipeline['ice'].get_property('local-ufrag')}"
        self.assertEqual([" typ srflx" in text for text in texts if text and ufrag in text], [False, True])
        self.assertEqual(len(self.candidates(pipeline)), 1)
        self.assertLess(max(i for i, text in enumerate(texts) if text and ufrag in text), texts.index(""))

    def test_type_of_pair(self):
        """An address that a check and the STUN server show is `srflx`, whichever comes
        first; libnice alone takes it for peer-reflexive."""
        for delay in 0, 0.7:
            with self.subTest(delay):
                server = Server(self, lambda r: [(mapped(r), delay)])
                peer = self.make_peer(OUTSIDE)
                pipeline = self.pipeline(
                    f"appsrc ! icesink name=ice stun-server={server.uri} {LOOPBACK} role=controlling sync=false").play()
                if delay == 0:
                    self.wait_gathered(pipeline)
                meet(peer, pipeline["ice"])
                pipeline.wait_connected()
                self.wait_gathered(pipeline)
                ice = pipeline["ice"]
                signalled = " ".join(self.candidates(pipeline)[0])
                pair = [p for p in get_stats(ice).values() if isinstance(p, dict) and p.get("selected")]
                self.assertEqual([p["local-type"] for p in pair], ["srflx"])
                self.assertIn(pair[0]["local-candidate"].split(" ufrag")[0], signalled)
                if delay == 0:
                    selected = fields(ice.get_property("selected-candidate-pair"))
                    self.assertEqual(selected["local-type"], "srflx")
                    self.assertIn(selected["local-candidate"].split(" ufrag")[0], signalled)

    def test_kept_alive_and_restarted(self):
        """RFC 8445 section 5.1.1.4, for as long as it may be of use. A restart in
        place asks anew where nobody has kept the address."""
        places = iter([OUTSIDE, ("203.0.113.8", 40001)])
        used = Server(self, lambda r: [mapped(r, next(places))])
        idle = Server(self, only_with_cookie)
        closed = Server(self, only_with_cookie)
        waiting, gone = self.gather(idle), self.gather(closed)
        peer = self.make_peer(("127.0.0.1", 9))  # another address than the server sees
        connected = self.pipeline(
            f"appsrc ! icesink name=ice stun-server={used.uri} {LOOPBACK} role=controlling sync=false").play()
        for pipeline in waiting, gone, connected:
            self.wait_gathered(pipeline)
        start = idle.requests[0][0]
        gone.stop()
        meet(peer, connected["ice"])
        connected.wait_connected()

        connected["ice"].emit("restart")  # the address is a moment old
        self.wait_gathered(connected, 2)
        self.assertEqual(self.addresses(connected), [OUTSIDE] * 2)
        self.assertEqual(len(used.requests), 1)
        meet(peer, connected["ice"])
        connected.wait(element_message("ice-selected-candidate-pair"))

        self.wait_requests(idle, 2, TR + 2)
        self.assertAlmostEqual(idle.requests[1][0] - start, TR, delta=0.5)
        self.assertEqual(len(set(idle.ids)), 2)
        time.sleep(0.7)  # and more than one interval of a retransmission
        self.assertEqual([len(server.requests) for server in (idle, used, closed)], [2, 1, 1])

        connected["ice"].emit("restart")
        self.wait_gathered(connected, 3)
        self.assertEqual(len(set(used.ids)), 2)
        self.assertEqual(self.addresses(connected), [OUTSIDE] * 2 + [("203.0.113.8", 40001)])
        self.assertEqual([p.messages("ice-candidate-error") for p in (waiting, connected)], [[], []])


if __name__ == "__main__":
    main()
