#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A process that may open no more descriptors, or only a few: 0 to 30, when it
starts, gathers, connects and restarts, with TURN over UDP, TCP and TLS, ICE-TCP and
signalling; and whole calls with ever more of them, until nothing is refused. GLib
ends a process that makes a GMainContext then. Here nothing ends it: there is an
error, no CPU is spent idle, and a call that is there goes on."""

import contextlib
import gc
import os
import resource
import subprocess
import sys
import time
import unittest

from icetest import ISOLATED, LONG, Collector, Gst, IceTest, Pipeline, free_port, main, push, set_array, signal_to
from turnserver import TurnServer

FREE = range(31)
AT_ONCE = 8  # processes
CALLERS = 4  # of test_whole_calls
CALLER_TIMEOUT = 2  # seconds
CALL_LIMIT = 10  # seconds until a call stands or has failed
IDLE = 0.1  # of a processor
KEPT = 5  # calls of test_elements_in_null
LOOK = 0.5  # seconds
LOOKS = 5
ALL = "<127.0.0.0/8>"
MORE = "127.0.0.77/8"  # one more address, so that a restart gathers anew
WORDS = "too many open files"
needs_namespace = unittest.skipUnless(ISOLATED, "needs a network namespace")


def limit(n):
    """What may be opened from now on."""
    used = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1]  # not that of listdir()
    # the numbers have to be below the limit, so the holes count
    highest = used[-1]
    holes = [i for i in range(highest) if i not in used]
    if n < len(holes):
        fillers = [os.dup(0) for _ in range(len(holes) - n)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(used + fillers) + 1, 4096))
        return fillers
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1 + n - len(holes), 4096))
    return []


def lift(fillers=()):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    for fd in fillers:
        os.close(fd)


def check_idle(what):
    """In one of a few looks: what was begun may still be under way in the first."""
    shares = []
    while not shares or shares[-1] >= IDLE:
        assert len(shares) < LOOKS, f"{what}: {', '.join(f'{100 * s:.0f}' for s in shares)} % of a processor"
        start, cpu = time.monotonic(), time.process_time()
        time.sleep(LOOK)
        shares.append((time.process_time() - cpu) / (time.monotonic() - start))


def alone(phase, n, *servers):
    """One end, in a process of its own: fewer descriptors before it plays, or after."""
    pipeline = Pipeline(
        f"icesrc name=ice connection-id=a local-addresses={ALL} ice-tcp=true restart-on=failed+network-change "
        f"signalling-uri=tcp://127.0.0.1:{free_port()}?mode=listener ! fakesink async=false "
        "appsrc is-live=true ! icesink connection-id=a async=false")
    set_array(pipeline["ice"], "turn-servers", servers)
    pipeline.set_state(Gst.State.READY)
    if phase == "start":
        limit(n)
    result = pipeline.set_state(Gst.State.PLAYING)
    if phase == "gathering":
        limit(n)
    time.sleep(LOOK)
    pipeline["ice"].emit("restart")
    time.sleep(0.1)
    check_idle(f"{phase}, {n} free")
    errors = pipeline.errors()
    if phase == "start" and n < 8:
        assert any(WORDS in e for e in errors), errors
    if result == Gst.StateChangeReturn.FAILURE:
        assert errors
    pipeline.stop()


def call():
    """Two ends in a process; the restarts of one gather anew, with ever more descriptors."""
    ends = [Pipeline(f"icesrc name=ice connection-id={name} local-addresses={ALL} role={role} on-failed=none "
                     f"! fakesink name=out appsrc name=in ! icesink connection-id={name} sync=false async=false")
            for name, role in (("a", "controlling"), ("b", "controlled"))]
    collectors = [Collector(end["out"]) for end in ends]
    for end in ends:
        end.set_state(Gst.State.READY)
    for end, other in (ends, reversed(ends)):
        assert signal_to(end["ice"], other["ice"]) == []
    for end in ends:
        end.play()
    for end in ends:
        end.wait_connected()
    refused = 0
    for n in FREE:
        subprocess.run(["ip", "address", "add" if n % 2 == 0 else "del", MORE, "dev", "lo"], check=True, timeout=20)
        before = len(ends[0].warnings())
        fillers = limit(n)
        assert ends[0]["ice"].emit("restart")
        time.sleep(0.1)
        for end, collector in zip(ends, reversed(collectors)):
            push(end["in"], b"still here")
            assert collector.take(1) == [b"still here"]
        if n in (0, 10, 20, 30) or LONG:
            check_idle(f"restart, {n} free")
        warnings = ends[0].warnings()[before:]
        assert all(WORDS in w for w in warnings), warnings
        refused += len(warnings)
        lift(fillers)
        for end in ends:
            state = end["ice"].get_property("ice-connection-state").value_nick
            assert state in ("connected", "completed"), state
            assert end.errors() == []
    assert 0 < refused < len(FREE), refused
    print(f"{refused} restarts of {len(FREE)} could not gather", flush=True)
    for end in ends:
        end.stop()


def connecting(n):
    """Two ends in a process, which have gathered and then exchange their candidates."""
    ends = [Pipeline(f"icesrc name=ice connection-id={name} local-addresses=<127.0.0.1> role={role} ice-tcp=true "
                     f"! fakesink name=out async=false "
                     f"appsrc name=in ! icesink connection-id={name} sync=false async=false")
            for name, role in (("a", "controlling"), ("b", "controlled"))]
    candidates = {end: [] for end in ends}
    for end in ends:
        end["ice"].connect("on-ice-candidate", lambda _, stream, text, found=candidates[end]: found.append(text))
        end.play()
        while end["ice"].get_property("ice-gathering-state").value_nick != "complete":
            time.sleep(0.01)
    limit(n)
    for end, other in (ends, reversed(ends)):
        assert other["ice"].emit("set-remote-credentials", 0, end["ice"].get_property("local-ufrag"),
                                 end["ice"].get_property("local-pwd"))
        for candidate in candidates[end]:
            assert candidate is None or other["ice"].emit("add-ice-candidate", 0, candidate)
    for end in ends:
        end.wait_connected()
    check_idle(f"connecting, {n} free")
    for end in ends:
        assert end.errors() == []
        end.stop()


def list_open():
    """number -> what it is; the listing itself has one more."""
    there = {}
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            there[int(name)] = os.readlink(f"/proc/self/fd/{name}")
    return there


def make_ends(*servers):
    """A listener and a caller."""
    line = f"tcp://127.0.0.1:{free_port()}"
    ends = [Pipeline(f"icesrc name=ice connection-id={mode} local-addresses=<127.0.0.1> ice-tcp=true "
                     f'signalling-uri="{line}?mode={mode}{more}" ! fakesink name=out async=false '
                     f"appsrc name=in ! icesink name=sink connection-id={mode} sync=false async=false")
            for mode, more in (("listener", ""), ("caller", f"&timeout={CALLER_TIMEOUT}"))]
    for end in ends:
        set_array(end["ice"], "turn-servers", servers)
    return ends


def is_connected(end):
    return end["ice"].get_property("ice-connection-state").value_nick in ("connected", "completed")


def describe(ends):
    return "\n".join(end.describe() for end in ends)


def talk(ends, collectors, word):
    for end, collector in zip(ends, reversed(collectors)):
        push(end["in"], word)
        assert collector.take(1) == [word]


def whole_call(n, servers):
    """From NULL to NULL with n free descriptors; whether it succeeded, and what was refused."""
    ends = make_ends(*servers)
    collectors = [Collector(end["out"]) for end in ends]
    fillers = limit(n)
    failed = [end for end in ends if end.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE]
    deadline = time.monotonic() + CALL_LIMIT
    while not (failed or all(map(is_connected, ends)) or any(end.errors() for end in ends)):
        assert time.monotonic() < deadline, f"{n} free: neither a call nor an error\n{describe(ends)}"
        time.sleep(0.01)
    errors = [error for end in ends for error in end.errors()]
    if errors or failed:
        # also where a state change fails: its cause is on the bus by then
        assert any(WORDS in error for error in errors), f"{n} free: {errors}\n{describe(ends)}"
    else:
        talk(ends, collectors, b"first")
        for end in ends:
            end["ice"].emit("restart")
        time.sleep(0.1)
        talk(ends, collectors, b"second")
        assert all(map(is_connected, ends)), f"{n} free: a restart ends the call"
    for end in ends:
        end.stop()
    lift(fillers)
    texts = errors + [text for end in ends for text in
                      end.warnings() + [m["error-text"] for m in end.messages("ice-candidate-error")]]
    return not errors, any(WORDS in text for text in texts)


def check_closed(before, what):
    """No more than before are open, soon."""
    deadline = time.monotonic() + LOOK * LOOKS
    while gc.collect() >= 0 and len(list_open()) > len(before):
        assert time.monotonic() < deadline, f"{what}: {list_open()} are open afterwards, {before} before"
        time.sleep(0.01)


def whole_calls(first, step, *servers):
    """With first, first + step... free descriptors, until nothing is refused any more."""
    assert whole_call(1000, servers) == (True, False)  # some are opened once in a process
    time.sleep(LOOK)
    gc.collect()
    before = list_open()
    results = []
    while results[-2:] != [(True, False)] * 2:
        n = int(first) + len(results) * int(step)
        results.append(whole_call(n, servers))
        check_closed(before, f"{n} free")
        assert len(results) < 100, results
    n_errors = sum(not succeeded for succeeded, _ in results)
    assert n_errors > 0, results
    print(f"{n_errors} calls ended with an error, {sum(succeeded and refused for succeeded, refused in results)} "
          f"did without something, {n} are enough", flush=True)


def kept(*servers):
    """Calls whose elements an application keeps, in NULL."""
    elements, before = [], None
    for i in range(KEPT):
        ends = make_ends(*servers)
        elements += [end[name] for end in ends for name in ("ice", "sink")]
        collectors = [Collector(end["out"]) for end in ends]
        for end in ends:
            end.play()
        for end in ends:
            end.wait_connected()
        talk(ends, collectors, b"hello")
        for end in ends:
            end.stop()
        del ends, end, collectors
        if before is None:  # some are opened once in a process
            time.sleep(LOOK)
            gc.collect()
            before = list_open()
        check_closed(before, f"{i + 1} calls")
    states = [element.get_property("ice-connection-state").value_nick for element in elements]
    assert states == ["closed"] * 4 * KEPT, states


class TestDescriptors(IceTest):
    def run_all(self, runs, seconds):
        """Processes, a few at a time; each ends well."""
        runs = list(runs)
        for i in range(0, len(runs), AT_ONCE):
            processes = [(run, self.run_self(*run, env={"G_DEBUG": "fatal-criticals"})) for run in runs[i:i + AT_ONCE]]
            for run, process in processes:
                with self.subTest(" ".join(run[:2])):
                    self.assertEqual(process.wait(seconds), 0, process.text[-1500:])

    def servers(self):
        server = TurnServer(self)
        return [server.uri(), server.uri("tcp"), server.uri("tcp").replace("turn:", "turns:").replace("=tcp", "=tls")]

    def test_start(self):
        servers = self.servers()
        self.run_all((["start", str(n), *servers] for n in FREE), 30)

    def test_gathering(self):
        servers = self.servers()
        self.run_all((["gathering", str(n), *servers] for n in (FREE if LONG else FREE[::2])), 30)

    def test_connecting(self):
        self.run_all((["connecting", str(n)] for n in (FREE if LONG else (0, 1, 2, 3, 5, 10, 20, 30))), 30)

    def test_whole_calls(self):
        """Each number of free descriptors in one of a few processes."""
        for servers in self.servers()[1:] if LONG else self.servers()[1:2]:
            processes = [self.run_self("whole", str(i), str(CALLERS), servers, env={"G_DEBUG": "fatal-criticals"})
                         for i in range(CALLERS)]
            for process in processes:
                self.assertEqual(process.wait(100), 0, process.text[-3000:])
                print("#", process.text.strip().splitlines()[-1], flush=True)

    def test_elements_in_null(self):
        process = self.run_self("kept", *self.servers(), env={"G_DEBUG": "fatal-criticals"})
        self.assertEqual(process.wait(60), 0, process.text[-2000:])

    @needs_namespace
    def test_restart(self):
        process = self.run_self("call", env={"G_DEBUG": "fatal-criticals"})
        self.assertEqual(process.wait(60), 0, process.text[-2000:])
        print("#", process.text.strip().splitlines()[-1], flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["call"]:
        call()
    elif sys.argv[1:2] == ["kept"]:
        kept(*sys.argv[2:])
    elif sys.argv[1:2] == ["whole"]:
        whole_calls(*sys.argv[2:])
    elif sys.argv[1:2] == ["connecting"]:
        connecting(int(sys.argv[2]))
    elif sys.argv[1:2] in (["start"], ["gathering"]):
        alone(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
    else:
        main()
