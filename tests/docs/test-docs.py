#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What README and docs/ promise: their commands run as written, their links lead
somewhere, and they name the files that there are."""
import re
import shlex
import subprocess
import sys
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
from icetest import (LOOPBACK, PATIENCE, Collector, IceTest, element_message, fields, free_port, get_default,  # noqa: E402
                     list_values, main, push, signal_to)
from turnserver import ALLOCATE, TurnServer  # noqa: E402
from gi.repository import GObject, Gst  # noqa: E402

README = (ROOT / "README").read_text()
EXAMPLE = ROOT / "docs/signalling-by-hand.py"
FORWARDER = ROOT / "docs/forwarder.py"
FORWARDING = (ROOT / "docs/forwarding.md").read_text()
OWN_AGENT = ROOT / "docs/own-agent.py"  # tests/house/test-install.py builds the one in C
PAGES = [ROOT / "README", *sorted((ROOT / "docs").glob("*.md"))]
# how long a call of README's takes: ten seconds of video
CALL_TIMEOUT = 40


def read_launch_lines(page=README):
    """The indented gst-launch-1.0 commands of a page."""
    text = page.replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines()
            if line.startswith("    gst-launch-1.0 ")]


def count_frames(path):
    output = subprocess.run(
        ["gst-launch-1.0", "-v", "filesrc", f"location={path}", "!", "matroskademux", "!",
         "vp8dec", "!", "fakesink", "silent=false"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True).stdout
    return output.count("last-message = chain ")


def read_section(title, end="^#"):
    """docs/reference.md from that heading to the next one."""
    page = (ROOT / "docs/reference.md").read_text()
    return re.search(rf"^##+ {re.escape(title)}\n(.*?)(?={end}|\Z)", page, re.M | re.S).group(1)


def read_rows(title):
    """The table rows under that heading: {name: other cells}."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in read_section(title).splitlines() if line.startswith("| `")]
    names = [row[0].strip("`") for row in rows]
    assert len(names) == len(set(names)), f"{title}: two rows of one name: {names}"
    return {name: row[1:] for name, row in zip(names, rows)}


def read_names(text):
    return re.findall(r"`([^`]+)`", text)


def read_reasons():
    """As gst/ice/model/icestate.c has them, and those of the end of a call."""
    text = re.search(r"ice_reason_to_string .*?names\[\] = \{(.*?)\}", (ROOT / "gst/ice/model/icestate.c").read_text(),
                     re.S).group(1)
    ends = re.search(r"\nfind_end .*?\n}", (ROOT / "gst/ice/session/gsticesessionbegin.c").read_text(), re.S).group(0)
    return re.findall('"([\\w-]+)"', text + ends)


def read_sources():
    return "\n".join(path.read_text() for folder in ("gst", "ext") for path in sorted((ROOT / folder).rglob("*.c")))


ELEMENTS = {name: Gst.ElementFactory.make(name) for name in ("icesrc", "icesink")}


def list_own_properties():
    """What the classes of the two elements install: {name: [(element name, property)]}."""
    own = {}
    for name, element in ELEMENTS.items():
        for spec in element.list_properties():
            if spec.owner_type == element.__gtype__:
                own.setdefault(spec.name, []).append((name, spec))
    return own


TYPES = {"guint": "uint", "gint": "int", "guint64": "uint64", "gchararray": "string", "gboolean": "boolean",
         "gdouble": "double", "GstValueArray": "array", "void": "nothing"}
MUTABLE_READY, MUTABLE_PLAYING = 1 << 10, 1 << 12  # GST_PARAM_MUTABLE_*


def describe_when(spec):
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return "read"
    return "always" if int(spec.flags) & MUTABLE_PLAYING else "READY" if int(spec.flags) & MUTABLE_READY else None


def list_nicks(spec):
    kind = spec.value_type
    if kind.is_a(GObject.TYPE_ENUM):
        return [value.value_nick for value in list_values(kind).values()]
    return [value.first_value_nick for value in list_values(kind).values()]


