# SPDX-License-Identifier: LGPL-2.1-or-later
"""One end of calls, a process in a host's namespace: icesrc and icesink with one
connection-id each call, built-in signalling over a Unix socket, which no network
namespace is in the way of. Takes orders and answers with JSON lines: calls.py."""

import collections
import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from icetest import (ERROR, WARNING, Collector, Gst, Pipeline, element_message, error_text,  # noqa: E402
                     fields, get_stats, push, set_array)

EVERY = 0.02  # seconds between two datagrams
_print_lock = threading.Lock()


def write_event(**item):
    with _print_lock:
        print(json.dumps(item, default=str), flush=True)


class End:
    """A pipeline that sends numbered datagrams as soon as it is connected; none without `media`."""

    def __init__(self, name, me, peer, settings, arrays, code="", media=True):
        self.name, self._me, self._peer = name, me, peer
        self._stopped = threading.Event()
        self._sending = not media
        end = f"connection-id={name} {settings}"
        self.pipeline = Pipeline(f"appsrc name=in ! icesink name=ice sync=false {end} "
                                 f"icesrc name=src {end} ! fakesink name=out sync=false")
        for key, items in arrays.items():
            set_array(self.ice, key, items)
        exec(code, {"ice": self.ice})  # what an application would do
        self._collector = Collector(self.pipeline["out"])
        self._start = time.monotonic()
        self.pipeline.set_state(Gst.State.PLAYING)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def ice(self):
        return self.pipeline["ice"]

    def _report_event(self, event, **more):
        write_event(call=self.name, event=event, at=time.monotonic() - self._start, **more)

    def _watch(self):
        while not self._stopped.is_set():
            message = self.pipeline.bus.timed_pop(Gst.SECOND // 10)
            if message is None:
                continue
            self.pipeline.history.append(message)
            if ERROR(message) or WARNING(message):
                self._report_event("error" if ERROR(message) else "warning", text=error_text(message))
            elif element_message("ice-connection-state")(message):
                self._on_state(fields(message.get_structure()))

    def _on_state(self, change):
        if change["new"] == "connected" and not self._sending:
            self._sending = True
            threading.Thread(target=self._send, daemon=True).start()
        self._report_event("state", new=change["new"], reason=change["reason"])

    def _send(self):
        n = 0
        while not self._stopped.wait(EVERY):
            push(self.pipeline["in"], f"{self.name} {self._me} {n}".encode())
            n += 1

    def _take(self, n, timeout):
        """The numbers of the peer's next n datagrams."""
        taken = [data.decode().rsplit(" ", 1) for data in self._collector.take(n, timeout)]
        assert {sender for sender, _ in taken} == {f"{self.name} {self._peer}"}, taken
        numbers = [int(number) for _, number in taken]
        assert len(set(numbers)) == n, numbers
        return numbers

    def take(self, n, timeout):
        """What came before does not count, nor does what was under way."""
        while not self._collector.is_empty():
            self._collector.take(1)
        threading.Thread(target=self._take_and_report, args=(n, timeout), daemon=True).start()

    def _take_and_report(self, n, timeout):
        try:
            self._report_event("took", numbers=self._take(n, timeout))
        except AssertionError as error:
            self._report_event("took", numbers=[], text=str(error))

    def wait_gathered(self):
        while self.ice.get_property("ice-gathering-state").value_nick != "complete":
            time.sleep(EVERY)
        self._report_event("gathered")

    def report(self):
        """What it has found."""
        pair = self.ice.get_property("selected-candidate-pair")
        self._report_event("report", pair=fields(pair) if pair else None,
                           candidates=[c["candidate"] for c in self.pipeline.messages("ice-candidate")],
                           errors=self.pipeline.messages("ice-candidate-error"))

    def show_all(self):
        """All that users see, as text."""
        self._report_event("shown", messages=self.pipeline.describe(), stats=str(get_stats(self.ice)))

    def count(self):
        """The numbers in the statistics of pairs and transports, summed up by kind."""
        sums = {"candidate-pair": collections.Counter(), "transport": collections.Counter()}
        for entry in get_stats(self.ice).values():
            kind = entry["type"] if isinstance(entry, dict) else None
            if kind in sums:
                sums[kind].update({key: value for key, value in entry.items() if type(value) is int})
        self._report_event("counted", pairs=sums["candidate-pair"], transports=sums["transport"])

    def count_pairs(self):
        self._report_event("pairs", n=sum(name.startswith("pair-") for name in get_stats(self.ice)))

    def emit(self, signal):
        self._report_event("emitted", result=self.ice.emit(signal))

    def stop(self):
        self._stopped.set()
        self._watcher.join()
        self.pipeline.stop()
        self._report_event("stopped")


def main():
    ends = {}
    write_event(event="ready")
    for line in sys.stdin:
        order, name, *arguments = json.loads(line)
        if order == "make":
            ends[name] = End(name, *arguments)
        else:
            getattr(ends[name], order)(*arguments)
        if order == "stop":
            del ends[name]


main()
