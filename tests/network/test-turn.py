#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""TURN over UDP, TCP and TLS with coturn: relayed calls, servers that refuse, what
is refreshed in a long call and given back after it, and servers that die."""

import contextlib
import faulthandler
import re
import shlex
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import calls  # noqa: E402
import coturn  # noqa: E402
import lab  # noqa: E402
import turn  # noqa: E402
from icetest import LONG, PATIENCE, IceTest, main  # noqa: E402

UNREACHABLE = 701
STOP = 3  # seconds; a session waits 1 s for libnice
RELAY = "ice-transport-policy=relay"
TRANSPORTS = ("udp", "tcp", "tls")
PUBLIC = "left/46: internet\nright/46: internet"
SPACING = 0.02  # seconds between two datagrams, end.py; a little more
LOOPBACK = r"(?<![\d.:a-f])(127\.0\.0\.1|::1)(?![\d.:a-f])"


class TurnTest(IceTest):
    def setUp(self):
        super().setUp()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.n_calls = 0

    def network(self, description=PUBLIC):
        return self.stack.enter_context(lab.Lab(description))

    def server(self, network, **options):
        return self.stack.enter_context(contextlib.closing(turn.Server(network, **options)))

    def hosts(self, network, server, certificate=None):
        return {me: self.stack.enter_context(
            contextlib.closing(calls.Host(network, me, server.trust(certificate)))) for me in lab.HOSTS}

    def call(self, hosts, left, right=None, settings=RELAY):
        """`left` and `right` are their TURN servers; the same ones without `right`."""
        self.n_calls += 1
        servers = {"left": left, "right": right or left}
        return calls.Call(hosts, f"call{self.n_calls}", dict.fromkeys(lab.HOSTS, settings),
                          {me: {"turn-servers": uris} for me, uris in servers.items()})

    def complete(self, call, timeout=PATIENCE):
        ends = call.wait_states(("completed", "failed"), timeout)
        self.assertEqual([end and end["new"] for end in ends.values()], ["completed"] * 2)
        connected = call.wait_states(("connected",), 0)
        return max(end["at"] for end in connected.values())

    def errors(self, call, me="left"):
        return call.ask(me, "report", "report")["errors"]


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestCalls(TurnTest):
    def test_relayed(self):
        """Over each transport and IP version; with TCP and TLS by name and by address.
        All is given back afterwards, and none knows of the tunnel."""
        server = self.server(network := self.network(), options=["--verbose"])
        hosts = self.hosts(network, server)
        uris = {f"{t} IPv{v}": server.uris(v, [t])[0] for t in TRANSPORTS for v in (4, 6)}
        uris |= {f"{t} by name": server.uri(t, turn.NAME) for t in ("tcp", "tls")}
        made = {name: self.call(hosts, [uri]) for name, uri in uris.items()}
        for name, call in made.items():
            with self.subTest(name):
                seconds = self.complete(call)
                self.assertTrue(call.exchange())
                pair = call.reports()["left"]["pair"]
                self.assertEqual((pair["local-type"], pair["remote-type"]), ("relay", "relay"))
                print(f"# {name}: connected after {seconds:.2f} s", flush=True)
                for me in lab.HOSTS:
                    event = call.ask(me, "show_all", "shown")
                    for text in event["messages"], event["stats"]:
                        self.assertNotRegex(text, LOOPBACK)
                        self.assertNotIn(turn.PASSWORD, text)
                    self.assertIn(f"'url': '{re.sub('//.*@', '', uris[name])}', 'relay-protocol': '{name.split()[0]}'",
                                  event["stats"])
        before = time.monotonic()
        for call in made.values():
            call.stop()
        self.wait_given_back(server, 2 * len(made))
        print(f"# all given back {time.monotonic() - before:.1f} s after the first was closed", flush=True)

    def wait_given_back(self, server, n):
        deadline = time.monotonic() + PATIENCE
        while len(self.given_back(server)) < n:
            self.assertLess(time.monotonic(), deadline, server.process.text)
            time.sleep(0.05)
        opened = set(coturn.sessions(server.process.text, "new"))
        self.assertEqual(self.given_back(server), opened)

    @staticmethod
    def given_back(server):
        return set(coturn.sessions(server.process.text, "refreshed", "0"))

    def test_time_limited_credentials(self):
        """The user name has a colon; the password is base64."""
        server = self.server(network := self.network(), secret="a secret: +/=?#@")
        hosts = self.hosts(network, server)
        made = [self.call(hosts, [server.uri(t)]) for t in TRANSPORTS]
        expired = [self.call(hosts, [server.uri(t, credentials=server.credentials(-10))]) for t in TRANSPORTS]
        for call in made:
            self.complete(call)
            self.assertTrue(call.exchange())
        for transport, call in zip(TRANSPORTS, expired):
            self.check_refused(call, server, transport)

    def check_refused(self, call, server, transport):
        call.ask("left", "wait_gathered", "gathered")
        error, = self.errors(call)
        self.assertIn(error["error-code"], (401, 441))
        self.assert_contains(error["error-text"], "check the user name and the password", "not expired")
        self.assertTrue(error["url"].startswith("turns:" if transport == "tls" else "turn:"))
        self.assertNotIn("address", error)

    def test_wrong_password(self):
        server = self.server(network := self.network())
        hosts = self.hosts(network, server)
        made = {t: self.call(hosts, [server.uri(t, credentials=(turn.USER, "wrong"))]) for t in TRANSPORTS}
        for transport, call in made.items():
            with self.subTest(transport):
                self.check_refused(call, server, transport)

    def test_one_good_server_is_enough(self):
        """There is an error for each of the others, with the reason. 192.0.2.99 is no host."""
        server = self.server(network := self.network(), names=f"DNS:{turn.NAME}")
        hosts = self.hosts(network, server)
        credentials = f"{turn.USER}:{turn.PASSWORD}"
        bad = {
            f"turns://{credentials}@192.0.2.99:5349": "no route",
            f"turns://{credentials}@{turn.NAME}:5348": "refused the TCP connection",
            f"turn://{credentials}@{turn.NAME}:3477?transport=tcp": "serves TCP there",
            f"turns://{credentials}@192.0.2.1:5349": "another name",
            f"turns://{credentials}@nobody.invalid:5349": "looked up",
            f"turn://{credentials}@192.0.2.99:3478?transport=udp": "did not answer over UDP",
        }
        call = self.call(hosts, [*bad, server.uri("tls", turn.NAME)])
        self.complete(call, 3 * PATIENCE)
        self.assertTrue(call.exchange())
        errors = {e["url"].replace("***", turn.PASSWORD).partition("?")[0]: e for e in self.errors(call)}
        for uri, words in bad.items():
            with self.subTest(words):
                error = errors.pop(uri.partition("?")[0])
                self.assertEqual(error["error-code"], UNREACHABLE)
                self.assert_contains(error["error-text"], words, "gathering continued without it")
        self.assertEqual(errors, {})

    def test_untrusted(self):
        server, other = self.server(network := self.network()), self.path("other.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=x", "-keyout", "/dev/null", "-out", other],
                       check=True, capture_output=True, timeout=PATIENCE)
        call = self.call(self.hosts(network, server, str(other)), [server.uri("tls")])
        call.ask("left", "wait_gathered", "gathered")
        error, = self.errors(call)
        self.assertEqual(error["error-code"], UNREACHABLE)
        self.assert_contains(error["error-text"], "not signed by an authority this system trusts", "update-ca-certificates")


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestDocument(TurnTest):
    def test_launch_lines_run_as_written(self):
        """Those of docs/networks.md with turn-server; the name and the password are the lab's."""
        server = self.server(network := self.network())
        text = (Path(__file__).resolve().parents[2] / "docs/networks.md").read_text().replace("\\\n", " ")
        lines = [shlex.split(line) for line in text.splitlines()
                 if line.startswith("    gst-launch-1.0 ") and "turn-server=" in line]
        self.assertEqual(len(lines), 2)
        ends = []
        for line in lines:
            ends.append(network["left"].start([*server.trust(), *line], cwd=self.dir))
            self.stack.callback(ends[-1].kill)
        for end in ends:
            self.assertEqual(end.wait(), 0, end.text)
        self.assertIn("typ relay", ends[1].text.replace("\\", ""))
        with open(self.path("out"), "rb") as file:
            data = file.read()
        self.assertTrue(data)  # what is on its way when the bye comes is not waited for
        self.assertEqual(data, bytes(i % 256 for i in range(1000)) * (len(data) // 1000))


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestTime(TurnTest):
    def test_a_call(self):
        """Media flows both ways all the time, and no datagram is lost. The long one is
        longer than all that has to be refreshed: permissions (5 minutes), channels and
        allocations (10; coturn gives no shorter ones). The nonce is an old one each
        time."""
        seconds = 660 if LONG else 10
        faulthandler.dump_traceback_later(2 * seconds + 4 * PATIENCE, exit=True)
        server = self.server(network := self.network(), options=["--verbose", "--stale-nonce=60"])
        hosts = self.hosts(network, server)
        made = {t: self.call(hosts, [server.uri(t)]) for t in TRANSPORTS}
        for call in made.values():
            self.complete(call)
        n = int(seconds / SPACING)
        begin = time.monotonic()
        for call in made.values():
            call.take(n)
        for transport, call in made.items():
            with self.subTest(transport):
                for me, numbers in call.taken(2 * seconds + PATIENCE).items():
                    self.assertEqual(len(numbers), n, me)
                    self.assertEqual(numbers, list(range(numbers[0], numbers[0] + n)), me)
                self.assertEqual([call.states(me)[-1][0] for me in lab.HOSTS], ["completed"] * 2)
        refreshed = coturn.sessions(server.process.text, "refreshed", r"[1-9]\d*")
        print(f"# {time.monotonic() - begin:.0f} s: {len(refreshed)} refreshes", flush=True)
        for call in made.values():
            call.stop()
        if LONG:
            self.assertEqual(len(set(refreshed)), 2 * len(TRANSPORTS))
            self.assertIn("error 438: Stale nonce", server.process.text)


@unittest.skipUnless(lab.CAN_RUN, lab.WHY_NOT)
@unittest.skipUnless(turn.CAN_RUN, turn.WHY_NOT)
class TestDeath(TurnTest):
    def test_server_dies(self):
        """Both ends notice; when it is there again a new call can be made."""
        server = self.server(network := self.network())
        hosts = self.hosts(network, server)
        settings = f"{RELAY} disconnected-timeout=2000 failed-timeout=6000 on-failed=none"
        made = {t: self.call(hosts, [server.uri(t)], settings=settings) for t in TRANSPORTS}
        for call in made.values():
            self.complete(call)
        marks = {t: call.mark() for t, call in made.items()}
        server.stop()
        for transport, call in made.items():
            with self.subTest(transport):
                ends = call.wait_states(("failed",), 6 + PATIENCE, marks[transport])
                self.assertTrue(all(ends.values()), [call.states(me) for me in lab.HOSTS])
                for me in lab.HOSTS:
                    states = call.states(me)
                    print(f"# {transport} {me}: {states[marks[transport][me] and 3:]}", flush=True)
        server.start()
        again = {t: self.call(hosts, [server.uri(t)]) for t in TRANSPORTS}
        for call in again.values():
            self.complete(call)
            self.assertTrue(call.exchange())
        begin = time.monotonic()
        for call in (*made.values(), *again.values()):
            call.stop()
        self.assertLess(time.monotonic() - begin, PATIENCE)

    def test_another_server_takes_over(self):
        """By a restart, which asks the servers again."""
        network = self.network()
        servers = [self.server(network, at=i) for i in range(2)]
        hosts = self.hosts(network, servers[0])
        call = self.call(hosts, [s.uri("udp") for s in servers], settings=(
            f"{RELAY} disconnected-timeout=2000 restart-on=disconnected on-failed=none"))
        self.complete(call)
        dead = lab.SERVERS[4].index(call.reports()["left"]["pair"]["local-address"])
        marks = call.mark()
        servers[dead].stop()
        begin = time.monotonic()
        self.assertTrue(all(call.wait_states(("disconnected",), PATIENCE, marks).values()))
        self.assertTrue(all(call.wait_states(("completed",), 3 * PATIENCE, {
            me: i + 1 for me, i in marks.items()}).values()), [call.states(me) for me in lab.HOSTS])
        print(f"# completed again after {time.monotonic() - begin:.1f} s", flush=True)
        self.assertTrue(call.exchange())
        for report in call.reports().values():
            self.assertEqual(report["pair"]["local-address"], lab.SERVERS[4][not dead])
        call.stop()

    def test_a_server_that_stalls_keeps_nobody_waiting(self):
        """In mid-call, and before TLS is agreed on: TCP connects to it all the same."""
        server = self.server(network := self.network())
        hosts = self.hosts(network, server)
        made = {t: self.call(hosts, [server.uri(t)]) for t in TRANSPORTS}
        for call in made.values():
            self.complete(call)
        server.process.signal(signal.SIGSTOP)
        made |= {f"{t}, new": self.call(hosts, [server.uri(t)]) for t in TRANSPORTS}
        for name, call in made.items():
            with self.subTest(name):
                begin = time.monotonic()
                call.stop()
                seconds = time.monotonic() - begin
                print(f"# {name}: both ends were in NULL after {seconds:.1f} s", flush=True)
                self.assertLess(seconds, 2 * STOP)


if __name__ == "__main__":
    main()