def describe_values(spec):
    """As the column of the page has it; None where that is free text."""
    if hasattr(spec, "minimum"):
        return f"{spec.minimum} to {spec.maximum}"
    if spec.value_type.is_a(GObject.TYPE_ENUM) or spec.value_type.is_a(GObject.TYPE_FLAGS):
        return " ".join(f"`{nick}`" for nick in list_nicks(spec))
    return "" if spec.value_type == GObject.TYPE_BOOLEAN else None


def describe_default(element, spec):
    """Of an element that was just made: the value that is read, and that of the class."""
    if spec.value_type.name == "GstValueArray":  # which Python can not read
        output = subprocess.run(["gst-inspect-1.0", element], capture_output=True, text=True, check=True,
                                timeout=PATIENCE).stdout
        return "empty" if re.search(rf"^  {spec.name} *:.*\n.*\n *Default: \"<  >\"", output, re.M) else None
    value = Gst.ElementFactory.make(element).get_property(spec.name)
    if value is not None and spec.value_type == GObject.TYPE_STRING and get_default(spec) is None:
        return "generated"
    assert value == get_default(spec), f"{element}: {spec.name} is {value} at first"
    if spec.value_type == GObject.TYPE_BOOLEAN:
        return str(value).upper()
    if value is None:
        return "NULL"
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return f"`{value.value_nick}`"
    if spec.value_type.is_a(GObject.TYPE_FLAGS):
        return f"`{value.first_value_nick or list_nicks(spec)[0]}`"
    return str(value)


def describe_type(kind):
    return TYPES.get(kind.name, kind.name)


def read_comments():
    """The gtk-doc comments of gst/ and ext/: {"GstIceAgent:role" or "GstIceRole": its lines as one text a paragraph}."""
    texts = [path.read_text() for folder in ("gst", "ext") for path in sorted((ROOT / folder).rglob("*.[ch]"))]
    found = {}
    for name, body in re.findall(r"/\*\*\n *\* (\w+(?:::?[\w-]+)?):\n(.*?)\*/", "\n".join(texts), re.S):
        assert name not in found, f"two comments of {name}"
        lines = [re.sub(r"^ *\* ?", "", line) for line in body.splitlines()]
        found[name] = re.sub(r"(?<!\n)\n *(?![\n@ ])", " ", "\n".join(lines))
    return found


COMMENTS = read_comments()
AGENT, TRANSPORT = (next(spec.value_type for spec in ELEMENTS["icesrc"].list_properties() if spec.name == name)
                    for name in ("agent", "transport"))
DOCUMENTED = [element.__gtype__ for element in ELEMENTS.values()] + [AGENT, TRANSPORT]
UNITS = {"ms": "milliseconds", "ns": "nanoseconds", "bytes": "bytes"}


def find_comment(kind, separator, name, names_of):
    """The gtk-doc comment of a property or signal of that class; where it is another documented class's too, that one's
    is enough: icesrc's for icesink's, the agent's for both."""
    for other in (kind, DOCUMENTED[0], AGENT):
        comment = COMMENTS.get(f"{other.name}{separator}{name}")
        if comment is not None and name in names_of(other):
            return comment
    return ""


def list_property_names(kind):
    return {spec.name for spec in GObject.list_properties(kind) if spec.owner_type == kind}


