#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gst-inspect-1.0 shows is the public contract: every property with its
type, range, default and when it may change; enum nicks; signals and actions.
(What `meson install` installs and exports: tests/house/test-install.py.)"""

import re

from icetest import GObject, Gst, IceTest, main

CONNECTION = "new checking connected completed failed disconnected closed"
GATHERING = "new gathering complete"
READ, READY, PLAYING = "readable", "NULL or READY", "PLAYING"
UINT = "4294967295"
GENERATED = "generated"  # gst-inspect-1.0 shows what a new element would use

# name: when it may change (or read only), type, default, range or nicks
COMMON = {
    "connection-id": (READY, "String", "null", ""),
    "agent": (READY, "GstIceAgent", "", ""),
    "stream": (READY, "Unsigned Integer", "0", "0 - 255"),
    "component": (READY, "Unsigned Integer", "1", "1 - 256"),
    "transport": (READ, "GstIceTransport", "", ""),
    "role": (PLAYING, "Enum", "controlling", "unknown controlling controlled"),
    "local-ufrag": (PLAYING, "String", GENERATED, ""),
    "local-pwd": (PLAYING, "String", GENERATED, ""),
    "remote-ufrag": (PLAYING, "String", "null", ""),
    "remote-pwd": (PLAYING, "String", "null", ""),
    "stun-server": (READY, "String", "null", ""),
    "turn-servers": (READY, "gchararray", "<  >", ""),
    "ice-servers": (READY, "GstStructure", "<  >", ""),
    "turn-server": (READY, "String", "null", ""),
    "ice-transport-policy": (READY, "Enum", "all", "all relay"),
    "ice-tcp": (READY, "Boolean", "false", ""),
    "upnp": (READY, "Boolean", "false", ""),
    "auto-gather": (READY, "Boolean", "true", ""),
    "trickle": (READY, "Boolean", "true", ""),
    "min-port": (READY, "Unsigned Integer", "0", "0 - 65535"),
    "max-port": (READY, "Unsigned Integer", "0", "0 - 65535"),
    "local-addresses": (READY, "gchararray", "<  >", ""),
    "interfaces": (READY, "gchararray", "<  >", ""),
    "disconnected-timeout": (READY, "Unsigned Integer", "5000", "0 - " + UINT),
    "failed-timeout": (READY, "Unsigned Integer", "30000", "0 - " + UINT),
    "end-of-candidates-timeout": (READY, "Unsigned Integer", "60000", "0 - " + UINT),
    "remote-candidates": (PLAYING, "gchararray", "<  >", ""),
    "local-candidates": (READ, "gchararray", "<  >", ""),
    "signalling-uri": (READY, "String", "null", ""),
    "on-failed": (PLAYING, "Enum", "error", "error warning eos none"),
    "restart-on": (READY, "Flags", "none", "none failed disconnected network-change"),
    "buffer-size": (READY, "Unsigned Integer", "0", "0 - 2147483647"),
    "offload": (PLAYING, "Enum", "auto", "auto none"),
    "offload-active": (READ, "Boolean", "false", ""),
    "ice-connection-state": (READ, "Enum", "new", CONNECTION),
    "ice-gathering-state": (READ, "Enum", "new", GATHERING),
    "ice-transport-state": (READ, "Enum", "new", CONNECTION),
    "candidate-pairs": (READ, "GstStructure", "<  >", ""),
    "selected-candidate-pair": (READ, "GstStructure", "", ""),
}
ELEMENTS = {
    "icesrc": {
        **COMMON,
        "caps": (PLAYING, "Caps", "", ""),
        "mtu": (READY, "Unsigned Integer", "1500", "1 - 65535"),
        "timeout": (PLAYING, "Unsigned Integer64", "0", "0 - 18446744073709551615"),
        "retrieve-sender-address": (READY, "Boolean", "false", ""),
    },
    "icesink": {
        **COMMON,
        "wait-for-connection": (PLAYING, "Boolean", "true", ""),
        "qos-dscp": (PLAYING, "Integer", "-1", "-1 - 63"),
    },
}
SIGNALS = {
    "on-ice-candidate": "void (guint, gchararray)",
    "on-ice-candidate-error": "void (GstStructure*)",
    "on-candidate-pair-state-change": "void (guint, guint, GstStructure*)",
    "on-selected-candidate-pair-change": "void (guint, guint, GstStructure*)",
    "filter-candidate": "gchararray (guint, gchararray, gboolean)",
}
ACTIONS = {
    "add-ice-candidate": "gboolean (guint, gchararray)",
    "set-remote-credentials": "gboolean (guint, gchararray, gchararray)",
    "gather-candidates": "gboolean ()",
    "restart": "gboolean ()",
    "get-stats": "GstStructure* ()",
    "close": "void ()",
}


def parse_property(text):
    """As a line of the tables above."""
    flags = re.search(r"flags: (.*)", text).group(1)
    when = READ
    if "writable" in flags:
        when = next((w for w in (READY, PLAYING) if w in flags), flags)
    if enum := re.search(r'(Enum|Flags) "\w+" Default: \w+, "(.+)"', text):
        return when, enum.group(1), enum.group(2), " ".join(re.findall(r"^\s+\(\w+\): (\S+)", text, re.M))
    if number := re.search(r"([\w ]+)\. Range: (\S+ - \S+) Default: (\S+)", text):
        return when, number.group(1).strip(), number.group(3), number.group(2)
    if simple := re.search(r"(String|Boolean)\. Default: (\S+)", text):
        return when, simple.group(1), simple.group(2), ""
    if array := re.search(r'Default: "(.*)"\s+GstValueArray of GValues of type "(\w+)"', text):
        return when, array.group(2), array.group(1), ""
    if other := re.search(r'(?:Object|Boxed pointer) of type "(\w+)"', text):
        return when, other.group(1), "", ""
    return when, "Caps" if "Caps (NULL)" in text else text, "", ""


def type_name(text):
    """As gst-inspect-1.0 wrote it up to 1.22, without the argument's name."""
    base, star = re.match(r"\s*(?:const )?(\w+)\s*(\*?)", text).groups()
    return "gchararray" if (base, star) == ("gchar", "*") else base + star


