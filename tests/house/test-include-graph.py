#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom: draws the include graph of gst/ and ext/ and fails on
an upward arrow, a cycle, or libnice outside ext/nice (docs/design.md).

Usage: test-include-graph.py SOURCE_ROOT [DOT_FILE]

A module is a file name without .c or .h. Breaks each rule in a copy of the
sources as well, and fails where nobody notices. Prints TAP.
"""
import re
import shutil
import sys
import tempfile
from pathlib import Path

# Each module of each layer, the lowest first.
LAYERS = {
    "core": """
        iceaddress iceanswer icebusypoll icecandidate icechecklist icecheckpair iceconsent
        icecredentials icemdns icemessage icemessageorder icerestart icesegments iceserver iceserverfailure
        icesignallinguri icestate icestream iceturnframe""",
    "port": """
        gsticeagent gsticealarm gsticeanswers gsticecall gsticecaller gsticecontext gsticedatagram
        gsticedatagramsocket
        gsticeenumtypes gsticeinbox gsticeio gsticeline gsticelistener
        gsticelocaladdress gsticelocalport gsticeloopback gsticemdns gsticenetworkwatch
        gsticeoutbox gsticepair
        gsticeresolver gsticesession gsticesessioncall gsticesessiongathering
        gsticesessiongeneration gsticesessionnames gsticesessionremote gsticesessionrestart
        gsticesessionstates gsticesessiontables
        gsticesettings gsticesignaller gsticesignals gsticesources gsticestats
        gsticesteering gsticetransport gsticetransportmedia
        gsticetransportstats gsticetunnel gsticetunnelconnect gsticetunnelflow gsticewatch""",
    "registry": "gsticeregistry",
    "endpoint": """
        gsticeendpoint gsticeendpointactions gsticeendpointbinding gsticeendpointevents
        gsticeendpointproperties gsticeendpointstates gsticefailure""",
    "elements": "gsticeelements gsticesink gsticesrc",
    "adapter": """
        gsticeniceagent gsticenicebreaker gsticenicebridge gsticenicecarrier
        gsticeniceconsent gsticeniceevents gsticenicefilter gsticenicegate gsticenicegeneration
        gsticenicemedia gsticenicepairs gsticenicereceiver gsticeniceservers gsticenicesetup
        gsticenicesocket
        gsticenicetransport nicecandidate nicechecks niceframe nicelog niceservers nicestun
        nicetrace nicetraceevent nicetracefield nicewitness""",
    "plugin": "plugin",
}
# Besides its own layer, which may have no cycle.
MAY_INCLUDE = {
    "core": [],
    "port": ["core"],
    "registry": ["port", "core"],
    "endpoint": ["registry", "port", "core"],
    "elements": ["endpoint", "registry", "port", "core"],
    "adapter": ["port", "core"],
    "plugin": ["adapter", "elements", "registry"],
}
LAYER = {module: layer for layer, text in LAYERS.items() for module in text.split()}
GENERATED = {"config.h"}

# The core has no GType, no I/O, no clock.
CORE_HEADERS = {"glib.h", "limits.h", "math.h", "stdint.h", "string.h"}
CORE_EXTRA = {"icemessage": {"json-glib/json-glib.h"}}
CORE_WORDS = re.compile(r"\b(GType|GObject|G_DEFINE_TYPE\w*|g_object_\w+"
                        r"|g_get_(?:monotonic|real)_time|time|clock_gettime)\b")
NICE_HEADER = re.compile(r"nice/|agent\.h$|stun/")
NICE_WORDS = re.compile(r"\b(nice_\w+|Nice[A-Z]\w*|NICE_\w+)")
BAD_NAME = re.compile(r"utils|common|misc|priv")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


class House:
    """The modules below one source root and what they include."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(path for folder in ("gst", "ext")
                            for path in (root / folder).rglob("*.[ch]"))
        self.own = {path.name for path in self.files}
        self.text = {path: path.read_text() for path in self.files}
        self.arrows = {path.stem: set() for path in self.files}
        for path in self.files:
            for kind, name in self.includes(path):
                if kind == '"' and name in self.own:
                    self.arrows[path.stem].add(Path(name).stem)
        for module, others in self.arrows.items():
            others.discard(module)

    def includes(self, path):
        return INCLUDE.findall(self.text[path])

    def name(self, path):
        return str(path.relative_to(self.root))

    def unknown(self):
        for path in self.files:
            if path.stem not in LAYER:
                yield f"{self.name(path)} has no layer; add it to LAYERS of this test"
            for kind, name in self.includes(path):
                if kind == '"' and name not in self.own | GENERATED:
                    yield f'{self.name(path)} includes "{name}", which is no file of ours'

    def misplaced(self):
        for path in self.files:
            in_adapter = LAYER.get(path.stem) in ("adapter", "plugin")
            folder = "ext/nice" if in_adapter else "gst/ice"
            if path.stem in LAYER and self.name(path.parent) != folder:
                yield f"{self.name(path)} belongs in {folder}"

    def upward(self):
        for module, others in self.arrows.items():
            here = LAYER.get(module)
            for other in sorted(others):
                there = LAYER.get(other)
                if here and there and there not in [here] + MAY_INCLUDE[here]:
                    yield f"{module} ({here}) includes {other} ({there})"

    def cycles(self):
        done = set()

        def walk(module, trail):
            if module in trail:
                yield " -> ".join(trail[trail.index(module):] + [module])
            elif module not in done:
                for other in sorted(self.arrows.get(module, ())):
                    yield from walk(other, trail + [module])
                done.add(module)

        for module in self.arrows:
            yield from walk(module, [])

    def libnice(self):
        for path in self.files:
            if self.name(path).startswith("ext/nice/"):
                continue
            for kind, name in self.includes(path):
                if kind == "<" and NICE_HEADER.match(name):
                    yield f"{self.name(path)} includes <{name}>"
            for word in sorted(set(NICE_WORDS.findall(code(self.text[path])))):
                yield f"{self.name(path)} uses {word}"

    def impure(self):
        for path in self.files:
            if LAYER.get(path.stem) != "core":
                continue
            allowed = CORE_HEADERS | CORE_EXTRA.get(path.stem, set())
            for kind, name in self.includes(path):
                if kind == "<" and name not in allowed:
                    yield f"{self.name(path)} (core) includes <{name}>"
            for word in sorted(set(CORE_WORDS.findall(code(self.text[path])))):
                yield f"{self.name(path)} (core) uses {word}"

    def badly_named(self):
        for path in self.files:
            if BAD_NAME.search(path.name):
                yield f"{self.name(path)}: say what is in it"

    def dot(self):
        lines = ["digraph includes {", "  rankdir = BT;", "  node [shape = box];"]
        for layer in LAYERS:
            here = [module for module in self.arrows if LAYER.get(module) == layer]
            lines.append(f"  subgraph cluster_{layer} {{ label = {layer}; "
                         + " ".join(f"{module};" for module in here) + " }")
        for module, others in self.arrows.items():
            lines += [f"  {module} -> {other};" for other in sorted(others)]
        return "\n".join(lines + ["}", ""])