class TestReference(IceTest):
    """docs/reference.md against the elements, both ways."""

    def test_properties(self):
        rows, own = read_rows("Properties"), list_own_properties()
        self.assertEqual(sorted(rows), sorted(own))
        for name, installed in own.items():
            on, kind, default, values, when, what = rows[name]
            with self.subTest(name):
                self.assertEqual(on, "both" if len(installed) == 2 else installed[0][0])
                self.assertTrue(what)
                for element, spec in installed:
                    self.assertEqual(kind.split(",")[0], describe_type(spec.value_type))
                    self.assertEqual(default, describe_default(element, spec))
                    self.assertIn(describe_values(spec), (values, None))
                    self.assertEqual(when, describe_when(spec))

    def test_signals(self):
        events, actions = read_rows("Signals"), read_rows("Action signals")
        for element in ELEMENTS.values():
            queries = [GObject.signal_query(name, element) for name in GObject.signal_list_names(element)]
            for rows, is_action in (events, False), (actions, True):
                listed = {query.signal_name: query for query in queries
                          if bool(query.signal_flags & GObject.SignalFlags.ACTION) == is_action}
                self.assertEqual(sorted(rows), sorted(listed))
                for name, query in listed.items():
                    with self.subTest(name):
                        arguments = [] if rows[name][0] == "none" else rows[name][0].split(", ")
                        self.assertEqual([argument.split(" ")[1] for argument in arguments],
                                         [describe_type(kind) for kind in query.param_types])
                        if is_action:
                            self.assertEqual(rows[name][1], describe_type(query.return_type))

    def test_agent(self):
        """It has the properties, signals and actions of icesrc but those that the page lists, and no other but those that
        the page lists: the same type, flags and range."""
        icesrc = ELEMENTS["icesrc"].__gtype__
        ours = {spec.name: spec for spec in GObject.list_properties(AGENT) if spec.owner_type == AGENT}
        theirs = {spec.name: spec for spec in GObject.list_properties(icesrc) if spec.owner_type == icesrc}
        lacks = [row[0] for row in re.findall(r"^\| (.*?) \| (.*?) \|$", read_section("The agent"), re.M)[1:]]
        lacks = {name for cell in lacks for name in read_names(cell)}
        self.assertEqual(sorted(set(theirs) - set(ours)), sorted(lacks & set(theirs)))
        self.assertEqual(sorted(lacks), sorted((lacks & set(list_own_properties())) - set(ours)))
        self.assertEqual(set(ours) - set(theirs), set())
        for name, spec in ours.items():
            with self.subTest(name):
                other = theirs[name]
                self.assertEqual((spec.value_type, describe_values(spec), get_default(spec) is None),
                                 (other.value_type, describe_values(other), get_default(other) is None))
                self.assertEqual(int(spec.flags), int(other.flags))
        rows = {"Signals of the agent only": False, "Actions of the agent only": True}
        more = {name: (row, action) for title, action in rows.items() for name, row in read_rows(title).items()}
        internal = {"event", "progress"}  # which the elements post
        self.assertEqual(set(GObject.signal_list_names(AGENT)) - internal,
                         {*GObject.signal_list_names(icesrc), *more})
        for name in GObject.signal_list_names(icesrc):
            own, other = (GObject.signal_query(name, kind) for kind in (AGENT, icesrc))
            self.assertEqual((own.param_types, own.return_type, own.signal_flags),
                             (other.param_types, other.return_type, other.signal_flags), name)
        for name, (row, action) in more.items():
            query = GObject.signal_query(name, AGENT)
            self.assertEqual(bool(query.signal_flags & GObject.SignalFlags.ACTION), action)
            self.assertEqual([argument.split(" ")[1] for argument in row[0].split(", ")],
                             [describe_type(kind) for kind in query.param_types])
            if action:
                self.assertEqual(row[1], describe_type(query.return_type))

    def test_sources_document_properties(self):
        """Each has a gtk-doc comment, at its id, with its default, unit, thread and `Since:`."""
        rows = read_rows("Properties")
        for kind in DOCUMENTED:
            for spec in GObject.list_properties(kind):
                if spec.owner_type != kind:
                    continue
                with self.subTest(f"{kind.name}:{spec.name}"):
                    comment = find_comment(kind, ":", spec.name, list_property_names)
                    self.assertRegex(comment, r"\n\nSince: \d+\.\d+\s*\Z")
                    self.assertIn("any thread", comment)
                    if kind in (AGENT, TRANSPORT):
                        continue
                    _, described, default, _, when, _ = rows[spec.name]
                    unit = "".join(described.split(", ")[1:])
                    self.assertIn(UNITS.get(unit, ""), comment)
                    self.assertIn({"read": "Read-only", "READY": "Writable in NULL and READY",
                                   "always": "Writable in all states"}[when] + ";", comment)
                    if when != "read":
                        written = re.search(r"Default: (.*?)\. ", comment).group(1).replace("%", "")
                        self.assertEqual(written, f"{default} {unit}".strip())

    def test_sources_document_signals(self):
        """Each has a gtk-doc comment with its arguments, thread and `Since:`."""
        for kind in DOCUMENTED[:3]:
            for name in GObject.signal_list_names(kind):
                with self.subTest(f"{kind.name}::{name}"):
                    comment = find_comment(kind, "::", name, GObject.signal_list_names)
                    self.assertRegex(comment, r"\n\nSince: \d+\.\d+\s*\Z")
                    self.assertRegex(comment, r"[Aa]ny thread|the I/O thread")
                    query = GObject.signal_query(name, kind)
                    self.assertEqual(len(re.findall(r"^@\w+: ", comment, re.M)), 1 + len(query.param_types))
                    self.assertEqual("\nReturns: " in comment, query.return_type != GObject.TYPE_NONE)

    def test_sources_document_enums(self):
        """gst-inspect-1.0 shows of each value what the gtk-doc comment of its enum has."""
        kinds = {spec.value_type for kind in DOCUMENTED for spec in GObject.list_properties(kind)
                 if spec.value_type.is_a(GObject.TYPE_ENUM) or spec.value_type.is_a(GObject.TYPE_FLAGS)}
        kinds = {kind for kind in kinds if kind.name.startswith("GstIce")} | {GObject.type_from_name(
            "GstIceCandidatePairState")}
        self.assertEqual(len(kinds), 8)
        for kind in kinds:
            comment = COMMENTS[kind.name]
            self.assertRegex(comment, r"\n\nSince: \d+\.\d+\s*\Z")
            written = re.findall(r"^@GST_\w+: (\w)(.*)$", comment, re.M)
            if kind.is_a(GObject.TYPE_ENUM):
                shown = [value.value_name for value in list_values(kind).values()]
            else:
                shown = [value.first_value_name for value in list_values(kind).values()]
            self.assertEqual([first.upper() + rest for first, rest in written], shown, kind.name)

    def test_header(self):
        """gst/ice/public/ice.h has each name of the page, of states.md the reasons, and no other."""
        page = {
            "ELEMENT": set(ELEMENTS),
            "PROP": set(read_rows("Properties")),
            "SIGNAL": {*read_rows("Signals"), *read_rows("Signals of the agent only")},
            "ACTION": {*read_rows("Action signals"), *read_rows("Actions of the agent only")},
            "MESSAGE": set(read_rows("Bus messages")),
            "FIELD": {field for row in read_rows("Bus messages").values() for field in read_names(row[0])},
            "REASON": set(read_reasons()),
            "PROGRESS": set(read_rows("Progress")),
            "STAT": set(re.findall(r"^\| `([\w-]+)` \|", read_section("get-stats", "^## "), re.M)),
            "STAT_TYPE": {name for line in re.findall("^### (.*)$", read_section("get-stats", "^## "), re.M)
                          for name in line.split(", ")} - {"ice-stats", "every entry"},
        }
        header = (ROOT / "gst/ice/public/ice.h").read_text()
        names = re.findall(r'^#define (GST_ICE_\w+)(?: +\\\n)? +"([\w-]+)"$', header, re.M)
        self.assertEqual(len(names), len(re.findall("^#define GST_ICE_", header, re.M)))
        written = {kind: set() for kind in page}
        for macro, text in names:
            if macro in ("GST_ICE_STATS", "GST_ICE_AGENT", "GST_ICE_WEBRTC_AGENT"):
                continue
            name = "SRC_TIMEOUT" if text == "GstIceSrcTimeout" else text.upper().replace("-", "_")
            kinds = [kind for kind in page if macro == f"GST_ICE_{kind}_{name}"]
            self.assertEqual(len(kinds), 1, f"{macro} is not called as its text {text}")
            written[kinds[0]].add(text)
        self.assertEqual(written, page)
        for kind, name in re.findall(r'^#define (GST_TYPE_\w+)[ \\\n]+\(g_type_from_name \("(\w+)"\)\)$', header, re.M):
            self.assertEqual(kind, "GST_TYPE_" + re.sub("(?<!^)([A-Z])", r"_\1", name.removeprefix("Gst")).upper())
            self.assertTrue(GObject.type_from_name(name).is_value_type())

    def test_categories(self):
        begun = re.findall(r'GST_DEBUG_CATEGORY_INIT \(\s*\w+,\s*"(\w+)"', read_sources())
        self.assertEqual(len(begun), read_sources().count("GST_DEBUG_CATEGORY_INIT"))
        self.assertEqual(sorted(read_rows("Debug categories")), sorted(begun))

    def test_messages_are_those_of_the_sources(self):
        made = set(re.findall(r'gst_structure_new \(\s*"(ice-[\w-]+|GstIce\w+)"', read_sources()))
        self.assertEqual(sorted(read_rows("Bus messages")), sorted(made - {"ice-stats"}))
        codes = re.search(r"codes\[ICE_PROGRESS_N_CODES\] = \{(.*?)\}",
                          (ROOT / "gst/ice/model/iceprogress.c").read_text(), re.S).group(1)
        self.assertEqual(list(read_rows("Progress")), re.findall(r'"(\w+)"', codes))

    def call(self):
        """A call of two ends, with a TURN server, and candidates of the peer that have a related
        address and a TCP type."""
        server = TurnServer(self, {ALLOCATE: lambda r: server.allocate(r, relayed=("127.0.0.7", 9), mapped=("127.0.0.1", 9))})
        ends = [self.pipeline(
            f"appsrc name=in ! icesink name=snk sync=false connection-id=reference-{role} role={role} {LOOPBACK} "
            f"stun-server=stun://127.0.0.1:9 turn-server={server.uri()} icesrc name=ice connection-id=reference-{role} timeout=1000000 "
            "! fakesink name=out async=false sync=false") for role in ("controlling", "controlled")]
        outs = [Collector(end["out"]) for end in ends]
        for end in ends:
            end.set_state(Gst.State.READY)
        for x, y in (ends, reversed(ends)):
            signal_to(x["snk"], y["snk"])
        for end in ends:
            end.play()
            self.assertTrue(end["ice"].emit("add-ice-candidate", 0, "candidate:9 1 UDP 1 127.0.0.9 9 typ srflx "
                                                                    "raddr 127.0.0.8 rport 9"))
            self.assertTrue(end["ice"].emit("add-ice-candidate", 0, "candidate:8 1 TCP 1 127.0.0.9 9 typ host tcptype active"))
        for end in ends:
            end.wait_connected()
        for end in ends:
            push(end["in"], b"media")
        for out in outs:
            out.take(1)
        return ends

    def read_stats(self, ends):
        """Each member that get-stats gives, by heading of the page: {heading: {member: type}}."""
        seen = {}
        for end in ends:
            for element in "ice", "snk":
                stats = end[element].emit("get-stats")
                for i in range(stats.n_fields()):
                    name = stats.nth_field_name(i)
                    entry = stats.get_value(name)
                    if not isinstance(entry, Gst.Structure):
                        seen.setdefault("ice-stats", {})[name] = describe_type(stats.get_field_type(name))
                        continue
                    heading = entry.get_value("type")
                    if heading in ("local-candidate", "remote-candidate"):
                        heading = "local-candidate, remote-candidate"
                    for k in range(entry.n_fields()):
                        member = entry.nth_field_name(k)
                        common = member in ("id", "type", "timestamp")
                        seen.setdefault("every entry" if common else heading, {})[member] = \
                            describe_type(entry.get_field_type(member))
        return seen

    def test_call_gives_what_the_page_has(self):
        ends = self.call()
        with self.subTest("get-stats"):
            headings = re.findall(r"^### (.*)", read_section("get-stats", end="^## "), re.M)
            listed = {heading: {name: row[0] for name, row in read_rows(heading).items()}
                      for heading in headings}
            deadline = time.monotonic() + PATIENCE
            # the first consent request takes some seconds
            while (seen := self.read_stats(ends)) != listed and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(seen, listed)
        with self.subTest("messages"):
            rows = {name: set(read_names(row[0])) for name, row in read_rows("Bus messages").items()}
            seen = self.read_messages(ends)
            seen["ice-call-ended"] = self.read_end_of_call()
            error = seen["ice-candidate-error"]  # of a server that is silent: address and port may be not known
            self.assertLessEqual({"error-code", "error-text", "stream"}, error)
            seen["ice-candidate-error"] = error | {"address", "port"}
            self.assertEqual(seen, rows)

    def read_end_of_call(self):
        uri = f"signalling-uri=tcp://127.0.0.1:{free_port()}?mode="
        listener = self.pipeline(f"icesrc {LOOPBACK} {uri}listener&keep=true ! fakesink").play()
        caller = self.pipeline(f"appsrc ! icesink {LOOPBACK} {uri}caller").play()
        listener.wait_connected()
        caller.stop()
        return set(fields(listener.wait(element_message("ice-call-ended")).get_structure()))

    def read_messages(self, ends):
        """The fields of each element message that came: {name: fields}."""
        ends[0].wait(element_message("GstIceSrcTimeout"))
        seen = {}
        for end in ends:
            if not end.messages("ice-candidate-error"):
                end.wait(element_message("ice-candidate-error"))
            for message in end.history:
                if message.type == Gst.MessageType.ELEMENT:
                    structure = message.get_structure()
                    seen.setdefault(structure.get_name(), set()).update(fields(structure))
        return seen