def parse_signals(text):
    """Later versions show how an action is emitted."""
    found = {}
    for name, result, arguments in (re.findall(r'"(\S+)" :\s+(\S.*?) ?user_function \((.*?)\);', text, re.S)
                                    + re.findall(r'"(\S+)" -> (.+?) +:\s+g_signal_emit_by_name \(element, (.*?)\);',
                                                 text, re.S)):
        types = [type_name(a) for a in arguments.split(",")[1:] if "user_data" not in a and "p_return_value" not in a]
        found[name] = f"{type_name(result)} ({', '.join(types)})"
    return found


def list_inherited(name):
    """The properties of the class of GStreamer that an element is derived from: each version has others."""
    kind = type(Gst.ElementFactory.make(name)).__gtype__
    while kind.name.startswith("GstIce"):
        kind = kind.parent
    return {prop.name for prop in GObject.list_properties(kind)}


class TestInspect(IceTest):
    def inspect(self, name):
        process = self.run_line(f"gst-inspect-1.0 --no-colors {name}", env={"LC_ALL": "C", "COLUMNS": "500"})
        self.assert_ends_well(process)
        return process.text

    def test_properties(self):
        for name, wanted in ELEMENTS.items():
            text = self.inspect(name).partition("Element Properties:\n")[2].partition("Element Signals:")[0]
            blocks = re.findall(r"^  ([\w-]+) *: (.*)\n((?: {20,}.*\n)+)", text, re.M)
            found = {n: parse_property(details) for n, _, details in blocks}
            self.assertEqual(set(found) - list_inherited(name), set(wanted))
            for n, line in wanted.items():
                with self.subTest(name, property=n):
                    kind = found[n]
                    if line[2] == GENERATED:
                        self.assertRegex(kind[2], r'^"[\w+/]{8,}"$')
                        kind = (*kind[:2], GENERATED, kind[3])
                    self.assertEqual(kind, line)
            for n, blurb, _ in blocks:
                self.assertGreater(len(blurb), 8, f"{n} has no description")

    def test_signals_and_actions(self):
        for name in ELEMENTS:
            signals, _, actions = self.inspect(name).partition("Element Signals:\n")[2].partition("Element Actions:\n")
            self.assertEqual(parse_signals(signals), SIGNALS)
            self.assertEqual(parse_signals(actions), ACTIONS)

    def test_pads_and_class(self):
        for name, pad, klass in (("icesrc", "SRC template: 'src'", "Source/Network"),
                                 ("icesink", "SINK template: 'sink'", "Sink/Network")):
            self.assert_contains(re.sub(" +", " ", self.inspect(name)), pad, "Availability: Always",
                                 "Capabilities:\n ANY", f"Klass {klass}", "Filename /", "libgstice.so", "License LGPL")

    def test_uris(self):
        for name, what in ("icesrc", "source"), ("icesink", "sink"):
            self.assertRegex(self.inspect(name), rf"URI handling capabilities:\n +Element can act as {what}.\n"
                             r" +Supported URI protocols:\n +ice\n")

    def test_plugin(self):
        text = re.sub(" +", " ", self.inspect("ice"))
        self.assert_contains(text, "Name ice", "License LGPL", "icesrc: ICE source", "icesink: ICE sink", "GstIceAgent (GstDynamicTypeFactory)",
                             "3 features:")


if __name__ == "__main__":
    main()
