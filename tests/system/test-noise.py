#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a good call prints: gst-launch-1.0 -v each change once, GST_DEBUG by level."""

import re
import subprocess
import time
from pathlib import Path

from coturn import Turn
from icetest import ISOLATED, IceTest, main

DOCS = Path(__file__).resolve().parents[2] / "docs"
TRANSPORTS = [(stream, component) for stream in (0, 1) for component in (1, 2)]
PWDS = ["Listening+password+0123456789", "Calling+password+0123456789ab"]
ADDRESSES = "local-addresses=<127.0.0.1>"
MANY = 'local-addresses=<"10.66.0.0/24","fd66::/64">'  # 6 addresses
TEN = 'local-addresses=<"10.66.0.0/16","fd66::/64">'
LISTS = ["local-candidates", "remote-candidates", "candidate-pairs"]
SELECTED = r"nominated\=\(boolean\)true\,\ selected\=\(boolean\)true"
LEVELS = {3: "WARN", 4: "INFO", 5: "DEBUG", 6: "LOG"}


def setUpModule():
    for host in range(1, 5):
        for network in 0, 1:
            subprocess.run(["ip", "address", "add", f"10.66.{network}.{host}/32", "dev", "lo"], check=ISOLATED)
    for host in 1, 2:
        subprocess.run(["ip", "address", "add", f"fd66::{host}/128", "dev", "lo", "nodad"], check=ISOLATED)


