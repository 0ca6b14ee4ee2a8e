# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ends of a call that is attacked, each a process: what a test needs to see that
it came to no harm. A script that uses them calls end() when its first argument is
"end"."""

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

import forger
from icetest import LOOPBACK, PATIENCE, Gst, IceTest, Pipeline, element_message, get_stats

MEDIA = b"media "
EVERY = 0.01  # seconds between two datagrams of media
SANITIZED = "use_after_return" in os.environ.get("ASAN_OPTIONS", "")  # as tests/meson.build sets it
LOG_LINES = 20  # warnings that an attack may cause
MEMORY = (512 if SANITIZED else 32) << 20  # octets that a process may grow by
ENVIRONMENT = {
    # appsrc warns of each buffer that it drops, as it is asked to
    "GST_DEBUG": "2,appsrc:0", "GST_DEBUG_NO_COLOR": "1", "G_DEBUG": "fatal-warnings",
    # freed memory does not keep its content, as it does with GLib's slices (before 2.76)
    "G_SLICE": "always-malloc", "MALLOC_PERTURB_": "165"}


class Media:
    """What the application of an end sends and gets."""

    def __init__(self, appsrc, fakesink):
        self._appsrc = appsrc
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._sent = self._received = self._foreign = self._longest = 0
        self._last = None
        fakesink.connect("handoff", self._receive)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self):
        while not self._ended.wait(EVERY):
            self._sent += 1
            self._appsrc.emit("push-buffer", Gst.Buffer.new_wrapped(MEDIA + b"%d" % self._sent))

    def _receive(self, _, buffer, pad):
        data = buffer.extract_dup(0, buffer.get_size())
        now = time.monotonic()
        with self._lock:
            if not data.startswith(MEDIA):
                self._foreign += 1
                return
            self._received += 1
            if self._last is not None:
                self._longest = max(self._longest, now - self._last)
            self._last = now

    def report(self):
        """Since the last report: the longest pause."""
        with self._lock:
            report = {"sent": self._sent, "received": self._received, "foreign": self._foreign,
                      "pause": self._longest}
            self._longest = 0
        return report

    def stop(self):
        self._ended.set()
        self._thread.join()


def end(settings):
    """An end, in a process of its own, controlled by lines of JSON."""
    print("ready", flush=True)
    pipeline = Pipeline(
        f"icesrc name=ice connection-id=end {settings} ! fakesink name=out async=false sync=false signal-handoffs=true "
        "appsrc name=in is-live=true max-buffers=50 leaky-type=downstream "
        "! icesink name=sink sync=false connection-id=end")
    ice = pipeline["ice"]

    def write(*item):  # at once: others write to the same pipe
        os.write(sys.stdout.fileno(), json.dumps(item).encode() + b"\n")

    def signal_credentials(*_):
        write("credentials", ice.get_property("local-ufrag"), ice.get_property("local-pwd"))

    def report():
        stats = get_stats(ice)
        return {
            **media.report(),
            "states": [m["new"] for m in pipeline.messages("ice-connection-state")],
            "reasons": [m["reason"] for m in pipeline.messages("ice-connection-state")],
            "pair-states": [m["pair"]["state"] for m in pipeline.messages("ice-candidate-pair")],
            "pairs": [(e["remote-address"], e["remote-port"], e["state"], e["nominated"], e["selected"])
                      for e in stats.values() if isinstance(e, dict) and e["type"] == "candidate-pair"],
            "selected": [m["pair"]["remote-candidate"] for m in pipeline.messages("ice-selected-candidate-pair")],
            "role": ice.get_property("role").value_nick,
            "unknown-source": stats["transport-0-1"].get("packets-discarded-unknown-source"),
            "errors": pipeline.errors() + pipeline.warnings(),
        }

    ice.connect("notify::local-ufrag", signal_credentials)
    ice.connect("on-ice-candidate", lambda _, stream, text: text is not None and write("candidate", stream, text))
    media = Media(pipeline["in"], pipeline["out"])
    pipeline.set_state(Gst.State.READY)
    signal_credentials()
    pipeline.play()
    while (item := json.loads(sys.stdin.readline())) != ["stop"]:
        kind, *what = item
        if kind == "credentials":
            assert ice.emit("set-remote-credentials", 0, *what)
        elif kind == "candidate":
            assert ice.emit("add-ice-candidate", *what)
        elif kind == "mute":
            media.stop()
        elif kind == "restart":
            assert ice.emit("restart")
        elif kind == "report":
            write("report", report())
        elif kind == "wait":
            if ice.get_property("ice-connection-state").value_nick != what[0]:
                pipeline.wait(element_message("ice-connection-state", new=what[0]))
            write("wait", True)
    media.stop()
    pipeline.stop()


class End:
    """The other side of that, here."""

    def __init__(self, test, settings):
        self.process = test.run_self("end", f"{LOOPBACK} {settings}", env=ENVIRONMENT)
        self.pid = self.process.pid
        self.ufrag = self.pwd = None
        self.signalled = []  # what the peer has to get
        self._heard = queue.SimpleQueue()
        self._answers = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        while self._hear() != ["candidate", 0, ""]:
            pass

    def _listen(self):
        for line in self.process.lines(None):
            if line.startswith("["):
                item = json.loads(line)
                (self._heard if item[0] in ("credentials", "candidate") else self._answers).put(item)
        self._answers.put(("the end", None))

    def _hear(self):
        item = self._heard.get(timeout=PATIENCE)
        if item[0] == "credentials":
            self.ufrag, self.pwd = item[1:]
            self.signalled.clear()
        self.signalled.append(item)
        return item

    def send(self, *item):
        try:
            self.process.write_line(json.dumps(item))
        except BrokenPipeError:
            self.process.wait()
            raise AssertionError("it has ended:\n" + "\n".join(self.log())) from None

    def ask(self, *item):
        self.send(*item)
        kind, answer = self._answers.get(timeout=PATIENCE)
        assert kind == item[0], f"{item[0]} came to {kind}:\n" + "\n".join(self.log())
        return answer

    def report(self):
        return self.ask("report")

    def hear_of(self, other, skip=lambda text: False):
        for item in other.signalled:
            if item[0] != "candidate" or not skip(item[2]):
                self.send(*item)

    def restart(self):
        self.send("restart")
        while self._hear()[0] != "credentials":
            pass
        while self._hear() != ["candidate", 0, ""]:
            pass

    def addresses(self, protocol="UDP"):
        """Those that somebody can send to."""
        words = [item[2].split() for item in self.signalled if item[0] == "candidate" and item[2]]
        return [(w[4], int(w[5])) for w in words if w[2] == protocol and "active" not in w]

    @property
    def address(self):
        return self.addresses()[0]

    def log(self):
        """What it wrote beside the lines of the protocol."""
        return [line for line in self.process.text.splitlines() if line and line[0] != "[" and line != "ready"]

    def freeze(self):
        """It does nothing any more, until SIGCONT."""
        self.process.signal(signal.SIGSTOP)
        deadline = time.monotonic() + PATIENCE
        while any(state != "T" for state in self._thread_states()):
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def _thread_states(self):
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            yield (task / "stat").read_text().rpartition(")")[2].split()[0]

    def stop(self):
        self.send("stop")
        return self.process.wait()


class Hostile(IceTest):
    def ends(self, settings=("", "")):
        return [End(self, f"role={role} {more}") for role, more in zip(("controlling", "controlled"), settings)]

    def call(self, *settings, skip=lambda text: False):
        """Two ends that are connected, and all is over that a call begins with."""
        ends = self.ends(settings or ("", ""))
        for end, other in (ends, reversed(ends)):
            end.hear_of(other, skip)
        for end in ends:
            end.ask("wait", "completed")
        self.before = [end.report() for end in ends]
        return ends

    @contextlib.contextmanager
    def attackers(self, *things):
        with contextlib.ExitStack() as stack:
            for thing in things:
                stack.callback(thing.close)
            yield things if len(things) > 1 else things[0]

    def wait_media(self, ends, n=20):
        """Until n more have come, at each; the last reports."""
        deadline = time.monotonic() + PATIENCE
        wanted = [end.report()["received"] + n for end in ends]
        while True:
            reports = [end.report() for end in ends]
            if all(r["received"] >= w for r, w in zip(reports, wanted)):
                return reports
            self.assertLess(time.monotonic(), deadline, f"media stopped: {reports}")
            time.sleep(EVERY)

    def wait_report(self, end, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition(report := end.report()):
            self.assertLess(time.monotonic(), deadline, f"not {what}: {report}")
            time.sleep(EVERY)
        return report

    def assert_unharmed(self, ends, data_of_the_peers=False):
        """Nothing was reported, nothing is different, media goes on. Datagrams with the
        peer's forged address get through: ICE does not authenticate data."""
        after = self.wait_media(ends)
        for old, new in zip(self.before, after):
            for what in ("states", "reasons", "pair-states", "pairs", "selected", "role", "errors"):
                self.assertEqual(new[what], old[what], what)
            if not data_of_the_peers:
                self.assertEqual(new["foreign"], 0)
        for end in ends:
            self.assert_log_is_short(end)
        return after

    def assert_log_is_short(self, end):
        log = end.log()
        self.assertLessEqual(len(log), LOG_LINES, "\n".join(log[:40]))
        self.assertNotIn(end.pwd, "\n".join(log))

    def assert_ends_stop(self, ends):
        for end in ends:
            self.assertEqual(end.stop(), 0, end.process.text[-2000:])

    def assert_idle(self, end, before):
        """It uses no more than before it was attacked, and next to no CPU."""
        deadline = time.monotonic() + PATIENCE
        while (now := forger.Usage(end.pid)).fds > before.fds:
            self.assertLess(time.monotonic(), deadline, f"{now.fds} descriptors, {before.fds} before")
            time.sleep(EVERY)
        self.assertLess(now.rss - before.rss, MEMORY)
        received = end.report()["received"]
        start, cpu = time.monotonic(), forger.Usage(end.pid).cpu
        self.wait_report(end, lambda r: r["received"] >= received + 50, "media")
        share = (forger.Usage(end.pid).cpu - cpu) / (time.monotonic() - start)
        self.assertLess(share, 0.5)
        return share
