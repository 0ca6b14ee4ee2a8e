#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3-aioice as the peer: a stack that shares no code with libnice. Both
roles, role conflicts, two components, data both ways, signalled by signals."""

import asyncio
import queue
import threading

import aioice.ice
from icetest import Collector, IceTest, PATIENCE, datagrams, main, push

# no traffic but loopback: aioice leaves 127.0.0.1 out and knows no servers
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Peer:
    """An aioice connection, in a thread of its own."""

    def __init__(self, controlling, components):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._make(controlling, components))

    async def _make(self, controlling, components):
        self.ice = aioice.Connection(ice_controlling=controlling, components=components,
                                     stun_server=None, turn_server=None)

    def begin(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine):
        return self.begin(coroutine).result(PATIENCE)

    def gather(self):
        self.run(self.ice.gather_candidates())
        return ["candidate:" + c.to_sdp() for c in self.ice.local_candidates]

    def set_credentials(self, ufrag, pwd):
        self.ice.remote_username, self.ice.remote_password = ufrag, pwd

    def add(self, text):
        candidate = text and aioice.Candidate.from_sdp(text.removeprefix("candidate:"))
        self.run(self.ice.add_remote_candidate(candidate or None))

    def close(self):
        self.run(self.ice.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


class TestAioice(IceTest):
    def call(self, role, controlling, components=1, candidates_first=False):
        ends = [f"icesrc name=src{c} connection-id=aioice component={c} ! fakesink name=out{c} "
                f"appsrc name=in{c} ! icesink name=sink{c} connection-id=aioice component={c} sync=false"
                for c in range(1, components + 1)]
        pipeline = self.pipeline(" ".join(ends).replace(
            "connection-id=aioice", f"connection-id=aioice role={role} local-addresses=<127.0.0.1>"))
        peer = Peer(controlling, components)
        self.addCleanup(peer.close)
        collectors = [Collector(pipeline[f"out{c}"]) for c in range(1, components + 1)]

        ours = queue.SimpleQueue()
        pipeline["src1"].connect("on-ice-candidate", lambda *a: ours.put(a[1:]))
        pipeline.play()
        peer.set_credentials(pipeline["src1"].get_property("local-ufrag"),
                             pipeline["src1"].get_property("local-pwd"))
        self.signal_ours(ours, peer, components)
        self.signal_theirs(pipeline["src1"], peer, candidates_first)
        connecting = peer.begin(peer.ice.connect())
        pipeline.wait_connected()
        connecting.result(PATIENCE)
        return pipeline, peer, collectors

    def signal_ours(self, ours, peer, components):
        """Each component's candidates, "" once, NULL once."""
        found = []
        while (item := ours.get(timeout=PATIENCE)) != (0, ""):
            self.assertRegex(item[1], r"^candidate:\S+ [12] UDP \d+ 127\.0\.0\.1 \d+ typ host ufrag \S+$")
            found.append(item[1].split()[1])
            peer.add(item[1])
        self.assertEqual(sorted(found), [str(c) for c in range(1, components + 1)])
        peer.add("")
        self.assertEqual(ours.get(timeout=PATIENCE), (0, None))

    def signal_theirs(self, element, peer, candidates_first):
        def credentials():
            self.assertTrue(element.emit("set-remote-credentials", 0,
                                         peer.ice.local_username, peer.ice.local_password))
        if not candidates_first:
            credentials()
        for candidate in peer.gather():
            self.assertIn(" 127.0.0.1 ", candidate)
            self.assertTrue(element.emit("add-ice-candidate", 0, candidate))
        self.assertTrue(element.emit("add-ice-candidate", 0, ""))
        if candidates_first:
            credentials()

    def exchange(self, pipeline, peer, collectors):
        for c, collector in enumerate(collectors, 1):
            there, back = datagrams(f"to aioice {c}"), datagrams(f"from aioice {c}")
            for data in there:
                push(pipeline[f"in{c}"], data)
            for data in there:
                self.assertEqual(peer.run(peer.ice.recvfrom()), (data, c))
            for data in back:
                peer.run(peer.ice.sendto(data, c))
            self.assertEqual(collector.take(len(back)), back)
        for collector in collectors:
            self.assertTrue(collector.is_empty())
        self.assertEqual(pipeline.errors() + pipeline.warnings(), [])

    def test_aioice_controlled(self):
        self.exchange(*self.call("controlling", False))

    def test_aioice_controlling(self):
        self.exchange(*self.call("controlled", True))

    def test_two_components_aioice_controlled(self):
        self.exchange(*self.call("controlling", False, components=2))

    def test_two_components_aioice_controlling(self):
        self.exchange(*self.call("controlled", True, components=2))

    def test_candidates_before_credentials(self):
        self.exchange(*self.call("controlling", False, candidates_first=True))

    def test_both_controlling(self):
        self.exchange(*self.call("controlling", True))

    def test_both_controlled(self):
        self.exchange(*self.call("controlled", False))

    def test_states(self):
        pipeline, peer, _ = self.call("controlling", False)
        states = [m["new"] for m in pipeline.messages("ice-connection-state")]
        if "completed" not in states:
            pipeline.wait(lambda m: m.get_structure() and "completed" in m.get_structure().to_string())
            states = [m["new"] for m in pipeline.messages("ice-connection-state")]
        self.assertEqual(states, ["checking", "connected", "completed"])
        pair, = [m["pair"] for m in pipeline.messages("ice-selected-candidate-pair")]
        self.assertEqual(pair["remote-candidate"].split()[4:6],
                         peer.ice.local_candidates[0].to_sdp().split()[4:6])
        self.assertEqual(pair["state"], "succeeded")
        self.assertTrue(pair["nominated"] and pair["selected"])


if __name__ == "__main__":
    main()