class TestDocs(IceTest):
    def test_launch_lines_run_as_written(self):
        lines = read_launch_lines()
        self.assertEqual(len(lines), 3)
        waits, sends, alone = lines
        with self.subTest("two terminals"):
            receiver, sender = self.run_line(waits), self.run_line(sends)
            self.assert_ends_well(receiver, sender)
            self.assertEqual(self.read("out"), bytes(i % 256 for i in range(1000)) * 500)
            self.assert_contains(sender.text, "ice-candidate,", "ice-gathering-state,",
                                 "ice-connection-state,", "ice-selected-candidate-pair,")
        with self.subTest("one terminal"):
            call = self.run_line(alone)
            self.assert_ends_well(call, timeout=CALL_TIMEOUT)
            self.assertGreater(count_frames(self.path("call.webm")), 290)

    def test_forwarding_lines_run_as_written(self):
        """The receivers get all that the sender sends once the forwarder is connected to them."""
        *receivers, forwards, sends = read_launch_lines(FORWARDING)
        self.assertEqual(len(receivers), 2)
        receivers = [self.run_line(line) for line in receivers]
        forwarder = self.run_line(forwards)
        deadline = time.monotonic() + PATIENCE
        while set(re.findall(r'"(icesink\d)".* ice-connection-state.*new=\(GstIceConnectionState\)connected',
                             forwarder.text)) != {"icesink0", "icesink1"}:
            self.assertLess(time.monotonic(), deadline, forwarder.text)
            time.sleep(0.02)
        self.assert_ends_well(self.run_line(sends), forwarder, *receivers)
        for name in "out1", "out2":
            self.assertEqual(self.read(name), bytes(i % 256 for i in range(1000)) * 500)

    def test_forwarder_runs_as_written(self):
        """The peer that stays gets more than the one that leaves and the one that comes later."""
        example = self.run_line([sys.executable, str(FORWARDER)])
        self.assert_ends_well(example)
        counts = dict(re.findall(r"^(\w+) got (\d+) packets$", example.text, re.M))
        one, two, three = (int(counts[name]) for name in ("one", "two", "three"))
        self.assertEqual(len(example.text.splitlines()), 3, example.text)
        self.assertGreater(min(one, three), 0)
        self.assertGreater(two, max(one, three))

    def test_blocks_of_forwarding_are_the_example(self):
        def strip(text):
            return "\n".join(line.strip() for line in text.splitlines())
        blocks = [block for block in re.findall(r"(?:^    .*\n)+", FORWARDING, re.M)
                  if not block.startswith(("    gst-launch-1.0 ", "    sh "))]
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            self.assertIn(strip(block), strip(FORWARDER.read_text()))

    def test_timeline_runs_as_written(self):
        """But for a shorter time."""
        command = re.search(r"^    python3 (tests/examples/timeline.py .*?)\n\n", README, re.M | re.S).group(1)
        program, *arguments = shlex.split(command.replace("\\\n", ""))
        arguments[arguments.index("--seconds") + 1] = "5"
        self.run_line(read_launch_lines()[0])
        self.assert_ends_well(self.run_line([sys.executable, str(ROOT / program), *arguments]))
        self.assertIn(b"icesink0: at last completed", self.read("call.svg"))

    def test_example_runs_as_written(self):
        example = self.run_line([sys.executable, str(EXAMPLE)])
        self.assert_ends_well(example)
        lines = example.text.splitlines()
        for state in "checking", "connected", "completed", "closed":
            self.assertEqual(lines.count(state), 2, example.text)
        self.assertEqual(lines.count("eos"), 2, example.text)
        self.assertEqual(len(lines), 10, example.text)

    def test_own_agent_runs_as_written(self):
        """The second call of the same session takes no signalling and no check."""
        example = self.run_line([sys.executable, str(OWN_AGENT)])
        self.assert_ends_well(example)
        lines = example.text.splitlines()
        self.assertEqual(lines[-6:], 4 * ["eos"] + 2 * ["closed"], example.text)
        self.assertEqual(sorted(lines[:-6]), sorted(2 * ["checking", "connected", "completed"]), example.text)

    def test_examples_are_short(self):
        for path, most in ((EXAMPLE, 20), (FORWARDER, 150), (OWN_AGENT, 40), (ROOT / "docs/whip-publish.py", 200), (ROOT / "docs/whip-serve.py", 350),
                           (ROOT / "docs/whip.py", 250), (ROOT / "docs/browser-call.py", 250)):
            with self.subTest(path.name):
                self.assertLessEqual(len(path.read_text().splitlines()), most)

    def test_no_array_of_values(self):
        """With which PyGObject 3.58 keeps a reference to each object (docs/systems.md)."""
        for path in [*(ROOT / "docs").glob("*.py"), *(ROOT / "tests").rglob("*.py")]:
            with self.subTest(path.name):
                self.assertEqual(re.findall(r".*_with_properties\([^)].*", path.read_text()), [])

    def test_example_in_readme_is_the_file(self):
        self.assertIn(f"```python\n{EXAMPLE.read_text()}```\n", README)

    def test_blocks_of_webrtc_are_the_example(self):
        """The pipeline and the description; tests/system/test-foreign-chromium.py runs the example."""
        page = (ROOT / "docs/webrtc.md").read_text()
        example = (ROOT / "docs/send-to-browser.py").read_text()
        blocks = re.findall(r"(?:^    .*\n)+", page, re.M)
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            self.assertIn(textwrap.dedent(block).strip(), example)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            # README, which is plain text, has bare paths
            pattern = r"\b((?:docs|tests)/[\w./-]*\w)" if page.name == "README" else r"\]\(([^)#]+)[^)]*\)"
            for link in re.findall(pattern, page.read_text()):
                if not link.startswith("http"):
                    with self.subTest(f"{page.name}: {link}"):
                        self.assertTrue((page.parent / link).exists())

    def test_security_names_tests(self):
        """Each row of a table of docs/security.md, and the text, names tests that there are."""
        page = (ROOT / "docs/security.md").read_text()
        tables = [rows.splitlines() for rows in re.findall(r"^\| who \| does \| result \|.*\n\|[-|]+\n((?:\|.*\n)+)", page, re.M)]
        self.assertGreater(sum(map(len, tables)), 40)
        for row in sum(tables, []):
            with self.subTest(row[:80]):
                self.assertRegex(row, r" (none|`[\w-]+\.test_\w+`(, `[\w-]+\.test_\w+`)*) \|$")
        for name, function in sorted(set(re.findall(r"`([\w-]+)\.(test_\w+)`", page))):
            with self.subTest(f"{name}.{function}"):
                paths = [path for end in (".py", ".c") for path in (ROOT / "tests").rglob(f"test-{name}{end}")]
                self.assertEqual(len(paths), 1)
                self.assertRegex(paths[0].read_text(), rf"(?m)^( *def )?{function} ?\(")

    def test_every_page_is_in_the_index(self):
        """README has the list of the pages, once each."""
        index = re.findall(r"^    docs/(\S+\.md) +\S", README, re.M)
        self.assertEqual(sorted(index), [page.name for page in PAGES[1:]])

    def test_design_names_every_module(self):
        modules = {path.stem for folder in ("gst", "ext")
                   for path in (ROOT / folder).rglob("*.[ch]")}
        section = (ROOT / "docs/design.md").read_text()
        named = set(re.findall(r"`(\w+)`", section))
        self.assertEqual(sorted(modules - named), [])
        gone = {name for name in named - {"icesrc", "icesink"}
                if re.match(r"gstice|nice.|ice.", name) and name not in modules}
        self.assertEqual(sorted(gone), [])

    def test_design_has_the_table_of_the_folders(self):
        """As tests/house/test-include-graph.py has it."""
        rules = (ROOT / "tests/house/test-include-graph.py").read_text()
        rules = {"gst/ice/" + name if base == "GST" else "ext/nice/" + name: uses
                 for base, name, uses in re.findall(r'^    (GST|NICE) \+ "(\w+)": "(.*)",', rules, re.M)}
        rows = dict(re.findall(r"^\| ((?:gst/ice|ext/nice)/\w+) \|[^|]+\| ?([^|]*?) ?\|$",
                               (ROOT / "docs/design.md").read_text(), re.M))
        self.assertEqual(list(rows), list(rules))
        for folder, uses in rules.items():
            if rows[folder] != "all of ext/nice, gst/ice":
                self.assertEqual(rows[folder].split(", "), uses.split() or [""], folder)

    # From libnice up to the elements: a backend is below what calls it by class slots.
    LAYERS = "trace guard pairs consent agent datapath component session elements".split()
    WAYS = (("out", 4), ("in", 4), ("candidate", 8), ("line", 10))  # files at most

    def test_four_ways(self):
        """The files are there, each one calls the next one, the folders only rise or only fall, no way is too long."""
        section = (ROOT / "docs/design.md").read_text().split("## Four paths")[1].split("\n## ")[0]
        ways = [re.findall(r"`([a-z]+/\w+\.c)`", text) for text in section.split("\n\n")]
        for way, (name, limit) in zip(filter(None, ways), self.WAYS, strict=True):
            self.assertLessEqual(len(way), limit, way)
            self.assertEqual(list(self.wrong_hops(way[::-1] if name == "in" else way)), [])

    def test_a_wrong_way_is_noticed(self):
        reports, transport, session = ("agent/gsticenicereports.c", "component/gsticetransportreports.c",
                                       "session/gsticesession.c")
        self.assertEqual(list(self.wrong_hops([reports, transport, session])), [])
        for way in ([session, transport, reports], [reports, reports, transport], [transport, reports, session],
                    [reports, session]):
            self.assertNotEqual(list(self.wrong_hops(way)), [], way)

    def wrong_hops(self, way):
        if len(way) > len(set(way)):
            yield "a file is entered twice"
        ranks = [self.LAYERS.index(name.split("/")[0]) for name in way]
        if ranks not in (sorted(ranks), sorted(ranks, reverse=True)):
            yield "the folders rise and fall"
        paths = [next(p for base in ("gst/ice", "ext/nice") if (p := ROOT / base / name).exists()) for name in way]
        for path, following in zip(paths, paths[1:]):
            if not self.calls(path, following):
                yield f"{path.name} does not call {following.name}"

    @staticmethod
    def functions(path, static=False):
        """Those that are defined there, static ones or the others."""
        return {name for kind, name in re.findall(r"^([a-z_A-Z][^\n]*)\n([a-z_]\w*) \(", path.read_text(), re.M)
                if ("static" in kind.split()) == static}

    def calls(self, path, other):
        """Whether it calls the other one: by name, by a slot or a table of functions, by a callback that the other one
        gives it, by an alarm, by a signal."""
        text, others = path.read_text(), other.read_text()
        called, own = "|".join(self.functions(other)), "|".join(self.functions(path))
        static = "|".join(self.functions(other, static=True))
        slots = set(re.findall(r"->(\w+) \(", text)) & set(re.findall(r"(?:->|\.)(\w+) = \w+[;,]", others))
        alarms = [maker.read_text() for maker in other.parent.glob("*.c") if "gst_ice_alarm_set (" in text]
        return bool(slots
                    or called and re.search(rf"\b({called})\b", text)
                    or own and re.search(rf"\b({own}) \([^;]*\b({static})\b[^;]*\);", others)
                    or any(re.search(rf"gst_ice_alarm_new \([^;]*\b({called})\b", maker) for maker in alarms)
                    or re.search(r"g_object_notify|g_signal_emit", text) and "g_signal_connect" in others)


main()
