#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libnice's own elements, nicesrc and nicesink, as the peer: data both ways, in
both roles and with both ends in the same, candidate by candidate and all at once,
on IPv4 and IPv6, with two components, and over restarts of either side."""

import itertools
import queue
import threading
import time

import gi

from icetest import PATIENCE, Collector, Gst, IceTest, datagrams, element_message, fields, main, push

gi.require_version("Nice", "0.1")
from gi.repository import GLib, Nice  # noqa: E402

ROLES = [("controlling", False), ("controlled", True), ("controlling", True), ("controlled", False)]
names = itertools.count()
loop = GLib.MainLoop()
threading.Thread(target=loop.run, daemon=True).start()  # the agents' timers


class Peer:
    """A NiceAgent and the pipeline that an application makes for it. Its
    candidates go into `found`, the selected pair as two lines of SDP into `pairs`."""

    def __init__(self, test, controlling, address, components):
        self.agent = Nice.Agent.new_full(GLib.MainContext.default(), Nice.Compatibility.RFC5245,
                                         Nice.AgentOption.NONE)
        self.agent.set_property("upnp", False)
        self.agent.set_property("controlling-mode", controlling)
        where = Nice.Address()
        assert where.set_from_string(address)
        self.agent.add_local_address(where)
        self.stream = self.agent.add_stream(components)
        self.components = range(1, components + 1)
        self.found = queue.SimpleQueue()
        self.pairs = queue.SimpleQueue()
        self.agent.connect("new-candidate-full", lambda _, candidate: self.found.put(self._text(candidate)))
        self.agent.connect("candidate-gathering-done", lambda *_: self.found.put(None))
        self.agent.connect("new-selected-pair-full", lambda _, stream, component, local, remote:
                           self.pairs.put((component, self._text(local), self._text(remote))))
        self.pipeline = test.pipeline(" ".join(
            f"nicesrc name=src{c} ! fakesink name=out{c} sync=false "
            f"appsrc name=in{c} ! nicesink name=sink{c} sync=false async=false" for c in self.components))
        for kind, c in itertools.product(("src", "sink"), self.components):
            element = self.pipeline[f"{kind}{c}"]
            element.set_property("agent", self.agent)
            element.set_property("stream", self.stream)
            element.set_property("component", c)
        self.collectors = [Collector(self.pipeline[f"out{c}"]) for c in self.components]
        self.pipeline.play()

    def _text(self, candidate):
        return self.agent.generate_local_candidate_sdp(candidate).removeprefix("a=")

    def credentials(self):
        got, ufrag, pwd = self.agent.get_local_credentials(self.stream)
        assert got
        return ufrag, pwd

    def hear_credentials(self, ufrag, pwd):
        assert self.agent.set_remote_credentials(self.stream, ufrag, pwd)

    def hear_candidates(self, texts):
        """As an application does that got them in one message."""
        by_component = {}
        for text in texts:
            candidate = self.agent.parse_remote_candidate_sdp(self.stream, f"a={text}")
            assert candidate is not None, text
            # the candidate's own field can not be read from Python
            by_component.setdefault(int(text.split()[1]), []).append(candidate)
        for component, candidates in by_component.items():
            assert self.agent.set_remote_candidates(self.stream, component, candidates) == len(candidates)

    def gather(self):
        assert self.agent.gather_candidates(self.stream)

    def restart(self):
        """New credentials, the same candidates; they are not signalled again."""
        assert self.agent.restart_stream(self.stream)

    def wait_ready(self):
        deadline = time.monotonic() + PATIENCE
        while not all(self.agent.get_component_state(self.stream, c) == Nice.ComponentState.READY
                      for c in self.components):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def candidates(self):
        return [self._text(candidate) for c in self.components
                for candidate in self.agent.get_local_candidates(self.stream, c)]


class Call:
    """Our end, the peer, and the application between them."""

    def __init__(self, test, role, controlling, trickle=True, address="127.0.0.1", components=1, only=None):
        """`only`: words of candidates, (ours, the peer's), that the other side gets to know."""
        self.test = test
        self.only = only or ("", "")
        self.trickle = trickle
        end = f"connection-id=nice{next(names)}"
        self.pipeline = test.pipeline(" ".join(
            f"icesrc name=src{c} {end} component={c} ! fakesink name=out{c} sync=false "
            f"appsrc name=in{c} ! icesink name=sink{c} {end} component={c} sync=false"
            for c in range(1, components + 1)).replace(end, f'{end} role={role} trickle={trickle} '
                                                            f'ice-tcp={only is not None} local-addresses=<"{address}">'))
        self.ice = self.pipeline["src1"]
        self.collectors = [Collector(self.pipeline[f"out{c}"]) for c in range(1, components + 1)]
        self.found = queue.SimpleQueue()
        self.ice.connect("on-ice-candidate", lambda _, stream, text: self.found.put(text))
        self.peer = Peer(test, controlling, address, components)

    def connect(self):
        self.pipeline.play()
        self.peer.gather()
        self.signal_ours()
        self.signal_theirs(iter(lambda: self.peer.found.get(timeout=PATIENCE), None))
        self.wait_completed()

    def signal_ours(self):
        self.peer.hear_credentials(self.ice.get_property("local-ufrag"), self.ice.get_property("local-pwd"))
        # libnice takes no end of candidates
        ours = (text for text in iter(lambda: self.found.get(timeout=PATIENCE), None)
                if text and self.only[0] in text)
        if self.trickle:
            for text in ours:
                self.peer.hear_candidates([text])
        else:
            self.peer.hear_candidates(list(ours))

    def signal_theirs(self, candidates):
        candidates = candidates if self.trickle else list(candidates)
        self.test.assertTrue(self.ice.emit("set-remote-credentials", 0, *self.peer.credentials()))
        for text in candidates:
            if self.only[1] in text:
                self.test.assertTrue(self.ice.emit("add-ice-candidate", 0, text), text)
        if self.trickle:
            self.test.assertTrue(self.ice.emit("add-ice-candidate", 0, ""))

    def wait_completed(self):
        """Of the peer too: what its nicesink gets before it has a pair is lost."""
        self.pipeline.wait(element_message("ice-connection-state", new="completed"))
        self.peer.wait_ready()

    def exchange(self, label=""):
        """Datagrams both ways, on each component; all come, in order, and nothing else."""
        for ours, theirs, way in ((self.pipeline, self.peer.collectors, "to"),
                                  (self.peer.pipeline, self.collectors, "from")):
            for c, collector in enumerate(theirs, 1):
                sent = datagrams(f"{way} nicesrc {c} {label}")
                for data in sent:
                    push(ours[f"in{c}"], data)
                self.test.assertEqual(collector.take(len(sent)), sent)
        for collector in self.collectors + self.peer.collectors:
            self.test.assertTrue(collector.is_empty())
        self.check_quiet()

    def check_quiet(self):
        for pipeline in self.pipeline, self.peer.pipeline:
            self.test.assertEqual(pipeline.errors() + pipeline.warnings(), [])

    def check_pairs(self):
        """The selected pairs are the peer's, seen from the other end."""
        theirs = {}
        while not self.peer.pairs.empty():
            component, *pair = self.peer.pairs.get()
            theirs[component] = pair
        for component, (local, remote) in theirs.items():
            pair = fields(self.pipeline[f"src{component}"].get_property("selected-candidate-pair"))
            self.test.assertEqual([pair["remote-address"], str(pair["remote-port"])], local.split()[4:6])
            self.test.assertEqual([pair["local-address"], str(pair["local-port"])], remote.split()[4:6])
            self.test.assertEqual(pair["state"], "succeeded")
            self.test.assertTrue(pair["nominated"])
        self.test.assertEqual(sorted(theirs), list(self.peer.components))

    def stop(self):
        self.pipeline.stop()
        self.peer.pipeline.stop()


class TestForeignNice(IceTest):
    def test_roles(self):
        for (role, controlling), trickle in itertools.product(ROLES, (True, False)):
            with self.subTest(role=role, nice_controlling=controlling, trickle=trickle):
                call = Call(self, role, controlling, trickle)
                call.connect()
                call.exchange()
                call.check_pairs()
                states = [m["new"] for m in call.pipeline.messages("ice-connection-state")]
                self.assertEqual(states, ["checking", "connected", "completed"])
                call.stop()

    def test_ipv6(self):
        call = Call(self, "controlling", False, address="::1")
        call.connect()
        call.exchange()
        call.check_pairs()

    def test_tcp(self):
        """Active and passive, and both at once; the peer closes no connection."""
        for (role, controlling), only in itertools.product(
                ROLES[:2], [("tcptype active", "tcptype passive"), ("tcptype passive", "tcptype active"),
                            ("tcptype", "tcptype")]):
            for address in "127.0.0.1", "::1":
                with self.subTest(role=role, ours=only[0], address=address):
                    call = Call(self, role, controlling, address=address, only=only)
                    call.connect()
                    for i in range(3):
                        call.exchange(i)
                    pair = fields(call.ice.get_property("selected-candidate-pair"))
                    self.assertEqual((pair["protocol"], pair["state"]), ("tcp", "succeeded"))
                    call.stop()

    def test_simultaneous_open(self):
        """libnice gathers no such candidates (RFC 6544 section 4.1); a peer's are no harm."""
        call = Call(self, "controlling", False, only=("", " UDP "))
        self.assertTrue(call.ice.emit("gather-candidates"))
        self.assertTrue(call.ice.emit("add-ice-candidate", 0, "candidate:9 1 TCP 1 127.0.0.1 9 typ host tcptype so"))
        call.connect()
        call.exchange()
        self.assertEqual(fields(call.ice.get_property("selected-candidate-pair"))["protocol"], "udp")
        texts = [m["candidate"] for m in call.pipeline.messages("ice-candidate") if m["candidate"]]
        self.assertEqual([text for text in texts if "tcptype so" in text], [])

    def test_two_components(self):
        for role, controlling in ROLES[:2]:
            with self.subTest(role=role):
                call = Call(self, role, controlling, components=2)
                call.connect()
                call.exchange()
                call.check_pairs()
                call.stop()

    def test_peer_restarts(self):
        for role, controlling in ROLES[:2]:
            with self.subTest(role=role):
                call = Call(self, role, controlling)
                call.connect()
                for i in range(3):
                    ufrag = call.ice.get_property("local-ufrag")
                    call.peer.restart()
                    call.signal_theirs(call.peer.candidates())
                    self.assertNotEqual(call.ice.get_property("local-ufrag"), ufrag)
                    call.signal_ours()
                    call.wait_completed()
                    call.exchange(f"after restart {i}")
                call.stop()

    def test_we_restart(self):
        for role, controlling in ROLES[:2]:
            with self.subTest(role=role):
                call = Call(self, role, controlling)
                call.connect()
                for i in range(3):
                    self.assertTrue(call.ice.emit("restart"))
                    call.peer.restart()
                    call.signal_ours()
                    call.signal_theirs(call.peer.candidates())
                    call.wait_completed()
                    call.exchange(f"after restart {i}")
                call.stop()

    def test_peer_goes_away(self):
        """Its sockets close; consent shows that, and the reason is in the message."""
        call = Call(self, "controlling", False)
        for name in "src1", "sink1":
            call.pipeline[name].set_property("disconnected-timeout", 1000)
            call.pipeline[name].set_property("failed-timeout", 3000)
            call.pipeline[name].set_property("on-failed", "none")
        call.connect()
        call.exchange()
        call.peer.pipeline.stop()
        closed = threading.Event()
        call.peer.agent.close_async(lambda *_: closed.set())
        self.assertTrue(closed.wait(PATIENCE))
        call.peer.agent.remove_stream(call.peer.stream)
        call.pipeline.wait(element_message("ice-connection-state", new="disconnected", reason="consent-missing"))
        call.pipeline.wait(element_message("ice-connection-state", new="failed", reason="consent-expired"))
        call.check_quiet()


if __name__ == "__main__":
    main()
