#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks the layers of gst/ and ext/ (docs/design.md): the includes and the calls
of a folder go to the folders below it, without a cycle, no function pointer is
stored to call upwards, the pure modules are pure, and libnice is in ext/nice only.

Usage: test-include-graph.py SOURCE_ROOT [DOT_FILE]

A module is a file name without .c or .h. Each rule is also broken in a copy of the
sources, and the test fails where the rule does not notice. Prints TAP. With
DOT_FILE it checks nothing and draws the folders and their arrows there.
"""
import re
import shutil
import sys
import tempfile
from pathlib import Path

# The folders, the lowest first, and those that each may include and call.
GST, NICE, WEBRTC, SOUP = "gst/ice/", "ext/nice/", "ext/webrtc/", "ext/soup/"
FOLDERS = {
    GST + "public": "",
    GST + "candidates": "",
    GST + "model": "public candidates",
    GST + "iothread": "",
    GST + "stun": "model candidates",
    GST + "api": "public model candidates",
    GST + "datapath": "iothread stun",
    GST + "addresses": "iothread model candidates",
    GST + "tunnel": "iothread stun model candidates",
    GST + "signalling": "tunnel iothread model candidates",
    GST + "component": "datapath api iothread model candidates",
    GST + "session": "component signalling addresses datapath api iothread model candidates",
    GST + "elements": "session component datapath api iothread model candidates",
    NICE + "stun": "gst/ice",
    NICE + "trace": "stun gst/ice",
    NICE + "guard": "trace stun gst/ice",
    NICE + "pairs": "guard trace stun gst/ice",
    NICE + "consent": "pairs guard trace stun gst/ice",
    NICE + "agent": "consent pairs guard trace stun gst/ice",
    "ext/nice": "agent gst/ice",
    "ext/webrtc": "",
    "ext/soup": "",
}
GENERATED = {"config.h"}

# Pure modules: no GType, no I/O, no clock.
PURE = re.compile(r"ice(?!net$)\w+$")
PURE_HEADERS = {"glib.h", "limits.h", "math.h", "stdint.h", "string.h"}
PURE_EXTRA = {"icemessage": {"json-glib/json-glib.h"},
              "icertnetlink": {"errno.h", "linux/if.h", "linux/rtnetlink.h"}}
PURE_WORDS = re.compile(r"\b(GType|GObject|G_DEFINE_TYPE\w*|g_object_\w+"
                        r"|g_get_(?:monotonic|real)_time|time|clock_gettime)\b")
NICE_HEADER = re.compile(r"nice/|agent\.h$|stun/")
NICE_WORDS = re.compile(r"\b(nice_\w+|Nice[A-Z]\w*|NICE_\w+)")
# Types of messages and attributes, and fixed words, of STUN and TURN.
STUN_HEADER = "icestunheader"
STUN_CONSTANT = re.compile(r"^#define (ICE_(?:STUN|TURN)_(?!CLASS|FIRST)\w+(?<!_MASK)) (0x\w{4,8})$", re.M)
HEXADECIMAL = re.compile(r"\b0[xX][0-9A-Fa-f]{3,8}\b")
COOKIE_OCTETS = re.compile(r"0x21,\s*0x12,\s*0x[aA]4,\s*0x42")
BAD_NAME = re.compile(r"utils|common|misc|priv")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
DEFINITION = re.compile(r"^([A-Za-z_][\w \*]*)\n([a-z_]\w*) \(", re.M)
DEFINE_TYPE = re.compile(r"^G_DEFINE_\w+ \(\s*\w+,\s*(\w+)", re.M)
WORD = re.compile(r"\b[a-z_]\w*\b")
# tag, body, and the name that a typedef gives it
STRUCT = re.compile(r"struct(?:\s+_?(\w+))?\s*\{(.*?)\n\}[ \t]*(\w*)", re.S)
# The functions that a user of a type gives it when it makes one, and class slots.
CONTRACT = ("Class", "Funcs", "Callbacks", "Observer", "Actions")
POINTER = re.compile(r"\(\*(\w+)\) ?\(")
POINTER_TYPE = re.compile(r"typedef [^;{]*\(\*(\w+)\) ?\(")
STORE = re.compile(r"(?:->|\.)(\w+)\s*=\s*&?(\w+)\s*[,;}]")


def base_of(name):
    """What includes of that file leave out."""
    return next(base for base in (GST, NICE, WEBRTC, SOUP) if name.startswith(base))


class House:
    """The modules below one source root, what they include and what they call."""

    def __init__(self, root):
        self.root = root
        self.files = sorted(path for folder in ("gst", "ext")
                            for path in (root / folder).rglob("*.[ch]"))
        self.text = {path: path.read_text() for path in self.files}
        self.code = {path: NOT_CODE.sub(" ", text) for path, text in self.text.items()}
        self.own = {}
        for path in self.files:
            self.own[self.name(path).removeprefix(base_of(self.name(path)))] = path
        self.folder = {path.stem: self.name(path.parent) for path in self.files}
        self.arrows = {path.stem: set() for path in self.files}
        for path in self.files:
            for kind, name in self.includes(path):
                if kind == '"' and name in self.own:
                    self.arrows[path.stem].add(Path(name).stem)
        self.defined = {}
        for path in self.files:
            if path.suffix == ".c":
                for kind, name in DEFINITION.findall(self.code[path]):
                    if "static" not in kind.split():
                        self.defined[name] = path.stem
                for name in DEFINE_TYPE.findall(self.code[path]):
                    self.defined[name + "_get_type"] = path.stem
        self.calls = {path.stem: set() for path in self.files}
        for path in self.files:
            if path.suffix == ".c":
                self.calls[path.stem] |= {self.defined[word] for word in WORD.findall(self.code[path])
                                          if word in self.defined}
        for arrows in self.arrows, self.calls:
            for module, others in arrows.items():
                others.discard(module)

    def includes(self, path):
        return INCLUDE.findall(self.text[path])

    def name(self, path):
        return str(path.relative_to(self.root))

    def unknown(self):
        for path in self.files:
            if self.name(path.parent) not in FOLDERS:
                yield f"{self.name(path)} is in no folder of FOLDERS of this test"
            for kind, name in self.includes(path):
                if kind == '"' and name not in self.own and name not in GENERATED:
                    yield (f'{self.name(path)} includes "{name}", which is no file of ours '
                           "(includes are written with the folder)")

    def below(self, folder):
        """The folders that may be included from there."""
        base = base_of(folder + "/")
        for word in FOLDERS.get(folder, "").split():
            yield from [f for f in FOLDERS if f.startswith(GST)] if word == "gst/ice" else [base + word]

    def upward(self):
        for what, arrows in ("includes", self.arrows), ("calls", self.calls):
            for module, others in arrows.items():
                here = self.folder[module]
                for other in sorted(others):
                    there = self.folder[other]
                    if there not in [here, *self.below(here)]:
                        yield f"{module} ({here}) {what} {other} ({there})"

    def cycles(self):
        for what, arrows in ("includes", self.arrows), ("calls", self.calls):
            done = set()

            def walk(module, trail):
                if module in trail:
                    yield f"{what}: " + " -> ".join(trail[trail.index(module):] + [module])
                elif module not in done:
                    for other in sorted(arrows.get(module, ())):
                        yield from walk(other, trail + [module])
                    done.add(module)

            for module in arrows:
                yield from walk(module, [])

    def pointers(self):
        types = {name for path in self.files for name in POINTER_TYPE.findall(self.code[path])}
        member = {}
        for path in self.files:
            if path.suffix != ".h":
                continue
            for tag, body, alias in STRUCT.findall(self.code[path]):
                struct = tag or alias
                if not struct.endswith(CONTRACT):
                    for name in POINTER.findall(body):
                        member[name] = path.stem, struct
                    for kind, name in re.findall(r"^\s*(\w+) (\w+);", body, re.M):
                        if kind in types:
                            member[name] = path.stem, struct
        for path in self.files:
            for name, value in STORE.findall(self.code[path]):
                if value not in ("NULL", "TRUE", "FALSE") and name in member and member[name][0] != path.stem:
                    yield f"{self.name(path)} stores a function in {name} of {member[name][1]}, for a module below to call"

    def libnice(self):
        for path in self.files:
            if self.name(path).startswith("ext/nice/"):
                continue
            for kind, name in self.includes(path):
                if kind == "<" and NICE_HEADER.match(name):
                    yield f"{self.name(path)} includes <{name}>"
            for word in sorted(set(NICE_WORDS.findall(self.code[path]))):
                yield f"{self.name(path)} uses {word}"

    def impure(self):
        for path in self.files:
            if not PURE.match(path.stem):
                continue
            allowed = PURE_HEADERS | PURE_EXTRA.get(path.stem, set())
            for kind, name in self.includes(path):
                if kind == "<" and name not in allowed:
                    yield f"{self.name(path)} (pure) includes <{name}>"
                if kind == '"' and not PURE.match(Path(name).stem):
                    yield f'{self.name(path)} (pure) includes "{name}"'
            for word in sorted(set(PURE_WORDS.findall(self.code[path]))):
                yield f"{self.name(path)} (pure) uses {word}"

    def stun_constants(self):
        """Values of STUN elsewhere than in its header, and twice there, apart from attributes and methods."""
        header = next(path for path in self.files if path.stem == STUN_HEADER)
        names = {}
        for name, value in STUN_CONSTANT.findall(self.code[header]):
            kind = re.match(r"ICE_(?:STUN|TURN)_((?:ATTRIBUTE|METHOD)_)?", name)[1]
            first = names.setdefault((kind, int(value, 16)), name)
            if first != name:
                yield f"{self.name(header)}: {name} has the value of {first}"
        values = {value: name for (_, value), name in names.items()}
        for path in self.files:
            if path == header:
                continue
            for literal in HEXADECIMAL.findall(self.code[path]):
                if name := values.get(int(literal, 16)):
                    yield f"{self.name(path)}: {literal}, the value of {name}"
            if COOKIE_OCTETS.search(self.code[path]):
                yield f"{self.name(path)}: the magic cookie in octets"

    def badly_named(self):
        for path in self.files:
            if BAD_NAME.search(path.name):
                yield f"{self.name(path)}: the name does not describe its contents"

    def dot(self):
        """The folders, and who uses whom; an arrow that others imply is left out."""
        lines = ["digraph folders {", "  rankdir = TB; node [shape = box, style = rounded];",
                 "  fontname = sans; node [fontname = sans]"]
        for base in GST, NICE, WEBRTC:
            here = [folder for folder in FOLDERS if (folder + "/").startswith(base)]
            lines.append(f'  subgraph "cluster {base}" {{ label = "{base}";')
            for folder in here:
                modules = sorted(module for module, place in self.folder.items() if place == folder)
                lines.append(f'    "{folder}" [label = "{folder.removeprefix(base) or folder}\\n{len(modules)} modules", '
                             f'tooltip = "{" ".join(modules)}"];')
            lines.append("  }")
        arrows = {(self.folder[a], self.folder[b]) for graph in (self.arrows, self.calls)
                  for a, others in graph.items() for b in others}
        reach = {a: {y for x, y in arrows if x == a and y != a} for a in FOLDERS}
        for a in FOLDERS:  # the lowest come first
            reach[a] |= {c for b in reach[a] for c in reach.get(b, ())}
        # an arrow that another way implies is left out
        lines += [f'  "{a}" -> "{b}";' for a, b in sorted(arrows) if a != b
                  and not any(b in reach[c] for x, c in arrows if x == a and c not in (a, b))]
        return "\n".join(lines + ["}", ""])


# rule -> ways to break it: file, what to append
RULES = {
    "every file is in a folder that is known": (House.unknown, [
        ("gst/ice/icesurprise.c", ""),
        ("gst/ice/model/icestate.c", '#include "nowhere.h"\n'),
        ("gst/ice/model/icestate.c", '#include "icecandidate.h"\n')]),
    "no include and no call goes up": (House.upward, [
        ("gst/ice/candidates/icecandidate.h", '#include "session/gsticeagent.h"\n'),
        ("gst/ice/model/icestate.h", '  # include "api/gsticeenumtypes.h"\n'),
        ("gst/ice/session/gsticesession.c", '#include "elements/gsticeregistry.h"\n'),
        ("gst/ice/session/gsticesession.c", "void f (void) { gst_ice_registry_get_agent (); }\n"),
        ("gst/ice/datapath/gsticeinbox.c", '#include "component/gsticetransport.h"\n'),
        ("gst/ice/elements/gsticesrc.c", '#include "agent/gsticenicetransport.h"\n'),
        ("ext/nice/agent/gsticenicetransport.c", '#include "plugin.h"\n'),
        ("ext/nice/trace/nicelog.c", '#include "guard/gsticenicefloodguard.h"\n'),
        ("ext/webrtc/gsticewebrtcagent.c", '#include "session/gsticeagent.h"\n'),
        ("ext/webrtc/gsticewebrtcagent.c", "void f (void) { gst_ice_registry_get_agent (); }\n"),
        ("ext/soup/gsticesoupbridge.c", '#include "signalling/icemessage.h"\n'),
        ("ext/soup/gsticesoupbridge.c", "void f (void) { ice_message_parse (); }\n"),
        ("gst/ice/signalling/gsticeupgrade.c", '#include "gsticesoupbridge.h"\n'),
        ("ext/nice/plugin.c", '#include "gsticewebrtcagent.h"\n')]),
    "no cycle of includes or calls": (House.cycles, [
        ("gst/ice/model/icecheckpair.h", '#include "model/icechecklist.h"\n'),
        ("gst/ice/api/gsticesettings.h", '#include "session/gsticesession.h"\n'),
        ("ext/webrtc/gsticewebrtcstream.h", '#include "gsticewebrtcagent.h"\n'),
        ("gst/ice/candidates/iceaddress.c", "void f (void) { ice_candidate_parse (); }\n")]),
    "no function pointer is stored to call upwards": (House.pointers, [
        ("gst/ice/session/gsticesession.c", "void f (void) { session->up = f; }\n"),
        ("gst/ice/session/gsticesession.c", "void f (void) { session->rise = f; }\n"),
        ("gst/ice/session/gsticesession.c", "void f (void) { session->tables.up = &f; }\n"),
        ("gst/ice/session/gsticesession.c", "struct _Up tables = { .up = f, };\n")]),
    "libnice is in ext/nice only": (House.libnice, [
        ("gst/ice/session/gsticeagent.c", "#include <nice/agent.h>\n"),
        ("gst/ice/session/gsticeagent.h", "#include <agent.h>\n"),
        ("gst/ice/session/gsticesession.c", "static NiceAgent *agent;\n"),
        ("gst/ice/elements/gsticesrc.c", "static int n = NICE_COMPONENT_STATE_READY;\n"),
        ("gst/ice/candidates/icecandidate.c", "void f (void) { nice_debug_enable (1); }\n")]),
    "the pure modules are pure": (House.impure, [
        ("gst/ice/model/icestate.h", "#include <glib-object.h>\n"),
        ("gst/ice/model/icestream.c", "#include <gio/gio.h>\n"),
        ("gst/ice/model/iceserver.c", "#include <gst/gst.h>\n"),
        ("gst/ice/candidates/icecandidate.c", "#include <json-glib/json-glib.h>\n"),
        ("gst/ice/candidates/icecandidate.c", "#include <netdb.h>\n"),
        ("gst/ice/datapath/icesegments.c", '#include "datapath/gsticedatagram.h"\n'),
        ("gst/ice/model/icestate.c", "gint64 f (void) { return g_get_monotonic_time(); }\n")]),
    "a constant of STUN is in its header once": (House.stun_constants, [
        ("gst/ice/tunnel/iceturnframe.c", "#define COOKIE 0x2112a442\n"),
        ("gst/ice/stun/icerequest.c", "enum { ALLOCATED = 0x103 };\n"),
        ("ext/nice/guard/gsticenicesocketfilter.c", "static const int types[] = { 0x0009 };\n"),
        ("ext/nice/stun/nicetcpframe.c", "static const guint8 cookie[] = { 0x21, 0x12, 0xA4, 0x42 };\n"),
        ("gst/ice/stun/icestunheader.h", "#define ICE_STUN_ATTRIBUTE_ERROR 0x0009\n"),
        ("gst/ice/stun/icestunheader.h", "#define ICE_TURN_ALLOCATED 0x0103\n")]),
    "file names say what is in them": (House.badly_named, [
        ("gst/ice/model/iceutils.c", ""), ("gst/ice/api/gstice-priv.h", ""),
        ("ext/nice/trace/nicecommon.h", ""), ("gst/ice/model/icemisc.c", "")]),
}
# What a way to break a rule needs besides.
MADE_UP = {
    "plugin.h": ("ext/nice/plugin.h", ""),
    "up = ": ("gst/ice/session/gsticesessiontables.h", "struct _Up\n{\n  void (*up) (void);\n};\n"),
    "rise = ": ("gst/ice/session/gsticesessiontables.h", "typedef struct\n{\n  void (*rise) (void);\n} Up;\n"),
}


def notices(source, rule, known, name, text):
    with tempfile.TemporaryDirectory(prefix="gst-ice-house-") as folder:
        root = Path(folder)
        for part in ("gst", "ext"):
            shutil.copytree(source / part, root / part)
        for word, (file, more) in MADE_UP.items():
            if word in text:
                with open(root / file, "a") as made:
                    made.write(more)
        with open(root / name, "a") as file:
            file.write(text)
        return bool(set(rule(House(root))) - set(known))


def main():
    source = Path(sys.argv[1]).resolve()
    house = House(source)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(house.dot())
        return False
    results = []
    for title, (rule, ways) in RULES.items():
        known = list(rule(house))
        results.append((title, known))
        missed = [f"{name} + {text!r} goes unnoticed" for name, text in ways
                  if not notices(source, rule, known, name, text)]
        results.append((title + ", and a file that breaks this is noticed", missed))

    arrows = {(house.folder[a], house.folder[b]) for a, others in house.arrows.items() for b in others}
    print(f"1..{len(results)}")
    print(f"# {len(FOLDERS)} folders, {sum(a != b for a, b in arrows)} arrows between them; "
          f"{len(house.arrows)} modules, {sum(map(len, house.arrows.values()))} arrows")
    for number, (title, problems) in enumerate(results, 1):
        print("not ok" if problems else "ok", number, "-", title)
        for problem in problems:  # meson shows what is in stderr
            print(problem, file=sys.stderr)
    return any(problems for _, problems in results)


sys.exit(main())
