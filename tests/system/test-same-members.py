#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A candidate pair has the same members with the same values wherever it is
reported: `selected-candidate-pair`, `candidate-pairs`, get-stats; and another `id`
in another generation."""

import importlib
import time

from icetest import ISOLATED, LOOPBACK, PATIENCE, Collector, IceTest, fields, get_stats, main, push

relay = importlib.import_module("test-relay-consent")

STATS_ONLY = {"type", "timestamp", "transport-id"}  # what get-stats adds to each of its entries
ALWAYS = {"id", "state", "nominated", "selected", "local-candidate", "remote-candidate", "local-type", "remote-type",
          "protocol", "local-address", "local-port", "remote-address", "remote-port", "priority", "requests-sent",
          "requests-received", "responses-sent", "responses-received", "retransmissions-sent"}
OF_SELECTED = {"consent-requests-sent", "current-round-trip-time", "total-round-trip-time", "packets-sent",
               "packets-received", "bytes-sent", "bytes-received", "packets-discarded-on-send"}
MEASURED = {"consent-requests-sent", "current-round-trip-time"}  # what is left out until there is one


class Call:
    def __init__(self, test, name, settings):
        self.ends = []
        for role in ("controlling", "controlled"):
            end = f"connection-id={name}-{role} role={role} {LOOPBACK} {settings}"
            self.ends.append(test.pipeline(
                f"appsrc name=in ! icesink name=snk sync=false {end} icesrc name=ice {end} ! fakesink name=out "
                "async=false sync=false"))
        self.outs = [Collector(end["out"]) for end in self.ends]
        a, b = (end["ice"] for end in self.ends)
        for x, y in ((a, b), (b, a)):
            x.connect("on-ice-candidate", lambda _, stream, text, y=y: text is not None
                      and y.emit("add-ice-candidate", stream, text))
            x.connect("notify::local-pwd", lambda x, _, y=y: self.signal_credentials(x, y))
        for end in self.ends:
            end.play()
        self.signal_credentials(a, b)
        self.signal_credentials(b, a)

    @staticmethod
    def signal_credentials(x, y):
        y.emit("set-remote-credentials", 0, x.get_property("local-ufrag"), x.get_property("local-pwd"))

    def exchange(self):
        for end in self.ends:
            push(end["in"], b"media")
        for out in self.outs:
            out.take(1)


def listed(ice):
    """The pairs of get-stats; candidate-pairs, which Python can not read, is
    compared with them in tests/ext/nice/agent/test-gsticenicegeneration.c."""
    return {key: {member: value for member, value in entry.items() if member not in STATS_ONLY}
            for key, entry in get_stats(ice).items()
            if isinstance(entry, dict) and entry["type"] == "candidate-pair"}


class TestSameMembers(IceTest):
    def look(self, ice, done, what):
        """The selected pair as both report it, with no change in between."""
        deadline = time.monotonic() + PATIENCE
        while True:
            before = listed(ice)
            pair = fields(ice.get_property("selected-candidate-pair"))
            if before == listed(ice) and done(pair):
                return pair, before
            self.assertLess(time.monotonic(), deadline, f"{what}, without {MEASURED - pair.keys()}: {pair}")
            time.sleep(0.02)

    def check(self, call, done, what):
        for end in call.ends:
            pair, pairs = self.look(end["ice"], done, what)
            self.assertEqual(pairs[pair["id"]], pair)
            self.assertEqual([p["id"] for p in pairs.values() if p["selected"]], [pair["id"]])
            self.assertEqual((ALWAYS | OF_SELECTED) - pair.keys(), set(), what)
            for other in pairs.values():
                self.assertLessEqual(ALWAYS, other.keys())
                self.assertGreater(other["priority"], 0)
        return pair

    def use(self, call, what):
        for end in call.ends:
            end.wait_connected()
        call.exchange()
        return self.check(call, lambda p: p["packets-sent"] and MEASURED <= p.keys(), what)

    def test_same_members(self):
        ways = {"auto": "", "none": "offload=none"}
        if ISOLATED:  # else the relay's ports may be somebody else's
            ways["relay"] = relay.Turn(self).relay()
        for name, settings in ways.items():
            with self.subTest(name):
                call = Call(self, name, settings)
                first = self.use(call, name)
                self.assertEqual(first["local-type"], "relay" if name == "relay" else "host")
                call.ends[0]["ice"].emit("restart")
                second = self.check(call, lambda p: p["id"] != first["id"] and MEASURED <= p.keys(),
                                    f"{name}, another id after the restart")
                if name != "relay":  # which gathers anew
                    ends = [(p["local-port"], p["remote-port"]) for p in (first, second)]
                    self.assertEqual(ends[0], ends[1])
                for end in call.ends:
                    end.stop()


if __name__ == "__main__":
    main()
