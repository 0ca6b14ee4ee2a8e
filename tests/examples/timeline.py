#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the timeline of a call over ICE from bus messages: states, candidates,
candidate pairs, round-trip time, packets and bitrate, restarts, errors, and the calls
of a listener with keep=true. For a call that failed: with what became of each candidate
of the peer.

As a program it runs a pipeline, as gst-launch-1.0 does, until its end, an error
or --seconds:

    python3 tests/examples/timeline.py -o call.svg 'fakesrc ! icesink ...'

With --live 2 it writes the picture every 2 seconds while the pipeline runs, for a
viewer that reloads it.

In a program or a test, for any pipeline with icesrc or icesink:

    recorder = Recorder(pipeline.get_bus())  # before it leaves NULL
    ...
    recorder.stop()
    recorder.write("call.svg")

The recorder only listens: the application gets its messages as ever.
"""

import argparse
import contextlib
import errno
import os
import re
import sys
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402
from timelinepicture import FORMATS, Picture  # noqa: E402

POLL = 1.0  # seconds between two looks at get-stats where nothing happens
POLL_SOON = 0.1  # ... and at least, where much does
MAX_EVENTS = 100000
MAX_LINES = 60  # of the list below the picture
RATE_INTERVAL = 0.45  # seconds at least over which packets are counted
GENERIC = "Internal data stream error."  # what sources post after another element's error
CONNECTED = "connected", "completed"
MAX_JUDGED = 12  # candidates of the peer that are listed after a failure


def to_dict(structure):
    """A GstStructure; enums as their nicks."""
    result = {}
    for i in range(structure.n_fields()):
        name = structure.nth_field_name(i)
        try:
            value = structure.get_value(name)
        except TypeError:  # a list, which needs python3-gst-1.0
            continue
        if isinstance(value, Gst.Structure):
            value = to_dict(value)
        result[name] = getattr(value, "value_nick", value)
    return result


def clean(text):
    """Text from elsewhere: printable, not endless, without a URI's password."""
    text = re.sub(r"(://[^/\s:@]*):[^\s/]*@", r"\1:***@", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= 500 else text[:499] + "…"


def name_in_bins(element):
    """`bin0/ice`: a name that no other element of its pipeline has."""
    names = []
    while (parent := element.get_parent()) is not None:
        names.insert(0, element.get_name())
        element = parent
    return "/".join(names) or element.get_name()


def unfinished(path):
    """The name of the picture until it is whole: a viewer that reloads it never sees half of it."""
    return os.path.join(os.path.dirname(path), ".unfinished-" + os.path.basename(path))


def check_format(path):
    """ValueError, with the reason, for a name whose ending is no format."""
    ending = os.path.splitext(path)[1][1:]
    if ending.lower() not in FORMATS:
        problem = f"{ending} is no format of a picture" if ending else "its name has no ending"
        raise ValueError(f"{problem}; .svg, .png and .pdf are")


def check_output(path):
    """OSError or ValueError, with the reason, if no picture can be written there. Nothing remains of the attempt."""
    check_format(path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    with open(unfinished(path), "wb"):
        pass
    os.remove(unfinished(path))


class Recorder:
    """Records the messages of a bus about ICE, and looks at get-stats once a second and
    after each change. Any thread."""

    def __init__(self, bus, interval=POLL):
        self._bus = bus
        self._begin = time.monotonic()
        self._end = None
        self._lock = threading.Lock()
        self._events = []  # seconds, element, what, fields
        self._elements = {}
        self._labels = {}  # element -> its name in the picture
        self._reporters = {}  # label -> that of the element that reported first for their agent
        self._more = threading.Event()
        self._stopping = threading.Event()
        bus.enable_sync_message_emission()
        self._handlers = [bus.connect(f"sync-message::{kind}", handler) for kind, handler in
                          (("element", self._on_element), ("error", self._on_problem),
                           ("warning", self._on_problem), ("eos", self._on_eos))]
        self._thread = threading.Thread(target=self._poll, args=[interval], daemon=True)
        self._thread.start()

    def _note(self, source, what, fields):
        with self._lock:
            if self._end is None and len(self._events) < MAX_EVENTS:
                self._events.append((time.monotonic() - self._begin, source, what, fields))

    def _on_element(self, _, message):
        structure = message.get_structure()
        if structure is None or not structure.get_name().startswith("ice-") or message.src is None:
            return
        name = self._label(message.src)
        if name not in self._reporters:
            self._find_others(name, message.src)
        with self._lock:
            name = self._reporters[name]
            self._elements.setdefault(name, message.src)
        self._note(name, structure.get_name(), to_dict(structure))
        self._more.set()

    def _on_problem(self, _, message):
        error = message.type == Gst.MessageType.ERROR
        problem, _ = message.parse_error() if error else message.parse_warning()
        self._note(self._label(message.src), "error" if error else "warning", {"text": problem.message})

    def _on_eos(self, _, message):
        self._note(self._label(message.src), "eos", {})

    def _label(self, source):
        """Its name; with the bins that it is in where another one has that name."""
        if source is None:
            return "?"
        name, path = source.get_name(), name_in_bins(source)
        with self._lock:
            if source not in self._labels:
                self._labels[source] = path if name in self._labels.values() else name
            return self._labels[source]

    def _poll(self, interval):
        while not self._stopping.is_set():
            self._more.wait(interval)
            self._more.clear()
            with self._lock:
                elements = list(self._elements.items())
            for name, element in elements:
                asked = time.monotonic() - self._begin
                stats = element.emit("get-stats")
                self._note(name, "stats", {"asked": asked, "entries": {} if stats is None else to_dict(stats)})
            self._stopping.wait(POLL_SOON)

    def _find_others(self, reporter, element):
        """Another one reports when this one has left; an agent is one session."""
        agent = element.get_property("agent")
        top = element
        while (parent := top.get_parent()) is not None:
            top = parent
        found = [element]
        if isinstance(top, Gst.Bin):
            top.iterate_recurse().foreach(found.append)
        shared = [self._label(other) for other in found
                  if agent and other.find_property("agent") and other.get_property("agent") == agent]
        with self._lock:
            for name in [reporter, *shared]:
                self._reporters.setdefault(name, reporter)

    def stop(self):
        """No more is recorded. Best after the pipeline went to NULL."""
        if self._end is None:
            for handler in self._handlers:
                self._bus.disconnect(handler)
            self._bus.disable_sync_message_emission()
            self._stopping.set()
            self._more.set()
            self._thread.join()
            with self._lock:
                self._end = time.monotonic() - self._begin
                self._elements.clear()
                self._labels.clear()

    def write(self, path, title=None):
        """Draws what there is; the name's ending decides the format: ValueError if it is none. OSError if it cannot be
        written: nothing of it remains then."""
        check_format(path)
        with self._lock:
            events = list(self._events)
            end = self._end or time.monotonic() - self._begin
        try:
            Picture(Timeline(events, end), clean(title or "ICE timeline")).write(unfinished(path))
            os.replace(unfinished(path), path)
        except OSError:
            with contextlib.suppress(OSError):
                os.remove(unfinished(path))
            raise


class Track:
    """One value over time."""

    def __init__(self):
        self.changes = []  # seconds, value, reason

    def change(self, now, value, reason="", old=None):
        if not self.changes and old is not None:
            self.changes.append((0.0, old, ""))
        if not self.changes or self.changes[-1][1] != value:
            self.changes.append((now, value, reason))

    def last(self):
        return self.changes[-1][1:] if self.changes else (None, "")

    def bars(self, end):
        """Begin, length, value, reason."""
        for (begin, value, reason), (until, *_) in zip(self.changes, self.changes[1:] + [(end,)]):
            if value is not None and until > begin:
                yield begin, until - begin, value, reason


class Traffic:
    """The packets of one transport, from its counters."""

    COUNTERS = "packets-sent", "bytes-sent", "packets-received", "bytes-received", "packets-discarded-on-send"

    def __init__(self):
        self.points = []  # begin, end, {counter: a second}
        self._last = None  # seconds, {counter: value}

    def count(self, now, entry):
        counters = {name: entry.get(name, 0) for name in self.COUNTERS}
        if self._last is not None:
            begin, before = self._last
            if now - begin < RATE_INTERVAL:
                return
            self.points.append((begin, now, {name: max(0, counters[name] - before[name]) / (now - begin)
                                             for name in self.COUNTERS}))
        self._last = now, counters

    def end_call(self):
        """The counters begin with 0 again."""
        self._last = None

    def rates(self, counter, until):
        """Begin, end, rate; none if it is always 0."""
        found = [(begin, min(end, until or end), rates[counter]) for begin, end, rates in self.points
                 if until is None or begin < until]
        return found if any(rate > 0 for *_, rate in found) else []


class Pair:
    def __init__(self, fields):
        self.id = fields["id"]
        self.ends = [address(fields, side) for side in ("local", "remote")]
        self.transport = "/".join(self.id.split("-")[1:3])  # stream/component
        self.types = ""
        self.protocol = fields["protocol"].lower()
        self.states = Track()
        self.selected = Track()  # True, None
        self.nominated = []  # seconds
        self.is_nominated = False
        self.last = None  # its last state, also after it was pruned
        self.is_reported = False  # that it succeeded

    def __str__(self):
        return " → ".join(self.ends)

    def end(self, now):
        """From then on there is no such pair."""
        self.states.change(now, None)
        self.selected.change(now, None)

    def changed(self):
        return max(change[0] for change in [*self.states.changes, *self.selected.changes])

    def goes_to(self, candidate):
        return (self.ends[1], self.protocol, self.transport.split("/")[1]) == (
            candidate.end, candidate.protocol, candidate.component)

    def was_checked(self):
        return any(state in ("in-progress", "succeeded", "failed") for _, state, _ in self.states.changes)


def address(fields, side):
    host = fields[f"{side}-address"]
    return f"[{host}]:{fields[f'{side}-port']}" if ":" in host else f"{host}:{fields[f'{side}-port']}"


class Candidate:
    """From candidate-attribute (RFC 8839): `candidate:1 1 UDP 2015364095
    127.0.0.1 42778 typ host ...`."""

    def __init__(self, now, side, text):
        words = clean(text).split() + 8 * ["?"]
        self.now = now
        self.side = side
        self.type = words[7]
        self.address, self.port = words[4:6]
        self.component, self.protocol = words[1], words[2].lower()
        self.end = f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
        self.ufrag = words[words.index("ufrag") + 1] if "ufrag" in words else ""
        self.text = f"{self.type} {self.protocol} {self.address} {self.port}"

    def key(self):
        return self.side, self.text, self.ufrag

    def is_name(self):
        return re.search(r"[^\d.:a-fA-F]", self.address) is not None


class Session:
    """The reports of one element about the agent that it was the first to use. Pairs, candidates and what else is
    of the peer are those of the present call; of the calls before there are pairs and candidates to draw."""

    def __init__(self, name):
        self.name = name
        self.state = Track()
        self.gathering = Track()
        self.transports = {}  # (stream, component) -> Track
        self.pairs = {}  # id -> Pair
        self.candidates = {}  # key -> Candidate
        self.ends = []  # seconds at which a stream had no more local candidates
        self.restarts = []
        self.ufrags = {}  # stream -> that of the newest generation
        self.selected = {}  # (stream, component) -> Pair
        self.trips = {}  # (stream, component) -> [(seconds, round-trip time)]
        self.measured = {}  # (stream, component) -> the last of them and their sum
        self.traffic = {}  # (stream, component) -> Traffic
        self.errors = []  # seconds
        self.calls = []  # that have ended: seconds, number, reason
        self.next_calls = []  # seconds at which another one began
        self.past_pairs = []
        self.past_candidates = []

    def end_call(self, now, number, reason):
        self.calls.append((now, number, reason))
        for pair in self.pairs.values():
            pair.end(now)
        for traffic in self.traffic.values():
            traffic.end_call()
        self.past_pairs += self.pairs.values()
        self.past_candidates += self.candidates.values()
        for table in self.pairs, self.candidates, self.ufrags, self.selected, self.measured:
            table.clear()

    def is_between_calls(self):
        return len(self.calls) > len(self.next_calls)

    def has_connected(self):
        """In this call."""
        return any(state in CONNECTED and now >= self._call_begin() for now, state, _ in self.state.changes)

    def _call_begin(self):
        return self.calls[-1][0] if self.calls else 0.0

    def is_of_this_call(self, asked):
        """Whether statistics that were asked for then are."""
        return not self.is_between_calls() and (not self.next_calls or asked >= self.next_calls[-1])

    def list_pairs(self):
        return [*self.past_pairs, *self.pairs.values()]

    def list_candidates(self, side):
        return [c for c in [*self.past_candidates, *self.candidates.values()] if c.side == side]

    def over(self):
        """When it ended badly, and how: it failed, or its element had an error, and nothing came of it later. (None, "")
        otherwise."""
        changes = [change for change in self.state.changes if change[1] != "closed"]
        if changes and changes[-1][1] == "failed":
            return changes[-1][0], "failed"
        active = [now for now, state, _ in changes if state != "new"]
        late = [now for now in self.errors if now >= max([self._call_begin(), *active[-1:]])]
        return (late[0], "error") if late and self.outcome().split()[0] not in CONNECTED else (None, "")

    def judge(self, candidate):
        """What became of a candidate of the peer, in words."""
        states = [pair.last for pair in self.pairs.values() if pair.goes_to(candidate) and pair.last]
        for state in "succeeded", "in-progress", "waiting", "frozen":
            if state in states:
                return state
        return "failed" if states else "not paired: " + self._explain(candidate)

    def _explain(self, candidate):
        ours = [other for other in self.candidates.values() if other.side == "local"]
        used = {str(component) for _, component in [*self.transports, *self.traffic]}
        if used and candidate.component not in used:
            return f"no element has component {candidate.component}"
        if candidate.is_name():
            return "its name was not looked up, or not found"
        ours = [other for other in ours if other.protocol == candidate.protocol]
        if not ours:
            return f"we have no {candidate.protocol} candidate"
        version = 6 if ":" in candidate.address else 4
        if not any((":" in other.address) == (version == 6) for other in ours):
            return f"we have no IPv{version} candidate"
        return "never checked"

    def outcome(self):
        """The last state before it was closed."""
        states = [change for change in self.state.changes if change[1] != "closed"] or [(0, "new", "")]
        _, state, reason = states[-1]
        return f"{state} ({reason})" if reason else state


class Timeline:
    """Makes sense of the events: sessions, and lines of text."""

    STATES, PAIRS, CANDIDATES = range(3)  # the less important words are left out first

    def __init__(self, events, end):
        self.end = max([end, 0.1] + [now for now, *_ in events])
        self.sessions = {}
        self.problems = []  # seconds, element, error or warning
        self.had_error = False
        self.lines = []  # seconds, element, text, importance, "error", "warning" or ""
        for now, source, what, fields in events:
            self._begin_next_call(now, clean(source), what, fields)
            take = getattr(self, "_take_" + what.replace("-", "_"), None)
            if take is not None:
                take(now, clean(source), fields)
        # so that the red end of a session can be seen where the program ended with it
        self.end = max([self.end, *(1.04 * over for over, how in (s.over() for s in self.sessions.values()) if how)])

    def session(self, source):
        return self.sessions.setdefault(source, Session(source))

    def note(self, now, source, text, rank=STATES, kind=""):
        self.lines.append((now, source, clean(text), rank, kind))

    def complain(self, now, source, text, kind):
        self.problems.append((now, source, kind))
        self.note(now, source, text, kind=kind)

    def _take_ice_call_ended(self, now, source, fields):
        session, number, reason = self.session(source), fields["call"], clean(fields["reason"])
        self._take_entries(now, session, {"asked": now, "entries": fields["stats"]})
        session.end_call(now, number, reason)
        self.note(now, source, f"call {number} ended ({reason})")

    def _begin_next_call(self, now, source, what, fields):
        """With the first state that is reported after the end of a call."""
        session = self.sessions.get(source)
        if (session and session.is_between_calls() and what.startswith("ice-") and what.endswith("-state")
                and fields["new"] != "closed"):
            session.next_calls.append(now)
            self.note(now, source, "next call: a new ICE session, in no relation to the one before")

    def _take_ice_connection_state(self, now, source, fields):
        self.session(source).state.change(now, fields["new"], fields["reason"], fields["old"])
        failed = fields["new"] == "failed"
        if fields["new"] == "closed" and self.session(source).over()[1]:
            return  # it has ended already
        cause = self._take_cause(now, source) if failed else []
        self.note(now, source, f"{fields['old']} → {fields['new']} ({fields['reason']})", kind="error" if failed else "")
        self.lines += cause
        if failed:
            self._list_candidates(now, self.session(source))

    def _take_cause(self, now, source):
        """The line that explains a failure: the element posts it before the messages of the states."""
        for i in range(len(self.lines) - 1, -1, -1):
            when, element, _, _, kind = self.lines[i]
            if now - when > 0.05:
                break
            if kind and element == source:
                return [self.lines.pop(i)]
        return []

    def _list_candidates(self, now, session):
        """Where none has ever worked, the peer's candidates are the reason."""
        found = [c for c in session.candidates.values() if c.side == "remote"]
        if session.has_connected():
            return
        if not found:
            self.note(now, session.name, "the peer has sent no candidate", kind="error")
        for candidate in found[:MAX_JUDGED]:
            self.note(now, session.name, f"remote candidate {candidate.text}: {session.judge(candidate)}", kind="error")
        if len(found) > MAX_JUDGED:
            self.note(now, session.name, f"... and {len(found) - MAX_JUDGED} more remote candidates", kind="error")

    def _take_ice_transport_state(self, now, source, fields):
        key = fields["stream"], fields["component"]
        track = self.session(source).transports.setdefault(key, Track())
        over = fields["new"] == "closed" and self.session(source).over()[1]
        track.change(now, fields["new"], fields["reason"], fields["old"])
        if not over:
            self.note(now, source, f"stream {key[0]} component {key[1]}: {fields['old']} → {fields['new']} "
                      f"({fields['reason']})")

    def _take_ice_gathering_state(self, now, source, fields):
        self.session(source).gathering.change(now, fields["new"], old=fields["old"])

    def _take_ice_candidate(self, now, source, fields):
        session, text, stream = self.session(source), fields["candidate"], fields["stream"]
        if text is None:
            return
        if text == "":
            session.ends.append(now)
            self.note(now, source, f"stream {stream}: no more local candidates", self.CANDIDATES)
            return
        candidate = Candidate(now, "local", text)
        if candidate.ufrag != session.ufrags.setdefault(stream, candidate.ufrag):
            session.ufrags[stream] = candidate.ufrag
            session.restarts.append(now)
            self.note(now, source, f"stream {stream}: restart, a new generation of candidates")
        self._add_candidate(session, candidate)

    def _add_candidate(self, session, candidate):
        if candidate.key() not in session.candidates:
            session.candidates[candidate.key()] = candidate
            self.note(candidate.now, session.name, f"{candidate.side} candidate {candidate.text}", self.CANDIDATES)

    def _take_ice_candidate_error(self, now, source, fields):
        self.complain(now, source, "candidate error " + " ".join(
            str(fields[name]) for name in ("error-code", "error-text", "url") if name in fields), "warning")

    @staticmethod
    def _pair(session, fields):
        pair = session.pairs.setdefault(fields["id"], Pair(fields))
        # the newest: a candidate that is prflx at first can turn out to be signalled
        pair.types = ", ".join(fields[name] for name in ("local-type", "remote-type", "protocol"))
        return pair

    def _take_ice_candidate_pair(self, now, source, fields):
        session, fields = self.session(source), fields["pair"]
        remote = fields.get("remote-candidate")
        if not remote and fields["state"] == "succeeded":  # peer-reflexive, its attribute was not signalled
            remote = "candidate:0 0 {protocol} 0 {remote-address} {remote-port} typ {remote-type}".format(**fields)
        if remote:
            self._add_candidate(session, Candidate(now, "remote", remote))
        pair = self._pair(session, fields)
        self._note_pair(now, source, pair, fields["state"])
        pair.states.change(now, fields["state"])
        pair.last = fields["state"]
        if fields["nominated"] and not pair.is_nominated:
            pair.nominated.append(now)
        pair.is_nominated = fields["nominated"]

    def _note_pair(self, now, source, pair, state):
        """Not what comes of its nomination: another check, which succeeds."""
        if state == "failed" or (state == "succeeded" and not pair.is_reported):
            self.note(now, source, f"pair {pair} {state}", self.PAIRS)
        pair.is_reported = state == "succeeded" or (state == "in-progress" and pair.is_reported)

    def _take_ice_selected_candidate_pair(self, now, source, fields):
        session, key = self.session(source), (fields["stream"], fields["component"])
        pair = self._pair(session, fields["pair"])
        if key in session.selected:
            session.selected[key].selected.change(now, None)
        session.selected[key] = pair
        pair.selected.change(now, True)
        self.note(now, source, f"selected pair {pair} ({pair.types})")

    def _take_stats(self, now, source, stats):
        session = self.session(source)
        if session.is_of_this_call(stats["asked"]):
            self._take_entries(now, session, stats)

    def _take_entries(self, now, session, stats):
        entries = [entry for entry in stats["entries"].values() if isinstance(entry, dict)]
        pairs = {entry["id"]: entry for entry in entries if entry.get("type") == "candidate-pair"}
        for pair in session.pairs.values():
            if pair.id not in pairs and pair.changed() < stats["asked"]:
                pair.end(now)  # pruned, or the session was closed
        for entry in entries:
            if entry.get("type") == "remote-candidate":
                self._add_candidate(session, Candidate(now, "remote", entry["candidate"]))
        for entry in entries:
            if entry.get("type") == "transport":
                session.traffic.setdefault((entry["stream"], entry["component"]), Traffic()).count(now, entry)
        for entry in pairs.values():
            if entry["selected"] and "current-round-trip-time" in entry:
                key = tuple(int(n) for n in entry["transport-id"].split("-")[1:])
                self._take_trip(session, key, now, entry)

    @staticmethod
    def _take_trip(session, key, now, entry):
        """A point for each new answer only: a peer that is silent has none."""
        measured = entry["current-round-trip-time"], entry.get("total-round-trip-time")
        if session.measured.get(key) != measured:
            session.measured[key] = measured
            session.trips.setdefault(key, []).append((now, measured[0]))

    def _take_error(self, now, source, fields):
        if self.had_error and fields["text"] == GENERIC:
            return  # of a source whose buffers that element does not take any more
        self.had_error = True
        if source in self.sessions:
            self.sessions[source].errors.append(now)
        self.complain(now, source, "error: " + fields["text"], "error")

    def _take_warning(self, now, source, fields):
        self.complain(now, source, "warning: " + fields["text"], "warning")

    def _take_eos(self, now, source, _):
        if not self.had_error:  # it would look as if all had been sent
            self.note(now, source, "end of stream")

    def words(self):
        """The lines that there is room for, and how many are left out."""
        kept = list(self.lines)
        for rank in self.CANDIDATES, self.PAIRS:
            if len(kept) > MAX_LINES:
                kept = [line for line in kept if line[3] < rank]
        return kept[-MAX_LINES:], len(self.lines) - len(kept[-MAX_LINES:])


def run(line, path, seconds, title, live=None):
    """Runs a pipeline and writes its timeline, every `live` seconds too; the exit status. OSError if
    that fails, with the pipeline in NULL."""
    pipeline = Gst.parse_launch(line)
    if not isinstance(pipeline, Gst.Pipeline):
        only, pipeline = pipeline, Gst.Pipeline.new(None)
        pipeline.add(only)
    bus = pipeline.get_bus()
    recorder = Recorder(bus)
    until = time.monotonic() + seconds if seconds is not None else float("inf")
    next_write = time.monotonic() + live if live else float("inf")
    status = 0
    try:
        pipeline.set_state(Gst.State.PLAYING)
        while time.monotonic() < until:
            message = bus.timed_pop_filtered(Gst.SECOND // 10, Gst.MessageType.EOS | Gst.MessageType.ERROR)
            if time.monotonic() >= next_write:
                recorder.write(path, title)
                next_write = time.monotonic() + live
            if message is None:
                continue
            if message.type == Gst.MessageType.ERROR:
                print(clean(message.parse_error()[0].message), file=sys.stderr)
                status = 1
            break
    except KeyboardInterrupt:
        pass
    finally:
        pipeline.set_state(Gst.State.NULL)
        recorder.stop()
    recorder.write(path, title)
    return status


def complaint(path, error):
    return clean(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-o", "--output", default="call.svg", metavar="FILE", help="call.svg; .png and .pdf do too")
    parser.add_argument("-s", "--seconds", type=float, help="how long to run at most")
    parser.add_argument("-l", "--live", type=float, metavar="SECONDS", help="write FILE that often while it runs")
    parser.add_argument("-t", "--title")
    parser.add_argument("line", nargs="+", help="a pipeline, as for gst-launch-1.0")
    options = parser.parse_args()
    try:
        check_output(options.output)
    except (OSError, ValueError) as error:
        parser.exit(2, complaint(options.output, error) + "\n")
    Gst.init(None)
    try:
        status = run(" ".join(options.line), options.output, options.seconds, options.title, options.live)
    except GLib.Error as error:
        sys.exit(f"That is no pipeline: {clean(error.message)}")
    except OSError as error:
        sys.exit(complaint(options.output, error))
    print(f"{options.output} has the timeline.")
    sys.exit(status)


if __name__ == "__main__":
    main()