class TestNoise(IceTest):
    def run_ends(self, options, receive, send, **env):
        """Both ends of a call, until both have ended."""
        ends = []
        for line, mode, pwd in (receive, "listener", PWDS[0]), (send, "caller", PWDS[1]):
            settings = f"signalling-uri=unix://{self.path('line')}?mode={mode} local-pwd={pwd}"
            ends.append(self.run_line(["gst-launch-1.0", *options, *line.replace("SETTINGS", settings).split()],
                                      env={"GST_DEBUG_NO_COLOR": "1", "GST_DEBUG_FILE": self.path(f"{mode}.log"), **env}))
        self.assert_ends_well(*ends)
        return ends

    def call(self, level, more=ADDRESSES, receive="", send=""):
        """The debug lines of both ends. `receive` and `send`: elements beside icesrc and icesink."""
        self.run_ends(["-q"],
                      f"icesrc name=receiver connection-id=receiver {more} SETTINGS ! fakesink sync=false async=false {receive}",
                      "fakesrc num-buffers=50 is-live=true datarate=100000 sizetype=fixed sizemax=700 do-timestamp=true ! "
                      f"icesink name=sender connection-id=sender sync=false {more} SETTINGS {send}", GST_DEBUG=f"ice*:{level}")
        return [self.read(f"{mode}.log").decode().splitlines() for mode in ("listener", "caller")]

    def test_levels(self):
        counts = {}
        for level in LEVELS:
            for lines, name, pwd in zip(self.call(level), ("receiver", "sender"), PWDS):
                with self.subTest(name, level=level):
                    counts[name, level] = len(lines)
                    text = "\n".join(lines)
                    for secret in PWDS:
                        self.assertNotIn(secret, text)
                    if level == 4:
                        self.check_story(text, name)
                    datagrams = re.findall(rf" LOG +ice(?:src|sink) .*<{name}> a datagram of 700 bytes", text)
                    self.assertEqual(len(datagrams), 50 if level == 6 else 0)
        for name in "receiver", "sender":
            with self.subTest(name):
                self.assertEqual(counts[name, 3], 0)
                self.assertLessEqual(counts[name, 4], 35)
                self.assertGreaterEqual(counts[name, 5], counts[name, 4] + 5)
                self.assertLessEqual(counts[name, 5], 100)

    def test_other_calls(self):
        """Calls in both directions, and over a relay."""
        secret = "Secret--of-the-server"
        turn = Turn(self, more=f"--user u:{secret}")
        relay = f'{ADDRESSES} turn-server="turn://u:{secret}@{turn.host}:{turn.port}" ice-transport-policy=relay'
        both = {"receive": "fakesrc num-buffers=50 is-live=true sizetype=fixed sizemax=9 ! icesink connection-id=receiver sync=false",
                "send": "icesrc connection-id=sender ! fakesink async=false sync=false"}
        for what in {}, both, {"more": relay}, {"more": relay, **both}:
            for level, most in (3, 0), (4, 40), (6, 1000):
                for lines in self.call(level, **what):
                    with self.subTest(level=level, **what):
                        text = "\n".join(lines)
                        self.assertLessEqual(len(lines), most, text)
                        for password in *PWDS, secret:
                            self.assertNotIn(password, text)

    def check_story(self, text, name):
        transport = f"<{name}-stream0-component1>"
        for line in (f"<{name}> uses agent {name}, transport {transport[1:-1]}",
                     rf"<{name}> generation 0, local ufrag \S+", rf"<{name}> stream 0: local candidate:1 1 UDP",
                     f"<{name}> stream 0: local end of candidates", f"<{name}> all local candidates are gathered",
                     rf"<{name}> stream 0: remote ufrag \S+", f'<{name}> stream 0: remote "candidate:1 1 UDP',
                     f"<{name}> stream 0: remote end of candidates", rf"{transport} new -> checking \(checks\)",
                     rf"{transport} pair 127.0.0.1 port \d+ host -> 127.0.0.1 port \d+ host: succeeded, nominated",
                     rf"{transport} selected 127.0.0.1 port \d+", rf"{transport} checking -> connected \(checks\)",
                     rf"<{name}> connected -> completed \(checks\)", rf"<{name}> \w+ -> closed \(closed\)"):
            self.assertEqual(len(re.findall(line, text)), 1, f"{line}:\n{text}")

    def test_many_addresses(self):
        """No warning with six addresses either, and the pairs that fail or wait add few lines."""
        if not ISOLATED:
            self.skipTest("this network cannot be changed")
        for level, most in (3, 0), (4, 120):
            for lines in self.call(level, MANY):
                self.assertLessEqual(len(lines), most, "\n".join(lines))

    def call_verbosely(self, addresses):
        """Four transports of one agent. Of each end: its output, and (element, property, value) of each line."""
        receive, send = (" ".join(text.format(f"name=ice{stream}{component} stream={stream} component={component} "
                                              f"connection-id=all {addresses} SETTINGS")
                                  for stream, component in TRANSPORTS)
                         for text in ("icesrc {} ! fakesink sync=false",
                                      "fakesrc num-buffers=150 is-live=true datarate=100000 sizetype=fixed sizemax=1000 "
                                      "do-timestamp=true ! icesink sync=false {}"))
        for process in self.run_ends(["-v"], receive, send):
            yield process.text, re.findall(r"^/GstPipeline:pipeline0/GstIce\w+:(\w+): ([\w-]+) = (.*)$", process.text, re.M)

    def test_verbose(self):
        """With six addresses where this test has a network of its own: before candidate-pairs was limited, the two ends wrote
        7.4 MB; with each change while pairs are checked, 400 kB."""
        for text, found in self.call_verbosely(MANY if ISOLATED else ADDRESSES):
            size = {name: sum(len(value) for _, n, value in found if n == name) for name in {n for _, n, _ in found}}
            self.assertLess(len(text), 150000, size)
            for name in "ice-connection-state", "ice-gathering-state":
                printed = [element for element, n, text in found if n == name]
                self.assertEqual(len(set(printed)), 1, "only the agent's first element prints it")
            for name in "ice-connection-state", "ice-gathering-state", "remote-ufrag":
                values = [value for _, n, value in found if n == name]
                self.assertTrue(values, name)
                for before, after in zip(values, values[1:]):
                    self.assertNotEqual(before, after, name)
            for stream, component in TRANSPORTS:
                element = f"ice{stream}{component}"
                states = [value for e, n, value in found if (e, n) == (element, "ice-transport-state")]
                self.assertEqual(states[:2], ["checking", "connected"])
                pairs = [value for e, n, value in found if (e, n) == (element, "candidate-pairs")]
                self.assertLessEqual(len(pairs), 30)
                for value in pairs:  # none while pairs are checked
                    self.assertIn(SELECTED, value)
                if "GstIceSrc" in text:  # the sender can end within 100 ms
                    self.assertTrue(pairs)

    def test_duplex(self):
        """Of two elements of one transport, icesrc prints its pairs."""
        ends = f"icesrc name=receiver connection-id=one {ADDRESSES} SETTINGS ! fakesink sync=false async=false " \
               "fakesrc num-buffers=COUNT is-live=true datarate=100000 sizetype=fixed sizemax=1000 do-timestamp=true ! " \
               "icesink name=sender connection-id=one sync=false"
        for process in self.run_ends(["-v"], ends.replace("COUNT", "150"), ends.replace("COUNT", "150")):
            printed = re.findall(r"^/GstPipeline:pipeline0/GstIce\w+:(\w+): ([\w-]+) = ", process.text, re.M)
            self.assertIn(("receiver", "candidate-pairs"), printed)
            self.assertIn(("receiver", "selected-candidate-pair"), printed)
            self.assertNotIn(("sender", "candidate-pairs"), printed)
            self.assertNotIn(("sender", "selected-candidate-pair"), printed)
            for element in "receiver", "sender":
                self.assertIn((element, "ice-transport-state"), printed)

    def test_excluded(self):
        """gst-launch-1.0 -X, as in docs/reference.md."""
        options = re.search(r"`(-X candidate-pairs)`", (DOCS / "reference.md").read_text())[1].split()
        for process in self.run_ends(["-v", *options], f"icesrc {ADDRESSES} SETTINGS ! fakesink sync=false",
                                     f"fakesrc num-buffers=5 sizetype=fixed ! icesink sync=false {ADDRESSES} SETTINGS"):
            self.assertIn(": selected-candidate-pair = ", process.text)
            self.assertNotIn(": candidate-pairs = ", process.text)

    def test_candidates(self):
        """Of 40 candidates at each end, not each is printed with all before it (73 kB of -v for local-candidates, and as much
        for remote-candidates), and the last value is printed."""
        if not ISOLATED:
            self.skipTest("this network cannot be changed")
        begun = time.monotonic()
        for text, found in self.call_verbosely(TEN):
            most = 5 + (time.monotonic() - begun) / 0.1  # one in 100 ms, and before states
            values = {name: [value for _, n, value in found if n == name] for name in LISTS}
            print(f"# {len(text)} bytes:", *(f"{name} {len(values[name])} times {sum(map(len, values[name]))} bytes"
                                             for name in LISTS))
            self.assertLess(len(text), 200000)  # 4 transports with 68 pairs each: 60 kB an array
            for name in LISTS[:2]:
                self.assertLessEqual(len(values[name]), most, name)
                self.assertEqual(values[name][-1].count("candidate:"), 40, name)


if __name__ == "__main__":
    main()
