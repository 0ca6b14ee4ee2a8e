# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls between left and right of a lab, as the test sees them."""

import collections
import json
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from pathlib import Path

from lab import HOSTS, PATIENCE

END = str(Path(__file__).with_name("end.py"))
OTHER = dict(zip(HOSTS, reversed(HOSTS)))


class Host:
    """The process in a host that has the ends of all its calls."""

    def __init__(self, lab, name, before=()):
        self.process = lab[name].start([*before, sys.executable, END], stdin=subprocess.PIPE)
        self._more = threading.Condition()
        self._events = collections.defaultdict(list)  # by call
        self._ended = False
        threading.Thread(target=self._listen, daemon=True).start()
        self.wait(None, lambda e: e["event"] == "ready")

    def _listen(self):
        for line in self.process.lines(None):
            if not line.startswith('{"'):
                continue
            event = json.loads(line)
            with self._more:
                self._events[event.get("call")].append(event)
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def order(self, order, call, *arguments):
        self.process.write_line(json.dumps([order, call, *arguments]))

    def events(self, call):
        with self._more:
            return list(self._events[call])

    def wait(self, call, match, timeout=PATIENCE, since=0):
        """The first of a call's events that matches, from number `since` on."""
        def find():
            return next((e for e in self._events[call][since:] if match(e)), None)
        with self._more:
            self._more.wait_for(lambda: self._ended or find(), timeout)
            assert find() or not self._ended, self.process.text
            return find()

    def ask(self, order, call, answer, *arguments, timeout=PATIENCE):
        since = len(self.events(call))
        self.order(order, call, *arguments)
        event = self.wait(call, lambda e: e["event"] == answer, timeout, since)
        assert event, f"no answer to {order}:\n{self.process.text}"
        return event

    def output(self):
        """What it wrote beside events, such as warnings."""
        return [line for line in self.process.text.splitlines() if not line.startswith('{"')]

    def close(self):
        self.process.kill()


class Line:
    """What the built-in signalling of two ends goes over: a Unix socket in a folder
    of its own, so that no two calls meet, whatever their names."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="line-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = f"{folder}/line"
        self.listener = self.caller = f"unix://{self._path}"
        self.listener += "?mode=listener"
        self.caller += "?mode=caller"


class TappedLine(Line):
    """`text` is what both ends wrote."""

    def __init__(self):
        super().__init__()
        self.text = ""
        self.caller = f"unix://{self._path}-tapped?mode=caller"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"{self._path}-tapped")
        self._listening.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        caller, listener = self._listening.accept()[0], socket.socket(socket.AF_UNIX)
        while listener.connect_ex(self._path) != 0:
            time.sleep(0.01)  # it is not there yet
        other = {caller: listener, listener: caller}
        while True:
            for end in select.select(list(other), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                self.text += data.decode()
                other[end].sendall(data)


class Call:
    """left waits for right on a Unix socket; either may be controlling."""

    def __init__(self, hosts, name, settings, arrays, controlling="left", line=None, code=None, media=True):
        """`settings` and `arrays` of each end: a piece of a launch line, and lists by name;
        `code` of those that have some: lines of Python about `ice`; without `media` nothing is
        sent. `name` is another one for each call that the hosts have at the same time."""
        self.name, self._hosts = name, hosts
        self._line = line = line or Line()
        for me, uri in zip(HOSTS, (line.listener, line.caller)):
            role = "controlling" if me == controlling else "controlled"
            hosts[me].order("make", name, me, OTHER[me],
                            f'role={role} signalling-uri="{uri}" {settings[me]}', arrays[me],
                            (code or {}).get(me, ""), media)

    def wait_states(self, states, timeout, since=None):
        """Until both ends reach one of them; the first event of each, or None."""
        deadline = time.monotonic() + timeout
        return {me: host.wait(self.name, lambda e: e["event"] == "state" and e["new"] in states,
                              max(deadline - time.monotonic(), 0), (since or {}).get(me, 0))
                for me, host in self._hosts.items()}

    def mark(self):
        """For `since`."""
        return {me: len(host.events(self.name)) for me, host in self._hosts.items()}

    def take(self, n, timeout=PATIENCE):
        """The next n datagrams at both ends; taken() waits for them."""
        self._taking = self.mark()
        for host in self._hosts.values():
            host.order("take", self.name, n, timeout)

    def taken(self, timeout=PATIENCE):
        """Their numbers, empty where they are not all there."""
        answers = {me: host.wait(self.name, lambda e: e["event"] == "took", timeout + 5, self._taking[me])
                   for me, host in self._hosts.items()}
        return {me: answer["numbers"] if answer else [] for me, answer in answers.items()}

    def exchange(self, n=20, timeout=PATIENCE):
        """Whether so many more datagrams arrive at both ends."""
        self.take(n, timeout)
        return all(len(numbers) == n for numbers in self.taken(timeout).values())

    def emit(self, me, signal):
        return self.ask(me, "emit", "emitted", signal)

    def ask(self, me, order, answer, *arguments):
        return self._hosts[me].ask(order, self.name, answer, *arguments)

    def reports(self):
        return {me: self.ask(me, "report", "report") for me in HOSTS}

    def events(self, me, kind):
        return [e for e in self._hosts[me].events(self.name) if e["event"] == kind]

    def states(self, me):
        return [(e["new"], e["reason"]) for e in self.events(me, "state")]

    def story(self):
        """What happened at both ends, for those who must find out why."""
        return {me: (host.events(self.name), host.output()) for me, host in self._hosts.items()}

    def stop(self):
        for host in self._hosts.values():
            host.ask("stop", self.name, "stopped")