def code(text):
    """The text without comments and strings."""
    return NOT_CODE.sub(" ", text)


# rule -> ways to break it: file, what to append
RULES = {
    "every file has one layer": (House.unknown, [
        ("gst/ice/icesurprise.c", ""),
        ("gst/ice/icestate.c", '#include "nowhere.h"\n')]),
    "every file is in its layer's folder": (House.misplaced, [
        ("gst/ice/nicecandidate.h", ""),
        ("ext/nice/gsticesrc.c", "")]),
    "no arrow goes up": (House.upward, [
        ("gst/ice/icecandidate.h", '#include "gsticeagent.h"\n'),
        ("gst/ice/icestate.h", '  # include "gsticeenumtypes.h"\n'),
        ("gst/ice/gsticesession.c", '#include "gsticeregistry.h"\n'),
        ("gst/ice/gsticeregistry.c", '#include "gsticesrc.h"\n'),
        ("gst/ice/gsticesrc.c", '#include "gsticeniceagent.h"\n'),
        ("ext/nice/gsticeniceagent.c", '#include "gsticeendpoint.h"\n'),
        ("ext/nice/nicecandidate.c", '#include "plugin.h"\n')]),
    "no cycle": (House.cycles, [
        ("gst/ice/icecredentials.h", '#include "icecandidate.h"\n'),
        ("gst/ice/gsticesettings.h", '#include "gsticesession.h"\n')]),
    "libnice is in ext/nice only": (House.libnice, [
        ("gst/ice/gsticeagent.c", "#include <nice/agent.h>\n"),
        ("gst/ice/gsticeagent.h", "#include <agent.h>\n"),
        ("gst/ice/gsticesession.c", "static NiceAgent *agent;\n"),
        ("gst/ice/gsticesrc.c", "static int n = NICE_COMPONENT_STATE_READY;\n"),
        ("gst/ice/icecandidate.c", "void f (void) { nice_debug_enable (1); }\n")]),
    "the core is pure": (House.impure, [
        ("gst/ice/icestate.h", "#include <glib-object.h>\n"),
        ("gst/ice/icestream.c", "#include <gio/gio.h>\n"),
        ("gst/ice/iceserver.c", "#include <gst/gst.h>\n"),
        ("gst/ice/icecandidate.c", "#include <json-glib/json-glib.h>\n"),
        ("gst/ice/icecandidate.c", "#include <netdb.h>\n"),
        ("gst/ice/icestate.c", "gint64 f (void) { return g_get_monotonic_time(); }\n")]),
    "file names say what is in them": (House.badly_named, [
        ("gst/ice/iceutils.c", ""), ("gst/ice/gstice-priv.h", ""),
        ("ext/nice/nicecommon.h", ""), ("gst/ice/icemisc.c", "")]),
}
# Where a way to break a rule includes a header that is not there.
MADE_UP = ("gst/ice/gsticesrc.h", "ext/nice/plugin.h")


def notices(source, rule, name, text):
    known = set(rule(House(source)))
    with tempfile.TemporaryDirectory(prefix="gst-ice-house-") as folder:
        root = Path(folder)
        for part in ("gst", "ext"):
            shutil.copytree(source / part, root / part)
        for header in MADE_UP:
            if Path(header).name in text:
                (root / header).touch()
        with open(root / name, "a") as file:
            file.write(text)
        return bool(set(rule(House(root))) - known)


def main():
    source = Path(sys.argv[1]).resolve()
    house = House(source)
    results = []
    for title, (rule, ways) in RULES.items():
        problems = list(rule(house))
        results.append((title, problems))
        missed = [f"{name} + {text!r} goes unnoticed" for name, text in ways
                  if not notices(source, rule, name, text)]
        results.append((title + ", and who breaks it is told", missed))

    arrows = sum(map(len, house.arrows.values()))
    print(f"1..{len(results)}")
    print(f"# {len(house.arrows)} modules, {arrows} arrows, "
          f"{arrows / len(house.arrows):.2f} a module")
    for number, (title, problems) in enumerate(results, 1):
        print("not ok" if problems else "ok", number, "-", title)
        for problem in problems:  # meson shows what is in stderr
            print(problem, file=sys.stderr)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(house.dot())
    return any(problems for _, problems in results)


sys.exit(main())
